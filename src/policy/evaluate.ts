/**
 * The decision: synchronous, without I/O and without a clock. The same facts always give the same decision.
 *
 * Default deny, and any matching deny rule wins; the order of rules decides only which of several is named. A fact that is
 * missing counts against the peer wherever it stands: false in an allow rule, true in a deny rule, and the other way
 * round under each `not`. Because conditions are built of `allOf`, `anyOf` and `not` alone, settling each missing
 * fact by the side on which it stands settles the whole rule to the peer’s disadvantage.
 *
 * Facts said to come later are settled twice: once against the peer, once in its favour. Where both give
 * the same, that is the decision; where not, it is pending.
 */
import { FactsView } from './facts-view.ts'
import { holds } from './holds.ts'
import { Policy, type PolicyParts, type Rule } from './policy.ts'
import { findPrincipal } from './principal.ts'
import { traceOf } from './trace.ts'
import type { Decision, DecisionReason, Facts, Principal, Trace } from './types.ts'

/**
 * Decides.
 *
 * @throws {TypeError} naming the fact that is of the wrong type, or facts that come from no accepted verdict
 */
export function evaluatePolicy(policy: Policy, facts: Facts): Decision {
  const parts = Policy.partsOf(policy)
  return new Decided(parts, new FactsView(facts, parts))
}

function decide(parts: PolicyParts, view: FactsView): Outcome {
  const { verification, validUntil } = view.peer
  const deny = (reason: DecisionReason, rule?: Rule, principal?: Principal): Outcome => ({ decision: 'deny', reason, rule, principal })
  /** The first rule of this effect that holds. `pending`: what a match on a fact that comes later counts as. */
  const first = (effect: Rule['effect'], pending: boolean): Rule | undefined => {
    if (pending && !view.hasPending) return undefined
    for (const rule of parts[effect]) if (holds(rule.condition, view, effect === 'deny', pending)) return rule
    return undefined
  }

  if (verification.source === 'proxy' && !parts.proxies.has(verification.proxy)) return deny('policy/proxy-not-admitted')
  // Written so that a broken date, which compares false, is a refusal.
  if (!(view.time <= validUntil)) return deny('policy/peer-expired')
  if (view.misread) return deny('policy/path-not-normal')
  const denied = first('deny', false)
  if (denied !== undefined) return deny('policy/denied-by-rule', denied)
  const principal = findPrincipal(parts.identity, view)
  if (typeof principal === 'string') return deny(principal)
  const allowed = first('allow', false)
  // A deny rule that may still come to hold leaves it open; so does an allow rule that may.
  if (allowed !== undefined && first('deny', true) === undefined) return { decision: 'allow', reason: 'policy/allowed', rule: allowed, principal }
  const hoped = allowed ?? first('allow', true)
  return hoped === undefined ? deny('policy/no-rule-allows', undefined, principal) : { decision: 'pending', reason: 'policy/pending', rule: hoped, principal }
}

/** The last moment at which neither the end of the facts about the peer nor the time has changed the decision. */
function lastMoment(parts: PolicyParts, view: FactsView): number {
  const { time } = view
  let until = Math.min(view.peer.validUntil, time + parts.maxDecisionSeconds * 1000, 8.64e15)
  for (const match of parts.timed) {
    const found = view.find(match)
    if (typeof found === 'string' || found.includes(null)) continue
    for (const value of found) {
      for (const { changesAt } of match.tests) {
        if (changesAt !== undefined) until = Math.min(until, Math.max(time, Math.ceil(changesAt(value, time)) - 1))
      }
    }
  }
  return until
}

interface Outcome {
  readonly decision: Decision['decision']
  readonly reason: DecisionReason
  readonly rule: Rule | undefined
  readonly principal: Principal | undefined
}

/** A decision that can say how it came about: the trace is made when somebody asks for it. */
class Decided implements Decision {
  readonly decision: Decision['decision']
  readonly reason: DecisionReason
  readonly principal: Principal | undefined
  readonly rule: string | undefined
  declare readonly validUntil: Date | undefined
  readonly verification: Decision['verification']
  readonly #parts: PolicyParts
  readonly #view: FactsView
  #trace: Trace | undefined

  constructor(parts: PolicyParts, view: FactsView) {
    const { decision, reason, rule, principal } = decide(parts, view)
    this.decision = decision
    this.reason = reason
    this.principal = principal
    this.rule = rule?.id
    const until = decision === 'allow' ? lastMoment(parts, view) : undefined
    // A new one each time: a Date can be written to, and connections end by this one.
    Object.defineProperty(this, 'validUntil', { get: () => (until === undefined ? until : new Date(until)), enumerable: true })
    this.verification = view.peer.verification
    this.#parts = parts
    this.#view = view
    Object.freeze(this)
  }

  get trace(): Trace {
    return (this.#trace ??= traceOf(this.#parts, this.#view))
  }

  toJSON(): unknown {
    const { verification, trace } = this
    return { ...this, verification: verification.source === 'proxy' ? verification : { source: 'verdict' }, trace }
  }
}
