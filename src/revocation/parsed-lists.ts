/**
 * Lists that were fetched or kept, as parsed: the same bytes from the same address are parsed once. Bounded in number and in
 * bytes; the list that was used longest ago gives way.
 */
import { equalBytes } from '../asn1/index.ts'
import { crlParts, parseCrl } from './crl.ts'
import type { Crl } from './crl.ts'

export const maxParsedLists = 64
/** Octets of all lists together. One that is larger is parsed each time. */
export const maxParsedBytes: number = 128 * 1024 * 1024

export class ParsedLists {
  readonly #lists = new Map<string, { readonly crl: Crl; readonly size: number }>()
  #used = 0

  /** The list that these bytes are. Throws `ParseError`. */
  parse(address: string, bytes: Uint8Array): Crl {
    const known = this.#lists.get(address)
    const same = known !== undefined && equalBytes(crlParts(known.crl).bytes, bytes)
    const crl = same ? known.crl : parseCrl(bytes)
    this.#drop(address)
    if (bytes.length > maxParsedBytes) return crl
    this.#lists.set(address, { crl, size: bytes.length })
    this.#used += bytes.length
    for (const oldest of this.#lists.keys()) {
      if (this.#lists.size <= maxParsedLists && this.#used <= maxParsedBytes) break
      this.#drop(oldest)
    }
    return crl
  }

  #drop(address: string): void {
    this.#used -= this.#lists.get(address)?.size ?? 0
    this.#lists.delete(address)
  }
}
