import { describe, expect, it } from 'vitest'
import { Fetcher, guardedFetch, type FetcherOptions, type FetchRequest } from '../../src/revocation/fetcher.ts'
import type { FetchFunction } from '../../src/revocation/fetch-address.ts'
import { Slots } from '../../src/revocation/fetch-slots.ts'

const allowedHosts = ['a.example', 'b.example']
const a = 'http://a.example/x'
const b = 'http://b.example/x'
const noSignal = undefined

/** A fetch out of a table; what it was asked stands in `asked`. */
function tableFetch(table: Record<string, (init: RequestInit, count: number) => Response | Promise<Response>>): FetchFunction & { asked: string[] } {
  const asked: string[] = []
  const fetch = async (input: string, init: RequestInit): Promise<Response> => {
    asked.push(`${init.method} ${input}`)
    return table[input]!(init, asked.length)
  }
  return Object.assign(fetch, { asked })
}

const bytesOf = (...octets: number[]): Response => new Response(Uint8Array.from(octets))
const redirectTo = (location: string, status = 302): Response => new Response(null, { status, headers: { location } })
const crl = (...addresses: string[]): FetchRequest => ({ kind: 'crl', addresses })

async function codesOf(fetch: FetchFunction, request: FetchRequest, options: Partial<FetcherOptions> = {}): Promise<string[]> {
  const outcome = await new Fetcher({ fetch, allowedHosts, ...options }).get(request, noSignal)
  const codes = outcome.failed.map(({ code, details }) => details['reason'] === undefined ? code : `${code} ${details['reason']}`)
  return outcome.ok ? [...codes, `ok ${[...outcome.bytes].join(' ')}`] : codes
}

/** Held back until it is let go. */
function gate(): { readonly open: Promise<void>; letGo: () => void } {
  let letGo!: () => void
  return { open: new Promise<void>((resolve) => { letGo = resolve }), letGo: () => letGo() }
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

describe('Fetcher', () => {
  it('needs a fetch, and a list of hosts or a fetch that guards', () => {
    const fetch = async (): Promise<Response> => bytesOf()
    const guarded = Object.assign(fetch, {})
    expect(() => new Fetcher({} as never)).toThrow(/^fetch:/)
    expect(() => new Fetcher({ fetch })).toThrow(/^allowedHosts: required/)
    expect(() => new Fetcher({ fetch, allowedHosts: ['http://a.example'] })).toThrow(/^allowedHosts:/)
    Object.assign(guarded, { [guardedFetch]: { ports: [80], exceptions: [] } })
    expect(() => new Fetcher({ fetch: guarded })).not.toThrow()
    for (const wrong of [{ timeout: 0 }, { timeout: Number.NaN }, { maxRedirects: -1 }, { retries: 1.5 }, { concurrency: 0 }, { ports: [] }, { maxBytes: { crl: 0 } }, { https: 'yes' }]) {
      expect(() => new Fetcher({ fetch, allowedHosts, ...wrong as object }), JSON.stringify(wrong)).toThrow(TypeError)
    }
  })

  it('asks the addresses in order, each once, until one answers', async () => {
    const fetch = tableFetch({ [a]: () => new Response(null, { status: 404 }), [b]: () => bytesOf(1, 2) })
    const outcome = await new Fetcher({ fetch, allowedHosts }).get(crl('ldap://a.example/cn=a', a, a, 'http://10.0.0.1/', b), noSignal)
    expect(outcome).toEqual({
      ok: true, bytes: Uint8Array.of(1, 2), address: b,
      failed: [
        { address: 'ldap://a.example/cn=a', code: 'fetch/blocked-scheme', details: { scheme: 'ldap' } },
        { address: a, code: 'fetch/status', details: { status: 404 } },
        { address: 'http://10.0.0.1/', code: 'fetch/blocked-address', details: { host: '10.0.0.1', reason: 'host-not-allowed' } },
      ],
    })
    expect(fetch.asked).toEqual([`GET ${a}`, `GET ${b}`])
  })

  it('looks at so many addresses and no more', async () => {
    const fetch = tableFetch({})
    const addresses = Array.from({ length: 1000 }, (_, i) => `http://c${i}.example/`)
    const outcome = await new Fetcher({ fetch, allowedHosts }).get(crl(...addresses), noSignal)
    expect(outcome.ok).toBe(false)
    expect(outcome.failed).toHaveLength(9)
    expect(outcome.failed[8]).toEqual({ address: addresses[8], code: 'fetch/too-many-addresses', details: { limit: 8, omitted: 992 } })
  })

  it('posts an OCSP request, or gets it where that was asked for and it is short', async () => {
    const base = 'http://a.example/ocsp'
    const body = Uint8Array.of(0xfb, 0xff, 0xfe, 1)
    const get = `${base}/${encodeURIComponent('+//+AQ==')}`
    const sent: unknown[] = []
    const answer = (init: RequestInit): Response => {
      sent.push([init.method, init.body, new Headers(init.headers).get('content-type'), init.redirect])
      return bytesOf(9)
    }
    const fetch = tableFetch({ [base]: answer, [get]: answer })
    const request = { kind: 'ocsp', addresses: [base], body } as const
    await codesOf(fetch, request)
    await codesOf(fetch, request, { ocspGet: true })
    await codesOf(fetch, { ...request, body: new Uint8Array(200) }, { ocspGet: true })
    expect(fetch.asked).toEqual([`POST ${base}`, `GET ${get}`, `POST ${base}`])
    expect(sent[0]).toEqual(['POST', body, 'application/ocsp-request', 'manual'])
    expect(sent[1]).toEqual(['GET', undefined, null, 'manual'])
  })

  it('judges every address that a redirect names', async () => {
    const to = (location: string): FetchFunction => tableFetch({ [a]: () => redirectTo(location), [b]: () => bytesOf(1), 'http://a.example/y': () => bytesOf(2) })
    expect(await codesOf(to(b), crl(a))).toEqual(['ok 1'])
    expect(await codesOf(to('y#z'), crl(a))).toEqual(['ok 2'])
    expect(await codesOf(to('http://c.example/'), crl(a))).toEqual(['fetch/blocked-address host-not-allowed'])
    expect(await codesOf(to('https://b.example/x'), crl(a))).toEqual(['fetch/blocked-scheme'])
    expect(await codesOf(to('file:///etc/passwd'), crl(a))).toEqual(['fetch/blocked-scheme'])
    expect(await codesOf(to('http://b.example:22/'), crl(a))).toEqual(['fetch/blocked-port'])
    expect(await codesOf(to('http://u:p@b.example/'), crl(a))).toEqual(['fetch/blocked-address userinfo'])
    expect(await codesOf(to('http://['), crl(a))).toEqual(['fetch/redirect no-location'])
    expect(await codesOf(async () => new Response(null, { status: 302 }), crl(a))).toEqual(['fetch/redirect no-location'])
  })

  it('follows three redirects, and no circle', async () => {
    const chain = (length: number): FetchFunction => async (input) => {
      const at = Number(new URL(input).searchParams.get('n') ?? 0)
      return at < length ? redirectTo(`http://b.example/x?n=${at + 1}`) : bytesOf(at)
    }
    expect(await codesOf(chain(3), crl(a))).toEqual(['ok 3'])
    expect(await codesOf(chain(4), crl(a))).toEqual(['fetch/redirect too-many'])
    expect(await codesOf(chain(1), crl(a), { maxRedirects: 0 })).toEqual(['fetch/redirect too-many'])
    const circle = tableFetch({ [a]: () => redirectTo(b), [b]: () => redirectTo(`${a}#again`) })
    expect(await codesOf(circle, crl(a))).toEqual(['fetch/redirect loop'])
    expect(circle.asked).toHaveLength(2)
  })

  it('posts again where a redirect says so, and not where it says to get', async () => {
    const request = { kind: 'ocsp', addresses: [a], body: Uint8Array.of(1) } as const
    for (const status of [301, 302, 307, 308]) {
      const fetch = tableFetch({ [a]: () => redirectTo(b, status), [b]: ({ body }) => bytesOf(...body as Uint8Array) })
      expect(await codesOf(fetch, request)).toEqual(['ok 1'])
      expect(fetch.asked).toEqual([`POST ${a}`, `POST ${b}`])
    }
    expect(await codesOf(tableFetch({ [a]: () => redirectTo(b, 303) }), request)).toEqual(['fetch/redirect see-other'])
    expect(await codesOf(tableFetch({ [a]: () => redirectTo(b, 303), [b]: () => bytesOf(1) }), crl(a))).toEqual(['ok 1'])
  })

  it('believes no redirect that it cannot see', async () => {
    const opaque = { status: 0, type: 'opaqueredirect', redirected: false, body: null } as unknown as Response
    const followed = { status: 200, type: 'basic', redirected: true, body: null } as unknown as Response
    expect(await codesOf(async () => opaque, crl(a))).toEqual(['fetch/redirect opaque'])
    expect(await codesOf(async () => followed, crl(a))).toEqual(['fetch/redirect not-judged'])
  })

  it('asks again after a failure that may pass, and so often only', async () => {
    const failing = (times: number, how: () => Response): FetchFunction & { asked: string[] } =>
      tableFetch({ [a]: (_, count) => count <= times ? how() : bytesOf(7) })
    const down = (): Response => { throw Object.assign(new Error('secret'), { code: 'ECONNREFUSED' }) }
    const busy = (): Response => new Response(null, { status: 503 })
    expect(await codesOf(failing(1, down), crl(a))).toEqual(['ok 7'])
    expect(await codesOf(failing(1, busy), crl(a))).toEqual(['ok 7'])
    expect(await codesOf(failing(2, down), crl(a))).toEqual(['fetch/network ECONNREFUSED'])
    expect(await codesOf(failing(2, down), crl(a), { retries: 2 })).toEqual(['ok 7'])
    expect(await codesOf(failing(1, busy), crl(a), { retries: 0 })).toEqual(['fetch/status'])
    const absent = failing(1, () => new Response(null, { status: 404 }))
    expect(await codesOf(absent, crl(a))).toEqual(['fetch/status'])
    expect(absent.asked).toHaveLength(1)
  })

  it('takes no other status than 200', async () => {
    for (const status of [201, 204, 206, 300, 304, 400, 401, 500]) {
      const outcome = await new Fetcher({ fetch: async () => new Response(null, { status }), allowedHosts }).get(crl(a), noSignal)
      expect(outcome).toEqual({ ok: false, failed: [{ address: a, code: 'fetch/status', details: { status } }] })
    }
  })

  it('reads a body up to its kind’s size', async () => {
    const sized = (size: number): FetchFunction => async () => new Response(new Uint8Array(size))
    for (const kind of ['crl', 'ocsp', 'caIssuers'] as const) {
      const request = { kind, addresses: [a] }
      const fetcher = (size: number): Fetcher => new Fetcher({ fetch: sized(size), allowedHosts, maxBytes: { crl: 20_000, ocsp: 20_001, caIssuers: 20_002 } })
      const limit = { crl: 20_000, ocsp: 20_001, caIssuers: 20_002 }[kind]
      expect((await fetcher(limit).get(request, noSignal))).toMatchObject({ ok: true, bytes: { length: limit } })
      expect((await fetcher(limit + 1).get(request, noSignal))).toEqual({ ok: false, failed: [{ address: a, code: 'fetch/too-large', details: { limit } }] })
    }
  })

  it('closes a body that is too large, or not wanted, though the fetch is deaf', async () => {
    let closed = 0
    const pouring = (status: number): FetchFunction => async () => new Response(new ReadableStream({
      pull(controller) { controller.enqueue(new Uint8Array(1000)) },
      cancel() { closed++ },
    }), { status, headers: { location: a } })
    expect(await codesOf(pouring(200), crl(a), { maxBytes: { crl: 5000 } })).toEqual(['fetch/too-large'])
    expect(await codesOf(pouring(404), crl(a))).toEqual(['fetch/status'])
    expect(await codesOf(pouring(302), crl(a))).toEqual(['fetch/redirect loop'])
    expect(closed).toBe(3)
  })

  it('puts chunks together as they came', async () => {
    const octets = Uint8Array.from({ length: 100_000 }, (_, i) => i * 31)
    const fetch: FetchFunction = async () => new Response(new ReadableStream({
      start(controller) {
        for (let i = 0; i < octets.length; i += 777) controller.enqueue(octets.slice(i, i + 777))
        controller.close()
      },
    }))
    const outcome = await new Fetcher({ fetch, allowedHosts }).get(crl(a), noSignal)
    expect(outcome.ok && outcome.bytes).toEqual(octets)
  })

  it('gives up a fetch that does not heed its signal', async () => {
    const deaf: FetchFunction = () => new Promise(() => undefined)
    expect(await codesOf(deaf, crl(a), { timeout: 20 })).toEqual(['fetch/timeout'])
    const silent: FetchFunction = async () => new Response(new ReadableStream({ pull: () => new Promise(() => undefined), cancel: () => new Promise(() => undefined) }))
    expect(await codesOf(silent, crl(a), { timeout: 20 })).toEqual(['fetch/timeout'])
  })

  it('closes the body of an answer that comes too late', async () => {
    const late = gate()
    let isCancelled = false
    const fetch: FetchFunction = async () => {
      await late.open
      return new Response(new ReadableStream({ cancel() { isCancelled = true } }))
    }
    expect(await codesOf(fetch, crl(a), { timeout: 10 })).toEqual(['fetch/timeout'])
    late.letGo()
    await turn()
    expect(isCancelled).toBe(true)
  })
})

describe('requests under way', () => {
  it('are joined by whoever wants the same', async () => {
    const held = gate()
    const fetch = tableFetch({ [a]: async () => { await held.open; return bytesOf(5) } })
    const fetcher = new Fetcher({ fetch, allowedHosts })
    const requests = [crl(a), crl(`${a}#f`), { kind: 'ocsp', addresses: [a], body: Uint8Array.of(1) }, { kind: 'ocsp', addresses: [a], body: Uint8Array.of(2) }, crl(a)] as const
    const outcomes = requests.map((request) => fetcher.get(request, noSignal))
    await turn()
    held.letGo()
    expect((await Promise.all(outcomes)).map(({ ok }) => ok)).toEqual([true, true, true, true, true])
    expect(fetch.asked).toEqual([`GET ${a}`, `POST ${a}`, `POST ${a}`])
    await fetcher.get(crl(a), noSignal)
    expect(fetch.asked).toHaveLength(4)
  })

  it('go on while anybody waits, and end when nobody does', async () => {
    const held = gate()
    const signals: AbortSignal[] = []
    const fetch = tableFetch({ [a]: async ({ signal }) => { signals.push(signal!); await held.open; return bytesOf(5) } })
    const fetcher = new Fetcher({ fetch, allowedHosts })
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()]
    const one = fetcher.get(crl(a), first.signal)
    const two = fetcher.get(crl(a), second.signal)
    const reason = new Error('enough')
    first.abort(reason)
    await expect(one).rejects.toBe(reason)
    expect(signals[0]!.aborted).toBe(false)
    second.abort(reason)
    await expect(two).rejects.toBe(reason)
    expect(signals[0]!.aborted).toBe(true)
    // Whoever comes now does not join what was given up.
    const three = fetcher.get(crl(a), third.signal)
    await turn()
    held.letGo()
    expect((await three).ok).toBe(true)
    expect(fetch.asked).toHaveLength(2)
    await expect(fetcher.get(crl(a), AbortSignal.abort(reason))).rejects.toBe(reason)
    expect(fetch.asked).toHaveLength(2)
  })

  it('are so many at once, of which issuers take half', async () => {
    const held = gate()
    let most = 0
    let now = 0
    const asked: string[] = []
    const fetch: FetchFunction = async (input) => {
      asked.push(new URL(input).pathname)
      most = Math.max(most, ++now)
      await held.open
      now--
      return bytesOf(1)
    }
    const fetcher = new Fetcher({ fetch, allowedHosts, concurrency: 4 })
    const issuers = Array.from({ length: 10 }, (_, i) => fetcher.get({ kind: 'caIssuers', addresses: [`http://a.example/i${i}`] }, noSignal))
    const lists = Array.from({ length: 10 }, (_, i) => fetcher.get(crl(`http://a.example/c${i}`), noSignal))
    await turn()
    expect(asked).toEqual(['/i0', '/i1', '/c0', '/c1'])
    held.letGo()
    expect((await Promise.all([...issuers, ...lists])).every(({ ok }) => ok)).toBe(true)
    expect([most, asked.length, now]).toEqual([4, 20, 0])
  })

  it('leave the queue when they are given up', async () => {
    const held = gate()
    const fetch = tableFetch({ [a]: async () => { await held.open; return bytesOf(1) }, [b]: () => bytesOf(2) })
    const fetcher = new Fetcher({ fetch, allowedHosts, concurrency: 1 })
    const first = fetcher.get(crl(a), noSignal)
    const controller = new AbortController()
    const second = fetcher.get(crl(b), controller.signal)
    await turn()
    controller.abort()
    await expect(second).rejects.toThrow()
    held.letGo()
    expect((await first).ok).toBe(true)
    expect(fetch.asked).toEqual([`GET ${a}`])
    expect((await fetcher.get(crl(b), noSignal)).ok).toBe(true)
  })

  it('hand a place on that came in the moment of giving up', async () => {
    const endless = new AbortController().signal
    for (let microtasks = 0; microtasks < 12; microtasks++) {
      const slots = new Slots(1)
      const held = gate()
      const controller = new AbortController()
      const first = slots.run(false, endless, () => held.open)
      const second = slots.run(false, controller.signal, async () => 'came').catch(() => 'left')
      held.letGo()
      for (let i = 0; i < microtasks; i++) await undefined
      controller.abort(new Error('enough'))
      await Promise.all([first, second])
      expect(await slots.run(false, endless, async () => 'free')).toBe('free')
    }
  })
})
