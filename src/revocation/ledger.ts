/**
 * The roll-back marks as one verification sees them: as they stood when it began, so that the order in which it meets
 * lists and answers decides nothing. What it accepts is marked at its end.
 */
import type { Edition, RollBackMarks } from './marks.ts'

export class Ledger {
  readonly #marks: RollBackMarks
  readonly #accepted: (readonly [key: string, edition: Edition])[] = []

  constructor(marks: RollBackMarks) {
    this.#marks = marks
  }

  isRolledBack(key: string, edition: Edition): boolean {
    return this.#marks.isRolledBack(key, edition)
  }

  accept(key: string, edition: Edition): void {
    this.#accepted.push([key, edition])
  }

  close(): void {
    for (const [key, edition] of this.#accepted) this.#marks.raise(key, edition)
  }
}
