/**
 * RSA keys of any size and exponent, and signatures by them. A modulus may have many primes (RFC 8017 3.1), which
 * makes large keys cheap to find; whoever verifies cannot tell.
 */
import { createHash } from 'node:crypto'
import { concat, encode, encodeNull, encodeOid, encodeSequence } from 'countersign/asn1'
import { big, bytes, inverse, power } from './random.ts'
import type { Stream } from './random.ts'

export interface RsaKey {
  readonly n: bigint
  readonly e: bigint
  readonly bits: number
  readonly primes: readonly bigint[]
}

/** A key of exactly `bits` bits. `first` are factors that the modulus is to have, of which one may be 2. */
export function makeRsaKey(random: Stream, bits: number, e: bigint, first: readonly bigint[] = []): RsaKey {
  const primes = [...first]
  let product = primes.reduce((a, b) => a * b, 1n)
  const primeBits = 512
  const sizeOf = (value: bigint): number => value.toString(2).length
  while (bits - sizeOf(product) > 2 * primeBits - 64) {
    const prime = random.prime(1n << BigInt(primeBits - 1), 1n << BigInt(primeBits), e)
    primes.push(prime)
    product *= prime
  }
  if (bits - sizeOf(product) > primeBits + 64) {
    const half = BigInt(Math.floor((bits - sizeOf(product)) / 2))
    const prime = random.prime(1n << (half - 1n), 1n << half, e)
    primes.push(prime)
    product *= prime
  }
  const last = random.prime((1n << BigInt(bits - 1)) / product + 1n, (1n << BigInt(bits)) / product, e)
  const n = product * last
  if (sizeOf(n) !== bits) throw new Error('a modulus of another size')
  return { n, e, bits, primes: [...primes, last] }
}

/** The e-th root of `message` modulo n, by the Chinese remainder theorem. */
export function rsaRoot({ n, e, primes }: RsaKey, message: bigint): bigint {
  let sum = 0n
  for (const p of primes) {
    const root = p === 2n ? message % 2n : power(message % p, inverse(e % (p - 1n), p - 1n), p)
    sum += root * (n / p) * inverse(n / p, p)
  }
  return sum % n
}

export const modulusBytes = (key: RsaKey): Uint8Array => bytes(key.n, Math.ceil(key.bits / 8))

export type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512'

export const hashOids: Readonly<Record<Hash, string>> = {
  sha1: '1.3.14.3.2.26', sha256: '2.16.840.1.101.3.4.2.1', sha384: '2.16.840.1.101.3.4.2.2', sha512: '2.16.840.1.101.3.4.2.3',
}

export const digest = (hash: Hash, ...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(createHash(hash).update(concat(parts)).digest())

/** EMSA-PKCS1-v1_5 (RFC 8017 9.2). */
export function encodePkcs1(hash: Hash, data: Uint8Array, length: number): Uint8Array {
  const info = encodeSequence(encodeSequence(encodeOid(hashOids[hash]), encodeNull()), encode(0x04, digest(hash, data)))
  return concat([Uint8Array.of(0, 1), new Uint8Array(length - 3 - info.length).fill(0xff), Uint8Array.of(0), info])
}

/** EMSA-PSS (RFC 8017 9.1.1). */
export function encodePss(hash: Hash, data: Uint8Array, bits: number, salt: Uint8Array): Uint8Array {
  const length = Math.ceil((bits - 1) / 8)
  const h = digest(hash, new Uint8Array(8), digest(hash, data), salt)
  const block = new Uint8Array(length - h.length - 1)
  block[block.length - salt.length - 1] = 1
  block.set(salt, block.length - salt.length)
  const mask: Uint8Array[] = []
  for (let i = 0; i * h.length < block.length; i++) mask.push(digest(hash, h, bytes(BigInt(i), 4)))
  concat(mask).subarray(0, block.length).forEach((octet, i) => { block[i]! ^= octet })
  block[0]! &= 0xff >> (8 * length - (bits - 1))
  return concat([block, h, Uint8Array.of(0xbc)])
}

export function signPkcs1(key: RsaKey, hash: Hash, data: Uint8Array): Uint8Array {
  const length = Math.ceil(key.bits / 8)
  return bytes(rsaRoot(key, big(encodePkcs1(hash, data, length))), length)
}

export function signPss(key: RsaKey, hash: Hash, data: Uint8Array, salt: Uint8Array): Uint8Array {
  return bytes(rsaRoot(key, big(encodePss(hash, data, key.bits, salt))), Math.ceil(key.bits / 8))
}
