/**
 * The host of a run: on a free port of the loopback interface it serves the bundle, the vectors in chunks, and a page
 * for browsers, and takes the results of each runtime.
 */
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import type { Chunk } from '../portable/case.ts'
import type { PostedResult } from '../portable/client.ts'

/** What a runtime reported: results by chunk, and why it ended early, if it did. */
export interface Reported {
  readonly chunks: PostedResult[][]
  problem?: string
}

export interface Host {
  readonly origin: string
  /** What `runtime` reported so far. */
  reported(runtime: string): Reported
  /** Resolves when `runtime` says that it is done. */
  done(runtime: string): Promise<void>
  close(): Promise<void>
}

export async function startHost(chunks: readonly Chunk[], bundle: string): Promise<Host> {
  const reports = new Map<string, Reported>()
  const ends = new Map<string, { readonly promise: Promise<void>; readonly resolve: () => void }>()
  const reported = (runtime: string): Reported => {
    const known = reports.get(runtime)
    if (known !== undefined) return known
    const fresh: Reported = { chunks: [] }
    reports.set(runtime, fresh)
    return fresh
  }
  const end = (runtime: string): { readonly promise: Promise<void>; readonly resolve: () => void } => {
    let found = ends.get(runtime)
    if (found === undefined) {
      let resolve = (): void => undefined
      const promise = new Promise<void>((settle) => { resolve = settle })
      ends.set(runtime, (found = { promise, resolve }))
    }
    return found
  }

  const answer = async (request: IncomingMessage): Promise<{ readonly type: string; readonly body: string | Buffer } | undefined> => {
    const [, what, name = '', index = ''] = (request.url ?? '/').replace(/\?.*/, '').split('/')
    const chunk = chunks[Number(name)]
    switch (`${request.method} /${what}`) {
      case 'GET /': return { type: 'text/html', body: readFileSync(new URL('browser.html', import.meta.url)) }
      case 'GET /bundle.mjs': return { type: 'text/javascript', body: readFileSync(bundle) }
      case 'GET /plan': return { type: 'application/json', body: JSON.stringify({ chunks: chunks.length }) }
      case 'GET /chunk': return chunk === undefined ? undefined : { type: 'application/json', body: JSON.stringify(chunk) }
      case 'POST /results':
        reported(name).chunks[Number(index)] = JSON.parse(await bodyOf(request)) as PostedResult[]
        return { type: 'text/plain', body: '' }
      case 'POST /done': {
        const problem = await bodyOf(request)
        if (problem !== '') reported(name).problem = problem
        end(name).resolve()
        return { type: 'text/plain', body: '' }
      }
      default: return undefined
    }
  }
  const server = createServer((request, response) => {
    answer(request).then((answered) => {
      response.writeHead(answered === undefined ? 404 : 200, { 'content-type': answered?.type ?? 'text/plain' })
      response.end(answered?.body)
    }, (error: unknown) => {
      response.writeHead(500)
      response.end(String(error))
    })
  })
  // A runtime that computes for a while must find its connection open.
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reported,
    done: (runtime) => end(runtime).promise,
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
