/**
 * Policies in Deno and Bun: on connections of both ends, and on requests.
 */
import tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { at, issueClient, later, listen, pki, readAll } from '../node/support.ts'
import { remoteFailure, runtimes, startPeer, type Peer } from './runtime.ts'

const pay = {
  version: 1, identity: [{ from: 'san.uri', as: 'spiffe' }],
  rules: [
    { id: 'pay', effect: 'allow', when: { 'san.uri': { spiffe: 'spiffe://bank.example/pay/**' } } },
    { id: 'exact', effect: 'allow', when: { 'san.uri': { exact: 'spiffe://bank.example/pay' } } },
  ],
}
const requests = {
  version: 1, identity: 'none',
  rules: [{ id: 'read', effect: 'allow', when: { allOf: [{ 'request.method': { exact: 'GET' } }, { 'request.path': { path: '/accounts/*' } }] } }],
}
const channel = (when: object): object => ({ version: 1, identity: 'none', rules: [{ id: 'channel', effect: 'allow', when }] })

describe.each(runtimes)('in %s', (runtime) => {
  let peer: Peer
  beforeAll(() => { peer = startPeer(runtime) })
  afterAll(() => peer.stop())

  async function serve(kind: 'tls' | 'https' | 'http2', options: object) {
    const { root, server } = await pki()
    return peer.serve(kind, {
      cert: server.cert, key: server.key, verifier: { anchors: root.pem, purpose: 'clientAuth' }, names: 'unchecked', ...options,
    })
  }

  async function visit(port: number, credential: { cert: string, key: string }, text: string): Promise<string> {
    const socket = tls.connect({ ...at(port), cert: credential.cert, key: credential.key, rejectUnauthorized: false })
    later(() => socket.destroy())
    socket.end(text)
    return readAll(socket)
  }

  it.each(['sync', 'async'] as const)('a server lets in whom its policy allows, and no other that its verifier accepts, drive: %s', async (drive) => {
    const { client, intermediate } = await pki()
    const stranger = await issueClient(intermediate, { uri: ['spiffe://bank.example/other'] })
    const server = await serve('tls', { policy: pay, drive })
    expect(await visit(server.port, client, 'at once')).toBe('at once')
    expect(await server.next()).toMatchObject({
      event: 'entered', decision: 'allow', both: { peer: { principal: { type: 'spiffe', value: 'spiffe://bank.example/pay' } }, channel: { tlsVersion: 'TLSv1.3' } },
    })
    expect(await visit(server.port, stranger, 'at once')).toBe('')
    expect(await server.next()).toMatchObject({ event: 'refused', error: { code: 'node/policy-refused', reason: 'policy/no-rule-allows' } })
    expect(server.events).toEqual([])
  })

  it('a client decides on the server, and reads nothing of a denied one', async () => {
    const { client, root, server } = await pki()
    const seen: Promise<string>[] = []
    const port = await listen(tls.createServer({ cert: server.cert, key: server.key }, (socket) => {
      seen.push(readAll(socket))
      socket.write('at once')
    }))
    const options = { ...at(port), cert: client.cert, key: client.key, verifier: { anchors: root.pem, purpose: 'serverAuth' } }
    const named = (name: string): object => channel({ 'san.dns': { exact: name } })
    expect(await peer.ask('connect', { options: { ...options, policy: named('localhost') }, waitFor: 'data' })).toEqual({ accepted: true, decision: 'allow', text: 'at once' })
    expect(await remoteFailure(peer.ask('connect', { options: { ...options, policy: named('other.example') }, send: 'secret' })))
      .toMatchObject({ code: 'node/policy-refused', reason: 'policy/no-rule-allows' })
    expect((await Promise.all(seen)).join('')).toBe('')
  })

  it('knows the channel', async () => {
    const { client } = await pki()
    const facts = { 'channel.tlsVersion': { exact: 'TLSv1.3' }, 'channel.serverName': { exact: 'localhost' }, 'channel.remoteAddress': { cidr: '127.0.0.0/8' } }
    const right = await serve('tls', { policy: channel({ allOf: Object.entries(facts).map(([field, matcher]) => ({ [field]: matcher })) }) })
    expect(await visit(right.port, client, 'hello')).toBe('hello')
    const wrong = await serve('tls', { policy: channel({ 'channel.remoteAddress': { cidr: '192.0.2.0/24' } }) })
    expect(await visit(wrong.port, client, 'hello')).toBe('')
    expect(await wrong.next()).toMatchObject({ event: 'refused', error: { code: 'node/policy-refused' } })
  })

  it('asks for the channel binding where the runtime has one', async () => {
    const policy = { ...channel({ 'channel.binding': { present: true } }), loggable: [] }
    if (runtime === 'deno') {
      expect(await remoteFailure(serve('tls', { policy }))).toMatchObject({ name: 'UnsupportedError', feature: 'channel.binding' })
      const { root } = await pki()
      expect(await remoteFailure(peer.ask('connect', { options: { ...at(1), policy, verifier: { anchors: root.pem, purpose: 'serverAuth' } } })))
        .toMatchObject({ name: 'UnsupportedError', feature: 'channel.binding' })
      // Beside it: a policy that does not ask, and no binding to be seen.
      const { client } = await pki()
      const server = await serve('tls', { policy: channel({ 'channel.tlsVersion': { exact: 'TLSv1.3' } }) })
      expect(await visit(server.port, client, 'hello')).toBe('hello')
      expect((await server.next()).both!['channel']).not.toHaveProperty('binding')
    } else {
      const { client } = await pki()
      const server = await serve('tls', { policy })
      expect(await visit(server.port, client, 'hello')).toBe('hello')
      const { both } = await server.next()
      expect((both!['channel'] as { binding: string }).binding).toBe('not-shown')
    }
  })

  it.each(['https', 'http2'] as const)('%s: decides on each request of a connection before any handler', async (kind) => {
    const { client } = await pki()
    const server = await serve(kind, { policy: requests, allowHTTP1: true })
    const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`
    const socket = tls.connect({ ...at(server.port), cert: client.cert, key: client.key, rejectUnauthorized: false })
    later(() => socket.destroy())
    socket.write(get('/accounts/1') + get('/payments') + get('/accounts/2', 'Connection: close\r\n'))
    expect(await readAll(socket))
      .toMatch(/ 200 [\s\S]* 403 [\s\S]* 200 /)
    expect(await server.next()).toMatchObject({ event: 'entered', url: '/accounts/1', decision: 'allow' })
    expect(await server.next()).toMatchObject({ event: 'denied', reason: 'policy/no-rule-allows' })
    expect(await server.next()).toMatchObject({ event: 'entered', url: '/accounts/2', decision: 'allow' })
    expect(server.events).toEqual([])
  })

  it.each(['https', 'http2'] as const)('%s: asks for the body of an allowed request, and for no other', async (kind) => {
    const { client } = await pki()
    const server = await serve(kind, { policy: requests, allowHTTP1: true })
    for (const [path, answers] of [['/payments', ['403']], ['/accounts/1', ['100', '200']]] as const) {
      const socket = tls.connect({ ...at(server.port), cert: client.cert, key: client.key, rejectUnauthorized: false })
      later(() => socket.destroy())
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n`)
      const answer = readAll(socket)
      socket.once('data', (bytes: Buffer) => { if (/^HTTP\/1.1 100/.test(String(bytes))) socket.write('body') })
      expect([...(await answer).matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status)).toEqual(answers)
    }
    expect(await server.next()).toMatchObject({ event: 'denied' })
    expect(await server.next()).toMatchObject({ event: 'entered', url: '/accounts/1', decision: 'allow' })
    expect(server.events).toEqual([])
  })
})
