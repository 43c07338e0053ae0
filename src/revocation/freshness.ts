/**
 * Whether a list or an answer is of now: thisUpdate, nextUpdate, and the caller’s `maxAge` (RFC 5280 6.3.3 (a), RFC 6960 3.2).
 */

export interface Dated {
  /** Milliseconds since 1970. */
  readonly thisUpdate: number
  readonly nextUpdate: number | undefined
}

/**
 * Milliseconds ahead that are no future. A responder that is asked during a verification dates its answer after the
 * verification began: this is ample for all that a checker waits for. Nothing older is believed for it.
 */
const justMade = 60_000

export class Freshness {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly skew: number
  readonly maxAge: number | undefined

  constructor(time: number, skew: number, maxAge: number | undefined) {
    this.time = time
    this.skew = skew
    this.maxAge = maxAge
  }

  isFuture(time: number): boolean {
    return time > this.time + Math.max(this.skew, justMade)
  }

  /** When a list or an answer ceases to count: by its own word, or by `maxAge`. */
  endOf({ thisUpdate, nextUpdate = Infinity }: Dated): number {
    return Math.min(nextUpdate, thisUpdate + (this.maxAge ?? Infinity))
  }

  problemOf({ thisUpdate, nextUpdate }: Dated): 'not-yet-valid' | 'expired' | 'too-old' | 'no-next-update' | undefined {
    if (this.isFuture(thisUpdate)) return 'not-yet-valid'
    if (nextUpdate !== undefined && nextUpdate < this.time - this.skew) return 'expired'
    if (this.maxAge !== undefined && thisUpdate + this.maxAge < this.time - this.skew) return 'too-old'
    // RFC 5280 5.1.2.5 wants nextUpdate; RFC 6960 4.2.2.1 reads its absence as “newer information is available all the time”.
    return nextUpdate === undefined && this.maxAge === undefined ? 'no-next-update' : undefined
  }
}
