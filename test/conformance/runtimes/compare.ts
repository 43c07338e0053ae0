/** What the runtimes reported: counted, digested, and held against each other. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Chunk } from '../portable/case.ts'
import type { PostedResult } from '../portable/client.ts'
import { summarize } from '../report.ts'
import type { CaseResult, Exception, SkippedCase } from '../report.ts'
import type { Reported } from './host.ts'
import type { RuntimeName } from './installed.ts'

export interface RuntimeReport {
  readonly runtime: RuntimeName
  /** Hexadecimal SHA-256 over the canonical JSON of all verdicts in order. */
  readonly digest: string
  readonly passed: number
  readonly failed: number
  readonly failures: readonly string[]
  /** Reason and number. */
  readonly skipped: ReadonlyMap<string, number>
  /** Id and canonical verdict of each case that belongs to the digest. */
  readonly verdicts: readonly (readonly [string, string])[]
  /** Counts by Wycheproof file. */
  readonly counts: ReadonlyMap<string, string>
}

function beside(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'))
}

/** `problem`: why the run ended before its time, if it did; that is a failure. */
export function summarizeRuntime(
  runtime: RuntimeName, chunks: readonly Chunk[], reported: Reported, problem: string | undefined,
): RuntimeReport {
  const exceptions = beside('exceptions.json') as Exception[]
  const codesBySuite = beside('expected-codes.json') as Record<string, Record<string, string>>
  const ended = problem ?? reported.problem
  const failures: string[] = ended === undefined ? [] : [`FAIL ${runtime} ended early: ${ended}`]
  const skipped = new Map<string, number>()
  const verdicts: (readonly [string, string])[] = []
  const counts = new Map<string, string>()
  let passed = 0
  chunks.forEach(({ suite, file }, i) => {
    const results = reported.chunks[i]
    if (results === undefined) {
      if (ended === undefined) failures.push(`FAIL ${suite} ${file}: no report`)
      return
    }
    const cases = results as unknown as readonly (CaseResult | SkippedCase)[]
    const ran = new Set(cases.map(({ id }) => id))
    const summary = summarize(cases, exceptions.filter((exception) => ran.has(exception.case)), codesBySuite[suite] ?? {})
    failures.push(...summary.failures)
    passed += summary.passed + summary.excepted
    for (const entry of cases) if ('skipped' in entry) skipped.set(entry.skipped, (skipped.get(entry.skipped) ?? 0) + 1)
    for (const result of results) {
      if (result['ofTheRuntime'] !== true) verdicts.push([String(result['id']), result.canonical ?? '"skipped"'])
    }
    if (suite.startsWith('wycheproof')) counts.set(suite === 'wycheproof' ? file : `${file} without implementations`, countsOf(results))
  })
  const digest = createHash('sha256').update(`[${verdicts.map(([, verdict]) => verdict).join(',')}]`).digest('hex')
  return { runtime, digest, passed, failed: failures.length, failures, skipped, verdicts, counts }
}

function countsOf(results: readonly PostedResult[]): string {
  const count = (tally: string): number => results.filter((result) => result['tally'] === tally).length
  return `${count('accepted')} accepted, ${count('refused')} refused, ${count('unsupported')} unsupported`
}

/** A line for each Wycheproof file and each distinct count, with the runtimes that have it. */
export function countVectors(reports: readonly RuntimeReport[]): string[] {
  const files = [...new Set(reports.flatMap(({ counts }) => [...counts.keys()]))]
  return files.flatMap((file) => {
    const texts = [...new Set(reports.map(({ counts }) => counts.get(file) ?? 'no report'))]
    return texts.map((text) => {
      const names = reports.filter(({ counts }) => (counts.get(file) ?? 'no report') === text).map(({ runtime }) => runtime)
      return `${file}: ${text} (${names.join(', ')})`
    })
  })
}

/** The first cases in which the verdicts of two runtimes differ. */
export function compare(reports: readonly RuntimeReport[], limit: number = 20): string[] {
  const [first, ...others] = reports
  if (first === undefined) return []
  const lines: string[] = []
  for (const other of others.filter(({ digest }) => digest !== first.digest)) {
    const length = Math.max(first.verdicts.length, other.verdicts.length)
    lines.push(`DIFFER ${first.runtime} and ${other.runtime}: ${first.verdicts.length} and ${other.verdicts.length} verdicts`)
    for (let i = 0, found = 0; i < length && found < limit; i++) {
      const [id, mine] = first.verdicts[i] ?? ['-', '-']
      const [otherId, theirs] = other.verdicts[i] ?? ['-', '-']
      if (id === otherId && mine === theirs) continue
      found++
      lines.push(`DIFFER ${id}: ${first.runtime} ${clip(mine)}; ${other.runtime} ${id === otherId ? '' : `${otherId} `}${clip(theirs)}`)
    }
  }
  return lines
}

function clip(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
