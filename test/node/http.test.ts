import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import tls from 'node:tls'
import { describe, expect, it } from 'vitest'
import {
  acceptedVerdict, connect, connectHttp2, createHttp2SecureServer, createHttpsAgent, createHttpsServer, createServer,
  createSessionStore, type HttpsServerOptions, type Http2ServerOptions,
} from 'countersign/node'
import { at, clientNames, collectRefusals, failure, issueServer, later, listen, pki, readAll, serverPolicy, verifierFor } from './support.ts'

async function serveHttps(options: Partial<HttpsServerOptions> = {}) {
  const { intermediate, toClient } = await pki()
  const server = await issueServer(intermediate, { dns: ['localhost', 'other.example'], ip: ['127.0.0.1'] })
  const refusals = collectRefusals()
  const urls: string[] = []
  const listener = createHttpsServer({
    cert: server.cert, key: server.key, verifier: toClient, names: clientNames, onRefused: refusals.onRefused, ...options,
  }, (request, response) => {
    urls.push(request.url!)
    expect(acceptedVerdict(request)?.ok).toBe(true)
    request.resume()
    response.end('served')
  })
  return { port: await listen(listener), refusals, urls, listener }
}

async function serveHttp2(options: Partial<Http2ServerOptions> = {}) {
  const { intermediate, toClient } = await pki()
  const server = await issueServer(intermediate, { dns: ['localhost', 'other.example'], ip: ['127.0.0.1'] })
  const refusals = collectRefusals()
  let streams = 0
  const listener = createHttp2SecureServer({
    cert: server.cert, key: server.key, verifier: toClient, names: clientNames, onRefused: refusals.onRefused, ...options,
  }, (request, response) => {
    expect(acceptedVerdict(request)?.ok).toBe(true)
    request.resume()
    response.end('served')
  })
  listener.on('stream', () => { streams++ })
  return { port: await listen(listener), refusals, listener, streams: () => streams }
}

/** Writes the bytes of a request, and gives the first line and body of the answer. */
async function raw(port: number, text: string, servername = 'localhost'): Promise<string> {
  const { client, toServer } = await pki()
  const socket = await connect({ ...at(port, servername), ...client, verifier: toServer, names: 'unchecked' })
  socket.write(text)
  const answer = await readAll(socket)
  return answer.split('\r\n')[0]!
}

const get = (host: string, target = '/'): string => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`

/** Node shows 1000 lines in `headers`, and in `rawHeaders` some more. */
const filler = 'a:\r\n'.repeat(998)

async function ask(agent: https.Agent, url: string, options: https.RequestOptions = {}): Promise<{ status: number, socket: unknown }> {
  const request = https.get(url, { agent, ...options })
  const [response] = await once(request, 'response') as [http.IncomingMessage]
  const { socket } = response
  response.resume()
  await once(response, 'end')
  return { status: response.statusCode!, socket }
}

describe.each(['sync', 'async'] as const)('https, drive: %s', (drive) => {
  it('serves an accepted client that sends its request at once, and no other', async () => {
    const { client, otherClient } = await pki()
    const { port, refusals, urls } = await serveHttps({ drive })
    for (const [credential, answer] of [[client, /^HTTP\/1.1 200/], [otherClient, /^$/]] as const) {
      const socket = tls.connect({ ...at(port), cert: credential.cert, key: credential.key, rejectUnauthorized: false })
      socket.write(get('localhost', '/at-once'))
      expect(await readAll(socket)).toMatch(answer)
    }
    expect(urls).toEqual(['/at-once'])
    expect((await refusals.next()).verdict?.code).toBe('path/no-anchor')
  })
})

describe('421 over HTTP/1.1', () => {
  it.each([
    ['its own name', get('localhost'), 200],
    ['its own name with a port, in capitals, with a final dot', get('LocalHost.:8443'), 200],
    ['another name', get('other.example'), 421],
    ['another name with the right one as user', get('localhost@other.example'), 421],
    ['the address', get('127.0.0.1'), 421],
    ['an empty Host', get(''), 421],
    ['a backslash', get('localhost\\.other.example'), 421],
    ['an escaped name', get('localhos%74'), 421],
    ['an absolute target of its own', get('localhost', 'https://localhost/x'), 200],
    ['an absolute target elsewhere', get('localhost', 'https://other.example/x'), 421],
    ['an absolute target with a user', get('localhost', 'https://localhost@other.example/x'), 421],
    ['two Host fields', 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: other.example\r\nConnection: close\r\n\r\n', 421],
    ['one Host field and as many others as Node reads', `GET / HTTP/1.1\r\nHost: localhost\r\n${filler}Connection: close\r\n\r\n`, 200],
    ['two Host fields with as many between them', `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${filler}Host: other.example\r\n\r\n`, 421],
    ['HTTP/1.0 without Host', 'GET / HTTP/1.0\r\n\r\n', 421],
    ['an expectation', 'POST / HTTP/1.1\r\nHost: other.example\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: close\r\n\r\n', 421],
    ['an unknown expectation', 'POST / HTTP/1.1\r\nHost: other.example\r\nExpect: more\r\nContent-Length: 0\r\nConnection: close\r\n\r\n', 421],
    ['an upgrade', 'GET / HTTP/1.1\r\nHost: other.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n', 421],
    ['a tunnel', 'CONNECT other.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n', 421],
  ])('%s', async (_, text, status) => {
    const { port, listener, urls } = await serveHttps()
    for (const event of ['upgrade', 'connect']) listener.on(event, () => { urls.push(event) })
    for (const event of ['checkContinue', 'checkExpectation']) listener.on(event, () => { urls.push(event) })
    expect(await raw(port, text)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(urls.length).toBe(status === 200 ? 1 : 0)
  })

  it('a connection that is kept open is looked at anew for every request', async () => {
    const { client, toServer } = await pki()
    const { port, urls } = await serveHttps()
    const socket = await connect({ ...at(port), ...client, verifier: toServer })
    socket.write('GET /one HTTP/1.1\r\nHost: localhost\r\n\r\n' + get('other.example', '/two'))
    expect((await readAll(socket)).match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 421'])
    expect(urls).toEqual(['/one'])
  })

  it('without SNI the list of served names decides; with one, both', async () => {
    const without = await serveHttps()
    expect(await raw(without.port, get('127.0.0.1'), '')).toMatch(/ 421 /)
    const listed = await serveHttps({ serverNames: ['localhost', '127.0.0.1'] })
    expect(await raw(listed.port, get('127.0.0.1:1'), '')).toMatch(/ 200 /)
    expect(await raw(listed.port, get('other.example'), '')).toMatch(/ 421 /)
    expect(await raw(listed.port, get('localhost'))).toMatch(/ 200 /)
    expect(await raw(listed.port, get('127.0.0.1'))).toMatch(/ 421 /)
    expect(await raw(listed.port, get('other.example'), 'other.example')).toMatch(/ 421 /)
    await expect(serveHttps({ serverNames: [] })).rejects.toThrow(/^serverNames: /)
    for (const name of ['a b', 'localhost\\x', 'localhos%74', '127.1']) await expect(serveHttps({ serverNames: [name] })).rejects.toThrow(/^serverNames: /)
  })
})

describe('what a client writes about itself', () => {
  it('a request of HTTP/1 that calls itself HTTP/2.0 is looked at like any other', async () => {
    const { port, urls } = await serveHttps()
    const asVersion2 = (host: string, target: string): string => get(host, target).replace('HTTP/1.1', 'HTTP/2.0')
    expect(await raw(port, asVersion2('foreign.example', '/foreign'))).toBe('HTTP/1.1 421 Misdirected Request')
    expect(await raw(port, asVersion2('localhost', '/own'))).toBe('HTTP/1.1 200 OK')
    expect(urls).toEqual(['/own'])
  })

  it('without SNI, two different hosts in one request are none, though both are served', async () => {
    const { port, urls } = await serveHttps({ serverNames: ['localhost', 'other.example'] })
    expect(await raw(port, get('localhost', 'https://other.example/two'), '')).toBe('HTTP/1.1 421 Misdirected Request')
    expect(await raw(port, get('other.example', 'https://other.example/one'), '')).toBe('HTTP/1.1 200 OK')
    expect(urls).toEqual(['https://other.example/one'])
  })
})

describe('HTTP/2', () => {
  async function request(session: http2.ClientHttp2Session, headers: http2.OutgoingHttpHeaders): Promise<number> {
    const stream = session.request(headers)
    const [answer] = await once(stream, 'response') as [http2.IncomingHttpHeaders]
    stream.resume()
    await once(stream, 'close')
    return answer[':status'] as unknown as number
  }

  it.each(['sync', 'async'] as const)('serves its own name, and answers 421 for others (drive: %s)', async (drive) => {
    const { client, toServer } = await pki()
    const { port, streams } = await serveHttp2({ drive })
    const session = await connectHttp2(`https://localhost:${port}`, { ...client, ...at(port), verifier: toServer, drive })
    later(() => session.destroy())
    expect(acceptedVerdict(session)?.ok).toBe(true)
    expect(await request(session, { ':path': '/' })).toBe(200)
    expect(await request(session, { ':path': '/', ':authority': 'other.example' })).toBe(421)
    expect(await request(session, { ':path': '/', ':authority': 'localhost', host: 'other.example' })).toBe(421)
    expect(await request(session, { ':method': 'CONNECT', ':authority': 'other.example:443' })).toBe(421)
    expect(await request(session, { ':path': '/', ':authority': `LOCALHOST:${port}` })).toBe(200)
    expect(streams()).toBe(2)
  })

  it('keeps out a refused client, and a client keeps out a refused server', async () => {
    const { client, otherClient, toServer, otherToServer } = await pki()
    const { port, refusals, streams } = await serveHttp2()
    const session = http2.connect(`https://localhost:${port}`, {
      ...at(port), cert: otherClient.cert, key: otherClient.key, rejectUnauthorized: false,
    })
    later(() => session.destroy())
    session.on('error', () => undefined)
    const stream = session.request({ ':path': '/' })
    stream.on('error', () => undefined)
    expect((await refusals.next()).verdict?.code).toBe('path/no-anchor')
    await once(stream, 'close')
    expect(streams()).toBe(0)
    const wanted = { ...client, ...at(port) }
    expect((await failure(connectHttp2(`https://localhost:${port}`, { ...wanted, verifier: otherToServer }))).verdict?.code)
      .toBe('path/no-anchor')
    const misnamed = { ...wanted, servername: 'wrong.example', verifier: toServer }
    expect((await failure(connectHttp2(`https://localhost:${port}`, misnamed))).verdict?.code).toBe('path/name-mismatch')
  })

  it('asks for HTTP/2, and for https', async () => {
    const { client, toServer } = await pki()
    const { port } = await serveHttps()
    const options = { ...client, ...at(port), verifier: toServer }
    expect((await failure(connectHttp2(`https://localhost:${port}`, options))).code).toMatch(/node\/(wrong-protocol|connection-failed)/)
    await expect(connectHttp2('http://localhost', options)).rejects.toThrow(/^url: /)
  })

  it('allowHTTP1: the same checks for HTTP/1.1', async () => {
    const { port } = await serveHttp2({ allowHTTP1: true })
    // No acceptedVerdict without one: the handler’s own expectation would fail this.
    expect(await raw(port, get('localhost'))).toMatch(/ 200 /)
    expect(await raw(port, get('other.example'))).toMatch(/ 421 /)
  })
})

describe('the agent', () => {
  const local = (port: number): string => `https://localhost:${port}/`
  const lookup = ((_host: string, options: { all?: boolean }, done: (...values: unknown[]) => void) => {
    if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }])
    else done(null, '127.0.0.1', 4)
  }) as never

  it('reuses a socket for the same question only, and never a session by itself', async () => {
    const { root, client, toServer } = await pki()
    const { port } = await serveHttps()
    const agent = createHttpsAgent({ ...client, keepAlive: true, lookup })
    later(() => agent.destroy())
    const one = { verifier: toServer } as https.RequestOptions
    const two = { verifier: verifierFor(root, 'serverAuth') } as https.RequestOptions
    const first = await ask(agent, local(port), one)
    const again = await ask(agent, local(port), one)
    expect(again.socket).toBe(first.socket)
    const other = await ask(agent, local(port), two)
    expect(other.socket).not.toBe(first.socket)
    expect((other.socket as tls.TLSSocket).isSessionReused()).toBe(false)
    const named = await ask(agent, local(port), { ...one, names: { anyOf: [{ dns: 'other.example' }] } } as https.RequestOptions)
    expect([first.socket, other.socket]).not.toContain(named.socket)
    const labelled = await ask(agent, local(port), { ...one, policy: serverPolicy } as https.RequestOptions)
    expect([first.socket, other.socket, named.socket]).not.toContain(labelled.socket)
    expect(agent.getName({ host: 'localhost', ...one })).not.toBe(agent.getName({ host: 'localhost', ...two }))
  })

  it('refuses a server of another authority or name before a byte of the request is out', async () => {
    const { client, otherServer, toServer, otherToServer } = await pki()
    let received = ''
    const port = await listen(tls.createServer({ ...otherServer }, (socket) => {
      socket.on('error', () => undefined).on('data', (chunk) => { received += chunk })
    }))
    const agent = createHttpsAgent({ ...client, verifier: toServer, lookup })
    const error = await failure(ask(agent, local(port), { headers: { authorization: 'secret' } }))
    expect(error.verdict?.code).toBe('path/no-anchor')
    const other = createHttpsAgent({ ...client, verifier: otherToServer, lookup })
    expect((await failure(ask(other, `https://wrong.example:${port}/`))).verdict?.code).toBe('path/name-mismatch')
    // The Host header does not choose whom to expect.
    expect((await failure(ask(other, `https://wrong.example:${port}/`, { headers: { host: 'localhost' } }))).verdict?.code)
      .toBe('path/name-mismatch')
    expect(received).toBe('')
    await expect(ask(createHttpsAgent({ lookup }), local(port))).rejects.toThrow(/^verifier: /)
  })

  it('does not reuse a socket whose verdict has ended', async () => {
    const { client, toServer } = await pki()
    const { port } = await serveHttps()
    const brief = { ...toServer, verify: async (request: Parameters<typeof toServer.verify>[0]) => {
      const verdict = await toServer.verify(request)
      return verdict.ok ? { ...verdict, validUntil: new Date(Date.now() + 300) } : verdict
    } }
    const agent = createHttpsAgent({ ...client, verifier: brief, drive: 'async', keepAlive: true, lookup })
    later(() => agent.destroy())
    const first = await ask(agent, local(port))
    expect((await ask(agent, local(port))).socket).toBe(first.socket)
    await new Promise((resolve) => setTimeout(resolve, 400))
    const late = await ask(agent, local(port))
    expect((await ask(agent, local(port))).socket).not.toBe(first.socket)
    expect(late.status).toBe(200)
  })

  it('resumes with a store, and stays the agent of Node in the rest', async () => {
    const { client, toServer } = await pki()
    const { port } = await serveHttps({ sessions: createSessionStore() })
    const agent = createHttpsAgent({ ...client, verifier: toServer, lookup, sessions: createSessionStore() })
    expect(((await ask(agent, local(port))).socket as tls.TLSSocket).isSessionReused()).toBe(false)
    const second = await ask(agent, local(port))
    expect(second.status).toBe(200)
    expect((second.socket as tls.TLSSocket).isSessionReused()).toBe(true)
  })
})

describe('a plain TLS server beside it', () => {
  it('emits peerRefused with what onRefused gets', async () => {
    const { server, otherClient, toClient } = await pki()
    const listener = createServer({ cert: server.cert, key: server.key, verifier: toClient, names: clientNames })
    const port = await listen(listener)
    const refused = once(listener, 'peerRefused')
    const socket = tls.connect({ ...at(port), cert: otherClient.cert, key: otherClient.key, rejectUnauthorized: false })
    await readAll(socket)
    const [error, peer] = await refused
    expect(error).toMatchObject({ code: 'node/verifier-refused', verdict: { code: 'path/no-anchor' } })
    expect(peer).toMatchObject({ remoteAddress: '127.0.0.1', serverName: 'localhost' })
  })
})
