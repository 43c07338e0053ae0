/** The examples of the README, of the migration guides and of examples/ do what they say. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pki } from './node/support.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'countersign-docs-')) })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function node(args: readonly string[], env: Record<string, string> = {}): { stdout: string, status: number | null } {
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', env: { ...process.env, ...env }, timeout: 30_000 })
  return { stdout: stdout + stderr, status }
}

async function files(): Promise<Record<string, string>> {
  const { root: authority, server, client } = await pki()
  const write = (name: string, text: string | Buffer | Uint8Array): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  return {
    ROOTS: write('roots.pem', authority.pem), SERVER_CERT: write('server.pem', server.cert), SERVER_KEY: write('server.key', server.key),
    CLIENT_CERT: write('client.pem', client.cert), CLIENT_KEY: write('client.key', client.key), CLIENT_URI: 'spiffe://bank.example/pay',
  }
}

describe('docs/threat-model.md', () => {
  const text = readFileSync(join(root, 'docs/threat-model.md'), 'utf8')
  const promises = [...text.matchAll(/^\| (?!promise|-)(.+) \| (.+) \|$/gm)].map(([, promise, shown]) => ({ promise: promise!, shown: shown! }))

  it('has promises', () => expect(promises.length).toBeGreaterThan(15))

  it.each(promises)('$promise', ({ shown }) => {
    const named = [...shown.matchAll(/`(test\/[^`]+)`: (.+?)(?=; `|$)/g)]
    expect(named.length).toBeGreaterThan(0)
    for (const [, file, title] of named) {
      const source = readFileSync(join(root, file!), 'utf8')
      const written = new RegExp(`(?:\\b(?:it|test|twins)\\b|\\]\\))[^\\n]*'${escaped(title!)}'`)
      expect(written.test(source), `${file}: ${title}`).toBe(true)
    }
  })
})

function escaped(literal: string): string {
  return literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

describe('examples', () => {
  it('verify-chain.mjs accepts, and explains a refusal', () => {
    const { stdout, status } = node(['examples/verify-chain.mjs'])
    expect(stdout).toContain('REFUSED: path/name-mismatch')
    expect(status).toBe(0)
  })

  it('revocation.mjs accepts the good certificate, and says why it refuses the revoked one', () => {
    const { stdout, status } = node(['examples/revocation.mjs'])
    expect(stdout).toMatch(/^accepted: CN=payments, revocation good\nREFUSED: revocation\/revoked\n[\s\S]*\n {2}│ {5}reason: keyCompromise\n/)
    expect(status).toBe(0)
  })

  it('node-mutual-tls.mjs is welcomed', async () => {
    const { stdout, status } = node(['examples/node-mutual-tls.mjs'], await files())
    expect(stdout).toContain('welcome, spiffe://bank.example/pay')
    expect(status).toBe(0)
  })

  it('node-https-server.mjs and node-mutual-tls.mjs say which file they lack', () => {
    for (const example of ['node-https-server.mjs', 'node-mutual-tls.mjs']) {
      const { stdout, status } = node([`examples/${example}`], { ROOTS: '', SERVER_CERT: '', SERVER_KEY: '' })
      expect(stdout).toBe('Name PEM files in the environment: ROOTS, SERVER_CERT, SERVER_KEY'
        + `${example === 'node-mutual-tls.mjs' ? ', CLIENT_CERT, CLIENT_KEY' : ''}; and a URI: CLIENT_URI\n`)
      expect(status).toBe(2)
    }
  })

  it('the README’s first example runs', async () => {
    const { ROOTS, CLIENT_CERT } = await files()
    const code = samples('README.md')[0]!
    const script = `
      import { readFileSync } from 'node:fs'
      const rootsPem = readFileSync(${JSON.stringify(ROOTS)}, 'utf8')
      const chainPem = readFileSync(${JSON.stringify(CLIENT_CERT)}, 'utf8')
      ${code}
      console.log(accepted.ok, verdict.ok)`
    const { stdout, status } = node(['--input-type=module', '-e', script])
    expect(stdout.trim()).toBe('true true')
    expect(status).toBe(0)
  })

  it('the README’s worker answers', async () => {
    const { root: authority, client } = await pki()
    const code = samples('README.md', 'js')[0]!.replace('export default', 'const worker =')
    const script = `${code}
      const ask = async (body) => (await worker.fetch(new Request('https://localhost/', { method: 'POST', body }), { ROOTS: ${JSON.stringify(authority.pem)} })).status
      console.log(await ask(${JSON.stringify(client.cert)}), await ask(${JSON.stringify(authority.pem)}))`
    const { stdout, status } = node(['--input-type=module', '-e', script])
    expect(stdout.trim()).toBe('200 403')
    expect(status).toBe(0)
  })

  it.each(['pkijs', 'peculiar-x509'].flatMap((from) => samples(`docs/migrating-from-${from}.md`).map((code, i) => ({ from, example: i + 1, code }))))(
    'migrating from $from: example $example runs, and accepts', async ({ code }) => {
      const { root: authority, client } = await pki()
      const bytes = (der: Uint8Array): string => `new Uint8Array(Buffer.from('${Buffer.from(der).toString('base64')}', 'base64'))`
      const script = `
        const rootDer = ${bytes(authority.der)}
        const leafDer = ${bytes(client.chain[0]!)}
        const intermediateDer = ${bytes(client.chain[1]!)}
        ${code}
        console.log('accepted', (typeof accepted === 'undefined' ? verdict : accepted).ok)`
      const { stdout, status } = node(['--input-type=module', '-e', script])
      expect(stdout).toContain('accepted true')
      expect(status).toBe(0)
    })
})

/** The code of a document, by its language: a program each. */
function samples(file: string, language: 'ts' | 'js' = 'ts'): readonly string[] {
  return [...readFileSync(join(root, file), 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)]
    .filter(([, written]) => written === language).map(([, , code]) => code!)
}
