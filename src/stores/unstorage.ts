/**
 * Any store that `unstorage` has a driver for as a cache: file system, Redis or Valkey, Workers KV, and others.
 *
 * Keys are SHA-256 in hexadecimal, which every driver takes, and which say nothing of the certificates asked about. A
 * value stands in a frame, because not every driver expires values or writes them whole:
 *
 *     'CSRC' 0x01 | until: 8 octets, ms since 1970 | length of the value: 4 octets | SHA-256 of the key: 32 octets | value
 */
import { equalBytes, toHex } from '../asn1/bytes.ts'
import type { RevocationCache } from '../revocation/cache.ts'
import { sha256 } from '../x509/sha256.ts'

/** The part of unstorage’s `Storage` that is used. */
export interface RawStorage {
  getItemRaw(key: string): Promise<unknown>
  setItemRaw(key: string, value: Uint8Array, options?: { readonly ttl?: number }): Promise<void>
  removeItem(key: string): Promise<void>
}

export interface UnstorageCacheOptions {
  /** Put before every key. Default `countersign:`. */
  readonly prefix?: string
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number
}

const magic = [0x43, 0x53, 0x52, 0x43, 1] as const
const headerLength = 5 + 8 + 4 + 32

/**
 * A cache in an unstorage storage. Drivers that can expire values are given the time to live in seconds (`ttl`).
 *
 * @throws {TypeError} naming the argument that is wrong; later, `get` rejects where an entry is damaged
 */
export function unstorageCache(storage: RawStorage, options: UnstorageCacheOptions = {}): Required<RevocationCache> {
  const { prefix = 'countersign:', now = Date.now } = options
  for (const method of ['getItemRaw', 'setItemRaw', 'removeItem'] as const) {
    if (typeof (storage as RawStorage | null | undefined)?.[method] !== 'function') throw new TypeError(`storage: has no ${method}`)
  }
  if (typeof prefix !== 'string') throw new TypeError('prefix: expected a string')
  if (typeof now !== 'function') throw new TypeError('now: expected a function')
  const place = (key: string): { readonly digest: Uint8Array; readonly name: string } => {
    const digest = sha256(new TextEncoder().encode(key))
    return { digest, name: prefix + toHex(digest) }
  }
  return {
    async get(key) {
      const { digest, name } = place(key)
      const raw = await storage.getItemRaw(name)
      if (raw === null || raw === undefined) return undefined
      const { until, value } = unframe(raw, digest)
      if (until > now()) return value
      await storage.removeItem(name)
      return undefined
    },
    async set(key, value, until) {
      const { digest, name } = place(key)
      const left = until - now()
      if (left > 0) await storage.setItemRaw(name, frame(value, until, digest), { ttl: Math.ceil(left / 1000) })
      else await storage.removeItem(name)
    },
    async delete(key) {
      await storage.removeItem(place(key).name)
    },
  }
}

function frame(value: Uint8Array, until: number, digest: Uint8Array): Uint8Array {
  const framed = new Uint8Array(headerLength + value.length)
  const view = new DataView(framed.buffer)
  framed.set(magic)
  view.setBigUint64(5, BigInt(Math.floor(Math.min(until, Number.MAX_SAFE_INTEGER))))
  view.setUint32(13, value.length)
  framed.set(digest, 17)
  framed.set(value, headerLength)
  return framed
}

function unframe(raw: unknown, digest: Uint8Array): { readonly until: number; readonly value: Uint8Array } {
  // Some drivers give an ArrayBuffer; a Buffer of Node is a view of memory that it shares.
  const bytes = raw instanceof Uint8Array ? raw : raw instanceof ArrayBuffer ? new Uint8Array(raw) : undefined
  if (bytes === undefined || bytes.length < headerLength || !equalBytes(bytes.subarray(0, 5), Uint8Array.from(magic))) {
    throw new Error('the cache holds something else under this key')
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(13) !== bytes.length - headerLength) throw new Error('the cache holds only a part of the value')
  if (!equalBytes(bytes.subarray(17, headerLength), digest)) throw new Error('the cache holds the value of another key')
  return { until: Number(view.getBigUint64(5)), value: new Uint8Array(bytes.subarray(headerLength)) }
}
