/**
 * A checker’s checked options, as a check of one path uses them.
 */
import type { Certificate } from '../x509/index.ts'
import type { Crl } from './crl.ts'
import type { CertIdHash } from './ocsp-request.ts'
import type { OcspResponse } from './ocsp-response.ts'
import type { ParsedLists } from './parsed-lists.ts'
import type { RevocationChecker } from './registry.ts'

export interface CheckerSettings {
  readonly mode: RevocationChecker['mode']
  readonly certificates: readonly Certificate[]
  /** Lists from addresses, parsed. */
  readonly parsedLists: ParsedLists
  /** Whether anybody may be asked for what is not at hand. */
  readonly fetches: boolean
  readonly prefer: 'ocsp' | 'crl'
  /** Milliseconds. */
  readonly maxAge: number | undefined
  readonly clockSkew: number
  readonly certIdHash: CertIdHash
  readonly makeNonce: (() => Uint8Array) | undefined
  /** The given lists of an issuer, by the comparison key of its name; in an order of their own. */
  crlsOf(issuerKey: string): readonly Crl[]
  /** Whether any responses were given. */
  readonly hasResponses: boolean
  responsesFor(certificate: Certificate): readonly OcspResponse[]
}
