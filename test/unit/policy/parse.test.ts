import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { PolicyError, evaluatePolicy, parsePolicy } from '../../../src/policy/index.ts'
import { allow, anybody, facts } from './world.ts'

const schema = JSON.parse(readFileSync(new URL('../../../policy.schema.json', import.meta.url), 'utf8')) as object
const fitsSchema = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema)

const base = { version: 1, identity: 'none', rules: [allow(anybody)] }
const when = (condition: unknown): object => ({ ...base, rules: [allow(condition)] })

function problemsOf(document: unknown): readonly string[] {
  try {
    parsePolicy(document)
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    expect(error.code).toBe(error.problems[0]!.code)
    for (const { expected } of error.problems) expect(expected).not.toBe('')
    return error.problems.map(({ code, place }) => `${code} ${place}`)
  }
  return []
}

const good: readonly (readonly [string, object])[] = [
  ['the least', base],
  ['no rules', { ...base, rules: [] }],
  ['everything', {
    $schema: './policy.schema.json', version: 1, description: 'who may pay', proxies: ['front'], maxDecisionSeconds: 3600, trailingSlash: 'ignore',
    loggable: ['request.header.x-tenant', 'attribute.role', 'channel.binding'],
    identity: [{ from: 'san.uri', as: 'spiffe', spiffe: ['spiffe://a.example/**'] }, { from: 'subject.organizationIdentifier', prefix: 'PSD', as: 'psp' }],
    rules: [
      { id: 'a', description: 'keys', effect: 'deny', when: { anyOf: [{ 'key.rsaBits': { lt: 2048 } }, { not: { 'channel.tlsVersion': { exact: 'TLSv1.3' } } }] } },
      { id: 'b', effect: 'allow', when: { allOf: [{ subject: { rdn: { O: 'x', OU: { prefix: 'y' } } } }, { time: { window: { from: '08:00', to: '18:00', utcOffset: '-03:30', days: ['mon'] } } }] }, to: { methods: ['GET'], hosts: ['*.a.example'], paths: ['/x/**'] } },
    ],
  }],
  ['several matchers', when({ 'san.uri': { prefix: 'https://', suffix: '/x' } })],
  ['an attribute’s types', when({ 'attribute.a': { in: [1, 2] } })],
  ['an anchor’s octets', when({ 'anchor.keySha256': { exact: '00ff' } })],
  ['an attribute by OID', when({ 'issuer.2.5.4.97': { exact: 'x' } })],
  ['usages by name and OID', when({ eku: { in: ['clientAuth', '1.2.3'] } })],
]

/** What the schema can see, too. */
const bad: readonly (readonly [string, unknown, readonly string[]])[] = [
  ['a list', [], ['policy/not-a-policy ']],
  ['null', null, ['policy/not-a-policy ']],
  ['nothing', {}, ['policy/missing-member ', 'policy/missing-member ', 'policy/missing-member ']],
  ['another version', { ...base, version: 2 }, ['policy/unsupported-version /version']],
  ['an unknown member', { ...base, rulez: [] }, ['policy/unknown-member /rulez']],
  ['a member of Object.prototype', JSON.parse('{"version":1,"identity":"none","rules":[],"__proto__":{}}'), ['policy/unknown-member /__proto__']],
  ['no identity', { version: 1, rules: [] }, ['policy/missing-member ']],
  ['an empty identity', { ...base, identity: [] }, ['policy/bad-value /identity']],
  ['an identity from the request', { ...base, identity: [{ from: 'request.host', as: 'x' }] }, ['policy/unknown-field /identity/0/from']],
  ['an identity without a name', { ...base, identity: [{ from: 'san.uri' }] }, ['policy/bad-value /identity/0/as']],
  ['an identity by an unknown matcher', { ...base, identity: [{ from: 'san.uri', as: 'x', regex: 'y' }] }, ['policy/unknown-matcher /identity/0/regex']],
  ['an unknown effect', { ...base, rules: [{ ...allow(anybody), effect: 'permit' }] }, ['policy/bad-value /rules/0/effect']],
  ['an unknown member of a rule', { ...base, rules: [allow(anybody, { unless: {} })] }, ['policy/unknown-member /rules/0/unless']],
  ['no when', { ...base, rules: [{ id: 'a', effect: 'allow' }] }, ['policy/missing-member /rules/0', 'policy/bad-value /rules/0/when']],
  ['an empty to', { ...base, rules: [allow(anybody, { to: {} })] }, ['policy/bad-value /rules/0/to']],
  ['an unknown member of to', { ...base, rules: [allow(anybody, { to: { method: ['GET'] } })] }, ['policy/unknown-member /rules/0/to/method']],
  ['a text for a list', { ...base, rules: [allow(anybody, { to: { paths: '/x' } })] }, ['policy/bad-value /rules/0/to/paths']],
  ['an empty condition', when({}), ['policy/bad-value /rules/0/when']],
  ['two conditions in one', when({ 'san.uri': { present: true }, 'san.dns': { present: true } }), ['policy/bad-value /rules/0/when']],
  ['an empty allOf', when({ allOf: [] }), ['policy/bad-value /rules/0/when/allOf']],
  ['an unknown field', when({ 'san.url': { exact: 'x' } }), ['policy/unknown-field /rules/0/when/san.url']],
  ['an unknown matcher', when({ 'san.uri': { regex: '.*' } }), ['policy/unknown-matcher /rules/0/when/san.uri/regex']],
  ['a matcher of another kind', when({ 'san.dns': { cidr: '10.0.0.0/8' } }), ['policy/unknown-matcher /rules/0/when/san.dns/cidr']],
  ['no matcher', when({ 'san.uri': {} }), ['policy/bad-value /rules/0/when/san.uri']],
  ['present beside another', when({ 'san.uri': { present: true, exact: 'x' } }), ['policy/bad-value /rules/0/when/san.uri/present']],
  ['present as a text', when({ 'san.uri': { present: 'yes' } }), ['policy/bad-value /rules/0/when/san.uri/present']],
  ['an empty prefix', when({ 'san.uri': { prefix: '' } }), ['policy/bad-value /rules/0/when/san.uri/prefix']],
  ['an empty list', when({ 'san.uri': { in: [] } }), ['policy/bad-value /rules/0/when/san.uri/in']],
  ['a number for a text', when({ 'san.uri': { exact: 7 } }), ['policy/bad-value /rules/0/when/san.uri/exact']],
  ['a text for a number', when({ 'key.rsaBits': { lt: '2048' } }), ['policy/bad-value /rules/0/when/key.rsaBits/lt']],
  ['upper-case octets', when({ 'certificate.sha256': { exact: 'FF' } }), ['policy/bad-value /rules/0/when/certificate.sha256/exact']],
  ['an unknown version of TLS', when({ 'channel.tlsVersion': { exact: '1.3' } }), ['policy/bad-value /rules/0/when/channel.tlsVersion/exact']],
  ['a date without an offset', when({ time: { lt: '2026-01-01T00:00:00' } }), ['policy/bad-value /rules/0/when/time/lt']],
  ['a window without an offset', when({ time: { window: { from: '08:00', to: '09:00' } } }), ['policy/bad-value /rules/0/when/time/window']],
  ['a window of unknown days', when({ time: { window: { from: '08:00', to: '09:00', utcOffset: 'Z', days: ['monday'] } } }), ['policy/bad-value /rules/0/when/time/window']],
  ['an age of nothing', when({ 'factor.totp': { maxAgeSeconds: 0 } }), ['policy/bad-value /rules/0/when/factor.totp/maxAgeSeconds']],
  ['an upper-case header', when({ 'request.header.X-Tenant': { exact: 'x' } }), ['policy/unknown-field /rules/0/when/request.header.X-Tenant']],
  ['an unknown final slash', { ...base, trailingSlash: 'allow' }, ['policy/bad-value /trailingSlash']],
  ['a limit of nothing', { ...base, maxDecisionSeconds: 0 }, ['policy/bad-value /maxDecisionSeconds']],
  ['a field that is shown anyway', { ...base, loggable: ['san.uri'] }, ['policy/bad-value /loggable/0']],
  ['an empty rdn', when({ subject: { rdn: {} } }), ['policy/bad-value /rules/0/when/subject/rdn']],
  ['a member with a slash', when({ 'a/b~c': {} }), ['policy/unknown-field /rules/0/when/a~1b~0c']],
]

/** What a schema cannot say. */
const subtle: readonly (readonly [string, unknown, readonly string[]])[] = [
  ['an id twice', { ...base, rules: [allow(anybody), allow(anybody)] }, ['policy/duplicate-id /rules/1/id']],
  ['types mixed in a list', when({ 'attribute.a': { in: [1, 'x'] } }), ['policy/bad-value /rules/0/when/attribute.a/in']],
  ['types mixed in a match', when({ 'attribute.a': { exact: 1, prefix: 'x' } }), ['policy/bad-value /rules/0/when/attribute.a']],
  ['an unknown attribute type', when({ 'subject.organisation': { exact: 'x' } }), ['policy/unknown-field /rules/0/when/subject.organisation']],
  ['a block with bits after its prefix', when({ 'san.ip': { cidr: '10.0.0.1/8' } }), ['policy/bad-value /rules/0/when/san.ip/cidr']],
  ['a block of no address', when({ 'san.ip': { cidr: '10.0.0/8' } }), ['policy/bad-value /rules/0/when/san.ip/cidr']],
  ['a prefix too long', when({ 'san.ip': { cidr: '10.0.0.0/33' } }), ['policy/bad-value /rules/0/when/san.ip/cidr']],
  ['no address', when({ 'san.ip': { exact: '10.0.0.256' } }), ['policy/bad-value /rules/0/when/san.ip/exact']],
  ['a wildcard inside a label', when({ 'san.dns': { dns: 'a*.example' } }), ['policy/bad-value /rules/0/when/san.dns/dns']],
  ['a wildcard that is everything', when({ 'san.dns': { dns: '*' } }), ['policy/bad-value /rules/0/when/san.dns/dns']],
  ['** inside a host', when({ 'san.dns': { dns: 'a.**.example' } }), ['policy/bad-value /rules/0/when/san.dns/dns']],
  ['a SPIFFE ID with a wildcard for its domain', when({ 'san.uri': { spiffe: 'spiffe://*/x' } }), ['policy/bad-value /rules/0/when/san.uri/spiffe']],
  ['a SPIFFE ID of another scheme', when({ 'san.uri': { spiffe: 'https://a.example/x' } }), ['policy/bad-value /rules/0/when/san.uri/spiffe']],
  ['** inside a path', when({ 'request.path': { path: '/a/**/b' } }), ['policy/bad-value /rules/0/when/request.path/path']],
  ['a wildcard inside a segment', when({ 'request.path': { path: '/a*' } }), ['policy/bad-value /rules/0/when/request.path/path']],
  ['a path that is not absolute', when({ 'request.path': { path: 'a' } }), ['policy/bad-value /rules/0/when/request.path/path']],
  ['30 February', when({ time: { lt: '2026-02-30T00:00:00Z' } }), ['policy/bad-value /rules/0/when/time/lt']],
  ['a window of nothing', when({ time: { window: { from: '08:00', to: '08:00', utcOffset: 'Z' } } }), ['policy/bad-value /rules/0/when/time/window']],
  ['an unknown usage', when({ eku: { exact: 'client' } }), ['policy/bad-value /rules/0/when/eku/exact']],
  ['an unknown attribute in an rdn', when({ subject: { rdn: { organisation: 'x' } } }), ['policy/bad-value /rules/0/when/subject/rdn']],
  ['conditions too deep', when(Array.from({ length: 40 }).reduce((inside) => ({ not: inside }), anybody)), [`policy/too-deep /rules/0/when${'/not'.repeat(33)}`]],
  ['too many rules', { ...base, rules: Array.from({ length: 10_001 }, () => ({})) }, ['policy/too-large /rules']],
]

describe('a policy document', () => {
  test.each(good)('is read: %s', (_, document) => {
    expect(problemsOf(document)).toEqual([])
    expect(problemsOf(JSON.stringify(document))).toEqual([])
    expect(fitsSchema(document), JSON.stringify(fitsSchema.errors)).toBe(true)
    expect(parsePolicy(document).toJSON()).toEqual(document)
  })
  test.each(bad)('is refused: %s', (_, document, problems) => {
    expect(problemsOf(document)).toEqual(problems)
    expect(fitsSchema(document)).toBe(false)
  })
  test.each(subtle)('is refused: %s', (_, document, problems) => {
    expect(problemsOf(document)).toEqual(problems)
  })

  test('all problems are named, not only the first', () => {
    const document = { version: 1, identity: 'none', more: 1, rules: [{ id: 'a', effect: 'allow', when: { anyOf: [{ x: {} }, { 'san.ip': { exact: 'y' } }] } }] }
    expect(problemsOf(document)).toEqual(['policy/unknown-member /more', 'policy/unknown-field /rules/0/when/anyOf/0/x', 'policy/bad-value /rules/0/when/anyOf/1/san.ip/exact'])
    expect(() => parsePolicy(document)).toThrow(/\/rules\/0\/when\/anyOf\/1\/san\.ip\/exact: expected an IP address/)
  })

  test('text that is no JSON, and what is no document', () => {
    for (const document of ['{', '', new TextEncoder().encode(JSON.stringify(base)), undefined, 7, () => 7, 1n, Object.defineProperty({}, 'x', { enumerable: true, get() { throw new Error('x') } })]) {
      expect(problemsOf(document)).toEqual(['policy/not-a-policy '])
    }
    const circle: Record<string, unknown> = {}
    circle['rules'] = circle
    expect(problemsOf(circle)).toEqual(['policy/not-a-policy '])
  })

  test('a member twice in one object of the text, of which JSON.parse would keep the last', () => {
    const rule = (when: string): string => `{"version":1,"identity":"none","description":"a \\" { , [","rules":[{"id":"a","effect":"allow","when":${when}}]}`
    expect(problemsOf(rule('{"san.dns":{"in":["a.example","a.example"]}}'))).toEqual([])
    expect(problemsOf(rule('{"allOf":[{"san.dns":{"exact":"a.example"}},{"san.dns":{"exact":"a.example"}}]}'))).toEqual([])
    expect(problemsOf(rule('{"san.dns":{"exact":"a.example"},"san.dns":{"present":true}}'))).toEqual(['policy/duplicate-member /rules/0/when/san.dns'])
    expect(problemsOf(rule('{"anyOf":[{"san.dns":{"exact":"a.example"}},{"san.dns":{"exact":"a.example","\\u0065xact":"b.example"}}]}'))).toEqual(['policy/duplicate-member /rules/0/when/anyOf/1/san.dns/exact'])
    expect(problemsOf('{"version":1,"identity":"none","rules":[],"rules":[],"identity":[]}')).toEqual(['policy/duplicate-member /rules', 'policy/duplicate-member /identity'])
  })

  test('is copied: what the caller changes afterwards changes nothing', () => {
    const rules = [allow({ 'san.dns': { exact: 'app.pay.bank.example' } })]
    const policy = parsePolicy({ ...base, rules })
    rules[0] = allow(anybody)
    ;(rules as object[]).push({ id: 'x', effect: 'deny', when: anybody })
    expect(evaluatePolicy(policy, facts()).decision).toBe('allow')
    ;(policy.toJSON() as { rules: object[] }).rules.length = 0
    expect(evaluatePolicy(policy, facts()).decision).toBe('allow')
  })
})
