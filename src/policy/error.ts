/** What is wrong with a policy document, and where. */

export type PolicyProblemCode =
  | 'policy/not-a-policy' | 'policy/unsupported-version' | 'policy/unknown-member' | 'policy/missing-member' | 'policy/unknown-field'
  | 'policy/unknown-matcher' | 'policy/bad-value' | 'policy/duplicate-id' | 'policy/duplicate-member' | 'policy/too-deep' | 'policy/too-large'

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
