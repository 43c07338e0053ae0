/**
 * What the edge kit costs a request: `npm run -s bench:edge`. Writes its section of bench/results.md.
 *
 * In the process: a call of the handler with the kit, without it, and a bare signature check. Over HTTP, in Node and in workerd (whose clock
 * stands still while it computes): requests a second on 8 connections, with the kit, without it, and with a bare check, taking turns.
 */
import { webcrypto } from 'node:crypto'
import { Agent, createServer, request as httpRequest } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { findRuntime } from '../../test/conformance/runtimes/installed.ts'
import { withWorkerd } from '../../test/support/workerd.ts'
import { writeSection } from '../section.ts'
import { median, timeTogether } from '../timing.ts'
import type { Subject, Timed } from '../timing.ts'
import { onThisThread } from '../../dist/node/index.js'
import { makeMaterial } from './material.ts'
import worker, { makeKit } from './worker.ts'

const material = makeMaterial(2000)
const url = 'http://front.example/kit'

async function inProcess(): Promise<string[]> {
  const { privateKey, publicKey } = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  const data = new Uint8Array(400)
  const signature = await webcrypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, data)
  // A server makes a request once for each, too; it is counted on both sides.
  const requestOf = (i: number): Request => new Request(url, { headers: material.headers[i]! })
  let at = 0
  const kit = makeKit(material.root)
  const here = makeKit(material.root, onThisThread)
  const call = (kit: (request: Request) => Promise<Response>, pick: () => Request) => async (): Promise<void> => {
    const response = await kit(pick())
    if (response.status !== 200) throw new Error(String(response.status))
  }
  const turns = (one: () => Promise<unknown>) => (operations: number) => async (): Promise<void> => { for (let i = 0; i < operations; i++) await one() }
  const bare: Subject = { name: 'one signature (P-256), bare', prepare: turns(() => webcrypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, publicKey, signature, data)) }
  const without: Subject = { name: 'the handler without the kit', prepare: turns(async () => worker.fetch(new Request('http://front.example/plain', { headers: material.headers[0]! }), { ROOT: '' })) }
  // More clients than a verifier remembers: each costs its signature.
  const stranger = (kit: (request: Request) => Promise<Response>): Subject['prepare'] => turns(call(kit, () => requestOf(at = (at + 1) % material.headers.length)))
  const measure = (...subjects: Subject[]): Promise<Timed[]> => timeTogether('edge', [...subjects, bare, without], { rounds: 15, turnMs: 100, maxOperations: 5000, warmUpMs: 1500 })
  // By themselves: a turn in which no other thread has work lets those fall asleep, and the next turn pays for it.
  const timed = await measure({ name: 'a client that is known', prepare: turns(call(kit, () => requestOf(0))) }, { name: 'a client that is new', prepare: stranger(kit) })
  const alone = await measure({ name: 'a client that is new, verified on this thread', prepare: stranger(here) })
  const beside = (all: readonly Timed[], name: string): string => {
    const us = (wanted: string): number => median(all.find(({ subject }) => subject === wanted)!.rounds)
    return (us(name) - us(bare.name) - us(without.name)).toFixed(0)
  }
  return [
    '| in Node, µs a request | median |', '|---|---|', ...[...timed, alone[0]!].map((one) => `| ${one.subject} | ${median(one.rounds).toFixed(1)} |`), '',
    `Beside its signature and the handler, a new client costs ${beside(timed, 'a client that is new')} µs (goal: less than 100), and with \`onThisThread\` of \`countersign/node\` ${beside(alone, 'a client that is new, verified on this thread')}.`, '',
  ]
}

/** Requests a second below a path, on 8 connections. */
async function load(origin: string, path: string, seconds: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const end = performance.now() + seconds * 1000
  let count = 0
  const one = (i: number): Promise<void> => new Promise((resolve, reject) => {
    httpRequest(`${origin}${path}`, { agent, headers: material.headers[i % material.headers.length] }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`))
      response.resume().on('end', () => resolve())
    }).on('error', reject).end()
  })
  await Promise.all(Array.from({ length: 8 }, async () => { while (performance.now() < end) await one(count++) }))
  agent.destroy()
  return count / seconds
}

async function overHttp(name: string, origin: string): Promise<string> {
  const paths = ['/plain', '/signature', '/kit']
  for (const path of paths) await load(origin, path, 1)
  const rounds = paths.map((): number[] => [])
  for (let i = 0; i < 5; i++) for (const [at, path] of paths.entries()) rounds[at]!.push(await load(origin, path, 1))
  const [plain, signature, kit] = rounds.map(median) as [number, number, number]
  return `| ${name} | ${[plain, signature, kit].map(Math.round).join(' | ')} | ${(1e6 / kit - 1e6 / signature).toFixed(0)} |`
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
const lines = await inProcess()
lines.push('| requests a second, 8 connections, a new client each time | without the kit | with one bare signature check | with the kit | µs a request beside that check (goal: less than 100) |', '|---|---|---|---|---|')
try {
  const server = createServer((request, response) => {
    const headers = new Headers(request.headers as Record<string, string>)
    void Promise.resolve(worker.fetch(new Request(`http://front.example${request.url}`, { headers }), { ROOT: material.root }))
      .then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  lines.push(await overHttp('Node, in the process that asks', `http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  server.closeAllConnections()
  server.close()
  const runtime = findRuntime('workerd')
  if (runtime !== undefined) {
    await build({ entryPoints: [fileURLToPath(new URL('worker.ts', import.meta.url))], outfile: join(folder, 'worker.mjs'), bundle: true, format: 'esm', target: 'es2022', logLevel: 'error' })
    writeFileSync(join(folder, 'root.txt'), material.root)
    writeFileSync(join(folder, 'config.capnp'), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .main)], sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]);
const main :Workerd.Worker = (modules = [(name = "worker.mjs", esModule = embed "worker.mjs")], compatibilityDate = "${runtime.version}", bindings = [(name = "ROOT", text = embed "root.txt")]);`)
    await withWorkerd(runtime.command, join(folder, 'config.capnp'), async (origin) => { lines.push(await overHttp(`workerd ${runtime.version}`, origin)) })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(lines.join('\n'))
writeSection('edge', `## The edge kit\n\n\`npm run -s bench:edge\`: RFC 9440 fields with a chain, verified by the kit, a policy of one rule, P-256 certificates.\n\n${lines.join('\n')}`)
