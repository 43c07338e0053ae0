/**
 * Checks of Ed25519 and Ed448 keys and signatures (RFC 8032) that runtimes make differently or not at all.
 *
 * What is refused here: encodings that are not canonical (y not below p), keys and R of small order (with such a key
 * one signature fits many messages), and S not below the group order (RFC 8032 5.1.7 and 5.2.7), which would let
 * anybody make a second signature out of a first. All of it is seen in the octets, without arithmetic.
 *
 * RFC 8032 leaves a verifier the choice between the equation and eight (four) times the equation. For Ed25519 the
 * choice here is the equation itself, which nearly all runtimes compute: they are believed. Where a runtime is found to
 * take the multiple, `satisfiesEquation` has the last word on its yes. For Ed448, whose hash WebCrypto lacks, keys and,
 * there, R have to be of prime order, with which both mean the same.
 */
import { bigFromLittleEndian, littleEndianBytes, modulo, powMod } from './numbers.ts'

interface EdwardsCurve {
  /** Octets of an encoded point, and of S. */
  readonly size: number
  readonly p: bigint
  /** The order of the base point. */
  readonly order: bigint
  /** The coefficients of a x^2 + y^2 = 1 + d x^2 y^2. */
  readonly a: bigint
  readonly d: bigint
  /** p and the order, little-endian. */
  readonly pBytes: Uint8Array
  readonly orderBytes: Uint8Array
  /** The y coordinates, little-endian, of the points whose order divides the cofactor. */
  readonly smallOrderY: readonly Uint8Array[]
}

const p25519 = 2n ** 255n - 19n
/** One of the two y of the four points of order 8; the other is its negative. */
const orderEightY = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n
const p448 = 2n ** 448n - 2n ** 224n - 1n

function curve(
  size: number, p: bigint, order: bigint, a: bigint, d: bigint, smallOrderY: readonly bigint[],
): EdwardsCurve {
  const octets = (value: bigint): Uint8Array => littleEndianBytes(value, size)
  return { size, p, order, a, d, pBytes: octets(p), orderBytes: octets(order), smallOrderY: smallOrderY.map(octets) }
}

/** RFC 8032 5.1: -x^2 + y^2 = 1 + d x^2 y^2, cofactor 8. */
const ed25519: EdwardsCurve = /* @__PURE__ */ curve(
  32, p25519, 2n ** 252n + 27742317777372353535851937790883648493n,
  -1n, 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n,
  [0n, 1n, p25519 - 1n, orderEightY, p25519 - orderEightY])

/** RFC 8032 5.2: x^2 + y^2 = 1 - 39081 x^2 y^2, cofactor 4. */
const ed448: EdwardsCurve = /* @__PURE__ */ curve(
  57, p448, 2n ** 446n - 13818066809895115352007386748515426880336692474882178609894547503885n,
  1n, -39081n, [0n, 1n, p448 - 1n])

export const edwardsCurves: { readonly ed25519: EdwardsCurve; readonly ed448: EdwardsCurve } = { ed25519, ed448 }

export type EdwardsFault = 'wrong-length' | 'non-canonical-point' | 'small-order-point' | 'point-not-on-curve' | 'mixed-order-point'

/** Checks a public key. Undefined where it is sound, as far as can be told without its being used (see `isOnCurve`). */
export function checkEdwardsKey(bytes: Uint8Array, curve: EdwardsCurve): EdwardsFault | undefined {
  return checkEncoding(bytes, curve, 'point') ?? (curve === ed448 ? checkOrder(bytes, curve) : undefined)
}

/**
 * Whether the octets, which passed `checkEdwardsKey`, are a point at all. No signature is good under a key that is none,
 * so this is asked only once a runtime has said no, to say why.
 */
export function isOnCurve(bytes: Uint8Array, curve: EdwardsCurve): boolean {
  return decompress(bytes, curve) !== undefined
}

/** What can be seen without arithmetic. */
function checkEncoding<Kind extends 'point' | 'r'>(
  bytes: Uint8Array, curve: EdwardsCurve, kind: Kind,
): 'wrong-length' | `${'non-canonical' | 'small-order'}-${Kind}` | undefined {
  const { size, pBytes, smallOrderY } = curve
  if (bytes.length !== size) return 'wrong-length'
  // The top bit of the last octet is the sign of x; the rest is y.
  if (compareLittleEndian(bytes, pBytes, 0x7f) >= 0) return `non-canonical-${kind}`
  // x = 0 with a sign bit, the other form that is not canonical, has y of 1 or -1, and is caught here.
  for (const y of smallOrderY) if (compareLittleEndian(bytes, y, 0x7f) === 0) return `small-order-${kind}`
  return undefined
}

/** Compares little-endian numbers of equal length; `mask` takes bits off the first one's highest octet. */
function compareLittleEndian(a: Uint8Array, b: Uint8Array, mask: number): number {
  let i = b.length - 1
  const top = (a[i]! & mask) - b[i]!
  if (top !== 0) return top
  while (--i >= 0) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return 0
}

type Point = readonly [x: bigint, y: bigint]

/** The point of an encoding (RFC 8032 5.1.3 and 5.2.3), or undefined where there is none. */
function decompress(bytes: Uint8Array, { size, p, a, d }: EdwardsCurve): Point | undefined {
  const encoded = bigFromLittleEndian(bytes)
  const y = encoded & ((1n << BigInt(8 * size - 1)) - 1n)
  // x^2 = u/v with u = 1 - y^2 and v = a - d y^2, which is never 0 (d/a is no square).
  const u = modulo(1n - y * y, p)
  const v = modulo(a - d * y * y, p)
  const x = squareRoot(u * powMod(v, p - 2n, p), p)
  if (x === undefined) return undefined
  return [(x & 1n) === encoded >> BigInt(8 * size - 1) ? x : p - x, y]
}

function checkOrder(bytes: Uint8Array, curve: EdwardsCurve): 'point-not-on-curve' | 'mixed-order-point' | undefined {
  const point = decompress(bytes, curve)
  if (point === undefined) return 'point-not-on-curve'
  const [, y, z] = multiply(curve.order, point, curve)
  // The neutral element alone has a y of 1.
  return (y - z) % curve.p === 0n ? undefined : 'mixed-order-point'
}

/** A root modulo a prime that is 3 modulo 4 or 5 modulo 8 (RFC 8032 5.1.3 and 5.2.3). */
function squareRoot(value: bigint, p: bigint): bigint | undefined {
  const square = value % p
  const root = powMod(square, p % 4n === 3n ? (p + 1n) / 4n : (p + 3n) / 8n, p)
  if ((root * root) % p === square) return root
  // The other candidate is the root of -1 times that square, where -1 has one (p is 5 modulo 8).
  const other = (root * powMod(2n, (p - 1n) / 4n, p)) % p
  return (other * other) % p === square ? other : undefined
}

/**
 * Projective coordinates, x/z and y/z, with the complete formulas of twisted Edwards curves (Bernstein et al., "Twisted Edwards
 * curves", section 6), without inversions. They may be negative.
 */
type Projective = readonly [x: bigint, y: bigint, z: bigint]

function double([x, y, z]: Projective, { p, a }: EdwardsCurve): Projective {
  const xx = (x * x) % p
  const yy = (y * y) % p
  const f = a * xx + yy
  const j = f - 2n * z * z
  return [((x + y) * (x + y) - xx - yy) % p * j % p, f * (a * xx - yy) % p, f * j % p]
}

/** The sum with a point whose z is 1. */
function add([x1, y1, z]: Projective, [x2, y2]: Point, { p, a, d }: EdwardsCurve): Projective {
  const zz = (z * z) % p
  const xx = (x1 * x2) % p
  const yy = (y1 * y2) % p
  const e = (d * xx * yy) % p
  return [z * (zz - e) % p * ((x1 + y1) * (x2 + y2) - xx - yy) % p, z * (zz + e) % p * (yy - a * xx) % p, (zz - e) * (zz + e) % p]
}

/** A multiple of a point. The scalar is not 0. */
function multiply(scalar: bigint, point: Point, curve: EdwardsCurve): Projective {
  let sum: Projective = [...point, 1n]
  for (const bit of scalar.toString(2).slice(1)) {
    sum = double(sum, curve)
    if (bit === '1') sum = add(sum, point, curve)
  }
  return sum
}

/** The base point of Ed25519 (RFC 8032 5.1): y is 4/5, which in octets is 66 and 58 at the lower end. */
function basePoint(): Point {
  const octets = new Uint8Array(32).fill(0x66)
  octets[0] = 0x58
  return decompress(octets, ed25519)!
}

/**
 * Whether S B = R + k A (RFC 8032 5.1.7, step 3, without the factor of 8), for a key and a signature of Ed25519 that
 * passed the checks here. `hash` is the SHA-512 of R, A and the message.
 */
export function satisfiesEquation(publicKey: Uint8Array, signature: Uint8Array, hash: Uint8Array): boolean {
  const key = decompress(publicKey, ed25519)
  const r = decompress(signature.subarray(0, 32), ed25519)
  const s = bigFromLittleEndian(signature.subarray(32))
  const k = bigFromLittleEndian(hash) % ed25519.order
  // S or k of 0 would be a hash, or a secret, that nobody ever meets.
  if (key === undefined || r === undefined || s === 0n || k === 0n) return false
  const { p } = ed25519
  const [x1, y1, z1] = multiply(s, basePoint(), ed25519)
  const [x2, y2, z2] = add(multiply(k, key, ed25519), r, ed25519)
  return (x1 * z2 - x2 * z1) % p === 0n && (y1 * z2 - y2 * z1) % p === 0n
}

export type EdwardsSignatureFault = 'wrong-length' | 's-out-of-range' | 'non-canonical-r' | 'small-order-r'

/** Checks the form of a signature R, S. Undefined where it is sound. */
export function checkEdwardsSignature(signature: Uint8Array, curve: EdwardsCurve): EdwardsSignatureFault | undefined {
  if (signature.length !== 2 * curve.size) return 'wrong-length'
  if (compareLittleEndian(signature.subarray(curve.size), curve.orderBytes, 0xff) >= 0) return 's-out-of-range'
  return checkEncoding(signature.subarray(0, curve.size), curve, 'r')
}

/** Whether the R of a signature that passed `checkEdwardsSignature` is on the curve and of prime order. */
export function hasPrimeOrderR(signature: Uint8Array, curve: EdwardsCurve): boolean {
  return checkOrder(signature.subarray(0, curve.size), curve) === undefined
}
