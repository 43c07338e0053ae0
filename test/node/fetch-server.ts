/** Servers of HTTP on loopback that go away again, and a fetch that may ask them. */
import { once } from 'node:events'
import http, { type RequestListener } from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'
import { afterEach } from 'vitest'
import { createGuardedFetch, type GuardedFetchOptions } from '../../src/node/guarded-fetch.ts'
import type { GuardedFetch } from '../../src/revocation/fetcher.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

export interface Served {
  readonly port: number
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  /** Connections that are open. */
  readonly sockets: Set<Socket>
}

async function serve(server: net.Server): Promise<Served> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  return { port, origin: `http://127.0.0.1:${port}`, sockets }
}

export function serveHttp(listener: RequestListener): Promise<Served> {
  return serve(http.createServer(listener))
}

/** A server that answers a connection by itself, after the first octets have come. */
export function serveRaw(answer: (socket: Socket, request: string) => void): Promise<Served> {
  return serve(net.createServer((socket) => socket.once('data', (data) => answer(socket, data.toString('latin1')))))
}

/** Resolves when all connections of a server are gone. */
export async function idle({ sockets }: Served): Promise<void> {
  await Promise.all([...sockets].map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))))
}

export const loopback = [{ network: '127.0.0.0/8', ports: 'any' }] as const

export function fetchOnLoopback(options: GuardedFetchOptions = {}): GuardedFetch {
  return createGuardedFetch({ allow: loopback, ...options })
}
