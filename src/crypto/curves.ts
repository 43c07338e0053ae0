/**
 * The three named curves of RFC 5480 that this layer knows, and the checks of a point on one of them.
 *
 * A point is decoded here and not in the runtime, because runtimes differ: some refuse the compressed form,
 * some take the hybrid one, and some do not check what they take.
 */
import { concat } from '../asn1/index.ts'
import { bigFromBytes, bytesFromBig, modulo, powMod } from './numbers.ts'
import type { CurveName } from './types.ts'

export interface Curve {
  readonly name: CurveName
  readonly oid: string
  /** The name in JWK and WebCrypto. */
  readonly jwk: 'P-256' | 'P-384' | 'P-521'
  /** Octets of one coordinate, and of one half of a raw signature. */
  readonly size: number
  /** The field prime, which is 3 modulo 4 on all three curves; a is -3. */
  readonly p: bigint
  readonly b: bigint
  /** The order of the base point (SP 800-186). */
  readonly n: bigint
  /** The same, big-endian. */
  readonly order: Uint8Array
  /** The base point in the compressed form, as one number: 02 or 03 in front of x. */
  readonly base: bigint
}

function withOrder(curve: Omit<Curve, 'order'>): Curve {
  return { ...curve, order: bytesFromBig(curve.n, curve.size) }
}

/** secp256r1 (SP 800-186, 3.2.1.3). */
const p256: Curve = /* @__PURE__ */ withOrder({
  name: 'p256',
  oid: '1.2.840.10045.3.1.7',
  jwk: 'P-256',
  size: 32,
  p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  base: 0x036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
})

/** secp384r1 (SP 800-186, 3.2.1.4). */
const p384: Curve = /* @__PURE__ */ withOrder({
  name: 'p384',
  oid: '1.3.132.0.34',
  jwk: 'P-384',
  size: 48,
  p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
  b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  base: 0x03aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
})

/** secp521r1 (SP 800-186, 3.2.1.5). */
const p521: Curve = /* @__PURE__ */ withOrder({
  name: 'p521',
  oid: '1.3.132.0.35',
  jwk: 'P-521',
  size: 66,
  p: 0x1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffn,
  b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  n: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  base: 0x0200c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
})

export const curves: Readonly<Record<CurveName, Curve>> = { p256, p384, p521 }

export function curveByOid(oid: string): Curve | undefined {
  return Object.values(curves).find((curve) => curve.oid === oid)
}

/** The base point, uncompressed. */
export function basePoint(curve: Curve): Uint8Array {
  const decoded = decodePoint(bytesFromBig(curve.base, 1 + curve.size), curve)
  if ('fault' in decoded) throw new Error(decoded.fault) // never: the constants above are points
  return decoded.point
}

/** Why a point was refused. */
export type PointFault =
  | 'point-at-infinity' | 'hybrid-point' | 'unknown-point-form' | 'wrong-point-length' | 'coordinate-too-large'
  | 'point-not-on-curve'

/**
 * Decodes a point of SEC 1 2.3.4: uncompressed (04) or compressed (02, 03). RFC 5480 2.2 forbids the hybrid
 * form. The curves have cofactor 1, so a point on the curve that is not infinity is a sound key.
 */
export function decodePoint(octets: Uint8Array, curve: Curve): { readonly point: Uint8Array } | { readonly fault: PointFault } {
  const { size, p } = curve
  const form = octets[0]
  if (form === undefined) return { fault: 'wrong-point-length' }
  if (form === 0) return { fault: octets.length === 1 ? 'point-at-infinity' : 'unknown-point-form' }
  if (form === 6 || form === 7) return { fault: 'hybrid-point' }
  if (form !== 2 && form !== 3 && form !== 4) return { fault: 'unknown-point-form' }
  if (octets.length !== 1 + (form === 4 ? 2 : 1) * size) return { fault: 'wrong-point-length' }
  const x = bigFromBytes(octets.subarray(1, 1 + size))
  if (x >= p) return { fault: 'coordinate-too-large' }
  const cubic = (x * x - 3n) * x + curve.b
  if (form === 4) {
    const y = bigFromBytes(octets.subarray(1 + size))
    if (y >= p) return { fault: 'coordinate-too-large' }
    // One division: it costs more than all the products.
    return (cubic - y * y) % p === 0n ? { point: octets } : { fault: 'point-not-on-curve' }
  }
  const square = modulo(cubic, p)
  // p is 3 modulo 4, so a root of a square s is s^((p + 1) / 4) (SEC 1 2.3.4, step 2.4.1).
  const root = powMod(square, (p + 1n) / 4n, p)
  if ((root * root) % p !== square) return { fault: 'point-not-on-curve' }
  // A root of 0 has no odd twin. None of the three curves has such a point (their orders are odd).
  const y = (root & 1n) === BigInt(form & 1) ? root : p - root
  return { point: concat([Uint8Array.of(4), octets.subarray(1), bytesFromBig(y, size)]) }
}
