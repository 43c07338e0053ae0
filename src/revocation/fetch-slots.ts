/**
 * Places for requests under way. What nobody has vouched for (issuers, whose addresses stand in certificates that are not
 * verified yet) may take half of them, so that a stranger’s slow servers leave room for lists and answers.
 */
import { unlessAborted } from './fetch-body.ts'

interface Waiting {
  readonly isUnvouched: boolean
  readonly start: () => void
}

export class Slots {
  readonly #most: number
  readonly #mostUnvouched: number
  readonly #waiting = new Set<Waiting>()
  #used = 0
  #usedUnvouched = 0

  constructor(most: number) {
    this.#most = most
    this.#mostUnvouched = Math.max(1, Math.floor(most / 2))
  }

  /** Runs the work when there is a place. Rejects with the signal’s reason where that is aborted before. */
  async run<T>(isUnvouched: boolean, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (!this.#hasPlace(isUnvouched)) {
      let entry: Waiting | undefined
      const turn = new Promise<void>((resolve) => {
        entry = { isUnvouched, start: resolve }
        this.#waiting.add(entry)
      })
      try {
        await unlessAborted(turn, signal)
      } catch (error) {
        // A place that was handed over in the same moment is handed on.
        if (!this.#waiting.delete(entry!)) this.#release(isUnvouched)
        throw error
      }
    } else this.#take(isUnvouched)
    try {
      return await work()
    } finally {
      this.#release(isUnvouched)
    }
  }

  #hasPlace(isUnvouched: boolean): boolean {
    return this.#used < this.#most && (!isUnvouched || this.#usedUnvouched < this.#mostUnvouched)
  }

  #take(isUnvouched: boolean): void {
    this.#used++
    if (isUnvouched) this.#usedUnvouched++
  }

  #release(isUnvouched: boolean): void {
    this.#used--
    if (isUnvouched) this.#usedUnvouched--
    for (const entry of this.#waiting) {
      if (!this.#hasPlace(entry.isUnvouched)) continue
      this.#waiting.delete(entry)
      this.#take(entry.isUnvouched)
      entry.start()
    }
  }
}
