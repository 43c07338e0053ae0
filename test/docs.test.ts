/** The examples of the README and of examples/ do what they say. */
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

  it('node-mutual-tls.mjs is welcomed', async () => {
    const { stdout, status } = node(['examples/node-mutual-tls.mjs'], await files())
    expect(stdout).toContain('welcome, spiffe://bank.example/pay')
    expect(status).toBe(0)
  })

  it('the README’s first example runs', async () => {
    const { ROOTS, CLIENT_CERT } = await files()
    const code = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))![1]!
    const script = `
      import { readFileSync } from 'node:fs'
      import { parseCertificates as parse } from 'countersign'
      const rootsPem = readFileSync(${JSON.stringify(ROOTS)}, 'utf8')
      const [leaf, ...intermediates] = parse(readFileSync(${JSON.stringify(CLIENT_CERT)}, 'utf8'))
      ${code}
      console.log(accepted.ok, verdict.ok)`
    const { stdout, status } = node(['--input-type=module', '-e', script])
    expect(stdout.trim()).toBe('true true')
    expect(status).toBe(0)
  })
})
