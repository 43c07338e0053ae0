/**
 * Clients in Deno and Bun, with servers of Node and OpenSSL.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as bun from 'countersign/bun'
import * as deno from 'countersign/deno'
import { createServer } from 'countersign/node'
import { freePort, has, start } from '../node/programs.ts'
import { at, clientNames, issueServer, later, listen, pki, readAll, versions } from '../node/support.ts'
import { remoteFailure, runtimes, startPeer, type Peer } from './runtime.ts'

const openssl = has('openssl', 'version')

describe.each(runtimes)('a client in %s', (runtime) => {
  let peer: Peer
  beforeAll(() => { peer = startPeer(runtime) })
  afterAll(() => peer.stop())

  /** A server of Node that sends at once, and keeps what it was sent. */
  async function plain(credential: { cert: string, key: string }, fix: object = {}) {
    const seen: Promise<string>[] = []
    const port = await listen(tls.createServer({ cert: credential.cert, key: credential.key, requestCert: true, rejectUnauthorized: false, ...fix }, (socket) => {
      seen.push(readAll(socket))
      socket.write('at once')
    }))
    return { port, seen }
  }

  async function options(port: number, more: object = {}): Promise<object> {
    const { client, root } = await pki()
    return { ...at(port), cert: client.cert, key: client.key, verifier: { anchors: root.pem, purpose: 'serverAuth' }, ...more }
  }

  describe.each(versions)('%s', (version) => {
    const fix = { minVersion: version, maxVersion: version } as const

    it.each(['sync', 'async'] as const)('authenticates with a server of ours, drive: %s', async (drive) => {
      const { server, toClient } = await pki()
      const port = await listen(createServer({ cert: server.cert, key: server.key, verifier: toClient, names: clientNames, ...fix }, (socket) => {
        socket.on('error', () => undefined)
        socket.pipe(socket)
      }))
      const text = '0123456789'.repeat(5_000)
      expect(await peer.ask('connect', { options: await options(port, { drive, ...fix }), send: text })).toEqual({ accepted: true, text })
    })

    it.each(['sync', 'async'] as const)('refuses a server of another authority, or of another name, and says nothing to it, drive: %s', async (drive) => {
      const { server, otherServer } = await pki()
      const foreign = await plain(otherServer, fix)
      const own = await plain(server, fix)
      const refused = async (more: Record<string, unknown>, port = own.port) =>
        remoteFailure(peer.ask('connect', { options: { ...await options(port, { drive, ...fix }), ...more }, send: 'secret' }))
      expect(await refused({}, foreign.port)).toMatchObject({ name: 'HandshakeError', code: 'node/verifier-refused', verdict: 'path/no-anchor' })
      expect(await refused({ servername: 'wrong.example' })).toMatchObject({ verdict: 'path/name-mismatch' })
      // Without a server name the address is what is expected.
      expect(await refused({ servername: undefined })).toMatchObject({ verdict: 'path/name-mismatch' })
      expect((await Promise.all([...foreign.seen, ...own.seen])).join('')).toBe('')
      // Beside it: what an accepted server sent at once is there to read.
      expect(await peer.ask('connect', { options: await options(own.port, { drive, ...fix }), waitFor: 'data' })).toEqual({ accepted: true, text: 'at once' })
    })

    it('refuses an expired server, and reads a chain with strangers and out of order', async () => {
      const { intermediate, root, otherRoot, server } = await pki()
      const day = 86_400_000
      const expired = await plain(await issueServer(intermediate, { notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) }), fix)
      expect(await remoteFailure(peer.ask('connect', { options: await options(expired.port, fix) }))).toMatchObject({ verdict: 'path/expired' })
      const leaf = server.cert.slice(0, server.cert.indexOf('-----END') + 26)
      const mixed = await plain({ cert: [leaf, otherRoot.pem, root.pem, intermediate.pem].join(''), key: server.key }, fix)
      expect(await peer.ask('connect', { options: await options(mixed.port, fix), waitFor: 'data' })).toMatchObject({ accepted: true })
      expect(await remoteFailure(peer.ask('connect', { options: await options(mixed.port, { ...fix, maxCertificates: 3 }) })))
        .toMatchObject({ code: 'node/too-many-certificates' })
    })

    it('probes first: the certificate goes to an accepted server only', async () => {
      const { server, otherServer } = await pki()
      const watch = async (credential: { cert: string, key: string }) => {
        const certificates: boolean[] = []
        const port = await listen(tls.createServer({ cert: credential.cert, key: credential.key, requestCert: true, rejectUnauthorized: false, ...fix }, (socket) => {
          certificates.push(socket.getPeerX509Certificate() !== undefined)
          socket.on('error', () => undefined)
          socket.end('ok')
        }))
        return { port, certificates }
      }
      const good = await watch(server)
      const bad = await watch(otherServer)
      expect(await peer.ask('connect', { options: await options(good.port, { ...fix, probeFirst: true }), send: '' })).toEqual({ accepted: true, text: 'ok' })
      expect(good.certificates.filter(Boolean).length).toBe(1)
      expect(good.certificates.at(-1)).toBe(true)
      expect(await remoteFailure(peer.ask('connect', { options: await options(bad.port, { ...fix, probeFirst: true }) }))).toMatchObject({ verdict: 'path/no-anchor' })
      expect(bad.certificates).not.toContain(true)
    })

    it('refuses a server whose leaf has changed since it was probed, though it would be accepted', async () => {
      const { intermediate, server } = await pki()
      const twin = await issueServer(intermediate)
      let connections = 0
      const own = tls.createServer({ cert: server.cert, key: server.key, ...fix }, (socket) => socket.on('error', () => undefined))
      // The second connection meets another certificate.
      own.prependListener('connection', () => {
        if (++connections === 2) own.setSecureContext({ cert: twin.cert, key: twin.key, ...fix })
      })
      expect(await remoteFailure(peer.ask('connect', { options: await options(await listen(own), { ...fix, probeFirst: true }) })))
        .toMatchObject({ code: 'node/leaf-changed' })
    })

    it('verifyPeer destroys a refused socket before it tells', async () => {
      const { root, server, otherServer } = await pki()
      for (const [credential, ok] of [[server, true], [otherServer, false]] as const) {
        const { port } = await plain(credential, fix)
        expect(await peer.ask('verifyPeer', {
          connection: { ...at(port), ...fix }, options: { verifier: { anchors: root.pem, purpose: 'serverAuth' }, names: { anyOf: [{ dns: 'localhost' }] } },
        })).toMatchObject({ ok, destroyed: !ok })
      }
    })

    it.skipIf(!openssl)('accepts s_server of openssl of our authority, and no other', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'countersign-'))
      later(() => rmSync(folder, { recursive: true, force: true }))
      const all = await pki()
      for (const [who, verdict] of [['server', undefined], ['otherServer', 'path/no-anchor']] as const) {
        writeFileSync(join(folder, 'cert.pem'), all[who].cert)
        writeFileSync(join(folder, 'key.pem'), all[who].key, { mode: 0o600 })
        const port = await freePort()
        const server = start('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, '-Verify', '4', version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3',
          '-cert', 'cert.pem', '-cert_chain', 'cert.pem', '-key', 'key.pem', '-naccept', '1'], folder)
        later(() => server.process.kill('SIGKILL'))
        await server.until(/ACCEPT/)
        const attempt = peer.ask('connect', { options: await options(port, fix), send: 'over openssl\n' })
        if (verdict === undefined) {
          expect(await attempt).toMatchObject({ accepted: true })
          expect(await server.ended).toMatch(/CN\s*=\s*pay[\s\S]*over openssl/)
        } else {
          expect(await remoteFailure(attempt)).toMatchObject({ verdict })
          expect(await server.ended).not.toMatch(/over openssl/)
        }
      }
    })
  })

  it('ends a server that says nothing, and a verdict that does not come', async () => {
    const { server, root } = await pki()
    const silent = await listen(net.createServer(() => undefined))
    expect(await remoteFailure(peer.ask('connect', { options: await options(silent, { handshakeDeadline: 200 }) }))).toMatchObject({ code: 'node/handshake-timeout' })
    const { port } = await plain(server)
    const slow = { handshakeDeadline: 200, drive: 'async', verifier: { anchors: root.pem, purpose: 'serverAuth', silent: true } }
    expect(await remoteFailure(peer.ask('connect', { options: await options(port, slow) }))).toMatchObject({ code: 'node/handshake-timeout' })
    expect(await remoteFailure(peer.ask('connect', { options: await options(silent, { signalAfter: 100 }) }))).toMatchObject({ code: 'node/aborted' })
    expect(await remoteFailure(peer.ask('connect', { options: await options(1) }))).toMatchObject({ code: 'node/connection-failed' })
  })


  it('names the option that is wrong, and refuses what the runtime has not', async () => {
    const { port } = await plain((await pki()).server)
    const mistake = async (more: object) => remoteFailure(peer.ask('connect', { options: { ...await options(port), ...more } }))
    expect(await mistake({ drive: 'later' })).toMatchObject({ name: 'TypeError', message: expect.stringMatching(/^drive: /) as string })
    expect(await mistake({ sessions: 'own' })).toMatchObject({ name: 'UnsupportedError', code: 'runtime/no-such-option', feature: 'sessions' })
    expect(await mistake({ session: 'x' })).toMatchObject({ name: 'UnsupportedError', code: 'runtime/no-such-option', feature: 'session' })
    expect(await remoteFailure(peer.ask('call', { name: 'createHttpsAgent', options: { sessions: true } })))
      .toMatchObject({ name: 'UnsupportedError', code: 'runtime/no-such-option', feature: 'sessions' })
  })
})

describe('what a runtime does not allow', () => {
  it.each([
    ['deno', 'connectTls', 'Deno.connectTls'], ['deno', 'listenTls', 'Deno.listenTls'], ['deno', 'serve', 'Deno.serve'],
    ['deno', 'createHttpClient', 'Deno.createHttpClient'], ['bun', 'serve', 'Bun.serve'],
  ] as const)('%s: %s throws', async (runtime, name, feature) => {
    const peer = startPeer(runtime)
    later(() => void peer.stop())
    expect(await remoteFailure(peer.ask('call', { name }))).toMatchObject({ name: 'UnsupportedError', code: 'runtime/no-peer-certificate', feature })
  })

  it.each(runtimes)('%s: a server that should staple throws', async (runtime) => {
    const { UnsupportedError, createServer: create } = runtime === 'deno' ? deno : bun
    const { toClient, server } = await pki()
    const options = { ...server, verifier: toClient, names: clientNames }
    expect(() => create({ ...options, ocspResponse: () => undefined })).toThrow(UnsupportedError)
    expect(() => create(options)).not.toThrow()
  })
})
