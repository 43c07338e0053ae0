/**
 * The packed tarball, as a user installs it: into an empty project, with and without the optional packages.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string, exports: Record<string, unknown> }
const subpaths = Object.keys(manifest.exports).filter((path) => !path.endsWith('.json')).map((path) => `countersign${path.slice(1)}`)

let folder: string
let tarball: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-package-'))
  // The scripts would build again; the tests run on what is built.
  const [packed] = JSON.parse(execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as [{ filename: string }]
  tarball = join(folder, packed.filename)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each([['with the optional packages', []], ['without them', ['--omit=optional']]] as const)('installed %s', (name, flags) => {
  let project: string
  beforeAll(() => {
    project = join(folder, name.replaceAll(' ', '-'))
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{ "name": "user", "private": true, "type": "module" }')
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...flags, tarball], { cwd: project, stdio: 'ignore' })
  }, 120_000)

  it('imports every subpath', () => {
    const script = `for (const path of ${JSON.stringify(subpaths)}) { const m = await import(path); if (Object.keys(m).length === 0) throw new Error(path) }; console.log('all')`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: project, encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(stdout.trim()).toBe('all')
  })

  it.each([['deno', ['eval', '--quiet']], ['bun', ['-e']]] as const)('imports the adapter of %s there', (runtime, words) => {
    const script = `import { connect } from 'countersign/${runtime}'; import { createVerifier } from 'countersign'; console.log(typeof connect, typeof createVerifier)`
    const { stdout } = spawnSync(join(root, 'node_modules/.bin', runtime), [...words, script], { cwd: project, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
    expect(stdout.trim()).toBe('function function')
  })

  it('has the command', () => {
    const { stdout, status } = spawnSync('npx', ['--no-install', 'countersign', '--version'], { cwd: project, encoding: 'utf8' })
    expect(stdout).toContain(manifest.version)
    expect(status).toBe(0)
  })

  it('type-checks in a strict project', () => {
    writeFileSync(join(project, 'user.ts'), `
      import { createVerifier, parseCertificates, explain, type Verdict } from 'countersign'
      import { verifySync } from 'countersign/node'
      export async function main(pem: string, leaf: Uint8Array): Promise<string> {
        const verifier = createVerifier({ anchors: parseCertificates(pem), purpose: 'clientAuth', revocation: 'none' })
        const verdict: Verdict = await verifier.verify({ leaf, names: { anyOf: [{ uri: 'spiffe://bank.example/pay' }] } })
        const sync = verifySync(verifier, { leaf, names: 'unchecked' })
        return verdict.ok && sync.ok ? verdict.validUntil.toISOString() : explain(verdict)
      }`)
    const result = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict',
      '--target', 'es2022', '--module', 'nodenext', '--skipLibCheck', 'false', '--types', 'node', '--typeRoots', join(root, 'node_modules/@types'), 'user.ts',
    ], { cwd: project, encoding: 'utf8' })
    expect(result.stdout).toBe('')
  })
})
