import { once, setMaxListeners } from 'node:events'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createGuardedFetch, type ResolvedAddress } from '../../src/node/guarded-fetch.ts'
import { BlockedAddressError } from '../../src/revocation/fetch-address.ts'
import { Fetcher } from '../../src/revocation/fetcher.ts'
import { fetchOnLoopback, loopback, serveHttp, serveRaw } from './fetch-server.ts'
import { issueServer, pki } from './support.ts'

const manual = { redirect: 'manual' } as const
const v4 = (...addresses: string[]): ResolvedAddress[] => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

describe('createGuardedFetch', () => {
  it('fetches from loopback only where network and port are allowed', async () => {
    const { origin, port } = await serveHttp((_, response) => response.end('here'))
    expect(await (await fetchOnLoopback()(origin, manual)).text()).toBe('here')
    const named = createGuardedFetch({ allow: [{ network: '127.0.0.1/32', ports: [port] }] })
    expect(await (await named(origin, manual)).text()).toBe('here')
    for (const allow of [[], [{ network: '127.0.0.1/32', ports: [port + 1] }], [{ network: '10.0.0.0/8', ports: 'any' as const }]]) {
      await expect(createGuardedFetch({ allow })(origin, manual)).rejects.toMatchObject({ code: 'fetch/blocked-address', details: { host: '127.0.0.1', reason: 'not-public' } })
    }
  })

  it('refuses a public address on another port, without asking', async () => {
    const fetch = createGuardedFetch({ resolve: async () => v4('8.8.8.8') })
    await expect(fetch('http://crl.example.com:8080/', manual)).rejects.toMatchObject({ code: 'fetch/blocked-port', details: { port: 8080 } })
  })

  it('refuses a name of which any address is private', async () => {
    const { port } = await serveHttp((_, response) => response.end('here'))
    const answers: [string, string[]][] = [
      ['10.0.0.1', ['10.0.0.1']], ['169.254.169.254', ['127.0.0.1', '169.254.169.254']], ['::1', ['127.0.0.1', '::1']],
      ['::ffff:127.0.0.1', ['::ffff:127.0.0.1']], ['fe80::1', ['fe80::1']], ['64:ff9b::7f00:1', ['64:ff9b::7f00:1']],
    ]
    for (const [address, resolved] of answers) {
      const fetch = fetchOnLoopback({ resolve: async () => v4(...resolved) })
      await expect(fetch(`http://crl.example.com:${port}/`, manual)).rejects.toMatchObject({
        code: 'fetch/blocked-address', details: { host: 'crl.example.com', address, reason: 'not-public' },
      })
    }
    expect((await fetchOnLoopback({ resolve: async () => v4('127.0.0.1') })(`http://crl.example.com:${port}/`, manual)).status).toBe(200)
  })

  it('asks what it judged, whatever the name resolves to a moment later', async () => {
    const hosts: (string | undefined)[] = []
    const { port } = await serveHttp((request, response) => {
      hosts.push(request.headers.host)
      response.end('here')
    })
    let count = 0
    const fetch = fetchOnLoopback({ resolve: async () => ++count % 2 === 1 ? v4('127.0.0.1') : v4('10.0.0.1') })
    // `.invalid` resolves nowhere: whoever asked the system would find nothing.
    const address = `http://rebinding.invalid:${port}/`
    expect(await (await fetch(address, manual)).text()).toBe('here')
    expect(count).toBe(1)
    expect(hosts).toEqual([`rebinding.invalid:${port}`])
    await expect(fetch(address, manual)).rejects.toBeInstanceOf(BlockedAddressError)
    expect(hosts).toHaveLength(1)
  })

  it('tries the next address where one does not answer', async () => {
    const { port } = await serveHttp((_, response) => response.end('here'))
    const fetch = fetchOnLoopback({ resolve: async () => v4('127.0.0.2', '127.0.0.1') })
    expect(await (await fetch(`http://two.invalid:${port}/`, manual)).text()).toBe('here')
  })

  it('resolves as the system does where it is not told otherwise', async () => {
    const { port } = await serveHttp((_, response) => response.end('here'))
    const fetch = createGuardedFetch({ allow: [...loopback, { network: '::1/128', ports: 'any' }] })
    expect(await (await fetch(`http://localhost:${port}/`, manual)).text()).toBe('here')
    await expect(createGuardedFetch()('http://localhost/', manual)).rejects.toMatchObject({ code: 'fetch/blocked-address' })
  })

  it('hands back a redirect, and follows none', async () => {
    const asked: (string | undefined)[] = []
    const { origin } = await serveHttp((request, response) => {
      asked.push(request.url)
      response.writeHead(302, { location: '/next' }).end()
    })
    const response = await fetchOnLoopback()(`${origin}/first`, manual)
    expect([response.status, response.headers.get('location'), response.redirected]).toEqual([302, '/next', false])
    expect(asked).toEqual(['/first'])
    await expect(fetchOnLoopback()(origin, {})).rejects.toThrow(/^redirect:/)
    await expect(fetchOnLoopback()(origin, { redirect: 'follow' })).rejects.toThrow(/^redirect:/)
  })

  it('sends a POST with its length, and asks for no compression', async () => {
    const { origin } = await serveHttp((request, response) => {
      const chunks: Uint8Array[] = []
      request.on('data', (chunk: Uint8Array) => chunks.push(chunk))
      request.on('end', () => response.end(JSON.stringify([request.method, request.headers, [...Buffer.concat(chunks)]])))
    })
    const response = await fetchOnLoopback()(`${origin}/ocsp`, { ...manual, method: 'POST', body: Uint8Array.of(1, 2, 255), headers: { 'content-type': 'application/ocsp-request' } })
    expect(await response.json()).toEqual(['POST', {
      'host': origin.slice(7), 'accept-encoding': 'identity', 'content-type': 'application/ocsp-request', 'content-length': '3', 'connection': 'close',
    }, [1, 2, 255]])
  })

  it('takes no proxy from the environment', async () => {
    const { origin } = await serveHttp((_, response) => response.end('here'))
    const names = ['http_proxy', 'HTTP_PROXY', 'NODE_USE_ENV_PROXY']
    const before = names.map((name) => process.env[name])
    for (const name of names) process.env[name] = name.startsWith('NODE') ? '1' : 'http://127.0.0.1:9/'
    try {
      expect(await (await fetchOnLoopback()(origin, manual)).text()).toBe('here')
    } finally {
      names.forEach((name, i) => before[i] === undefined ? delete process.env[name] : process.env[name] = before[i])
    }
  })

  it('asks a server of https for its certificate, by the name in the address', async () => {
    const { intermediate, root, server } = await pki()
    const other = await issueServer(intermediate, { dns: ['other.example'] })
    const names: unknown[] = []
    for (const [credential, outcome] of [[server, 'here'], [other, 'refused']] as const) {
      const listening = https.createServer({ key: credential.key, cert: credential.cert }, (request, response) => {
        names.push((request.socket as unknown as { servername: unknown }).servername)
        response.end('here')
      }).listen(0, '127.0.0.1')
      await once(listening, 'listening')
      try {
        const fetch = fetchOnLoopback({ ca: root.pem, resolve: async () => v4('127.0.0.1') })
        const address = `https://localhost:${(listening.address() as AddressInfo).port}/`
        const answer = fetch(address, manual).then((response) => response.text(), () => 'refused')
        expect(await answer).toBe(outcome)
        await expect(fetchOnLoopback({ resolve: async () => v4('127.0.0.1') })(address, manual)).rejects.toThrow()
        expect((await new Fetcher({ fetch }).get({ kind: 'crl', addresses: [address] }, undefined)).failed[0]?.code).toBe('fetch/blocked-scheme')
        expect((await new Fetcher({ fetch, https: true }).get({ kind: 'crl', addresses: [address] }, undefined)).ok).toBe(outcome === 'here')
      } finally {
        listening.close()
        listening.closeAllConnections()
      }
    }
    expect(names[0]).toBe('localhost')
  })

  it('rejects what is no answer', async () => {
    const answers = ['garbage\r\n\r\n', 'HTTP/1.1 999 Odd\r\n\r\n', 'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', '',
      `HTTP/1.1 200 OK\r\n${'X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(1000)}\r\n`, 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n']
    for (const answer of answers) {
      const { origin } = await serveRaw((socket) => socket.end(answer))
      await expect(fetchOnLoopback()(origin, manual), JSON.stringify(answer.slice(0, 40))).rejects.toThrow()
    }
    await expect(fetchOnLoopback({ resolve: async () => [] })('http://none.example/', manual)).rejects.toThrow('no address')
    await expect(fetchOnLoopback()('ftp://127.0.0.1/', manual)).rejects.toMatchObject({ code: 'fetch/blocked-scheme' })
  })

  it('ends with its signal, while it resolves too', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const waiting = fetchOnLoopback({ resolve: () => new Promise(() => undefined) })('http://slow.example/', { ...manual, signal: controller.signal })
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
  })

  it('lets no more names pile up than it can call off', async () => {
    let resolved: ((addresses: ResolvedAddress[]) => void)[] = []
    const fetch = fetchOnLoopback({ resolve: () => new Promise((resolve) => resolved.push(resolve)) })
    const controller = new AbortController()
    setMaxListeners(0, controller.signal)
    const waiting = Array.from({ length: 64 }, (_, i) => fetch(`http://n${i}.example/`, { ...manual, signal: controller.signal }).catch((error: unknown) => error))
    controller.abort(new Error('enough'))
    await Promise.all(waiting)
    await expect(fetch('http://one-more.example/', manual)).rejects.toThrow('too many names')
    for (const resolve of resolved) resolve(v4('10.0.0.1'))
    resolved = []
    await new Promise((resolve) => setTimeout(resolve, 0))
    const next = fetch('http://one-more.example/', manual)
    resolved[0]!(v4('10.0.0.1'))
    await expect(next).rejects.toBeInstanceOf(BlockedAddressError)
  })

  it('refuses options that mean nothing', () => {
    for (const wrong of [{ allow: [{ network: 'localhost', ports: 'any' }] }, { allow: [{ network: '10.0.0.0/8' }] }, { ports: [] }, { resolve: 1 }]) {
      expect(() => createGuardedFetch(wrong as never), JSON.stringify(wrong)).toThrow(TypeError)
    }
  })
})
