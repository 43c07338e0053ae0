import { curveSvg } from '../svg.ts'
import type { MeasuredSeries } from './measure.ts'

/** The plot of a measured series. */
export function plotOf({ series, points }: MeasuredSeries): string {
  return curveSvg({
    title: series.title, xLabel: series.xLabel, yLabel: series.yLabel ?? 'time of one verification', points,
    guide: { label: series.expected.name, of: series.expected.of },
  })
}
