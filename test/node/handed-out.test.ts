/** What a handler does to a value that it was handed changes no decision: neither its end, nor the channel, nor a session’s. */
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import tls, { type TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { acceptedVerdict, createHttpsServer, createServer, createSessionStore, decisionOf, mutualAuthentication, type ConnectionSource } from 'countersign/node'
import { parsePolicy } from 'countersign/policy'
import { deface } from '../support/deface.ts'
import { at, clientNames, collectRefusals, listen, payPolicy, pki, readAll } from './support.ts'

const day = 86_400_000
const times = [['put back', 0], ['put off', Date.UTC(2100, 0)]] as const

function defaceAll(source: ConnectionSource, time: number): void {
  for (const one of [acceptedVerdict(source), decisionOf(source), mutualAuthentication(source)]) deface(one, time)
}

describe.each(times)('with every date %s', (_, time) => {
  it('a connection stands until its decision has ended, and no longer', async () => {
    const { server, client, toClient } = await pki()
    const refusals = collectRefusals()
    const entered: TLSSocket[] = []
    let shift = 0
    const policy = parsePolicy({
      version: 1, identity: 'none', maxDecisionSeconds: 0.2, rules: [{ id: 'hour', effect: 'allow', when: { time: { lt: new Date(Date.now() + 3_600_000).toISOString() } } }],
    })
    const port = await listen(createServer({
      ...server, verifier: toClient, names: clientNames, policy, clock: () => Date.now() + shift, onRefused: refusals.onRefused,
    }, (socket) => {
      entered.push(socket)
      socket.on('error', () => undefined)
      socket.pipe(socket)
    }))
    const socket = tls.connect({ ...at(port), cert: client.cert, key: client.key, rejectUnauthorized: false })
    socket.write('in')
    await once(socket, 'data')
    const until = (): number => mutualAuthentication(entered[0]!)!.until.getTime()
    const since = mutualAuthentication(entered[0]!)!.since.getTime()
    const first = decisionOf(entered[0]!)
    const end = until()
    defaceAll(entered[0]!, time)
    if (decisionOf(entered[0]!) === first) expect(until()).toBe(end)
    expect(mutualAuthentication(entered[0]!)!.since.getTime()).toBe(since)
    while (decisionOf(entered[0]!) === first) await pause(10)
    socket.write('still')
    expect(String((await once(socket, 'data'))[0])).toBe('still')
    expect(refusals.errors).toEqual([])
    shift = 7_200_000
    expect(await readAll(socket)).toBe('')
    expect((await refusals.next()).code).toBe('node/policy-refused')
  })

  it('nor does it outlive its verdict, nor a session that resumes it', async () => {
    const { server, client, toClient } = await pki()
    const refusals = collectRefusals()
    const entered: TLSSocket[] = []
    let shift = 0
    const clock = (): number => Date.now() + shift
    const port = await listen(createServer({
      ...server, verifier: toClient, names: clientNames, policy: payPolicy(), clock, sessions: createSessionStore({ clock }), onRefused: refusals.onRefused,
    }, (socket) => {
      entered.push(socket)
      defaceAll(socket, time)
      socket.on('error', () => undefined)
      socket.write('in')
    }))
    const options = { ...at(port), cert: client.cert, key: client.key, rejectUnauthorized: false }
    const first = tls.connect(options)
    const [[session]] = await Promise.all([once(first, 'session') as Promise<[Buffer]>, once(first, 'data')])
    const end = acceptedVerdict(entered[0]!)!.validUntil.getTime()
    const second = tls.connect({ ...options, session })
    expect(String((await once(second, 'data'))[0])).toBe('in')
    expect(second.isSessionReused()).toBe(true)
    // The first timers go by what was known at the start: a third connection has to end by itself.
    shift = end - Date.now() - 500
    const third = tls.connect({ ...options, session })
    expect(await readAll(third)).toBe('in')
    expect((await refusals.next()).code).toBe('node/acceptance-ended')
    shift = end - Date.now() + day
    expect(await readAll(tls.connect({ ...options, session }))).toBe('')
    expect(await refusals.next()).toMatchObject({ code: 'node/session-not-bound' })
  })
})

it('the next request of a connection is decided on its own channel binding', async () => {
  const { server, client, toClient } = await pki()
  const bindings: (string | undefined)[] = []
  const policy = parsePolicy({
    version: 1, identity: 'none',
    rules: [
      { id: 'open', effect: 'allow', when: { 'request.path': { exact: '/open' } } },
      { id: 'written-over', effect: 'allow', when: { allOf: [{ 'request.path': { exact: '/secret' } }, { 'channel.binding': { exact: 'ff'.repeat(32) } }] } },
    ],
  })
  const port = await listen(createHttpsServer({ ...server, verifier: toClient, names: clientNames, policy }, (request, response) => {
    bindings.push(Buffer.from(mutualAuthentication(request)!.channel.binding!).toString('hex'))
    defaceAll(request, 0)
    response.end('served')
  }))
  const socket = tls.connect({ ...at(port), cert: client.cert, key: client.key, rejectUnauthorized: false })
  socket.write(['/open', '/secret', '/open'].map((path, i) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${i === 2 ? 'Connection: close\r\n' : ''}\r\n`).join(''))
  expect((await readAll(socket)).match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 403', 'HTTP/1.1 200'])
  expect(bindings.length).toBe(2)
  expect(bindings[1]).toBe(bindings[0])
  expect(bindings[0]).not.toBe('ff'.repeat(32))
})
