/**
 * RSA and ECDSA over big integers, for what a runtime lacks: RSA moduli above 4096 bits, exponents other than 3 and
 * 65537, and single pairs of curve and hash. Hashing stays with the runtime. The key and the form of the signature
 * have been checked before.
 *
 * Only public values come here, so nothing is constant in time. The work is bounded: a modulus has at most 16384 bits,
 * an exponent 64 (`rsaBitsCap`, `checkKey`).
 */
import { concat, equalBytes } from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import { basePoint, curves } from './curves.ts'
import type { Curve } from './curves.ts'
import { bigFromBytes, bytesFromBig, modulo, powMod } from './numbers.ts'
import type { PreparedCheck } from './prepare.ts'
import type { HashName } from './types.ts'

/** Hashes by the runtime; rejects where it lacks the function. */
export type Digest = (hash: HashName, data: Uint8Array) => Promise<Uint8Array>

/** Whether the signature of an RSA or EC key is good. Rejects with `digest`. */
export async function verifyInBigIntegers(
  { entry: { key }, algorithm, data, signature }: PreparedCheck, digest: Digest,
): Promise<boolean> {
  if (algorithm.family === 'raw') return false
  const hash = await digest(algorithm.hash, data)
  if (key.type === 'ec') return verifyEcdsa(key.point, curves[key.curve], hash, signature)
  if (key.type !== 'rsa') return false
  // RSAVP1 (RFC 8017 5.2.2).
  const representative = powMod(bigFromBytes(signature), bigFromBytes(key.exponent), bigFromBytes(key.modulus))
  const encoded = bytesFromBig(representative, key.modulus.length)
  return algorithm.family === 'rsa-pss'
    ? verifyPss(encoded, key.bits, hash, algorithm.saltLength, (bytes) => digest(algorithm.hash, bytes))
    : equalBytes(encoded, encodePkcs1(algorithm.hash, hash, encoded.length))
}

/** EMSA-PKCS1-v1_5 (RFC 8017 9.2): one encoding, to be compared with. The least modulus leaves room for it. */
function encodePkcs1(name: HashName, hash: Uint8Array, length: number): Uint8Array {
  // DigestInfo ::= SEQUENCE { digestAlgorithm SEQUENCE { OBJECT IDENTIFIER, NULL }, digest OCTET STRING }, below 128 octets (note 1).
  const element = (tag: number, content: Iterable<number>): number[] => {
    const octets = [...content]
    return [tag, octets.length, ...octets]
  }
  const sha2 = ['sha256', 'sha384', 'sha512'].indexOf(name) + 1
  const oid = sha2 === 0 ? [0x2b, 14, 3, 2, 26] : [0x60, 0x86, 0x48, 1, 101, 3, 4, 2, sha2]
  const info = element(Tag.sequence, [...element(Tag.sequence, [...element(Tag.oid, oid), Tag.null, 0]), ...element(Tag.octetString, hash)])
  const encoded = new Uint8Array(length).fill(0xff)
  encoded.set([0, 1])
  encoded.set([0, ...info], length - info.length - 1)
  return encoded
}

/** EMSA-PSS-VERIFY (RFC 8017 9.1.2) with MGF1 (B.2.1). `encoded` is as long as the modulus. */
async function verifyPss(
  encoded: Uint8Array, bits: number, hash: Uint8Array, saltLength: number, digest: (bytes: Uint8Array) => Promise<Uint8Array>,
): Promise<boolean> {
  // The encoded message is an octet shorter than the modulus where bits - 1 is a multiple of 8; that octet has to be 0.
  const unused = 8 * encoded.length - (bits - 1)
  if (unused === 8 && encoded[0] !== 0) return false
  const message = unused === 8 ? encoded.subarray(1) : encoded
  const clear = unused % 8
  const end = message.length - 1
  const block = message.slice(0, end - hash.length)
  const h = message.subarray(end - hash.length, end)
  if (message[end] !== 0xbc || block[0]! >> (8 - clear) !== 0) return false
  for (let i = 0, counter = 0; i < block.length; counter++) {
    for (const octet of await digest(concat([h, bytesFromBig(BigInt(counter), 4)]))) if (i < block.length) block[i++]! ^= octet
  }
  block[0]! &= 0xff >> clear
  const start = block.length - saltLength
  if (block[start - 1] !== 1 || block.subarray(0, start - 1).some((octet) => octet !== 0)) return false
  return equalBytes(h, await digest(concat([new Uint8Array(8), hash, block.subarray(start)])))
}

/** The leftmost bits of a hash, as many as the order has (FIPS 186-5 6.4.2, step 2). */
export function hashToInteger(hash: Uint8Array, { n, size }: Curve): bigint {
  // P-521 is longer than every hash here; the orders of the other two are whole octets.
  return bigFromBytes(hash.subarray(0, size)) % n
}

/** FIPS 186-5 6.4.2. `signature` is r and s, each between 1 and n - 1. */
function verifyEcdsa(key: Uint8Array, curve: Curve, hash: Uint8Array, signature: Uint8Array): boolean {
  const { p, n, size } = curve
  const r = bigFromBytes(signature.subarray(0, size))
  const w = powMod(bigFromBytes(signature.subarray(size)), n - 2n, n)
  const u1 = (hashToInteger(hash, curve) * w) % n
  const u2 = (r * w) % n
  const base = pointOf(basePoint(curve), size)
  const own = pointOf(key, size)
  // Both multiples at once, with one doubling a bit (Shamir's trick).
  const both = add(base, own, p)
  let sum = infinity
  for (let bit = BigInt(8 * size); bit >= 0n; bit--) {
    sum = add(sum, sum, p)
    const first = (u1 >> bit) & 1n
    const second = (u2 >> bit) & 1n
    if (first === 1n) sum = add(sum, second === 1n ? both : base, p)
    else if (second === 1n) sum = add(sum, own, p)
  }
  const [x, , z] = sum
  if (z === 0n) return false
  const inverse = powMod(z, p - 2n, p)
  return ((x * inverse) % p * inverse) % p % n === r
}

/** Jacobian coordinates: x / z^2, y / z^3; z of 0 is infinity. */
type Point = readonly [x: bigint, y: bigint, z: bigint]
const infinity: Point = [1n, 1n, 0n]

function pointOf(octets: Uint8Array, size: number): Point {
  return [bigFromBytes(octets.subarray(1, 1 + size)), bigFromBytes(octets.subarray(1 + size)), 1n]
}

/** The sum on y^2 = x^3 - 3 x + b, whose last coefficient no formula needs. */
function add(a: Point, b: Point, p: bigint): Point {
  const [x1, y1, z1] = a
  const [x2, y2, z2] = b
  if (z1 === 0n) return b
  if (z2 === 0n) return a
  const zz1 = (z1 * z1) % p
  const zz2 = (z2 * z2) % p
  const u = (x1 * zz2) % p
  const s = (y1 * zz2 % p * z2) % p
  const h = modulo(x2 * zz1 - u, p)
  const r = modulo(y2 * zz1 % p * z1 - s, p)
  if (h === 0n) {
    if (r !== 0n || y1 === 0n) return infinity
    // Doubling: the slope is 3 (x - z^2) (x + z^2) / 2 y z.
    const slope = 3n * (x1 - zz1) * (x1 + zz1) % p
    const yy = (y1 * y1) % p
    const v = (4n * x1 * yy) % p
    const x = modulo(slope * slope - 2n * v, p)
    return [x, modulo(slope * (v - x) - 8n * yy * yy, p), (2n * y1 * z1) % p]
  }
  const hh = (h * h) % p
  const hhh = (h * hh) % p
  const v = (u * hh) % p
  const x = modulo(r * r - hhh - 2n * v, p)
  return [x, modulo(r * (v - x) - s * hhh, p), (h * z1 % p * z2) % p]
}
