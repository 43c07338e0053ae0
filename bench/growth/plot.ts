import { curveSvg } from '../svg.ts'
import type { MeasuredSeries } from './measure.ts'

/** The plot of a measured series. */
export function plotOf({ series, points }: MeasuredSeries): string {
  const flat = series.expected === 'constant'
  return curveSvg({
    title: series.title, xLabel: series.xLabel, yLabel: series.yLabel ?? 'time of one verification', points,
    guide: flat ? { label: 'constant', of: () => 1 } : { label: 'n log n', of: (x) => x * Math.log(x + 1) },
  })
}
