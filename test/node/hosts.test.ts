/** Different verifiers, names and policies by the host that a client asks for (SNI). */
import { once } from 'node:events'
import http2 from 'node:http2'
import tls from 'node:tls'
import { describe, expect, it } from 'vitest'
import {
  acceptedVerdict, connect, connectHttp2, createHttp2SecureServer, createHttpsServer, createServer, createSessionStore,
  type HostsOption, type HttpsServerOptions, type ServerOptions,
} from 'countersign/node'
import { at, clientNames, collectRefusals, issueClient, issueServer, later, listen, payPolicy, pki, readAll, verifierFor, versions } from './support.ts'

/** `a.example` and `b.example` of two authorities, each for clients of its own authority. */
async function tenants(): Promise<{ hosts: HostsOption } & Awaited<ReturnType<typeof pki>>> {
  const all = await pki()
  const a = await issueServer(all.intermediate, { commonName: 'a.example', dns: ['a.example'] })
  const b = await issueServer(all.other, { commonName: 'b.example', dns: ['b.example'] })
  return {
    ...all,
    hosts: {
      'a.example': { cert: a.cert, key: a.key, verifier: all.toClient, names: clientNames },
      'b.example': { cert: b.cert, key: b.key, verifier: verifierFor(all.otherRoot, 'clientAuth'), names: clientNames },
    },
  }
}

describe.each(versions)('%s', (version) => {
  const fix = { minVersion: version, maxVersion: version } as const

  async function serve(options: Partial<ServerOptions> & Pick<ServerOptions, 'hosts'>) {
    const { server } = await pki()
    const refusals = collectRefusals()
    const port = await listen(createServer({ ...server, ...fix, onRefused: refusals.onRefused, ...options } as ServerOptions, (socket) => {
      socket.on('error', () => undefined)
      socket.end(`for ${(socket as unknown as { servername: string }).servername}`)
    }))
    const visit = async (credential: { cert: string, key: string }, servername: string): Promise<string> =>
      readAll(tls.connect({ ...at(port, servername), cert: credential.cert, key: credential.key, ...fix, rejectUnauthorized: false }))
    return { port, refusals, visit }
  }

  it('each host has its own anchors, and shows its own certificate', async () => {
    const { hosts, client, otherClient, toServer, otherToServer } = await tenants()
    const { port, refusals, visit } = await serve({ hosts })
    expect(await visit(client, 'a.example')).toBe('for a.example')
    expect(await visit(otherClient, 'B.Example')).toBe('for B.Example')
    for (const [credential, name] of [[otherClient, 'a.example'], [client, 'b.example']] as const) {
      expect(await visit(credential, name)).toBe('')
      expect((await refusals.next()).verdict?.code).toBe('path/no-anchor')
    }
    for (const [credential, name, verifier] of [[client, 'a.example', toServer], [otherClient, 'b.example', otherToServer]] as const) {
      const socket = await connect({ ...at(port, name), ...credential, ...fix, verifier })
      expect(await readAll(socket)).toBe(`for ${name}`)
    }
  })

  it('a final dot makes no other host of one that is listed', async () => {
    const { hosts, client, otherClient, toClient } = await tenants()
    const { refusals, visit } = await serve({ hosts: { 'b.example': hosts['b.example']! }, verifier: toClient, names: clientNames })
    expect(await visit(client, 'b.example.')).toBe('')
    expect((await refusals.next()).verdict?.code).toBe('path/no-anchor')
    expect(await visit(otherClient, 'b.example.')).toBe('for b.example.')
    expect(await visit(client, 'b.example..')).toBe('')
    expect((await refusals.next()).code).toBe('node/unknown-host')
  })

  it('without others, a handshake for another name, or for none, is refused', async () => {
    const { hosts, client } = await tenants()
    const { refusals, visit } = await serve({ hosts })
    for (const name of ['c.example', 'x.a.example', '']) {
      expect(await visit(client, name)).toBe('')
      expect((await refusals.next()).code).toBe('node/unknown-host')
    }
  })

  it('with others, they are judged by the top level, and only they', async () => {
    const { hosts, client, otherClient, toClient } = await tenants()
    const { refusals, visit } = await serve({ hosts: { 'b.example': hosts['b.example']! }, verifier: toClient, names: clientNames })
    expect(await visit(client, 'c.example')).toBe('for c.example')
    expect(await visit(client, '')).toBe('for false')
    expect(await visit(client, 'b.example')).toBe('')
    expect(await visit(otherClient, 'b.example')).toBe('for b.example')
    expect(await visit(otherClient, 'c.example')).toBe('')
    expect(refusals.errors.map(({ verdict }) => verdict?.code)).toEqual(['path/no-anchor', 'path/no-anchor'])
  })

  it('each host has its own names and policy', async () => {
    const { hosts, client, intermediate } = await tenants()
    const stranger = await issueClient(intermediate, { uri: ['spiffe://bank.example/other'] })
    const open = { ...hosts['a.example']!, names: 'unchecked' } as const
    const { refusals, visit } = await serve({ hosts: { 'a.example': { ...open, policy: payPolicy() }, 'b.example': open } })
    expect(await visit(client, 'a.example')).toBe('for a.example')
    expect(await visit(stranger, 'b.example')).toBe('for b.example')
    expect(await visit(stranger, 'a.example')).toBe('')
    expect(await refusals.next()).toMatchObject({ code: 'node/policy-refused', decision: { decision: 'deny', reason: 'policy/no-rule-allows' } })
  })
})

describe('sessions', () => {
  it('of one host resume under no other', async () => {
    const { hosts, server, client, toClient } = await tenants()
    const refusals = collectRefusals()
    const port = await listen(createServer({
      ...server, hosts: { 'a.example': hosts['a.example']! }, verifier: toClient, names: clientNames, sessions: createSessionStore(),
      onRefused: refusals.onRefused,
    }, (socket) => {
      socket.on('error', () => undefined)
      socket.end(String(socket.isSessionReused()))
    }))
    const options = { cert: client.cert, key: client.key, rejectUnauthorized: false }
    const first = tls.connect({ ...at(port, 'a.example'), ...options })
    const sessions: Buffer[] = []
    first.on('session', (bytes: Buffer) => sessions.push(bytes))
    expect(await readAll(first)).toBe('false')
    expect(await readAll(tls.connect({ ...at(port, 'c.example'), ...options, session: sessions[0]! }))).not.toBe('true')
    expect(await readAll(tls.connect({ ...at(port, 'a.example'), ...options, session: sessions[1]! }))).toBe('true')
  })
})

describe('requests', () => {
  async function serve(options: Partial<HttpsServerOptions> = {}) {
    const { hosts, server, toClient, client } = await tenants()
    const served: string[] = []
    const all = { ...server, verifier: toClient, names: clientNames, hosts: { 'b.example': hosts['b.example']! }, ...options }
    const port = await listen(createHttpsServer(all as HttpsServerOptions, (request, response) => {
      expect(acceptedVerdict(request)?.ok).toBe(true)
      served.push(request.headers.host!)
      response.end()
    }))
    const ask = async (servername: string, host: string): Promise<string> => {
      const socket = tls.connect({ ...at(port, servername), cert: client.cert, key: client.key, rejectUnauthorized: false })
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      return (await readAll(socket)).split(' ')[1] ?? ''
    }
    return { port, served, ask }
  }

  it('for a host that has settings of its own are misdirected on any other connection', async () => {
    const { ask, served } = await serve({ serverNames: ['c.example', 'b.example'] })
    expect(await ask('c.example', 'c.example')).toBe('200')
    expect(await ask('c.example', 'b.example')).toBe('421')
    // No name in the handshake: judged by the top level, which b.example is none of.
    expect(await ask('', 'c.example')).toBe('200')
    expect(await ask('', 'b.example')).toBe('421')
    expect(served).toEqual(['c.example', 'c.example'])
  })

  it('over HTTP/2 too', async () => {
    const { hosts, client, toServer } = await tenants()
    const port = await listen(createHttp2SecureServer({ hosts }, (_request, response) => response.end()))
    const session = await connectHttp2(`https://a.example:${port}`, { ...client, ...at(port, 'a.example'), verifier: toServer })
    later(() => session.destroy())
    const statuses: unknown[] = []
    for (const authority of ['a.example', 'b.example']) {
      const stream = session.request({ ':path': '/', ':authority': authority })
      const [headers] = await once(stream, 'response') as [http2.IncomingHttpHeaders]
      statuses.push(headers[':status'])
      stream.close()
    }
    expect(statuses).toEqual([200, 421])
  })
})

describe('mistakes of the caller', () => {
  it('are named with their place', async () => {
    const { hosts, server, toClient } = await tenants()
    const a = hosts['a.example']!
    const make = (options: object) => () => createServer({ ...server, ...options } as unknown as ServerOptions)
    expect(make({ hosts: {} })).toThrow(/^hosts: /)
    expect(make({ hosts: 5 })).toThrow(/^hosts: /)
    expect(make({})).toThrow(/^verifier: /)
    expect(make({ hosts, verifier: toClient })).toThrow(/^names: /)
    expect(make({ hosts, policy: payPolicy() })).toThrow(/^verifier: /)
    for (const name of ['*.example', '127.0.0.1', 'a.example:443', 'a b', '[::1]', '']) {
      expect(make({ hosts: { [name]: a } })).toThrow(`hosts[${JSON.stringify(name)}]: `)
    }
    expect(make({ hosts: { 'A.example': a, 'a.example': a } })).toThrow(/listed twice/)
    expect(make({ hosts: { 'a.example': { ...a, polices: payPolicy() } } })).toThrow(/^hosts\["a.example"\]\.polices: no such option/)
    expect(make({ hosts: { 'a.example': { ...a, verifier: undefined } } })).toThrow(/^hosts\["a.example"\].verifier: /)
    expect(make({ hosts: { 'a.example': { ...a, names: undefined } } })).toThrow(/^hosts\["a.example"\].names: /)
    expect(make({ hosts: { 'a.example': { ...a, policy: {} } } })).toThrow(/^hosts\["a.example"\].policy: /)
  })
})
