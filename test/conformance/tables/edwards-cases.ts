/** The rows about Ed25519, Ed448 and ML-DSA. */
import { createHash } from 'node:crypto'
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { ed448 } from '@noble/curves/ed448.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { concat, encode, encodeNull, encodeSequence } from 'countersign/asn1'
import type { SignatureCheck } from 'countersign/path'
import { algorithm, oids, spki, withIndefiniteLength } from './der.ts'
import { Stream, big, bytes } from './random.ts'
import { Table, accepted, badKey, badSignature, changed, refused } from './write.ts'
import type { Policy } from './write.ts'

type Name = 'ed25519' | 'ed448'

/** What the makers need of a curve; points as encoded octets. */
interface Edwards {
  readonly name: Name
  readonly policy: Policy
  readonly size: number
  readonly p: bigint
  readonly order: bigint
  readonly times: (scalar: bigint) => Uint8Array
  readonly plus: (a: Uint8Array, b: Uint8Array) => Uint8Array
  readonly hash: (r: Uint8Array, key: Uint8Array, data: Uint8Array) => bigint
  /** Points whose order divides the cofactor, the neutral one first. */
  readonly torsion: readonly Uint8Array[]
}

const littleEndian = (value: bigint, length: number): Uint8Array => bytes(value, length).reverse()
const fromLittleEndian = (octets: Uint8Array): bigint => big(Uint8Array.from(octets).reverse())

const p25519 = 2n ** 255n - 19n
const p448 = 2n ** 448n - 2n ** 224n - 1n
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

const edwards25519: Edwards = {
  name: 'ed25519', policy: 'default', size: 32, p: p25519, order: ed25519.Point.Fn.ORDER,
  times: (scalar) => ed25519.Point.BASE.multiply(scalar).toBytes(),
  plus: (a, b) => ed25519.Point.fromBytes(a).add(ed25519.Point.fromBytes(b)).toBytes(),
  hash: (r, key, data) => fromLittleEndian(createHash('sha512').update(r).update(key).update(data).digest()),
  torsion: ED25519_TORSION_SUBGROUP.map(hex).sort((a, b) => Number(b[0] === 1 && b[31] === 0) - Number(a[0] === 1 && a[31] === 0)),
}

const edwards448: Edwards = {
  name: 'ed448', policy: 'wide', size: 57, p: p448, order: ed448.Point.Fn.ORDER,
  times: (scalar) => ed448.Point.BASE.multiply(scalar).toBytes(),
  plus: (a, b) => ed448.Point.fromBytes(a).add(ed448.Point.fromBytes(b)).toBytes(),
  hash: (r, key, data) => fromLittleEndian(createHash('shake256', { outputLength: 114 }).update('SigEd448\0\0').update(r).update(key).update(data).digest()),
  // (0, 1), (0, -1), (1, 0), (-1, 0).
  torsion: [littleEndian(1n, 57), littleEndian(p448 - 1n, 57), littleEndian(0n, 57), concat([new Uint8Array(56), Uint8Array.of(0x80)])],
}

export function edwardsTables(): Table[] {
  const random = new Stream('edwards')
  return [
    ...[edwards25519, edwards448].flatMap((curve) => [
      sound(random, curve), largeS(random, curve), smallKeys(random, curve), smallR(random, curve), mixedOrder(random, curve),
    ]),
    encodings(random), otherAlgorithms(random), mlDsa(random),
  ]
}

/** A check in which S B = R + h A holds, up to small order, for a key and an R made as the caller likes. */
function signed(
  curve: Edwards, secret: bigint, nonce: bigint, key: Uint8Array, r: Uint8Array, data: Uint8Array,
): { readonly check: SignatureCheck; readonly h: bigint } {
  // Verifiers reduce h by the group order, which shows where the key has a component of small order.
  const h = curve.hash(r, key, data) % curve.order
  const s = (nonce + h * secret) % curve.order
  return {
    h,
    check: {
      spki: spki(oids[curve.name], undefined, key), algorithm: algorithm(oids[curve.name]), data,
      signature: concat([r, littleEndian(s, curve.size)]),
    },
  }
}

const messages = (i: number): Uint8Array => new TextEncoder().encode(`to be signed ${i}`)
const clauseOf = ({ name }: Edwards): string => (name === 'ed25519' ? 'RFC 8032 5.1.7' : 'RFC 8032 5.2.7')
const pointClauseOf = ({ name }: Edwards): string => (name === 'ed25519' ? 'RFC 8032 5.1.3' : 'RFC 8032 5.2.3')

function plain(random: Stream, curve: Edwards): { readonly check: SignatureCheck; readonly secret: bigint; readonly nonce: bigint } {
  const secret = 1n + random.below(curve.order - 1n)
  const nonce = 1n + random.below(curve.order - 1n)
  return { secret, nonce, check: signed(curve, secret, nonce, curve.times(secret), curve.times(nonce), messages(0)).check }
}

function sound(random: Stream, curve: Edwards): Table {
  const table = new Table('valid, refused by some', curve.name === 'ed25519' ? 'Ed25519' : 'Ed448')
  const { check } = plain(random, curve)
  table.addBoth('a plain signature', clauseOf(curve), check, curve.policy)
  if (curve.name === 'ed448') {
    table.add('not enabled', 'the policy: by name only', refused('crypto/unsupported-algorithm', 'not-enabled'), check)
    addLacking(table, check)
  }
  return table
}

/** Neither the runtime nor the caller has it: the typed refusal, for good and bad signatures alike. */
function addLacking(table: Table, check: SignatureCheck): void {
  const lacking = refused('crypto/unsupported-algorithm', 'runtime')
  table.add('neither runtime nor caller has it', 'the policy: an implementation', lacking, check, 'lacking')
  table.add('neither runtime nor caller has it, over other data', 'the policy: an implementation', lacking,
    { ...check, data: messages(1) }, 'lacking')
}

function largeS(random: Stream, curve: Edwards): Table {
  const table = new Table('invalid, accepted by some', `${curve.name} with S of the group order or above`)
  const { check } = plain(random, curve)
  const s = fromLittleEndian(check.signature.subarray(curve.size))
  const of = (value: bigint): SignatureCheck =>
    ({ ...check, signature: concat([check.signature.subarray(0, curve.size), littleEndian(value, curve.size)]) })
  const out = badSignature('s-out-of-range')
  table.add('S', clauseOf(curve), accepted, of(s), curve.policy)
  for (const [name, value] of [
    ['S + L', s + curve.order], ['S + 2 L', s + 2n * curve.order], ['L', curve.order], ['all ones', 256n ** BigInt(curve.size) - 1n],
  ] as const) table.add(name, clauseOf(curve), out, of(value), curve.policy)
  return table
}

/** With a key of small order the equation holds for any message where h A is neutral: anybody can sign. */
function smallKeys(random: Stream, curve: Edwards): Table {
  const table = new Table('invalid, accepted by some', `${curve.name} keys of small order or not canonical`)
  const forge = (key: Uint8Array): SignatureCheck => {
    for (let i = 0; ; i++) {
      const nonce = 1n + random.below(curve.order - 1n)
      const { check, h } = signed(curve, 0n, nonce, key, curve.times(nonce), messages(i))
      if (h % 8n === 0n) return check
    }
  }
  const clause = `${pointClauseOf(curve)}; no signature by such a key binds a message`
  curve.torsion.forEach((key, i) => {
    table.add(`small order ${i}`, clause, badKey('small-order-point'), forge(key), curve.policy)
  })
  const signBit = Uint8Array.from(curve.torsion[0]!)
  signBit[curve.size - 1]! |= 0x80
  table.add('x = 0 with the sign bit set', pointClauseOf(curve), badKey('small-order-point'), forge(signBit), curve.policy)
  for (const y of [0n, 1n]) {
    table.add(`y = p + ${y}`, pointClauseOf(curve), badKey('non-canonical-point'),
      forge(littleEndian(curve.p + y, curve.size)), curve.policy)
  }
  return table
}

function smallR(random: Stream, curve: Edwards): Table {
  const table = new Table('invalid, accepted by some', `${curve.name} with R of small order or not canonical`)
  const { secret } = plain(random, curve)
  const key = curve.times(secret)
  const of = (r: Uint8Array): SignatureCheck => signed(curve, secret, 0n, key, r, messages(0)).check
  const clause = `${clauseOf(curve)}; no signer who follows it makes one`
  curve.torsion.forEach((r, i) => {
    table.add(`small order ${i}`, clause, badSignature('small-order-r'), of(r), curve.policy)
  })
  for (const y of [0n, 1n]) {
    table.add(`y = p + ${y}`, pointClauseOf(curve), badSignature('non-canonical-r'),
      of(littleEndian(curve.p + y, curve.size)), curve.policy)
  }
  return table
}

/**
 * Points with a component of small order: whether these verify depends on which of two equations a verifier uses. For
 * Ed25519 it is the equation itself here; Ed448 keys have to be of prime order.
 */
function mixedOrder(random: Stream, curve: Edwards): Table {
  const table = new Table('invalid, accepted by some', `${curve.name} points of mixed order or off the curve`)
  const secret = 1n + random.below(curve.order - 1n)
  const nonce = (): bigint => 1n + random.below(curve.order - 1n)
  const exact = curve.name === 'ed25519'
  const clause = clauseOf(curve)
  const search = (key: Uint8Array, of: Uint8Array | undefined, wanted: (h: bigint) => boolean): SignatureCheck => {
    for (;;) {
      const k = nonce()
      const r = of === undefined ? curve.times(k) : curve.plus(curve.times(k), of)
      const { check, h } = signed(curve, secret, k, key, r, messages(0))
      if (wanted(h)) return check
    }
  }
  const plainKey = curve.times(secret)
  curve.torsion.slice(1).forEach((torsion, i) => {
    const key = curve.plus(plainKey, torsion)
    const sound = exact ? accepted : badKey('mixed-order-point')
    const unsound = exact ? changed : badKey('mixed-order-point')
    table.add(`key ${i + 1}, the equation holds`, clause, sound, search(key, undefined, (h) => h % 8n === 0n), curve.policy)
    table.add(`key ${i + 1}, the equation times the cofactor holds`, clause, unsound, search(key, undefined, (h) => h % 2n === 1n), curve.policy)
    // R takes away what the key adds: R = r B - T, and h is 1 modulo the order of T.
    const opposite = curve.torsion.find((other) => equal(curve.plus(other, torsion), curve.torsion[0]!))!
    table.add(`key ${i + 1} and R, the equation holds`, clause, sound, search(key, opposite, (h) => h % 8n === 1n), curve.policy)
    table.add(`R ${i + 1}, the equation times the cofactor holds`, clause, changed, search(plainKey, torsion, () => true), curve.policy)
  })
  const { check } = plain(random, curve)
  const off = offCurve(curve)
  table.add('key off the curve', pointClauseOf(curve), badKey('point-not-on-curve'), { ...check, spki: spki(oids[curve.name], undefined, off) }, curve.policy)
  table.add('R off the curve', pointClauseOf(curve), changed, { ...check, signature: concat([off, check.signature.subarray(curve.size)]) }, curve.policy)
  return table
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** The least y above 1 that no point has. */
function offCurve(curve: Edwards): Uint8Array {
  for (let y = 2n; ; y++) {
    const octets = littleEndian(y, curve.size)
    try {
      curve.plus(octets, curve.torsion[0]!)
    } catch {
      return octets
    }
  }
}

function encodings(random: Stream): Table {
  const { check } = plain(random, edwards25519)
  const key = check.spki.subarray(-32)
  const of = (der: Uint8Array): SignatureCheck => ({ ...check, spki: der })
  return new Table('invalid, accepted by some', 'encodings of an Ed25519 key')
    .add('octets after the SPKI', 'RFC 5280 4.1', badKey('asn1/trailing-data'), of(concat([check.spki, Uint8Array.of(0)])))
    .add('SPKI of indefinite length', 'X.690 10.1', badKey('asn1/indefinite-length'), of(withIndefiniteLength(check.spki)))
    .add('7 unused bits', 'RFC 8410 4', badKey('asn1/invalid-bit-string'),
      of(encodeSequence(algorithm(oids.ed25519), encode(0x03, Uint8Array.of(7), key))))
    .add('NULL as parameters', 'RFC 8410 3', badKey('parameters-present'), of(spki(oids.ed25519, encodeNull(), key)))
    .add('an octet short', 'RFC 8032 5.1.5', badKey('wrong-length'), of(spki(oids.ed25519, undefined, key.subarray(1))))
    .add('an octet long', 'RFC 8032 5.1.5', badKey('wrong-length'),
      of(spki(oids.ed25519, undefined, concat([key, Uint8Array.of(0)]))))
}

function otherAlgorithms(random: Stream): Table {
  const { check } = plain(random, edwards25519)
  const key = check.spki.subarray(-32)
  return new Table('invalid, accepted by some', 'X25519 as Ed25519')
    .add('Ed25519', 'RFC 8410 3', accepted, check)
    .add('the same octets as an X25519 key', 'RFC 8410 3', refused('crypto/unsupported-algorithm'),
      { ...check, spki: spki(oids.x25519, undefined, key) }, 'wide')
    .add('the signature named X25519', 'RFC 8410 3', refused('crypto/unsupported-algorithm'),
      { ...check, algorithm: algorithm(oids.x25519) }, 'wide')
    .add('the same octets as an Ed448 key', 'RFC 8410 3', badKey('wrong-length'),
      { ...check, spki: spki(oids.ed448, undefined, key) }, 'wide')
    .add('the signature named Ed448', 'RFC 8410 3', refused('crypto/key-mismatch'),
      { ...check, algorithm: algorithm(oids.ed448) }, 'wide')
}

function mlDsa(random: Stream): Table {
  const table = new Table('valid, refused by some', 'ML-DSA')
  for (const [name, oid, implementation] of [
    ['ML-DSA-44', oids.mlDsa44, ml_dsa44], ['ML-DSA-65', oids.mlDsa65, ml_dsa65], ['ML-DSA-87', oids.mlDsa87, ml_dsa87],
  ] as const) {
    const { publicKey, secretKey } = implementation.keygen(random.bytes(32))
    const data = messages(0)
    const check: SignatureCheck = {
      spki: spki(oid, undefined, publicKey), algorithm: algorithm(oid), data,
      signature: implementation.sign(data, secretKey, { extraEntropy: false }),
    }
    const withContext = implementation.sign(data, secretKey, { extraEntropy: false, context: Uint8Array.of(1) })
    table.addBoth(name, 'FIPS 204 algorithm 3', check, 'wide')
      .add(`${name}, an octet long`, 'FIPS 204 algorithm 3', badSignature('wrong-length'),
        { ...check, signature: concat([check.signature, Uint8Array.of(0)]) }, 'wide')
      .add(`${name}, with a context`, 'RFC 9881 3', changed, { ...check, signature: withContext }, 'wide')
      .add(`${name}, NULL as parameters of the key`, 'RFC 9881 2', badKey('parameters-present'),
        { ...check, spki: spki(oid, encodeNull(), publicKey) }, 'wide')
      .add(`${name}, a key an octet short`, 'FIPS 204 table 2', badKey('wrong-length'),
        { ...check, spki: spki(oid, undefined, publicKey.subarray(1)) }, 'wide')
    if (name !== 'ML-DSA-44') continue
    table.add(`${name}, not enabled`, 'the policy: by name only', refused('crypto/unsupported-algorithm', 'not-enabled'), check)
    addLacking(table, check)
  }
  return table
}
