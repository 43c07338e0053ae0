/**
 * What a verifier keeps of revocation from one verification to the next: the roll-back marks, and under which keys the
 * signatures of lists were found good, so that a list of a million entries is hashed once. A signature that is remembered is
 * charged to the budget like one that is checked. And, for as long as one verification lasts, what its paths proved revoked.
 */
import { equalBytes } from '../asn1/index.ts'
import type { Budget } from '../path/index.ts'
import type { Crl } from './crl.ts'
import { RollBackMarks } from './marks.ts'
import type { Revocation } from './tally.ts'

/** The most keys that are remembered for a list: one that is good under more is not met. */
const maxKeys = 4

export class RevocationMemory {
  readonly marks: RollBackMarks = new RollBackMarks()
  /** Entries go with their lists, which are immutable. */
  readonly #signers = new WeakMap<Crl, Uint8Array[]>()
  readonly #revoked = new WeakMap<Budget, Map<string, Revocation>>()

  /**
   * What was proven revoked in a verification, which is known by its budget: by issuer and serial number. Who may speak depends
   * on the path, and what he says does not: it binds on the paths to other anchors as well, where he may not be known.
   */
  revokedIn(budget: Budget): Map<string, Revocation> {
    let revoked = this.#revoked.get(budget)
    if (revoked === undefined) this.#revoked.set(budget, (revoked = new Map()))
    return revoked
  }

  isSignedBy(crl: Crl, key: Uint8Array): boolean {
    return this.#signers.get(crl)?.some((signer) => equalBytes(signer, key)) === true
  }

  rememberSigner(crl: Crl, key: Uint8Array): void {
    const keys = this.#signers.get(crl)
    if (keys === undefined) this.#signers.set(crl, [key.slice()])
    else if (keys.length < maxKeys && !this.isSignedBy(crl, key)) keys.push(key.slice())
  }
}
