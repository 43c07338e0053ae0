/**
 * Checks of Ed25519 and Ed448 keys and signatures (RFC 8032) that runtimes make differently or not at all.
 *
 * What is refused here: encodings that are not canonical (y not below p), points that are not on the curve,
 * points of small order (with such a key one signature fits many messages), and S not below the group order
 * (RFC 8032 5.1.7 and 5.2.7), which would let anybody make a second signature out of a first.
 *
 * What is left to the runtime: the equation itself. A key or an R with a small-order component beside a large
 * one passes here; only the holder of the private key can make use of it, and never for another's key.
 */
import { bigFromLittleEndian, isSquare, modulo } from './numbers.ts'

interface EdwardsCurve {
  /** Octets of an encoded point, and of S. */
  readonly size: number
  readonly p: bigint
  /** The order of the base point. */
  readonly order: bigint
  /** The y coordinates of the points whose order divides the cofactor. */
  readonly smallOrderY: readonly bigint[]
  /** Numerator and denominator of x^2 for a given y. */
  readonly xSquared: (ySquared: bigint) => readonly [bigint, bigint]
}

const p25519 = 2n ** 255n - 19n
const d25519 = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n
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
  xSquared: (ySquared) => [ySquared - 1n, d25519 * ySquared + 1n],
}

/** RFC 8032 5.2: x^2 + y^2 = 1 - 39081 x^2 y^2, cofactor 4. */
const ed448: EdwardsCurve = {
  size: 57,
  p: p448,
  order: 2n ** 446n - 13818066809895115352007386748515426880336692474882178609894547503885n,
  smallOrderY: [0n, 1n, p448 - 1n],
  xSquared: (ySquared) => [1n - ySquared, 1n + 39081n * ySquared],
}

export const edwardsCurves: { readonly ed25519: EdwardsCurve; readonly ed448: EdwardsCurve } = { ed25519, ed448 }

export type EdwardsFault = 'wrong-length' | 'non-canonical' | 'small-order' | 'not-on-curve'

/** Checks an encoded point. Undefined where it is sound. */
export function checkEdwardsPoint(bytes: Uint8Array, curve: EdwardsCurve): EdwardsFault | undefined {
  if (bytes.length !== curve.size) return 'wrong-length'
  const { p } = curve
  // The top bit of the last octet is the sign of x; the rest is y.
  const y = bigFromLittleEndian(bytes) & ((1n << BigInt(8 * curve.size - 1)) - 1n)
  if (y >= p) return 'non-canonical'
  // x = 0 with a sign bit, the other form that is not canonical, has y of 1 or -1, and is caught here.
  if (curve.smallOrderY.includes(y)) return 'small-order'
  const [u, v] = curve.xSquared((y * y) % p)
  // u/v is a square just where u*v is, v never being 0 (d is no square).
  return isSquare(modulo(u * v, p), p) ? undefined : 'not-on-curve'
}

export type EdwardsSignatureFault =
  | 'wrong-length' | 's-out-of-range' | 'non-canonical-r' | 'small-order-r' | 'r-not-on-curve'

/** Checks the form of a signature R, S. Undefined where it is sound. */
export function checkEdwardsSignature(signature: Uint8Array, curve: EdwardsCurve): EdwardsSignatureFault | undefined {
  if (signature.length !== 2 * curve.size) return 'wrong-length'
  if (bigFromLittleEndian(signature.subarray(curve.size)) >= curve.order) return 's-out-of-range'
  switch (checkEdwardsPoint(signature.subarray(0, curve.size), curve)) {
    case undefined: return undefined
    case 'wrong-length': return 'wrong-length'
    case 'non-canonical': return 'non-canonical-r'
    case 'small-order': return 'small-order-r'
    case 'not-on-curve': return 'r-not-on-curve'
  }
}
