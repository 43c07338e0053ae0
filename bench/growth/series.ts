/** One curve: what grows, how an operation of each size is made, and what is expected of the slope. */
import type { Turn } from '../timing.ts'

export interface Series {
  /** The file's name, and the series' in the table. */
  readonly name: string
  readonly title: string
  readonly xLabel: string
  /** Default: the time of one verification. */
  readonly yLabel?: string
  readonly sizes: readonly number[]
  /** The most that the slope in the logarithms may be, over the upper half of the sizes. */
  readonly slope: number
  /** In words, beside the slope that was measured. */
  readonly expected: string
  /** For one size, once; what it returns makes one turn of so many operations. */
  create(size: number): Promise<(operations: number) => Turn | Promise<Turn>> | ((operations: number) => Turn | Promise<Turn>)
}

/** n log n over two decades has a slope of about 1.15; the rest is left to noise. */
export const nLogN: Pick<Series, 'slope' | 'expected'> = { slope: 1.2, expected: 'at most n log n' }
export const constant: Pick<Series, 'slope' | 'expected'> = { slope: 0.1, expected: 'constant' }
