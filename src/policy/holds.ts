/**
 * Whether a condition holds.
 */
import type { FactsView } from './facts-view.ts'
import type { Condition } from './policy.ts'

/**
 * `missing` is what a match on a missing fact counts as here, `pending` the same for one that
 * comes later; under `not` both turn round.
 */
export function holds(condition: Condition, view: FactsView, missing: boolean, pending: boolean): boolean {
  switch (condition.kind) {
    case 'allOf': return condition.conditions.every((one) => holds(one, view, missing, pending))
    case 'anyOf': return condition.conditions.some((one) => holds(one, view, missing, pending))
    case 'not': return !holds(condition.conditions[0], view, !missing, !pending)
    case 'match': {
      const found = view.find(condition.field)
      if (found === 'pending') return pending
      if (condition.present !== undefined) return (found !== 'missing') === condition.present
      if (found === 'missing') return missing
      let comparable = false
      for (const value of found) {
        if (condition.type !== undefined && typeof value !== condition.type) continue
        comparable = true
        if (condition.tests.every((test) => test.accepts(value, view.time))) return true
      }
      return comparable ? false : missing
    }
  }
}
