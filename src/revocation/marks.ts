/**
 * The roll-back guard: what a verifier has accepted last from each issuer for each scope. Older data that says “good” is not
 * used any more, wherever it comes from, so that a store or a server that is made to go back in time cannot unrevoke
 * anybody. Stores like key-value services have no compare-and-set, so the guard is in the verifier that reads.
 */

/** The most issuers and scopes that are watched. Beyond it the one that was heard of longest ago is forgotten. */
export const maxMarks = 4096

/** How new a list or answer is. Lists of one scope are ordered by number where both have one (RFC 5280 5.2.3), else by date. */
export interface Edition {
  readonly number: bigint | undefined
  /** thisUpdate, milliseconds since 1970. */
  readonly time: number
}

export function isOlder(a: Edition, b: Edition): boolean {
  return a.number !== undefined && b.number !== undefined ? a.number < b.number : a.time < b.time
}

export class RollBackMarks {
  readonly #newest = new Map<string, Edition>()

  /** Whether something newer was accepted before. */
  isRolledBack(key: string, edition: Edition): boolean {
    const newest = this.#newest.get(key)
    return newest !== undefined && isOlder(edition, newest)
  }

  raise(key: string, edition: Edition): void {
    const newest = this.#newest.get(key)
    this.#newest.delete(key)
    this.#newest.set(key, newest !== undefined && isOlder(edition, newest) ? newest : edition)
    if (this.#newest.size > maxMarks) this.#newest.delete(this.#newest.keys().next().value!)
  }
}
