/** Measures the curves: the sizes of a series take turns, as the subjects of a case do. */
import { timeTogether } from '../timing.ts'
import type { Plan } from '../timing.ts'
import { certificatePolicies, constrainedNames, excludedSubtrees, permittedSubtrees, subjectAltNames } from './contents.ts'
import { anchors, chainLength, intermediates, together } from './graphs.ts'
import type { Series } from './series.ts'

export const allSeries: readonly Series[] = [
  chainLength, anchors, intermediates, subjectAltNames, constrainedNames, excludedSubtrees, permittedSubtrees, certificatePolicies, together,
]

export interface MeasuredSeries {
  readonly series: Series
  readonly points: readonly (readonly [size: number, us: number])[]
  /** Slope in the logarithms over the upper half of the sizes. */
  readonly slope: number
  /** The slope that the expected growth has over the same sizes, and a tenth for noise. */
  readonly most: number
}

const plan: Plan = { rounds: 9, turnMs: 20, maxOperations: 64 }

export async function measureSeries(series: Series): Promise<MeasuredSeries> {
  const subjects = []
  for (const size of series.sizes) subjects.push({ name: String(size), prepare: await series.create(size) })
  const timed = await timeTogether('growth', subjects, plan)
  const points = timed.map(({ us }, i): [number, number] => [series.sizes[i]!, us])
  const upper = points.slice(Math.floor((points.length - 1) / 2))
  const expected = upper.map(([size]): [number, number] => [size, series.expected.of(size)])
  return { series, points, slope: slopeOf(upper), most: slopeOf(expected) + 0.1 }
}

/** Least squares over the logarithms. */
export function slopeOf(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const)
  const mean = (of: 0 | 1): number => logs.reduce((sum, log) => sum + log[of], 0) / logs.length
  const [mx, my] = [mean(0), mean(1)]
  const over = logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0)
  return over / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0)
}
