/**
 * Values and patterns that a field never answers to, because facts come in one form: methods in capitals, hosts without their
 * port, paths in normal form with percent-encoding undone.
 */
import type { Field } from './fields.ts'
import { normalPath } from './path-form.ts'
import type { Condition, Rule } from './policy.ts'

export interface ImpossibleValue {
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

/** The impossible values of a rule, wherever they stand in it. */
export function impossibleValuesOf(rule: Rule, condition: Condition = rule.condition): readonly ImpossibleValue[] {
  if (condition.kind !== 'match') return condition.conditions.flatMap((one) => impossibleValuesOf(rule, one))
  const { field, expected, place } = condition
  return Object.entries(expected).flatMap(([matcher, raw]) => {
    const at = `${place}/${place === `${rule.place}/to` ? memberOfTo[field.name] : matcher}`
    const isList = Array.isArray(raw)
    return (isList ? raw as readonly unknown[] : [raw]).flatMap((text, i) => (isImpossible(field, matcher, text)
      ? [{ place: isList ? `${at}/${i}` : at, message: `${field.name} never answers to ${JSON.stringify(text)}: ${whyNot[field.name]}` }] : []))
  })
}

const memberOfTo: Readonly<Record<string, string>> = { 'request.method': 'methods', 'request.host': 'hosts', 'request.path': 'paths' }

const whyNot: Readonly<Record<string, string>> = {
  'request.method': 'a method that is not in capitals is missing',
  'request.host': 'a host comes without its port',
  'request.path': 'a path is matched in normal form, its percent-encoding undone',
}
