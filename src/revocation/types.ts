/**
 * What the revocation layer says about certificates, and what it asks its driver for.
 */
import type { Certificate } from '../x509/index.ts'
import type { CoreRequest, CoreResponse, JsonValue } from '../path/index.ts'
import type { CacheCode } from './cache.ts'
import type { FetchCode } from './fetch-address.ts'
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
  /** The list is not DER, or no CRL; `details` hold the code of the parser and the offset. To do: ask the CA; a list of yours was damaged. */
  | 'crl/malformed'
  /** The list has a critical extension that is not known here (RFC 5280 5.2). To do: nothing: such a list must not be used. */
  | 'crl/unknown-critical-extension'
  /** The two signature algorithms in the list differ (RFC 5280 5.1.1.2). To do: ask the CA. */
  | 'crl/algorithm-mismatch'
  /** The list has no CRL number, which deltas and the profile require (RFC 5280 5.2.3). To do: ask the CA. */
  | 'crl/number-missing'
  /** The CRL number is marked critical, which the profile refuses (RFC 5280 5.2.3). To do: ask the CA. */
  | 'crl/number-critical'
  /** The list does not cover this certificate (RFC 5280 6.3.3 (b)). To do: provide the list that the certificate’s distribution point names. */
  | 'crl/not-in-scope'
  /** `thisUpdate` lies in the future. To do: set the clock. */
  | 'crl/not-yet-valid'
  /** `nextUpdate` has passed. To do: fetch a newer list. */
  | 'crl/expired'
  /** The list is older than `maxAge` allows. To do: fetch a newer list. */
  | 'crl/too-old'
  /** The list says nothing of its end. To do: say in `maxAge` how old such lists may be, or ask the CA. */
  | 'crl/no-next-update'
  /** A newer list of the same scope was accepted before. To do: fetch a newer list: somebody shows an old one. */
  | 'crl/rolled-back'
  /** No certificate at hand signed the list, or none that may speak for the issuer (RFC 5280 6.3.3 (f)). To do: provide the certificate of the CRL’s issuer among the intermediates. */
  | 'crl/no-signer'
  /** The signer’s key usage does not let it sign lists. To do: ask the CA. */
  | 'crl/signer-key-usage'
  /** The signer of the list is itself revoked. To do: ask the CA. */
  | 'crl/signer-revoked'
  /** Whether the signer of the list is revoked could not be found out. To do: provide what settles it: lists of the CAs above. */
  | 'crl/signer-unsettled'
  /** The signature of the list does not hold. To do: fetch it anew: it was damaged or forged. */
  | 'crl/invalid-signature'
  /** There is a delta, and no list that it is for. To do: provide the base list too. */
  | 'crl/delta-without-base'
  /** The response is not DER, or no OCSP response; `details` hold the code of the parser and the offset. To do: ask the responder’s operator. */
  | 'ocsp/malformed'
  /** The stapled response is larger than any honest one. To do: look at the server that staples it. */
  | 'ocsp/too-large'
  /** The responder answers with an error, `details.status`, which is not signed (RFC 6960 2.3). To do: try later, or use lists. */
  | 'ocsp/error-status'
  /** The response has a critical extension that is not known here. To do: nothing: such a response must not be used. */
  | 'ocsp/unknown-critical-extension'
  /** The response says nothing of this certificate. To do: provide or staple the one for it. */
  | 'ocsp/no-answer'
  /** The responder does not know the certificate (RFC 6960 2.2). To do: ask the CA whether it issued it. */
  | 'ocsp/unknown-certificate'
  /** `thisUpdate` or `producedAt` lies in the future. To do: set the clock. */
  | 'ocsp/not-yet-valid'
  /** `nextUpdate` has passed. To do: fetch or staple a newer response. */
  | 'ocsp/expired'
  /** The response is older than `maxAge` allows. To do: fetch or staple a newer response. */
  | 'ocsp/too-old'
  /** The response says nothing of its end. To do: say in `maxAge` how old such responses may be. */
  | 'ocsp/no-next-update'
  /** A newer answer about this certificate was accepted before. To do: fetch a newer response: somebody shows an old one. */
  | 'ocsp/rolled-back'
  /** The response does not repeat the nonce that was asked with (RFC 9654 2.1). To do: leave `nonce` off for responders that prepare their answers. */
  | 'ocsp/nonce'
  /** The signer is neither the issuer nor a delegate whom it certified for this (RFC 6960 4.2.2.2). To do: ask the CA. */
  | 'ocsp/unauthorized-responder'
  /** The responder’s certificate is itself revoked. To do: ask the CA. */
  | 'ocsp/responder-revoked'
  /** Whether the responder’s certificate is revoked could not be found out. To do: provide a list of the CA. */
  | 'ocsp/responder-unsettled'
  /** The signature of the response does not hold. To do: fetch it anew: it was damaged or forged. */
  | 'ocsp/invalid-signature'
  /** The verification asked for more than its share. To do: nothing: a chain that needs so much is hostile or very unusual. */
  | 'fetch/too-many-requests'
  /** `verifySync` would have had to fetch. To do: use `verify`, or provide lists and responses beforehand. */
  | 'fetch/cannot-wait'
  | FetchCode
  | CacheCode

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
