/**
 * Facts about the peer, and what they rest on. The class is the brand: nobody outside this package can make one, so
 * facts come from an accepted verdict (`verifiedPeer`) or under a trust contract (the edge kit), and from nothing else.
 */
import type { AttributeTypeAndValue } from '../x509/index.ts'
import type { Verification } from './types.ts'

/**
 * What matchers compare: texts, numbers (dates as milliseconds since 1970), whole RDNs, checked factors. Null: there is a value, and it cannot
 * be read, such as a name attribute that is no text.
 */
export type FactValue = string | number | boolean | null | readonly AttributeTypeAndValue[] | { readonly at: number; readonly strength: number | undefined }

/** Answers with the values of a field of the peer, in the form of its kind; empty or undefined where it has none. */
export type ReadPeerField = (key: string) => readonly FactValue[] | undefined

export class PeerFacts {
  readonly verification: Verification
  /** Milliseconds since 1970: the last moment at which the facts hold. */
  readonly validUntil: number
  readonly #read: ReadPeerField
  readonly #known = new Map<string, readonly FactValue[] | undefined>()

  /** @internal */
  constructor(verification: Verification, validUntil: number, read: ReadPeerField) {
    this.verification = Object.freeze(verification)
    this.validUntil = validUntil
    this.#read = read
    Object.freeze(this)
  }

  /** @internal Whether it is one of this package’s own. */
  static is(value: unknown): value is PeerFacts {
    return typeof value === 'object' && value !== null && #read in value
  }

  /** @internal Values of a field; undefined where there is none. Read once. */
  values(key: string): readonly FactValue[] | undefined {
    if (!this.#known.has(key)) {
      const values = this.#read(key)
      // A copy that nobody writes to, neither who reads it here nor who gave it.
      this.#known.set(key, values === undefined || values.length === 0 ? undefined : Object.freeze([...values]))
    }
    return this.#known.get(key)
  }
}
