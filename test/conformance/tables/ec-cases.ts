/** The rows about elliptic curves in Weierstraß form. */
import { createHash } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { concat, encode, encodeInteger, encodeNull, encodeOid, encodeSequence, encodeUnsignedInteger } from 'countersign/asn1'
import type { SignatureCheck } from 'countersign/path'
import { algorithm, ecdsa, oids, spki, withIndefiniteLength, withLongLength } from './der.ts'
import { Stream, big, bytes } from './random.ts'
import type { Hash } from './rsa.ts'
import { Table, accepted, badKey, badSignature, changed, refused } from './write.ts'

const data = new TextEncoder().encode('to be signed')
const curves = { p256, p384, p521 } as const
type CurveName = keyof typeof curves

interface Pair {
  readonly curve: CurveName
  readonly secret: Uint8Array
  /** Uncompressed and compressed. */
  readonly point: Uint8Array
  readonly compressed: Uint8Array
}

function makePair(random: Stream, curve: CurveName): Pair {
  const { Point } = curves[curve]
  const secret = 1n + random.below(Point.Fn.ORDER - 1n)
  const point = Point.BASE.multiply(secret)
  return { curve, secret: bytes(secret, Point.Fn.BYTES), point: point.toBytes(false), compressed: point.toBytes(true) }
}

function sign({ curve, secret, point }: Pair, hash: Hash): SignatureCheck {
  const digest = new Uint8Array(createHash(hash).update(data).digest())
  const raw = curves[curve].sign(digest, secret, { prehash: false, lowS: false })
  const half = raw.length / 2
  return {
    spki: spki(oids.ec, encodeOid(oids[curve]), point), algorithm: ecdsa(hash), data,
    signature: encodeSequence(encodeInteger(big(raw.subarray(0, half))), encodeInteger(big(raw.subarray(half)))),
  }
}

export function ecTables(): Table[] {
  const random = new Stream('ec')
  const pairs = { p256: makePair(random, 'p256'), p384: makePair(random, 'p384'), p521: makePair(random, 'p521') }
  return [hashes(pairs), compressed(pairs), points(pairs), explicit(pairs.p256), encodings(pairs.p256), otherName(pairs), values(pairs)]
}

type Pairs = Readonly<Record<CurveName, Pair>>
const names = ['p256', 'p384', 'p521'] as const

function hashes(pairs: Pairs): Table {
  const table = new Table('valid, refused by some', 'P-384 with SHA-1')
  for (const name of names) {
    for (const hash of ['sha256', 'sha384', 'sha512'] as const) table.addBoth(`${name} with ${hash}`, 'RFC 5758 3.2', sign(pairs[name], hash))
    const check = sign(pairs[name], 'sha1')
    table.addBoth(`${name} with sha1`, 'RFC 3279 2.2.3', check, 'wide')
    table.add(`${name} with sha1`, 'the policy: by name only', refused('crypto/unsupported-algorithm', 'not-enabled'), check)
    table.add(`${name} with sha1, under the name of sha256`, 'RFC 5758 3.2', changed,
      { ...check, algorithm: ecdsa('sha256') }, 'wide')
  }
  return table
}

function compressed(pairs: Pairs): Table {
  const table = new Table('valid, refused by some', 'compressed EC point')
  for (const name of names) {
    const of = (point: Uint8Array): SignatureCheck => ({ ...sign(pairs[name], 'sha256'), spki: spki(oids.ec, encodeOid(oids[name]), point) })
    const other = Uint8Array.from(pairs[name].compressed)
    other[0]! ^= 1
    table.addBoth(`${name}`, 'RFC 5480 2.2', of(pairs[name].compressed))
    table.add(`${name}, the other root`, 'SEC 1 2.3.4', changed, of(other))
  }
  return table
}

function points(pairs: Pairs): Table {
  const table = new Table('invalid, accepted by some', 'hybrid EC point')
  for (const name of names) {
    const { point, compressed: short } = pairs[name]
    const of = (octets: Uint8Array): SignatureCheck => ({ ...sign(pairs[name], 'sha256'), spki: spki(oids.ec, encodeOid(oids[name]), octets) })
    const off = Uint8Array.from(point)
    off[off.length - 1]! ^= 1
    table
      .add(`${name}, hybrid`, 'RFC 5480 2.2', badKey('hybrid-point'),
        of(concat([Uint8Array.of(6 + (point.at(-1)! & 1)), point.subarray(1)])))
      .add(`${name}, hybrid with the other root`, 'RFC 5480 2.2', badKey('hybrid-point'),
        of(concat([Uint8Array.of(7 - (point.at(-1)! & 1)), point.subarray(1)])))
      .add(`${name}, off the curve`, 'SEC 1 2.3.4', badKey('point-not-on-curve'), of(off))
      .add(`${name}, infinity`, 'SEC 1 3.2.2.1', badKey('point-at-infinity'), of(Uint8Array.of(0)))
      .add(`${name}, an octet short`, 'SEC 1 2.3.4', badKey('wrong-point-length'), of(point.subarray(0, -1)))
      .add(`${name}, an octet long`, 'SEC 1 2.3.4', badKey('wrong-point-length'), of(concat([point, Uint8Array.of(0)])))
      .add(`${name}, compressed form named uncompressed`, 'SEC 1 2.3.4', badKey('wrong-point-length'),
        of(concat([Uint8Array.of(4), short.subarray(1)])))
  }
  return table
}

/** P-256 spelt out (X9.62, RFC 3279 2.3.5). */
function explicitP256(): Uint8Array {
  const { p, n, a, b } = p256.Point.CURVE()
  const field = encodeSequence(encodeOid('1.2.840.10045.1.1'), encodeInteger(p))
  const curve = encodeSequence(encode(0x04, bytes(a, 32)), encode(0x04, bytes(b, 32)))
  return encodeSequence(encodeInteger(1), field, curve, encode(0x04, p256.Point.BASE.toBytes(false)), encodeInteger(n), encodeInteger(1))
}

function explicit(pair: Pair): Table {
  const check = sign(pair, 'sha256')
  const of = (parameters: Uint8Array | undefined): SignatureCheck => ({ ...check, spki: spki(oids.ec, parameters, pair.point) })
  return new Table('invalid, accepted by some', 'explicit curve parameters')
    .add('the curve named', 'RFC 5480 2.1.1', accepted, check)
    .add('the same curve spelt out', 'RFC 5480 2.1.1', refused('crypto/explicit-curve'), of(explicitP256()))
    .add('the curve implied', 'RFC 5480 2.1.1', refused('crypto/explicit-curve'), of(encodeNull()))
    .add('no curve', 'RFC 5480 2.1.1', badKey('curve-missing'), of(undefined))
    .add('secp256k1', 'the policy: three curves', refused('crypto/unsupported-algorithm'), of(encodeOid('1.3.132.0.10')))
}

function encodings(pair: Pair): Table {
  const check = sign(pair, 'sha256')
  const of = (der: Uint8Array): SignatureCheck => ({ ...check, spki: der })
  const named = algorithm(oids.ec, encodeOid(oids.p256))
  const bits = (unused: number, point: Uint8Array): Uint8Array => encodeSequence(named, encode(0x03, Uint8Array.of(unused), point))
  const cleared = Uint8Array.from(pair.point)
  cleared[cleared.length - 1]! &= 0xfe
  return new Table('invalid, accepted by some', 'encodings of an EC key that are not DER')
    .add('octets after the SPKI', 'RFC 5280 4.1', badKey('asn1/trailing-data'), of(concat([check.spki, Uint8Array.of(0)])))
    .add('length of the SPKI not minimal', 'X.690 10.1', badKey('asn1/non-minimal-length'), of(withLongLength(check.spki)))
    .add('SPKI of indefinite length', 'X.690 10.1', badKey('asn1/indefinite-length'), of(withIndefiniteLength(check.spki)))
    .add('1 unused bit', 'RFC 5480 2.2', badKey('asn1/invalid-bit-string'), of(bits(1, cleared)))
    .add('1 unused bit that is not zero', 'RFC 5480 2.2', badKey('asn1/invalid-bit-string'),
      of(bits(1, concat([pair.point.subarray(0, -1), Uint8Array.of(pair.point.at(-1)! | 1)]))))
    .add('8 unused bits', 'X.690 8.6.2.2', badKey('asn1/invalid-bit-string'), of(bits(8, pair.point)))
}

function otherName(pairs: Pairs): Table {
  const table = new Table('invalid, accepted by some', 'a key under another curve’s name')
  for (const [mine, other] of [['p384', 'p256'], ['p256', 'p384'], ['p521', 'p384']] as const) {
    const check = sign(pairs[mine], 'sha256')
    table.add(`${mine} as ${other}`, 'RFC 5480 2.2', badKey('wrong-point-length'),
      { ...check, spki: spki(oids.ec, encodeOid(oids[other]), pairs[mine].point) })
    table.add(`${mine} compressed, as ${other}`, 'RFC 5480 2.2', badKey('wrong-point-length'),
      { ...check, spki: spki(oids.ec, encodeOid(oids[other]), pairs[mine].compressed) })
  }
  return table
}

/** Signature values: r and s out of range or not DER. */
function values(pairs: Pairs): Table {
  const table = new Table('invalid, accepted by some', 'ECDSA signature values')
  for (const name of names) {
    const pair = pairs[name]
    const n = curves[name].Point.Fn.ORDER
    const check = sign(pair, 'sha256')
    const raw = curves[name].sign(new Uint8Array(createHash('sha256').update(data).digest()), pair.secret, { prehash: false, lowS: false })
    const r = big(raw.subarray(0, raw.length / 2))
    const s = big(raw.subarray(raw.length / 2))
    const of = (a: bigint, b: bigint): SignatureCheck => ({ ...check, signature: encodeSequence(encodeInteger(a), encodeInteger(b)) })
    const range = badSignature('out-of-range')
    table.add(`${name}, n - s`, 'FIPS 186-5 6.4.2', accepted, of(r, n - s))
    for (const [what, a, b] of [
      ['r is 0', 0n, s], ['s is 0', r, 0n], ['r + n', r + n, s], ['s + n', r, s + n], ['r is n', n, s], ['-r', -r, s], ['r - n', r - n, s],
    ] as const) table.add(`${name}, ${what}`, 'FIPS 186-5 6.4.2', range, of(a, b))
    table.add(`${name}, r and s as plain octets`, 'RFC 3279 2.2.3', badSignature('malformed-encoding'),
      { ...check, signature: raw })
    table.add(`${name}, length not minimal`, 'X.690 10.1', badSignature('malformed-encoding'),
      { ...check, signature: withLongLength(check.signature) })
    table.add(`${name}, r with a zero too many`, 'X.690 8.3.2', badSignature('malformed-encoding'),
      { ...check, signature: encodeSequence(encode(0x02, Uint8Array.of(0, 0), encodeUnsignedInteger(bytes(r, 66)).subarray(2)), encodeInteger(s)) })
  }
  return table
}
