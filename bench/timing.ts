/**
 * Interleaved timing. In every round each subject has one turn, in an order that moves on by one a round, so that
 * whatever slows the machine down slows all of them; ratios are of turns of the same round.
 */

/** Does what was prepared, once for each operation. */
export type Turn = () => void | Promise<void>

export interface Subject {
  /** `countersign`, `floor`, or the peer's package name. */
  readonly name: string
  /** Another group for the subject's row, where it stands beside the others of the case. */
  readonly group?: string
  /** Makes what so many operations need; that time is not counted. */
  prepare(operations: number): Turn | Promise<Turn>
  /** Operations come in multiples of this; default 1. */
  readonly multiple?: number
}

export interface Plan {
  readonly rounds: number
  /** About how long one turn of one subject is to take. */
  readonly turnMs: number
  /** How long each subject runs before it is timed: compilers need hundreds of calls until they have settled. Default 100. */
  readonly warmUpMs?: number
  /** The most operations of one turn: bounds what `prepare` makes. */
  readonly maxOperations: number
}

export interface Timed {
  readonly subject: string
  readonly group: string
  /** Microseconds per operation, one for each round. */
  readonly rounds: readonly number[]
  /** Their median. */
  readonly us: number
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Times the subjects of one case against each other. */
export async function timeTogether(group: string, subjects: readonly Subject[], plan: Plan): Promise<Timed[]> {
  const operations: number[] = []
  for (const subject of subjects) operations.push(await calibrate(subject, plan))
  const rounds: number[][] = subjects.map(() => [])
  for (let round = 0; round < plan.rounds; round++) {
    for (let i = 0; i < subjects.length; i++) {
      const at = (i + round) % subjects.length
      rounds[at]!.push(await takeTurn(subjects[at]!, operations[at]!))
    }
  }
  return subjects.map((subject, i) => ({
    subject: subject.name, group: subject.group ?? group, rounds: rounds[i]!, us: median(rounds[i]!),
  }))
}

/** The ratios of two subjects, round by round. */
export function ratiosOf(a: Timed, b: Timed): Spread {
  const ratios = a.rounds.map((value, round) => value / b.rounds[round]!)
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Warms the subject up, and finds how many operations fill a turn. */
async function calibrate(subject: Subject, { turnMs, maxOperations, warmUpMs = 100 }: Plan): Promise<number> {
  const { multiple = 1 } = subject
  const rounded = (count: number): number => multiple * Math.max(1, Math.round(Math.min(count, maxOperations) / multiple))
  let count = multiple
  let spent = 0
  while (spent < warmUpMs) {
    const us = await takeTurn(subject, count)
    spent += (us * count) / 1000
    count = rounded(Math.min((turnMs * 1000) / us, 8 * count))
  }
  return count
}

/** Microseconds per operation of one turn. */
async function takeTurn(subject: Subject, operations: number): Promise<number> {
  const turn = await subject.prepare(operations)
  // What `prepare` left behind is not this turn's to collect.
  globalThis.gc?.({ type: 'minor' })
  const start = performance.now()
  const pending = turn()
  if (pending !== undefined) await pending
  return ((performance.now() - start) * 1000) / operations
}
