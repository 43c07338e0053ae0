/** What a rule about one certificate is, and what such rules share. */
import type { Certificate } from '../x509/index.ts'
import { internals } from '../x509/certificate.ts'
import type { AlgorithmPolicy } from '../crypto/index.ts'
import type { CertificateRole, JsonValue } from './issue.ts'
import type { ResolvedProfile } from './profile.ts'
import type { RuleCode } from './rules.ts'

/** What the rules of one verification share. */
export interface RuleContext {
  readonly profile: ResolvedProfile
  /** Milliseconds since 1970. */
  readonly time: number
  readonly algorithms: AlgorithmPolicy
  readonly publicSuffixes: ((domain: string) => boolean) | undefined
}

export type Details = { readonly [key: string]: JsonValue }

export interface CertificateRule {
  readonly code: RuleCode
  readonly roles: readonly CertificateRole[]
  /** Whether the rule is broken: undefined or false if it holds, true or details if not. */
  check(certificate: Certificate, context: RuleContext): Details | boolean | undefined
}

export const leaf: readonly CertificateRole[] = ['leaf']
export const anchor: readonly CertificateRole[] = ['anchor']
export const issuers: readonly CertificateRole[] = ['intermediate', 'anchor']
export const nonAnchors: readonly CertificateRole[] = ['leaf', 'intermediate']
export const everyRole: readonly CertificateRole[] = ['leaf', 'intermediate', 'anchor']

/** RFC 5280 6.1: "a certificate is self-issued if the same DN appears in the subject and issuer fields". */
export function isSelfIssued(certificate: Certificate): boolean {
  return certificate.subject.equals(certificate.issuer)
}

/** Whether an extension is critical; undefined where it is absent. */
export function isCritical(certificate: Certificate, oid: string): boolean | undefined {
  return internals(certificate).find(oid)?.critical
}

/** RFC 5280 4.2.1.9; without the extension a certificate is none of a CA. */
export function isCa(certificate: Certificate): boolean {
  return certificate.get('basicConstraints')?.cA === true
}

/** Whether the key usage is there and names one of the bits by which a CA signs. */
export function signsAsCa(certificate: Certificate): boolean {
  const usage = certificate.get('keyUsage')
  return usage !== undefined && (usage.keyCertSign || usage.cRLSign)
}
