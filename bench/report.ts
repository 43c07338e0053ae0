/** What was measured, for people: on the console, and as bench/results.md. */
import { cpus } from 'node:os'
import type { MeasuredSeries } from './growth/measure.ts'
import type { MeasuredMemory } from './memory.ts'
import { fixed, ratioRows, tableOf } from './table.ts'
import type { MeasuredTimes } from './times.ts'
import type { MeasuredWorst } from './worst/measure.ts'

export interface Measured {
  readonly times: MeasuredTimes | undefined
  readonly worst: MeasuredWorst | undefined
  readonly growth: readonly MeasuredSeries[] | undefined
  readonly memory: MeasuredMemory | undefined
}

export function consoleReport(measured: Measured): string {
  return sections(measured).map(({ title, text }) => `${title}\n\n${text}`).join('\n\n')
}

export function markdownReport(measured: Measured): string {
  return ['# What the benchmark measured', 'Written by `npm run -s bench`; [docs/performance.md](../docs/performance.md) says how to read it.',
    machine(), ...sections(measured).map(({ title, text }) => `## ${title}\n\n${text}`)].join('\n\n') + '\n'
}

interface Section { readonly title: string, readonly text: string }

function sections({ times, worst, growth, memory }: Measured): Section[] {
  const ratios = ratioRows({ times, worst, growth, memory })
  return [
    ...(ratios.length === 0 ? [] : [{ title: 'Ratios', text: ratioTable(ratios) }]),
    ...(times === undefined ? [] : [{ title: 'Times', text: timesTable(times) }]),
    ...(worst === undefined ? [] : [{ title: 'The worst case within the default budget', text: worstText(worst) }]),
    ...(growth === undefined ? [] : [{ title: 'How the cost grows', text: growthTable(growth) }]),
    ...(memory === undefined ? [] : [{ title: 'Memory', text: memoryText(memory) }]),
  ]
}

function machine(): string {
  const processors = cpus()
  return `Node ${process.versions.node} (V8 ${process.versions.v8}, OpenSSL ${process.versions.openssl}), ${process.platform} ${process.arch}, ` +
    `${processors.length} × ${processors[0]?.model ?? 'unknown processor'}`
}

function ratioTable(rows: ReturnType<typeof ratioRows>): string {
  return tableOf([['group', 'case', 'ratio', 'median', 'least – most', 'expected', 'met'], ...rows.map(({ group, case: name, what, ratio, expected, met }) => [
    group, name, what, fixed(ratio.median), `${fixed(ratio.min)} – ${fixed(ratio.max)}`, expected, met ? 'yes' : '**no**',
  ])])
}

function timesTable({ cases, parsing: { readable, total } }: MeasuredTimes): string {
  const note = (group: string, subject: string): string => {
    const count = group.startsWith('parse') ? readable.get(subject)?.[group === 'parse' ? 0 : 1] : undefined
    return count === undefined || count === total ? '' : `reads ${count} of ${total}`
  }
  return tableOf([['group', 'case', 'subject', 'median µs', 'least – most', 'note'], ...cases.flatMap(({ case: name, timed }) =>
    timed.map(({ group, subject, us, rounds }) => [
      group, name, subject, fixed(us), `${fixed(Math.min(...rounds))} – ${fixed(Math.max(...rounds))}`, note(group, subject),
    ]))])
}

function worstText({ signatures, dearest, cases }: MeasuredWorst): string {
  const dear = signatures.timed.map(({ subject, us }) => `${subject} ${fixed(us)} µs`).join(', ')
  return `One import and one verification: ${dear}. The floor is the signature budget of ${dearest} ones, one after another.\n\n` +
    tableOf([['input', 'ms', 'floor, ms', 'verdict', 'signatures', 'search steps', 'name comparisons', 'policy nodes'],
      ...cases.map(({ case: name, timed: [own, floor], verdict: { code, cost } }) => [
        name, fixed(own!.us / 1000), fixed(floor!.us / 1000), code,
        ...[cost.signatures, cost.searchSteps, cost.nameComparisons, cost.policyNodes].map(String),
      ])])
}

function growthTable(curves: readonly MeasuredSeries[]): string {
  return 'The slope is that of the time over the size, in the logarithms, over the upper half of the sizes: 0 is constant, 1 is linear.\n\n' +
    tableOf([['curve', 'sizes', 'first, µs', 'last, µs', 'slope', 'expected', 'met'], ...curves.map(({ series, points, slope, most }) => [
      `[${series.title}](plots/${series.name}.svg)`, `${series.sizes[0]!} – ${series.sizes[series.sizes.length - 1]!}`,
      fixed(points[0]![1]), fixed(points[points.length - 1]![1]), slope.toFixed(2), `at most ${series.expected.name}: ${most.toFixed(2)}`,
      slope <= most ? 'yes' : '**no**',
    ])])
}

function memoryText({ certificates, meanDer, held, verifiers }: MeasuredMemory): string {
  return `Of ${certificates} certificates of ${meanDer} bytes on average, on the heap and in array buffers:\n\n` +
    tableOf([['a certificate', 'bytes beyond its DER'], ...held.map(({ what, bytes }) => [what, String(bytes)])]) +
    '\n\nOf one verifier, after so many chains whose keys and certificates it had not seen. What its caches hold is bounded; the runtime\'s own part of an imported key is not counted:\n\n' +
    tableOf([['chains seen', 'kB held'], ...verifiers.map(({ chains, bytes }) => [String(chains), fixed(bytes / 1000)])])
}
