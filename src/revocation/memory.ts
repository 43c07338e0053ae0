/**
 * What a verifier keeps of revocation from one verification to the next: the roll-back marks, and under which keys the
 * signatures of lists were found good, so that a list of a million entries is hashed once. A signature that is remembered is
 * charged to the budget like one that is checked.
 */
import { equalBytes } from '../asn1/index.ts'
import type { Crl } from './crl.ts'
import { RollBackMarks } from './marks.ts'

/** The most keys that are remembered for a list: one that is good under more is not met. */
const maxKeys = 4

export class RevocationMemory {
  readonly marks: RollBackMarks = new RollBackMarks()
  /** Entries go with their lists, which are immutable. */
  readonly #signers = new WeakMap<Crl, Uint8Array[]>()

  isSignedBy(crl: Crl, key: Uint8Array): boolean {
    return this.#signers.get(crl)?.some((signer) => equalBytes(signer, key)) === true
  }

  rememberSigner(crl: Crl, key: Uint8Array): void {
    const keys = this.#signers.get(crl)
    if (keys === undefined) this.#signers.set(crl, [key.slice()])
    else if (keys.length < maxKeys && !this.isSignedBy(crl, key)) keys.push(key.slice())
  }
}
