/**
 * What a user of the verifier ships: `scripts/check-bundle.mjs`, and that it notices what it is there for.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const script = fileURLToPath(new URL('../../scripts/check-bundle.mjs', import.meta.url))

let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'countersign-bundle-')) })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(...args: string[]): { status: number | null, stdout: string, stderr: string } {
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' })
}

function runOn(entry: string): ReturnType<typeof run> {
  const file = join(folder, 'entry.js')
  writeFileSync(file, entry)
  return run('--entry', file, '--ceiling', '10000000')
}

describe('the bundle of createVerifier, the parsers and explain', () => {
  it('stays below its ceiling, and holds nothing foreign', () => {
    const { status, stdout, stderr } = run()
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^(?:bundle, [a-z’ ]+: \d+ bytes minified, \d+ after brotli, of at most \d+\n)+$/)
    expect(status).toBe(0)
  })
})

describe('the check of the bundle', () => {
  it('fails above the ceiling', () => {
    const { status, stderr } = run('--ceiling', '1000')
    expect(stderr).toMatch(/^the bundle of the verifier is too large: \d+ bytes after brotli, at most 1000$/m)
    expect(status).toBe(1)
  })

  it.each([
    ['pkijs', "export { Certificate } from 'pkijs'", /^in the bundle of the verifier: node_modules\/pkijs$/m],
    ['asn1js', "export { fromBER } from 'asn1js'", /^in the bundle of the verifier: node_modules\/asn1js$/m],
    ['@peculiar/x509', "export { X509Certificate } from '@peculiar/x509'", /^in the bundle of the verifier: node_modules\/@peculiar\/x509$/m],
    ['a layer that is not of the verify path', "export * from './dist/cli/values.js'", /^in the bundle of the verifier: dist\/cli\/values.js$/m],
    ['a module of Node', "export { connect } from 'node:tls'", /^entry\.js imports node:tls from outside the bundle$/m],
    ['a module of Node without its prefix', "export { readFileSync } from 'fs'", /Could not resolve "fs"/],
  ])('fails for %s', (_, entry, message) => {
    const { status, stderr } = runOn(`${entry}\nexport { createVerifier } from 'countersign'`)
    expect(stderr).toMatch(message)
    expect(status).toBe(1)
  })
})
