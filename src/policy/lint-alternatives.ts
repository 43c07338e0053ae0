/** A condition written out as its alternatives, each a list of matches that all have to hold or, negated, not to hold. */
import type { Condition, Match } from './policy.ts'

export interface Literal {
  readonly match: Match
  readonly negated: boolean
}

/** Beyond so many alternatives, or conditions in one, a rule is not looked through. */
const most = 256

/** The alternatives of a condition; undefined where they are too many. */
export function alternativesOf(condition: Condition, negated: boolean = false): readonly (readonly Literal[])[] | undefined {
  if (condition.kind === 'match') {
    // Presence is never missing: its opposite is absence.
    if (condition.present !== undefined) return [[{ match: { ...condition, present: condition.present !== negated }, negated: false }]]
    return [[{ match: condition, negated }]]
  }
  if (condition.kind === 'not') return alternativesOf(condition.conditions[0], !negated)
  const parts = condition.conditions.map((one) => alternativesOf(one, negated))
  if (parts.includes(undefined)) return undefined
  const sets = parts as readonly (readonly (readonly Literal[])[])[]
  // De Morgan: under `not`, allOf is anyOf of what is denied, and the other way round.
  if ((condition.kind === 'anyOf') !== negated) {
    const all = sets.flat()
    return all.length > most ? undefined : all
  }
  let product: readonly (readonly Literal[])[] = [[]]
  for (const set of sets) {
    if (product.length * set.length > most) return undefined
    product = product.flatMap((left) => set.map((right) => [...left, ...right]))
    if (product.some((one) => one.length > most)) return undefined
  }
  return product
}
