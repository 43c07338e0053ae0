/** The short form of a verdict: one line that says it, and the facts that matter most. */
import { escapeName, escapeText } from '../verify/escape.ts'
import type { JsonValue } from '../path/index.ts'
import { describeDetail, describeIdentity, revocationText } from '../verify/explain.ts'
import { acceptedReferences } from '../verify/graph-model.ts'
import { messageFor } from '../verify/messages.ts'
import type { AcceptedVerdict, RefusedVerdict, Verdict } from '../verify/types.ts'

const bold = { green: '\u001b[1;32m', red: '\u001b[1;31m', end: '\u001b[0m' }
const maxName = 120
const maxListed = 6

export function summarize(verdict: Verdict, purpose: string, color: boolean): string {
  const paint = (text: string, code: string): string => (color ? `${code}${text}${bold.end}` : text)
  const lines = verdict.ok
    ? [`${paint('ACCEPTED', bold.green)}  for ${escapeText(purpose)}`, ...facts(acceptedFacts(verdict))]
    : [`${paint('REFUSED', bold.red)}  ${escapeText(verdict.code)}: ${messageFor(verdict.code)}`, ...facts(refusedFacts(verdict))]
  return `${lines.join('\n')}\n`
}

type Fact = readonly [label: string, text: string]

function facts(list: readonly Fact[]): string[] {
  const width = list.reduce((most, [label]) => Math.max(most, label.length), 0)
  return list.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`)
}

function acceptedFacts(verdict: AcceptedVerdict): Fact[] {
  const references = acceptedReferences(verdict)
  const subject = (at: number): string => nameOf(references.at(at)?.subject ?? '')
  const out: Fact[] = [['subject', subject(0)]]
  references.slice(1, -1).forEach((reference) => out.push(['issued by', nameOf(reference.subject)]))
  out.push(['anchor', subject(-1)])
  if (verdict.identities.length > 0) out.push(['names', listed(verdict.identities.map(describeIdentity))])
  out.push(['valid until', verdict.validUntil.toISOString()])
  if (verdict.revocation === 'none') out.push(['revocation', 'not checked'])
  else for (const found of verdict.revocation) out.push(['revocation', `${nameOf(found.certificate.subject.toString())}: ${revocationText(found)}`])
  for (const warning of verdict.warnings) out.push(['warning', `${escapeText(warning.code)}: ${messageFor(warning.code)}`])
  return out
}

function refusedFacts(verdict: RefusedVerdict): Fact[] {
  const issue = verdict.issues[0]!
  const out: Fact[] = []
  if (issue.certificate !== undefined) {
    out.push(['certificate', `${nameOf(issue.certificate.subject)} (${issue.certificate.role})`])
  }
  out.push(['rule', escapeText(issue.spec)])
  for (const [key, value] of Object.entries(issue.details).slice(0, maxListed)) {
    // Attempts and the like: a line each.
    const lines = Array.isArray(value) && value.some((one) => typeof one === 'object') ? value.slice(0, maxListed) as readonly JsonValue[] : [value]
    for (const [i, line] of lines.entries()) out.push([i === 0 ? escapeText(key, 40) : '', describeDetail(line, 160)])
  }
  const others = new Set(verdict.issues.map(({ code }) => code).filter((code) => code !== verdict.code))
  if (others.size > 0) out.push(['also failed', listed([...others].map((code) => escapeText(code)))])
  const tried = verdict.attempts.length + verdict.attemptsOmitted
  out.push(['paths tried', tried === 0 ? 'none' : `${tried}; --explain shows them`])
  if (!verdict.attempts.some(({ revocation }) => revocation !== undefined)) out.push(['revocation', 'not checked'])
  return out
}

function nameOf(subject: string): string {
  return subject === '' ? '(empty subject)' : escapeName(subject, maxName)
}

function listed(texts: readonly string[]): string {
  const shown = texts.slice(0, maxListed).join(', ')
  return texts.length > maxListed ? `${shown}, and ${texts.length - maxListed} more` : shown
}
