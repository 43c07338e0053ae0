import { describe, expect, test } from 'vitest'
import { lintPolicy, parsePolicy } from '../../../src/policy/index.ts'
import { allow, anybody, deny, policyOf } from './world.ts'

const findings = (...rules: readonly object[]): readonly string[] => lintPolicy(policyOf(...rules)).map(({ code, place, by }) => [code.slice(7), place, ...(by === undefined ? [] : [by])].join(' '))
const spiffe = { 'san.uri': { spiffe: 'spiffe://a.example/**' } }
const both = (...conditions: readonly unknown[]): object => ({ allOf: conditions })

describe('the linter', () => {
  test('is content with a policy that means what it says', () => {
    expect(findings(
      deny({ 'key.rsaBits': { lt: 3072 } }, { id: 'keys' }),
      allow(both(spiffe, { 'factor.totp': { maxAgeSeconds: 60 } }), { id: 'pay', to: { paths: ['/pay/*'] } }),
      allow(both(spiffe, { 'san.dns': { present: true } }, { not: { 'san.dns': { exact: 'x.example' } } }), { id: 'other' }),
    )).toEqual([])
  })

  test('a policy that allows nothing', () => {
    expect(findings(deny(spiffe))).toEqual(['allows-nothing /rules'])
    expect(lintPolicy(parsePolicy({ version: 1, identity: 'none', rules: [] }))).toMatchObject([{ code: 'policy/allows-nothing', rule: undefined }])
  })

  test.each([
    ['two values of what has one', both({ 'key.type': { exact: 'rsa' } }, { 'key.type': { exact: 'ec' } })],
    ['lists that have nothing in common', both({ 'key.type': { in: ['rsa', 'ec'] } }, { 'key.type': { in: ['ed25519'] } })],
    ['a value that its own prefix excludes', { 'san.uri': { exact: 'https://x.example', prefix: 'spiffe://' } }],
    ['a range that is empty', { 'key.rsaBits': { lt: 2048, gt: 4096 } }],
    ['ranges that do not meet', both({ 'certificate.ageSeconds': { lt: 60 } }, { 'certificate.ageSeconds': { gt: 60 } })],
    ['a match and its opposite', both(spiffe, { not: spiffe })],
    ['a match and the opposite of what follows from it', both({ 'san.uri': { exact: 'spiffe://a.example/x' } }, { not: spiffe })],
    ['a value that must not be there', both({ 'san.uri': { present: false } }, spiffe)],
    ['one that must not be there and is denied', both({ 'san.dns': { present: true } }, { 'san.uri': { present: false } }, { not: spiffe })],
    ['nothing of what is always there', { 'certificate.sha256': { present: false } }],
  ])('a rule that never matches: %s', (_, when) => {
    const found = findings(allow(when), allow(spiffe, { id: 'spiffe' }))
    expect(found).toContain('never-matches /rules/0')
    expect(findings(allow({ anyOf: [when, { 'san.dns': { exact: 'x.example' } }] }))).not.toContain('never-matches /rules/0')
  })

  test('several values may answer to what one cannot', () => {
    expect(findings(allow(both({ 'san.uri': { exact: 'https://x.example' } }, { 'san.uri': { exact: 'https://y.example' } })))).toEqual([])
  })

  test('a deny rule that only a missing fact fulfils', () => {
    const when = both({ 'key.rsaBits': { lt: 10 } }, { 'key.rsaBits': { gt: 20 } })
    expect(findings(allow(spiffe), deny(when))).toEqual(['matches-only-missing /rules/1'])
    expect(findings(allow(spiffe), deny(both({ 'key.type': { exact: 'rsa' } }, { 'key.type': { exact: 'ec' } })))).toEqual(['never-matches /rules/1'])
  })

  test.each([
    ['one value of a list', { 'san.uri': { exact: 'a:x' } }, { 'san.uri': { in: ['a:x', 'a:y'] } }],
    ['a value with the prefix', { 'san.uri': { in: ['a:x', 'a:y'] } }, { 'san.uri': { prefix: 'a:' } }],
    ['a longer prefix', { 'san.uri': { prefix: 'a:xyz' } }, { 'san.uri': { prefix: ['a:x', 'b:'] } }],
    ['a longer suffix', { 'san.uri': { suffix: 'a.example' } }, { 'san.uri': { suffix: '.example' } }],
    ['more is asked', both(spiffe, { 'key.type': { exact: 'ec' } }), spiffe],
    ['fewer alternatives', spiffe, { anyOf: [spiffe, { 'san.dns': { exact: 'x.example' } }] }],
    ['a smaller range', { 'key.rsaBits': { gt: 4095 } }, { 'key.rsaBits': { gt: 2047 } }],
    ['a smaller block', { 'san.ip': { cidr: '10.1.0.0/16' } }, { 'san.ip': { cidr: '10.0.0.0/8' } }],
    ['a younger factor', { 'factor.totp': { maxAgeSeconds: 60 } }, { 'factor.totp': { maxAgeSeconds: 300 } }],
    ['a value that is there', spiffe, { 'san.uri': { present: true } }],
    ['a member of the block', { 'san.ip': { exact: '10.1.2.3' } }, { 'san.ip': { cidr: '10.0.0.0/8' } }],
  ])('a shadowed rule: %s', (_, narrow, wide) => {
    expect(findings(allow(narrow, { id: 'narrow' }), allow(wide, { id: 'wide' }))).toContain('shadowed /rules/0 wide')
    expect(findings(allow(wide, { id: 'wide' }), allow(narrow, { id: 'narrow' }))).toContain('shadowed /rules/1 wide')
    // A deny rule over an allow rule makes it idle; the other way round both decide.
    expect(findings(allow(narrow, { id: 'narrow' }), deny(wide, { id: 'wide' }))).toContain('shadowed /rules/0 wide')
    expect(findings(deny(narrow, { id: 'narrow' }), allow(wide, { id: 'wide' })).filter((one) => one.startsWith('shadowed'))).toEqual([])
  })

  test('of two that say the same, the later one', () => {
    expect(findings(allow(spiffe, { id: 'a' }), allow(spiffe, { id: 'b' }))).toEqual(['shadowed /rules/1 a'])
  })

  test('a rule about other requests is not shadowed', () => {
    expect(findings(allow(spiffe, { id: 'a', to: { methods: ['GET'] } }), allow(spiffe, { id: 'b', to: { methods: ['PUT'] } }))).toEqual([])
    expect(findings(allow(spiffe, { id: 'a', to: { methods: ['GET', 'PUT'] } }), allow(spiffe, { id: 'b', to: { methods: ['PUT'] } }))).toEqual(['shadowed /rules/1 a'])
  })

  test.each([
    ['presence of what is always there', anybody],
    ['a path of any length', { 'path.length': { gt: 0 } }],
    ['the request alone', { 'request.method': { exact: 'GET' } }],
    ['an alternative without the certificate', { anyOf: [spiffe, { 'attribute.role': { exact: 'x' } }] }],
    ['one or the other', { anyOf: [{ 'key.type': { exact: 'ec' } }, { not: { 'key.type': { exact: 'ec' } } }] }],
  ])('an allow rule that matches every certificate: %s', (_, when) => {
    expect(findings(allow(when))).toEqual(['matches-every-certificate /rules/0'])
    expect(findings(allow(spiffe, { id: 'spiffe' }), deny(when))).not.toContain('matches-every-certificate /rules/1')
  })

  test('not over what may be absent, without present beside it', () => {
    const other = { 'san.dns': { exact: 'x.example' } }
    expect(findings(allow(both(spiffe, { not: other })))).toEqual(['absent-under-not /rules/0/when/allOf/1/not/san.dns'])
    expect(findings(allow(both(spiffe, { 'san.dns': { present: true } }, { not: other })))).toEqual([])
    expect(findings(allow(both(spiffe, { anyOf: [{ 'san.dns': { present: false } }, { not: { not: other } }] })))).toEqual([])
    expect(findings(allow(both(spiffe, { not: { 'key.type': { exact: 'rsa' } } })))).toEqual([])
    expect(findings(allow(spiffe), deny({ not: other }))).toEqual(['absent-under-not /rules/1/when/not/san.dns'])
  })

  test('a rule of too many alternatives is said not to be examined', () => {
    const many = both(...Array.from({ length: 10 }, (_, i) => ({ anyOf: [{ [`attribute.a${i}`]: { exact: 1 } }, { [`attribute.b${i}`]: { exact: 1 } }] })))
    expect(findings(allow(many))).toEqual(['not-examined /rules/0'])
  })
})
