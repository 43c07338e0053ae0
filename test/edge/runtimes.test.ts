/** The kit in every runtime that has fetch handlers, behind nginx; in workerd as the example Worker, through its own configuration. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findRuntime } from '../conformance/runtimes/installed.ts'
import { OpensslCa, freePort, freePorts, has, makeFolder, start, type Issued, type Program } from '../node/programs.ts'
import { withWorkerd } from '../support/workerd.ts'
import { proxies, secret } from './proxies.ts'

const present = has('openssl', 'version') && has('nginx', '-v')
const root = fileURLToPath(new URL('../..', import.meta.url))

/** The handler of the example, served by each runtime’s own server. */
const serve: Readonly<Record<string, string>> = {
  node: `import { createServer } from 'node:http'
createServer(async (request, response) => {
  const headers = Object.entries(request.headersDistinct).flatMap(([name, values]) => values.map((value) => [name, value]))
  const answer = await worker.fetch(new Request('http://' + request.headers.host + request.url, { method: request.method, headers }), env)
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
}).listen(port, '127.0.0.1', () => console.log('listening'))`,
  deno: `Deno.serve({ port, hostname: '127.0.0.1', onListen: () => console.log('listening') }, (request) => worker.fetch(request, env))`,
  bun: `Bun.serve({ port, hostname: '127.0.0.1', fetch: (request) => worker.fetch(request, env) }); console.log('listening')`,
}

describe.skipIf(!present)('the program nginx, with certificates of openssl, in front of', () => {
  const folder = makeFolder()
  const f = (name: string): string => join(folder.path, name)
  let ca: OpensslCa
  let anchor: OpensslCa
  let server: Issued
  let clients: Record<'good' | 'denied' | 'stranger', Issued>

  beforeAll(async () => {
    anchor = new OpensslCa(folder.path, 'root')
    ca = new OpensslCa(folder.path, 'ca', anchor)
    const other = new OpensslCa(folder.path, 'other')
    server = anchor.issue('localhost', ['extendedKeyUsage = serverAuth', 'subjectAltName = DNS:localhost'])
    const client = (issuer: OpensslCa, name: string, id: string): Issued => issuer.issue(name, ['extendedKeyUsage = clientAuth', `subjectAltName = URI:${id}`])
    clients = { good: client(ca, 'good', 'spiffe://bank.example/ns/pay/app'), denied: client(ca, 'denied', 'spiffe://bank.example/ns/ops'), stranger: client(other, 'stranger', 'spiffe://bank.example/ns/pay/app') }
    writeFileSync(f('secret.txt'), secret)
    const worker = fileURLToPath(new URL('../../examples/edge-worker/worker.mjs', import.meta.url))
    for (const [runtime, code] of Object.entries(serve)) {
      await build({
        stdin: {
          resolveDir: root, contents: `import worker from ${JSON.stringify(worker)}
const port = Number(process.argv[2]), [ROOTS, INTERMEDIATES, POLICY, SECRET] = process.argv.slice(3)
const env = { ROOTS, INTERMEDIATES, POLICY, SECRET }
${code}`,
        },
        outfile: f(`${runtime}.mjs`), bundle: true, format: 'esm', platform: 'node', target: 'es2022', logLevel: 'error',
      })
    }
  }, 60_000)
  afterAll(() => folder.remove())

  function ask(port: number, who?: Issued, path = '/payments/7', headers: Record<string, string> = {}): Promise<{ status: number; body: string }> {
    const credential = who === undefined ? {} : { cert: readFileSync(who.pem, 'utf8') + readFileSync(ca.pem, 'utf8'), key: readFileSync(who.key) }
    return new Promise((resolve, reject) => {
      const request = https.request({ host: '127.0.0.1', port, servername: 'localhost', path, ca: readFileSync(anchor.pem), agent: false, headers: { host: 'localhost', ...headers }, ...credential }, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (part: string) => { body += part }).on('end', () => resolve({ status: response.statusCode!, body }))
      })
      request.on('error', reject).end()
    })
  }

  async function behindNginx(backend: number): Promise<void> {
    const [open, lost] = await freePorts(2) as [number, number]
    const doors = [{ port: open, backend, proves: true, verifies: false }, { port: lost, backend, proves: false, verifies: false }] as const
    const nginx: Program = await proxies['nginx']!.start({ folder: folder.path, server, anchor, doors })
    const [{ port }, silent] = doors
    try {
      expect(await ask(port, clients.good)).toMatchObject({ status: 200, body: expect.stringMatching(/^\{"you":"spiffe:\/\/bank\.example\/ns\/pay\/app","rule":"payments","until":"20/) as string })
      const refused = { status: 403, body: '{"type":"about:blank","title":"Forbidden","status":403}' }
      expect(await ask(port, clients.good, '/other')).toEqual(refused)
      expect(await ask(port, clients.denied)).toEqual(refused)
      expect(await ask(port, clients.stranger)).toEqual(refused)
      expect(await ask(port)).toEqual(refused)
      expect(await ask(port, undefined, '/payments/7', { 'x-client-cert': encodeURIComponent(readFileSync(clients.good.pem, 'utf8')), 'x-client-verify': 'SUCCESS' })).toEqual(refused)
      expect(await ask(silent.port, clients.good)).toEqual(refused)
    } finally {
      await nginx.stop()
    }
  }

  test.each(['node', 'deno', 'bun'])('%s', async (name) => {
    const runtime = name === 'node' ? { command: process.execPath } : findRuntime(name as 'deno' | 'bun')
    expect(runtime).toBeDefined()
    const port = await freePort()
    const args = name === 'deno' ? ['run', '--allow-net', '--allow-env', '--no-config', '--no-lock'] : []
    const bindings = [anchor.pem, ca.pem, join(root, 'examples/edge-worker/policy.json'), f('secret.txt')].map((file) => readFileSync(file, 'utf8'))
    const program = start(runtime!.command, [...args, f(`${name}.mjs`), String(port), ...bindings])
    try {
      await program.until(/listening/)
      await behindNginx(port)
    } finally {
      await program.stop()
    }
  }, 60_000)

  test('workerd, the example Worker from the built package', async () => {
    const runtime = findRuntime('workerd')
    expect(runtime).toBeDefined()
    const out = f('worker')
    const { stdout, stderr, status } = spawnSync(process.execPath, ['examples/edge-worker/build.mjs', out, anchor.pem, ca.pem, f('secret.txt')], { cwd: root, encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^worker\.mjs: \d+ bytes, \d+ after brotli\n$/)
    console.log(stdout.trim())
    // Its own configuration, but for a port that is free.
    const configuration = join(out, 'config.capnp')
    copyFileSync(configuration, `${configuration}.orig`)
    writeFileSync(configuration, readFileSync(configuration, 'utf8').replace('127.0.0.1:8787', '127.0.0.1:0'))
    await withWorkerd(runtime!.command, configuration, async (origin) => {
      await behindNginx(Number(new URL(origin).port))
    })
  }, 60_000)
})
