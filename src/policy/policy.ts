/**
 * A policy that was read: what the evaluator works on.
 */
import type { Field } from './fields.ts'
import type { Test } from './matchers.ts'

export type Condition =
  | { readonly kind: 'allOf' | 'anyOf'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'not'; readonly conditions: readonly [Condition] }
  | Match

/** One field, and what one and the same value of it has to answer to. */
export interface Match {
  readonly kind: 'match'
  readonly place: string
  readonly field: Field
  /** The number of the field among those that the policy asks about. */
  readonly slot: number
  /** As the document has it. */
  readonly expected: Readonly<Record<string, unknown>>
  /** With the matcher `present`: whether there has to be a value. `tests` is empty then. */
  readonly present: boolean | undefined
  readonly tests: readonly Test[]
  /** Whether any of them can find a value unclear. */
  readonly doubtful: boolean
  /** The type of value that the tests can be asked about; undefined for all. */
  readonly type: string | undefined
}

export interface Rule {
  readonly id: string
  readonly effect: 'allow' | 'deny'
  readonly place: string
  readonly condition: Condition
}

export interface IdentitySource {
  readonly as: string
  readonly match: Match
}

export interface PolicyParts {
  readonly identity: readonly IdentitySource[] | 'none'
  readonly rules: readonly Rule[]
  /** The same by effect: a decision asks one kind at a time. */
  readonly allow: readonly Rule[]
  readonly deny: readonly Rule[]
  /** Names of the contracts whose word counts. */
  readonly proxies: ReadonlySet<string>
  readonly maxDecisionSeconds: number
  readonly trailingSlash: 'refuse' | 'ignore'
  /** Names of fields that may be secret and are shown all the same. */
  readonly loggable: ReadonlySet<string>
  /** The fields that the policy asks about, by name; a match knows the number of its own. */
  readonly fields: ReadonlyMap<string, number>
  /** The matches whose answer changes as time passes. */
  readonly timed: readonly Match[]
}

/** Made by `parsePolicy`; immutable. */
export class Policy {
  readonly #parts: PolicyParts
  readonly #document: string

  /** @internal */
  constructor(parts: PolicyParts, document: string) {
    this.#parts = parts
    this.#document = document
    Object.freeze(this)
  }

  /** @internal Throws `TypeError` where `policy` is not one of ours. */
  static partsOf(policy: Policy): PolicyParts {
    if (typeof policy !== 'object' || policy === null || !(#parts in policy)) throw new TypeError('policy: expected what parsePolicy returns')
    return policy.#parts
  }

  /** The document, as plain JSON. */
  toJSON(): unknown {
    return JSON.parse(this.#document)
  }
}
