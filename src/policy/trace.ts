/**
 * How a decision came about, rule by rule and condition by condition. Values that may be secrets are left out, those of the
 * policy too, unless the policy lists them in `loggable`.
 */
import { clipText } from '../path/clip-text.ts'
import type { FactsView } from './facts-view.ts'
import { maySecret } from './fields.ts'
import { holds } from './holds.ts'
import type { Condition, PolicyParts, Rule } from './policy.ts'
import type { ConditionTrace, RuleTrace, Trace } from './types.ts'
import { valueText } from './values.ts'

/** The most values of one field that a trace shows. */
const maxValues = 16

export function traceOf({ rules, loggable }: PolicyParts, view: FactsView): Trace {
  return Object.freeze({ rules: Object.freeze(rules.map((rule) => traceRule(rule, view, loggable))) })
}

function traceRule(rule: Rule, view: FactsView, loggable: ReadonlySet<string>): RuleTrace {
  const condition = traceCondition(rule.condition, view, rule.effect === 'deny', loggable)
  const { result } = condition
  return Object.freeze({ id: rule.id, effect: rule.effect, result: result === 'pending' ? result : result ? 'matched' : 'not-matched', condition })
}

function traceCondition(condition: Condition, view: FactsView, missing: boolean, loggable: ReadonlySet<string>): ConditionTrace {
  const settled = holds(condition, view, missing, false)
  const result = settled === holds(condition, view, missing, true) ? settled : 'pending'
  if (condition.kind !== 'match') {
    const inside = condition.kind === 'not' ? !missing : missing
    return Object.freeze({ kind: condition.kind, result, conditions: Object.freeze(condition.conditions.map((one) => traceCondition(one, view, inside, loggable))) })
  }
  const { field, expected, place } = condition
  const values = view.find(condition)
  const hidden = maySecret(field) && !loggable.has(field.name)
  const absent = typeof values === 'string' ? values : hidden ? 'not-shown' : undefined
  return Object.freeze({
    kind: 'match', place, field: field.name, result,
    expected: hidden && condition.present === undefined ? undefined : expected,
    found: absent === undefined ? found(values as Exclude<typeof values, string>, (value) => valueText(field.kind, value)) : undefined,
    ...(absent === undefined ? {} : { absent }),
  })
}

function found<T>(values: readonly T[], text: (value: T) => string): readonly string[] {
  const shown = values.slice(0, maxValues).map((value) => clipText(text(value)))
  if (values.length > maxValues) shown.push(`… and ${values.length - maxValues} more`)
  return Object.freeze(shown)
}
