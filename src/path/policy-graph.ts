/**
 * Certificate policies (RFC 5280 6.1, as RFC 9618 rewrites it).
 *
 * RFC 5280’s policy tree has a node for every way to reach a policy, and grows exponentially under hostile
 * mappings. RFC 9618 keeps one node a policy and level, with several parents: a graph whose size is bounded by the
 * policies named. Levels are kept as they are made; a node without children does no harm, since the outputs are
 * read backwards from the last level. Every node and edge is charged to the budget.
 */
import { anyPolicyOid } from '../x509/index.ts'
import type { PolicyMapping } from '../x509/index.ts'
import { append } from './append.ts'
import { pause } from './budget.ts'
import type { Budget, Pause } from './budget.ts'

/** Inputs of RFC 5280 6.1.1 (c), (e), (f), (g). */
export interface PolicyInputs {
  /** user-initial-policy-set; `['2.5.29.32.0']`, the default, allows any. */
  readonly initialPolicySet: readonly string[]
  /** initial-explicit-policy */
  readonly requireExplicitPolicy: boolean
  /** initial-policy-mapping-inhibit */
  readonly inhibitPolicyMapping: boolean
  /** initial-any-policy-inhibit */
  readonly inhibitAnyPolicy: boolean
}

export const defaultPolicyInputs: PolicyInputs = Object.freeze({
  initialPolicySet: Object.freeze([anyPolicyOid]),
  requireExplicitPolicy: false,
  inhibitPolicyMapping: false,
  inhibitAnyPolicy: false,
})

interface Node {
  /** expected_policy_set */
  expected: ReadonlySet<string>
  /** Policies of the parents, one level up. */
  readonly parents: Set<string>
}

type Level = Map<string, Node>

export class PolicyGraph {
  readonly #budget: Budget
  /** Level 0 holds anyPolicy (RFC 5280 6.1.2(a)). */
  readonly #levels: Level[]

  constructor(budget: Budget) {
    this.#budget = budget
    this.#levels = [new Map([[anyPolicyOid, { expected: new Set([anyPolicyOid]), parents: new Set<string>() }]])]
  }

  /** valid_policy_tree is NULL: no node is left on the last level. */
  get isNull(): boolean {
    return this.#last.size === 0
  }

  get #last(): Level {
    return this.#levels[this.#levels.length - 1]!
  }

  /** RFC 5280 6.1.3(d) and (e): one certificate’s policies, or undefined where it has no such extension. */
  * addCertificate(policies: readonly string[] | undefined, anyPolicyAllowed: boolean): Generator<Pause, void, unknown> {
    const previous = this.#last
    const level: Level = new Map()
    this.#levels.push(level)
    if (policies === undefined || previous.size === 0) return
    this.#budget.chargePolicies(policies.length)
    const expectedBy = yield* this.#indexExpected(previous)
    const hasAny = previous.has(anyPolicyOid)
    for (const policy of policies) {
      if (policy === anyPolicyOid || level.has(policy)) continue
      // (d)(1)(i): every parent that expects it; (ii): failing that, anyPolicy.
      const parents = expectedBy.get(policy) ?? (hasAny ? [anyPolicyOid] : [])
      if (parents.length > 0) this.#add(level, policy, [policy], parents)
      if (this.#budget.takePause()) yield pause
    }
    if (policies.includes(anyPolicyOid) && anyPolicyAllowed) {
      // (d)(2): every expected policy that this certificate did not name.
      for (const [policy, parents] of expectedBy) {
        if (!level.has(policy)) this.#add(level, policy, [policy], parents)
        if (this.#budget.takePause()) yield pause
      }
    }
  }

  * #indexExpected(level: Level): Generator<Pause, Map<string, string[]>, unknown> {
    const expectedBy = new Map<string, string[]>()
    for (const [policy, node] of level) {
      if (this.#budget.takePause()) yield pause
      for (const expected of node.expected) {
        this.#budget.chargePolicies(1)
        append(expectedBy, expected, policy)
      }
    }
    return expectedBy
  }

  #add(level: Level, policy: string, expected: readonly string[], parents: readonly string[]): void {
    this.#budget.chargePolicies(1 + parents.length)
    level.set(policy, { expected: new Set(expected), parents: new Set(parents) })
  }

  /** RFC 5280 6.1.4(b): the mappings of a certificate that has another below it. */
  * applyMappings(mappings: readonly PolicyMapping[], mappingAllowed: boolean): Generator<Pause, void, unknown> {
    const level = this.#last
    const targets = new Map<string, Set<string>>()
    for (const { issuerDomainPolicy, subjectDomainPolicy } of mappings) {
      this.#budget.chargePolicies(1)
      if (this.#budget.takePause()) yield pause
      // 6.1.4(a) refuses such a certificate; the graph must not take it in, or anyPolicy would gain other parents.
      if (issuerDomainPolicy === anyPolicyOid || subjectDomainPolicy === anyPolicyOid) continue
      const set = targets.get(issuerDomainPolicy)
      if (set === undefined) targets.set(issuerDomainPolicy, new Set([subjectDomainPolicy]))
      else set.add(subjectDomainPolicy)
    }
    for (const [policy, expected] of targets) {
      if (this.#budget.takePause()) yield pause
      const node = level.get(policy)
      if (!mappingAllowed) {
        // (b)(2): a mapped policy goes, and what only led to it with it.
        level.delete(policy)
      } else if (node !== undefined) {
        // (b)(1)
        node.expected = expected
      } else if (level.has(anyPolicyOid)) {
        // (b)(1), second part: anyPolicy stood for it.
        this.#add(level, policy, [...expected], [anyPolicyOid])
      }
    }
  }

  /**
   * RFC 5280 6.1.5(g): the valid policies in the anchor’s domain, within the user’s set.
   * Empty means that the valid_policy_tree has become NULL.
   */
  * userConstrainedPolicies(initialPolicySet: readonly string[]): Generator<Pause, readonly string[], unknown> {
    const authority = yield* this.#authorityPolicies()
    const userAny = initialPolicySet.includes(anyPolicyOid)
    const valid = new Set<string>()
    for (const policy of authority) {
      if (userAny || initialPolicySet.includes(policy)) valid.add(policy)
    }
    // (g)(iii)(3): anyPolicy down to the leaf stands for every policy of the user’s set.
    if (!userAny && authority.has(anyPolicyOid)) for (const policy of initialPolicySet) valid.add(policy)
    return [...valid].sort()
  }

  /** valid_policy_node_set: policies under an anyPolicy parent from which the last level can be reached. */
  * #authorityPolicies(): Generator<Pause, ReadonlySet<string>, unknown> {
    const found = new Set<string>()
    let reached = new Set(this.#last.keys())
    for (let i = this.#levels.length - 1; i > 0; i--) {
      const level = this.#levels[i]!
      const above = new Set<string>()
      for (const policy of reached) {
        const node = level.get(policy)
        if (node === undefined) continue
        // Every node and edge was charged when it was made.
        this.#budget.addWork(node.parents.size)
        if (this.#budget.takePause()) yield pause
        if (node.parents.has(anyPolicyOid) && (policy !== anyPolicyOid || i === this.#levels.length - 1)) found.add(policy)
        for (const parent of node.parents) above.add(parent)
      }
      reached = above
    }
    return found
  }
}
