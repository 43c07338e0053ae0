/** Measured cases as rows, and the ratios that something is expected of. */
import type { Measured } from './report.ts'
import { ratiosOf } from './timing.ts'
import type { Spread, Timed } from './timing.ts'

export interface MeasuredCase {
  readonly group: string
  readonly case: string
  readonly timed: readonly Timed[]
}

export interface Row {
  readonly group: string
  readonly case: string
  readonly subject: string
  /** Median microseconds per operation. */
  readonly us: number
}

export function rowsOf({ times, worst, growth = [] }: Measured): Row[] {
  const cases = [...(times?.cases ?? []), ...(worst === undefined ? [] : [worst.signatures, ...worst.cases])]
  return [
    ...cases.flatMap(({ case: name, timed }) => timed.map(({ group, subject, us }) => ({ group, case: name, subject, us: rounded(us) }))),
    ...growth.flatMap(({ series, points }) => points.map(([size, us]) => ({
      group: 'growth', case: `${series.name}-${size}`, subject: 'countersign', us: rounded(us),
    }))),
  ]
}

/** What a ratio is expected to be: at most, or at least. */
interface Expectation {
  readonly group: string
  readonly cases: readonly string[]
  readonly of: string
  readonly to: string
  readonly most?: number
  readonly least?: number
}

const expectations: readonly Expectation[] = [
  { group: 'parse', cases: ['roots'], of: 'pkijs', to: 'countersign', least: 100 },
  { group: 'parse', cases: ['roots'], of: '@peculiar/x509', to: 'countersign', least: 100 },
  { group: 'parse', cases: ['roots'], of: 'node:crypto', to: 'countersign', least: 10 },
  { group: 'verify-cold', cases: ['p256', 'rsa2048', 'ed25519'], of: 'countersign', to: 'floor', most: 1.15 },
  { group: 'verify-warm', cases: ['p256', 'ed25519'], of: 'countersign', to: 'floor', most: 1.15 },
  { group: 'verify-warm', cases: ['rsa2048'], of: 'countersign', to: 'floor', most: 1.25 },
  { group: 'verify-cold-sync', cases: ['p256', 'rsa2048', 'ed25519'], of: 'countersign/node', to: 'floor', most: 1.15 },
  { group: 'verify-warm-sync', cases: ['p256', 'ed25519'], of: 'countersign/node', to: 'floor', most: 1.15 },
  { group: 'verify-warm-sync', cases: ['rsa2048'], of: 'countersign/node', to: 'floor', most: 1.25 },
  // At least 85 % of the throughput is at most 1 / 0.85 of the time.
  { group: 'verify-64', cases: ['p256', 'rsa2048', 'ed25519'], of: 'countersign', to: 'floor', most: 1 / 0.85 },
]

/** The worst case takes at most twice the time of the signatures alone. */
const worstRatio = 2

export interface RatioRow {
  readonly group: string
  readonly case: string
  readonly what: string
  readonly ratio: Spread
  readonly expected: string
  readonly met: boolean
}

/** The ratios that something is expected of, as far as their cases were measured. */
export function ratioRows({ times, worst }: Measured): RatioRow[] {
  const rows = expectations.flatMap(({ cases, ...rest }) => cases.flatMap((name) => {
    const found = times?.cases.find((measured) => measured.group === rest.group && measured.case === name)
    return found === undefined ? [] : [ratioRow(found, rest)]
  }))
  return [...rows, ...(worst?.cases ?? []).map((found) => ratioRow(found, { group: 'worst', of: 'countersign', to: 'floor', most: worstRatio }))]
}

function ratioRow(found: MeasuredCase, { group, of, to, most, least }: Omit<Expectation, 'cases'>): RatioRow {
  const timedOf = (subject: string): Timed => found.timed.find((timed) => timed.subject === subject && timed.group === group)!
  const ratio = ratiosOf(timedOf(of), timedOf(to))
  return {
    group, case: found.case, what: `${of} / ${to}`, ratio,
    expected: least === undefined ? `at most ${fixed(most!)}` : `at least ${least}`,
    met: ratio.median >= (least ?? 0) && ratio.median <= (most ?? Infinity),
  }
}

function rounded(us: number): number {
  return Number(us.toPrecision(4))
}

/** Three significant digits. */
export function fixed(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en').replaceAll(',', ' ') : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** Rows of cells, the first the heading, as a Markdown table whose columns stand under each other as plain text too. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)))
  const line = (cells: readonly string[], fill = ' '): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!, fill)).join(' | ')} |`
  const [heading, ...rest] = rows
  return [line(heading!), line(heading!.map(() => ''), '-'), ...rest.map((row) => line(row))].join('\n')
}
