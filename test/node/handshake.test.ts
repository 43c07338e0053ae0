import { once } from 'node:events'
import tls, { type TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import {
  acceptedVerdict, connect, connectHttp2, createConnector, createHttp2SecureServer, createHttpsAgent, createHttpsServer, createServer, verifyPeer, type ServerOptions,
} from 'countersign/node'
import { at, clientNames, collectRefusals, failure, later, listen, pki, readAll, versions } from './support.ts'

describe.each(versions)('%s', (version) => {
  describe.each(['sync', 'async'] as const)('drive: %s', (drive) => {
    const fix = { minVersion: version, maxVersion: version, drive } as const

    async function serve(options: Partial<ServerOptions> = {}) {
      const { server, toClient } = await pki()
      const refusals = collectRefusals()
      const entered: TLSSocket[] = []
      const listener = createServer({
        cert: server.cert, key: server.key, verifier: toClient, names: clientNames, onRefused: refusals.onRefused,
        ...fix, ...options,
      }, (socket) => {
        entered.push(socket)
        socket.on('error', () => undefined)
        socket.pipe(socket)
      })
      return { port: await listen(listener), refusals, entered, listener }
    }

    it('shows a renewed certificate to new clients, and judges them as before', async () => {
      const { client, otherClient, otherServer, toServer, otherToServer } = await pki()
      const { port, listener, entered, refusals } = await serve()
      listener.setSecureContext({ cert: otherServer.cert, key: otherServer.key })
      const given = { ...at(port), cert: client.cert, key: client.key, ...fix }
      expect((await failure(connect({ ...given, verifier: toServer }))).code).toBe('node/verifier-refused')
      const socket = await connect({ ...given, verifier: otherToServer })
      socket.end('hello')
      expect(await readAll(socket)).toBe('hello')
      const before = entered.length
      const stranger = tls.connect({ ...at(port), ...otherClient, rejectUnauthorized: false, minVersion: version, maxVersion: version })
      stranger.on('error', () => undefined)
      while (!refusals.errors.some(({ verdict }) => verdict !== undefined)) await refusals.next()
      expect(entered).toHaveLength(before)
    })

    it('lets both ends in, each with the other’s verdict', async () => {
      const { client, toServer } = await pki()
      const { port, entered, refusals } = await serve()
      const socket = await connect({ ...at(port), cert: client.cert, key: client.key, verifier: toServer, ...fix })
      expect(socket.getProtocol()).toBe(version)
      socket.end('hello')
      expect(await readAll(socket)).toBe('hello')
      expect(acceptedVerdict(socket)?.ok).toBe(true)
      expect(acceptedVerdict(entered[0]!)?.ok).toBe(true)
      expect(refusals.errors).toEqual([])
    })

    it.each([
      ['a client of another authority', 'otherClient', 'path/no-anchor'],
      ['an expired client', 'expiredClient', 'path/expired'],
      ['a client without the clientAuth usage', 'serverOnlyClient', 'path/extended-key-usage'],
    ] as const)('keeps out %s, though it sends at once', async (_, who, code) => {
      const all = await pki()
      const { port, entered, refusals } = await serve()
      const socket = tls.connect({ ...at(port), cert: all[who].cert, key: all[who].key, rejectUnauthorized: false, ...fix })
      socket.write('at once')
      const error = await refusals.next()
      expect(error.code).toBe('node/verifier-refused')
      expect(error.verdict?.code).toBe(code)
      expect(await readAll(socket)).toBe('')
      expect(entered).toEqual([])
    })

    it('keeps out a client without a certificate, and one of another name', async () => {
      const { client } = await pki()
      const { port, entered, refusals } = await serve({ names: { anyOf: [{ uri: 'spiffe://bank.example/other' }] } })
      const bare = tls.connect({ ...at(port), rejectUnauthorized: false, ...fix })
      expect(await readAll(bare)).toBe('')
      expect((await refusals.next()).code).toBe('node/no-peer-certificate')
      const misnamed = tls.connect({ ...at(port), cert: client.cert, key: client.key, rejectUnauthorized: false, ...fix })
      expect(await readAll(misnamed)).toBe('')
      expect((await refusals.next()).verdict?.code).toBe('path/name-mismatch')
      expect(entered).toEqual([])
    })

    it('hands over what an accepted client sent at once, whole and in order', async () => {
      const { client } = await pki()
      const { port } = await serve()
      const socket = tls.connect({ ...at(port), cert: client.cert, key: client.key, rejectUnauthorized: false, ...fix })
      const text = '0123456789'.repeat(20_000)
      socket.end(text)
      expect(await readAll(socket)).toBe(text)
    })

    it('refuses a server of another authority, or of another name, and reads nothing of it', async () => {
      const { client, server, otherServer, toServer } = await pki()
      const seen: Promise<string>[] = []
      const plain = (credential: typeof server) => listen(tls.createServer({ cert: credential.cert, key: credential.key, ...fix }, (socket) => {
        seen.push(readAll(socket))
        socket.write('at once')
      }))
      const foreign = await plain(otherServer)
      const own = await plain(server)
      const wanted = { cert: client.cert, key: client.key, verifier: toServer, ...fix }
      expect((await failure(connect({ ...at(foreign), ...wanted }))).verdict?.code).toBe('path/no-anchor')
      expect((await failure(connect({ ...at(own, 'wrong.example'), ...wanted }))).verdict?.code).toBe('path/name-mismatch')
      // Without a server name the address is what is expected.
      expect((await failure(connect({ host: '127.0.0.1', port: own, ...wanted }))).verdict?.code).toBe('path/name-mismatch')
      const socket = await connect({ ...at(own), ...wanted })
      const [chunk] = await once(socket, 'data')
      expect(String(chunk)).toBe('at once')
      socket.destroy()
      expect((await Promise.all(seen)).join('')).toBe('')
    })
  })

  it('verifyPeer destroys a refused socket before it tells', async () => {
    const { client, server, otherServer, toServer } = await pki()
    const fix = { minVersion: version, maxVersion: version } as const
    for (const [credential, ok] of [[server, true], [otherServer, false]] as const) {
      const port = await listen(tls.createServer({ cert: credential.cert, key: credential.key, ...fix }, (socket) => {
        socket.on('error', () => undefined)
      }))
      const socket = tls.connect({ ...at(port), cert: client.cert, key: client.key, rejectUnauthorized: false, ...fix })
      later(() => socket.destroy())
      expect(await failureOfType(verifyPeer(socket, { verifier: toServer, names: 'unchecked' }))).toMatch(/^socket: /)
      await once(socket, 'secureConnect')
      const verdict = await verifyPeer(socket, { verifier: toServer, names: { anyOf: [{ dns: 'localhost' }] } })
      expect(verdict.ok).toBe(ok)
      expect(socket.destroyed).toBe(!ok)
    }
  })
})

async function failureOfType(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason)
  expect(error).toBeInstanceOf(TypeError)
  return (error as TypeError).message
}

describe('mistakes of the caller', () => {
  it.each([
    [{ names: undefined }, 'names'],
    [{ verifier: {} }, 'verifier'],
    [{ drive: 'later' }, 'drive'],
    [{ handshakeDeadline: 0 }, 'handshakeDeadline'],
    [{ maxPendingHandshakes: 1.5 }, 'maxPendingHandshakes'],
    [{ sessions: {} }, 'sessions'],
    [{ onRefused: 'no' }, 'onRefused'],
  ])('createServer names the option: %o', async (wrong, name) => {
    const { toClient } = await pki()
    const options = { verifier: toClient, names: clientNames, ...wrong } as unknown as ServerOptions
    expect(() => createServer(options)).toThrow(TypeError)
    expect(() => createServer(options)).toThrow(new RegExp(`^${name}: `))
  })

  it.each<[string, (options: never) => unknown]>([
    ['createServer', createServer], ['createHttpsServer', createHttpsServer], ['createHttp2SecureServer', createHttp2SecureServer],
    ['createHttpsAgent', createHttpsAgent], ['createConnector', createConnector], ['connect', connect],
    ['connectHttp2', (options) => connectHttp2('https://localhost:1', options)], ['verifyPeer', (options) => verifyPeer({} as never, options)],
  ])('%s says that it wants options', async (_, call) => {
    const { toServer } = await pki()
    const asked = async (options: unknown): Promise<string> => {
      try {
        await call(options as never)
        return 'taken'
      } catch (error) {
        return (error as Error).message
      }
    }
    for (const none of [undefined, null, 'localhost']) expect(await asked(none)).toBe('options: expected an object')
    expect(await asked({ verifier: toServer, names: 'unchecked', port: 1 })).not.toMatch(/^options/)
  })

  it('connect names the option', async () => {
    const { toServer } = await pki()
    expect(await failureOfType(connect({ port: 1, verifier: undefined as never }))).toMatch(/^verifier: /)
    expect(await failureOfType(connect({ path: '/nowhere', verifier: toServer }))).toMatch(/^names: /)
    expect(await failureOfType(connect({ port: 1, verifier: toServer, session: Buffer.from('x') }))).toMatch(/^session: /)
    expect(await failureOfType(connect({ port: 1, verifier: toServer, probeFirst: true, secureContext: tls.createSecureContext() })))
      .toMatch(/^probeFirst: /)
  })

  it('a connection that fails is a typed error with its cause', async () => {
    const { toServer } = await pki()
    const error = await failure(connect({ host: '127.0.0.1', port: 1, verifier: toServer }))
    expect(error.code).toBe('node/connection-failed')
    expect((error.cause as { code?: string }).code).toBe('ECONNREFUSED')
  })
})
