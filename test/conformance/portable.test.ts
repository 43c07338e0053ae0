/** Our own input tables in Node, row by row and in both drivers, and the command that runs them in every runtime. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createSyncSignatureVerifier } from 'countersign/node'
import { canonicalJson } from './portable/case.ts'
import type { Chunk } from './portable/case.ts'
import { checkOf, policyOf, tableCases } from './portable/tables.ts'
import type { TableFile } from './portable/tables.ts'
import { compare, countVectors, summarizeRuntime } from './runtimes/compare.ts'
import { makeTables } from './tables/make.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const text = readFileSync(new URL('portable/tables.json', import.meta.url), 'utf8')
const file = JSON.parse(text) as TableFile
const rows = [...new Set(file.cases.map(({ row }) => row))]

describe('the input tables', () => {
  it.each(rows)('%s', async (row) => {
    const cases = file.cases.filter((entry) => entry.row === row)
    for (const { run } of tableCases({ cases })) {
      const result = await run()
      if ('skipped' in result) throw new Error(result.skipped)
      expect([result.id, result.actual, result.problem]).toEqual([result.id, result.expected, undefined])
    }
  })

  it('hold something refused in every row, and a clause in every case', () => {
    for (const row of rows) {
      const cases = file.cases.filter((entry) => entry.row === row)
      expect(cases.some(({ expected }) => expected !== 'accepted'), row).toBe(true)
      expect(cases.every(({ clause }) => clause !== ''), row).toBe(true)
    }
  })

  it('come out the same under the synchronous driver', async () => {
    const cases = file.cases.filter(({ policy }) => policy !== 'lacking')
    const results = await Promise.all(tableCases({ cases }).map(({ run }) => run()))
    cases.forEach((entry, i) => {
      const [outcome] = createSyncSignatureVerifier({ policy: policyOf(entry.policy) }).verifyAll([checkOf(entry)])
      const result = results[i]!
      expect([entry.name, 'verdict' in result && result.verdict]).toEqual([entry.name, outcome])
    })
  })

  it('are what the script makes', () => {
    expect(makeTables() === text).toBe(true)
  })
})

function command(args: readonly string[], path: string | undefined = process.env['PATH']): { lines: readonly string[], errors: string, status: number | null } {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', 'test/conformance/runtimes/main.ts', ...args],
    { cwd: root, encoding: 'utf8', env: { ...process.env, PATH: path } })
  return { lines: stdout.trimEnd().split('\n'), errors: stderr, status }
}

describe('conformance:runtimes', () => {
  it('prints a line for each runtime, and the sum', () => {
    const { lines, status } = command(['--only', 'node,bun', '--suites', 'tables'])
    const [node, bun, sum] = lines
    expect(node).toMatch(new RegExp(`^node [0-9a-f]{64} ${file.cases.length} 0$`))
    expect(bun?.split(' ')[1]).toBe(node?.split(' ')[1])
    expect(sum).toBe(`${2 * file.cases.length} passed, 0 failed`)
    expect(status).toBe(0)
  })

  it('says what it skips without the public vectors', () => {
    const { lines, status } = command(['--only', 'node', '--vectors', 'nowhere'])
    expect(lines.slice(0, 4).map((line) => line.split(':')[1])).toEqual([' limbo', ' bettertls', ' pkits', ' wycheproof'])
    expect(lines.at(-1)).toBe(`${file.cases.length} passed, 0 failed`)
    expect(status).toBe(0)
  })

  it('takes a missing runtime for a failure, unless it is left out by name', () => {
    const { errors, status } = command(['--only', 'chromium', '--suites', 'tables'], '/nowhere')
    expect(errors).toContain('not installed: chromium')
    expect(status).toBe(1)
    expect(command(['--only', 'node,chromium', '--skip', 'chromium', '--suites', 'tables'], '/nowhere').status).toBe(0)
  })

  it('names what it does not know', () => {
    for (const args of [['--only', 'netscape'], ['--suites', 'all'], ['--only', 'node', '--skip', 'node'], ['--quick']]) {
      expect(command(args).status).toBe(2)
    }
  })
})

describe('docs/runtimes.md', () => {
  it('names the versions that are installed', () => {
    const page = readFileSync(join(root, 'docs/runtimes.md'), 'utf8')
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { devDependencies: Record<string, string> }
    for (const name of ['deno', 'bun', 'workerd']) expect(page).toContain(`| ${devDependencies[name]}`)
  })
})

describe('comparing runtimes', () => {
  const chunks: readonly Chunk[] = [{ suite: 'wycheproof', file: 'some.json', data: {} }]
  const good = { id: 'some:1', expected: 'accepted', actual: 'accepted', tally: 'accepted', canonical: '{"ok":true}' }
  const bad = { id: 'some:2', expected: 'refused', actual: 'refused', code: 'crypto/invalid-signature', tally: 'refused', canonical: '{"ok":false}' }
  const report = (runtime: 'node' | 'deno', results: readonly object[], problem?: string) =>
    summarizeRuntime(runtime, chunks, { chunks: [results as never] }, problem)

  it('finds no difference where there is none', () => {
    const reports = [report('node', [good, bad]), report('deno', [good, bad])]
    expect(compare(reports)).toEqual([])
    expect(reports[0]).toMatchObject({ passed: 2, failed: 0, digest: reports[1]!.digest })
    expect(countVectors(reports)).toEqual(['some.json: 1 accepted, 1 refused, 0 unsupported (node, deno)'])
  })
  it('names the case in which two verdicts differ, though each passed', () => {
    const reports = [report('node', [good, bad]), report('deno', [good, { ...bad, canonical: '{"ok":false,"details":{}}' }])]
    expect(reports.map(({ failed }) => failed)).toEqual([0, 0])
    expect(compare(reports)[1]).toContain('DIFFER some:2')
  })
  it('counts a wrong result, a missing report and an early end', () => {
    expect(report('node', [{ ...good, actual: 'refused' }, bad])).toMatchObject({ passed: 1, failed: 1 })
    expect(report('node', [good], 'ended with 1')).toMatchObject({ passed: 1, failed: 1 })
    expect(summarizeRuntime('node', chunks, { chunks: [] }, undefined)).toMatchObject({ passed: 0, failed: 1 })
  })
  it('leaves out of the digest what a runtime has by itself', () => {
    const own = { ...good, id: 'bare:1', ofTheRuntime: true }
    expect(report('node', [good, own]).digest).toBe(report('deno', [good, { ...own, canonical: '{"ok":false}' }]).digest)
  })
})

describe('canonicalJson', () => {
  it('orders keys, and drops costs, times and what is undefined', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true, cost: { signatures: 3 }, time: 'now', u: undefined }))
      .toBe('{"a":true,"b":[1,{"c":"x","d":null}]}')
  })
})
