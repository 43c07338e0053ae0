import { describe, expect, test } from 'vitest'
import { encode, encodeOctetString, encodeOid, encodeSequence, encodeSetOf } from '../../../src/asn1/index.ts'
import { evaluatePolicy, explainDecision, parsePolicy, verifiedPeer } from '../../../src/policy/index.ts'
import type { Facts, PeerFacts } from '../../../src/policy/index.ts'
import { PeerFacts as PeerFactsClass } from '../../../src/policy/peer-facts.ts'
import { certificateFields } from '../../../src/edge/index.ts'
import { attribute, dns, email, ip, san, uri } from '../../../fixtures/issue.ts'
import { allow, anybody, barePeer, decide, deny, facts, leafWith, now, policyOf, verdictOn } from './world.ts'

const request = { method: 'POST', host: 'api.bank.example', path: '/payments/7', headers: { 'x-tenant': 'blue', 'x-many': ['a', 'b'] } }
const channel = {
  tlsVersion: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', binding: Uint8Array.of(1, 2, 255), resumed: false, serverName: 'api.bank.example',
  applicationProtocol: 'h2', remoteAddress: '::ffff:10.1.2.3',
}
const factors = [{ kind: 'totp', at: now - 60_000, strength: 2 }]
const attributes = { role: ['teller', 'auditor'], level: 3, active: true, team: 'blue' }
const full: Partial<Facts> = { request, channel, factors, attributes }
const sha256 = (text: string): string => text.repeat(64)

/** Field, a matcher that holds, one that does not. Every field is missing in the facts of `bare`, unless a fourth says not. */
const cases: readonly (readonly [field: string, holds: object, not: object, always?: true])[] = [
  ['san.uri', { exact: 'spiffe://bank.example/ns/pay/app' }, { exact: 'spiffe://bank.example/ns/pay/ap' }],
  ['san.uri', { in: ['spiffe://x.example/y', 'spiffe://bank.example/ns/pay/app'] }, { in: ['spiffe://x.example/y'] }],
  ['san.uri', { prefix: 'spiffe://bank.example/' }, { prefix: 'spiffe://bank.example.evil/' }],
  ['san.uri', { suffix: '/app' }, { suffix: '/ap' }],
  ['san.uri', { contains: 'pay' }, { contains: 'Pay' }],
  ['san.uri', { prefix: 'spiffe://', suffix: '/app' }, { prefix: 'spiffe://', suffix: '/other' }],
  ['san.uri', { spiffe: 'spiffe://bank.example/ns/pay/**' }, { spiffe: 'spiffe://bank.example/ns/*' }],
  ['san.uri', { spiffe: 'spiffe://bank.example/ns/*/app' }, { spiffe: 'spiffe://bank.example.evil/ns/*/app' }],
  ['san.uri', { spiffe: 'spiffe://bank.example/**' }, { spiffe: 'spiffe://bank.example' }],
  ['san.uri', { spiffe: ['spiffe://no.example/**', 'spiffe://bank.example/ns/pay/app/**'] }, { spiffe: 'spiffe://bank.example/ns/pay/app/*' }],
  ['san.dns', { exact: 'APP.pay.bank.example.' }, { exact: 'pay.bank.example' }],
  ['san.dns', { dns: '*.pay.bank.example' }, { dns: '*.bank.example' }],
  ['san.dns', { dns: '**.bank.example' }, { dns: '**.app.pay.bank.example' }],
  ['san.dns', { suffix: '.Bank.example' }, { suffix: '.bank.exampl' }],
  ['san.email', { exact: 'Clerk@BANK.example' }, { exact: 'clerk@bank.example' }],
  ['san.email', { suffix: '@bank.EXAMPLE' }, { suffix: '@ank.example' }],
  ['san.ip', { exact: '192.0.2.7' }, { exact: '192.0.2.8' }],
  ['san.ip', { cidr: '192.0.2.0/29' }, { cidr: '192.0.2.8/29' }],
  ['san.ip', { cidr: ['2001:db8::/32', '0.0.0.0/0'] }, { cidr: '::/0' }],
  ['san.otherName.1.3.6.1.4.1.99999.7', { exact: '0c05736576656e' }, { exact: '0c05736576656f' }],
  ['subject.organizationName', { exact: 'Bank' }, { exact: 'bank' }],
  ['subject.O', { prefix: 'Ba' }, { prefix: 'ank' }],
  ['subject.2.5.4.97', { prefix: 'PSD' }, { prefix: 'NTR' }],
  ['subject.OU', { exact: 'Ops' }, { exact: 'app' }],
  ['subject', { rdn: { commonName: 'app', OU: { in: ['Pay'] } } }, { rdn: { CN: 'app', OU: 'Ops' } }, true],
  ['subject', { rdn: { OU: 'Pay' } }, { rdn: { CN: 'Pay', OU: 'app' } }, true],
  ['issuer.CN', { exact: 'Root' }, { exact: 'root' }, true],
  ['anchor', { rdn: { O: 'Anchors' } }, { rdn: { O: 'anchors' } }, true],
  ['certificate.serialNumber', { exact: '1234' }, { exact: '12' }, true],
  ['certificate.sha256', { in: [decide(anybody).verification.source === 'verdict' ? facts().peer.values('certificate.sha256')![0] as string : ''] }, { exact: sha256('0') }, true],
  ['key.type', { exact: 'ec' }, { exact: 'rsa' }, true],
  ['key.curve', { in: ['P-256', 'P-384'] }, { exact: 'P-384' }, true],
  ['path.length', { lt: 2 }, { gt: 1 }, true],
  ['eku', { exact: 'clientAuth' }, { in: ['1.3.6.1.5.5.7.3.1', 'emailProtection'] }, true],
  ['policy', { exact: '1.3.6.1.4.1.99999.1' }, { exact: '1.3.6.1.4.1.99999.2' }, true],
  ['certificate.notBefore', { lt: '2020-01-01T00:00:01Z' }, { lt: '2020-01-01T00:00:00Z' }, true],
  ['certificate.notAfter', { gt: '2039-12-31T23:59:59+00:00' }, { gt: '2040-01-01T01:00:00+01:00' }, true],
  ['certificate.ageSeconds', { gt: 86400 }, { lt: 86400 }, true],
  ['certificate.remainingSeconds', { gt: 86400 }, { lt: 86400 }, true],
  ['certificate.lifetimeSeconds', { lt: 1e9 }, { gt: 1e9 }, true],
  ['revocation.leaf', { exact: 'unchecked' }, { exact: 'good' }, true],
  ['revocation.settled', { exact: false }, { exact: true }, true],
  ['time', { window: { from: '14:00', to: '14:01', utcOffset: '+02:00', days: ['mon'] } }, { window: { from: '08:00', to: '12:00', utcOffset: 'Z' } }, true],
  ['time', { window: { from: '08:30', to: '08:31', utcOffset: '-03:30' } }, { window: { from: '15:30', to: '15:31', utcOffset: '-03:30' } }, true],
  ['time', { gt: '2026-06-15T11:59:59.999Z', lt: '2026-06-15T14:00:00.001+02:00' }, { gt: '2026-06-15T12:00:00Z' }, true],
  ['request.method', { exact: 'POST' }, { exact: 'post' }],
  ['request.host', { dns: '*.bank.example' }, { exact: 'bank.example' }],
  ['request.path', { path: '/payments/*' }, { path: '/payments' }],
  ['request.path', { path: '/payments/**' }, { path: '/payments/*/x' }],
  ['request.path', { exact: '/payments/7' }, { prefix: 'payments' }],
  ['request.header.x-tenant', { exact: 'blue' }, { exact: 'Blue' }],
  ['request.header.x-many', { in: ['a', 'b'] }, { exact: 'a, b' }],
  ['channel.tlsVersion', { gt: 'TLSv1.2' }, { lt: 'TLSv1.3' }],
  ['channel.tlsVersion', { in: ['TLSv1.2', 'TLSv1.3'] }, { exact: 'TLSv1.2' }],
  ['channel.cipher', { contains: 'AES_128_GCM' }, { contains: 'CBC' }],
  ['channel.binding', { exact: '0102ff' }, { exact: '0102' }],
  ['channel.resumed', { exact: false }, { exact: true }],
  ['channel.serverName', { exact: 'API.bank.example' }, { exact: 'bank.example' }],
  ['channel.applicationProtocol', { exact: 'h2' }, { exact: 'http/1.1' }],
  ['channel.remoteAddress', { cidr: '10.0.0.0/8' }, { cidr: '10.2.0.0/16' }],
  ['factor.totp', { maxAgeSeconds: 60 }, { maxAgeSeconds: 59 }],
  ['factor.totp', { maxAgeSeconds: 300, minStrength: 2 }, { maxAgeSeconds: 300, minStrength: 3 }],
  ['attribute.role', { exact: 'auditor' }, { exact: 'admin' }],
  ['attribute.level', { gt: 2, lt: 4 }, { gt: 3 }],
  ['attribute.active', { exact: true }, { exact: false }],
  ['attribute.team', { in: ['red', 'blue'] }, { prefix: 'lu' }],
]

describe('each matcher holds, does not hold, and finds nothing', () => {
  test.each(cases.map(([field, holds, not, always]) => ({ field, holds, not, always })))('$field $holds', ({ field, holds, not, always }) => {
    const bare = facts({ peer: barePeer })
    const denies = (matcher: object, given: Facts): string => evaluatePolicy(policyOf(allow(anybody), deny({ [field]: matcher })), given).decision
    const allows = (condition: object, given: Facts): string => evaluatePolicy(policyOf(allow(condition)), given).decision
    expect(allows({ [field]: holds }, facts(full))).toBe('allow')
    expect(allows({ not: { [field]: holds } }, facts(full))).toBe('deny')
    expect(allows({ [field]: not }, facts(full))).toBe('deny')
    expect(allows({ not: { [field]: not } }, facts(full))).toBe('allow')
    expect(denies(holds, facts(full))).toBe('deny')
    expect(denies(not, facts(full))).toBe('allow')
    expect(allows({ [field]: { present: true } }, facts(full))).toBe('allow')
    if (always === true) return
    // Missing: against the peer on every side.
    expect(allows({ [field]: holds }, bare)).toBe('deny')
    expect(allows({ not: { [field]: holds } }, bare)).toBe('deny')
    expect(denies(not, bare)).toBe('deny')
    expect(evaluatePolicy(policyOf(allow(anybody), deny({ not: { [field]: holds } })), bare).decision).toBe('deny')
    expect(allows({ [field]: { present: true } }, bare)).toBe('deny')
    expect(allows({ [field]: { present: false } }, bare)).toBe('allow')
  })
})

describe('a deny rule is not silenced by how a name is written', () => {
  const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255]
  const octets = (oid: string): Uint8Array => encodeSetOf(encodeSequence(encodeOid(oid), encodeOctetString(Uint8Array.of(1))))
  const denied = (when: unknown, leaf: Uint8Array): string => evaluatePolicy(policyOf(allow(anybody), deny(when)), facts({ peer: verifiedPeer(verdictOn(leaf)) })).decision

  test.each(['spiffe://evil.example/a/', 'SPIFFE://evil.example/a', 'spiffe://Evil.example/a', 'spiffe://evil.example/a%2fb', 'spiffe:evil.example'])('%s, which is no SPIFFE ID', (id) => {
    expect(denied({ 'san.uri': { spiffe: 'spiffe://evil.example/**' } }, leafWith([san(uri(id), uri('https://other.example/'))]))).toBe('deny')
    expect(decide({ 'san.uri': { spiffe: 'spiffe://evil.example/**' } }, { peer: verifiedPeer(verdictOn(leafWith([san(uri(id))]))) }).decision).toBe('deny')
  })

  test('other IDs and URIs are none of its business', () => {
    expect(denied({ 'san.uri': { spiffe: 'spiffe://evil.example/**' } }, leafWith([san(uri('spiffe://bank.example/a'), uri('https://evil.example//'))]))).toBe('allow')
  })

  test('a wildcard name may be any of its hosts', () => {
    for (const [pattern, decision] of [['**.evil.example', 'deny'], ['*.evil.example', 'deny'], ['a.evil.example', 'deny'], ['a.b.evil.example', 'allow'], ['*.good.example', 'allow']] as const) {
      expect(denied({ 'san.dns': { dns: pattern } }, leafWith([san(dns('*.evil.example'))])), pattern).toBe(decision)
    }
  })

  test.each<readonly [what: string, name: Uint8Array, other: Uint8Array, whens: readonly object[]]>([
    ['a final dot of a host', dns('Evil.example.'), dns('devil.example.'), [{ 'san.dns': { exact: 'evil.example' } }, { 'san.dns': { in: ['evil.example.'] } }, { 'san.dns': { prefix: 'evil.', suffix: '.example' } }, { 'san.dns': { prefix: 'evil', suffix: '.Example.' } }, { 'san.dns': { dns: ['evil.*', 'evil.example.com'] } }]],
    ['a final dot where there is none', dns('evil.example'), dns('evil.example.com'), [{ 'san.dns': { exact: 'evil.example.' } }, { 'san.dns': { suffix: 'evil.example.' } }, { 'san.dns': { dns: '*.example.' } }]],
    ['a final dot of a mailbox', email('A@Evil.example.'), email('A@devil.example.'), [{ 'san.email': { exact: 'A@evil.example' } }, { 'san.email': { in: ['A@EVIL.example.'] } }, { 'san.email': { suffix: '@evil.example' } }, { 'san.email': { suffix: '@evil.example.' } }]],
    ['an end of its host', email('A@mail.evil.example.'), email('A@mail.devil.example.'), [{ 'san.email': { suffix: '.Evil.example' } }, { 'san.email': { suffix: '.evil.example.' } }]],
    ['a mapped address', ip(...mapped, 10, 1, 2, 3), ip(...mapped, 11, 1, 2, 3), [{ 'san.ip': { exact: '10.1.2.3' } }, { 'san.ip': { exact: '::ffff:10.1.2.3' } }, { 'san.ip': { in: ['::ffff:a01:203'] } }, { 'san.ip': { cidr: '10.0.0.0/8' } }, { 'san.ip': { cidr: '::ffff:10.0.0.0/104' } }]],
    ['an address that is written as a mapped one', ip(10, 1, 2, 3), ip(11, 1, 2, 3), [{ 'san.ip': { exact: '::ffff:10.1.2.3' } }, { 'san.ip': { cidr: '::ffff:a00:0/104' } }]],
    ['an address that is like a mapped one', ip(...mapped.slice(1), 0, 10, 1, 2, 3), ip(10, 1, 2, 3), [{ 'san.ip': { cidr: '::/64' } }]],
  ])('%s makes no other name', (_, written, other, whens) => {
    for (const when of whens) {
      expect(denied(when, leafWith([san(written)])), JSON.stringify(when)).toBe('deny')
      expect(denied(when, leafWith([san(other)])), JSON.stringify(when)).toBe('allow')
      // Nor on the proxy’s word, with the fields of the certificate.
      const read = certificateFields(leafWith([san(written)]))
      const policy = parsePolicy({ version: 1, identity: 'none', proxies: ['front'], rules: [allow(when)] })
      expect(evaluatePolicy(policy, facts({ peer: new PeerFactsClass({ source: 'proxy', proxy: 'front' }, now, read) })).decision, JSON.stringify(when)).toBe('allow')
    }
  })

  test('and a block of mapped addresses is the block that they are of', () => {
    for (const [cidr, decision] of [['::ffff:10.1.0.0/112', 'allow'], ['::ffff:10.2.0.0/112', 'deny'], ['::ffff:0:0/96', 'allow'], ['::/0', 'deny']] as const) {
      expect(decide({ 'channel.remoteAddress': { cidr } }, { channel: { remoteAddress: '::FFFF:a01:203' } }).decision, cidr).toBe(decision)
    }
    for (const cidr of ['::ffff:10.1.0.0/111', '::ffff:0:0/95', '::ffff:0:0/129', '10.0.0.0/33']) expect(() => policyOf(allow({ 'san.ip': { cidr } })), cidr).toThrow(/cidr/)
    expect(() => policyOf(allow({ 'san.dns': { suffix: '.' } }))).toThrow(/suffix/)
  })

  test('an attribute that is no text may be any', () => {
    const subject = encode(0x30, attribute('2.5.4.10', 'Good'), octets('2.5.4.10'), octets('2.5.4.11'))
    const leaf = leafWith([], subject)
    const good = leafWith([], encode(0x30, attribute('2.5.4.10', 'Good'), attribute('2.5.4.11', 'Pay')))
    for (const when of [{ 'subject.O': { exact: 'Evil' } }, { 'subject.OU': { prefix: 'Evil' } }, { subject: { rdn: { O: 'Evil' } } }, { 'subject.OU': { exact: 'Pay' } }]) {
      expect(denied(when, leaf), JSON.stringify(when)).toBe('deny')
    }
    expect(denied({ 'subject.O': { exact: 'Evil' } }, good)).toBe('allow')
    expect(denied({ subject: { rdn: { O: 'Evil' } } }, good)).toBe('allow')
    const peer = verifiedPeer(verdictOn(leaf))
    expect(decide({ 'subject.OU': { exact: 'Pay' } }, { peer }).decision).toBe('deny')
    const named = parsePolicy({ version: 1, identity: [{ from: 'subject.O', as: 'o' }], rules: [allow(anybody)] })
    expect(evaluatePolicy(named, facts({ peer }))).toMatchObject({ decision: 'deny', reason: 'policy/ambiguous-principal' })
    expect(explainDecision(evaluatePolicy(policyOf(allow(anybody), deny({ 'subject.O': { exact: 'Evil' } })), facts({ peer })))).toContain('(not a text)')
  })
})

describe('values that do not compare', () => {
  test('an attribute of another type than the matcher asks for is as good as missing', () => {
    expect(decide({ 'attribute.level': { gt: 2 } }, { attributes: { level: '3' } }).decision).toBe('deny')
    expect(decide({ not: { 'attribute.level': { gt: 9 } } }, { attributes: { level: '3' } }).decision).toBe('deny')
    expect(decide({ not: { 'attribute.level': { gt: 9 } } }, { attributes: { level: 3 } }).decision).toBe('allow')
  })

  test('a factor of the future is no factor', () => {
    const asked = { 'factor.totp': { maxAgeSeconds: 60 } }
    expect(decide(asked, { factors: [{ kind: 'totp', at: now }] }).decision).toBe('allow')
    expect(decide(asked, { factors: [{ kind: 'totp', at: now + 1 }] }).decision).toBe('deny')
  })

  test.each(['spiffe://bank.example/a//b', 'spiffe://bank.example/a%2fb', 'spiffe://bank.example/a/../b', 'spiffe://bank.example/a?b', 'spiffe://bank.example/', `spiffe://bank.example/${'a'.repeat(2048)}`])(
    '%s is no SPIFFE ID, and no pattern stands for it', (id) => {
      const peerOf = (value: string): PeerFacts => verifiedPeer(verdictOn(leafWith([san(uri(value))])))
      expect(decide({ 'san.uri': { spiffe: 'spiffe://bank.example/**' } }, { peer: peerOf(id) }).decision).toBe('deny')
      expect(decide({ 'san.uri': { spiffe: 'spiffe://bank.example/**' } }, { peer: peerOf('spiffe://bank.example/a/...b') }).decision).toBe('allow')
    })

  test('a wildcard name of a certificate is one name, not many', () => {
    const peer = verifiedPeer(verdictOn(leafWith([san(dns('*.pay.bank.example'))])))
    expect(decide({ 'san.dns': { dns: '*.pay.bank.example' } }, { peer }).decision).toBe('deny')
    expect(decide({ 'san.dns': { dns: '**.bank.example' } }, { peer }).decision).toBe('deny')
    expect(decide({ 'san.dns': { exact: '*.pay.bank.example' } }, { peer }).decision).toBe('allow')
  })
})

describe('paths are matched in one form', () => {
  const asked = { 'request.path': { path: '/payments/*' } }
  test.each([
    ['/payments/7'], ['/payments/%37'], ['/payments/%C3%A9'], ['/payments/a+b'], ['/payments/..a'], ['/payments/a%3Bb'],
  ])('%s is read', (path) => {
    expect(decide(asked, { request: { path } })).toMatchObject({ decision: 'allow' })
  })
  test.each([
    ['/payments/../admin'], ['/payments/.'], ['/payments/%2e%2e'], ['/payments/%2E'], ['/payments/a%2Fb'], ['/payments/a%5cb'], ['/payments\\7'],
    ['//payments/7'], ['/payments//7'], ['/payments/'], ['payments/7'], [''], ['/payments/%'], ['/payments/%ff'], ['/payments/%00'],
    ['/payments/%252e%252e'], ['/payments/7?x'], ['/payments/7#x'], ['/payments/é'], ['/payments/a b'], ['*'],
    // Where some end the path, or the segment.
    ['/payments/7;a'], ['/payments/7;'], ['/payments;a=b/7'], ['/;/payments/7'], ['/payments/..;/admin'],
  ])('%s is refused before anything is matched', (path) => {
    expect(decide({ anyOf: [asked, anybody] }, { request: { path } })).toMatchObject({ decision: 'deny', reason: 'policy/path-not-normal', rule: undefined })
  })
  test('a final slash is ignored where the policy says so', () => {
    const policy = parsePolicy({ version: 1, identity: 'none', trailingSlash: 'ignore', rules: [allow(asked)] })
    const given = (path: string): string => evaluatePolicy(policy, facts({ request: { path } })).reason
    expect(['/payments/7/', '/payments/7', '/payments/7//', '/payments/'].map(given))
      .toEqual(['policy/allowed', 'policy/allowed', 'policy/path-not-normal', 'policy/no-rule-allows'])
  })
  test('the root is a path of no segments', () => {
    expect(decide({ 'request.path': { path: '/' } }, { request: { path: '/' } }).decision).toBe('allow')
    expect(decide({ 'request.path': { path: '/**' } }, { request: { path: '/' } }).decision).toBe('allow')
    expect(decide({ 'request.path': { path: '/*' } }, { request: { path: '/' } }).decision).toBe('deny')
  })
})
