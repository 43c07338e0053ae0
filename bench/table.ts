/** Measured cases as rows, and as a table with the ratios that are expected. */
import type { ParsingCase } from './parsing.ts'
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

export function rowsOf(cases: readonly MeasuredCase[]): Row[] {
  return cases.flatMap(({ case: name, timed }) => timed.map(({ group, subject, us }) => ({ group, case: name, subject, us: rounded(us) })))
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
  // At least 85 % of the throughput is at most 1 / 0.85 of the time.
  { group: 'verify-64', cases: ['p256', 'rsa2048', 'ed25519'], of: 'countersign', to: 'floor', most: 1 / 0.85 },
]

export interface RatioRow {
  readonly group: string
  readonly case: string
  readonly what: string
  readonly ratio: Spread
  readonly expected: string
  readonly met: boolean
}

/** The ratios that something is expected of. */
export function ratioRows(cases: readonly MeasuredCase[]): RatioRow[] {
  return expectations.flatMap(({ group, cases: names, of, to, most, least }) => names.flatMap((name): RatioRow[] => {
    const found = cases.find((measured) => measured.group === group && measured.case === name)
    const a = found?.timed.find((timed) => timed.subject === of && timed.group === group)
    const b = found?.timed.find((timed) => timed.subject === to && timed.group === group)
    if (a === undefined || b === undefined) return []
    const ratio = ratiosOf(a, b)
    return [{
      group, case: name, what: `${of} / ${to}`, ratio,
      expected: least === undefined ? `at most ${fixed(most!)}` : `at least ${least}`,
      met: ratio.median >= (least ?? 0) && ratio.median <= (most ?? Infinity),
    }]
  }))
}

export function consoleTable(cases: readonly MeasuredCase[], parsing: ParsingCase): string {
  const times = cases.flatMap(({ case: name, timed }) => timed.map(({ group, subject, us, rounds }) => [
    group, name, subject, fixed(us), `${fixed(Math.min(...rounds))} – ${fixed(Math.max(...rounds))}`, readableNote(group, subject, parsing),
  ]))
  const ratios = ratioRows(cases).map(({ group, case: name, what, ratio, expected, met }) => [
    group, name, what, fixed(ratio.median), `${fixed(ratio.min)} – ${fixed(ratio.max)}`, expected, met ? 'yes' : 'NO',
  ])
  return [
    aligned([['group', 'case', 'subject', 'median µs', 'spread', ''], ...times]), '',
    aligned([['group', 'case', 'ratio', 'median', 'spread', 'expected', 'met'], ...ratios]),
  ].join('\n')
}

function readableNote(group: string, subject: string, { readable, total }: ParsingCase): string {
  if (!group.startsWith('parse')) return ''
  const count = readable.get(subject)?.[group === 'parse' ? 0 : 1]
  return count === undefined || count === total ? '' : `reads ${count} of ${total}`
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n')
}

/** Three significant digits. */
export function fixed(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en').replaceAll(',', ' ') : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

function rounded(us: number): number {
  return Number(us.toPrecision(4))
}
