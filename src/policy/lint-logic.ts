/**
 * What follows from what: the little logic of matches that the linter reasons with.
 *
 * A match on a field of several values asks whether one of them answers to all of its tests. So one match follows from another if
 * every test follows from the tests of the other, on the same field.
 */
import type { Field } from './fields.ts'
import type { Literal } from './lint-alternatives.ts'
import { isImpossible } from './lint-values.ts'
import { makeTest } from './matchers.ts'
import type { FactValue } from './peer-facts.ts'
import type { Match, Rule } from './policy.ts'
import { addressText, literals } from './values.ts'

/** Where a rule stands: what a missing fact does to it, and whether the word of a proxy counts, which may say next to nothing. */
export interface Standpoint {
  readonly effect: Rule['effect']
  readonly onProxysWord: boolean
}

// Of a leaf that is itself an anchor no revocation is known: revocation.leaf is not among them.
const always = /^(?:certificate\..+|key\.(?:sha256|type)|path\.length|anchor\.keySha256|revocation\.settled)$/
const single = /^(?:certificate\..+|key\..+|path\.length|anchor\.(?:sha256|keySha256)|revocation\..+|channel\..+|request\.(?:method|host|path)|time)$/

/** Whether there is a value of the field whoever the peer is: every accepted verdict has one. */
export function isAlwaysPresent({ name }: Field, { onProxysWord }: Pick<Standpoint, 'onProxysWord'>): boolean {
  return name === 'time' || (!onProxysWord && always.test(name))
}

/** What whoever is admitted meets anyway. */
export function isAlwaysTrue({ match, negated }: Literal, from: Standpoint): boolean {
  const { field, expected, present } = match
  if (present !== undefined) return isAlwaysPresent(field, from) && present
  if (negated || !isAlwaysPresent(field, from)) return false
  const { gt, lt } = expected
  const least = ({ 'path.length': 1, 'certificate.remainingSeconds': 0, 'certificate.ageSeconds': 0 } as Readonly<Record<string, number>>)[field.name]
  return least !== undefined && lt === undefined && typeof gt === 'number' && gt < least && Object.keys(expected).length === 1
}

/** Whether the conditions of one alternative cannot hold together. */
export function contradicts(alternative: readonly Literal[], from: Standpoint): boolean {
  return alternative.some((one, i) => isNever(one, from)
    || alternative.some((other, j) => j > i && one.match.field.name === other.match.field.name && disagree(one, other, from)))
}

function disagree(a: Literal, b: Literal, { effect }: Standpoint): boolean {
  if (a.negated && b.negated) return false
  if (a.negated || b.negated) {
    const [positive, negative] = a.negated ? [b, a] : [a, b]
    // In an allow rule `not` holds only over a value that is there.
    if (positive.match.present === false && negative.match.present === undefined) return effect === 'allow'
    return follows(positive.match, negative.match, effect)
  }
  if (a.match.present === false || b.match.present === false) {
    // In an allow rule a match holds only of a value that is there.
    return effect === 'allow' ? a.match.present !== b.match.present : a.match.present === true || b.match.present === true
  }
  if (a.match.present === true || b.match.present === true) return false
  return single.test(a.match.field.name) && areApart(a.match, b.match)
}

/** Whether no value answers to all tests of a match, or what is always there has to be absent. */
function isNever({ match, negated }: Literal, from: Standpoint): boolean {
  if (match.present !== undefined) return !match.present && isAlwaysPresent(match.field, from)
  if (negated) return false
  if (Object.entries(match.expected).some(([matcher, raw]) => textsOf(raw).length > 0 && textsOf(raw).every((text) => isImpossible(match.field, matcher, text)))) return true
  const values = valuesOf(match)
  if (values !== undefined) return values.length === 0
  const [lt, gt] = [bound(match, 'lt'), bound(match, 'gt')]
  return lt !== undefined && gt !== undefined && gt >= lt
}

function areApart(a: Match, b: Match): boolean {
  const [one, other] = [valuesOf(a), valuesOf(b)]
  if (one !== undefined) return one.every((value) => !b.tests.every((test) => test.accepts(value, 0)))
  if (other !== undefined) return other.every((value) => !a.tests.every((test) => test.accepts(value, 0)))
  const least = Math.max(bound(a, 'gt') ?? -Infinity, bound(b, 'gt') ?? -Infinity)
  const most = Math.min(bound(a, 'lt') ?? Infinity, bound(b, 'lt') ?? Infinity)
  return least >= most
}

/** Whether `b` holds wherever `a` does, in a rule of the given effect. */
export function implies(a: Literal, b: Literal, from: Standpoint): boolean {
  const { effect } = from
  if (a.match.field.name !== b.match.field.name) return isAlwaysTrue(b, from)
  if (a.negated !== b.negated) {
    // A value that can only be one excludes what it is not.
    return b.negated && b.match.present === undefined && a.match.present === undefined && single.test(a.match.field.name) && areApart(a.match, b.match)
  }
  return a.negated ? follows(b.match, a.match, effect) : follows(a.match, b.match, effect)
}

/** Whether a match on the same field holds wherever `from` does. */
function follows(from: Match, to: Match, effect: Rule['effect']): boolean {
  if (to.present !== undefined) {
    return from.present === to.present || (to.present && from.present === undefined && effect === 'allow')
  }
  if (from.present !== undefined) return false
  const values = valuesOf(from)
  if (values !== undefined) return values.every((value) => to.tests.every((test) => test.accepts(value, 0)))
  return Object.entries(to.expected).every(([matcher, raw]) => testFollows(from, matcher, raw, to.field))
}

function testFollows(from: Match, matcher: string, raw: unknown, field: Field): boolean {
  const given = from.expected[matcher]
  if (given !== undefined && JSON.stringify(given) === JSON.stringify(raw)) return true
  // The end of a host is compared without its final dot.
  const spelt = (name: string, texts: unknown): readonly string[] => (name === 'suffix' ? textsOf(texts).map((text) => literals[field.kind as keyof typeof literals](text) as string) : textsOf(texts))
  const each = (names: readonly string[], holds: (mine: string, wanted: string) => boolean): boolean => names.some((name) => {
    const mine = spelt(name, from.expected[name])
    return mine.length > 0 && mine.every((one) => spelt(matcher, raw).some((wanted) => holds(one, wanted)))
  })
  switch (matcher) {
    case 'prefix': return each(['prefix'], (mine, wanted) => mine.startsWith(wanted))
    case 'suffix': return each(['suffix'], (mine, wanted) => mine.endsWith(wanted))
    case 'contains': return each(['prefix', 'suffix', 'contains'], (mine, wanted) => mine.includes(wanted))
    case 'cidr': return each(['cidr'], (mine, wanted) => {
      const test = makeTest('cidr', wanted, field)
      const [base, bits] = mine.split('/')
      // An IPv4 block that is written as IPv6 has other bits than it says.
      return typeof test === 'object' && addressText(base!)!.includes(':') === mine.includes(':') && Number(bits) >= Number(wanted.split('/')[1]) && test.accepts(base!, 0)
    })
    case 'lt': case 'gt': {
      const mine = bound(from, matcher)
      const wanted = literals[field.kind as keyof typeof literals](raw) as number
      return mine !== undefined && (matcher === 'lt' ? mine <= wanted : mine >= wanted)
    }
    case 'maxAgeSeconds': return typeof given === 'number' && given <= (raw as number)
    case 'minStrength': return typeof given === 'number' && given >= (raw as number)
    default: return false
  }
}

/** One text or a list of them. */
function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]) as readonly string[]
}

/** The values that a match can mean, where it names them: those of `exact` or `in` that its other tests accept. */
function valuesOf(match: Match): readonly FactValue[] | undefined {
  const { exact, in: list } = match.expected
  const named = exact !== undefined ? [exact] : Array.isArray(list) ? list as unknown[] : undefined
  const literal = literals[match.field.kind as keyof typeof literals]
  return named?.map((raw) => literal(raw)!).filter((value) => match.tests.every((test) => test.accepts(value, 0)))
}

function bound(match: Match, matcher: 'lt' | 'gt'): number | undefined {
  const raw = match.expected[matcher]
  return raw === undefined ? undefined : literals[match.field.kind as keyof typeof literals](raw) as number
}
