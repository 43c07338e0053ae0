/** The cache in a Workers KV, in workerd itself. What stands behind the namespace is a server of this test, to which workerd speaks HTTP. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { findRuntime } from '../conformance/runtimes/installed.ts'
import { withWorkerd } from '../support/workerd.ts'
import { serveHttp } from './fetch-server.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const worker = `
import { createStorage } from 'unstorage'
import kvDriver from 'unstorage/drivers/cloudflare-kv-binding'
import { unstorageCache } from './src/stores/index.ts'
const every = Uint8Array.from({ length: 70000 }, (_, i) => i)
export default {
  async fetch(request, env) {
    const cache = unstorageCache(createStorage({ driver: kvDriver({ binding: env.CACHE }) }))
    await cache.set('http://crl.example.com/a.crl', every, Date.now() + 3600000)
    const back = await cache.get('http://crl.example.com/a.crl')
    await cache.set('b', Uint8Array.of(1), Date.now() + 3600000)
    await cache.delete('b')
    return Response.json([back.length, back.every((octet, i) => octet === every[i]), await cache.get('b') ?? null, await cache.get('c') ?? null])
  },
}`

it('keeps values in a Workers KV', async () => {
  const runtime = findRuntime('workerd')
  expect(runtime).toBeDefined()
  const held = new Map<string, Buffer>()
  const asked: string[] = []
  const store = await serveHttp((request, response) => {
    const url = new URL(request.url!, 'http://store')
    const key = decodeURIComponent(url.pathname)
    asked.push(`${request.method} ${url.searchParams.get('expiration_ttl') ?? ''}`.trim())
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      if (request.method === 'PUT') held.set(key, Buffer.concat(chunks))
      if (request.method === 'DELETE') held.delete(key)
      const value = request.method === 'GET' ? held.get(key) : Buffer.alloc(0)
      response.writeHead(value === undefined ? 404 : 200).end(value)
    })
  })
  const folder = mkdtempSync(join(tmpdir(), 'countersign-kv-'))
  await build({
    stdin: { contents: worker, resolveDir: root }, outfile: join(folder, 'worker.mjs'), bundle: true, format: 'esm', logLevel: 'error', conditions: ['workerd', 'worker'],
  })
  writeFileSync(join(folder, 'config.capnp'), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "store", external = (address = "127.0.0.1:${store.port}", http = ()))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
  compatibilityDate = "${runtime!.version}",
  bindings = [(name = "CACHE", kvNamespace = "store")],
);`)
  try {
    await withWorkerd(runtime!.command, join(folder, 'config.capnp'), async (origin) => {
      const response = await fetch(`${origin}/`)
      expect(await response.text()).toBe('[70000,true,null,null]')
      expect(asked).toEqual(['PUT 3600', 'GET', 'PUT 3600', 'DELETE', 'GET', 'GET'])
      expect([...held.keys()].map((key) => /^\/countersign:[0-9a-f]{64}$/.test(key))).toEqual([true])
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
