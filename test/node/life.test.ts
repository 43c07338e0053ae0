/**
 * How long a connection lives: no longer than its verdict, and with `recheckAfter` no longer than its chain is accepted.
 */
import { once } from 'node:events'
import http2 from 'node:http2'
import https from 'node:https'
import tls from 'node:tls'
import { describe, expect, it } from 'vitest'
import { createVerifier, type Verifier } from 'countersign'
import {
  acceptedVerdict, connect, connectHttp2, createHttp2SecureServer, createHttpsAgent, createHttpsServer, createServer,
  createSessionStore, verifyPeer, verifySync,
} from 'countersign/node'
import type { Authority } from '../../src/demo/authority.ts'
import { at, clientNames, collectRefusals, failure, later, listen, pki, readAll, versions } from './support.ts'

const day = 86_400_000

/** A verifier by whose clock certificates expire when the test says so. */
function agingVerifier(root: Authority, purpose: 'serverAuth' | 'clientAuth'): { verifier: Verifier, age(): void } {
  let shift = 0
  return {
    verifier: createVerifier({ anchors: [root.der], purpose, revocation: 'none', clock: () => Date.now() + shift }),
    age: () => { shift = 400 * day },
  }
}

/** A clock that reaches the end of this verifier’s verdict on a leaf in a moment. */
function clockBeforeEnd(verifier: Verifier, chain: readonly Uint8Array[], milliseconds: number): () => number {
  const verdict = verifySync(verifier, { leaf: chain[0]!, intermediates: chain.slice(1), names: 'unchecked' })
  if (!verdict.ok) throw new Error(verdict.code)
  const shift = verdict.validUntil.getTime() - milliseconds - Date.now()
  return () => Date.now() + shift
}

const greet = (socket: tls.TLSSocket): void => {
  socket.on('error', () => undefined)
  socket.write('welcome')
}

/** Resolves with the error that a socket or session ends with. */
async function endOf(emitter: NodeJS.EventEmitter): Promise<Error> {
  const [error] = await once(emitter, 'error') as [Error]
  return error
}

describe.each(versions)('the end of a verdict, %s', (version) => {
  const fix = { minVersion: version, maxVersion: version } as const

  it('ends the connection at a server, whoever reads or writes', async () => {
    const { server, client, toClient } = await pki()
    const refusals = collectRefusals()
    const port = await listen(createServer({
      ...server, ...fix, verifier: toClient, names: clientNames, clock: clockBeforeEnd(toClient, client.chain, 800), onRefused: refusals.onRefused,
    }, greet))
    const socket = tls.connect({ ...at(port), ...client, ...fix, rejectUnauthorized: false })
    expect(await readAll(socket)).toBe('welcome')
    expect((await refusals.next()).code).toBe('node/acceptance-ended')
  })

  it('and at a client, with the error on its socket', async () => {
    const { server, client, toServer } = await pki()
    const port = await listen(tls.createServer({ ...server, ...fix }, greet))
    const clock = clockBeforeEnd(toServer, server.chain, 800)
    const socket = await connect({ ...at(port), ...client, ...fix, verifier: toServer, clock })
    expect(await endOf(socket)).toMatchObject({ code: 'node/acceptance-ended' })
    const other = tls.connect({ ...at(port), ...fix, rejectUnauthorized: false })
    await once(other, 'secureConnect')
    const verdict = await verifyPeer(other, { verifier: toServer, names: 'unchecked', clock: clockBeforeEnd(toServer, server.chain, 800) })
    expect(verdict.ok).toBe(true)
    expect(await endOf(other)).toMatchObject({ code: 'node/acceptance-ended' })
  })

  it('and an HTTP/2 session of a client', async () => {
    const { server, client, toServer, toClient } = await pki()
    const port = await listen(createHttp2SecureServer({ ...server, ...fix, verifier: toClient, names: clientNames }))
    const clock = clockBeforeEnd(toServer, server.chain, 800)
    const session = await connectHttp2(`https://localhost:${port}`, { ...at(port), ...client, ...fix, verifier: toServer, clock })
    expect(await endOf(session)).toMatchObject({ code: 'node/acceptance-ended' })
  })

  it('which has passed already lets nobody in; nor does a clock that does not go', async () => {
    const { server, client, toServer, toClient } = await pki()
    for (const clock of [clockBeforeEnd(toClient, client.chain, -1000), () => NaN]) {
      const refusals = collectRefusals()
      let entered = 0
      const port = await listen(createServer({
        ...server, ...fix, verifier: toClient, names: clientNames, clock, onRefused: refusals.onRefused,
      }, () => { entered++ }))
      const socket = tls.connect({ ...at(port), ...client, ...fix, rejectUnauthorized: false })
      expect(await readAll(socket)).toBe('')
      expect((await refusals.next()).code).toBe('node/acceptance-ended')
      expect(entered).toBe(0)
      const plain = await listen(tls.createServer({ ...server, ...fix }, greet))
      expect((await failure(connect({ ...at(plain), verifier: toServer, clock }))).code).toBe('node/acceptance-ended')
    }
  })
})

describe.each(['sync', 'async'] as const)('recheckAfter, drive: %s', (drive) => {
  it('by a timer on plain TLS: a connection that stands goes on, one that is refused ends', async () => {
    const { root, server, client, toServer } = await pki()
    const { verifier, age } = agingVerifier(root, 'clientAuth')
    const refusals = collectRefusals()
    const entered: tls.TLSSocket[] = []
    const port = await listen(createServer({
      ...server, verifier, names: clientNames, drive, recheckAfter: 50, onRefused: refusals.onRefused,
    }, (socket) => {
      entered.push(socket)
      socket.on('error', () => undefined)
      socket.pipe(socket)
    }))
    const socket = await connect({ ...at(port), ...client, verifier: toServer })
    socket.write('in')
    await once(socket, 'data')
    const first = acceptedVerdict(entered[0]!)
    while (acceptedVerdict(entered[0]!) === first) await new Promise((resolve) => setTimeout(resolve, 20))
    socket.write('still here')
    expect(String((await once(socket, 'data'))[0])).toBe('still here')
    age()
    expect(await readAll(socket)).toBe('')
    expect((await refusals.next()).verdict?.code).toBe('path/expired')
  })

  it('and at a client', async () => {
    const { root, server } = await pki()
    const { verifier, age } = agingVerifier(root, 'serverAuth')
    const port = await listen(tls.createServer(server, greet))
    const socket = await connect({ ...at(port), verifier, drive, recheckAfter: 50 })
    expect(String((await once(socket, 'data'))[0])).toBe('welcome')
    age()
    expect(await endOf(socket)).toMatchObject({ code: 'node/verifier-refused', verdict: { code: 'path/expired' } })
  })

  it('before the next request of HTTP/1.1: no handler runs', async () => {
    const { root, server, client } = await pki()
    const { verifier, age } = agingVerifier(root, 'clientAuth')
    const refusals = collectRefusals()
    const urls: string[] = []
    const port = await listen(createHttpsServer({
      ...server, verifier, names: clientNames, drive, recheckAfter: 1, onRefused: refusals.onRefused,
    }, (request, response) => {
      urls.push(request.url!)
      response.end('served')
    }))
    const socket = tls.connect({ ...at(port), ...client, rejectUnauthorized: false })
    const ask = (path: string): void => { socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`) }
    for (const path of ['/1', '/2']) {
      ask(path)
      await once(socket, 'data')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    age()
    ask('/3')
    expect(await readAll(socket)).toBe('')
    expect(urls).toEqual(['/1', '/2'])
    expect((await refusals.next()).verdict?.code).toBe('path/expired')
  })

  it('by a timer on a connection that a request has taken over', async () => {
    const { root, server, client } = await pki()
    const { verifier, age } = agingVerifier(root, 'clientAuth')
    const refusals = collectRefusals()
    const listener = createHttpsServer({ ...server, verifier, names: clientNames, drive, recheckAfter: 50, onRefused: refusals.onRefused })
    listener.on('upgrade', (_request, socket) => {
      socket.on('error', () => undefined)
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n')
      socket.pipe(socket)
    })
    const port = await listen(listener)
    const socket = tls.connect({ ...at(port), ...client, rejectUnauthorized: false })
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n')
    expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 101/)
    await new Promise((resolve) => setTimeout(resolve, 120))
    socket.write('still here')
    expect(String((await once(socket, 'data'))[0])).toBe('still here')
    age()
    expect(await readAll(socket)).toBe('')
    expect((await refusals.next()).verdict?.code).toBe('path/expired')
  })

  it.each(['CONNECT', 'POST'])('by a timer while a stream of HTTP/2 goes on: %s', async (method) => {
    const { root, server, client } = await pki()
    const { verifier, age } = agingVerifier(root, 'clientAuth')
    const refusals = collectRefusals()
    const listener = createHttp2SecureServer({
      ...server, verifier, names: clientNames, drive, recheckAfter: 50, onRefused: refusals.onRefused, settings: { enableConnectProtocol: true },
    })
    listener.on('stream', (stream) => {
      stream.on('error', () => undefined)
      stream.respond({ ':status': 200 })
      stream.pipe(stream)
    })
    const port = await listen(listener)
    const session = http2.connect(`https://localhost:${port}`, { ...at(port), ...client, rejectUnauthorized: false })
    later(() => session.destroy())
    session.on('error', () => undefined)
    await once(session, 'remoteSettings')
    const stream = session.request({ ':method': method, ':path': '/', ...(method === 'CONNECT' ? { ':protocol': 'echo' } : {}) }, { endStream: false })
    stream.on('error', () => undefined)
    stream.write('in')
    expect(String((await once(stream, 'data'))[0])).toBe('in')
    await new Promise((resolve) => setTimeout(resolve, 120))
    stream.write('still here')
    expect(String((await once(stream, 'data'))[0])).toBe('still here')
    age()
    await once(session, 'close')
    expect((await refusals.next()).verdict?.code).toBe('path/expired')
  })

  it('before the next stream of HTTP/2', async () => {
    const { root, server, client } = await pki()
    const { verifier, age } = agingVerifier(root, 'clientAuth')
    const refusals = collectRefusals()
    let streams = 0
    const listener = createHttp2SecureServer({
      ...server, verifier, names: clientNames, drive, recheckAfter: 1, onRefused: refusals.onRefused,
    }, (_request, response) => response.end('served'))
    listener.on('stream', () => { streams++ })
    const port = await listen(listener)
    const session = http2.connect(`https://localhost:${port}`, { ...at(port), ...client, rejectUnauthorized: false })
    later(() => session.destroy())
    session.on('error', () => undefined)
    const ask = async (): Promise<unknown> => {
      const stream = session.request({ ':path': '/' })
      stream.on('error', () => undefined).resume()
      let status: unknown
      stream.on('response', (headers) => { status = headers[':status'] })
      await once(stream, 'close')
      return status
    }
    for (let i = 0; i < 2; i++) {
      expect(await ask()).toBe(200)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    age()
    expect(await ask()).toBe(undefined)
    expect(streams).toBe(2)
    expect((await refusals.next()).verdict?.code).toBe('path/expired')
  })

  it('before the next request of an agent, which then asks for a new connection', async () => {
    const { root, server } = await pki()
    const { verifier, age } = agingVerifier(root, 'serverAuth')
    let requests = 0
    const port = await listen(https.createServer(server, (_request, response) => {
      requests++
      response.end('served')
    }))
    const agent = createHttpsAgent({ verifier, drive, recheckAfter: 1, keepAlive: true, host: '127.0.0.1' })
    later(() => agent.destroy())
    const ask = async (): Promise<unknown> => {
      const request = https.get({ agent, ...at(port) })
      const [response] = await once(request, 'response') as [import('node:http').IncomingMessage]
      const { socket } = response
      response.resume()
      await once(response, 'end')
      await new Promise((resolve) => setTimeout(resolve, 5))
      return socket
    }
    const first = await ask()
    expect(await ask() === first).toBe(true)
    age()
    await expect(ask()).rejects.toMatchObject({ code: 'node/verifier-refused', verdict: { code: 'path/expired' } })
    expect(requests).toBe(2)
  })

  it('by a timer on what an upgrade took out of an agent', async () => {
    const { root, server } = await pki()
    const { verifier, age } = agingVerifier(root, 'serverAuth')
    const listener = https.createServer(server)
    listener.on('upgrade', (_request, socket) => {
      socket.on('error', () => undefined)
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n')
      socket.pipe(socket)
    })
    const port = await listen(listener)
    const agent = createHttpsAgent({ verifier, drive, recheckAfter: 50, keepAlive: true, host: '127.0.0.1' })
    later(() => agent.destroy())
    const request = https.get({ agent, ...at(port), headers: { connection: 'upgrade', upgrade: 'echo' } })
    const [, socket] = await once(request, 'upgrade') as [unknown, tls.TLSSocket]
    await new Promise((resolve) => setTimeout(resolve, 120))
    socket.write('still here')
    expect(String((await once(socket, 'data'))[0])).toBe('still here')
    age()
    expect(await endOf(socket)).toMatchObject({ code: 'node/verifier-refused', verdict: { code: 'path/expired' } })
  })

  it('of a resumed session: by the chain that it was accepted for', async () => {
    const { root, server, client } = await pki()
    const { verifier, age } = agingVerifier(root, 'clientAuth')
    const refusals = collectRefusals()
    const port = await listen(createServer({
      ...server, verifier, names: clientNames, drive, recheckAfter: 50, sessions: createSessionStore(), onRefused: refusals.onRefused,
    }, greet))
    const options = { ...at(port), ...client, rejectUnauthorized: false }
    const first = tls.connect(options)
    // The ticket may come before the verdict.
    const [[session]] = await Promise.all([once(first, 'session') as Promise<[Buffer]>, once(first, 'data')])
    const second = tls.connect({ ...options, session })
    expect(String((await once(second, 'data'))[0])).toBe('welcome')
    expect(second.isSessionReused()).toBe(true)
    age()
    expect(await readAll(second)).toBe('')
    expect((await refusals.next()).verdict?.code).toBe('path/expired')
    // What was taken back resumes no more.
    const third = tls.connect({ ...options, session })
    expect(await readAll(third)).toBe('')
  })
})

describe('a check that never ends', () => {
  it('is a refusal after handshakeDeadline', async () => {
    const { server, client, toClient } = await pki()
    let stuck = false
    const verifier = { ...toClient, verify: (request: Parameters<Verifier['verify']>[0]) =>
      stuck ? new Promise<never>(() => undefined) : toClient.verify(request) }
    const refusals = collectRefusals()
    let served = 0
    const port = await listen(createHttpsServer({
      ...server, verifier, names: clientNames, drive: 'async', recheckAfter: 1, handshakeDeadline: 200, onRefused: refusals.onRefused,
    }, (_request, response) => {
      served++
      response.end('served')
    }))
    const socket = tls.connect({ ...at(port), ...client, rejectUnauthorized: false })
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'data')
    stuck = true
    await new Promise((resolve) => setTimeout(resolve, 20))
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(await readAll(socket)).toBe('')
    expect((await refusals.next()).code).toBe('node/handshake-timeout')
    expect(served).toBe(1)
  })

  it('nobody sets an interval that is none', async () => {
    const { server, toClient } = await pki()
    for (const recheckAfter of [0, -1, 1.5, Infinity]) {
      expect(() => createServer({ ...server, verifier: toClient, names: clientNames, recheckAfter })).toThrow(/^recheckAfter: /)
    }
    expect(() => createServer({ ...server, verifier: toClient, names: clientNames, clock: 5 as never })).toThrow(/^clock: /)
  })
})
