/**
 * A decision in words, for the person who asks why. What a peer chose is escaped; what may be secret is not in the trace.
 */
import { escapeText } from '../verify/escape.ts'
import type { ConditionTrace, Decision, DecisionReason } from './types.ts'

const reasons: { readonly [K in DecisionReason]: string } = {
  'policy/allowed': 'a rule allows it',
  'policy/pending': 'it depends on facts that come later',
  'policy/denied-by-rule': 'a rule denies it',
  'policy/no-rule-allows': 'no rule allows it',
  'policy/no-principal': 'the policy finds nobody in the certificate',
  'policy/ambiguous-principal': 'the policy finds several names where it asks for one',
  'policy/proxy-not-admitted': 'the facts rest on the word of a proxy that the policy does not admit',
  'policy/peer-expired': 'what is known of the peer has ended',
  'policy/path-not-normal': 'the path of the request is not in normal form',
}

const verbs = { allow: 'allowed', deny: 'denied', pending: 'not decided yet' } as const

/** The decision, why, and each rule with its conditions: lines of text, safe to print. Words may change; codes do not. */
export function explainDecision(decision: Decision): string {
  const { principal, rule, reason, validUntil } = decision
  const lines = [`${verbs[decision.decision]}: ${reasons[reason]} (${reason}${rule === undefined ? '' : `, rule ${escapeText(rule)}`})`]
  if (principal !== undefined) lines.push(`  principal: ${escapeText(principal.type)} ${escapeText(principal.value)} (from ${escapeText(principal.from)})`)
  if (validUntil !== undefined) lines.push(`  until: ${validUntil.toISOString()}`)
  for (const { id, effect, result, condition } of decision.trace.rules) {
    lines.push(`  ${effect} ${escapeText(id)}: ${result}`)
    describe(condition, 2, lines)
  }
  return lines.join('\n')
}

const kinds = { allOf: 'all of', anyOf: 'any of', not: 'not' } as const

function describe(condition: ConditionTrace, depth: number, lines: string[]): void {
  const indent = '  '.repeat(depth)
  const result = condition.result === 'pending' ? 'pending' : condition.result ? 'yes' : 'no'
  if (condition.kind !== 'match') {
    lines.push(`${indent}${kinds[condition.kind]}: ${result}`)
    for (const one of condition.conditions) describe(one, depth + 1, lines)
    return
  }
  const { field, expected, found, absent } = condition
  const asked = expected === undefined ? '(not shown)' : Object.entries(expected).map(([matcher, value]) => `${matcher} ${show(value)}`).join(', ')
  const seen = found === undefined ? `(${absent === 'not-shown' ? 'not shown' : absent ?? 'missing'})` : found.map(show).join(', ')
  lines.push(`${indent}${escapeText(field)} ${asked}: ${result}, found ${seen}`)
}

/** A value like JSON, with what would not print as itself escaped inside the quotes. */
function show(value: unknown): string {
  if (typeof value === 'string') return `"${escapeText(value)}"`
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return `{${Object.entries(value).map(([name, one]) => `${show(name)}: ${show(one)}`).join(', ')}}`
}
