import { describe, expect, test } from 'vitest'
import { explain } from '../../../src/verify/explain.ts'
import { messageCodes, messageFor } from '../../../src/verify/messages.ts'
import { ruleCodes } from '../../../src/path/rules.ts'
import { accepted, attempt, busy, evil, hostile, issue, malformed, reference, refused } from './sample-verdicts.ts'

// What must not reach a terminal or a page, written with Unicode properties; the line feed is ours.
const unsafe = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}<>&"`]/u

describe('explain', () => {
  test('what is no verdict is a mistake that is named: a promise of one above all', async () => {
    for (const wrong of [undefined, null, Promise.resolve(busy), {}]) {
      expect(() => explain(wrong as never)).toThrow(new TypeError('verdict: expected what verify resolves to; await it'))
    }
    expect(explain(await Promise.resolve(busy))).toContain('REFUSED')
  })

  test('a refusal: the first reason, every path, the failed rules where they failed', () => {
    expect(explain(busy)).toBe(`REFUSED: path/expired
The certificate has expired.
Certificate: CN=Issuing CA 1,O=Example Trust,C=DE  (intermediate, serial 1f)

Path 1 of 3 (no signature was checked, because a cheaper rule failed first):
  ● CN=www.example.com,O=Example\\, Inc.,C=DE  (leaf, serial 1f)
  │
  ✗ CN=Issuing CA 1,O=Example Trust,C=DE  (intermediate, serial 1f)
  │   path/expired  [RFC 5280 6.1.3(a)(2)]
  │     The certificate has expired.
  │     notAfter: 2025-01-01T00:00:00.000Z
  │     time: 2026-02-01T00:00:00.000Z
  │
  ◆ CN=Root A,O=Example Trust,C=DE  (trust anchor, serial 1f)

Path 2 of 3 (signatures were checked):
  ● CN=www.example.com,O=Example\\, Inc.,C=DE  (leaf, serial 1f)
  │
  ✗ CN=Issuing CA 1,O=Example Trust,C=DE  (intermediate, serial 1f)
  │   path/expired  [RFC 5280 6.1.3(a)(2)]
  │     The certificate has expired.
  │     notAfter: 2025-01-01T00:00:00.000Z
  │     time: 2026-02-01T00:00:00.000Z
  │
  ✗ CN=Root A,O=Example Trust,C=DE  (intermediate, serial 1f)
  │   crypto/invalid-signature  [RFC 5280 6.1.3(a)(2)]
  │     The signature was not made with the issuer’s key over this certificate.
  │
  ◆ CN=Root B,O=Other Trust,C=FR  (trust anchor, serial 1f)

Path 3 of 3 (no signature was checked, because a cheaper rule failed first):
  ● CN=www.example.com,O=Example\\, Inc.,C=DE  (leaf, serial 1f)
  │
  ● CN=Issuing CA 1,O=Example Trust,C=DE  (intermediate, serial 1f)
  │
  ? no trust anchor was reached
    path/no-anchor  [RFC 5280 6.1.3(a)(2)]
      No path leads to a trust anchor.
      issuer: CN=Nobody

3 candidate paths are shown; 2 more were tried and left out here.
Cost: 3 signatures, 12 search steps, 4 name comparisons, 1 policy node.
`)
  })

  test('an acceptance: the path and what rests on it', () => {
    const text = explain(accepted)
    for (const part of ['ACCEPTED\n', '● CN=www.example.com', '◆ CN=Root A', 'dns: www.example.com', 'Policies: any policy',
      'Revocation: not checked', 'Valid until: 2027-01-01T00:00:00.000Z']) expect(text).toContain(part)
  })

  test('a leaf that is no certificate: the code, the offset, no path', () => {
    const text = explain(malformed)
    expect(text).toContain('REFUSED: asn1/truncated\nThe bytes end too early.')
    expect(text).toContain('offset: 17')
    expect(text).toContain('No candidate path could be tried.')
  })

  test('an issue of an anchor and a warning are told too', () => {
    const anchor = reference('anchor', 'CN=Old Root')
    const text = explain(refused([attempt([reference('leaf', '')], anchor, [
      issue('path/expired', anchor), { ...issue('path/candidate-unusable'), severity: 'warning' }])]))
    expect(text).toContain('✗ CN=Old Root  (trust anchor')
    expect(text).toContain('● (empty subject)  (leaf')
    expect(text).toContain('warning path/candidate-unusable')
  })

  test('nothing of a peer’s text passes unescaped', () => {
    const text = explain(hostile)
    expect(text).not.toMatch(unsafe)
    expect(text).not.toContain(evil)
    expect(text).toContain('\\u{3C}/svg\\u{3E}\\u{3C}script\\u{3E}')
    expect(text).toContain('\\u{1B}[31m\\u{202E}')
  })

  test('a purpose is told by its name', () => {
    const leaf = reference('leaf', 'CN=a')
    const text = explain(refused([attempt([leaf], undefined, [issue('path/extended-key-usage', leaf, { wanted: '1.3.6.1.5.5.7.3.1', found: ['1.3.6.1.5.5.7.3.2', '1.2.3'] })])]))
    expect(text).toContain('wanted: serverAuth (1.3.6.1.5.5.7.3.1)')
    expect(text).toContain('found: clientAuth (1.3.6.1.5.5.7.3.2), 1.2.3')
  })

  test('long values are cut', () => {
    const leaf = reference('leaf', `CN=${'a'.repeat(5000)}`)
    const text = explain(refused([attempt([leaf], undefined, [issue('path/name-mismatch', leaf, { found: 'b'.repeat(5000) })])]))
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(400)
  })
})

describe('messageFor', () => {
  test('has a sentence of its own for every rule', () => {
    expect(ruleCodes.filter((code) => !messageCodes.includes(code))).toEqual([])
  })

  test('sentences are whole, and no two are alike by mistake', () => {
    for (const code of messageCodes) expect(messageFor(code)).toMatch(/^[A-Z].*\.$/)
  })

  test.each(['asn1/new', 'x509/new', 'budget/new', 'crypto/new', 'path/new', 'toString', '__proto__', ''])('unknown code %j', (code) => {
    expect(messageFor(code)).toMatch(/^[A-Z].*\.$/)
  })
})
