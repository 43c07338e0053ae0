/**
 * A verdict told to a person, in plain text.
 *
 * The text is made from codes and details and is no stable interface: programs read the codes. What a peer chose
 * (names, values in details) is escaped, see `escape.ts`.
 */
import { keyPurposeOids } from '../x509/oids.ts'
import { acceptedReferences, isAbout, issueKey } from './graph-model.ts'
import { escapeName, escapeText } from './escape.ts'
import { messageFor } from './messages.ts'
import type { CertificateReference, Issue, JsonValue } from '../path/issue.ts'
import type { CertificateRevocation } from '../revocation/index.ts'
import type { AcceptedVerdict, PathAttempt, RefusedVerdict, Verdict } from './types.ts'

const maxName = 200
const maxValue = 300

/**
 * Explains a verdict: for a refusal the first-ranked reason, then every path that was tried, with the rules that
 * failed on each certificate; for an acceptance the path and what rests on it. Lines end in `\n`; no colour codes.
 *
 * ```ts
 * if (!verdict.ok) console.error(explain(verdict))
 * ```
 */
export function explain(verdict: Verdict): string {
  if (typeof verdict?.ok !== 'boolean') throw new TypeError('verdict: expected what verify resolves to; await it')
  return `${(verdict.ok ? acceptedLines(verdict) : refusedLines(verdict)).join('\n')}\n`
}

function refusedLines(verdict: RefusedVerdict): string[] {
  const { attempts, attemptsOmitted } = verdict
  const first = verdict.issues[0]
  const lines = [`REFUSED: ${escapeText(verdict.code)}`, messageFor(verdict.code)]
  if (first?.certificate !== undefined) lines.push(`Certificate: ${describe(first.certificate)}`)

  // Reasons outside of every attempt: a leaf that is no certificate, a request that no path could meet.
  const drawn = new Set(attempts.flatMap((attempt) => attempt.issues.map(issueKey)))
  const others = verdict.issues.filter((issue) => !drawn.has(issueKey(issue)))
  if (others.length > 0) lines.push('', ...others.flatMap((issue) => issueLines(issue, '', true)))

  attempts.forEach((attempt, index) => {
    lines.push('', ...attemptLines(attempt, index + 1, attempts.length))
  })
  lines.push('', countText(attempts.length, attemptsOmitted), costText(verdict))
  return lines
}

function acceptedLines(verdict: AcceptedVerdict): string[] {
  const references = acceptedReferences(verdict)
  const lines = ['ACCEPTED', '']
  references.forEach((reference, index) => {
    lines.push(`  ${symbolOf(reference, false)} ${describe(reference)}`)
    if (index < references.length - 1) lines.push('  │')
  })
  lines.push('')
  if (verdict.identities.length > 0) {
    lines.push('Identities:', ...verdict.identities.map((identity) => `  ${describeIdentity(identity)}`))
  }
  lines.push(
    `Policies: ${verdict.policies.length === 0 ? 'none' : verdict.policies.map((oid) => (oid === '2.5.29.32.0' ? 'any policy' : escapeText(oid))).join(', ')}`,
    ...(verdict.revocation === 'none' ? ['Revocation: not checked'] : ['Revocation:', ...verdict.revocation.flatMap(revocationLines)]),
    `Valid until: ${verdict.validUntil.toISOString()}`,
  )
  if (verdict.warnings.length > 0) {
    lines.push('', 'Warnings:', ...verdict.warnings.flatMap((issue) => issueLines(issue, '  ', true)))
  }
  lines.push('', costText(verdict))
  return lines
}

/** What was found out about one certificate: its status, what that rests on, and what was of no use. */
function revocationLines(found: CertificateRevocation): string[] {
  return [
    `  ${escapeName(found.certificate.subject.toString(), maxName)}: ${revocationText(found)}`,
    ...found.attempts.map(({ origin, code, address }) => `    ${origin} ${escapeText(code)}${after(' ', address)}`),
  ]
}

/** A text, where there is one, after what goes before it. */
function after(before: string, text: string | undefined, limit?: number): string {
  return text === undefined ? '' : before + escapeText(text, limit)
}

/** The status of one certificate in a line, escaped. */
export function revocationText({ status, reason, revocationDate, sources }: CertificateRevocation): string {
  const since = status === 'revoked' ? ` (${reason}) since ${revocationDate!.toISOString()}` : ''
  const by = sources.map(({ type, origin, issuer, number, thisUpdate, nextUpdate }) =>
    `${origin} ${type}${after(' ', number)} of ${escapeName(issuer, maxName)}, ${thisUpdate.toISOString()}${after(' to ', nextUpdate?.toISOString())}`)
  return `${status}${since}${by.length === 0 ? '' : `, by ${by.join('; ')}`}`
}

function attemptLines(attempt: PathAttempt, number: number, total: number): string[] {
  const checked = attempt.signaturesChecked
    ? 'signatures were checked'
    : 'no signature was checked, because a cheaper rule failed first'
  const lines = [`${total === 1 ? 'The path' : `Path ${number} of ${total}`} (${checked}):`]
  const chain = attempt.anchor === undefined ? [...attempt.path] : [...attempt.path, attempt.anchor]
  const told = new Set<Issue>()
  chain.forEach((reference, index) => {
    const issues = attempt.issues.filter((issue) => !told.has(issue) && isAbout(issue, reference))
    for (const issue of issues) told.add(issue)
    const rail = index < chain.length - 1 || attempt.anchor === undefined ? '  │' : '   '
    lines.push(`  ${symbolOf(reference, issues.some(({ severity }) => severity === 'error'))} ${describe(reference)}`)
    for (const issue of issues) lines.push(...issueLines(issue, `${rail}   `, false))
    if (rail !== '   ') lines.push(rail)
  })
  if (attempt.anchor === undefined) lines.push('  ? no trust anchor was reached')
  const general = attempt.issues.filter((issue) => !told.has(issue))
  for (const issue of general) lines.push(...issueLines(issue, '    ', issue.certificate !== undefined))
  if (attempt.revocation !== undefined) lines.push('  Revocation:', ...attempt.revocation.flatMap(revocationLines).map((line) => `  ${line}`))
  return lines
}

function symbolOf(reference: CertificateReference, failed: boolean): string {
  if (failed) return '✗'
  return reference.role === 'anchor' ? '◆' : '●'
}

function issueLines(issue: Issue, indent: string, nameCertificate: boolean): string[] {
  const severity = issue.severity === 'warning' ? 'warning ' : ''
  const lines = [`${severity}${escapeText(issue.code)}  [${escapeText(issue.spec)}]`, `  ${messageFor(issue.code)}`]
  if (nameCertificate && issue.certificate !== undefined) lines.push(`  certificate: ${describe(issue.certificate)}`)
  for (const [key, value] of Object.entries(issue.details)) {
    lines.push(`  ${escapeText(key, 60)}: ${describeDetail(value)}`)
  }
  return lines.map((line) => indent + line)
}

/** One value of an issue's details, escaped. */
export function describeDetail(value: JsonValue, limit: number = maxValue): string {
  return escapeText(detailText(value), limit)
}

function detailText(value: JsonValue, nested: boolean = false): string {
  if (typeof value !== 'object' || value === null) {
    const purpose = Object.entries(keyPurposeOids).find(([, oid]) => oid === value)
    return purpose === undefined ? String(value) : `${purpose[0]} (${purpose[1]})`
  }
  if (Array.isArray(value) && value.length === 0) return 'none'
  const text = Array.isArray(value)
    ? value.map((one: JsonValue) => detailText(one, true)).join(', ')
    : Object.entries(value).map(([key, one]: [string, JsonValue]) => `${key} ${detailText(one, true)}`).join(', ')
  return nested && Array.isArray(value) ? `[${text}]` : text === '' ? 'none' : text
}

function describe(reference: CertificateReference): string {
  const subject = reference.subject === '' ? '(empty subject)' : escapeName(reference.subject, maxName)
  const role = reference.role === 'anchor' ? 'trust anchor' : reference.role
  return `${subject}  (${role}${after(', serial ', reference.serialNumber, 50)})`
}

/** One identity of an accepted leaf, escaped: `dns: example.com`. */
export function describeIdentity(identity: object): string {
  const { type, value, ...rest } = identity as Record<string, unknown>
  const more = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? ''
  return escapeText(`${String(type)}: ${text}${more}`, maxValue)
}

function countText(shown: number, omitted: number): string {
  if (shown === 0) return 'No candidate path could be tried.'
  const tried = shown === 1 ? '1 candidate path was tried' : `${shown} candidate paths are shown`
  return `${tried}${omitted === 0 ? '' : `; ${omitted} more ${omitted === 1 ? 'was' : 'were'} tried and left out here`}.`
}

function costText({ cost }: Verdict): string {
  const count = (amount: number, what: string): string => `${amount} ${what}${amount === 1 ? '' : 's'}`
  return `Cost: ${[
    count(cost.signatures, 'signature'),
    count(cost.searchSteps, 'search step'),
    count(cost.nameComparisons, 'name comparison'),
    count(cost.policyNodes, 'policy node'),
  ].join(', ')}.`
}
