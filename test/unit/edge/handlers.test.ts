import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import http2, { type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Hono } from 'hono'
import { afterEach, describe, expect, test } from 'vitest'
import {
  certificateFields, createAuthenticator, fromApache, fromAwsAlb, fromAzure, fromCaddy, fromCloudflare, fromCloudFront, fromEnvoy, fromGoogleCloud, fromHaproxy, fromNginx, fromRfc9440, mutualAuth,
  setClientCertificate, verifiedClient, withMutualAuth, withNodeMutualAuth, writeClientCert, writeClientCertChain,
} from '../../../src/edge/index.ts'
import type { CertificateSource, EdgeRefusal, HandlerOptions, MutualAuth, TrustContract } from '../../../src/edge/index.ts'
import { parsePolicy } from '../../../src/policy/index.ts'
import { encodePem, parseCertificate } from '../../../src/x509/index.ts'
import { toHex } from '../../../src/asn1/index.ts'
import { ca, forged, forms, leaf, now, policy, proof, secret, verifier } from './world.ts'

const form = forms['RFC 9440']!
const sent: Record<string, string> = { ...form.make(leaf, [ca], true).headers, [proof.header]: secret }
const trust: TrustContract<readonly unknown[]> = { name: 'front', verifiedBy: 'nobody', proof }
let refusals: EdgeRefusal[] = []
afterEach(() => { refusals = [] })
const options: HandlerOptions<readonly [Request, ...unknown[]]> = {
  source: form.source, trust, policy, verify: verifiedClient(verifier, 'unchecked'), clock: () => now, onRefused: (refusal) => { refusals.push(refusal) },
}
const url = 'https://api.bank.example:8443/payments/7?x=1'
const ask = (handler: (request: Request) => Promise<Response>, headers: Record<string, string> = sent, init: RequestInit = {}): Promise<Response> => handler(new Request(url, { headers, ...init }))

describe('withMutualAuth', () => {
  test('the handler gets the decision, and the request without what was for the kit', async () => {
    let auth: MutualAuth | undefined
    const handler = withMutualAuth(async (request, given) => {
      auth = given
      return new Response(JSON.stringify({ headers: [...request.headers.keys()], body: await request.text(), method: request.method, url: request.url }))
    }, options)
    const response = await ask(handler, { ...sent, 'x-tenant': 'blue' }, { method: 'POST', body: 'hello' })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ headers: ['content-type', 'x-tenant'], body: 'hello', method: 'POST', url })
    expect(auth).toMatchObject({ decision: { decision: 'allow', rule: 'bank' }, principal: { type: 'spiffe', value: 'spiffe://bank.example/ns/pay/app' }, verdict: { ok: true } })
    expect(refusals).toEqual([])
  })

  test('a refusal is a problem document that says nothing, and the log is told why', async () => {
    const handler = withMutualAuth(() => { throw new Error('must not be called') }, options)
    const without = ({ [proof.header]: _, ...rest }: Record<string, string>): Record<string, string> => rest
    const bodies = new Set<string>()
    for (const [headers, code] of [
      [without(sent), 'edge/untrusted-source'], [{ [proof.header]: secret }, 'edge/no-certificate'], [{ ...sent, 'client-cert': 'x' }, 'edge/malformed-header'],
      [{ ...form.make(forged, [ca], true).headers, [proof.header]: secret }, 'edge/verifier-refused'],
    ] as const) {
      const response = await ask(handler, headers as Record<string, string>)
      expect(response.status).toBe(403)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      bodies.add(await response.text())
      expect(refusals.at(-1)).toMatchObject({ code })
    }
    expect([...bodies]).toEqual(['{"type":"about:blank","title":"Forbidden","status":403}'])
    expect(refusals.at(-1)!.verdict).toMatchObject({ ok: false, code: 'crypto/invalid-signature' })
  })

  test('what the policy refuses comes with its trace', async () => {
    const narrow = parsePolicy({ version: 1, identity: 'none', rules: [{ id: 'read', effect: 'allow', when: { 'san.uri': { present: true } }, to: { methods: ['GET'], hosts: ['api.bank.example'], paths: ['/payments/*'] } }] })
    const handler = withMutualAuth(() => new Response('ok'), { ...options, policy: narrow })
    expect((await ask(handler)).status).toBe(200)
    expect((await ask(handler, sent, { method: 'DELETE' })).status).toBe(403)
    expect(refusals).toMatchObject([{ code: 'edge/policy-refused', decision: { reason: 'policy/no-rule-allows', trace: { rules: [{ id: 'read', result: 'not-matched' }] } } }])
    expect((await handler(new Request('https://other.example/payments/7', { headers: sent }))).status).toBe(403)
    expect((await handler(new Request('https://api.bank.example/payments/a%2Fb', { headers: sent }))).status).toBe(403)
    expect(refusals.at(-1)!.decision).toMatchObject({ reason: 'policy/path-not-normal' })
  })

  test('a header field that a client sends twice is read as either, like at Node’s handler', async () => {
    const rules = [{ id: 'all', effect: 'allow', when: { 'san.uri': { present: true } } }, { id: 'no-red', effect: 'deny', when: { 'request.header.x-tenant': { exact: 'red' } } }]
    const handler = withMutualAuth(() => new Response('ok'), { ...options, policy: parsePolicy({ version: 1, identity: 'none', rules }) })
    for (const [lines, status] of [[['blue'], 200], [['red'], 403], [['blue', 'red'], 403], [['red', 'blue'], 403], [['blue', 'green'], 200]] as const) {
      const headers = new Headers(sent)
      for (const line of lines) headers.append('x-tenant', line)
      expect((await handler(new Request(url, { headers }))).status, lines.join()).toBe(status)
    }
  })

  test('host and path where a runtime does not mend the URL', async () => {
    const rules = [{ id: 'read', effect: 'allow', when: { 'san.uri': { present: true } }, to: { paths: ['/payments/*'] } }, { id: 'no-admin', effect: 'deny', when: { 'request.host': { exact: 'admin.bank.example' } } }]
    const handler = withMutualAuth(() => new Response('ok'), { ...options, policy: parsePolicy({ version: 1, identity: 'none', rules }) })
    const root = withMutualAuth(() => new Response('ok'), { ...options, policy: parsePolicy({ version: 1, identity: 'none', rules: [{ ...rules[0], to: { paths: ['/'] } }] }) })
    const status = async (of: typeof handler, written: string): Promise<number> => (await of(Object.defineProperty(new Request(url, { headers: sent }), 'url', { value: written }))).status
    expect(await status(handler, 'http://API.bank.example.:8443/payments/7?x#y')).toBe(200)
    // As Deno hands on these hosts: none of them is known, and what is not known counts against the peer.
    for (const host of ['admin.bank.example', 'api.bank.example\\.x', 'x@api.bank.example', 'api%2ebank.example', '127.1', '']) expect(await status(handler, `http://${host}/payments/7`), host).toBe(403)
    // As Bun hands on a request with such a host: its path is its own, and not the root.
    expect(await status(root, '/')).toBe(200)
    expect(await status(root, 'http://api.bank.example')).toBe(200)
    for (const path of ['/payments/7', '/payments/7?x', 'x', '//x/']) expect(await status(root, path), path).toBe(403)
    // No fragment is sent; where one stands all the same, programs differ in what its path is.
    for (const path of ['/payments/7#x', '/payments/7#/../x']) expect(await status(handler, `http://api.bank.example${path}`), path).toBe(403)
  })

  test('a Host field that names another host than the URL', async () => {
    const rules = [{ id: 'api', effect: 'allow', when: { 'san.uri': { present: true } }, to: { hosts: ['api.bank.example'] } }]
    const handler = withMutualAuth(() => new Response('ok'), { ...options, policy: parsePolicy({ version: 1, identity: 'none', rules }) })
    const status = async (host: string): Promise<number> => (await ask(handler, { ...sent, host })).status
    for (const host of ['api.bank.example', 'API.bank.example.:8443']) expect(await status(host), host).toBe(200)
    for (const host of ['admin.bank.example', 'api.bank.example, admin.bank.example', 'x@api.bank.example', '']) expect(await status(host), host).toBe(403)
  })

  test('a function that verifies and answers with nothing does not speak for the proxy', async () => {
    // The policy admits the contract for other handlers.
    const given = async (verify: unknown): Promise<number> => (await ask(withMutualAuth(() => new Response('ok'), { ...options, verify, source: fromEnvoy({ hops: 1 }) } as never), { ...forms['Envoy']!.make(leaf, [ca], true).headers, [proof.header]: secret })).status
    expect(await given(options.verify)).toBe(200)
    for (const nothing of [undefined, null, {}, { peer: undefined }, true]) expect(await given(async () => nothing), String(nothing)).not.toBe(200)
  })

  test('the application’s facts, a clock or a secret that fails, are refusals', async () => {
    const asked = parsePolicy({ version: 1, identity: 'none', rules: [{ id: 'a', effect: 'allow', when: { allOf: [{ 'san.uri': { present: true } }, { 'attribute.role': { exact: 'teller' } }] } }] })
    const handler = withMutualAuth(() => new Response('ok'), { ...options, policy: asked, facts: async () => ({ attributes: { role: 'teller' } }) })
    expect((await ask(handler)).status).toBe(200)
    const boom = (): never => { throw new Error('boom') }
    for (const more of [{ facts: boom }, { clock: boom }, { verify: boom }, { clock: () => NaN }, { facts: () => 7 as never }, { trust: { ...trust, proof: { header: proof.header, secret: boom } } }, { trust: { ...trust, proof: { header: proof.header, secret: () => 'short' } } }]) {
      const response = await ask(withMutualAuth(() => new Response('ok'), { ...options, policy: asked, ...more } as never))
      expect(response.status, JSON.stringify(Object.keys(more))).toBe('facts' in more && more.facts !== boom ? 403 : 500)
      expect(await response.text()).not.toMatch(/boom/)
    }
    // A log that fails later, too: a rejection that nobody hears would end a Node process.
    const unheard: unknown[] = []
    const listen = (reason: unknown): void => { unheard.push(reason) }
    process.on('unhandledRejection', listen)
    for (const onRefused of [boom, async () => { await Promise.resolve(); boom() }]) {
      const loud = withMutualAuth(() => new Response('ok'), { ...options, onRefused })
      expect((await ask(loud, {})).status).toBe(403)
      expect((await ask(loud)).status).toBe(200)
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
    process.off('unhandledRejection', listen)
    expect(unheard).toEqual([])
  })

  test('a verdict that ends while the application is asked is none', async () => {
    let time = now
    const wait = async (): Promise<object> => { time = Date.UTC(2050, 0, 1); return {} }
    const handler = withMutualAuth(() => new Response('ok'), { ...options, clock: () => time })
    expect((await ask(handler)).status).toBe(200)
    expect((await ask(withMutualAuth(() => new Response('ok'), { ...options, clock: () => time, facts: wait }))).status).toBe(403)
    expect(refusals).toMatchObject([{ decision: { reason: 'policy/peer-expired' } }])
  })

  test('secrets out of the environment of the request, and two while one is replaced', async () => {
    const handler = withMutualAuth<readonly [{ readonly SECRET: readonly string[] }]>(() => new Response('ok'), {
      ...options, trust: { ...trust, proof: { header: proof.header, secret: (_, env) => env.SECRET } },
    } as HandlerOptions<readonly [Request, { readonly SECRET: readonly string[] }]>)
    const given = async (SECRET: readonly string[]): Promise<number> => (await handler(new Request(url, { headers: sent }), { SECRET })).status
    expect(await given([secret])).toBe(200)
    expect(await given(['another-secret-of-mine', secret])).toBe(200)
    expect(await given(['another-secret-of-mine'])).toBe(403)
    expect(await given([])).toBe(500)
  })

  test('a contract that rests on the address', async () => {
    const handler = withMutualAuth<readonly [{ readonly hostname?: string }]>(() => new Response('ok'), {
      ...options, trust: { ...trust, proof: { remoteAddress: ['10.0.0.0/8', '::1/128'] } }, remoteAddress: (_, { hostname }) => hostname,
    } as HandlerOptions<readonly [Request, { readonly hostname?: string }]>)
    const given = async (hostname?: string): Promise<number> => (await handler(new Request(url, { headers: sent }), hostname === undefined ? {} : { hostname })).status
    expect(await Promise.all(['10.1.2.3', '::ffff:10.1.2.3', '::1', '11.1.2.3', '::2', 'x', undefined].map(given))).toEqual([200, 200, 200, 403, 403, 403, 403])
  })

  test('what the platform says needs no secret, and headers are not looked at', async () => {
    const { make } = forms['Cloudflare']!
    const handler = withMutualAuth(() => new Response('ok'), { ...options, source: fromCloudflare(), trust: { ...trust, proof: 'platform' } })
    const withCf = (cf: unknown, headers = {}): Request => Object.defineProperty(new Request(url, { headers }), 'cf', { value: cf })
    expect((await handler(withCf(make(leaf, [ca], true).cf))).status).toBe(200)
    expect((await handler(withCf(undefined, sent))).status).toBe(403)
  })
})

describe('mistakes in the options', () => {
  const wrong: readonly (readonly [string, object, RegExp])[] = [
    ['no source', { source: undefined }, /^source/], ['no trust', { trust: undefined }, /^trust: required/], ['no name', { trust: { ...trust, name: '' } }, /^trust\.name/],
    ['nobody named', { trust: { ...trust, verifiedBy: undefined } }, /^trust\.verifiedBy/], ['no proof', { trust: { ...trust, proof: undefined } }, /^trust\.proof/],
    ['the platform’s word for a header', { trust: { ...trust, proof: 'platform' } }, /^trust\.proof: expected a header/],
    ['a secret for the platform’s word', { source: fromCloudflare() }, /^trust\.proof: expected 'platform'/],
    ['a short secret', { trust: { ...trust, proof: { header: 'x', secret: 'short' } } }, /16 printable/], ['no secrets', { trust: { ...trust, proof: { header: 'x', secret: [] } } }, /16 printable/],
    ['a secret with a comma', { trust: { ...trust, proof: { header: 'x', secret: 'a,bbbbbbbbbbbbbbbbbbbbb' } } }, /commas/],
    ['no network', { trust: { ...trust, proof: { remoteAddress: [] } } }, /networks/], ['an address', { trust: { ...trust, proof: { remoteAddress: ['10.0.0.1'] } } }, /networks/],
    ['the word of nginx without its flag', { source: fromNginx({ certificate: 'x' }), trust: { ...trust, verifiedBy: 'proxy' }, verify: undefined }, /name the field that does/],
    ['the word of App Service', { source: fromAzure({ product: 'app-service' }), trust: { ...trust, verifiedBy: 'proxy' }, verify: undefined }, /does not say/],
    ['the word of a pass-through', { source: fromAwsAlb({ mode: 'passthrough' }), trust: { ...trust, verifiedBy: 'proxy' }, verify: undefined }, /does not say/],
    ['no verifier', { verify: undefined }, /^verify: required/], ['a verifier beside the proxy’s word', { trust: { ...trust, verifiedBy: 'proxy' } }, /^verify: required .*, and only there/],
    ['a misspelt member of the contract', { trust: { ...trust, proofs: proof } }, /^trust\.proofs: no such option; known: name, verifiedBy, proof/],
    ['a secret beside networks, which would not be heard', { trust: { ...trust, proof: { remoteAddress: ['10.0.0.0/8'], ...proof } } }, /^trust\.proof\.header: no such option; known: remoteAddress/],
    ['misspelt networks beside a secret', { trust: { ...trust, proof: { ...proof, remoteAddres: ['10.0.0.0/8'] } } }, /^trust\.proof\.remoteAddres: no such option; known: header, secret/],
    ['no policy', { policy: {} }, /^policy/], ['facts', { facts: {} }, /^facts/], ['a clock', { clock: 7 }, /^clock/], ['nobody to tell', { onRefused: undefined }, /^onRefused/],
    ['an address', { remoteAddress: '::1' }, /^remoteAddress/], ['a misspelt option', { fact: () => ({}) }, /^fact: no such option; known: source/],
  ]
  test.each(wrong)('%s', (_, more, message) => {
    expect(() => withMutualAuth(() => new Response('ok'), { ...options, ...more } as never)).toThrow(message)
    expect(() => withMutualAuth(() => new Response('ok'), { ...options, ...more } as never)).toThrow(TypeError)
  })
  test('none at all', () => {
    for (const make of [() => withMutualAuth(() => new Response('ok'), undefined as never), () => mutualAuth(undefined as never), () => createAuthenticator(undefined as never), () => fromNginx(undefined as never)]) {
      expect(make).toThrow(/^(?:options|fromNginx): expected an object/)
    }
    expect(() => withNodeMutualAuth(() => undefined, undefined as never)).toThrow(/^source: /)
  })
  test('a misspelt option of the handlers, with those that they have', () => {
    for (const make of [mutualAuth, (given: never) => withMutualAuth(() => new Response('ok'), given), (given: never) => withNodeMutualAuth(() => undefined, given)]) {
      expect(() => make({ ...options, onRefuse: () => undefined } as never)).toThrow(/^onRefuse: no such option; known: source, .*onRefused/)
    }
  })
  test('a number of chain fields that is none', () => {
    for (const chainLength of [-1, 0, 1.5, '4', NaN]) expect(() => fromApache({ certificate: 'a', chain: 'b', chainLength: chainLength as never })).toThrow(/^fromApache\.chainLength/)
    expect(fromApache({ certificate: 'a', chain: 'b', chainLength: 2 }).headers).toEqual(['a', 'b0', 'b1'])
  })
  test('an option of the handlers, at the authenticator that would not hear it', () => {
    expect(() => createAuthenticator(options as never)).toThrow(/^onRefused: no such option/)
  })
  test('a misspelt list of intermediates', () => {
    expect(() => verifiedClient(verifier, 'unchecked', { intermediate: [] } as never)).toThrow(/^intermediate: no such option/)
  })
  test('intermediates that are none, when the handler is made', () => {
    for (const wrong of ['x', encodePem('CERTIFICATE', leaf), new TextEncoder().encode(encodePem('CERTIFICATE', leaf)), null, {}]) {
      expect(() => verifiedClient(verifier, 'unchecked', { intermediates: [leaf, wrong as never] })).toThrow(/^intermediates\[1\]: /)
      expect(() => verifiedClient(verifier, 'unchecked', { intermediates: [leaf, wrong as never] })).toThrow(TypeError)
    }
    expect(() => verifiedClient(verifier, 'unchecked', { intermediates: 'x' as never })).toThrow(/^intermediates: .*such as parseCertificates returns/)
    expect(() => verifiedClient(verifier, 'unchecked', { intermediates: [leaf, parseCertificate(leaf)] })).not.toThrow()
  })
  test.each([
    ['fromNginx', fromNginx, { certificate: 'x' }, 'verified'], ['fromNginx', fromNginx, { certificate: 'x', verify: 'y' }, 'chain'],
    ['fromApache', fromApache, { certificate: 'x', chain: 'z', chainLength: 2 }, 'verified'], ['fromHaproxy', fromHaproxy, { certificate: 'x', chain: 'z' }, 'verified'],
    ['fromCaddy', fromCaddy, { certificate: 'x' }, 'verify'], ['fromEnvoy', fromEnvoy, { hops: 1 }, 'hop'],
    ['fromAwsAlb', fromAwsAlb, { mode: 'verify', header: 'x' }, 'headers'], ['fromCloudFront', fromCloudFront, { mode: 'verify' }, 'header'],
    ['fromAzure', fromAzure, { product: 'app-service' }, 'verify'], ['fromAzure', fromAzure, { product: 'application-gateway', certificate: 'x', verify: 'y' }, 'verified'],
    ['fromGoogleCloud', fromGoogleCloud, { leaf: 'l', verified: 'v', present: 'p', chain: 'c' }, 'intermediates'],
  ] as readonly (readonly [string, (options: never) => CertificateSource, object, string])[])('a misspelt option of %s', (place, from, sound, misspelt) => {
    expect(from(sound as never).headers.length).toBeGreaterThan(0)
    expect(() => from({ ...sound, [misspelt]: 'x-client-verify' } as never)).toThrow(new RegExp(`^${place}\\.${misspelt}: no such option; known: `))
    expect(() => from({ ...sound, [misspelt]: 'x-client-verify' } as never)).toThrow(TypeError)
  })
  test('names of fields', () => {
    expect(() => fromNginx({ certificate: 'x', verify: 7 } as never)).toThrow(/^fromNginx\.verify: expected the name/)
    expect(fromNginx({ certificate: 'X-Cert', verify: undefined } as never).headers).toEqual(['x-cert'])
    expect(() => fromNginx({ certificate: 'x y' })).toThrow(/certificate/)
    expect(() => fromNginx({} as never)).toThrow(/certificate/)
    expect(() => verifiedClient({} as never, 'unchecked')).toThrow(/verifier/)
    expect(() => verifiedClient(verifier, undefined as never)).toThrow(/names/)
  })
})

describe('a policy has to admit a proxy by the name of the contract', () => {
  const of = (name: string, asked = policy): ReturnType<typeof withMutualAuth> => withMutualAuth(() => new Response('ok'), {
    source: form.source, trust: { name, verifiedBy: 'proxy', proof }, policy: asked, certificateFields, onRefused: options.onRefused, clock: () => now,
  } as typeof options)
  const without = parsePolicy({ ...policy.toJSON() as object, proxies: undefined })

  test('front, and not back', async () => {
    expect((await ask(of('front'))).status).toBe(200)
    // Of no use to anybody: said when the handler is made, not to each client.
    expect(() => of('back')).toThrow(/^policy: expected back among its proxies/)
    expect(() => of('front', without)).toThrow(/^policy: expected front among its proxies/)
    expect(() => of('front', without)).toThrow(TypeError)
  })

  test('and need not where the certificate is verified here', async () => {
    expect((await ask(withMutualAuth(() => new Response('ok'), { ...options, policy: without }))).status).toBe(200)
  })

  test('its word holds for the request', async () => {
    const { authenticate } = createAuthenticator({ source: form.source, trust: { name: 'front', verifiedBy: 'proxy', proof }, policy, certificateFields, clock: () => now })
    const outcome = await authenticate({ headers: sent }, {}, [])
    expect(outcome).toMatchObject({ ok: true, decision: { validUntil: new Date(now), verification: { source: 'proxy', proxy: 'front' } }, verdict: undefined })
  })
})

describe('Hono', () => {
  test('a middleware', async () => {
    const app = new Hono<{ Variables: { mutualAuth: MutualAuth } }>()
    app.use(mutualAuth({ source: form.source, trust, policy, verify: verifiedClient(verifier, 'unchecked'), clock: () => now, onRefused: (refusal) => { refusals.push(refusal) } }))
    app.get('/payments/:id', (c) => c.json({ who: c.get('mutualAuth').principal, secret: c.req.header(proof.header) ?? null, cert: c.req.header('client-cert') ?? null, tenant: c.req.header('x-tenant') }))
    const response = await app.request(url, { headers: { ...sent, 'x-tenant': 'blue' } })
    expect(await response.json()).toMatchObject({ who: { value: 'spiffe://bank.example/ns/pay/app' }, secret: null, cert: null, tenant: 'blue' })
    const refused = await app.request(url, { headers: { 'client-cert': sent['client-cert']! } })
    expect(refused.status).toBe(403)
    expect(refusals).toMatchObject([{ code: 'edge/untrusted-source' }])
  })
})

describe('Node’s http', () => {
  async function exchange(more: Partial<HandlerOptions<readonly [IncomingMessage, never]>>, headers: Record<string, string | string[]>, path = '/payments/7?x=1'): Promise<{ status: number | undefined; body: string }> {
    const server = createServer((request, response) => void withNodeMutualAuth((req: IncomingMessage, res: typeof response, auth) => {
      res.end(JSON.stringify({ who: auth.principal?.value, headers: Object.keys(req.headers), distinct: Object.keys(req.headersDistinct), raw: req.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()) }))
    }, { ...options, ...more } as never)(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      return await new Promise((resolve, reject) => {
        const request = httpRequest({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', path, headers }, (response) => {
          let body = ''
          response.setEncoding('utf8').on('data', (text: string) => { body += text }).on('end', () => resolve({ status: response.statusCode, body }))
        })
        request.on('error', reject).end()
      })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }

  test('the handler sees none of the fields', async () => {
    const { status, body } = await exchange({}, { ...sent, 'x-tenant': 'blue' })
    expect(status).toBe(200)
    const seen = JSON.parse(body) as { who: string; headers: string[]; distinct: string[]; raw: string[] }
    expect(seen.who).toBe('spiffe://bank.example/ns/pay/app')
    for (const names of [seen.headers, seen.distinct, seen.raw]) {
      expect(names).toContain('x-tenant')
      for (const hidden of ['client-cert', 'client-cert-chain', proof.header]) expect(names).not.toContain(hidden)
    }
  })

  test('two fields of one name are two', async () => {
    expect(await exchange({}, { ...sent, 'client-cert': [sent['client-cert']!, sent['client-cert']!] })).toMatchObject({ status: 403 })
    expect(refusals).toMatchObject([{ code: 'edge/duplicate-header' }])
    expect(await exchange({}, { ...sent, [proof.header]: [secret, secret] })).toMatchObject({ status: 403 })
    expect(await exchange({}, { ...sent, client_cert: sent['client-cert']! })).toMatchObject({ status: 403 })
    expect(refusals.at(-1)).toMatchObject({ code: 'edge/ambiguous-header' })
  })

  test('the address of the connection is known', async () => {
    const at = (network: string): Promise<{ status: number | undefined }> => exchange({ trust: { ...trust, proof: { remoteAddress: [network] } } as never }, sent)
    expect(await at('127.0.0.0/8')).toMatchObject({ status: 200 })
    expect(await at('192.0.2.0/24')).toMatchObject({ status: 403 })
  })

  test('a path that is not in normal form', async () => {
    for (const path of ['/payments/../x', '/payments/7#/../x']) expect(await exchange({}, sent, path), path).toMatchObject({ status: 403 })
    expect(refusals.map(({ decision }) => decision?.reason)).toEqual(['policy/path-not-normal', 'policy/path-not-normal'])
  })
})

describe('Node’s http, and the host of a request', () => {
  const ownHost = parsePolicy({
    version: 1, identity: 'none',
    rules: [{ id: 'all', effect: 'allow', when: { 'san.uri': { present: true } } }, { id: 'no-admin', effect: 'deny', when: { 'request.host': { exact: 'admin.bank.example' } } }],
  })

  test.each([
    ['api.bank.example:8443', 200], ['api.bank.example', 200], ['Admin.bank.example.:1', 403],
    // What is no host is not known, and counts against the peer.
    ['admin.bank.example:80:80', 403], ['x@admin.bank.example', 403], ['admin.bank.example..', 403], ['admin.bank.example/', 403],
    ['api.bank.example\\.admin.bank.example', 403], ['adm%69n.bank.example', 403], ['\u00aadmin.bank.example', 403],
  ])('is read from %s', async (host, status) => {
    expect(await statusOf(ownHost, { ...sent, host })).toBe(status)
  })

  async function statusOf(asked: typeof ownHost, headers: Record<string, string>): Promise<number | undefined> {
    const handler = withNodeMutualAuth((_: IncomingMessage, response: ServerResponse) => response.end(), { ...options, policy: asked } as never)
    const server = createServer((request, response) => void handler(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      return await new Promise((resolve, reject) => {
        httpRequest({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', path: '/', headers }, (response) => resolve(response.resume().statusCode)).on('error', reject).end()
      })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }
})

describe('Node’s http2', () => {
  async function exchange(headers: http2.OutgoingHttpHeaders): Promise<{ status: number; body: string }> {
    const handler = withNodeMutualAuth((request: Http2ServerRequest, response: Http2ServerResponse, auth) => {
      response.end(JSON.stringify({ who: auth.principal?.value, headers: Object.keys(request.headers), raw: request.rawHeaders.filter((_, i) => i % 2 === 0) }))
    }, { ...options, policy: onOneHost } as never)
    const server = http2.createServer((request, response) => void handler(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    try {
      return await new Promise((resolve, reject) => {
        const stream = session.request({ ':path': '/payments/7', ':authority': 'api.bank.example:8443', ...headers })
        let [status, body] = [0, '']
        stream.on('response', (answer) => { status = answer[':status']! }).on('error', reject)
        stream.setEncoding('utf8').on('data', (text: string) => { body += text }).on('end', () => resolve({ status, body }))
      })
    } finally {
      session.destroy()
      server.close()
    }
  }
  const onOneHost = parsePolicy({
    version: 1, identity: [{ from: 'san.uri', as: 'spiffe' }],
    rules: [{ id: 'bank', effect: 'allow', when: { 'san.uri': { present: true } }, to: { hosts: ['api.bank.example'] } }],
  })

  test('the same, each field with all its values', async () => {
    const { status, body } = await exchange({ ...sent, 'x-tenant': 'blue' })
    expect(status).toBe(200)
    const seen = JSON.parse(body) as { who: string; headers: string[]; raw: string[] }
    expect(seen.who).toBe('spiffe://bank.example/ns/pay/app')
    for (const names of [seen.headers, seen.raw]) {
      expect(names).toContain('x-tenant')
      for (const hidden of ['client-cert', 'client-cert-chain', proof.header]) expect(names).not.toContain(hidden)
    }
    expect(await exchange({ ...sent, [proof.header]: [secret, secret] })).toMatchObject({ status: 403 })
    expect(refusals).toMatchObject([{ code: 'edge/duplicate-header' }])
  })

  test('a Host beside :authority has to say the same', async () => {
    expect(await exchange({ ...sent, host: 'api.bank.example' })).toMatchObject({ status: 200 })
    expect(await exchange({ ...sent, host: 'admin.bank.example' })).toMatchObject({ status: 403 })
    expect(await exchange({ ...sent, ':authority': 'admin.bank.example', host: 'api.bank.example' })).toMatchObject({ status: 403 })
  })
})

describe('writing RFC 9440', () => {
  test('what is written is read back, and what a client wrote is gone', async () => {
    const headers = new Headers({ 'client-cert': ':AAAA:', 'client_cert_chain': 'x', 'x-tenant': 'blue' })
    setClientCertificate(headers, leaf, [ca])
    expect([...headers.keys()]).toEqual(['client-cert', 'client-cert-chain', 'x-tenant'])
    headers.set(proof.header, secret)
    const { authenticate } = createAuthenticator({ source: fromRfc9440(), trust: { name: 'front', verifiedBy: 'nobody', proof }, policy, verify: verifiedClient(verifier, 'unchecked'), clock: () => now })
    const outcome = await authenticate({ headers: headers as never }, {}, [])
    if (!outcome.ok) throw outcome.error
    expect(toHex(outcome.verdict!.path[0]!.toDer())).toBe(toHex(leaf))
    expect(outcome.verdict!.path[1]!.fingerprint).toBe(parseCertificate(ca).fingerprint)
    setClientCertificate(headers, undefined)
    expect([...headers.keys()]).toEqual(['x-proxy-secret', 'x-tenant'])
  })
  test('what is no DER is not written as something else, and nothing is written then', () => {
    const headers = new Headers({ 'x-tenant': 'blue' })
    for (const wrong of ['-----BEGIN CERTIFICATE-----', parseCertificate(leaf), new Uint8Array(0), null, {}]) {
      expect(() => writeClientCert(wrong as never)).toThrow('certificate: expected DER as a Uint8Array')
      expect(() => setClientCertificate(headers, wrong as never)).toThrow(TypeError)
      expect(() => setClientCertificate(headers, leaf, [wrong as never])).toThrow(TypeError)
    }
    expect(() => writeClientCertChain(leaf as never)).toThrow('certificates: expected a list of DER')
    expect(() => setClientCertificate(headers, leaf, leaf as never)).toThrow(TypeError)
    expect([...headers.keys()]).toEqual(['x-tenant'])
    expect(writeClientCertChain([leaf, ca])).toBe(`${writeClientCert(leaf)}, ${writeClientCert(ca)}`)
  })
})
