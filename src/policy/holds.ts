/**
 * Whether a condition holds. Plain loops: this is what a decision spends its time on.
 */
import type { FactsView } from './facts-view.ts'
import type { Test } from './matchers.ts'
import type { FactValue } from './peer-facts.ts'
import type { Condition, Match } from './policy.ts'

/**
 * `missing` is what a match on a missing fact counts as here, `pending` the same for one that
 * comes later; under `not` both turn round.
 */
export function holds(condition: Condition, view: FactsView, missing: boolean, pending: boolean): boolean {
  switch (condition.kind) {
    case 'not': return !holds(condition.conditions[0], view, !missing, !pending)
    case 'match': return matches(condition, view, missing, pending)
    default: {
      const decisive = condition.kind === 'anyOf'
      for (const one of condition.conditions) {
        if (holds(one, view, missing, pending) === decisive) return decisive
      }
      return !decisive
    }
  }
}

function matches(match: Match, view: FactsView, missing: boolean, pending: boolean): boolean {
  const { field, present, type, tests, doubtful } = match
  const found = view.find(match)
  if (found === 'pending') return pending
  if (present !== undefined) return (found !== 'missing') === present
  if (found === 'missing') return missing
  // Of several lines of a header somebody else may read any: an allow rule needs all of them to answer, a deny rule one.
  const every = !missing && field.group === 'request'
  let comparable = false
  for (let i = 0; i < found.length; i++) {
    const value = found[i]!
    // What cannot be read, or could be read as what is asked for, counts against the peer like what is missing.
    if (missing && (value === null || (doubtful && possible(tests, value, view.time)))) return true
    if (value === null || (type !== undefined && typeof value !== type)) continue
    comparable = true
    if (acceptedByAll(tests, value, view.time) !== every) return !every
  }
  return comparable ? every : missing
}

/** Whether one value answers to all tests, or could by another reading of it. */
function possible(tests: readonly Test[], value: FactValue, time: number): boolean {
  let unclear = false
  for (const test of tests) {
    if (test.unclear?.(value) === true) unclear = true
    else if (test.accepts(value, time) === false) return false
  }
  return unclear
}

/** Whether one value answers to all tests. */
export function acceptedByAll(tests: readonly Test[], value: FactValue, time: number): boolean {
  for (let i = 0; i < tests.length; i++) if (!tests[i]!.accepts(value, time)) return false
  return true
}
