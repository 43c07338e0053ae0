/** Whom the policy takes the peer for: the first entry of `identity` that finds a value, if it finds one alone. */
import type { FactsView } from './facts-view.ts'
import { acceptedByAll } from './holds.ts'
import type { IdentitySource } from './policy.ts'
import type { DecisionReason, Principal } from './types.ts'
import { valueText } from './values.ts'

/** The principal; undefined where the policy asks for none; the reason of the refusal where there is not exactly one. */
export function findPrincipal(identity: readonly IdentitySource[] | 'none', view: FactsView): Principal | undefined | DecisionReason {
  if (identity === 'none') return undefined
  for (const { as, match } of identity) {
    const { field, tests } = match
    const found = view.find(match)
    if (typeof found === 'string') continue
    // What cannot be read could be another name.
    if (found.includes(null)) return 'policy/ambiguous-principal'
    const values = new Set(found.filter((value) => acceptedByAll(tests, value, view.time)))
    if (values.size > 1) return 'policy/ambiguous-principal'
    for (const value of values) return Object.freeze({ type: as, from: field.name, value: valueText(field.kind, value) })
  }
  return 'policy/no-principal'
}
