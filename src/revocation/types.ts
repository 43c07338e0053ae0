/**
 * What the revocation layer says about certificates, and what it asks its driver for.
 */
import type { Certificate } from '../x509/index.ts'
import type { CoreRequest, CoreResponse, JsonValue } from '../path/index.ts'
import type { FetchOutcome, FetchRequest } from './fetcher.ts'

/** CRLReason (RFC 5280 5.3.1) by name, at its number; 7 is not used. */
export const reasonNames = [
  'unspecified', 'keyCompromise', 'cACompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation', 'certificateHold',
  undefined, 'removeFromCRL', 'privilegeWithdrawn', 'aACompromise',
] as const

export type RevocationReason = NonNullable<(typeof reasonNames)[number]>

/** The bit of ReasonFlags (RFC 5280 4.2.1.13) for a CRLReason (5.3.1); 0 for those that have none. */
export function reasonFlag(reason: number): number {
  return reason >= 1 && reason <= 6 ? 1 << reason : reason === 9 ? 1 << 7 : reason === 10 ? 1 << 8 : 0
}

/**
 * Where a list or response came from: given to the checker by the caller, stapled to the verification by the peer, kept from
 * before, or fetched for this verification.
 */
export type SourceOrigin = 'given' | 'stapled' | 'cached' | 'fetched'

/** A list or response that took part in a decision. */
export interface RevocationSource {
  readonly type: 'crl' | 'delta-crl' | 'ocsp'
  readonly origin: SourceOrigin
  /** Where it was fetched from, for what was. */
  readonly address?: string
  /** Who speaks: the issuer of the list, or the responder (RFC 4514 text, or `key` and a hash). For display. */
  readonly issuer: string
  /** CRL number (RFC 5280 5.2.3), decimal. */
  readonly number?: string
  readonly thisUpdate: Date
  readonly nextUpdate?: Date
  readonly producedAt?: Date
  readonly archiveCutoff?: Date
  /** Who signed it and by which path, to the anchor; empty where the anchor itself did. */
  readonly signer: readonly Certificate[]
  /** SHA-256 of its DER, lower-case hexadecimal. */
  readonly sha256: string
}

/** Why a list, a response or a request for one was of no use. Open to additions. */
export type RevocationAttemptCode =
  | 'crl/malformed' | 'crl/unknown-critical-extension' | 'crl/algorithm-mismatch' | 'crl/number-missing' | 'crl/number-critical' | 'crl/not-in-scope'
  | 'crl/not-yet-valid' | 'crl/expired' | 'crl/too-old' | 'crl/no-next-update' | 'crl/rolled-back'
  | 'crl/no-signer' | 'crl/signer-key-usage' | 'crl/signer-revoked' | 'crl/signer-unsettled' | 'crl/invalid-signature'
  | 'crl/delta-without-base'
  | 'ocsp/malformed' | 'ocsp/too-large' | 'ocsp/error-status' | 'ocsp/unknown-critical-extension' | 'ocsp/no-answer' | 'ocsp/unknown-certificate'
  | 'ocsp/not-yet-valid' | 'ocsp/expired' | 'ocsp/too-old' | 'ocsp/no-next-update' | 'ocsp/rolled-back' | 'ocsp/nonce'
  | 'ocsp/unauthorized-responder' | 'ocsp/responder-revoked' | 'ocsp/responder-unsettled' | 'ocsp/invalid-signature'
  | `fetch/${string}` | `cache/${string}`

/** A list or response that could not be used, or an address that gave none. */
export interface RevocationAttempt {
  readonly type: RevocationSource['type']
  readonly origin: SourceOrigin
  readonly address?: string
  readonly code: RevocationAttemptCode
  readonly details: { readonly [key: string]: JsonValue }
}

/** What was found out about one certificate. */
export interface CertificateRevocation {
  readonly certificate: Certificate
  /**
   * `good` and `revoked` are proven. `undetermined`: nothing settles it. `exempt`: the issuer says that there is no
   * revocation information for it (RFC 9608, id-ce-noRevAvail).
   */
  readonly status: 'good' | 'revoked' | 'undetermined' | 'exempt'
  readonly reason?: RevocationReason
  readonly revocationDate?: Date
  readonly invalidityDate?: Date
  /** Where lists settle some reasons and not all: those that are left. */
  readonly missingReasons?: readonly RevocationReason[]
  /** What the status rests on. */
  readonly sources: readonly RevocationSource[]
  readonly attempts: readonly RevocationAttempt[]
}

/** Whether a signer may be believed, as far as its own revocation goes, and until when (milliseconds since 1970). */
export interface Standing {
  readonly status: 'good' | 'revoked' | 'unsettled'
  readonly until: number
}

/** What `kind: 'fetch'` is answered with; undefined where the driver cannot wait, or has nothing kept. */
export type FetchAnswer = FetchOutcome | undefined

/** Requests of the revocation layer beside those of a path: bytes from the cache or the network, and bytes worth keeping. */
export type RevocationRequest =
  | CoreRequest
  | { readonly kind: 'fetch'; readonly from: 'cache' | 'network'; readonly request: FetchRequest }
  | { readonly kind: 'keep'; readonly request: FetchRequest; readonly address: string; readonly bytes: Uint8Array; readonly until: number }
export type RevocationResponse = CoreResponse | FetchAnswer
