/**
 * RSASSA-PSS parameters (RFC 4055 3.1), which stand in signature algorithms and in id-RSASSA-PSS keys.
 *
 *     RSASSA-PSS-params  ::=  SEQUENCE  {
 *          hashAlgorithm      [0] HashAlgorithm DEFAULT sha1Identifier,
 *          maskGenAlgorithm   [1] MaskGenAlgorithm DEFAULT mgf1SHA1Identifier,
 *          saltLength         [2] INTEGER DEFAULT 20,
 *          trailerField       [3] INTEGER DEFAULT 1  }
 *
 * DER leaves a default value out, so a written one is refused (X.690 11.5). WebCrypto has one hash for message
 * and mask, so parameters in which they differ are refused as unsupported, in every runtime.
 */
import { DerReader, contextTag, readUnsignedInteger } from '../asn1/index.ts'
import { readAlgorithmIdentifier } from '../x509/spki.ts'
import { hashByOid } from './oids.ts'
import type { CryptoRefusal, HashName } from './types.ts'
import { refuse } from './types.ts'

export interface PssParameters {
  readonly hash: HashName
  /** Octets. */
  readonly saltLength: number
}

const mgf1 = '1.2.840.113549.1.1.8'

type Hash = HashName | { readonly unsupported: string }

/** Parses the DER element of the parameters. Throws `ParseError` for what is no such parameters. */
export function parsePssParameters(der: Uint8Array): PssParameters | CryptoRefusal {
  const outer = new DerReader(der, 0, der.length, 'RSASSA-PSS-params')
  const reader = outer.sequence('RSASSA-PSS-params')
  outer.finish()
  const field = <T>(number: number, name: string, read: (inside: DerReader, name: string) => T, byDefault: T): T => {
    if (!reader.optional(contextTag(number, true))) return byDefault
    const inside = reader.inside()
    const value = read(inside, name)
    inside.finish()
    if (value === byDefault) reader.fail('asn1/encoded-default', reader.headerStart, `${name} left out when it has its default (X.690 11.5)`)
    return value
  }
  const hash = field<Hash>(0, 'hashAlgorithm', readHash, 'sha1')
  const mask = field<Hash>(1, 'maskGenAlgorithm', readMask, 'sha1')
  const saltLength = field(2, 'saltLength', readUnsignedInteger, 20)
  const trailer = field(3, 'trailerField', readUnsignedInteger, 1)
  // RFC 4055 3.1: the value MUST be 1.
  if (trailer !== 1) reader.fail('asn1/integer-out-of-range', reader.headerStart, 'trailerField of 1', `${trailer}`)
  reader.finish()

  if (typeof hash === 'object') return refuse('crypto/unsupported-algorithm', { hash: hash.unsupported })
  if (typeof mask === 'object') return refuse('crypto/unsupported-algorithm', { maskGenAlgorithm: mask.unsupported })
  if (mask !== hash) return refuse('crypto/unsupported-algorithm', { hash, maskHash: mask })
  return { hash, saltLength }
}

/** A hash's AlgorithmIdentifier. Parameters are NULL or absent, which mean the same (RFC 4055 2.1). */
function readHash(field: DerReader): Hash {
  const algorithm = readAlgorithmIdentifier(field, 'hashAlgorithm')
  const hash = hashByOid(algorithm.oid)
  if (hash === undefined) return { unsupported: algorithm.oid }
  if (algorithm.parameters !== undefined && !isNull(algorithm.parameters)) {
    field.fail('asn1/unexpected-tag', field.headerStart, 'hash parameters that are NULL or absent (RFC 4055 2.1)')
  }
  return hash
}

/** MGF1 with its hash as the parameter (RFC 4055 2.2). */
function readMask(field: DerReader): Hash {
  const algorithm = readAlgorithmIdentifier(field, 'maskGenAlgorithm')
  if (algorithm.oid !== mgf1) return { unsupported: algorithm.oid }
  if (algorithm.parameters === undefined) {
    field.fail('asn1/missing-element', field.headerStart, 'the hash of MGF1 (RFC 4055 2.2)')
  }
  return readHash(new DerReader(algorithm.parameters, 0, algorithm.parameters.length, field.field))
}

/** True for the DER element of NULL. */
export function isNull(element: Uint8Array): boolean {
  return element.length === 2 && element[0] === 0x05 && element[1] === 0
}
