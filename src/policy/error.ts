/** What is wrong with a policy document, and where. */

export type PolicyProblemCode =
  /** The document is no JSON, or no object. To do: hand over the text of the document, or what `JSON.parse` made of it. */
  | 'policy/not-a-policy'
  /** `version` is another than 1. To do: write `"version": 1`, or take a release that knows the version. */
  | 'policy/unsupported-version'
  /** A member that policies do not have at this place, often a misspelt one. To do: take it out, or write it as policy.schema.json does. */
  | 'policy/unknown-member'
  /** A member that is required at this place is missing. To do: write it out: nothing has a default that allows. */
  | 'policy/missing-member'
  /** The policy asks about a field that there is not, or that cannot stand here. To do: see docs/policy.md, “Fields”. */
  | 'policy/unknown-field'
  /** The field has no such matcher. To do: take one of those that `expected` names. */
  | 'policy/unknown-matcher'
  /** The value is none that the member or matcher can have. To do: write what `expected` says. */
  | 'policy/bad-value'
  /** Two rules have one `id`. To do: give each its own: decisions name the rule by it. */
  | 'policy/duplicate-id'
  /** A member stands twice in one object, and readers differ in which of them counts. To do: leave one. */
  | 'policy/duplicate-member'
  /** Conditions are nested too deeply. To do: write several rules. */
  | 'policy/too-deep'
  /** There are more rules than a policy may have. To do: join rules, or use several policies. */
  | 'policy/too-large'

export interface PolicyProblem {
  readonly code: PolicyProblemCode
  /** Place in the document, a JSON Pointer (RFC 6901); the empty string is the whole. */
  readonly place: string
  /** What was expected there, in words. */
  readonly expected: string
}

/** Thrown by `parsePolicy`. Holds all problems, not only the first. */
export class PolicyError extends Error {
  readonly code: PolicyProblemCode
  readonly problems: readonly PolicyProblem[]

  /** @internal */
  constructor(problems: readonly PolicyProblem[]) {
    super(problems.map(({ code, place, expected }) => `${code} at ${place || 'the top'}: expected ${expected}`).join('\n'))
    this.name = 'PolicyError'
    this.code = problems[0]!.code
    this.problems = Object.freeze([...problems])
  }
}
