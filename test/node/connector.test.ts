/** The connector, in undici’s own agents and clients, and under `fetch`. */
import { once } from 'node:events'
import https from 'node:https'
import http2 from 'node:http2'
import net from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Agent, request, type Dispatcher } from 'undici'
import { describe, expect, it } from 'vitest'
import { acceptedVerdict, createConnector, createHttpsServer, type ConnectorOptions } from 'countersign/node'
import { parsePolicy } from 'countersign/policy'
import { clientNames, issueServer, later, listen, pki, serverPolicy, verifierFor } from './support.ts'

const lookup = ((_host: string, options: { all?: boolean }, done: (...values: unknown[]) => void) => {
  if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }])
  else done(null, '127.0.0.1', 4)
}) as never

async function agentOf(options: Partial<ConnectorOptions> = {}): Promise<Agent> {
  const { client, toServer } = await pki()
  const agent = new Agent({ connections: 1, connect: createConnector({ ...client, verifier: toServer, lookup, ...options }) })
  later(() => { void agent.destroy() })
  return agent
}

/** A mutual server; and how many connections it let in. */
async function serve() {
  const { server, toClient } = await pki()
  let connections = 0
  const hosts: (string | undefined)[] = []
  const listener = createHttpsServer({ ...server, verifier: toClient, names: clientNames }, (incoming, response) => {
    hosts.push(incoming.headers.host)
    incoming.resume()
    response.end(acceptedVerdict(incoming)?.identities[0]?.value)
  })
  listener.on('secureConnection', () => { connections++ })
  return { port: await listen(listener), connections: () => connections, hosts }
}

/** What a request fails with: undici’s own functions give the connector’s error, `fetch` wraps it. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason as Error)
  return error?.message === 'fetch failed' ? error.cause : error
}

const ways: [string, (url: string, dispatcher: Agent) => Promise<string>][] = [
  ['request', async (url, dispatcher) => (await request(url, { dispatcher })).body.text()],
  ['fetch of Node', async (url, dispatcher) => (await fetch(url, { dispatcher } as unknown as RequestInit)).text()],
]

describe.each(ways)('%s', (_, ask) => {
  it('reaches a server that is accepted, over one connection, and no other', async () => {
    const { otherRoot, otherServer } = await pki()
    const { port, connections } = await serve()
    const agent = await agentOf()
    for (let i = 0; i < 3; i++) expect(await ask(`https://localhost:${port}/`, agent)).toBe('spiffe://bank.example/pay')
    expect(connections()).toBe(1)

    let seen = 0
    const foreign = await listen(https.createServer(otherServer, (_request, response) => {
      seen++
      response.end('no')
    }))
    expect(await failureOf(ask(`https://localhost:${foreign}/`, agent))).toMatchObject({ code: 'node/verifier-refused', verdict: { code: 'path/no-anchor' } })
    expect(seen).toBe(0)
    expect(await ask(`https://localhost:${foreign}/`, await agentOf({ verifier: verifierFor(otherRoot, 'serverAuth') }))).toBe('no')
  })

  it('decides by the policy', async () => {
    const { port, hosts } = await serve()
    expect(await ask(`https://localhost:${port}/`, await agentOf({ policy: serverPolicy }))).toBe('spiffe://bank.example/pay')
    const policy = parsePolicy({ version: 1, identity: 'none', rules: [{ id: 'other', effect: 'allow', when: { 'san.dns': { exact: 'other.example' } } }] })
    expect(await failureOf(ask(`https://localhost:${port}/`, await agentOf({ policy })))).toMatchObject({
      code: 'node/policy-refused', decision: { decision: 'deny', reason: 'policy/no-rule-allows' },
    })
    expect(hosts.length).toBe(1)
  })
})

describe('what undici asks', () => {
  it('the name is the host of the URL, not the Host header', async () => {
    const { intermediate } = await pki()
    const names: unknown[] = []
    const server = await issueServer(intermediate, { dns: ['a.example'] })
    const listener = https.createServer(server, (incoming, response) => {
      names.push((incoming.socket as TLSSocket & { servername: unknown }).servername, incoming.headers.host)
      response.end('ok')
    })
    const port = await listen(listener)
    const agent = await agentOf()
    const good = await request(`https://a.example:${port}/`, { dispatcher: agent, headers: { host: 'b.example' } })
    expect(await good.body.text()).toBe('ok')
    expect(names).toEqual(['a.example', 'b.example'])
    const bad = request(`https://b.example:${port}/`, { dispatcher: await agentOf(), headers: { host: 'a.example' } })
    expect(await failureOf(bad)).toMatchObject({ verdict: { code: 'path/name-mismatch' } })
  })

  it('HTTP/2 where it is allowed', async () => {
    const { server } = await pki()
    const listener = http2.createSecureServer({ ...server, allowHTTP1: true }, (incoming, response) => response.end(incoming.httpVersion))
    const port = await listen(listener)
    for (const [options, version] of [[{}, '1.1'], [{ allowH2: true }, '2.0'], [{ allowH2: false }, '1.1']] as const) {
      const answer = await request(`https://localhost:${port}/`, { dispatcher: await agentOf(options) })
      expect(await answer.body.text()).toBe(version)
    }
    const { client, toServer } = await pki()
    const agent = new Agent({ allowH2: true, connect: createConnector({ ...client, verifier: toServer, lookup }) })
    later(() => { void agent.destroy() })
    expect(await (await request(`https://localhost:${port}/`, { dispatcher: agent })).body.text()).toBe('2.0')
  })

  it('no connection without TLS', async () => {
    let connections = 0
    const port = await listen(net.createServer(() => { connections++ }))
    expect(await failureOf(request(`http://localhost:${port}/`, { dispatcher: await agentOf() }))).toMatchObject({ code: 'node/wrong-protocol' })
    expect(connections).toBe(0)
  })

  it('a connection ends with its verdict, and the next request makes another', async () => {
    const { toServer, server } = await pki()
    const { port, connections } = await serve()
    const verdict = await toServer.require({ leaf: server.chain[0]!, intermediates: server.chain.slice(1), names: 'unchecked' })
    const shift = verdict.validUntil.getTime() - 800 - Date.now()
    const agent = await agentOf({ clock: () => Date.now() + (connections() > 0 && ended ? 0 : shift) })
    let ended = false
    const gone = once(agent as Dispatcher & NodeJS.EventEmitter, 'disconnect')
    await (await request(`https://localhost:${port}/`, { dispatcher: agent })).body.text()
    const [, , error] = await gone as [unknown, unknown, Error]
    expect(error).toMatchObject({ code: 'node/acceptance-ended' })
    ended = true
    await (await request(`https://localhost:${port}/`, { dispatcher: agent })).body.text()
    expect(connections()).toBe(2)
  })

  it('a mistake in the options is named when the connector is made', async () => {
    const { toServer } = await pki()
    expect(() => createConnector({ verifier: {} as never })).toThrow(/^verifier: /)
    expect(() => createConnector({ verifier: toServer, policy: {} as never })).toThrow(/^policy: /)
    expect(() => createConnector({ verifier: toServer, allowH2: 'yes' as never })).toThrow(/^allowH2: /)
  })
})
