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
  return new Deciding(parts, new FactsView(facts, parts.trailingSlash)).decide()
}

class Deciding {
  readonly #parts: PolicyParts
  readonly #view: FactsView

  constructor(parts: PolicyParts, view: FactsView) {
    this.#parts = parts
    this.#view = view
  }

  decide(): Decision {
    const { verification } = this.#view.peer
    if (verification.source === 'proxy' && !this.#parts.proxies.has(verification.proxy)) return this.#end('deny', 'policy/proxy-not-admitted')
    // Written so that a broken date, which compares false, is a refusal.
    if (!(this.#view.time <= this.#view.peer.validUntil)) return this.#end('deny', 'policy/peer-expired')
    if (this.#view.misread) return this.#end('deny', 'policy/path-not-normal')
    const denied = this.#first('deny', false)
    if (denied !== undefined) return this.#end('deny', 'policy/denied-by-rule', denied)
    const principal = findPrincipal(this.#parts.identity, this.#view)
    if (typeof principal === 'string') return this.#end('deny', principal)
    const allowed = this.#first('allow', false)
    // A deny rule that may still come to hold leaves it open; so does an allow rule that may.
    const mayBeDenied = this.#first('deny', true) !== undefined
    if (allowed !== undefined && !mayBeDenied) return this.#end('allow', 'policy/allowed', allowed, principal)
    const hoped = allowed ?? this.#first('allow', true)
    if (hoped === undefined) return this.#end('deny', 'policy/no-rule-allows', undefined, principal)
    return this.#end('pending', 'policy/pending', hoped, principal)
  }

  /** The first rule of this effect that holds. `pending`: what a match on a fact that comes later counts as. */
  #first(effect: Rule['effect'], pending: boolean): Rule | undefined {
    return this.#parts.rules.find((rule) => rule.effect === effect && holds(rule.condition, this.#view, effect === 'deny', pending))
  }

  #end(decision: Decision['decision'], reason: DecisionReason, rule?: Rule, principal?: Principal): Decision {
    return new Decided({
      decision, reason, principal, rule: rule?.id, validUntil: decision === 'allow' ? new Date(this.#until()) : undefined,
    }, this.#parts, this.#view)
  }

  /** The last moment at which neither the facts about the peer nor the time have changed the decision. */
  #until(): number {
    const { time } = this.#view
    let until = Math.min(this.#view.peer.validUntil, time + this.#parts.maxDecisionSeconds * 1000)
    for (const { field, tests } of this.#parts.timed) {
      const found = this.#view.find(field)
      if (typeof found === 'string') continue
      for (const value of found) {
        for (const { changesAt } of tests) {
          if (changesAt !== undefined) until = Math.min(until, Math.max(time, Math.ceil(changesAt(value, time)) - 1))
        }
      }
    }
    return Math.min(until, 8.64e15)
  }
}

interface Outcome {
  readonly decision: Decision['decision']
  readonly reason: DecisionReason
  readonly rule: string | undefined
  readonly principal: Principal | undefined
  readonly validUntil: Date | undefined
}

/** A decision that can say how it came about: the trace is made when somebody asks for it. */
class Decided implements Decision {
  readonly decision: Decision['decision']
  readonly reason: DecisionReason
  readonly principal: Principal | undefined
  readonly rule: string | undefined
  readonly validUntil: Date | undefined
  readonly verification: Decision['verification']
  readonly #parts: PolicyParts
  readonly #view: FactsView
  #trace: Trace | undefined

  constructor(outcome: Outcome, parts: PolicyParts, view: FactsView) {
    this.decision = outcome.decision
    this.reason = outcome.reason
    this.principal = outcome.principal
    this.rule = outcome.rule
    this.validUntil = outcome.validUntil
    this.verification = view.peer.verification
    this.#parts = parts
    this.#view = view
    Object.freeze(this)
  }

  get trace(): Trace {
    return (this.#trace ??= traceOf(this.#parts, this.#view))
  }

  toJSON(): unknown {
    const { decision, reason, principal, rule, validUntil, verification, trace } = this
    return { decision, reason, principal, rule, validUntil: validUntil?.toISOString(), verification: verification.source === 'proxy' ? verification : { source: 'verdict' }, trace }
  }
}
