import { describe, expect, test } from 'vitest'
import { certificateFields, createAuthenticator, fromAwsAlb, fromAzure, fromCloudFront, fromRfc9440, verifiedClient } from '../../../src/edge/index.ts'
import { Fields } from '../../../src/edge/fields.ts'
import type { CertificateSource, EdgeInput, EdgeOutcome, TrustContract } from '../../../src/edge/index.ts'
import { parsePolicy } from '../../../src/policy/index.ts'
import { ca, clientOf, forged, forms, leaf, now, policy, proof, secret, verifier, type Form } from './world.ts'

type Beside = ReturnType<Form['make']>

/** Asks with the contract proven, unless `more` says otherwise. */
async function ask(source: CertificateSource, verifiedBy: 'proxy' | 'nobody', { headers = {}, cf, event }: Beside, more: Partial<EdgeInput> = {}): Promise<EdgeOutcome> {
  const trust: TrustContract<readonly []> = { name: 'front', verifiedBy, proof: source.platform ? 'platform' : proof }
  const { authenticate } = createAuthenticator({
    source, trust, policy, clock: () => now, ...(verifiedBy === 'nobody' ? { verify: verifiedClient(verifier, 'unchecked') } : { certificateFields }),
  })
  return authenticate({ headers: { ...headers, [proof.header]: secret }, cf, event, ...more }, { method: 'GET', path: '/' }, [])
}

const codeOf = async (outcome: Promise<EdgeOutcome>): Promise<string> => {
  const found = await outcome
  return found.ok ? `ok ${found.decision.verification.source} ${found.principal?.value}` : found.code
}
const good = 'spiffe://bank.example/ns/pay/app'

describe.each(Object.entries(forms))('%s', (form, { source, make, chain, page, ifVerified = false }) => {
  // Where the chain is not handed on, the verifier has to know the CA by itself, which this one does not.
  const above = chain ? [ca] : []
  test(`${page.length > 0 ? 'verified here' : ''}: the certificate that was sent, and no other`, async () => {
    const found = await ask(source, 'nobody', make(leaf, above, ifVerified))
    if (chain) expect(await codeOf(Promise.resolve(found))).toBe(`ok verdict ${good}`)
    else expect(found).toMatchObject({ code: 'edge/verifier-refused', verdict: { code: 'path/no-anchor' } })
    expect(await codeOf(ask(source, 'nobody', make(forged, above, true)))).toBe('edge/verifier-refused')
    expect(await codeOf(ask(source, 'nobody', make(clientOf('spiffe://other.example/x'), above, true)))).toBe(chain ? 'edge/policy-refused' : 'edge/verifier-refused')
  })

  test('on the proxy’s word, if it gives one', async () => {
    if (source.verification === 'never') {
      await expect(ask(source, 'proxy', make(leaf, above, true))).rejects.toThrow(/verifiedBy/)
      return
    }
    expect(await codeOf(ask(source, 'proxy', make(leaf, above, true)))).toBe(`ok proxy ${good}`)
    if (source.verification === 'said') expect(await codeOf(ask(source, 'proxy', make(leaf, above, false)))).toBe('edge/not-verified')
  })

  test('without a certificate', async () => {
    expect(await codeOf(ask(source, 'nobody', {}))).toBe('edge/no-certificate')
  })

  if (source.platform) return
  test('without the proof, or with another', async () => {
    for (const headers of [{}, { [proof.header]: '' }, { [proof.header]: `${secret}x` }, { [proof.header]: secret.slice(1) }, { [proof.header]: [secret, secret] }]) {
      const found = ask(source, 'nobody', {}, { headers: { ...make(leaf, above, true).headers, ...headers } })
      expect(await codeOf(found)).toMatch(/edge\/(untrusted-source|duplicate-header)/)
    }
  })

  test.each(source.headers)('a second %s, or one under another spelling', async (name) => {
    const { headers = {} } = make(leaf, above, true)
    const value = headers[name]
    if (value === undefined) return
    const isList = name === 'client-cert-chain' || name === 'x-client-cert-chain' || name.startsWith('x-forwarded-')
    for (const twice of [{ [name]: [value, value] }, { [name]: `${value}, ${value}` }]) {
      if (isList) continue
      expect(await codeOf(ask(source, 'nobody', {}, { headers: { ...headers, ...twice, [proof.header]: secret } }))).toBe('edge/duplicate-header')
    }
    expect(await codeOf(ask(source, 'nobody', {}, { headers: { ...headers, [name.replace('-', '_')]: value, [proof.header]: secret } }))).toBe('edge/ambiguous-header')
  })

  test('what is malformed is refused, and nothing else is tried', async () => {
    for (const name of source.headers) {
      const { headers = {} } = make(leaf, above, true)
      if (headers[name] === undefined || /verif|present/.test(name)) continue
      if (headers[name] === '(null)') continue
      // What stands behind Envoy’s certificate is not read where the certificate is verified here.
      const cut = form === 'Envoy' ? [] : [`${headers[name]}!`, headers[name].slice(0, -19)]
      for (const bad of [...cut, 'x', 'A'.repeat(70_000), ':AAAA:', '%zz', '-----BEGIN CERTIFICATE-----']) {
        expect(await codeOf(ask(source, 'nobody', { headers: { ...forms['RFC 9440']!.make(leaf, [ca], true).headers, ...headers, [name]: bad } })), `${form} ${name} ${bad.slice(0, 40)}`)
          .toMatch(/^edge\/(malformed-header|oversized-header|duplicate-header|verifier-refused|certificate-mismatch)$/)
      }
    }
  })
})

describe('what belongs to one form', () => {
  test('a chain without its leaf', async () => {
    for (const form of ['RFC 9440', 'HAProxy', 'Apache']) {
      const { source, make } = forms[form]!
      const { headers = {} } = make(leaf, [ca], true)
      const names = source.headers.filter((name) => /cert$/.test(name))
      expect(await codeOf(ask(source, 'nobody', { headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name))) })), form).toBe('edge/chain-without-leaf')
    }
    const { source, make } = forms['Cloudflare']!
    const cf = make(leaf, [ca], true).cf as { tlsClientAuth: object }
    expect(await codeOf(ask(source, 'nobody', { cf: { tlsClientAuth: { ...cf.tlsClientAuth, certRFC9440: '' } } }))).toBe('edge/chain-without-leaf')
  })

  test('fields have an end, and lengths are those of the octets', async () => {
    const { source, make } = forms['HAProxy']!
    const { headers } = make(leaf, [ca], true)
    for (const name of source.headers) expect(await codeOf(ask(source, 'nobody', { headers: { ...headers, [name]: 'A'.repeat(65_540) } })), name).toBe('edge/oversized-header')
    const chain = Buffer.from(headers!['x-client-chain']!, 'base64')
    for (const bad of [chain.subarray(0, -3), Buffer.concat([chain, Buffer.of(0x30)]), Buffer.concat([Buffer.of(0x31), chain.subarray(1)]), Buffer.of(0x30, 0x80, 0, 0), Buffer.of(0x30, 0x84, 0, 0, 0, 0)]) {
      expect(await codeOf(ask(source, 'nobody', { headers: { ...headers, 'x-client-chain': bad.toString('base64') } }))).toBe('edge/malformed-header')
    }
    expect(await codeOf(ask(source, 'nobody', { headers: { ...headers, 'x-client-chain': Buffer.concat([chain, chain]).toString('base64') } }))).toBe(`ok verdict ${good}`)
  })

  test('RFC 9440: a chain over several field lines', async () => {
    const { source, make } = forms['RFC 9440']!
    const { headers } = make(leaf, [ca, ca], true)
    const lines = headers!['client-cert-chain']!.split(', ')
    expect(await codeOf(ask(source, 'nobody', {}, { headers: { ...headers, 'client-cert-chain': lines, [proof.header]: secret } }))).toBe(`ok verdict ${good}`)
    for (const bad of [`${lines[0]},`, `,${lines[0]}`, `${lines[0]};a=1`, lines[0]!.slice(1), `${lines[0]} ${lines[1]}`]) {
      expect(await codeOf(ask(source, 'nobody', { headers: { ...headers, 'client-cert-chain': bad } })), bad.slice(-20)).toBe('edge/malformed-header')
    }
  })

  test('nginx: NONE is no certificate, an empty field neither', async () => {
    const { source } = forms['nginx']!
    for (const verify of ['NONE', '']) expect(await codeOf(ask(source, 'proxy', { headers: { 'x-client-cert': '', 'x-client-verify': verify } }))).toBe('edge/no-certificate')
    expect(await codeOf(ask(source, 'proxy', { headers: { ...forms['nginx']!.make(leaf, [], true).headers, 'x-client-verify': 'success' } }))).toBe('edge/not-verified')
  })

  test('Envoy: the element of the configured hop, from the right', async () => {
    const { make } = forms['Envoy']!
    const { fromEnvoy } = await import('../../../src/edge/index.ts')
    const mine = make(leaf, [ca], true).headers!['x-forwarded-client-cert']!
    const other = make(clientOf('spiffe://other.example/x'), [ca], true).headers!['x-forwarded-client-cert']!.replace('URI=spiffe://bank.example/ns/pay/app', 'URI=spiffe://other.example/x')
    const of = (hops: number, text: string): Promise<string> => codeOf(ask(fromEnvoy({ hops }), 'nobody', { headers: { 'x-forwarded-client-cert': text } }))
    expect(await of(1, `${other},${mine}`)).toBe(`ok verdict ${good}`)
    expect(await of(1, `${mine},${other}`)).toBe('edge/policy-refused')
    expect(await of(2, `${mine}, ${other}`)).toBe(`ok verdict ${good}`)
    expect(await of(2, mine)).toBe('edge/malformed-header')
  })

  test('Envoy: typed names are facts on its word, the printed subject is none', async () => {
    const { source } = forms['Envoy']!
    const trust = { name: 'front', verifiedBy: 'proxy', proof } as const
    const { authenticate } = createAuthenticator({ source, trust, policy, clock: () => now })
    const asked = (text: string): Promise<EdgeOutcome> => authenticate({ headers: { 'x-forwarded-client-cert': text, [proof.header]: secret } }, {}, [])
    expect(await codeOf(asked(`Hash=${'ab'.repeat(32)};Subject="CN=x";URI=${good}`))).toBe(`ok proxy ${good}`)
    expect(await codeOf(asked(`Hash=${'ab'.repeat(32)};Subject="URI=${good}"`))).toBe('edge/policy-refused')
    expect(await codeOf(asked(`Hash=${'ab'.repeat(32)};Subject="\\",URI=${good},\\"";URI=spiffe://other.example/x`))).toBe('edge/policy-refused')
    for (const bad of [`Hash=xyz;URI=${good}`, `Hash=${'ab'.repeat(32)};Hash=${'cd'.repeat(32)};URI=${good}`, `URI=${good};`, `URI=${good},`, `URI`, `URI=${good};Subject="x`, `;URI=${good}`]) {
      expect(await codeOf(asked(bad)), bad).toBe('edge/malformed-header')
    }
  })

  test('Envoy: a final dot makes no other name', async () => {
    const { source } = forms['Envoy']!
    const rules = [{ id: 'all', effect: 'allow', when: { 'san.uri': { present: true } } }, { id: 'no', effect: 'deny', when: { 'san.dns': { exact: 'evil.example' } } }]
    const { authenticate } = createAuthenticator({
      source, trust: { name: 'front', verifiedBy: 'proxy', proof }, policy: parsePolicy({ version: 1, identity: 'none', proxies: ['front'], rules }), clock: () => now,
    })
    for (const [dns, ok] of [['Evil.example.', false], ['evil.example', false], ['devil.example.', true]] as const) {
      expect((await authenticate({ headers: { 'x-forwarded-client-cert': `Hash=${'ab'.repeat(32)};URI=${good};DNS=${dns}`, [proof.header]: secret } }, {}, [])).ok, dns).toBe(ok)
    }
  })

  test('a hash beside another certificate', async () => {
    for (const form of ['Envoy', 'CloudFront', 'Cloudflare']) {
      const { source, make } = forms[form]!
      const [mine, other] = [make(leaf, [], true), make(forged, [], true)]
      const mixed = form === 'Cloudflare'
        ? { cf: { tlsClientAuth: { ...(mine.cf as { tlsClientAuth: object }).tlsClientAuth, certFingerprintSHA256: (other.cf as { tlsClientAuth: { certFingerprintSHA256: string } }).tlsClientAuth.certFingerprintSHA256 } } }
        : form === 'CloudFront' ? { headers: { ...mine.headers, 'cloudfront-viewer-cert-sha256': other.headers!['cloudfront-viewer-cert-sha256']! } }
          : { headers: { 'x-forwarded-client-cert': mine.headers!['x-forwarded-client-cert']!.replace(/Hash=[0-9a-f]+/, `Hash=${'0'.repeat(64)}`) } }
      expect(await codeOf(ask(source, 'proxy', mixed)), form).toBe('edge/certificate-mismatch')
    }
  })

  test('what was too large is a refusal, not an absence', async () => {
    const { source: gcp, make: makeGcp } = forms['Google Cloud']!
    const { headers } = makeGcp(leaf, [ca], true)
    for (const by of ['proxy', 'nobody'] as const) {
      expect(await codeOf(ask(gcp, by, { headers: { ...headers, 'x-client-cert-leaf': '', 'x-client-cert-chain': '' } }))).toBe('edge/oversized-header')
      // Neither is sent where the certificate did not verify.
      expect(await codeOf(ask(gcp, by, makeGcp(leaf, [ca], false)))).toBe('edge/not-verified')
    }
    // A chain that was too large is left out, beside a leaf that was not.
    expect(await codeOf(ask(gcp, 'proxy', { headers: { ...headers, 'x-client-cert-chain': '' } }))).toBe(`ok proxy ${good}`)
    const { source: cloudflare, make } = forms['Cloudflare']!
    const { tlsClientAuth } = make(leaf, [], true).cf as { tlsClientAuth: object }
    expect(await codeOf(ask(cloudflare, 'proxy', { cf: { tlsClientAuth: { ...tlsClientAuth, certRFC9440: '', certRFC9440TooLarge: true } } }))).toBe('edge/oversized-header')
  })

  test('Google Cloud: flags are true and false, and a chain’s certificates may have blanks between them', async () => {
    const { source, make } = forms['Google Cloud']!
    const { headers } = make(leaf, [ca, ca], true)
    const given = (more: Record<string, string>): Promise<string> => codeOf(ask(source, 'proxy', { headers: { ...headers, ...more } }))
    expect(await given({ 'x-client-cert-chain': headers!['x-client-cert-chain']!.replace(',', ', ') })).toBe(`ok proxy ${good}`)
    for (const verified of ['', 'TRUE', '1', 'false']) expect(await given({ 'x-client-cert-chain-verified': verified }), verified).toBe('edge/not-verified')
    for (const present of ['', 'false']) expect(await given({ 'x-client-cert-present': present }), present).toBe('edge/no-certificate')
    expect(await given({ 'x-client-cert-present': '1' })).toBe('edge/malformed-header')
  })

  test('API Gateway: what a request without mutual TLS has there', async () => {
    const { source, make } = forms['API Gateway, format 2.0']!
    for (const requestContext of [{}, { identity: { clientCert: null } }, { authentication: null }, { authentication: { clientCert: null } }]) {
      expect(await codeOf(ask(source, 'proxy', { event: { requestContext } }))).toBe('edge/no-certificate')
    }
    expect(await codeOf(ask(source, 'proxy', make(leaf, [], true)))).toBe(`ok proxy ${good}`)
    for (const clientCertPem of [undefined, null, '', 'CERT_CONTENT', Buffer.from(leaf).toString('base64')]) {
      expect(await codeOf(ask(source, 'proxy', { event: { requestContext: { authentication: { clientCert: { clientCertPem } } } } })), String(clientCertPem)).toBe('edge/malformed-header')
    }
  })

  test('Azure: whose word it is, and the fields of the rewrite rule', async () => {
    const { source, make } = forms['Azure Application Gateway']!
    const { headers } = make(leaf, [], true)
    const given = (more: Record<string, string>): Promise<string> => codeOf(ask(source, 'proxy', { headers: { ...headers, ...more } }))
    expect(await given({ 'x-client-cert': decodeURIComponent(headers!['x-client-cert']!).replaceAll('\n', ' ') })).toBe(`ok proxy ${good}`)
    for (const verification of ['', 'success', 'FAILED:revoked']) expect(await given({ 'x-client-cert-verification': verification }), verification).toBe('edge/not-verified')
    expect(await given({ 'x-client-cert': '', 'x-client-cert-verification': 'NONE' })).toBe('edge/no-certificate')
    // Its pass-through mode is indistinguishable without the result, and App Service has none.
    expect(fromAzure({ product: 'application-gateway', certificate: 'X-Client-Cert' }).verification).toBe('never')
    expect(fromAzure({ product: 'app-service' }).verification).toBe('never')
    expect(() => fromAzure({ product: 'application-gateway' } as never)).toThrow(/certificate/)
    expect(() => fromAzure({ product: 'front-door' } as never)).toThrow(/product/)
  })

  test('AWS: in pass-through modes nobody has verified anything', async () => {
    for (const from of [fromAwsAlb, fromCloudFront]) {
      expect(from({ mode: 'verify' }).verification).toBe('configured')
      expect(from({ mode: 'passthrough' }).verification).toBe('never')
      expect(() => from({ mode: 'optional' } as never)).toThrow(/mode/)
    }
    const { make } = forms['CloudFront']!
    expect(await codeOf(ask(fromCloudFront({ mode: 'verify' }), 'proxy', make(leaf, [], true)))).toBe(`ok proxy ${good}`)
    await expect(ask(fromCloudFront({ mode: 'passthrough' }), 'proxy', make(leaf, [], true))).rejects.toThrow(/verifiedBy/)
  })

  test('Traefik: certificates as their base64, each by itself', async () => {
    const { source, make } = forms['Traefik']!
    const name = 'x-forwarded-tls-client-cert'
    const value = make(leaf, [ca], true).headers![name]!
    const given = (text: string): Promise<string> => codeOf(ask(source, 'nobody', { headers: { [name]: text } }))
    expect(await given(value)).toBe(`ok verdict ${good}`)
    // A plus sign is one in version 3, and escaped in version 2; a comma is escaped in neither.
    for (const bad of [encodeURIComponent(value), value.replace(',', ', '), `${value},`, `,${value}`, `-----BEGIN CERTIFICATE-----${value}`, value.replaceAll('+', ' '), value.slice(0, 9)]) {
      if (bad !== value) expect(await given(bad), bad.slice(0, 40)).toBe('edge/malformed-header')
    }
    expect(await codeOf(ask(source, 'proxy', { headers: { [`${name}-info`]: encodeURIComponent(`SAN="${good}"`) } }))).toBe('edge/no-certificate')
  })

  test('Cloudflare: revoked is not verified, and flags are texts', async () => {
    const { source, make } = forms['Cloudflare']!
    const { tlsClientAuth } = make(leaf, [], true).cf as { tlsClientAuth: object }
    const given = (more: object): Promise<string> => codeOf(ask(source, 'proxy', { cf: { tlsClientAuth: { ...tlsClientAuth, ...more } } }))
    expect(await given({})).toBe(`ok proxy ${good}`)
    expect(await given({ certRevoked: '1' })).toBe('edge/not-verified')
    expect(await given({ certRevoked: undefined })).toBe('edge/not-verified')
    expect(await given({ certVerified: true })).toBe('edge/malformed-header')
    expect(await given({ certPresented: '0' })).toBe('edge/no-certificate')
  })

  test('more certificates than a chain can have', async () => {
    for (const [form, { source, make, chain }] of Object.entries(forms)) {
      if (chain && form !== 'Apache') expect(await codeOf(ask(source, 'nobody', make(leaf, Array.from({ length: 20 }, () => ca), true))), form).toBe('edge/oversized-header')
    }
  })
})

describe('a list', () => {
  test('may have blanks around its items, and none in them, however many', () => {
    const source = fromRfc9440()
    const read = (blanks: number): unknown => source.read(new Fields({ 'client-cert': ':AAAA:', 'client-cert-chain': `:AAAA:${' '.repeat(blanks)}x` }, source.headers), { headers: {} })
    expect(() => read(60_000)).toThrow(/edge\/malformed-header/)
    const padded = source.read(new Fields({ 'client-cert': ':AAAA:', 'client-cert-chain': ` :AAAA: ,\t:AAAA: ` }, source.headers), { headers: {} })
    expect(padded?.chain.length).toBe(2)
  })

  test('has its Byte Sequences between two colons', () => {
    const source = fromRfc9440()
    const read = (text: string): unknown => source.read(new Fields({ 'client-cert': text }, source.headers), { headers: {} })
    expect(read(':AAAA:')).toMatchObject({ leaf: new Uint8Array(3) })
    for (const open of [':AAAA', 'AAAA:', ':AAAAB', ':', '::']) expect(() => read(open), open).toThrow(/Byte Sequence/)
  })
})
