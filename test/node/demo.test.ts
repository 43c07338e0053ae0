/**
 * The demonstration succeeds, and cannot succeed with a verifier that always says the same.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../../dist/demo/main.js', import.meta.url))
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/

let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'countersign-demo-')) })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs the demonstration; `body` replaces `verifySync(verifier, request)`, with `real` the original. */
function run(body?: string): { status: number | null, text: string } {
  const preload: string[] = []
  if (body !== undefined) {
    const hooks = `
      export async function load(url, context, next) {
        if (!/\\/node\\/verify-sync\\.js$/.test(url)) return next(url, context)
        const source = ${JSON.stringify("import { verifySync as real } from 'REAL'; export * from 'REAL'; let last; export function verifySync(verifier, request) { BODY }")}
          .replaceAll('REAL', url + '?real').replace('BODY', ${JSON.stringify(body)})
        return { format: 'module', shortCircuit: true, source }
      }`
    const file = join(folder, 'preload.mjs')
    writeFileSync(join(folder, 'hooks.mjs'), hooks)
    writeFileSync(file, `import { register } from 'node:module'; register(${JSON.stringify(pathToFileURL(join(folder, 'hooks.mjs')).href)})`)
    preload.push('--import', pathToFileURL(file).href)
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [...preload, main], { encoding: 'utf8', timeout: 30_000 })
  return { status, text: stdout + stderr }
}

describe('npm run demo', () => {
  it('holds all it promises, in plain text where nobody looks', () => {
    const { status, text } = run()
    expect(text).toMatch(/ 17 expectations held, 0 did not/)
    expect(text).toMatch(/TLSv1\.3/)
    expect(text).toMatch(/ERR_SSL_BAD_SIGNATURE/)
    expect(text).not.toMatch(control)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
    expect(status).toBe(0)
  })

  it('the replacement by itself changes nothing', () => {
    expect(run('return real(verifier, request)').status).toBe(0)
  })

  it('fails with a verifier that always accepts', () => {
    const { status, text } = run('const v = real(verifier, request); if (v.ok) last = v; return v.ok ? v : last ?? v')
    expect(text).toMatch(/WRONG: refused/)
    expect(status).toBe(1)
  })

  it('fails with a verifier that always refuses', () => {
    const { status, text } = run("return real(verifier, { ...request, names: { anyOf: [{ dns: 'nobody.invalid' }] } })")
    expect(text).toMatch(/WRONG: both ends accept/)
    expect(status).toBe(1)
  })
})
