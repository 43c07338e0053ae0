/**
 * What a verifier knows of a checker: enough to run it, and nothing that a verifier without one would have to carry.
 */
import type { Certificate } from '../x509/index.ts'
import type { Crl } from './crl.ts'
import type { FetchedIssuers } from './issuers.ts'
import type { JudgedPath } from './signers.ts'
import type { PathFinding } from '../path/index.ts'
import type { RevocationMemory } from './memory.ts'
import type { FetchOutcome, FetchRequest } from './fetcher.ts'
import type { CertificateRevocation, RevocationRequest, RevocationResponse } from './types.ts'

/** `hard`: what cannot be settled is a refusal. `soft`: it is a warning in the verdict. A proven revocation always refuses. */
export type RevocationMode = 'hard' | 'soft'

/** Made by `createRevocationChecker`; says nothing by itself. */
export interface RevocationChecker {
  readonly mode: { readonly leaf: RevocationMode; readonly ca: RevocationMode }
  /**
   * Puts these lists in the place of those that were at hand, for every verification that begins its check of revocation
   * afterwards: for a list that is renewed in a file. A list that is older than what a verifier has accepted is still not used.
   *
   * @throws `TypeError` naming the list that cannot be read; those before stay
   */
  setCrls(crls: readonly (Crl | Uint8Array)[]): void
}

export interface RevocationInput extends JudgedPath {
  /** What the peer stapled, DER. */
  readonly stapled: Uint8Array | undefined
  /** Whether the leaf is judged as a TLS server’s, which can be made to staple (RFC 7633). */
  readonly isServer: boolean
}

export interface PathRevocation {
  /** From the leaf up; certificates below a refused one are left out. */
  readonly certificates: readonly CertificateRevocation[]
  /** What refuses the path. */
  readonly findings: readonly PathFinding[]
  /** What a soft mode lets pass. */
  readonly warnings: readonly PathFinding[]
  /** Milliseconds since 1970 until which every answer holds. */
  readonly validUntil: number
}

export interface CheckerInternals {
  /** Whether it asks the network, which only a driver that can wait is able to. */
  readonly fetches: boolean
  createMemory(): RevocationMemory
  /** Judges the revocation of one path, sans I/O. */
  check(input: RevocationInput, memory: RevocationMemory): Generator<RevocationRequest, PathRevocation, RevocationResponse>
  /** Asks for issuers that are missing; absent where nobody is to be asked for them. */
  fetchIssuers?(certificate: Certificate, asked: Set<string>): Generator<RevocationRequest, FetchedIssuers, RevocationResponse>
  /** What is kept for a request; undefined where nothing is. */
  recall(request: FetchRequest, signal: AbortSignal | undefined): Promise<FetchOutcome | undefined>
  /** Asks the network. Rejects for nothing but the caller’s abort. */
  fetch(request: FetchRequest, signal: AbortSignal | undefined): Promise<FetchOutcome | undefined>
  /** Keeps what was of use, until it is not any more. Never rejects. */
  keep(request: FetchRequest, address: string, bytes: Uint8Array, until: number): Promise<void>
}

const internalsByChecker = new WeakMap<RevocationChecker, CheckerInternals>()

export function registerChecker(checker: RevocationChecker, internals: CheckerInternals): void {
  internalsByChecker.set(checker, internals)
}

/** The internals of what `createRevocationChecker` made; undefined for anything else. */
export function checkerInternals(checker: unknown): CheckerInternals | undefined {
  return typeof checker === 'object' && checker !== null ? internalsByChecker.get(checker as RevocationChecker) : undefined
}
