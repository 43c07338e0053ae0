/**
 * HTTP in Deno and Bun, at either end, with Node at the other.
 */
import { once } from 'node:events'
import http2 from 'node:http2'
import https from 'node:https'
import tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHttp2SecureServer, createHttpsServer } from 'countersign/node'
import { at, clientNames, issueServer, later, listen, pki, readAll } from '../node/support.ts'
import { remoteFailure, runtimes, startPeer, type Peer } from './runtime.ts'

describe.each(runtimes)('in %s', (runtime) => {
  let peer: Peer
  beforeAll(() => { peer = startPeer(runtime) })
  afterAll(() => peer.stop())

  async function serve(kind: 'https' | 'http2', options: object = {}) {
    const { intermediate, root } = await pki()
    const server = await issueServer(intermediate, { dns: ['localhost', 'other.example'] })
    return peer.serve(kind, {
      cert: server.cert, key: server.key, verifier: { anchors: root.pem, purpose: 'clientAuth' }, names: clientNames, ...options,
    })
  }

  /** Raw HTTP/1.1 over one connection, to its end. */
  async function raw(port: number, credential: { cert: string, key: string }, ...requests: string[]): Promise<string> {
    const socket = tls.connect({ ...at(port), cert: credential.cert, key: credential.key, rejectUnauthorized: false })
    later(() => socket.destroy())
    socket.write(requests.join(''))
    return readAll(socket)
  }

  const get = (host: string, path = '/', more = 'Connection: close\r\n'): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`

  it.each(['https', 'http2'] as const)('%s (HTTP/1.1): serves accepted clients for the host of their handshake, and no other', async (kind) => {
    const { client, otherClient } = await pki()
    const server = await serve(kind, { allowHTTP1: true })
    expect(await raw(server.port, client, get('localhost', '/own'))).toMatch(/ 200 [\s\S]*served/)
    expect(await server.next()).toMatchObject({ event: 'entered', accepted: true, url: '/own', http: '1.1' })
    expect(await raw(server.port, client, get('other.example'))).toMatch(/ 421 /)
    // The second request of a connection is looked at as the first is.
    expect(await raw(server.port, client, get('localhost', '/kept', ''), get('other.example', '/foreign'))).toMatch(/ 200 [\s\S]* 421 /)
    expect(await server.next()).toMatchObject({ event: 'entered', url: '/kept' })
    expect(await raw(server.port, otherClient, get('localhost', '/refused'))).toBe('')
    expect(await server.next()).toMatchObject({ event: 'refused', error: { verdict: 'path/no-anchor' } })
    expect(server.events).toEqual([])
  })

  it('HTTP/2: the same, and no handler sees a misdirected request', async () => {
    const { client, otherClient } = await pki()
    const server = await serve('http2')
    const open = (credential: { cert: string, key: string }): http2.ClientHttp2Session => {
      const session = http2.connect(`https://127.0.0.1:${server.port}`, { servername: 'localhost', cert: credential.cert, key: credential.key, rejectUnauthorized: false })
      later(() => session.destroy())
      session.on('error', () => undefined)
      return session
    }
    const status = async (session: http2.ClientHttp2Session, headers: object): Promise<number | undefined> => {
      const stream = session.request({ ':path': '/', ...headers })
      const [answer] = await once(stream, 'response') as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader]
      stream.resume()
      return answer[':status']
    }
    const session = open(client)
    expect(await status(session, { ':authority': 'localhost' })).toBe(200)
    expect(await server.next()).toMatchObject({ event: 'entered', accepted: true, http: '2.0' })
    expect(await status(session, { ':authority': 'other.example' })).toBe(421)
    expect(await status(session, { ':authority': 'localhost', host: 'other.example' })).toBe(421)
    expect(await status(session, { ':authority': 'localhost' })).toBe(200)
    expect(await server.next()).toMatchObject({ event: 'entered' })

    const refused = open(otherClient)
    const stream = refused.request({ ':path': '/', ':authority': 'localhost' })
    await new Promise((resolve) => stream.on('error', resolve).on('close', resolve))
    expect(await server.next()).toMatchObject({ event: 'refused', error: { verdict: 'path/no-anchor' } })
    expect(server.events).toEqual([])
  })

  it.each(['sync', 'async'] as const)('looks again at who is on a connection that is kept, drive: %s', async (drive) => {
    const { client, root } = await pki()
    const ages = `${runtime} ${drive}`
    const server = await serve('https', { drive, recheckAfter: 1, verifier: { anchors: root.pem, purpose: 'clientAuth', ages } })
    const socket = tls.connect({ ...at(server.port), cert: client.cert, key: client.key, rejectUnauthorized: false })
    later(() => socket.destroy())
    const all = readAll(socket)
    for (const path of ['/first', '/second']) {
      socket.write(get('localhost', path, ''))
      expect(await server.next()).toMatchObject({ event: 'entered', url: path })
    }
    await peer.ask('age', { name: ages })
    socket.write(get('localhost', '/third', ''))
    expect(await server.next()).toMatchObject({ event: 'refused', error: { code: 'node/verifier-refused', verdict: 'path/expired' } })
    expect((await all).match(/ 200 /g)?.length).toBe(2)
    expect(server.events).toEqual([])
  })

  it('the agent keeps a connection to an accepted server, and refuses another before any request', async () => {
    const { client, root, server, otherServer, toClient } = await pki()
    const urls: string[] = []
    const options = { cert: client.cert, key: client.key, verifier: { anchors: root.pem, purpose: 'serverAuth' } }
    const own = await listen(createHttpsServer({ cert: server.cert, key: server.key, verifier: toClient, names: clientNames }, (request, response) => {
      urls.push(request.url!)
      response.end('ok')
    }))
    const foreign = await listen(https.createServer({ cert: otherServer.cert, key: otherServer.key }, (request, response) => {
      urls.push(request.url!)
      response.end('ok')
    }))
    expect(await peer.ask('request', { options, url: `https://localhost:${own}/own`, times: 2 })).toEqual({ statuses: [[200, false], [200, true]] })
    expect(await remoteFailure(peer.ask('request', { options, url: `https://localhost:${foreign}/foreign` })))
      .toMatchObject({ code: 'node/verifier-refused', verdict: 'path/no-anchor' })
    // A Host header does not change whom the client expects; the server finds it misdirected.
    expect(await peer.ask('request', { options, url: `https://localhost:${own}/`, host: 'other.example' })).toEqual({ statuses: [[421, false]] })
    expect(urls).toEqual(['/own', '/own'])
  })

  it.each(['sync', 'async'] as const)('the agent looks again at the server before a connection that is kept gets another request, drive: %s', async (drive) => {
    const { client, root, server, toClient } = await pki()
    const urls: string[] = []
    const port = await listen(createHttpsServer({ cert: server.cert, key: server.key, verifier: toClient, names: clientNames }, (request, response) => {
      urls.push(request.url!)
      response.end('ok')
    }))
    const ages = `agent of ${runtime} ${drive}`
    const options = { drive, recheckAfter: 1, cert: client.cert, key: client.key, verifier: { anchors: root.pem, purpose: 'serverAuth', ages } }
    const url = `https://localhost:${port}/`
    expect(await peer.ask('request', { options, url, times: 3 })).toEqual({ statuses: [[200, false], [200, true], [200, true]] })
    // The kept connection is ended, and the new one that takes its place is refused.
    expect(await remoteFailure(peer.ask('request', { options, url, times: 3, age: ages }))).toMatchObject({ verdict: 'path/expired' })
    expect(urls.length).toBe(5)
  })

  it('an HTTP/2 session to an accepted server', async () => {
    const { client, root, server, otherServer, toClient } = await pki()
    const options = { cert: client.cert, key: client.key, verifier: { anchors: root.pem, purpose: 'serverAuth' } }
    const serveHttp2 = (credential: typeof server): Promise<number> => listen(createHttp2SecureServer({ cert: credential.cert, key: credential.key, verifier: toClient, names: clientNames }, (_, response) => response.end('ok')))
    const own = await serveHttp2(server)
    expect(await peer.ask('http2', { options, url: `https://localhost:${own}` })).toEqual({ accepted: true, status: 200 })
    expect(await remoteFailure(peer.ask('http2', { options, url: `https://localhost:${await serveHttp2(otherServer)}` }))).toMatchObject({ verdict: 'path/no-anchor' })
    // One that agrees on no protocol at all.
    const plain = await listen(tls.createServer({ cert: server.cert, key: server.key }))
    expect(await remoteFailure(peer.ask('http2', { options, url: `https://localhost:${plain}` }))).toMatchObject({ code: 'node/wrong-protocol' })
  })
})
