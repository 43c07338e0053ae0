/** The policy at both ends: on connections, and on requests before any handler. */
import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import tls, { type TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  acceptedVerdict, connect, connectHttp2, createHttp2SecureServer, createHttpsAgent, createHttpsServer, createServer, createSessionStore,
  createConnector, decisionOf, mutualAuthentication, verifyPeer, type AskedRequest, type Http2ServerOptions, type HttpsServerOptions, type ServerOptions,
} from 'countersign/node'
import { evaluatePolicy, parsePolicy, verifiedPeer, type Decision, type Policy } from 'countersign/policy'
import { at, clientNames, collectRefusals, failure, issueClient, later, listen, payPolicy, pki, readAll, serverPolicy, socketOf, versions } from './support.ts'

const nobody: Policy = parsePolicy({
  version: 1, identity: 'none', rules: [{ id: 'elsewhere', effect: 'allow', when: { 'channel.remoteAddress': { cidr: '192.0.2.0/24' } } }],
})

/** Any peer, by what the connection is like. */
function channelPolicy(when: object): Policy {
  return parsePolicy({ version: 1, identity: 'none', rules: [{ id: 'channel', effect: 'allow', when }] })
}

/** POST on one path, with a one-time password for the other. */
const requestPolicy: Policy = parsePolicy({
  version: 1,
  identity: [{ from: 'san.uri', as: 'spiffe' }],
  rules: [
    { id: 'read', effect: 'allow', when: { allOf: [{ 'request.method': { exact: 'GET' } }, { 'request.path': { path: '/accounts/*' } }] } },
    { id: 'pay', effect: 'allow', when: { allOf: [{ 'request.path': { exact: '/payments' } }, { 'factor.totp': { maxAgeSeconds: 300 } }, { 'attribute.tier': { exact: 'gold' } }] } },
    { id: 'no-tests', effect: 'deny', when: { 'request.header.x-test': { present: true } } },
    { id: 'untrusted', effect: 'deny', when: { not: { 'request.host': { exact: 'localhost' } } } },
  ],
})

const unchecked = { names: 'unchecked' } as const

describe.each(versions)('a connection, %s', (version) => {
  describe.each(['sync', 'async'] as const)('drive: %s', (drive) => {
    const fix = { minVersion: version, maxVersion: version, drive } as const

    async function serve(options: Partial<ServerOptions>) {
      const { server, toClient } = await pki()
      const refusals = collectRefusals()
      const entered: TLSSocket[] = []
      const port = await listen(createServer({
        ...server, verifier: toClient, ...unchecked, onRefused: refusals.onRefused, ...fix, ...options,
      } as ServerOptions, (socket) => {
        entered.push(socket)
        socket.on('error', () => undefined)
        socket.pipe(socket)
      }))
      return { port, refusals, entered }
    }

    it('is let in, with its decision, or destroyed, though it sends at once', async () => {
      const { client, intermediate } = await pki()
      const stranger = await issueClient(intermediate, { uri: ['spiffe://bank.example/other'] })
      const { port, refusals, entered } = await serve({ policy: payPolicy() })
      for (const [credential, answer] of [[client, 'at once'], [stranger, '']] as const) {
        const socket = tls.connect({ ...at(port), cert: credential.cert, key: credential.key, rejectUnauthorized: false, ...fix })
        socket.end('at once')
        expect(await readAll(socket)).toBe(answer)
      }
      expect(entered.length).toBe(1)
      expect(decisionOf(entered[0]!)).toMatchObject({
        decision: 'allow', rule: 'pay', principal: { type: 'spiffe', from: 'san.uri', value: 'spiffe://bank.example/pay' },
      })
      const error = await refusals.next()
      expect(error).toMatchObject({ code: 'node/policy-refused', verdict: undefined, decision: { decision: 'deny', reason: 'policy/no-rule-allows' } })
      expect(error.decision?.trace.rules[0]?.condition).toMatchObject({ field: 'san.uri', found: ['spiffe://bank.example/other'], result: false })
    })

    it('the client decides on the server, and reads nothing of a denied one', async () => {
      const { client, server, toServer } = await pki()
      const seen: Promise<string>[] = []
      const port = await listen(tls.createServer({ ...server, ...fix }, (socket) => {
        seen.push(readAll(socket))
        socket.write('at once')
      }))
      const wanted = { ...at(port), ...client, verifier: toServer, ...fix }
      const socket = await connect({ ...wanted, policy: serverPolicy })
      expect(String((await once(socket, 'data'))[0])).toBe('at once')
      expect(decisionOf(socket)).toMatchObject({ decision: 'allow', rule: 'servers' })
      socket.destroy()
      expect(await failure(connect({ ...wanted, policy: nobody }))).toMatchObject({ code: 'node/policy-refused', decision: { decision: 'deny' } })
      const own = tls.connect({ ...at(port), rejectUnauthorized: false, ...fix })
      await once(own, 'secureConnect')
      expect(await failure(verifyPeer(own, { verifier: toServer, ...unchecked, policy: nobody }))).toMatchObject({ code: 'node/policy-refused' })
      expect(own.destroyed).toBe(true)
      expect((await Promise.all(seen)).join('')).toBe('')
    })

    it('is decided by what it is like', async () => {
      const { client } = await pki()
      const reach = async (when: object): Promise<string> => {
        const { port } = await serve({ policy: channelPolicy(when), ALPNProtocols: ['bank'] })
        const socket = tls.connect({ ...at(port), cert: client.cert, key: client.key, rejectUnauthorized: false, ALPNProtocols: ['bank'], ...fix })
        socket.end('in')
        return readAll(socket)
      }
      expect(await reach({ 'channel.tlsVersion': { exact: version } })).toBe('in')
      expect(await reach({ 'channel.tlsVersion': { gt: version } })).toBe('')
      expect(await reach({ 'channel.cipher': { prefix: 'TLS_' } })).toBe('in')
      expect(await reach({ 'channel.serverName': { exact: 'localhost' } })).toBe('in')
      expect(await reach({ 'channel.serverName': { exact: 'other.example' } })).toBe('')
      expect(await reach({ 'channel.applicationProtocol': { exact: 'bank' } })).toBe('in')
      expect(await reach({ 'channel.remoteAddress': { cidr: '127.0.0.0/8' } })).toBe('in')
      expect(await reach({ 'channel.resumed': { exact: false } })).toBe('in')
      expect(await reach({ 'channel.binding': { present: true } })).toBe(version === 'TLSv1.3' ? 'in' : '')
      // A plain connection has no request: what is asked of one counts against it.
      expect(await reach({ 'request.method': { exact: 'GET' } })).toBe('')
    })
  })
})

describe('a decision ends', () => {
  it('and is made again: a connection that still may stays, one that may no longer is ended', async () => {
    const { server, client, toClient } = await pki()
    const verdict = await toClient.require({ leaf: client.chain[0]!, intermediates: client.chain.slice(1), names: 'unchecked' })
    const remaining = (verdict.path[0]!.notAfter.getTime() - Date.now()) / 1000
    const decide = (maxDecisionSeconds: number, gt: number): Policy => parsePolicy({
      version: 1, identity: 'none', maxDecisionSeconds, rules: [{ id: 'fresh', effect: 'allow', when: { 'certificate.remainingSeconds': { gt } } }],
    })
    const refusals = collectRefusals()
    const entered: TLSSocket[] = []
    const port = await listen(createServer({
      ...server, verifier: toClient, ...unchecked, policy: decide(0.1, remaining - 1), onRefused: refusals.onRefused,
    }, (socket) => {
      entered.push(socket)
      socket.on('error', () => undefined)
      socket.write('in')
    }))
    const socket = tls.connect({ ...at(port), cert: client.cert, key: client.key, rejectUnauthorized: false })
    await once(socket, 'data')
    const first = decisionOf(entered[0]!)
    while (decisionOf(entered[0]!) === first) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(decisionOf(entered[0]!)?.decision).toBe('allow')
    await readAll(socket)
    expect(await refusals.next()).toMatchObject({ code: 'node/policy-refused', decision: { reason: 'policy/no-rule-allows' } })
  })
})

describe('a resumed session', () => {
  it('is decided anew', async () => {
    const { server, client, toClient } = await pki()
    const refusals = collectRefusals()
    const port = await listen(createServer({
      ...server, verifier: toClient, ...unchecked, policy: channelPolicy({ 'channel.resumed': { exact: false } }),
      sessions: createSessionStore(), onRefused: refusals.onRefused,
    }, (socket) => {
      socket.on('error', () => undefined)
      socket.end('in')
    }))
    const options = { ...at(port), cert: client.cert, key: client.key, rejectUnauthorized: false }
    const first = tls.connect(options)
    const [[session]] = await Promise.all([once(first, 'session') as Promise<[Buffer]>, once(first, 'data')])
    expect(await readAll(tls.connect({ ...options, session }))).toBe('')
    expect(await refusals.next()).toMatchObject({ code: 'node/policy-refused' })
    expect(await readAll(tls.connect(options))).toBe('in')
  })
})

interface Answer { readonly status: number, readonly type: string | undefined, readonly body: string }

/** What the tests of requests share: the server writes down what it served. */
async function serveHttps(options: Partial<HttpsServerOptions> = {}) {
  const { server, toClient } = await pki()
  const refusals = collectRefusals()
  const served: string[] = []
  const denied: [Decision | undefined, AskedRequest, Error | undefined][] = []
  const listener = createHttpsServer({
    ...server, verifier: toClient, names: clientNames, policy: requestPolicy, onRefused: refusals.onRefused,
    onDenied: (...values) => denied.push(values), ...options,
  } as HttpsServerOptions, (request, response) => {
    served.push(`${request.method} ${request.url}`)
    expect(decisionOf(request)).toMatchObject({ decision: 'allow' })
    expect(decisionOf(response)).toBe(decisionOf(request))
    request.resume()
    response.end('served')
  })
  return { port: await listen(listener), listener, refusals, served, denied }
}

async function raw(port: number, text: string): Promise<string> {
  const { client } = await pki()
  const socket = tls.connect({ ...at(port), cert: client.cert, key: client.key, rejectUnauthorized: false })
  socket.write(text)
  return readAll(socket)
}

const requestText = (method: string, target: string, ...fields: string[]): string =>
  [`${method} ${target} HTTP/1.1`, 'Host: localhost', ...fields, '', ''].join('\r\n')

describe('requests over HTTP/1.1', () => {
  it('with more fields than Node shows are decided on all that a handler may read', async () => {
    const policy = parsePolicy({
      version: 1, identity: 'none',
      rules: [{ id: 'ok', effect: 'allow', when: { 'request.header.x-tenant': { exact: 'good' } } }, { id: 'no', effect: 'deny', when: { 'request.header.x-debug': { present: true } } }],
    })
    const { port, served } = await serveHttps({ policy })
    const status = async (...last: string[]): Promise<string> => (await raw(port, requestText('GET', '/', 'Connection: close', 'x-tenant: good', ...Array<string>(1000).fill('a:'), ...last))).split(' ')[1]!
    expect(await status('x-other: 1')).toBe('200')
    expect(await status('x-debug: 1')).toBe('403')
    expect(await status('x-tenant: evil')).toBe('403')
    expect(await status('Host: other.example')).toBe('421')
    expect(served).toHaveLength(1)
  })

  it.each([
    ['a path that is allowed', 'GET', '/accounts/7?x=/../y', [], 200],
    ['its query does not count', 'GET', '/other?/accounts/7', [], 403],
    ['another method', 'DELETE', '/accounts/7', [], 403],
    ['a path that is not in normal form', 'GET', '/accounts/../accounts/7', [], 403],
    ['an absolute target', 'GET', 'https://localhost/accounts/7', [], 200],
    ['an absolute target elsewhere', 'GET', 'https://localhost/admin/7', [], 403],
    ['a header that is denied', 'GET', '/accounts/7', ['X-Test: 1'], 403],
    ['a factor that nobody has', 'POST', '/payments', ['Content-Length: 0'], 403],
    ['an expectation', 'POST', '/admin', ['Expect: 100-continue', 'Content-Length: 1'], 403],
    ['an unknown expectation', 'POST', '/admin', ['Expect: more', 'Content-Length: 0'], 403],
    ['an upgrade', 'GET', '/admin', ['Connection: upgrade', 'Upgrade: websocket'], 403],
    ['an upgrade that is allowed', 'GET', '/accounts/7', ['Connection: upgrade', 'Upgrade: websocket'], 101],
  ] as const)('%s', async (_, method, target, fields, status) => {
    const { port, listener, served, denied } = await serveHttps()
    listener.on('upgrade', (request, socket) => {
      served.push('upgrade')
      expect(decisionOf(socket)).toMatchObject({ rule: 'read' })
      expect(request.url).toBe(target)
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    })
    for (const event of ['checkContinue', 'checkExpectation']) listener.on(event, () => { served.push(event) })
    const closing = fields.some((field) => field.startsWith('Connection')) ? fields : [...fields, 'Connection: close']
    const answer = await raw(port, requestText(method, target, ...closing))
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect([served.length, denied.length]).toEqual(status === 403 ? [0, 1] : [1, 0])
    if (status !== 403) return
    expect(answer).toMatch(/content-type: application\/problem\+json/i)
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toEqual({ type: 'about:blank', title: 'Forbidden', status: 403 })
    const [decision, request] = denied[0]!
    expect(decision?.decision).toBe('deny')
    expect(request).toMatchObject({ method, host: 'localhost' })
  })

  it('each request of a connection is decided by itself', async () => {
    const { port, served } = await serveHttps()
    const answer = await raw(port, requestText('GET', '/accounts/1') + requestText('GET', '/admin') + requestText('GET', '/accounts/2', 'Connection: close'))
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403', 'HTTP/1.1 200'])
    expect(served).toEqual(['GET /accounts/1', 'GET /accounts/2'])
  })

  it('a connection that no request could make allowed is refused at the handshake', async () => {
    const { port, refusals, served } = await serveHttps({ policy: nobody })
    expect(await raw(port, requestText('GET', '/accounts/1'))).toBe('')
    expect(await refusals.next()).toMatchObject({ code: 'node/policy-refused', decision: { decision: 'deny' } })
    expect(served).toEqual([])
  })

  it('a header repeated counts with each of its values', async () => {
    const policy = parsePolicy({
      version: 1, identity: 'none',
      rules: [
        { id: 'all', effect: 'allow', when: { 'request.method': { exact: 'GET' } } },
        { id: 'no', effect: 'deny', when: { 'request.header.authorization': { prefix: 'Basic ' } } },
        // Missing counts against the peer, unless it is asked for.
        { id: 'none', effect: 'deny', when: { 'request.header.authorization': { present: false } } },
      ],
    })
    const { port } = await serveHttps({ policy })
    expect(await raw(port, requestText('GET', '/', 'Authorization: Bearer x', 'Connection: close'))).toMatch(/^HTTP\/1.1 200/)
    expect(await raw(port, requestText('GET', '/', 'Authorization: Bearer x', 'Authorization: Basic y', 'Connection: close'))).toMatch(/^HTTP\/1.1 403/)
    // `headers` and `headersDistinct` of Node end at 1000 lines, and `rawHeaders`, which a handler may send on, does not.
    const many = ['Authorization: Bearer x', 'Connection: close', ...Array.from({ length: 997 }, () => 'a:')]
    expect(await raw(port, requestText('GET', '/', ...many))).toMatch(/^HTTP\/1.1 200/)
    expect(await raw(port, requestText('GET', '/', ...many, 'Authorization: Basic y'))).toMatch(/^HTTP\/1.1 403/)
  })
})

describe('Expect: 100-continue', () => {
  /** Sends the head, and the body once the server says that it wants it. Each status as it comes, and what the server says that it got. */
  async function post(port: number, target: string, lines: string[] = [], ...fields: string[]): Promise<readonly string[]> {
    const { client } = await pki()
    const socket = tls.connect({ ...at(port), cert: client.cert, key: client.key, rejectUnauthorized: false })
    socket.write(requestText('POST', target, 'Expect: 100-continue', 'Content-Length: 4', 'Connection: close', ...fields))
    socket.on('data', (bytes: Buffer) => {
      const found = [...String(bytes).matchAll(/HTTP\/1.1 (\d+)|got \w+/g)].map(([whole, status]) => status ?? whole)
      if (lines.length === 0 && found[0] === '100') socket.write('body')
      lines.push(...found)
    })
    await once(socket, 'close')
    return lines
  }

  async function serve(facts: NonNullable<HttpsServerOptions['facts']>, options: Partial<Http2ServerOptions> = {}) {
    const { server, toClient } = await pki()
    const events: string[] = []
    const handle = (request: IncomingMessage | http2.Http2ServerRequest, response: ServerResponse | http2.Http2ServerResponse): void => {
      events.push(`request ${request.url}`)
      expect(decisionOf(request)).toMatchObject({ decision: 'allow' })
      let body = ''
      request.on('data', (bytes) => { body += String(bytes) }).on('end', () => (response as ServerResponse).end(`got ${body}`))
    }
    const settings = { ...server, verifier: toClient, names: clientNames, policy: requestPolicy, onDenied: () => { events.push('denied') }, facts, ...options }
    return { events, handle, https: createHttpsServer(settings as HttpsServerOptions, handle), http2: createHttp2SecureServer({ ...settings, allowHTTP1: true } as Http2ServerOptions, handle) }
  }
  const gold = { factors: [{ kind: 'totp', at: Date.now() }], attributes: { tier: 'gold' } }

  describe.each(['https', 'http2'] as const)('over HTTP/1.1, %s', (kind) => {
    it('the body is asked for once the request is allowed, and not before', async () => {
      const asking = new EventEmitter()
      const { events, [kind]: listener } = await serve(() => new Promise((resolve) => { asking.emit('asked', resolve) }))
      const port = await listen(listener)
      const asked = once(asking, 'asked') as Promise<[(facts: object) => void]>
      const lines: string[] = []
      const answer = post(port, '/payments', lines)
      const [decide] = await asked
      await pause(100)
      expect([lines, events]).toEqual([[], []])
      decide(gold)
      await answer
      expect(lines).toEqual(['100', '200', 'got body'])
      expect(events).toEqual(['request /payments'])
    })

    it('and is not asked for if it is denied, or misdirected', async () => {
      const { events, [kind]: listener } = await serve(() => ({}))
      const port = await listen(listener)
      expect(await post(port, '/payments')).toEqual(['403'])
      expect(await post(port, '/admin')).toEqual(['403'])
      expect(await post(port, 'https://other.example/payments')).toEqual(['421'])
      expect(events).toEqual(['denied', 'denied'])
    })

    it('a listener of the application answers in its own way, once the request is allowed', async () => {
      const { events, handle, [kind]: listener } = await serve(({ headers }) => (headers['x-gold'] === undefined ? {} : gold))
      const port = await listen(listener)
      listener.once('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
        events.push('checkContinue')
        expect(decisionOf(request)).toMatchObject({ decision: 'allow' })
        response.writeHead(417, { connection: 'close' }).end()
      })
      expect(await post(port, '/payments')).toEqual(['403'])
      expect(await post(port, '/payments', [], 'X-Gold: yes')).toEqual(['417'])
      // It was there once: from then on it is as without.
      expect(await post(port, '/payments', [], 'X-Gold: yes')).toEqual(['100', '200', 'got body'])
      listener.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
        events.push('checkContinue')
        response.writeContinue()
        handle(request, response)
      })
      expect(await post(port, '/payments', [], 'X-Gold: yes')).toEqual(['100', '200', 'got body'])
      expect(events).toEqual(['denied', 'checkContinue', 'request /payments', 'checkContinue', 'request /payments'])
    })
  })

  it('the same over HTTP/2', async () => {
    const { events, http2: listener } = await serve(({ headers }) => (headers['x-gold'] === undefined ? {} : gold))
    const port = await listen(listener)
    const { client, toServer } = await pki()
    const session = await connectHttp2(`https://localhost:${port}`, { ...at(port), ...client, verifier: toServer })
    later(() => { session.destroy() })
    const ask = async (headers: http2.OutgoingHttpHeaders): Promise<string> => {
      const stream = session.request({ ':method': 'POST', ':path': '/payments', expect: '100-continue', ...headers }, { endStream: false })
      let seen = ''
      stream.on('continue', () => {
        seen += 'continue '
        stream.end('body')
      })
      stream.on('response', ({ ':status': status }) => { seen += String(status) })
      stream.on('data', (bytes: Buffer) => { if (seen.endsWith('200')) seen += ` ${String(bytes)}` })
      stream.on('error', () => undefined)
      await once(stream, 'close')
      return seen
    }
    expect(await ask({})).toBe('403')
    expect(await ask({ 'x-gold': 'yes' })).toBe('continue 200 got body')
    listener.once('checkContinue', (_request: unknown, response: http2.Http2ServerResponse) => {
      events.push('checkContinue')
      response.writeHead(417).end()
    })
    expect(await ask({})).toBe('403')
    expect(await ask({ 'x-gold': 'yes' })).toBe('417')
    expect(await ask({ 'x-gold': 'yes' })).toBe('continue 200 got body')
    expect(events).toEqual(['denied', 'request /payments', 'denied', 'checkContinue', 'request /payments'])
  })
})

describe('facts of the application', () => {
  const totp = (ageSeconds: number) => ({ factors: [{ kind: 'totp', at: Date.now() - ageSeconds * 1000 }], attributes: { tier: 'gold' } })
  const payment = requestText('POST', '/payments', 'Content-Length: 4', 'Connection: close') + 'body'

  it.each([
    ['at once', () => totp(1), 200],
    ['later', async () => totp(1), 200],
    ['stale', () => totp(1000), 403],
    ['none of them', async () => ({}), 403],
    ['a throw', () => { throw new Error('the database is gone') }, 503],
    ['a rejection', async () => { throw new Error('the database is gone') }, 503],
    ['later, by a promise that is not of Node', () => ({ then: (settle: (facts: object) => void) => settle(totp(1)) }) as never, 200],
    ['no facts at all', () => 5 as never, 503],
    ['facts under another name', () => ({ ...totp(1), factor: [] }), 503],
    ['facts of the wrong type', () => ({ ...totp(1), attributes: { tier: {} as never } }), 503],
    ['nothing for longer than the deadline', () => new Promise<never>(() => undefined), 503],
  ])('%s', async (_, facts, status) => {
    const asked: AskedRequest[] = []
    const { port, served, denied } = await serveHttps({
      facts(request) {
        asked.push(request)
        return facts()
      },
      handshakeDeadline: 300,
    })
    const answer = await raw(port, payment)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(served).toEqual(status === 200 ? ['POST /payments'] : [])
    expect(asked[0]).toMatchObject({ method: 'POST', host: 'localhost', path: '/payments' })
    expect(asked[0]?.headers['content-length']).toEqual(['4'])
    expect(acceptedVerdict(asked[0]!.source)?.ok).toBe(true)
    if (status === 503) {
      expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toEqual({ type: 'about:blank', title: 'Service Unavailable', status: 503 })
      expect(answer).not.toMatch(/database/)
      expect(denied[0]).toMatchObject([undefined, { path: '/payments' }, { code: 'node/facts-failed' }])
    }
  })

  it('are asked for only where the decision depends on them', async () => {
    let asked = 0
    const { port, served } = await serveHttps({ facts: () => {
      asked++
      return totp(1)
    } })
    for (const [path, status] of [['/accounts/1', 200], ['/admin', 403], ['/a/../payments', 403]] as const) {
      expect(await raw(port, requestText('GET', path, 'Connection: close'))).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    }
    expect(asked).toBe(0)
    expect(await raw(port, payment)).toMatch(/^HTTP\/1.1 200 /)
    expect([asked, served.length]).toEqual([1, 2])
  })

  it('while they are waited for no handler runs, and nothing of the body is lost', async () => {
    let give: (facts: object) => void = () => undefined
    const asked = new Promise<void>((resolve) => {
      give = () => resolve()
    })
    let settle: (facts: ReturnType<typeof totp>) => void = () => undefined
    const bodies: string[] = []
    const { server, toClient, client } = await pki()
    const port = await listen(createHttpsServer({
      ...server, verifier: toClient, names: clientNames, policy: requestPolicy,
      facts: () => {
        give({})
        return new Promise((resolve) => { settle = resolve })
      },
    }, async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      bodies.push(body)
      response.end()
    }))
    const socket = tls.connect({ ...at(port), cert: client.cert, key: client.key, rejectUnauthorized: false })
    const text = '0123456789'.repeat(20_000)
    socket.write(requestText('POST', '/payments', `Content-Length: ${text.length}`, 'Connection: close') + text)
    await asked
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(bodies).toEqual([])
    settle(totp(1))
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 200/)
    expect(bodies).toEqual([text])
  })

  it('a client that leaves meanwhile troubles nobody', async () => {
    let settle: (facts: object) => void = () => undefined
    let waiting: () => void = () => undefined
    const asked = new Promise<void>((resolve) => { waiting = resolve })
    const { port, served, listener } = await serveHttps({ facts: () => new Promise((resolve) => {
      settle = resolve
      waiting()
    }) })
    listener.on('upgrade', () => { served.push('upgrade') })
    const { client } = await pki()
    const socket = tls.connect({ ...at(port), cert: client.cert, key: client.key, rejectUnauthorized: false })
    socket.on('error', () => undefined)
    socket.write(requestText('GET', '/payments', 'Connection: upgrade', 'Upgrade: websocket'))
    await asked
    socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    settle(totp(1))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(served).toEqual([])
  })
})

describe('requests over HTTP/2', () => {
  async function serve(options: Partial<Http2ServerOptions> = {}) {
    const { server, toClient, client, toServer } = await pki()
    const served: string[] = []
    const denied: (Decision | undefined)[] = []
    const listener = createHttp2SecureServer({
      ...server, verifier: toClient, names: clientNames, policy: requestPolicy, onDenied: (decision) => denied.push(decision), ...options,
    } as Http2ServerOptions, (request, response) => {
      served.push(`${request.method} ${request.url}`)
      expect(decisionOf(request)).toMatchObject({ decision: 'allow' })
      expect(decisionOf(response)).toBe(decisionOf(request))
      expect(decisionOf(request.stream)).toBe(decisionOf(request))
      response.end('served')
    })
    const port = await listen(listener)
    const session = await connectHttp2(`https://localhost:${port}`, { ...at(port), ...client, verifier: toServer, policy: serverPolicy })
    expect(decisionOf(session)).toMatchObject({ rule: 'servers' })
    later(() => session.destroy())
    const ask = async (headers: http2.OutgoingHttpHeaders, body = ''): Promise<Answer> => {
      const stream = session.request(headers)
      if (headers[':method'] === 'POST') stream.end(body)
      let text = ''
      stream.on('data', (chunk: Buffer) => { text += chunk.toString() })
      const [answer] = await once(stream, 'response') as [http2.IncomingHttpHeaders]
      await once(stream, 'close')
      return { status: Number(answer[':status']), type: answer['content-type'], body: text }
    }
    return { ask, served, denied }
  }

  it('are decided each by itself', async () => {
    const { ask, served, denied } = await serve()
    expect((await ask({ ':path': '/accounts/1' })).status).toBe(200)
    const refused = await ask({ ':path': '/admin' })
    expect(refused).toMatchObject({ status: 403, type: 'application/problem+json' })
    expect(JSON.parse(refused.body)).toEqual({ type: 'about:blank', title: 'Forbidden', status: 403 })
    expect(await ask({ ':path': '/admin', ':method': 'HEAD' })).toMatchObject({ status: 403, body: '' })
    expect((await ask({ ':path': '/accounts/1', 'x-test': '1' })).status).toBe(403)
    expect((await ask({ ':path': '/admin', ':method': 'POST' }, 'body'.repeat(10_000))).status).toBe(403)
    expect((await ask({ ':path': '/accounts/2?q' })).status).toBe(200)
    expect(served).toEqual(['GET /accounts/1', 'GET /accounts/2?q'])
    expect(denied.map((decision) => decision?.reason)).toEqual(['policy/no-rule-allows', 'policy/no-rule-allows', 'policy/denied-by-rule', 'policy/no-rule-allows'])
  })

  it('that open a tunnel are decided by their path', async () => {
    const { server, toClient, client, toServer } = await pki()
    const policy = parsePolicy({
      version: 1, identity: 'none',
      rules: [{ id: 'chat', effect: 'allow', when: { allOf: [{ 'request.method': { exact: 'CONNECT' } }, { 'request.path': { exact: '/chat' } }] } }],
    })
    const listener = createHttp2SecureServer({ ...server, verifier: toClient, names: clientNames, policy, settings: { enableConnectProtocol: true } })
    listener.on('stream', (stream) => {
      expect(decisionOf(stream)?.rule).toBe('chat')
      stream.respond({ ':status': 200 })
      stream.end('hello')
    })
    const port = await listen(listener)
    const session = await connectHttp2(`https://localhost:${port}`, { ...at(port), ...client, verifier: toServer })
    later(() => session.destroy())
    await once(session, 'remoteSettings')
    for (const [path, status] of [['/chat', 200], ['/other', 403]] as const) {
      const stream = session.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': path })
      const [headers] = await once(stream, 'response') as [http2.IncomingHttpHeaders]
      expect(headers[':status']).toBe(status)
      stream.resume().end()
      await once(stream, 'close')
    }
  })

  it('that go on are decided on again, each by its own facts, and closed unless allowed', async () => {
    const { server, toClient, client, toServer } = await pki()
    let shift = 0
    const policy = parsePolicy({
      version: 1, identity: 'none', maxDecisionSeconds: 0.05,
      rules: [
        { id: 'always', effect: 'allow', when: { 'request.path': { exact: '/always' } } },
        { id: 'for-an-hour', effect: 'allow', when: { 'factor.totp': { maxAgeSeconds: 3600 } } },
      ],
    })
    const denied: [string | undefined, string | undefined][] = []
    const streams = new Map<unknown, http2.ServerHttp2Stream>()
    const listener = createHttp2SecureServer({
      ...server, verifier: toClient, names: clientNames, policy, settings: { enableConnectProtocol: true }, clock: () => Date.now() + shift,
      facts: () => ({ factors: [{ kind: 'totp', at: Date.now() }] }),
      onDenied: (decision, request) => denied.push([request.path, decision?.reason]),
    })
    listener.on('stream', (stream, headers) => {
      streams.set(headers[':path'], stream)
      stream.on('error', () => undefined)
      stream.respond({ ':status': 200 })
      if (headers[':path'] !== '/read') stream.pipe(stream)
      else stream.resume().on('end', () => stream.write('read'))
    })
    const port = await listen(listener)
    const session = await connectHttp2(`https://localhost:${port}`, { ...at(port), ...client, verifier: toServer })
    later(() => session.destroy())
    await once(session, 'remoteSettings')
    const tunnel = { ':method': 'CONNECT', ':protocol': 'websocket' }
    const open = async (headers: http2.OutgoingHttpHeaders): Promise<http2.ClientHttp2Stream> => {
      const stream = session.request(headers, { endStream: false })
      stream.on('error', () => undefined)
      stream.write('in')
      if (headers[':path'] === '/read') stream.end()
      expect(String((await once(stream, 'data'))[0])).toBe(headers[':path'] === '/read' ? 'read' : 'in')
      return stream
    }
    const always = await open({ ...tunnel, ':path': '/always' })
    const read = await open({ ':method': 'POST', ':path': '/read' })
    const ending = [await open({ ...tunnel, ':path': '/chat' }), await open({ ':method': 'POST', ':path': '/upload' })]
    // Each is asked for again, and goes on.
    for (const path of ['/always', '/chat', '/upload']) {
      const first = decisionOf(streams.get(path)!)
      while (decisionOf(streams.get(path)!) === first) await pause(10)
      expect(decisionOf(streams.get(path)!)).toMatchObject({ decision: 'allow', rule: path === '/always' ? 'always' : 'for-an-hour' })
    }
    for (const stream of ending) {
      stream.write('still')
      expect(String((await once(stream, 'data'))[0])).toBe('still')
    }
    expect(denied).toEqual([])
    shift = 7_200_000
    for (const stream of ending) {
      if (!stream.closed) await once(stream, 'close')
      expect(stream.rstCode).toBe(http2.constants.NGHTTP2_CANCEL)
    }
    expect(denied.sort()).toEqual([['/chat', 'policy/no-rule-allows'], ['/upload', 'policy/no-rule-allows']])
    // The connection stands, with what is allowed, and the answer to a request that was read.
    await pause(120)
    always.write('always')
    expect(String((await once(always, 'data'))[0])).toBe('always')
    streams.get('/read')!.end('more')
    expect(String((await once(read, 'data'))[0])).toBe('more')
    expect(denied.length).toBe(2)
  })

  it('wait for what the application knows', async () => {
    const good = { factors: [{ kind: 'totp', at: Date.now() }], attributes: { tier: 'gold' } }
    const { ask, served } = await serve({ facts: async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (request.headers['x-broken'] !== undefined) throw new Error('broken')
      return request.headers['x-totp']?.includes('123456') === true ? good : {}
    } })
    const post = { ':method': 'POST', ':path': '/payments' }
    expect((await ask({ ...post, 'x-totp': '123456' }, 'pay')).status).toBe(200)
    expect((await ask(post, 'pay')).status).toBe(403)
    expect((await ask({ ...post, 'x-broken': '1' }, 'pay')).status).toBe(503)
    expect(served).toEqual(['POST /payments'])
  })
})

describe('an agent', () => {
  it('keeps the sockets of different policies apart, and decides on each server', async () => {
    const { client, toServer } = await pki()
    const { port } = await serveHttps()
    const agent = createHttpsAgent({ ...client, verifier: toServer, keepAlive: true, host: '127.0.0.1' })
    later(() => agent.destroy())
    const ask = (policy: Policy | undefined): Promise<unknown> =>
      socketOf(https.get({ agent, ...at(port), path: '/accounts/1', headers: { host: 'localhost' }, ...(policy === undefined ? {} : { policy }) } as https.RequestOptions))
    const first = await ask(serverPolicy)
    expect(decisionOf(first as TLSSocket)?.rule).toBe('servers')
    expect(await ask(serverPolicy) === first).toBe(true)
    expect(await ask(undefined) === first).toBe(false)
    await expect(ask(nobody)).rejects.toMatchObject({ code: 'node/policy-refused' })
  })
})

describe('mutualAuthentication', () => {
  it('says who, whom, how, since when and until when, at both ends, alike', async () => {
    const { server, client, toServer, toClient } = await pki()
    let atServer: ReturnType<typeof mutualAuthentication>
    const port = await listen(createServer({ ...server, verifier: toClient, names: clientNames, policy: payPolicy() }, (socket) => {
      atServer = mutualAuthentication(socket)
      socket.end('in')
    }))
    const before = Date.now()
    const socket = await connect({ ...at(port), ...client, verifier: toServer, policy: serverPolicy })
    const atClient = mutualAuthentication(socket)!
    await readAll(socket)
    expect(atServer!.self).toEqual({ sha256: atClient.peer.sha256, identities: [{ type: 'dns', value: 'localhost' }] })
    expect(atClient.self).toEqual({ sha256: atServer!.peer.sha256, identities: [{ type: 'uri', value: 'spiffe://bank.example/pay' }] })
    expect(atServer!.peer.principal).toEqual({ type: 'spiffe', from: 'san.uri', value: 'spiffe://bank.example/pay' })
    expect(atClient.peer.principal).toBe(undefined)
    // The same connection, seen from both ends (RFC 9266).
    expect(atServer!.channel.binding).toEqual(atClient.channel.binding)
    expect(atServer!.channel).toMatchObject({ tlsVersion: 'TLSv1.3', resumed: false, serverName: 'localhost', remoteAddress: '127.0.0.1' })
    expect(atServer!.decision?.decision).toBe('allow')
    expect(atServer!.since.getTime()).toBeGreaterThanOrEqual(before - 1)
    expect(atServer!.until.getTime()).toBeLessThanOrEqual(acceptedVerdict(socket)!.validUntil.getTime())
    expect(Object.isFrozen(atServer)).toBe(true)
    const plain = JSON.parse(JSON.stringify(atServer)) as Record<string, unknown>
    expect(plain).toMatchObject({
      self: { sha256: atServer!.self!.sha256 }, peer: { principal: { value: 'spiffe://bank.example/pay' } }, verification: { source: 'verdict' },
      channel: { tlsVersion: 'TLSv1.3', remoteAddress: '127.0.0.1' }, since: atServer!.since.toISOString(),
    })
    expect(mutualAuthentication(new tls.TLSSocket(new (await import('node:net')).Socket()))).toBe(undefined)
  })

  it('tells no log the channel binding, and whoever asks for it', async () => {
    const { server, client, toServer, toClient } = await pki()
    const logs = async (version: 'TLSv1.2' | 'TLSv1.3') => {
      const port = await listen(createServer({ ...server, verifier: toClient, names: clientNames, policy: payPolicy(), maxVersion: version, minVersion: version }, (socket) => socket.end()))
      const socket = await connect({ ...at(port), ...client, verifier: toServer, policy: serverPolicy, maxVersion: version, minVersion: version })
      const both = mutualAuthentication(socket)!
      return { channel: both.channel, peer: verifiedPeer(acceptedVerdict(socket)!), logs: [both, both.channel, { both }].flatMap((value) => [inspect(value, { depth: 9, maxArrayLength: 99 }), JSON.stringify(value)]) }
    }
    const { channel, peer, logs: found } = await logs('TLSv1.3')
    expect(channel.binding).toHaveLength(32)
    expect(channel.binding).toBeInstanceOf(Uint8Array)
    const bytes = Buffer.from(channel.binding!)
    // A copy: what later requests are decided on is not written over.
    channel.binding!.fill(0)
    expect(Buffer.from(channel.binding!)).toEqual(bytes)
    for (const log of found) {
      expect(log).toMatch(/"?binding"?: ?["']not-shown["']/)
      expect(log).toMatch(/"?tlsVersion"?: ?["']TLSv1\.3["']/)
      // In none of the ways in which octets are written.
      for (const text of [bytes.toString('hex'), bytes.toString('base64url').slice(0, 40), bytes.toString('base64').slice(0, 40), bytes.join(', '), bytes.join(','), `"0":${bytes[0]}`]) expect(log).not.toContain(text)
    }
    // Beside it: of a connection that has none nothing is said of one.
    const none = await logs('TLSv1.2')
    expect(none.channel.binding).toBe(undefined)
    for (const log of none.logs) expect(log).not.toContain('not-shown')
    // It goes on into facts as it is, by itself and in a copy.
    const asks = parsePolicy({ version: 1, identity: 'none', rules: [{ id: 'bound', effect: 'allow', when: { 'channel.binding': { exact: bytes.toString('hex') } } }] })
    for (const given of [channel, { ...channel }]) expect(evaluatePolicy(asks, { peer, time: Date.now(), channel: given }).decision).toBe('allow')
    expect(evaluatePolicy(asks, { peer, time: Date.now(), channel: none.channel }).decision).toBe('deny')
  })

  it('without a policy, and of a request', async () => {
    const { server, client, toServer, toClient } = await pki()
    const port = await listen(createServer({ ...server, verifier: toClient, names: clientNames }, (socket) => socket.end()))
    const socket = await connect({ ...at(port), ...client, verifier: toServer })
    expect(mutualAuthentication(socket)).toMatchObject({ decision: undefined, verification: { source: 'verdict' }, peer: { principal: undefined } })
    let ofRequest: ReturnType<typeof mutualAuthentication>
    const { port: https443, listener } = await serveHttps()
    listener.on('request', (request) => { ofRequest = mutualAuthentication(request) })
    await raw(https443, requestText('GET', '/accounts/1', 'Connection: close'))
    expect(ofRequest!.decision?.rule).toBe('read')
  })
})

describe('mistakes of the caller', () => {
  it('are named', async () => {
    const { server, toClient, toServer } = await pki()
    const options = { ...server, verifier: toClient, names: clientNames }
    expect(() => createServer({ ...options, policy: 'allow' as never })).toThrow(/^policy: /)
    expect(() => createServer({ ...options, policy: { version: 1 } as never })).toThrow(/^policy: /)
    for (const name of ['polcy', 'policey', 'Policy', 'ploicy', 'polici']) {
      const misspelt = { [name]: payPolicy() }
      const message = `${name}: no such option; is policy meant?`
      expect(() => createServer({ ...options, ...misspelt })).toThrow(message)
      expect(() => createHttpsAgent({ verifier: toServer, ...misspelt })).toThrow(message)
      expect(() => createHttpsAgent(misspelt)).toThrow(message)
      expect(() => createConnector({ verifier: toServer, ...misspelt })).toThrow(message)
      await expect(connect({ port: 1, verifier: toServer, ...misspelt })).rejects.toThrow(message)
    }
    for (const [name, message] of [['policies', 'policies: an option of createVerifier; is policy meant?'], ['polices', 'is policy meant?'], ['rules', 'is policy meant?'], ['purpose', 'purpose: an option of createVerifier'], ['recheck', 'is recheckAfter meant?']] as const) {
      expect(() => createServer({ ...options, [name]: payPolicy() })).toThrow(message)
      await expect(connect({ port: 1, verifier: toServer, [name]: payPolicy() } as never)).rejects.toThrow(message)
    }
    expect(() => createServer({ ...options, constructor: 1, timeout: 7 } as never)).not.toThrow()
    expect(() => createHttpsServer({ ...options, recheckafter: 1, servername: 'a.example' } as never)).toThrow(/^recheckafter: .*is recheckAfter meant/)
    expect(() => createHttpsServer({ ...options, facts: {} as never })).toThrow(/^facts: /)
    expect(() => createHttpsServer({ ...options, onDenied: {} as never })).toThrow(/^onDenied: /)
    await expect(connect({ port: 1, verifier: toServer, policy: {} as never })).rejects.toThrow(/^policy: /)
  })

  it('facts without a policy would be asked of nobody', async () => {
    const { server, toClient } = await pki()
    const options = { ...server, verifier: toClient, names: clientNames }
    expect(() => createHttpsServer({ ...options, facts: () => ({}) })).toThrow(/^facts: /)
    expect(() => createHttpsServer({ ...options, onDenied: () => undefined })).toThrow(/^onDenied: /)
  })
})
