/**
 * Checks of Ed25519 and Ed448 keys and signatures (RFC 8032) that runtimes make differently or not at all.
 *
 * What is refused here: encodings that are not canonical (y not below p), keys that are not on the curve or not in
 * the subgroup of prime order (with a small-order key one signature fits many messages), and S not below the group
 * order (RFC 8032 5.1.7 and 5.2.7), which would let anybody make a second signature out of a first.
 *
 * RFC 8032 leaves a verifier the choice between the equation and eight (four) times the equation. With a key and an R
 * of prime order the two mean the same. R is not checked for that here, since it costs as much as a verification:
 * `hasPrimeOrderR` is for the drivers, which ask it where the runtime is found to have chosen the second.
 */
import { bigFromLittleEndian, modulo, powMod } from './numbers.ts'

interface EdwardsCurve {
  /** Octets of an encoded point, and of S. */
  readonly size: number
  readonly p: bigint
  /** The order of the base point. */
  readonly order: bigint
  /** The y coordinates of the points whose order divides the cofactor. */
  readonly smallOrderY: readonly bigint[]
  /** The coefficients of a x^2 + y^2 = 1 + d x^2 y^2. */
  readonly a: bigint
  readonly d: bigint
}

const p25519 = 2n ** 255n - 19n
const p448 = 2n ** 448n - 2n ** 224n - 1n

/** RFC 8032 5.1: -x^2 + y^2 = 1 + d x^2 y^2, cofactor 8. */
const ed25519: EdwardsCurve = {
  size: 32,
  p: p25519,
  order: 2n ** 252n + 27742317777372353535851937790883648493n,
  smallOrderY: [
    0n, 1n, p25519 - 1n,
    // The two y of the four points of order 8.
    0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
    0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
  ],
  a: -1n,
  d: 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n,
}

/** RFC 8032 5.2: x^2 + y^2 = 1 - 39081 x^2 y^2, cofactor 4. */
const ed448: EdwardsCurve = {
  size: 57,
  p: p448,
  order: 2n ** 446n - 13818066809895115352007386748515426880336692474882178609894547503885n,
  smallOrderY: [0n, 1n, p448 - 1n],
  a: 1n,
  d: -39081n,
}

export const edwardsCurves: { readonly ed25519: EdwardsCurve; readonly ed448: EdwardsCurve } = { ed25519, ed448 }

export type EdwardsFault = 'wrong-length' | 'non-canonical-point' | 'small-order-point' | 'point-not-on-curve' | 'mixed-order-point'

/** Checks a public key. Undefined where it is sound. */
export function checkEdwardsKey(bytes: Uint8Array, curve: EdwardsCurve): EdwardsFault | undefined {
  return checkEncoding(bytes, curve) ?? checkOrder(bytes, curve)
}

/** What can be seen without arithmetic. */
function checkEncoding(
  bytes: Uint8Array, curve: EdwardsCurve,
): 'wrong-length' | 'non-canonical-point' | 'small-order-point' | undefined {
  if (bytes.length !== curve.size) return 'wrong-length'
  const y = yOf(bytes, curve)
  if (y >= curve.p) return 'non-canonical-point'
  // x = 0 with a sign bit, the other form that is not canonical, has y of 1 or -1, and is caught here.
  return curve.smallOrderY.includes(y) ? 'small-order-point' : undefined
}

/** The top bit of the last octet is the sign of x; the rest is y. */
function yOf(bytes: Uint8Array, curve: EdwardsCurve): bigint {
  return bigFromLittleEndian(bytes) & ((1n << BigInt(8 * curve.size - 1)) - 1n)
}

function checkOrder(bytes: Uint8Array, curve: EdwardsCurve): 'point-not-on-curve' | 'mixed-order-point' | undefined {
  const { p } = curve
  const y = yOf(bytes, curve)
  // x^2 = u/v with u = 1 - y^2 and v = a - d y^2, which is never 0 (d/a is no square).
  const u = modulo(1n - y * y, p)
  const v = modulo(curve.a - curve.d * y * y, p)
  // u/v is a square just where u v is. The sign of x does not matter for the order of the point.
  const x = squareRoot(u * powMod(v, p - 2n, p), p)
  if (x === undefined) return 'point-not-on-curve'
  return timesOrder(x, y, curve) ? undefined : 'mixed-order-point'
}

/** A root modulo a prime that is 3 modulo 4 or 5 modulo 8 (RFC 8032 5.1.3 and 5.2.3). */
function squareRoot(value: bigint, p: bigint): bigint | undefined {
  const square = value % p
  if (p % 4n === 3n) {
    const root = powMod(square, (p + 1n) / 4n, p)
    return (root * root) % p === square ? root : undefined
  }
  const root = powMod(square, (p + 3n) / 8n, p)
  if ((root * root) % p === square) return root
  const other = (root * powMod(2n, (p - 1n) / 4n, p)) % p
  return (other * other) % p === square ? other : undefined
}

/**
 * Whether the group order times the point is the neutral element. Projective coordinates with the complete formulas
 * of twisted Edwards curves (Bernstein et al., "Twisted Edwards curves", section 6), without inversions.
 */
function timesOrder(x: bigint, y: bigint, { p, a, d, order }: EdwardsCurve): boolean {
  let [X, Y, Z] = [x, y, 1n]
  for (const bit of order.toString(2).slice(1)) {
    const square = (X + Y) * (X + Y)
    const C = (X * X) % p
    const D = (Y * Y) % p
    const F = a * C + D
    const J = F - 2n * Z * Z
    X = ((square - C - D) % p * J) % p
    Y = (F * (a * C - D)) % p
    Z = (F * J) % p
    if (bit === '0') continue
    // The second point is the given one, whose Z is 1.
    const A2 = (Z * Z) % p
    const C2 = (X * x) % p
    const D2 = (Y * y) % p
    const E = (d * C2 * D2) % p
    const F2 = A2 - E
    const G = A2 + E
    X = ((Z * F2) % p * ((X + Y) * (x + y) - C2 - D2)) % p
    Y = ((Z * G) % p * (D2 - a * C2)) % p
    Z = (F2 * G) % p
  }
  return modulo(X, p) === 0n && modulo(Y - Z, p) === 0n
}

export type EdwardsSignatureFault = 'wrong-length' | 's-out-of-range' | 'non-canonical-r' | 'small-order-r'

/** Checks the form of a signature R, S. Undefined where it is sound. */
export function checkEdwardsSignature(signature: Uint8Array, curve: EdwardsCurve): EdwardsSignatureFault | undefined {
  if (signature.length !== 2 * curve.size) return 'wrong-length'
  if (bigFromLittleEndian(signature.subarray(curve.size)) >= curve.order) return 's-out-of-range'
  switch (checkEncoding(signature.subarray(0, curve.size), curve)) {
    case undefined: return undefined
    case 'wrong-length': return 'wrong-length'
    case 'non-canonical-point': return 'non-canonical-r'
    case 'small-order-point': return 'small-order-r'
  }
}

/** Whether the R of a signature that passed `checkEdwardsSignature` is on the curve and of prime order. */
export function hasPrimeOrderR(signature: Uint8Array, curve: EdwardsCurve): boolean {
  return checkOrder(signature.subarray(0, curve.size), curve) === undefined
}
