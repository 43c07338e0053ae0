/**
 * Numbers for byte strings: equal bytes get the same number. A few are compared one by one. Beyond that the runtime's own
 * hash of strings, which is seeded, does the look-up: whoever chooses the bytes cannot make them collide.
 */
import { equalBytes } from '../asn1/index.ts'
import { latin1 } from '../asn1/strings.ts'

/** Up to so many, comparing them all is cheaper than making a string of one. */
const few = 8

export class ByteIndex {
  readonly #few: Uint8Array[] = []
  #many: Map<string, number> | undefined

  /** The number of `bytes`, a new one if they were not seen before. The bytes are kept, and must not change. */
  intern(bytes: Uint8Array): number {
    if (this.#many === undefined) {
      const known = this.#few.findIndex((other) => equalBytes(other, bytes))
      if (known >= 0) return known
      if (this.#few.length < few) return this.#few.push(bytes) - 1
      this.#many = new Map(this.#few.map((other, id) => [latin1(other, 0, other.length), id]))
    }
    const key = latin1(bytes, 0, bytes.length)
    let id = this.#many.get(key)
    if (id === undefined) this.#many.set(key, (id = this.#many.size))
    return id
  }
}
