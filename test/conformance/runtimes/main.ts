/**
 * `npm run -s conformance:runtimes`: the portable suite in Node, Deno, Bun, workerd and Chromium, two at a time.
 *
 * It runs our own input tables always, and x509-limbo, BetterTLS and Wycheproof where their vectors are. Prints the
 * counts of each Wycheproof file, `FAIL` lines, for each runtime `RUNTIME DIGEST PASSED FAILED`, and the sum. The digest
 * is the SHA-256 of the canonical JSON of the verdicts in order. Exit status 1 if anything failed, if two digests
 * differ, or if a runtime is missing that was not left out; 2 for a usage error.
 *
 *     --only node,deno     these runtimes alone; firefox and webkit run if they are named here
 *     --skip chromium      all but these
 *     --suites tables      these suites alone: tables, limbo, bettertls, wycheproof
 *     --vectors FOLDER     where limbo.json.gz, bettertls.json.gz and wycheproof/ are; default ../shared/vectors
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeBundle } from './bundle.ts'
import { readChunks, suiteNames } from './chunks.ts'
import type { SuiteName } from './chunks.ts'
import { startHost } from './host.ts'
import { defaultRuntimes, findRuntime, knownRuntimes } from './installed.ts'
import type { RuntimeName } from './installed.ts'
import { launch } from './launch.ts'
import { compare, countVectors, summarizeRuntime } from './compare.ts'
import type { RuntimeReport } from './compare.ts'

interface Settings {
  readonly runtimes: readonly RuntimeName[]
  readonly suites: readonly SuiteName[]
  readonly vectors: string | undefined
}

function settingsOf(words: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...words],
    options: { only: { type: 'string' }, skip: { type: 'string' }, suites: { type: 'string' }, vectors: { type: 'string' } },
  })
  const only = listOf(values.only, knownRuntimes, '--only') ?? defaultRuntimes
  const skip = listOf(values.skip, knownRuntimes, '--skip') ?? []
  const runtimes = only.filter((name) => !skip.includes(name))
  if (runtimes.length === 0) throw new TypeError('no runtime is left')
  return { runtimes, suites: listOf(values.suites, suiteNames, '--suites') ?? suiteNames, vectors: values.vectors }
}

function listOf<T extends string>(text: string | undefined, known: readonly T[], option: string): readonly T[] | undefined {
  return text?.split(',').map((word) => {
    const found = known.find((name) => name === word)
    if (found === undefined) throw new TypeError(`${option}: ${word} is not one of ${known.join(', ')}`)
    return found
  })
}

async function main(): Promise<number> {
  let settings: Settings
  try {
    settings = settingsOf(process.argv.slice(2))
  } catch (error) {
    console.error((error as Error).message)
    console.error('usage: npm run -s conformance:runtimes -- [--only LIST] [--skip LIST] [--suites LIST] [--vectors FOLDER]')
    return 2
  }
  const missing = settings.runtimes.filter((runtime) => findRuntime(runtime) === undefined)
  if (missing.length > 0) {
    console.error(`not installed: ${missing.join(', ')} (leave out with --skip ${missing.join(',')})`)
    return 1
  }
  const { chunks, skipped } = readChunks(settings.suites, settings.vectors)
  for (const line of skipped) console.log(`skipped: ${line}`)

  const folder = mkdtempSync(join(tmpdir(), 'countersign-portable-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const bundle = join(folder, 'bundle.mjs')
  await makeBundle(bundle)
  const host = await startHost(chunks, bundle)
  const reports: RuntimeReport[] = []
  const waiting = [...settings.runtimes]
  const work = async (): Promise<void> => {
    for (let runtime = waiting.shift(); runtime !== undefined; runtime = waiting.shift()) {
      const start = performance.now()
      const problem = await launch(runtime, bundle, host).then(() => undefined, (error: unknown) => (error as Error).message)
      console.error(`${runtime} ${findRuntime(runtime)?.version}: ${((performance.now() - start) / 1000).toFixed(1)} s`)
      reports.push(summarizeRuntime(runtime, chunks, host.reported(runtime), problem))
    }
  }
  try {
    await Promise.all([work(), work()])
  } finally {
    await host.close()
  }

  reports.sort((a, b) => settings.runtimes.indexOf(a.runtime) - settings.runtimes.indexOf(b.runtime))
  for (const line of countVectors(reports)) console.log(line)
  for (const report of reports) {
    for (const line of report.failures) console.log(`${report.runtime} ${line}`)
    for (const [why, count] of report.skipped) console.log(`${report.runtime} skipped ${count}: ${why}`)
  }
  const differences = compare(reports)
  for (const line of differences) console.log(line)
  for (const { runtime, digest, passed, failed } of reports) console.log(`${runtime} ${digest} ${passed} ${failed}`)
  const sum = (pick: (report: RuntimeReport) => number): number => reports.reduce((total, report) => total + pick(report), 0)
  const failed = sum((report) => report.failed) + (differences.length > 0 ? 1 : 0)
  console.log(`${sum((report) => report.passed)} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}

process.exitCode = await main()
