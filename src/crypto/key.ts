/**
 * `checkKey`: from the DER of a SubjectPublicKeyInfo to a key that every runtime understands alike, or a refusal.
 *
 * Runtimes disagree on what they import (BER lengths, trailing bytes, hybrid points, exponent 1, small-order
 * points), so nothing is left to them: the key is parsed and judged here, and what a runtime is given later is
 * made anew from the checked values. The size of an RSA key is judged before anything else is done with it. Checks
 * take microseconds, but for the order of an Ed448 point, which takes some milliseconds; drivers remember the keys that
 * passed. Whether an Ed25519 key is a point at all is left to its use (see edwards).
 */
import { DerReader, ParseError, readIntegerBytes, readOid } from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import { readSubjectPublicKeyInfo } from '../x509/spki.ts'
import type { SubjectPublicKeyInfo } from '../x509/spki.ts'
import { curveByOid, decodePoint } from './curves.ts'
import { checkEdwardsKey, edwardsCurves } from './edwards.ts'
import { ecPublicKey, rawAlgorithmByOid, rawLengths, rsaEncryption, rsassaPss } from './oids.ts'
import { rsaBitsCap } from './policy.ts'
import type { AlgorithmPolicy } from './policy.ts'
import { isNull, parsePssParameters } from './pss.ts'
import type { CheckedKey, CryptoRefusal, ImplementableAlgorithm, RsaPublicKey } from './types.ts'
import { refuse } from './types.ts'

/**
 * Parses and judges a key. Never throws for what the bytes hold. Refusals: `crypto/malformed-key`,
 * `crypto/weak-key`, `crypto/key-too-large`, `crypto/explicit-curve`, `crypto/unsupported-algorithm`.
 * The result holds views of `spki`, which must not change afterwards.
 */
export function checkKey(spki: Uint8Array, policy: AlgorithmPolicy): CheckedKey {
  try {
    const reader = new DerReader(spki)
    const info = readSubjectPublicKeyInfo(reader)
    reader.finish()
    return checkInfo(info, policy)
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return malformed(error.code, error.field)
  }
}

function malformed(reason: string, field?: string): CryptoRefusal {
  return refuse('crypto/malformed-key', field === undefined ? { reason } : { reason, field })
}

function checkInfo(info: SubjectPublicKeyInfo, policy: AlgorithmPolicy): CheckedKey {
  const { oid } = info.algorithm
  switch (oid) {
    case rsaEncryption:
      // RFC 3279 2.3.1: the parameters MUST be NULL.
      if (info.algorithm.parameters === undefined || !isNull(info.algorithm.parameters)) {
        return malformed('parameters-not-null')
      }
      return checkRsa(info.publicKey, 'any', policy)
    case rsassaPss: return checkPssKey(info, policy)
    case ecPublicKey: return checkEc(info)
  }
  const raw = rawAlgorithmByOid(oid)
  return raw === undefined ? refuse('crypto/unsupported-algorithm', { oid }) : checkRaw(info, raw, policy)
}

/** RFC 4055 1.2: parameters absent, and then PSS with any parameters; or present, and then binding (3.3). */
function checkPssKey(info: SubjectPublicKeyInfo, policy: AlgorithmPolicy): CheckedKey {
  const { parameters } = info.algorithm
  if (parameters === undefined) return checkRsa(info.publicKey, 'pss', policy)
  const parsed = parsePssParameters(parameters)
  if ('ok' in parsed) return parsed
  return checkRsa(info.publicKey, { hash: parsed.hash, minSaltLength: parsed.saltLength }, policy)
}

/**
 * RFC 8017 A.1.1.
 *
 *     RSAPublicKey ::= SEQUENCE {
 *         modulus           INTEGER,  -- n
 *         publicExponent    INTEGER   -- e
 *     }
 */
function checkRsa(publicKey: Uint8Array, usage: RsaPublicKey['usage'], policy: AlgorithmPolicy): CheckedKey {
  const outer = new DerReader(publicKey, 0, publicKey.length, 'RSAPublicKey')
  const reader = outer.sequence('RSAPublicKey')
  outer.finish()
  const modulusContent = readIntegerBytes(reader, 'modulus')
  const exponentContent = readIntegerBytes(reader, 'publicExponent')
  reader.finish()
  // Zero and negative values; RFC 8017 3.1 wants both positive.
  if (modulusContent[0]! >= 0x80) return malformed('modulus-not-positive')
  if (exponentContent[0]! >= 0x80) return malformed('exponent-not-positive')
  const modulus = magnitude(modulusContent)
  const exponent = magnitude(exponentContent)
  const bits = bitLength(modulus)
  if (bits === 0) return malformed('modulus-not-positive')
  const maxBits = Math.min(policy.rsa.maxBits, rsaBitsCap)
  if (bits > maxBits) return refuse('crypto/key-too-large', { type: 'rsa', bits, maxBits })
  // RFC 8017 3.1: n is a product of odd primes, and e is from 3 to n - 1 and prime to an even number.
  if ((modulus[modulus.length - 1]! & 1) === 0) return malformed('modulus-even')
  const exponentBits = bitLength(exponent)
  if (exponentBits < 2) return malformed('exponent-below-3')
  if ((exponent[exponent.length - 1]! & 1) === 0) return malformed('exponent-even')
  if (bits < policy.rsa.minBits) return refuse('crypto/weak-key', { type: 'rsa', bits, minBits: policy.rsa.minBits })
  if (!exponentAllowed(exponent, policy)) {
    return refuse('crypto/unsupported-algorithm', { type: 'rsa', reason: 'exponent', exponentBits })
  }
  return { ok: true, key: { type: 'rsa', modulus, exponent, bits, usage } }
}

/** The octets of a non-negative INTEGER without its sign octet; empty for 0. */
export function magnitude(content: Uint8Array): Uint8Array {
  return content[0] === 0 ? content.subarray(1) : content
}

/** How many bits a magnitude has. */
export function bitLength(value: Uint8Array): number {
  return value.length === 0 ? 0 : 8 * value.length - (Math.clz32(value[0]!) - 24)
}

function exponentAllowed(exponent: Uint8Array, policy: AlgorithmPolicy): boolean {
  // 64 bits is where runtimes that take larger exponents at all begin to refuse them; the cost grows with it.
  if (policy.rsa.exponents === 'any-odd') return exponent.length <= 8
  return (exponent.length === 1 && exponent[0] === 3) ||
    (exponent.length === 3 && exponent[0] === 1 && exponent[1] === 0 && exponent[2] === 1)
}

/**
 * RFC 5480 2.1.1. Only `namedCurve` may be used.
 *
 *     ECParameters ::= CHOICE {
 *       namedCurve         OBJECT IDENTIFIER
 *       -- implicitCurve   NULL
 *       -- specifiedCurve  SpecifiedECDomain
 *     }
 */
function checkEc(info: SubjectPublicKeyInfo): CheckedKey {
  const { parameters } = info.algorithm
  if (parameters === undefined) return malformed('curve-missing')
  if (parameters[0] === Tag.sequence) return refuse('crypto/explicit-curve', { form: 'specifiedCurve' })
  if (parameters[0] === Tag.null) return refuse('crypto/explicit-curve', { form: 'implicitCurve' })
  const curveOid = readOid(new DerReader(parameters, 0, parameters.length, 'ECParameters'), 'namedCurve')
  const curve = curveByOid(curveOid)
  if (curve === undefined) return refuse('crypto/unsupported-algorithm', { type: 'ec', curve: curveOid })
  const decoded = decodePoint(info.publicKey, curve)
  if ('fault' in decoded) return malformed(decoded.fault)
  return { ok: true, key: { type: 'ec', curve: curve.name, point: decoded.point } }
}

/** RFC 8410 3 and RFC 9881 2: the parameters MUST be absent, and the BIT STRING is the key. */
function checkRaw(info: SubjectPublicKeyInfo, type: ImplementableAlgorithm, policy: AlgorithmPolicy): CheckedKey {
  if (!policy.enabled.has(type)) return refuse('crypto/unsupported-algorithm', { algorithm: type, reason: 'not-enabled' })
  if (info.algorithm.parameters !== undefined) return malformed('parameters-present')
  const bytes = info.publicKey
  if (bytes.length !== rawLengths[type].key) return malformed('wrong-length')
  if (type === 'ed25519' || type === 'ed448') {
    const fault = checkEdwardsKey(bytes, edwardsCurves[type])
    if (fault !== undefined) return malformed(fault)
  }
  return { ok: true, key: { type, bytes } }
}
