/**
 * What a policy can hardly mean: rules that never match, that others make idle, that ask nothing of the certificate, values that
 * no fact can have, stars that stand for themselves, and conditions that an absent field turns against the peer without anybody having said so.
 *
 * Each rule is written out as its alternatives (allOf over anyOf), and alternatives are compared condition by condition. What is
 * reported is certain; what is not reported may still be wrong.
 */
import { alternativesOf, type Literal } from './lint-alternatives.ts'
import { contradicts, implies, isAlwaysPresent, isAlwaysTrue, type Standpoint } from './lint-logic.ts'
import { valueFindingsOf } from './lint-values.ts'
import { Policy, type Rule } from './policy.ts'

export type PolicyFindingCode =
  /** No facts can make the rule match. To do: look for conditions that contradict each other. */
  | 'policy/never-matches'
  /** A deny rule that matches only where a fact is missing. To do: look for conditions that contradict each other; to deny where a fact is missing, write `"present": false`. */
  | 'policy/matches-only-missing'
  /** Whenever the rule matches, another one, `by`, decides the same, or denies. To do: take the rule out, or narrow the other one. */
  | 'policy/shadowed'
  /** An allow rule that any accepted certificate meets. To do: ask for a name that you issued. */
  | 'policy/matches-every-certificate'
  /** `not` over a field that may be absent, with no `present` beside it: an absent one counts against the peer. To do: say with `present` what you mean for certificates without the field. */
  | 'policy/absent-under-not'
  /** A value or pattern in a form that the field never has: a method not in capitals, a host with its port, a path with percent-encoding, dot segments or a final slash. To do: write it as the field has it. */
  | 'policy/impossible-value'
  /** A star where no pattern can stand: `exact`, `in`, `prefix`, `suffix` and `contains` take it for itself. To do: write the pattern under `dns`, `spiffe` or `path`, or leave the star out of a `prefix` or `suffix`. */
  | 'policy/literal-star'
  /** No rule allows anything. To do: add an allow rule. */
  | 'policy/allows-nothing'
  /** Too many alternatives to look through; the rule was not examined. To do: split the rule. */
  | 'policy/not-examined'

export interface PolicyFinding {
  readonly code: PolicyFindingCode
  /** Place in the document, a JSON Pointer (RFC 6901). */
  readonly place: string
  /** The `id` of the rule; undefined where it is about none. */
  readonly rule: string | undefined
  /** In `policy/shadowed`: the `id` of the rule that makes it idle. */
  readonly by?: string
  readonly message: string
}

interface Examined {
  readonly rule: Rule
  readonly from: Standpoint
  /** Alternatives that can hold. */
  readonly alternatives: readonly (readonly Literal[])[]
}

/** Looks through a policy that was read. Empty where there is nothing to say. */
export function lintPolicy(policy: Policy): readonly PolicyFinding[] {
  const { identity, rules, proxies } = Policy.partsOf(policy)
  const findings: PolicyFinding[] = []
  const report = (code: PolicyFindingCode, rule: Rule | undefined, place: string, message: string, by?: string): void => {
    findings.push(Object.freeze({ code, place, rule: rule?.id, ...(by === undefined ? {} : { by }), message }))
  }
  if (!rules.some(({ effect }) => effect === 'allow')) report('policy/allows-nothing', undefined, '/rules', 'no rule allows anything')
  for (const { match } of identity === 'none' ? [] : identity) {
    for (const { code, place, message } of valueFindingsOf(match)) report(code, undefined, place, message)
  }
  const examined: Examined[] = []
  for (const rule of rules) {
    for (const { code, place, message } of valueFindingsOf(rule.condition, `${rule.place}/to`)) report(code, rule, place, message)
    const all = alternativesOf(rule.condition)
    if (all === undefined) {
      report('policy/not-examined', rule, rule.place, 'too many alternatives to look through')
      continue
    }
    const from: Standpoint = { effect: rule.effect, onProxysWord: proxies.size > 0 }
    const alternatives = all.filter((one) => !contradicts(one, from))
    if (alternatives.length === 0) {
      // A missing fact makes a match in a deny rule true, whatever is asked of it.
      const missingMatches = rule.effect === 'deny'
        && all.some((one) => !contradicts(one.filter(({ match }) => isAlwaysPresent(match.field, from)), from))
      report(missingMatches ? 'policy/matches-only-missing' : 'policy/never-matches', rule, rule.place,
        missingMatches ? 'the rule matches only where a fact is missing' : 'no facts can make the rule match')
      continue
    }
    if (rule.effect === 'allow' && asksNothing(alternatives)) {
      report('policy/matches-every-certificate', rule, rule.place, 'every accepted certificate meets the rule')
    }
    const over = new Set(alternatives.flatMap((one) => one.filter((literal) => isUnguarded(literal, one, from)).map(({ match }) => match)))
    for (const { place, field } of over) {
      report('policy/absent-under-not', rule, place, `not stands over ${field.name}, which may be absent: it then counts against the peer; say { "present": … } beside it`)
    }
    examined.push({ rule, from, alternatives })
  }
  examined.forEach((one, i) => {
    const shade = examined.find((other, j) => j !== i && shadows(other, one, j < i))
    if (shade !== undefined) {
      report('policy/shadowed', one.rule, one.rule.place,
        shade.rule.effect === one.rule.effect ? `rule ${shade.rule.id} decides the same whenever this one matches` : `rule ${shade.rule.id} denies whenever this one matches`,
        shade.rule.id)
    }
  })
  return Object.freeze(findings)
}

/** Whether `a` decides whenever `b` matches. Of two rules that say the same, the later one is idle. */
function shadows(a: Examined, b: Examined, isEarlier: boolean): boolean {
  if (a.rule.effect === 'allow' && b.rule.effect === 'deny') return false
  return covers(a, b) && (a.rule.effect !== b.rule.effect || isEarlier || !covers(b, a))
}

function covers(a: Examined, b: Examined): boolean {
  return b.alternatives.every((given) => a.alternatives.some((wanted) =>
    wanted.every((literal) => given.some((known) => implies(known, literal, b.from)))))
}

/** That of an allow rule that judges a certificate, whoever else it may judge on a proxy’s word. */
const certificates: Standpoint = { effect: 'allow', onProxysWord: false }

/** Whether some alternative asks nothing of the certificate, or two of them leave none out. */
function asksNothing(alternatives: readonly (readonly Literal[])[]): boolean {
  const asked = alternatives.map((one) => one.filter((literal) => literal.match.field.group === 'peer' && !isAlwaysTrue(literal, certificates)))
  if (asked.some((one) => one.length === 0)) return true
  const alone = asked.flatMap((one, i) => (one.length === 1 && alternatives[i]!.length === 1 ? one : []))
  return alone.some((one) => !one.negated && isAlwaysPresent(one.match.field, certificates)
    && alone.some((other) => other.negated && implies({ match: other.match, negated: false }, one, certificates)))
}

function isUnguarded({ match, negated }: Literal, beside: readonly Literal[], from: Standpoint): boolean {
  return negated && match.present === undefined && !isAlwaysPresent(match.field, from)
    && !beside.some((other) => other.match.field.name === match.field.name && other.match.present !== undefined)
}
