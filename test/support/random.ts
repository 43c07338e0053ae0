/** Where choices come from: numbers of a seed, or the tape of a property test. */
export interface Choices {
  /** An integer in [0, count). */
  below(count: number): number
}

export function pick<T>(choices: Choices, values: readonly T[]): T {
  return values[choices.below(values.length)]!
}

/** A copy in another order. */
export function shuffled<T>(choices: Choices, values: readonly T[]): T[] {
  const copy = [...values]
  for (let i = copy.length - 1; i > 0; i--) {
    const j = choices.below(i + 1)
    ;[copy[i], copy[j]] = [copy[j]!, copy[i]!]
  }
  return copy
}

/** Choices written down: a shorter tape, or one of smaller numbers, is a simpler case. After its end every choice is the first. */
export class Tape implements Choices {
  readonly #numbers: readonly number[]
  #position = 0

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers
  }

  below(count: number): number {
    return (this.#numbers[this.#position++] ?? 0) % count
  }
}

/** Seeded pseudo-random numbers (the mulberry32 generator), so that every run can be had again. */
export class Random implements Choices {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  below(count: number): number {
    return Math.floor(this.next() * count)
  }
}
