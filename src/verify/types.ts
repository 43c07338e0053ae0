/**
 * The front door’s types: what goes in, what comes out.
 */
import type { Certificate, CertificateSource, KeyUsage, NameConstraints } from '../x509/index.ts'
import type { AlgorithmPolicyOptions } from '../crypto/index.ts'
import type {
  Attempt, BudgetLimits, Cost, Issue, IssueCode, NameExpectation, Profile, ProfileName, TrustAnchor, PolicyInputs, Identity,
} from '../path/index.ts'
import type { CertificateRevocation, RevocationChecker } from '../revocation/index.ts'

/** What the leaf is to be used for: a name of RFC 5280 4.2.1.12, a dotted OID, or `any`, written out. */
export type Purpose = 'serverAuth' | 'clientAuth' | 'emailProtection' | 'codeSigning' | 'timeStamping' | 'OCSPSigning' | 'any' | (string & {})

export interface VerifierOptions {
  /**
   * Whom to trust: at least one anchor. Certificates (parsed, DER, or anything with `rawData`) stand for their name and key, and for the
   * constraints that they carry (RFC 5937).
   */
  readonly anchors: readonly (Certificate | TrustAnchor | CertificateSource)[]
  /** Required: what the leaf’s extended key usage must allow. */
  readonly purpose: Purpose
  /** Required, so that nobody forgets it: `'none'`, written out, or what `createRevocationChecker` made. */
  readonly revocation: 'none' | RevocationChecker
  /** Default `rfc5280`. */
  readonly profile?: ProfileName | Profile
  /** Milliseconds since 1970 or a Date; default the system clock. Called once a verification. */
  readonly clock?: () => Date | number
  /** Switches on algorithms beyond the default set, and supplies the ones that a runtime lacks. */
  readonly algorithms?: AlgorithmPolicyOptions
  /** Caps on the work of one verification; each default cites its source. */
  readonly budget?: Partial<BudgetLimits>
  /** Inputs of RFC 5280 6.1.1 (c), (e), (f) and (g). */
  readonly policies?: Partial<PolicyInputs>
  /** initial-permitted-subtrees and initial-excluded-subtrees (RFC 5280 6.1.1 (h) and (i)). */
  readonly initialNameConstraints?: NameConstraints
  /** Bits that the leaf’s keyUsage, if it has one, must assert (RFC 5280 4.2.1.3). */
  readonly keyUsage?: readonly (keyof KeyUsage)[]
  /** The most non-self-issued intermediates a path may hold (RFC 5280 6.1.2(k)); default no limit beside the budget. */
  readonly maxPathLength?: number
  /** Accept a path of length zero, the leaf being itself an anchor. Default false. */
  readonly allowLeafAsAnchor?: boolean
  /**
   * Answers whether a domain is a public suffix. Asked where the profile has the rule `webpki/public-suffix-wildcard` on, as
   * `webpki` has: wildcards directly under one are then refused. For one domain always the same answer, since it is remembered.
   */
  readonly publicSuffixes?: (domain: string) => boolean
}

export interface VerifyRequest {
  /** The end entity’s certificate, parsed or DER. */
  readonly leaf: Certificate | CertificateSource
  /** Candidates for the path, in any order, strangers among them. */
  readonly intermediates?: readonly (Certificate | CertificateSource)[]
  /** Required: whom the leaf must name, or `'unchecked'`, written out. */
  readonly names: NameExpectation
  /** DER of an OCSP response that the peer stapled to its handshake (RFC 6066 8). Heard only by a verifier that checks revocation. */
  readonly ocspResponse?: Uint8Array
  /** Overrides the verifier’s clock for this one verification. */
  readonly time?: Date | number
  /** Ends the verification early; `verify` rejects with its reason. */
  readonly signal?: AbortSignal
  /**
   * Milliseconds after which the verdict is `budget/deadline`. It interrupts the wait for signatures; the synchronous
   * work between them is bounded by the budget alone.
   */
  readonly deadline?: number
}

export interface AcceptedVerdict {
  readonly ok: true
  /** From the leaf to the certificate that the anchor issued. */
  readonly path: readonly Certificate[]
  readonly anchor: TrustAnchor
  /** What the leaf names, by type, from its subjectAltName. */
  readonly identities: readonly Identity[]
  /** The valid policies of RFC 5280 6.1.6 (OIDs; `2.5.29.32.0` is anyPolicy). */
  readonly policies: readonly string[]
  /** What was found out about each certificate of the path, in its order; `'none'` where revocation is not checked. */
  readonly revocation: 'none' | readonly CertificateRevocation[]
  /** The earliest end of anything that the acceptance rests on. */
  readonly validUntil: Date
  readonly warnings: readonly Issue[]
  readonly cost: Cost
  toJSON(): unknown
}

export interface RefusedVerdict {
  readonly ok: false
  /** The code of the first-ranked issue. */
  readonly code: IssueCode
  /** The issues of all attempts, most specific first; never empty. */
  readonly issues: readonly Issue[]
  /** The candidate paths that were tried, at most 16. */
  readonly attempts: readonly PathAttempt[]
  readonly attemptsOmitted: number
  readonly cost: Cost
  toJSON(): unknown
}

/** One candidate path, why it failed, and what was found out about the revocation of its certificates. */
export interface PathAttempt extends Attempt {
  readonly revocation?: readonly CertificateRevocation[]
}

export type Verdict = AcceptedVerdict | RefusedVerdict

export interface Verifier {
  /** Resolves with the accepted verdict, or throws `RefusedError`, which holds the refused one. */
  require(request: VerifyRequest): Promise<AcceptedVerdict>
  /** Resolves with the verdict, whatever the peer sent. Rejects only on a caller’s mistake or abort. */
  verify(request: VerifyRequest): Promise<Verdict>
}
