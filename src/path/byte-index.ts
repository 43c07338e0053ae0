/**
 * Numbers for byte strings: equal bytes get the same number. A fast hash picks the bucket, the bytes decide, so that
 * nobody gains by making hashes collide (a crowded bucket costs comparisons, which the caps on candidates bound).
 */
import { equalBytes } from '../asn1/index.ts'

export class ByteIndex {
  readonly #buckets = new Map<number, { readonly bytes: Uint8Array; readonly id: number }[]>()
  #size = 0

  /** The number of `bytes`, a new one if they were not seen before. The bytes must not change afterwards. */
  intern(bytes: Uint8Array): number {
    const hash = hashOf(bytes)
    let bucket = this.#buckets.get(hash)
    if (bucket === undefined) this.#buckets.set(hash, (bucket = []))
    const known = bucket.find((entry) => equalBytes(entry.bytes, bytes))
    if (known !== undefined) return known.id
    const id = this.#size++
    bucket.push({ bytes, id })
    return id
  }
}

/** FNV-1a over the last 64 octets and the length: keys and signatures differ there. */
export function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ bytes.length
  for (let i = Math.max(0, bytes.length - 64); i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return hash >>> 0
}
