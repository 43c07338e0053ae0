/**
 * The conformance runner: `npm run -s conformance -- SUITE FILE…`, with SUITE one of limbo, bettertls, pkits, wycheproof.
 *
 * Prints `FAIL id expected actual first-issue` for each failing case, then `N excepted, N skipped`, then
 * `N passed, N failed`. Exit status 1 if any case failed, 2 for a usage error. `--codes` prints the first code of each
 * refusal instead, for keeping expected-codes.json.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { runLimboCase } from './limbo.ts'
import type { LimboFile } from './limbo.ts'
import { runPkitsCase } from './pkits.ts'
import type { PkitsFile } from './pkits.ts'
import { summarize } from './report.ts'
import type { CaseResult, Exception, SkippedCase } from './report.ts'
import { runWycheproof } from './wycheproof.ts'
import type { WycheproofFile } from './wycheproof.ts'

type Results = readonly (CaseResult | SkippedCase)[]

const suites: Readonly<Record<string, (file: unknown) => Promise<Results>>> = {
  limbo: runLimboFile,
  bettertls: runLimboFile,
  pkits: (file) => inTurn((file as PkitsFile).cases, (testcase) => runPkitsCase(testcase, file as PkitsFile)),
}

function runLimboFile(file: unknown): Promise<Results> {
  const { version, testcases } = file as LimboFile
  if (version !== 1 || !Array.isArray(testcases)) throw new Error('not a limbo file of schema version 1')
  return inTurn(testcases, runLimboCase)
}

async function inTurn<T>(cases: readonly T[], run: (testcase: T) => Promise<CaseResult | SkippedCase>): Promise<Results> {
  const results: (CaseResult | SkippedCase)[] = []
  for (const testcase of cases) results.push(await run(testcase))
  return results
}

function readJson(path: string): unknown {
  const bytes = readFileSync(path)
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'))
}

function beside(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))
}

async function main(): Promise<number> {
  const words = process.argv.slice(2)
  const onlyCodes = words.includes('--codes')
  const [suite = '', ...files] = words.filter((word) => word !== '--codes')
  if (files.length === 0 || (suite !== 'wycheproof' && suites[suite] === undefined)) {
    console.error(`usage: npm run -s conformance -- ${[...Object.keys(suites), 'wycheproof'].join('|')} FILE…`)
    return 2
  }
  if (suite === 'wycheproof') return wycheproof(files)
  const results: (CaseResult | SkippedCase)[] = []
  for (const file of files) {
    try {
      results.push(...await suites[suite]!(readJson(file)))
    } catch (error) {
      console.error(`${file}: ${(error as Error).message}`)
      return 2
    }
  }
  if (onlyCodes) {
    for (const result of results) if (!('skipped' in result) && result.actual === 'refused') console.log(`${result.id} ${result.code ?? '-'}`)
    return 0
  }
  const ran = new Set(results.map(({ id }) => id))
  const exceptions = (beside('exceptions.json') as Exception[]).filter((exception) => ran.has(exception.case))
  const codes = (beside('expected-codes.json') as Record<string, Record<string, string>>)[suite] ?? {}
  const { failures, passed, excepted, skipped, byExpectation } = summarize(results, exceptions, codes)
  for (const line of failures) console.log(line)
  if (suite === 'bettertls') {
    const { accepted, refused } = byExpectation
    console.log(`SUCCESS cases: ${accepted.passed} passed, ${accepted.failed} failed`)
    console.log(`FAILURE cases: ${refused.passed} passed, ${refused.failed} failed`)
  }
  console.log(`${excepted} excepted, ${skipped} skipped`)
  console.log(`${passed} passed, ${failures.length} failed`)
  return failures.length > 0 ? 1 : 0
}

async function wycheproof(files: readonly string[]): Promise<number> {
  let passed = 0
  let failed = 0
  for (const file of files) {
    for (const driver of ['async', 'sync'] as const) {
      const { total, accepted, refused, unsupported, wrong } = await runWycheproof(readJson(file) as WycheproofFile, driver)
      for (const { id, expected, actual, comment } of wrong) console.log(`FAIL ${id} ${expected} ${actual} ${comment}`)
      console.log(`${file.split('/').at(-1)} ${driver}: ${accepted} accepted, ${refused} refused, ${unsupported} unsupported`)
      passed += total - wrong.length
      failed += wrong.length
    }
  }
  console.log('0 excepted, 0 skipped')
  console.log(`${passed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}

process.exitCode = await main()
