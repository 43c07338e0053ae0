/** One curve: what grows, how an operation of each size is made, and what growth is expected. */
import type { Turn } from '../timing.ts'

export interface Series {
  /** The file's name, and the series' in the table. */
  readonly name: string
  readonly title: string
  readonly xLabel: string
  /** Default: the time of one verification. */
  readonly yLabel?: string
  readonly sizes: readonly number[]
  readonly expected: Growth
  /** For one size, once; what it returns makes one turn of so many operations. */
  create(size: number): Promise<(operations: number) => Turn | Promise<Turn>> | ((operations: number) => Turn | Promise<Turn>)
}

/** A shape of growth, as which a curve is expected to grow at most. */
export interface Growth {
  readonly name: string
  of(size: number): number
}

export const nLogN: Growth = { name: 'n log n', of: (n) => n * Math.log(n + 1) }
export const constant: Growth = { name: 'constant', of: () => 1 }
