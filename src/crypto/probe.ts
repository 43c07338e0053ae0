/**
 * What a runtime can do is found out by letting it do it, never from its name or from the name of an error.
 *
 * A probe runs only after the runtime has said no to a signature: if it says no to a known-good one too, the
 * algorithm is lacking, and the first no meant nothing. A runtime that says yes is believed, with one exception: for
 * EdDSA it is found out once which of the two equations of RFC 8032 it uses, and the yes of the laxer one is confirmed
 * by our own arithmetic.
 */
import { concat } from '../asn1/index.ts'
import { decodeBase64 } from '../x509/pem.ts'
import { basePoint, curves } from './curves.ts'
import { edwardsCurves, hasPrimeOrderR, isOnCurve, satisfiesEquation } from './edwards.ts'
import { hashToInteger } from './fallback.ts'
import { bigFromBytes, bigFromLittleEndian, bytesFromBig, littleEndianBytes } from './numbers.ts'
import { rawLengths } from './oids.ts'
import type { PreparedCheck } from './prepare.ts'
import { probeDigests, probeMessage, probeVectors } from './probe-vectors.ts'
import type { CurveName, HashName, PublicKey, SignatureAlgorithm, SignatureOutcome } from './types.ts'
import { refuse } from './types.ts'

/** How a runtime answered. */
export type RuntimeAnswer = 'good' | 'bad' | 'import-failed' | 'verify-failed'

/** The name of what a check needs of the runtime; undefined for RSA, which every WebCrypto has, if not for every key. */
export function capabilityOf(check: PreparedCheck): string | undefined {
  const { key } = check.entry
  if (key.type === 'rsa') return undefined
  return key.type === 'ec' && check.algorithm.family === 'ecdsa' ? `ecdsa-${key.curve}-${check.algorithm.hash}` : key.type
}

/** A check by which to probe what `check` needs. */
export function probeFor<Imported>(check: PreparedCheck<Imported>): PreparedCheck<Imported> {
  const { entry: { key }, algorithm } = check
  if (key.type === 'ec' && algorithm.family === 'ecdsa') {
    return ecdsaProbe(key.curve, algorithm)
  }
  if (key.type === 'ed25519' || key.type === 'ed448') return edwardsProbe(key.type, algorithm, false)
  if (key.type === 'rsa' || key.type === 'ec') throw new Error('no probe for this key') // capabilityOf excludes it
  // Every octet string of the right length is an ML-DSA key, so that one of zeros serves to probe the import,
  // and the 16 kB of known-good vectors can stay out of the package.
  const spki = check.entry.spki.slice()
  const bytes = spki.subarray(-key.bytes.length).fill(0)
  return {
    entry: { spki, key: { type: key.type, bytes }, imported: new Map() },
    algorithm,
    data: new Uint8Array(0),
    signature: new Uint8Array(rawLengths[key.type].signature),
  }
}

/** A check that only the laxer equation passes. */
export function mixedOrderProbeFor<Imported>(
  { algorithm }: PreparedCheck<Imported>, type: 'ed25519' | 'ed448',
): PreparedCheck<Imported> {
  return edwardsProbe(type, algorithm, true)
}

function edwardsProbe<Imported>(type: 'ed25519' | 'ed448', algorithm: SignatureAlgorithm, mixedOrder: boolean): PreparedCheck<Imported> {
  const { key, signature } = edwardsVector(type, mixedOrder)
  return probe({ type, bytes: key }, algorithm, signature)
}

/** A key, and its signature over the octets of `probeMessage`; of mixed order: one that only the laxer equation passes. */
export function edwardsVector(type: 'ed25519' | 'ed448', mixedOrder: boolean): { readonly key: Uint8Array; readonly signature: Uint8Array } {
  const { key, s, mixedOrderS } = probeVectors[type]
  const base = decodeBase64(key)
  if (!mixedOrder) return { key: base, signature: concat([base, decodeBase64(s)]) }
  // The base point (x, y), whose sign of x is 0, and the point of order 2 (0, -1) are together (-x, -y).
  const { p, size } = edwardsCurves[type]
  const r = littleEndianBytes(p - bigFromLittleEndian(base), size)
  r[size - 1]! |= 0x80
  return { key: base, signature: concat([r, decodeBase64(mixedOrderS)]) }
}

/**
 * The octets whose SHA-512 `confirmed` needs; undefined where it needs none. (RFC 8032 5.1.7: R, A and the message.)
 */
export function hashInputOf({ entry: { key }, signature, data }: PreparedCheck): Uint8Array<ArrayBuffer> | undefined {
  if (key.type !== 'ed25519') return undefined
  return concat([signature.subarray(0, 32), key.bytes, data]) as Uint8Array<ArrayBuffer>
}

/** The outcome of a yes by a verifier that uses the laxer equation of EdDSA, or may do so. */
export function confirmed({ entry: { key }, signature }: PreparedCheck, hash: Uint8Array | undefined): SignatureOutcome {
  switch (key.type) {
    case 'ed25519': return hash !== undefined && satisfiesEquation(key.bytes, signature, hash) ? verified : verificationFailed
    case 'ed448': return hasPrimeOrderR(signature, edwardsCurves.ed448) ? verified : verificationFailed
    default: return verified
  }
}

/** The outcome of a no where it is the key that is at fault, which some runtimes see at import and others never say. */
export function unsoundKey({ entry: { key } }: PreparedCheck): SignatureOutcome | undefined {
  if (key.type !== 'ed25519' || isOnCurve(key.bytes, edwardsCurves.ed25519)) return undefined
  return refuse('crypto/malformed-key', { reason: 'point-not-on-curve' })
}

/**
 * A signature made on the spot: with the secret 1, whose key is the base point, and the nonce 1, r is the x of the base
 * point and s the hash plus r (FIPS 186-5 6.4.1).
 */
function ecdsaProbe<Imported>(
  name: CurveName, algorithm: SignatureAlgorithm & { readonly family: 'ecdsa' | 'rsa-pkcs1' },
): PreparedCheck<Imported> {
  const curve = curves[name]
  const point = basePoint(curve)
  const r = bigFromBytes(point.subarray(1, 1 + curve.size)) % curve.n
  const s = (hashToInteger(decodeBase64(probeDigests[algorithm.hash]), curve) + r) % curve.n
  const signature = concat([bytesFromBig(r, curve.size), bytesFromBig(s, curve.size)])
  return probe({ type: 'ec', curve: name, point }, algorithm, signature)
}

function probe<Imported>(key: PublicKey, algorithm: SignatureAlgorithm, signature: Uint8Array): PreparedCheck<Imported> {
  return {
    entry: { spki: new Uint8Array(0), key, imported: new Map() },
    algorithm,
    data: new TextEncoder().encode(probeMessage),
    signature,
  }
}

/** Whether the answer to a probe shows that the runtime has the algorithm. */
export function showsCapability(check: PreparedCheck, answer: RuntimeAnswer): boolean {
  const { type } = check.entry.key
  const importIsEnough = type === 'ml-dsa-44' || type === 'ml-dsa-65' || type === 'ml-dsa-87'
  return importIsEnough ? answer !== 'import-failed' : answer === 'good'
}

/** The outcome where the runtime lacks the algorithm and no implementation was supplied. */
export function lacking(check: PreparedCheck): SignatureOutcome {
  return refuse('crypto/unsupported-algorithm', { algorithm: check.algorithm.name, reason: 'runtime' })
}

/**
 * The outcome of a no from a runtime that has the algorithm. A refused import, or an error over an RSA key beyond
 * what every runtime takes, says something of the runtime; anything else says something of the signature.
 */
export function refused(check: PreparedCheck, answer: Exclude<RuntimeAnswer, 'good'>): SignatureOutcome {
  if (answer === 'import-failed') return lacking(check)
  if (answer === 'verify-failed' && isUncommonRsa(check)) return lacking(check)
  return verificationFailed
}

/** An RSA key or hash beyond what every runtime takes. */
export function isUncommonRsa({ entry: { key }, algorithm }: PreparedCheck): boolean {
  if (key.type !== 'rsa') return false
  const hash: HashName | undefined = algorithm.family === 'raw' ? undefined : algorithm.hash
  const exponent = bigFromBytes(key.exponent)
  return key.bits > 4096 || (exponent !== 3n && exponent !== 65537n) || hash === 'sha1'
}

export const verificationFailed: SignatureOutcome = Object.freeze(
  refuse('crypto/invalid-signature', Object.freeze({ reason: 'verification-failed' })))

export const verified: SignatureOutcome = Object.freeze({ ok: true })
