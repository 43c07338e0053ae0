/**
 * Signature AlgorithmIdentifiers: which algorithm, and whether its parameters are the ones its RFC allows.
 *
 * Each algorithm has exactly one encoding here, PSS apart. A missing NULL, which some runtimes let through in
 * keys, is refused: RFC 4055 5 and RFC 3279 2.2.1 want it there.
 */
import { DerReader, ParseError } from '../asn1/index.ts'
import { readAlgorithmIdentifier } from '../x509/spki.ts'
import type { AlgorithmIdentifier } from '../x509/spki.ts'
import { hashedAlgorithmByOid, rawAlgorithmByOid, rsassaPss } from './oids.ts'
import type { AlgorithmPolicy } from './policy.ts'
import { isNull, parsePssParameters } from './pss.ts'
import type { AlgorithmName, CryptoRefusal, SignatureAlgorithm } from './types.ts'
import { refuse } from './types.ts'

export type ParsedSignatureAlgorithm = { readonly ok: true; readonly algorithm: SignatureAlgorithm } | CryptoRefusal

/**
 * Parses a DER AlgorithmIdentifier. Never throws for what the bytes hold. Refusals:
 * `crypto/unsupported-algorithm` (unknown, not enabled, or PSS with two hashes) and `crypto/malformed-algorithm`.
 */
export function parseSignatureAlgorithm(der: Uint8Array, policy: AlgorithmPolicy): ParsedSignatureAlgorithm {
  try {
    const reader = new DerReader(der, 0, der.length, 'AlgorithmIdentifier')
    const identifier = readAlgorithmIdentifier(reader, 'signatureAlgorithm')
    reader.finish()
    return judge(identifier, policy)
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return refuse('crypto/malformed-algorithm', { reason: error.code, field: error.field ?? 'AlgorithmIdentifier' })
  }
}

function judge(identifier: AlgorithmIdentifier, policy: AlgorithmPolicy): ParsedSignatureAlgorithm {
  const { oid, parameters } = identifier
  const hashed = hashedAlgorithmByOid(oid)
  if (hashed !== undefined) {
    const name: AlgorithmName = `${hashed.family}-${hashed.hash}`
    if (!policy.enabled.has(name)) return notEnabled(name)
    // RFC 4055 5, RFC 3279 2.2.1: NULL with RSA. RFC 5758 3.2, RFC 3279 2.2.3: absent with ECDSA.
    const sound = hashed.family === 'rsa-pkcs1' ? parameters !== undefined && isNull(parameters) : parameters === undefined
    if (!sound) {
      const reason = hashed.family === 'rsa-pkcs1' ? 'parameters-not-null' : 'parameters-present'
      return refuse('crypto/malformed-algorithm', { algorithm: name, reason })
    }
    return { ok: true, algorithm: { name, family: hashed.family, hash: hashed.hash } }
  }
  if (oid === rsassaPss) {
    // RFC 4055 3.1: in a signature algorithm the parameters MUST be present.
    if (parameters === undefined) return refuse('crypto/malformed-algorithm', { algorithm: 'rsa-pss', reason: 'parameters-missing' })
    const parsed = parsePssParameters(parameters)
    if ('ok' in parsed) return parsed
    const name: AlgorithmName = `rsa-pss-${parsed.hash}`
    if (!policy.enabled.has(name)) return notEnabled(name)
    return { ok: true, algorithm: { name, family: 'rsa-pss', hash: parsed.hash, saltLength: parsed.saltLength } }
  }
  const raw = rawAlgorithmByOid(oid)
  if (raw === undefined) return refuse('crypto/unsupported-algorithm', { oid })
  if (!policy.enabled.has(raw)) return notEnabled(raw)
  // RFC 8410 3, RFC 9881 2.
  if (parameters !== undefined) return refuse('crypto/malformed-algorithm', { algorithm: raw, reason: 'parameters-present' })
  return { ok: true, algorithm: { name: raw, family: 'raw' } }
}

function notEnabled(algorithm: AlgorithmName): CryptoRefusal {
  return refuse('crypto/unsupported-algorithm', { algorithm, reason: 'not-enabled' })
}
