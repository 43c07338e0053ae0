/**
 * Issues: the typed reasons of a refusal. Codes and details are stable API; texts are made from them elsewhere.
 */
import type { ParseErrorCode } from '../asn1/index.ts'
import type { RuleCode } from './rules.ts'

/** Every code that this version issues. New ones may come in a minor version; an unknown code is a refusal. */
export type IssueCode = RuleCode | ParseErrorCode

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** Where in a path a certificate stood. */
export type CertificateRole = 'leaf' | 'intermediate' | 'anchor'

/** Names one certificate in a verdict, whatever order the peer sent them in. Plain JSON. */
export interface CertificateReference {
  readonly role: CertificateRole
  /** The subject in RFC 4514 form, escaped for display. Never compare it: use `sha256`. */
  readonly subject: string
  readonly issuer?: string
  /** Hexadecimal content octets of the serial number. */
  readonly serialNumber?: string
  /** SHA-256 of the whole certificate, lower-case hexadecimal. Absent for an anchor given as name and key. */
  readonly sha256?: string
}

export interface Issue {
  readonly code: IssueCode
  readonly severity: 'error' | 'warning'
  /** The certificate that broke the rule; absent where the rule is about the path or the request. */
  readonly certificate?: CertificateReference
  /** The clause, for example `RFC 5280 6.1.4(m)`. */
  readonly spec: string
  /** Parameters of the rule: what was found, what was wanted. Keys are stable for a code. */
  readonly details: { readonly [key: string]: JsonValue }
}

/** One candidate path, and why it failed. */
export interface Attempt {
  /** From the leaf upwards; without the anchor. */
  readonly path: readonly CertificateReference[]
  /** The anchor the path ended at, or undefined where it ended at none. */
  readonly anchor?: CertificateReference
  readonly issues: readonly Issue[]
  /** False where a cheaper rule failed first, so that no signature of this path was checked. */
  readonly signaturesChecked: boolean
}

/** What a verification used of its budget. */
export interface Cost {
  readonly signatures: number
  readonly searchSteps: number
  readonly nameComparisons: number
  readonly policyNodes: number
}
