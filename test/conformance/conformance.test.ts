/**
 * The public suites, by the same command a user types. Their data is not part of the repository: without it these tests
 * are skipped, and say so.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const vectors = join(root, '../shared/vectors')
const absent = !existsSync(vectors)

function run(suite: string, file: string): { lines: readonly string[], status: number | null } {
  const { stdout, status } = spawnSync(process.execPath, ['--import', 'tsx', 'test/conformance/main.ts', suite, file], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
  return { lines: stdout.trimEnd().split('\n'), status }
}

describe(absent ? 'conformance (skipped: ../shared/vectors is not here)' : 'conformance', () => {
  it.skipIf(absent)('x509-limbo: nothing fails, nothing is excepted', () => {
    const { lines, status } = run('limbo', join(vectors, 'limbo.json.gz'))
    expect(lines.slice(-2)).toEqual(['0 excepted, 0 skipped', '185 passed, 0 failed'])
    expect(status).toBe(0)
  })

  it.skipIf(absent)('BetterTLS: both scores are whole', () => {
    const { lines } = run('bettertls', join(vectors, 'bettertls.json.gz'))
    expect(lines.slice(-4)).toEqual([
      'SUCCESS cases: 297 passed, 0 failed', 'FAILURE cases: 2919 passed, 0 failed', '0 excepted, 0 skipped', '3216 passed, 0 failed',
    ])
  })

  it.skipIf(absent)('NIST PKITS: every case, with its lists', () => {
    const { lines } = run('pkits', join(vectors, 'pkits.json.gz'))
    expect(lines.slice(-2)).toEqual(['0 excepted, 0 skipped', '249 passed, 0 failed'])
  })

  it.skipIf(absent)('x509-limbo is decided by prefix and features, never by the rest of an id', () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-limbo-'))
    try {
      const file = JSON.parse(gunzipSync(readFileSync(join(vectors, 'limbo.json.gz'))).toString('utf8')) as { testcases: { id: string }[] }
      file.testcases.forEach((testcase, i) => { testcase.id = `${testcase.id.split('::')[0]}::x${i}` })
      writeFileSync(join(folder, 'renamed.json'), JSON.stringify(file))
      const { lines } = run('limbo', join(folder, 'renamed.json'))
      expect(lines.slice(-2)).toEqual(['0 excepted, 0 skipped', '185 passed, 0 failed'])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('a file that is none ends with status 2', () => {
    expect(run('limbo', join(root, 'package.json')).status).toBe(2)
    expect(run('nothing', join(root, 'package.json')).status).toBe(2)
  })
})
