/** Servers that mean ill, asked by the fetcher of Node over real connections. Each beside one that means well. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Fetcher, type FetchAttempt, type FetcherOptions, type FetchOutcome } from '../../src/revocation/fetcher.ts'
import { fetchOnLoopback, idle, serveHttp, serveRaw } from '../node/fetch-server.ts'

const unheard: unknown[] = []
const note = (reason: unknown): void => void unheard.push(reason)
beforeAll(() => void process.on('unhandledRejection', note))
afterAll(() => {
  process.off('unhandledRejection', note)
  expect(unheard).toEqual([])
})

const fetcher = (options: Partial<FetcherOptions> = {}): Fetcher => new Fetcher({ fetch: fetchOnLoopback(), retries: 0, ...options })
const get = (address: string, options: Partial<FetcherOptions> = {}): Promise<FetchOutcome> =>
  fetcher(options).get({ kind: 'crl', addresses: [address] }, undefined)

async function failure(address: string, options: Partial<FetcherOptions> = {}): Promise<FetchAttempt | undefined> {
  const outcome = await get(address, options)
  return outcome.ok ? undefined : outcome.failed[0]
}

/** Writes without end, as fast as it is read. */
function pour(sink: ServerResponse | Socket, chunk: string): void {
  const more = (): void => { while (!sink.destroyed && sink.write(chunk)); }
  sink.on('drain', more)
  more()
}

describe('a server', () => {
  it('that answers is read whole', async () => {
    const octets = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i * 7))
    const served = await serveHttp((_, response) => response.end(octets))
    const outcome = await get(`${served.origin}/a.crl`)
    expect(outcome.ok && Buffer.compare(outcome.bytes, octets)).toBe(0)
    await idle(served)
  })

  it('that sends an octet now and then is given up when time is up, and its connection closed', async () => {
    const served = await serveHttp((_, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('.'), 10)
      response.on('close', () => clearInterval(timer))
    })
    expect(await failure(served.origin, { timeout: 200 })).toEqual({ address: served.origin, code: 'fetch/timeout', details: { milliseconds: 200 } })
    await idle(served)
  })

  it('that does the same in its header, or says nothing, is given up too', async () => {
    const served = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => socket.write('X'), 10)
      socket.on('close', () => clearInterval(timer))
    })
    expect((await failure(served.origin, { timeout: 200 }))?.code).toBe('fetch/timeout')
    await idle(served)
    const silent = await serveRaw(() => undefined)
    expect((await failure(silent.origin, { timeout: 100 }))?.code).toBe('fetch/timeout')
    await idle(silent)
  })

  it('with an endless body is cut off at the size', async () => {
    const served = await serveHttp((_, response) => pour(response, 'a'.repeat(65_536)))
    expect(await failure(served.origin, { maxBytes: { crl: 1_000_000 } })).toEqual({ address: served.origin, code: 'fetch/too-large', details: { limit: 1_000_000 } })
    await idle(served)
  })

  it('with an endless body in chunks of an octet is cut off at the size', async () => {
    const served = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      pour(socket, '1\r\na\r\n'.repeat(1000))
    })
    expect((await failure(served.origin, { maxBytes: { crl: 50_000 } }))?.code).toBe('fetch/too-large')
    await idle(served)
  })

  it('with a header that is endless or huge is refused', async () => {
    const served = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      pour(socket, `X-${'a'.repeat(100)}: b\r\n`)
    })
    expect(await failure(served.origin)).toMatchObject({ code: 'fetch/network', details: { reason: 'HPE_HEADER_OVERFLOW' } })
    const modest = await serveHttp((_, response) => response.writeHead(200, { 'x-a': 'a'.repeat(8000) }).end('b'))
    expect((await get(modest.origin)).ok).toBe(true)
  })

  it('that lies about its length gains nothing', async () => {
    const short = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc'))
    expect((await failure(short.origin))?.code).toBe('fetch/network')
    const huge = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nabc'))
    expect((await failure(huge.origin))?.code).toBe('fetch/network')
    const negative = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc'))
    expect((await failure(negative.origin))?.code).toBe('fetch/network')
    const exact = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef'))
    expect(await get(exact.origin)).toMatchObject({ ok: true, bytes: Uint8Array.from(Buffer.from('abc')) })
    const cut = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc'))
    expect((await failure(cut.origin))?.code).toBe('fetch/network')
  })

  it('that sends compressed octets sends just octets', async () => {
    const served = await serveHttp((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('not unpacked'))
    expect(await get(served.origin)).toMatchObject({ ok: true, bytes: { length: 12 } })
  })

  it('that leads to a private address, or elsewhere where nobody may go, is not followed', async () => {
    let inside = 0
    const secret = await serveHttp((_, response) => {
      inside++
      response.end('secret')
    })
    const targets: [string, string, string?][] = [
      ['http://169.254.169.254/latest/meta-data/', 'fetch/blocked-address', 'not-public'], ['http://[::1]/', 'fetch/blocked-address', 'not-public'],
      ['http://0xa.1/', 'fetch/blocked-address', 'not-public'], ['//10.0.0.1/', 'fetch/blocked-address', 'not-public'],
      ['file:///etc/passwd', 'fetch/blocked-scheme'], ['https://crl.example.com/', 'fetch/blocked-scheme'], ['http://u:p@crl.example.com/', 'fetch/blocked-address', 'userinfo'],
      [`http://name.example:${secret.port}/`, 'fetch/blocked-address', 'not-public'],
    ]
    for (const [target, code, reason] of targets) {
      const served = await serveHttp((_, response) => response.writeHead(302, { location: target }).end())
      const fetch = fetchOnLoopback({ resolve: async () => [{ address: '::ffff:127.0.0.1', family: 6 }] })
      const attempt = await failure(served.origin, { fetch })
      expect([attempt?.code, attempt?.details['reason']], target).toEqual([code, reason])
    }
    expect(inside).toBe(0)
    const served = await serveHttp((_, response) => response.writeHead(302, { location: `${secret.origin}/` }).end())
    expect((await get(served.origin)).ok).toBe(true)
    expect(inside).toBe(1)
  })

  it('that leads round in a circle, or ever on, is left', async () => {
    let asked = 0
    const served = await serveHttp((request, response) => {
      asked++
      const at = Number(request.url!.slice(2))
      response.writeHead(307, { location: request.url === '/loop' ? '/loop' : `/n${at + 1}` }).end()
    })
    expect((await failure(`${served.origin}/loop`))?.details).toEqual({ status: 307, reason: 'loop' })
    expect(asked).toBe(1)
    expect((await failure(`${served.origin}/n0`))?.details).toMatchObject({ status: 307, reason: 'too-many', at: `${served.origin}/n3` })
    expect(asked).toBe(5)
  })

  it('that fails once is asked again; one that is down is passed over', async () => {
    let asked = 0
    const served = await serveHttp((_, response) => {
      if (asked++ % 2 === 0) response.writeHead(500).end()
      else response.end('here')
    })
    expect((await get(served.origin, { retries: 1 })).ok).toBe(true)
    expect(asked).toBe(2)
    const gone = await serveRaw((socket) => socket.destroy())
    const outcome = await fetcher({ retries: 1 }).get({ kind: 'crl', addresses: [`${gone.origin}/a`, 'http://127.0.0.1:1/b', `${served.origin}/c`] }, undefined)
    expect(outcome).toMatchObject({
      ok: true, address: `${served.origin}/c`,
      failed: [{ code: 'fetch/network', details: { reason: 'ECONNRESET' } }, { code: 'fetch/network', details: { reason: 'ECONNREFUSED' } }],
    })
  })

  it('is asked once by a hundred who want the same, and left when the last of them goes', async () => {
    let asked = 0
    const served = await serveHttp((_, response) => {
      asked++
      response.write('begun')
    })
    const asking = fetcher()
    const controllers = Array.from({ length: 100 }, () => new AbortController())
    const outcomes = controllers.map(({ signal }) => asking.get({ kind: 'crl', addresses: [served.origin] }, signal).then(() => 'came', (error: unknown) => error))
    while (asked === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    const reason = new Error('enough')
    for (const controller of controllers.slice(1)) controller.abort(reason)
    expect(await Promise.all(outcomes.slice(1))).toEqual(Array.from({ length: 99 }, () => reason))
    expect([asked, served.sockets.size]).toEqual([1, 1])
    controllers[0]!.abort(reason)
    expect(await outcomes[0]).toBe(reason)
    await idle(served)
    expect(served.sockets.size).toBe(0)
  })
})
