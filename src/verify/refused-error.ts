/** What `require` throws on a refusal. */
import type { RefusedVerdict } from './types.ts'

export class RefusedError extends Error {
  /** The whole verdict; pass it to `explain` for a text. */
  readonly verdict: RefusedVerdict
  /** The verdict’s code. */
  readonly code: RefusedVerdict['code']

  constructor(verdict: RefusedVerdict) {
    // The message carries no text of the peer’s: codes and clauses only.
    super(`certificate refused: ${verdict.code} (${verdict.issues[0]?.spec ?? 'no path'})`)
    this.name = 'RefusedError'
    this.verdict = verdict
    this.code = verdict.code
  }
}
