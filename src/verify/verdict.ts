/**
 * Verdicts from findings: certificates become references, findings become issues in rank order.
 */
import { compareText } from '../asn1/bytes.ts'
import { internals } from '../x509/certificate.ts'
import type { Certificate } from '../x509/index.ts'
import { rankOf, ruleCodes, specOf } from '../path/index.ts'
import { clipText } from '../path/clip-text.ts'
import type {
  CertificateReference, CertificateRole, Cost, Issue, PathFinding, RuleCode, TrustAnchor, Identity,
} from '../path/index.ts'
import type { CertificateRevocation } from '../revocation/index.ts'
import type { AcceptedVerdict, PathAttempt, RefusedVerdict } from './types.ts'

/** The most issues a verdict lists; the first-ranked ones are kept. */
export const maxIssues = 64
/** The most attempts a verdict describes. */
export const maxAttempts = 16

const references = new WeakMap<Certificate, Map<CertificateRole, CertificateReference>>()

/** How a verdict names a certificate. */
export function referenceTo(certificate: Certificate, role: CertificateRole): CertificateReference {
  let byRole = references.get(certificate)
  if (byRole === undefined) references.set(certificate, (byRole = new Map()))
  let reference = byRole.get(role)
  if (reference === undefined) {
    reference = Object.freeze({
      role,
      subject: nameText(certificate, 'subject'),
      issuer: nameText(certificate, 'issuer'),
      serialNumber: certificate.serialNumber,
      sha256: certificate.fingerprint,
    })
    byRole.set(role, reference)
  }
  return reference
}

/** A malformed name is an issue of its own; here it only must not throw. */
function nameText(certificate: Certificate, which: 'subject' | 'issuer'): string {
  try {
    return clipText(certificate[which].toString())
  } catch {
    return '(malformed name)'
  }
}

export function anchorReference(anchor: TrustAnchor): CertificateReference {
  return anchor.certificate === undefined
    ? Object.freeze({ role: 'anchor' as const, subject: clipText(anchor.name.toString()) })
    : referenceTo(anchor.certificate, 'anchor')
}

const knownRules: ReadonlySet<string> = new Set(ruleCodes)

/** The clause of a code; for parse errors the encoding rules, or the structure’s own section. */
function clauseOf(code: string): string {
  if (knownRules.has(code)) return specOf(code as RuleCode)
  return code.startsWith('asn1/') ? 'X.690' : 'RFC 5280 4.1'
}

/** Turns a finding into an issue, tied to its certificate. `anchor` names the anchor for findings about it. */
export function issueOf(finding: PathFinding, anchor?: TrustAnchor, severity?: Issue['severity']): Issue {
  const reference = finding.certificate !== undefined
    ? referenceTo(finding.certificate, finding.role)
    : finding.role === 'anchor' && anchor !== undefined ? anchorReference(anchor) : undefined
  return Object.freeze({
    code: finding.code,
    severity: severity ?? (finding.code === 'path/candidate-unusable' ? 'warning' : 'error'),
    ...(reference === undefined ? {} : { certificate: reference }),
    spec: clauseOf(finding.code),
    details: Object.freeze({ ...finding.details }),
  })
}

const roleRank: Readonly<Record<CertificateRole, number>> = { leaf: 0, intermediate: 1, anchor: 2 }

/** An issue with what it is sorted by, computed once. */
interface Keyed {
  readonly issue: Issue
  readonly rank: number
  readonly role: number
  readonly sha256: string
  readonly details: string
}

function keyed(issue: Issue): Keyed {
  const { certificate } = issue
  return {
    issue, rank: rankOf(issue.code) + (issue.severity === 'error' ? 0 : 1e6),
    role: certificate === undefined ? -1 : roleRank[certificate.role],
    sha256: certificate?.sha256 ?? certificate?.subject ?? '', details: JSON.stringify(issue.details),
  }
}

/** Rank order, and within a rank by certificate, so that no order of discovery shows. */
function compareKeyed(a: Keyed, b: Keyed): number {
  return a.rank - b.rank || compareText(a.issue.code, b.issue.code) || a.role - b.role ||
    compareText(a.sha256, b.sha256) || compareText(a.details, b.details)
}

const noIssues: readonly Issue[] = Object.freeze([])

/** Distinct issues in rank order. */
export function sortIssues(issues: readonly Issue[]): readonly Issue[] {
  if (issues.length === 0) return noIssues
  const sorted = issues.map(keyed).sort(compareKeyed)
  const distinct = sorted.filter((entry, i) => i === 0 || compareKeyed(sorted[i - 1]!, entry) !== 0)
  return Object.freeze(distinct.slice(0, maxIssues).map(({ issue }) => issue))
}

/** What was found out about revocation, as plain JSON. */
function revocationJson(revocation: readonly CertificateRevocation[]): readonly unknown[] {
  return revocation.map(({ certificate, sources, ...rest }, i) => ({
    certificate: referenceTo(certificate, i === 0 ? 'leaf' : 'intermediate'), ...withoutDates(rest),
    sources: sources.map(({ signer, ...source }) =>
      ({ ...withoutDates(source), signer: signer.map((one, j) => referenceTo(one, j === 0 ? 'leaf' : 'intermediate')) })),
  }))
}

/** Dates as texts. */
function withoutDates(fields: object): object {
  return Object.fromEntries(Object.entries(fields).map(([key, value]: [string, unknown]) => [key, value instanceof Date ? value.toISOString() : value]))
}

function attemptJson(attempt: PathAttempt): unknown {
  return attempt.revocation === undefined ? attempt : { ...attempt, revocation: revocationJson(attempt.revocation) }
}

export function refused(
  issues: readonly Issue[], attempts: readonly PathAttempt[], attemptsOmitted: number, cost: Cost,
): RefusedVerdict {
  const sorted = sortIssues(issues)
  const first = sorted[0]
  // Nothing is ever refused without a reason: this would be a mistake of ours, and still a refusal.
  const code = first === undefined || first.severity !== 'error' ? 'path/no-anchor' : first.code
  const verdict: RefusedVerdict = {
    ok: false, code, issues: sorted, attempts: Object.freeze([...attempts]), attemptsOmitted, cost,
    toJSON: () => ({ ok: false, code, issues: sorted, attempts: attempts.map(attemptJson), attemptsOmitted, cost }),
  }
  return Object.freeze(verdict)
}

export interface AcceptedParts {
  readonly path: readonly Certificate[]
  readonly anchor: TrustAnchor
  readonly identities: readonly Identity[]
  readonly policies: readonly string[]
  readonly judgedAnchor: boolean
  /** Undefined where revocation is not checked; `until` in milliseconds since 1970. */
  readonly revocation?: { readonly certificates: readonly CertificateRevocation[]; readonly until: number } | undefined
  readonly warnings: readonly Issue[]
  readonly cost: Cost
}

/** Not frozen yet: `markAccepted` does that. */
export function accepted(parts: AcceptedParts): AcceptedVerdict {
  const { path, anchor, identities, policies, cost } = parts
  const revocation = parts.revocation?.certificates ?? 'none'
  let validUntil = parts.judgedAnchor && anchor.certificate !== undefined ? internals(anchor.certificate).notAfter : Infinity
  for (const certificate of path) validUntil = Math.min(validUntil, internals(certificate).notAfter)
  validUntil = Math.min(validUntil, parts.revocation?.until ?? Infinity)
  const warnings = sortIssues(parts.warnings)
  return {
    ok: true, path: Object.freeze([...path]), anchor, identities, policies: Object.freeze([...policies]), revocation,
    // A new one each time: who writes over it changes nothing that rests on the verdict.
    get validUntil() { return new Date(validUntil) },
    warnings, cost,
    toJSON: () => ({
      ok: true,
      path: path.map((certificate, i) => referenceTo(certificate, i === 0 ? 'leaf' : 'intermediate')),
      anchor: anchorReference(anchor),
      identities, policies, revocation: revocation === 'none' ? revocation : revocationJson(revocation), validUntil: new Date(validUntil).toISOString(), warnings, cost,
    }),
  }
}
