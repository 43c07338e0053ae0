/**
 * Servers in Deno and Bun, with clients of Node and OpenSSL.
 */
import { once } from 'node:events'
import net from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { has, start } from '../node/programs.ts'
import { at, clientNames, later, pki, readAll } from '../node/support.ts'
import { remoteFailure, runtimes, startPeer, type Peer, type RemoteServer } from './runtime.ts'

const openssl = has('openssl', 'version')

async function visit(port: number, options: tls.ConnectionOptions, text: string): Promise<string> {
  const socket = tls.connect({ ...at(port), rejectUnauthorized: false, ...options })
  later(() => socket.destroy())
  socket.end(text)
  return readAll(socket)
}

describe.each(runtimes)('a server in %s', (runtime) => {
  // Deno’s servers resume, and so speak TLS 1.3 alone.
  const versions = runtime === 'deno' ? ['TLSv1.3'] as const : ['TLSv1.2', 'TLSv1.3'] as const
  let peer: Peer
  beforeAll(() => { peer = startPeer(runtime) })
  afterAll(() => peer.stop())

  async function serve(options: object = {}): Promise<RemoteServer> {
    const { root, server } = await pki()
    return peer.serve('tls', {
      cert: server.cert, key: server.key, verifier: { anchors: root.pem, purpose: 'clientAuth' }, names: clientNames, ...options,
    })
  }

  describe.each(versions)('%s', (version) => {
    const fix = { minVersion: version, maxVersion: version } as const

    describe.each(['sync', 'async'] as const)('drive: %s', (drive) => {
      it('lets in an accepted client, and hands over what it sent at once, whole and in order', async () => {
        const { client } = await pki()
        const server = await serve({ drive, ...fix })
        const text = '0123456789'.repeat(5_000)
        expect(await visit(server.port, { ...client, ...fix }, text)).toBe(text)
        expect(await server.next()).toMatchObject({ event: 'entered', accepted: true, reused: false })
      })

      it.each([
        ['of another authority', 'otherClient', 'path/no-anchor'],
        ['that has expired', 'expiredClient', 'path/expired'],
        ['for servers only', 'serverOnlyClient', 'path/extended-key-usage'],
      ] as const)('keeps out a client with a certificate %s, though it sends at once', async (_, who, code) => {
        const all = await pki()
        const server = await serve({ drive, ...fix })
        expect(await visit(server.port, { ...all[who], ...fix }, 'at once')).toBe('')
        expect(await server.next()).toMatchObject({ event: 'refused', error: { code: 'node/verifier-refused', verdict: code } })
        expect(server.events).toEqual([])
      })

      it('keeps out a client without a certificate, and one of another name', async () => {
        const { client } = await pki()
        const server = await serve({ drive, ...fix, names: { anyOf: [{ uri: 'spiffe://bank.example/other' }] } })
        expect(await visit(server.port, fix, 'at once')).toBe('')
        expect(await server.next()).toMatchObject({ event: 'refused', error: { code: 'node/no-peer-certificate' } })
        expect(await visit(server.port, { ...client, ...fix }, 'at once')).toBe('')
        expect(await server.next()).toMatchObject({ event: 'refused', error: { verdict: 'path/name-mismatch' } })
        expect(server.events).toEqual([])
      })
    })

    it('reads the chain as it was sent: out of order, with strangers, and not too long', async () => {
      const { root, otherRoot, intermediate, client } = await pki()
      const leaf = client.cert.slice(0, client.cert.indexOf('-----END') + 26)
      const server = await serve({ maxCertificates: 5, ...fix })
      const go = (...pems: string[]): Promise<string> =>
        visit(server.port, { cert: [leaf, ...pems].join(''), key: client.key, ...fix }, 'hello')
      expect(await go(otherRoot.pem, root.pem, intermediate.pem)).toBe('hello')
      expect(await server.next()).toMatchObject({ event: 'entered' })
      expect(await go(otherRoot.pem, root.pem, otherRoot.pem, otherRoot.pem, intermediate.pem)).toBe('')
      expect(await server.next()).toMatchObject({ event: 'refused', error: { code: 'node/too-many-certificates' } })
    })

    it.skipIf(!openssl)('lets in s_client of openssl, and no stranger', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'countersign-'))
      later(() => rmSync(folder, { recursive: true, force: true }))
      const all = await pki()
      const server = await serve(fix)
      const go = (who: 'client' | 'otherClient') => {
        writeFileSync(join(folder, 'cert.pem'), all[who].cert)
        writeFileSync(join(folder, 'key.pem'), all[who].key, { mode: 0o600 })
        const program = start('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-servername', 'localhost',
          version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3', '-cert', 'cert.pem', '-cert_chain', 'cert.pem', '-key', 'key.pem'], folder)
        later(() => program.process.kill('SIGKILL'))
        program.process.stdin.write('over openssl\n')
        return program
      }
      // The echo, behind what s_client says itself.
      await go('client').until(/over openssl/)
      expect(await server.next()).toMatchObject({ event: 'entered' })
      expect(await go('otherClient').ended).not.toMatch(/over openssl/)
      expect(await server.next()).toMatchObject({ event: 'refused', error: { verdict: 'path/no-anchor' } })
    })
  })

  describe('the deadline', () => {
    it('ends what says nothing, and what stops in the middle', async () => {
      const server = await serve({ handshakeDeadline: 200 })
      const silent = net.connect(server.port, '127.0.0.1')
      const half = net.connect(server.port, '127.0.0.1')
      later(() => { silent.destroy(); half.destroy() })
      await once(half, 'connect')
      half.write(Buffer.from('16030100c8010000c40303', 'hex'))
      expect(await Promise.all([readAll(silent), readAll(half)])).toEqual(['', ''])
      for (let i = 0; i < 2; i++) expect(await server.next()).toMatchObject({ event: 'refused', error: { code: 'node/handshake-timeout' } })
      expect(server.events).toEqual([])
    })

    it('counts the time for the verdict, and never lets in afterwards', async () => {
      const { client, root } = await pki()
      const verifier = { anchors: root.pem, purpose: 'clientAuth', late: 400 }
      const late = await serve({ handshakeDeadline: 200, drive: 'async', verifier })
      expect(await visit(late.port, client, 'at once')).toBe('')
      expect(await late.next()).toMatchObject({ event: 'refused', error: { code: 'node/handshake-timeout' } })
      const inTime = await serve({ drive: 'async', verifier })
      expect(await visit(inTime.port, client, 'at once')).toBe('at once')
      expect(late.events).toEqual([])
    })

    it('frees the places of those that it ended', async () => {
      const { client } = await pki()
      const server = await serve({ handshakeDeadline: 300, maxPendingHandshakes: 1 })
      const silent = net.connect(server.port, '127.0.0.1')
      later(() => silent.destroy())
      await once(silent, 'connect')
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(await visit(server.port, client, 'too many')).toBe('')
      expect(await server.next()).toMatchObject({ event: 'refused', error: { code: 'node/too-many-pending' } })
      expect(await server.next()).toMatchObject({ event: 'refused', error: { code: 'node/handshake-timeout' } })
      expect(await visit(server.port, client, 'now')).toBe('now')
    })
  })

  it('bounds what a client sends before the verdict', async () => {
    const { client } = await pki()
    const server = await serve({ drive: 'async', handshakeDeadline: 2_000, verifier: { anchors: (await pki()).root.pem, purpose: 'clientAuth', silent: true } })
    const socket = tls.connect({ ...at(server.port), ...client, rejectUnauthorized: false })
    socket.on('error', () => undefined)
    later(() => socket.destroy())
    let sent = 0
    const pump = (): void => { while (!socket.destroyed && sent < 64 << 20 && socket.write(Buffer.alloc(1 << 16))) sent += 1 << 16 }
    socket.on('drain', pump)
    pump()
    const { error } = await server.next()
    // Deno would read on without bound, and is stopped; Bun holds the client back.
    if (runtime === 'deno') expect(error).toMatchObject({ code: 'node/connection-failed', cause: 'the peer sent more than 1048576 bytes before the verdict' })
    else expect(error).toMatchObject({ code: 'node/handshake-timeout' })
    expect(sent).toBeLessThan(32 << 20)
  })

  describe('sessions', () => {
    /** Visits, and returns whether the session was resumed, what came back, and the last session. */
    async function resume(port: number, credential: { cert: string, key: string }, session?: Buffer) {
      const socket = tls.connect({ ...at(port), cert: credential.cert, key: credential.key, rejectUnauthorized: false, ...(session === undefined ? {} : { session }) })
      later(() => socket.destroy())
      let last: Buffer | undefined
      let reused = false
      socket.on('session', (bytes: Buffer) => { last = bytes })
      socket.on('secureConnect', () => { reused = socket.isSessionReused() })
      socket.on('data', () => socket.end())
      socket.write('hello')
      return { text: await readAll(socket), reused, session: last }
    }

    it(runtime === 'deno' ? 'resumes by itself what it accepted, since nothing stops the tickets' : 'resumes nothing by default', async () => {
      const { client } = await pki()
      const server = await serve()
      const first = await resume(server.port, client)
      expect(await server.next()).toMatchObject({ event: 'entered', reused: false })
      await resume(server.port, client, first.session)
      expect(await server.next()).toMatchObject({ event: 'entered', accepted: true, reused: runtime === 'deno' })
    })

    it('resumes what the store knows, and destroys what it does not', async () => {
      const { client } = await pki()
      const name = `store of ${runtime}`
      await peer.ask('store', { name })
      const server = await serve({ sessions: name })
      const first = await resume(server.port, client)
      expect(await server.next()).toMatchObject({ event: 'entered', reused: false })
      const second = await resume(server.port, client, first.session)
      expect(second).toMatchObject({ reused: true })
      expect(await server.next()).toMatchObject({ event: 'entered', accepted: true, reused: true })
      await peer.ask('clear', { name })
      expect(await resume(server.port, client, second.session)).toMatchObject({ reused: true, text: '' })
      expect(await server.next()).toMatchObject({ event: 'refused', error: { code: 'node/session-not-bound' } })
    })

    it('does not let in a refused client that resumes', async () => {
      const { otherClient, root } = await pki()
      // A verdict that takes its time: the tickets leave before it.
      const server = await serve({ drive: 'async', sessions: 'own', verifier: { anchors: root.pem, purpose: 'clientAuth', late: 100 } })
      const first = await resume(server.port, otherClient)
      expect(await server.next()).toMatchObject({ event: 'refused', error: { verdict: 'path/no-anchor' } })
      expect((await resume(server.port, otherClient, first.session)).text).toBe('')
      expect(await server.next()).toMatchObject({ event: 'refused' })
      expect(server.events).toEqual([])
    })
  })

  it('names the option that is wrong', async () => {
    expect(await remoteFailure(serve({ names: undefined }))).toMatchObject({ name: 'TypeError' })
    expect((await remoteFailure(serve({ drive: 'later' }))).message).toMatch(/^drive: /)
  })
})
