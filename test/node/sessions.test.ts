import { once } from 'node:events'
import tls, { type TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import type { Verifier } from 'countersign'
import { acceptedVerdict, connect, createServer, createSessionStore, type ServerOptions } from 'countersign/node'
import { at, clientNames, collectRefusals, failure, issueServer, later, listen, payPolicy, pki, readAll, verifierFor, versions } from './support.ts'

async function serve(options: Partial<ServerOptions>) {
  const { server, toClient } = await pki()
  const refusals = collectRefusals()
  const reused: boolean[] = []
  const listener = createServer({
    cert: server.cert, key: server.key, verifier: toClient, names: clientNames, onRefused: refusals.onRefused, ...options,
  }, (socket) => {
    reused.push(socket.isSessionReused())
    socket.on('error', () => undefined)
    socket.end('ok')
  })
  return { port: await listen(listener), refusals, reused, listener }
}

/** A plain client of Node: connects, reads to the end, and keeps the last session that it was given. */
async function visit(port: number, options: tls.ConnectionOptions): Promise<{ text: string, session: Buffer | undefined, reused: boolean }> {
  const socket = tls.connect({ ...at(port), rejectUnauthorized: false, ...options })
  let session: Buffer | undefined
  socket.on('session', (bytes: Buffer) => { session = bytes })
  const reused = new Promise<boolean>((resolve) => {
    socket.on('secureConnect', () => resolve(socket.isSessionReused()))
    socket.on('close', () => resolve(false))
  })
  const text = await readAll(socket)
  return { text, session, reused: await reused }
}

describe.each(versions)('%s', (version) => {
  const fix = { minVersion: version, maxVersion: version } as const

  describe('a server', () => {
    it('resumes nothing by default, not even by tickets, nor after setSecureContext or for an added context', async () => {
      const { client, server } = await pki()
      const { port, listener } = await serve(fix)
      const first = await visit(port, { ...client, ...fix })
      expect(first.text).toBe('ok')
      expect(await visit(port, { ...client, ...fix, session: first.session! })).toMatchObject({ text: 'ok', reused: false })
      listener.setSecureContext({ ...server, ...fix })
      const second = await visit(port, { ...client, ...fix })
      expect(await visit(port, { ...client, ...fix, session: second.session! })).toMatchObject({ text: 'ok', reused: false })
      listener.addContext('localhost', tls.createSecureContext({ ...server, ...fix }))
      const third = await visit(port, { ...client, ...fix })
      expect(await visit(port, { ...client, ...fix, session: third.session! })).toMatchObject({ text: 'ok', reused: false })
    })

    it('beside it: Node’s own server resumes', async () => {
      const { client, server } = await pki()
      const port = await listen(tls.createServer({ ...server, ...fix }, (socket) => socket.end('ok')))
      const first = await visit(port, { ...client, ...fix })
      expect(await visit(port, { ...client, ...fix, session: first.session! })).toMatchObject({ text: 'ok', reused: true })
    })

    it('destroys a session that the application resumes behind its back', async () => {
      const { client } = await pki()
      const { port, listener, refusals } = await serve(fix)
      const kept = new Map<string, Buffer>()
      listener.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
        kept.set(id.toString('hex'), data)
        done()
      })
      listener.on('resumeSession', (id: Buffer, done: (error: null, data: Buffer | null) => void) => {
        done(null, kept.get(id.toString('hex')) ?? null)
      })
      const first = await visit(port, { ...client, ...fix })
      expect(first.text).toBe('ok')
      const second = await visit(port, { ...client, ...fix, session: first.session! })
      if (version === 'TLSv1.3') {
        expect(second).toMatchObject({ text: 'ok', reused: false }) // Node asks nobody for a session of TLS 1.3.
      } else {
        expect(second).toMatchObject({ text: '', reused: true })
        expect((await refusals.next()).code).toBe('node/session-not-bound')
      }
    })

  })

  describe('a client', () => {
    /** Two servers of two authorities that share ticket keys, as the tenants of one machine may. */
    async function tenants() {
      const all = await pki()
      const shared = { ticketKeys: Buffer.alloc(48, 9), sessionIdContext: 'tenants', ...fix }
      const b = await issueServer(all.other, { commonName: 'b.example', dns: ['b.example'] })
      const reply = (socket: TLSSocket): void => {
        socket.on('error', () => undefined)
        socket.end('ok')
      }
      return {
        ...all,
        portA: await listen(tls.createServer({ ...shared, ...all.server }, reply)),
        portB: await listen(tls.createServer({ ...shared, ...b }, reply)),
      }
    }

    it('resumes nothing by default', async () => {
      const { portA, toServer } = await tenants()
      for (let i = 0; i < 2; i++) {
        const socket = await connect({ ...at(portA), verifier: toServer, ...fix })
        expect(socket.isSessionReused()).toBe(false)
        expect(await readAll(socket)).toBe('ok')
      }
    })

    it('resumes what it accepted, with a store', async () => {
      const { portA, toServer } = await tenants()
      const sessions = createSessionStore()
      const seen: boolean[] = []
      for (let i = 0; i < 3; i++) {
        const socket = await connect({ ...at(portA), verifier: toServer, sessions, ...fix })
        seen.push(socket.isSessionReused())
        expect(acceptedVerdict(socket)?.ok).toBe(true)
        expect(await readAll(socket)).toBe('ok')
      }
      expect(seen).toEqual([false, true, true])
    })

    it('offers a session neither to another verifier nor under another name, nor as another client', async () => {
      const { portA, root, client, toServer } = await tenants()
      const sessions = createSessionStore()
      const go = async (options: object): Promise<boolean> => {
        const socket = await connect({ ...at(portA), verifier: toServer, sessions, ...fix, ...options })
        const reused = socket.isSessionReused()
        await readAll(socket)
        return reused
      }
      expect(await go({})).toBe(false)
      expect(await go({ verifier: verifierFor(root, 'serverAuth') })).toBe(false)
      expect(await go({ names: 'unchecked' })).toBe(false)
      expect(await go({ cert: client.cert, key: client.key })).toBe(false)
      expect(await go({})).toBe(true)
    })

    it('destroys a session of host A resumed under host B of another authority, which Node calls authorized', async () => {
      const { portA, portB, root, otherRoot, toServer } = await tenants()
      const sessions = createSessionStore()
      let session: Buffer | undefined
      const first = await connect({ ...at(portA), ca: root.pem, verifier: toServer, sessions, ...fix })
      first.on('session', (bytes: Buffer) => { session = bytes })
      const early = first.getSession()
      await readAll(first)
      session ??= early

      // B’s certificate is of another authority: refused by a full handshake.
      const full = await failure(connect({ ...at(portB, 'b.example'), verifier: toServer, sessions, ...fix }))
      expect(full.verdict?.code).toBe('path/no-anchor')

      // Node by itself, trusting A’s authority only, takes A’s session for B.
      const byNode = tls.connect({ ...at(portB, 'localhost'), ca: root.pem, session: session!, ...fix, checkServerIdentity: () => undefined })
      later(() => byNode.destroy())
      await once(byNode, 'secureConnect')
      expect([byNode.isSessionReused(), byNode.authorized]).toEqual([true, true])

      const error = await failure(connect({ ...at(portB, 'b.example'), verifier: toServer, sessions, session: session!, ...fix }))
      expect(error.code).toBe('node/session-not-bound')
      // Under B’s own verifier too: what A’s verifier accepted is not B’s.
      const bound = await failure(connect({
        ...at(portB, 'localhost'), verifier: verifierFor(otherRoot, 'serverAuth'), sessions, session: session!, ...fix,
      }))
      expect(bound.code).toBe('node/session-not-bound')
    })

    it('destroys a session that the store does not know, or whose acceptance has ended', async () => {
      const { portA, toServer } = await tenants()
      const stranger = (await visit(portA, fix)).session!
      const sessions = createSessionStore()
      const error = await failure(connect({ ...at(portA), verifier: toServer, sessions, session: stranger, ...fix }))
      expect(error.code).toBe('node/session-not-bound')

      let now = Date.now()
      const timed = createSessionStore({ clock: () => now })
      const first = await connect({ ...at(portA), verifier: toServer, sessions: timed, ...fix })
      let session: Buffer | undefined = first.getSession()
      first.on('session', (bytes: Buffer) => { session = bytes })
      await readAll(first)
      const resume = { ...at(portA), verifier: toServer, sessions: timed, session: session!, ...fix }
      const socket = await connect(resume)
      expect(socket.isSessionReused()).toBe(true)
      await readAll(socket)
      now += 366 * 86_400_000
      expect((await failure(connect(resume))).code).toBe('node/session-not-bound')
    })
  })
})

describe('a server with a store', () => {
  it('resumes an accepted client with a store, and knows its verdict', async () => {
    const { client } = await pki()
    const { port, reused, refusals } = await serve({ sessions: createSessionStore() })
    const first = await visit(port, client)
    expect(await visit(port, { ...client, session: first.session! })).toMatchObject({ text: 'ok', reused: true })
    expect(reused).toEqual([false, true])
    expect(refusals.errors).toEqual([])
  })

  it('destroys a refused client that resumes', async () => {
    const { otherClient, toClient } = await pki()
    // A verdict that takes its time, as one with signatures or revocation does: the tickets leave before it.
    const verifier: Verifier = {
      ...toClient,
      verify: async (request) => {
        await new Promise((resolve) => setTimeout(resolve, 50))
        return toClient.verify(request)
      },
    }
    const { port, refusals } = await serve({ sessions: createSessionStore(), drive: 'async', verifier })
    const first = await visit(port, otherClient)
    expect(first.text).toBe('')
    expect((await refusals.next()).verdict?.code).toBe('path/no-anchor')
    // Judged at once, the tickets are not even sent; held, they are, and the client has a session that was refused.
    expect(first.session).toBeInstanceOf(Buffer)
    expect(await visit(port, { ...otherClient, session: first.session! })).toMatchObject({ text: '', reused: true })
    expect((await refusals.next()).code).toBe('node/session-not-bound')
  })

  it('destroys a session when the verifier has changed, or the names, the host name or the time', async () => {
    const { client, root } = await pki()
    let now = Date.now()
    const sessions = createSessionStore({ clock: () => now })
    const ticketKeys = Buffer.alloc(48, 7)
    const shared = { sessions, ticketKeys, sessionIdContext: 'shared' }
    const one = await serve(shared)
    const session = (await visit(one.port, client)).session!
    const again = await visit(one.port, { ...client, session })
    expect(again).toMatchObject({ text: 'ok', reused: true })

    const anchorsChanged = await serve({ ...shared, verifier: verifierFor(root, 'clientAuth') })
    expect((await visit(anchorsChanged.port, { ...client, session })).text).toBe('')
    expect((await anchorsChanged.refusals.next()).code).toBe('node/session-not-bound')

    const namesChanged = await serve({ ...shared, names: { anyOf: [{ uri: 'spiffe://bank.example/other' }] } })
    expect((await visit(namesChanged.port, { ...client, session })).text).toBe('')
    expect((await namesChanged.refusals.next()).code).toBe('node/session-not-bound')

    const policyChanged = await serve({ ...shared, policy: payPolicy() })
    expect((await visit(policyChanged.port, { ...client, session })).text).toBe('')
    expect((await policyChanged.refusals.next()).code).toBe('node/session-not-bound')

    const otherHost = { ...client, session, servername: 'other.example' }
    expect(await visit(one.port, otherHost)).toMatchObject({ text: '', reused: true })
    expect((await one.refusals.next()).code).toBe('node/session-not-bound')

    now += 366 * 86_400_000
    expect((await visit(one.port, { ...client, session })).text).toBe('')
    expect((await one.refusals.next()).code).toBe('node/session-not-bound')
  })

  it('is for TLS 1.3', async () => {
    await expect(serve({ sessions: createSessionStore(), maxVersion: 'TLSv1.2' })).rejects.toThrow(/^sessions: /)
    const { client } = await pki()
    const { port } = await serve({ sessions: createSessionStore(), minVersion: 'TLSv1.2' })
    expect((await visit(port, { ...client, maxVersion: 'TLSv1.2' })).text).toBe('')
  })
})
