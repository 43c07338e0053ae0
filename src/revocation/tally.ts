/**
 * What has been learnt about one certificate so far. The order in which sources are heard decides nothing: a proven
 * revocation stays, “good” needs every reason covered, and what was of no use is kept for the verdict.
 */
import type { Certificate } from '../x509/index.ts'
import type { JsonValue } from '../path/index.ts'
import { allReasons } from './scope.ts'
import { reasonFlag, reasonNames } from './types.ts'
import type { CertificateRevocation, RevocationAttempt, RevocationAttemptCode, RevocationReason, RevocationSource, SourceOrigin } from './types.ts'

/** Where a list or response came from. */
export interface Provenance {
  readonly origin: SourceOrigin
  readonly address?: string
}

/** Where something came from, without the thing itself. */
export function provenanceOf({ origin, address }: Provenance): Provenance {
  return address === undefined ? { origin } : { origin, address }
}

/** A proven revocation. */
export interface Revocation {
  /** CRLReason. */
  readonly reason: number
  readonly date: Date
  readonly invalidityDate: Date | undefined
  readonly source: RevocationSource
}

/** certificateHold (RFC 5280 5.3.1). */
export const hold = 6

export class Tally {
  readonly certificate: Certificate
  #revocation: Revocation | undefined
  #covered = 0
  #goodUntil = Infinity
  readonly #good = new Map<object, RevocationSource>()
  readonly #attempts: RevocationAttempt[] = []

  constructor(certificate: Certificate) {
    this.certificate = certificate
  }

  /** The reasons that are settled, as a mask of ReasonFlags. */
  get covered(): number {
    return this.#covered
  }

  get revocation(): Revocation | undefined {
    return this.#revocation
  }

  get isRevoked(): boolean {
    return this.#revocation !== undefined
  }

  get isSettled(): boolean {
    return this.isRevoked || this.#covered === allReasons
  }

  /**
   * Not revoked for these reasons, says this source: a list, or the answer of a response. It may say so again, beside others.
   * `until`: when it, or what proves its signer, ends (milliseconds since 1970).
   */
  good(heard: object, source: RevocationSource, reasons: number, until: number): void {
    this.#covered |= reasons
    this.#goodUntil = Math.min(this.#goodUntil, until)
    if (!this.#good.has(heard)) this.#good.set(heard, source)
  }

  /** Of several revocations one that cannot end binds, before a hold; then the earliest; of one date, that with the lowest reason. */
  revoked(revocation: Revocation): void {
    const known = this.#revocation
    const before = known === undefined ? -1 : Number(revocation.reason === hold) - Number(known.reason === hold) ||
      revocation.date.getTime() - known.date.getTime() || revocation.reason - known.reason
    if (before < 0) this.#revocation = revocation
  }

  failed(type: RevocationSource['type'], from: Provenance, code: RevocationAttemptCode, details: { readonly [key: string]: JsonValue } = {}): void {
    this.#attempts.push(Object.freeze({ type, ...provenanceOf(from), code, details: Object.freeze(details) }))
  }

  /** The latest time until which all that the status rests on holds, in milliseconds; Infinity where nothing says. */
  get goodUntil(): number {
    return this.#goodUntil
  }

  get usedStaple(): boolean {
    return [...this.#good.values()].some(({ origin }) => origin === 'stapled')
  }

  report(): CertificateRevocation {
    const { certificate } = this
    const attempts = Object.freeze([...new Map(this.#attempts.map((attempt) => [JSON.stringify(attempt), attempt]))]
      .sort(([a], [b]) => (a < b ? -1 : 1)).map(([, attempt]) => attempt).slice(0, maxReported))
    if (this.#revocation === undefined) {
      const status = this.isSettled ? 'good' : 'undetermined'
      const missing = status === 'good' || this.#covered === 0 ? [] : reasonNames.flatMap((name, i) => (name !== undefined && (reasonFlag(i) & ~this.#covered) !== 0 ? [name] : []))
      return Object.freeze({ certificate, status, ...(missing.length === 0 ? {} : { missingReasons: Object.freeze(missing) }), sources: Object.freeze([...this.#good.values()].slice(0, maxReported)), attempts })
    }
    const { reason, date, invalidityDate, source } = this.#revocation
    return Object.freeze({
      certificate, status: 'revoked', reason: reasonOf(reason), revocationDate: date, ...(invalidityDate === undefined ? {} : { invalidityDate }),
      sources: Object.freeze([source]), attempts,
    })
  }
}

/** The most attempts, and the most sources, that are reported for one certificate. */
const maxReported = 32

/** A number outside the enumeration is no reason that is known, and still a revocation. */
function reasonOf(reason: number): RevocationReason {
  return reasonNames[reason] ?? 'unspecified'
}
