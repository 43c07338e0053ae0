import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import { describe, expect, it } from 'vitest'
import type { Verifier } from 'countersign'
import { connect, createHttpsServer, createServer, verifyPeer, type ServerOptions } from 'countersign/node'
import { at, clientNames, collectRefusals, failure, later, listen, pki, readAll } from './support.ts'

/** A verifier that never answers. */
const silent = { verify: () => new Promise(() => undefined), require: () => new Promise(() => undefined) } as Verifier

async function serve(options: Partial<ServerOptions> = {}, create: (options: ServerOptions) => tls.Server = createServer) {
  const { server, toClient } = await pki()
  const refusals = collectRefusals()
  let entered = 0
  const listener = create({
    cert: server.cert, key: server.key, verifier: toClient, names: clientNames, onRefused: refusals.onRefused, ...options,
  })
  listener.on('secureConnection', (socket: tls.TLSSocket) => {
    entered++
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  return { port: await listen(listener), refusals, listener, entered: () => entered }
}

function open(port: number): net.Socket {
  const socket = net.connect(port, '127.0.0.1')
  later(() => socket.destroy())
  return socket
}

/** The first bytes of a ClientHello, and no more. */
async function halfHello(port: number): Promise<net.Socket> {
  const socket = open(port)
  await once(socket, 'connect')
  socket.write(Buffer.from('16030100c8010000c40303', 'hex'))
  return socket
}

describe('a server’s deadline', () => {
  it.each([['tls', createServer], ['https', createHttpsServer]] as const)('ends silent and half-open handshakes (%s)', async (_, create) => {
    const { port, refusals, entered } = await serve({ handshakeDeadline: 150 }, create as typeof createServer)
    const started = performance.now()
    const half = await halfHello(port)
    await Promise.all([readAll(open(port)), readAll(half)])
    const took = performance.now() - started
    expect(took).toBeGreaterThan(100)
    expect(took).toBeLessThan(3000)
    expect((await refusals.next()).code).toBe('node/handshake-timeout')
    expect((await refusals.next()).code).toBe('node/handshake-timeout')
    expect(entered()).toBe(0)
  })

  it('counts the time for the verdict, and never lets in afterwards', async () => {
    const { client, toClient } = await pki()
    const late = { ...silent, verify: async (request: Parameters<Verifier['verify']>[0]) => {
      await new Promise((resolve) => setTimeout(resolve, 300))
      return toClient.verify(request)
    } }
    const { port, refusals, entered } = await serve({ handshakeDeadline: 150, drive: 'async', verifier: late })
    const socket = tls.connect({ ...at(port), ...client, rejectUnauthorized: false })
    socket.write('at once')
    expect(await readAll(socket)).toBe('')
    expect((await refusals.next()).code).toBe('node/handshake-timeout')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect([entered(), refusals.errors.length]).toEqual([0, 1])
  })

  it('does not end what was let in', async () => {
    const { client, toServer } = await pki()
    const { port, refusals } = await serve({ handshakeDeadline: 150 })
    const socket = await connect({ ...at(port), ...client, verifier: toServer })
    await new Promise((resolve) => setTimeout(resolve, 400))
    socket.end('still here')
    expect(await readAll(socket)).toBe('still here')
    expect(refusals.errors).toEqual([])
  })

  it('drops a peer that leaves before the verdict', async () => {
    const { client } = await pki()
    const { port, refusals, entered } = await serve({ drive: 'async', verifier: silent, maxPendingHandshakes: 1 })
    const tcp = open(port)
    const socket = tls.connect({ socket: tcp, ...client, rejectUnauthorized: false })
    socket.on('error', () => undefined)
    await once(socket, 'secureConnect')
    await new Promise((resolve) => setTimeout(resolve, 50))
    tcp.resetAndDestroy()
    expect((await refusals.next()).code).toBe('node/connection-failed')
    expect(entered()).toBe(0)
  })
})

describe('the cap on pending handshakes', () => {
  it('closes what is too many at once, and lets in again when a place is free', async () => {
    const { client, toServer } = await pki()
    const { port, refusals } = await serve({ maxPendingHandshakes: 2 })
    const waiting = [await halfHello(port), await halfHello(port)]
    const error = await failure(connect({ ...at(port), ...client, verifier: toServer }))
    expect(error.code).toBe('node/connection-failed')
    expect((await refusals.next()).code).toBe('node/too-many-pending')
    for (const socket of waiting) {
      socket.destroy()
      await once(socket, 'close')
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
    const sockets = []
    // Finished handshakes do not count: more of them than the cap are open at one time.
    for (let i = 0; i < 4; i++) sockets.push(await connect({ ...at(port), ...client, verifier: toServer }))
    sockets.forEach((socket) => socket.destroy())
  })

  it('frees the place of a handshake that failed', async () => {
    const { client, toServer } = await pki()
    const { port } = await serve({ maxPendingHandshakes: 1 })
    for (let i = 0; i < 3; i++) {
      const socket = open(port)
      socket.write('this is not TLS at all\r\n\r\n')
      await readAll(socket)
    }
    const socket = await connect({ ...at(port), ...client, verifier: toServer })
    socket.destroy()
  })
})

describe('a client’s deadline', () => {
  it('ends a server that accepts the connection and says nothing', async () => {
    const { toServer } = await pki()
    const port = await listen(net.createServer(() => undefined))
    expect((await failure(connect({ ...at(port), verifier: toServer, handshakeDeadline: 150 }))).code).toBe('node/handshake-timeout')
  })

  it('counts the time for the verdict', async () => {
    const { server } = await pki()
    const port = await listen(tls.createServer({ ...server }, (socket) => socket.on('error', () => undefined)))
    const options = { verifier: silent, drive: 'async', handshakeDeadline: 150 } as const
    expect((await failure(connect({ ...at(port), ...options }))).code).toBe('node/handshake-timeout')
    const socket = tls.connect({ ...at(port), rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    expect((await failure(verifyPeer(socket, { ...options, names: 'unchecked' }))).code).toBe('node/handshake-timeout')
    expect(socket.destroyed).toBe(true)
  })

  it('a signal ends the attempt, before it and in the middle', async () => {
    const { toServer } = await pki()
    const port = await listen(net.createServer(() => undefined))
    const reason = new Error('enough')
    const before = await failure(connect({ ...at(port), verifier: toServer, signal: AbortSignal.abort(reason) }))
    expect([before.code, before.cause]).toEqual(['node/aborted', reason])
    const controller = new AbortController()
    const attempt = failure(connect({ ...at(port), verifier: toServer, signal: controller.signal }))
    setTimeout(() => controller.abort(reason), 50)
    expect([(await attempt).code, (await attempt).cause]).toEqual(['node/aborted', reason])
  })
})
