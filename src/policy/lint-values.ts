/**
 * Values and patterns that are meant otherwise than they are read: those that a field never answers to, because facts come in one form
 * (methods in capitals, hosts without their port, paths in normal form with percent-encoding undone), and stars that stand for themselves.
 */
import type { Field } from './fields.ts'
import { normalPath } from './path-form.ts'
import type { Condition, Match } from './policy.ts'

export interface ValueFinding {
  readonly code: 'policy/impossible-value' | 'policy/literal-star'
  /** A JSON Pointer. */
  readonly place: string
  readonly message: string
}

/** Whether no value of the field answers to this text of this matcher. */
export function isImpossible({ name }: Field, matcher: string, text: unknown): boolean {
  if (typeof text !== 'string') return false
  switch (name) {
    case 'request.method': return /[a-z]/.test(text)
    // The address of an IPv6 host has colons of its own.
    case 'request.host': return (matcher === 'exact' || matcher === 'in') && /^(?:\[.*\]|[^:]*):\d*$/.test(text)
    case 'request.path': return !isPath(text, matcher)
    default: return false
  }
}

/** Whether some path in normal form is this text, or has it as a part: that of the least that has to stand around it. */
function isPath(text: string, matcher: string): boolean {
  switch (matcher) {
    case 'prefix': return isNormal(`${text}x`)
    case 'suffix': return text === '/' || isNormal(`/x${text}`)
    case 'contains': return isNormal(`/x${text}x`)
    // The stars of a pattern are segments like any other.
    default: return isNormal(text)
  }
}

function isNormal(path: string): boolean {
  return !/\p{Surrogate}/u.test(path) && normalPath(path.split('/').map(encodeURIComponent).join('/'), 'refuse') === path
}

/** What there is to say of the values of a condition, wherever they stand in it. `to`: the place of a rule’s scope. */
export function valueFindingsOf(condition: Condition, to?: string): readonly ValueFinding[] {
  if (condition.kind !== 'match') return condition.conditions.flatMap((one) => valueFindingsOf(one, to))
  const { field } = condition
  return textsIn(condition, to).flatMap(({ matcher, text, place }): readonly ValueFinding[] => {
    if (isImpossible(field, matcher, text)) return [{ code: 'policy/impossible-value', place, message: `${field.name} never answers to ${JSON.stringify(text)}: ${whyNot[field.name]}` }]
    if (isMeantAsPattern(field, matcher, text)) return [{ code: 'policy/literal-star', place, message: `${matcher} takes the star in ${JSON.stringify(text)} for itself: ${patterns[field.kind] ?? 'say what stands before and behind it with prefix, suffix or contains'}` }]
    return []
  })
}

interface AskedText {
  readonly matcher: string
  readonly text: unknown
  readonly place: string
}

/** Each value that a match compares with. */
function textsIn({ field, expected, place }: Match, to: string | undefined): readonly AskedText[] {
  return Object.entries(expected).flatMap(([matcher, raw]) => {
    const at = `${place}/${place === to ? memberOfTo[field.name] : matcher}`
    if (matcher !== 'rdn') return listed(matcher, raw, at)
    return Object.entries(raw as object).flatMap(([type, wanted]: [string, unknown]) => (typeof wanted === 'string' ? listed('exact', wanted, `${at}/${type}`)
      : Object.entries(wanted as object).flatMap(([inner, value]) => listed(inner, value, `${at}/${type}/${inner}`))))
  })
}

function listed(matcher: string, raw: unknown, place: string): readonly AskedText[] {
  return Array.isArray(raw) ? raw.map((text: unknown, i) => ({ matcher, text, place: `${place}/${i}` })) : [{ matcher, text: raw, place }]
}

/** Whether a text without patterns holds a star that nobody has certified, or sent, as one. */
function isMeantAsPattern({ name, group }: Field, matcher: string, text: unknown): boolean {
  if (typeof text !== 'string' || !text.includes('*') || !/^(?:exact|in|prefix|suffix|contains)$/.test(matcher)) return false
  // Wildcard names are certified, in a subject too (RFC 9525 6.3).
  if (/^(?:exact|in)$/.test(matcher) && /^(?:san\.dns$|subject|issuer|anchor)/.test(name)) return !/^\*\.[^*]+$/.test(text)
  // Media ranges, conditions and grants for everything are written with a star (RFC 9110 12.5.1, 13.1.1).
  return !((group === 'attributes' || name.startsWith('request.header.')) && /^\*(?:\/|$)|\/\*$/.test(text))
}

const patterns: Readonly<Record<string, string>> = { dns: 'write a pattern under dns', uri: 'write a pattern of SPIFFE IDs under spiffe', path: 'write a pattern under path' }

const memberOfTo: Readonly<Record<string, string>> = { 'request.method': 'methods', 'request.host': 'hosts', 'request.path': 'paths' }

const whyNot: Readonly<Record<string, string>> = {
  'request.method': 'a method that is not in capitals is missing',
  'request.host': 'a host comes without its port',
  'request.path': 'a path is matched in normal form, its percent-encoding undone',
}
