/**
 * The benchmark of the built package: `npm run -s bench`. All subjects of a case are measured in one run, taking turns.
 *
 *   (nothing)   everything; writes bench/results.md and bench/plots
 *   --quick     `parse` and `verify` alone, in fewer and shorter rounds: under 40 seconds
 *   --times     `parse` and `verify` alone
 *   --worst     the dearest inputs within the default budget
 *   --growth    how the cost grows
 *   --memory    what parsed certificates and a verifier's caches hold
 *   --json      prints one JSON array of rows `{ group, case, subject, us }`, and nothing else
 *   --write     writes what was measured, where a flag would have kept it from being written
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { allSeries, measureSeries } from './growth/measure.ts'
import type { MeasuredSeries } from './growth/measure.ts'
import { measureMemory } from './memory.ts'
import { plotOf } from './growth/plot.ts'
import { consoleReport, markdownReport } from './report.ts'
import type { Measured } from './report.ts'
import { sectionsOf } from './section.ts'
import { warnIfStale } from './stale.ts'
import { rowsOf } from './table.ts'
import { measureTimes } from './times.ts'
import { measureWorst } from './worst/measure.ts'

const partNames = ['times', 'worst', 'growth', 'memory'] as const
type Part = (typeof partNames)[number]

const flags = new Set(process.argv.slice(2))
const known = ['--quick', '--json', '--write', ...partNames.map((part) => `--${part}`)]
for (const flag of flags) {
  if (known.includes(flag)) continue
  console.error(`unknown argument ${flag}; known: ${known.join(' ')}`)
  process.exit(2)
}
const quick = flags.has('--quick')
const json = flags.has('--json')
const chosen = partNames.filter((part) => flags.has(`--${part}`))
const parts: ReadonlySet<Part> = new Set(chosen.length > 0 ? chosen : quick ? ['times'] : partNames)
const write = flags.has('--write') || (!quick && !json && chosen.length === 0)

function progress(text: string): void {
  if (!json) process.stderr.write(`${text}\n`)
}

warnIfStale()
const measured: Measured = {
  times: parts.has('times') ? await measureTimes(quick, progress) : undefined,
  worst: parts.has('worst') ? await measureWorst(progress) : undefined,
  growth: parts.has('growth') ? await measureGrowth() : undefined,
  memory: parts.has('memory') ? await measureMemory(progress) : undefined,
}

async function measureGrowth(): Promise<MeasuredSeries[]> {
  const curves: MeasuredSeries[] = []
  for (const series of allSeries) {
    progress(`growth ${series.name}`)
    curves.push(await measureSeries(series))
  }
  return curves
}

if (write) {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  if (measured.growth !== undefined) {
    mkdirSync(`${folder}/plots`, { recursive: true })
    for (const curve of measured.growth) writeFileSync(`${folder}/plots/${curve.series.name}.svg`, plotOf(curve))
  }
  // A file with parts missing would read as if they had never been measured.
  if (parts.size === partNames.length) {
    const kept = sectionsOf(readFileSync(`${folder}/results.md`, 'utf8'))
    writeFileSync(`${folder}/results.md`, `${markdownReport(measured).trimEnd()}\n${kept === '' ? '' : `\n${kept}\n`}`)
  }
}
console.log(json ? JSON.stringify(rowsOf(measured)) : consoleReport(measured))
