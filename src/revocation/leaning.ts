/**
 * Certificates whose status is being found out, and who was taken at its word meanwhile: a signer whose own status stands on
 * what it signed. What leaned on such a word is not remembered beyond the moment when that status is known.
 */
import type { Certificate } from '../x509/index.ts'
import type { RevocationRequest, RevocationResponse } from './types.ts'

type Steps<T> = Generator<RevocationRequest, T, RevocationResponse>

export class Leaning {
  readonly #open = new Set<Certificate>()
  #on = new Set<Certificate>()

  /** Whether its status is still open; whoever asks leans on that. */
  leansOn(certificate: Certificate): boolean {
    if (!this.#open.has(certificate)) return false
    this.#on.add(certificate)
    return true
  }

  /** Does the steps, and says whether they leaned on a status that is still open. `about` is open for as long. */
  * during<T>(steps: Steps<T>, about?: Certificate): Steps<{ readonly value: T; readonly leans: boolean }> {
    const outer = this.#on
    const own = this.#on = new Set<Certificate>()
    if (about !== undefined) this.#open.add(about)
    const value = yield* steps
    if (about !== undefined) {
      this.#open.delete(about)
      own.delete(about)
    }
    for (const certificate of own) outer.add(certificate)
    this.#on = outer
    return { value, leans: own.size > 0 }
  }
}
