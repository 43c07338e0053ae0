/** The fetcher over each runtime’s own `fetch`, against servers that mean well and ill: the same outcomes everywhere. */
import { spawn } from 'node:child_process'
import type { ServerResponse } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findRuntime } from '../conformance/runtimes/installed.ts'
import { withWorkerd } from '../support/workerd.ts'
import { idle, serveHttp, type Served } from '../node/fetch-server.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Asks for everything below, and gives back the outcomes as JSON. */
const program = `
import { Fetcher } from './src/revocation/fetcher.ts'
export async function run(port) {
  const fetcherOf = (timeout) => new Fetcher({ fetch, allowedHosts: ['127.0.0.1'], ports: [port], timeout, retries: 1, maxBytes: { crl: 100000 } })
  const [fetcher, hasty] = [fetcherOf(20000), fetcherOf(500)]
  const outcomes = []
  for (const path of ['whole', 'moved', 'loop', 'private', 'elsewhere', 'absent', 'once', 'endless', 'slow', 'silent', 'short', 'drop', 'zipped']) {
    const { ok, bytes, failed } = await (path === 'slow' || path === 'silent' ? hasty : fetcher).get({ kind: 'crl', addresses: ['http://127.1:' + port + '/' + path] }, undefined)
    outcomes.push([path, ok ? bytes.length : failed[0].code + ' ' + (failed[0].code === 'fetch/network' ? '' : failed[0].details.reason ?? '')])
  }
  const { ok, bytes } = await fetcher.get({ kind: 'ocsp', addresses: ['http://127.0.0.1:' + port + '/echo'], body: Uint8Array.of(1, 2, 255) }, undefined)
  outcomes.push(['echo', ok && [...bytes]])
  const held = fetcher.get({ kind: 'crl', addresses: ['http://127.0.0.1:' + port + '/silent'] }, AbortSignal.timeout(50))
  outcomes.push(['aborted', await held.then(() => 'came', (error) => error.name)])
  return JSON.stringify(outcomes)
}`

const expected = [
  ['whole', 50_000], ['moved', 50_000], ['loop', 'fetch/redirect loop'], ['private', 'fetch/blocked-address host-not-allowed'],
  ['elsewhere', 'fetch/blocked-port '], ['absent', 'fetch/status '], ['once', 50_000], ['endless', 'fetch/too-large '], ['slow', 'fetch/timeout '],
  ['silent', 'fetch/timeout '], ['short', 'fetch/network '], ['drop', 'fetch/network '], ['zipped', 'fetch/too-large '],
  ['echo', [1, 2, 255]], ['aborted', 'TimeoutError'],
]

async function serveAll(): Promise<Served> {
  let count = 0
  // A hundred times the limit when it is unpacked.
  const zipped = gzipSync(new Uint8Array(10_000_000))
  const answers: Record<string, (response: ServerResponse) => void> = {
    '/whole': (response) => response.end(new Uint8Array(50_000)),
    '/moved': (response) => response.writeHead(301, { location: '/whole' }).end('moved'),
    '/loop': (response) => response.writeHead(302, { location: '/loop' }).end(),
    '/private': (response) => response.writeHead(302, { location: `http://169.254.169.254:${response.req.socket.localPort}/` }).end(),
    '/elsewhere': (response) => response.writeHead(302, { location: 'http://127.0.0.1:22/' }).end(),
    '/absent': (response) => response.writeHead(404).end('absent'),
    '/once': (response) => { if (count++ === 0) response.writeHead(503).end(); else response.end(new Uint8Array(50_000)) },
    '/endless': (response) => {
      const more = (): void => { while (!response.destroyed && response.write('a'.repeat(10_000))); }
      response.on('drain', more)
      more()
    },
    '/slow': (response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(timer))
    },
    '/silent': () => undefined,
    '/short': (response) => { response.writeHead(200, { 'content-length': 1000 }).write('abc', () => setTimeout(() => response.destroy(), 20)) },
    '/drop': (response) => response.destroy(),
    '/zipped': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(zipped),
  }
  return serveHttp((request, response) => {
    if (request.url === '/echo') request.pipe(response)
    else answers[request.url!]!(response)
  })
}

describe('the fetcher over a runtime’s own fetch', () => {
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-fetch-'))
    await build({ stdin: { contents: program, resolveDir: root }, outfile: join(folder, 'program.mjs'), bundle: true, format: 'esm', platform: 'neutral', logLevel: 'error' })
    writeFileSync(join(folder, 'main.mjs'), `import { run } from './program.mjs'\nconsole.log(await run(Number((globalThis.Deno?.args ?? process.argv.slice(2))[0])))\nglobalThis.Deno?.exit(0)\nprocess.exit(0)\n`)
    writeFileSync(join(folder, 'worker.mjs'), `import { run } from 'program.mjs'\nexport default { async fetch(request) { return new Response(await run(Number(new URL(request.url).pathname.slice(1)))) } }\n`)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(['node', 'deno', 'bun'] as const)('in %s', async (runtime) => {
    const served = await serveAll()
    const command = runtime === 'node' ? process.execPath : findRuntime(runtime)!.command
    const flags = runtime === 'deno' ? ['run', '--quiet', '--no-config', '--no-lock', '--no-prompt', '--allow-net=127.0.0.1'] : []
    const child = spawn(command, [...flags, join(folder, 'main.mjs'), String(served.port)], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, DENO_DIR: folder } })
    expect(JSON.parse(await text(child.stdout))).toEqual(expected)
    await idle(served)
  })

  it('in workerd', async () => {
    const served = await serveAll()
    const { command, version } = findRuntime('workerd')!
    writeFileSync(join(folder, 'config.capnp'), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "internet", network = (allow = ["private"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs"), (name = "program.mjs", esModule = embed "program.mjs")],
  compatibilityDate = "${version}",
);`)
    await withWorkerd(command, join(folder, 'config.capnp'), async (origin) => {
      const response = await fetch(`${origin}/${served.port}`)
      expect(await response.json()).toEqual(expected)
    })
  })
})
