/** Host names, addresses, mailboxes, URIs, SPIFFE IDs, whom a certificate names, and anchors made by hand: each refusal beside its twin. */
import { describe, expect, it } from 'vitest'
import { createTrustAnchor, trustAnchorFromCertificate } from '../../../src/path/anchor.ts'
import { dnsNameProblem, hostOf, matchesDnsName } from '../../../src/path/dns-name.ts'
import { resolveNames, unmatchedNames } from '../../../src/path/identity.ts'
import type { NameExpectation } from '../../../src/path/identity.ts'
import { parseIpAddress } from '../../../src/path/ip-address.ts'
import { parseMailbox } from '../../../src/path/mailbox.ts'
import { parseUri, spiffeIdProblem, uriHost } from '../../../src/path/uri-name.ts'
import type { GeneralName } from '../../../src/x509/index.ts'
import { ca } from '../../support/hostile-worlds.ts'

describe('the host of an authority', () => {
  it.each([
    ['a.example', 'a.example'], ['A.Example.', 'a.example'], ['a.example:443', 'a.example'], ['a.example.:', 'a.example'], ['a_b-c.example', 'a_b-c.example'],
    ['localhost', 'localhost'], ['127.0.0.1:8443', '127.0.0.1'], ['[::1]:443', '[::1]'], ['[2001:DB8::1]', '[2001:db8::1]'], ['4.a', '4.a'],
  ])('%s: %s', (authority, host) => {
    expect(hostOf(authority)).toBe(host)
  })

  // The second is what a program that builds a URL of it reads, where it reads anything.
  it.each<[string, string | undefined]>([
    ['a.example\\.b.example', 'a.example'], ['a.example\\', 'a.example'], ['b.example@a.example', 'a.example'], ['a%2eexample', 'a.example'],
    ['b\u00aank.example', 'bank.example'], ['a\u00adb.example', 'ab.example'], ['127.1', '127.0.0.1'], ['0x7f.0.0.1', '127.0.0.1'], ['127.0.0.01', '127.0.0.1'],
    ['2130706433:443', '127.0.0.1'], ['a.example/b.example', 'a.example'], ['a.example?b', 'a.example'], ['a.example#b', 'a.example'], ['a.example..', 'a.example..'],
    ['a\tb.example', 'ab.example'], [' a.example', undefined], ['1.2.3.4.5', undefined], ['a.example:80:80', undefined], ['a.example:x', undefined], ['[::1].', undefined], ['[::1', undefined], ['::1', undefined], ['.', undefined], ['', undefined], [':443', undefined], ['*.example,b.example', undefined],
  ])('%s, which others read as %s: none', (authority, read) => {
    expect(hostOf(authority)).toBeUndefined()
    if (read !== undefined) expect(new URL(`http://${authority}`).hostname).toBe(read)
  })

  it('agrees with the URL parser on every host that it gives', () => {
    const marks = ['a', 'B', '1', '.', '-', '_', ':', '@', '/', '\\', '%', '[', ']', '?', '#', ' ', '\t', '*', '~', ',', ';', '+', '=', '\u00aa', '\u00ad', '\u00fc', '0x7', '%2e', 'xn--']
    for (const one of marks) {
      for (const two of marks) {
        for (const authority of [one + two, `${one}.${two}`, `a${one}${two}b`, `a.example${one}${two}`]) {
          const host = hostOf(authority)
          if (host === undefined || !URL.canParse(`http://${authority}`)) continue
          expect(new URL(`http://${authority}`).hostname.replace(/\.$/, ''), authority).toBe(host)
        }
      }
    }
  })
})

describe('dNSName against a reference (RFC 9525 6.3)', () => {
  it.each([
    ['example.com', 'example.com', true], ['EXAMPLE.com', 'example.com', true], ['example.com', 'www.example.com', false],
    ['*.example.com', 'www.example.com', true], ['*.example.com', 'example.com', false], ['*.example.com', 'a.b.example.com', false],
    ['w*.example.com', 'www.example.com', false], ['www.*.com', 'www.example.com', false], ['*', 'com', false],
    ['example.com.', 'example.com', false], ['xn--bcher-kva.example', 'xn--bcher-kva.example', true], ['', 'example.com', false],
    ['example.com\0.evil', 'example.com', false],
  ] as const)('%j matches %s: %s', (presented, reference, matches) => {
    expect(matchesDnsName(presented, reference)).toBe(matches)
  })
  it.each(['192.0.2.1', 'a..b', '-a.example', 'a-.example', `${'a'.repeat(64)}.example`, `example.${'a'.repeat(64)}`, 'a.example-', 'foo_bar.example', 'host.0x7f', 'bücher.example'])('%s is no host name', (name) => {
    expect(dnsNameProblem(name)).toBeDefined()
  })
  it.each(['a', 'localhost', 'a-b.example', '1.example', `${'a'.repeat(63)}.example`, `example.${'a'.repeat(63)}`])('%s is one', (name) => {
    expect(dnsNameProblem(name)).toBeUndefined()
  })
})

describe('addresses', () => {
  it.each([['127.0.0.1', '7f000001'], ['::', '0'.repeat(32)], ['::1', `${'0'.repeat(31)}1`], ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'], ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201']])('%s', (text, hex) => {
    expect(Buffer.from(parseIpAddress(text)!).toString('hex')).toBe(hex)
  })
  it.each(['127.1', '0x7f.0.0.1', '127.0.0.01', '256.0.0.1', '1.2.3.4.5', ':::', '1::2::3', '12345::', '::1%eth0', '[::1]', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8'.concat(':9')])('%s is none', (text) => {
    expect(parseIpAddress(text)).toBeUndefined()
  })
})

describe('mailboxes and URIs', () => {
  it.each([
    ['"a"@b.example', 'a'], ['"\\a.b"@b.example', 'a.b'], ['a@b.example', 'a'], ['"a\\ b"@b.example', '"a b"'], ['"a b"@b.example', '"a b"'],
    ['"a..b"@b.example', '"a..b"'], ['"a\\"\\\\"@b.example', '"a\\"\\\\"'], ['"@"@b.example', '"@"'], ['""@b.example', '""'], ['"A"@b.example', 'A'],
  ])('%s is the mailbox of %s, quoted no more than it must be', (text, local) => {
    expect(parseMailbox(text)).toEqual({ local, host: 'b.example' })
  })
  it.each(['a@example.com', '"a b"@example.com', 'a.b@EXAMPLE.com', '*@example.com'])('mailbox %s', (text) => {
    expect(parseMailbox(text)).toBeDefined()
  })
  it.each(['example.com', '@example.com', 'a@', 'a..b@example.com', 'a b@example.com', 'ü@example.com', 'a@192.0.2.1', 'a@b@c d'])('no mailbox %s', (text) => {
    expect(parseMailbox(text)).toBeUndefined()
  })
  it('the host of a URI stands after the last @ of the authority', () => {
    expect(uriHost('https://good:x@evil.example/p')).toBe('evil.example')
    expect(uriHost('https://good.example@evil.example')).toBe('evil.example')
    expect(uriHost('https://evil.example/@good.example')).toBe('evil.example')
    expect(uriHost('https://good.example:443/p')).toBe('good.example')
    expect(uriHost('https://[::1]/')).toBeUndefined()
    expect(uriHost('https://192.0.2.1/')).toBeUndefined()
    expect(uriHost('urn:a:b')).toBeUndefined()
    expect(parseUri('/relative')).toBeUndefined()
    expect(parseUri('https://a\\b')).toBeUndefined()
  })
  it.each(['spiffe://bank.example/pay', 'spiffe://bank.example'])('SPIFFE ID %s', (text) => {
    expect(spiffeIdProblem(text)).toBeUndefined()
  })
  it.each(['https://bank.example/pay', 'spiffe://Bank.example/pay', 'spiffe://bank.example/', 'spiffe://bank.example/a//b', 'spiffe://bank.example/../x', 'spiffe://bank.example/a?q', 'spiffe://u@bank.example/a', 'spiffe://bank.example:1/a', 'spiffe:///a'])('no SPIFFE ID %s', (text) => {
    expect(spiffeIdProblem(text)).toBeDefined()
  })
})

describe('expectations', () => {
  const names: readonly GeneralName[] = [
    { type: 'dNSName', value: 'a.example' }, { type: 'iPAddress', value: Uint8Array.of(192, 0, 2, 1) },
    { type: 'rfc822Name', value: 'a@B.example' }, { type: 'uniformResourceIdentifier', value: 'spiffe://bank.example/pay' },
  ]
  const met = (expectation: NameExpectation): boolean => {
    const resolved = resolveNames(expectation)
    return resolved === 'unchecked' || unmatchedNames(resolved, names).length === 0
  }
  it.each([
    [{ anyOf: [{ dns: 'A.example.' }] }, true], [{ anyOf: [{ dns: 'b.example' }] }, false], [{ anyOf: [{ ip: '192.0.2.1' }] }, true],
    [{ anyOf: [{ ip: '192.0.2.2' }] }, false], [{ anyOf: [{ email: 'a@b.example' }] }, true], [{ anyOf: [{ email: 'A@b.example' }] }, false],
    [{ anyOf: [{ uri: 'spiffe://bank.example/pay' }] }, true], [{ anyOf: [{ uri: 'spiffe://bank.example/pay/' }] }, false],
    [{ anyOf: [{ spiffeTrustDomain: 'bank.example' }] }, true], [{ anyOf: [{ spiffeTrustDomain: 'ank.example' }] }, false],
    [{ anyOf: [{ dns: 'b.example' }, { ip: '192.0.2.1' }] }, true], [{ allOf: [{ dns: 'b.example' }, { ip: '192.0.2.1' }] }, false],
    [{ allOf: [{ dns: 'a.example' }, { ip: '192.0.2.1' }] }, true], ['unchecked', true],
  ] as const)('%j: %s', (expectation, expected) => {
    expect(met(expectation as NameExpectation)).toBe(expected)
  })
  it.each([
    undefined, null, {}, { anyOf: [] }, { anyOf: [{}] }, { anyOf: [{ dns: 'a', ip: '::1' }] }, { anyOf: [{ dns: '' }] }, { anyOf: [{ dns: '*.example' }] },
    { anyOf: [{ dns: 'bücher.example' }] }, { anyOf: [{ ip: 'localhost' }] }, { anyOf: [{ email: 'nobody' }] }, { anyOf: [{ uri: 'relative' }] },
    { anyOf: new Array(1) }, { allOf: new Array(1) }, { anyOf: Object.assign([], { 1: { dns: 'b.example' } }) },
    { anyOf: [{ constructor: 'a' }] }, { anyOf: [{ toString: 'a' }] }, { anyOf: [JSON.parse('{"__proto__":"a"}')] },
    { anyOf: [{ spiffeId: 'https://x' }] }, { anyOf: [{ cn: 'x' }] }, { anyOf: [{ dns: 'a' }], allOf: [{ dns: 'a' }] }, 'any',
  ])('a mistake is a TypeError: %j', (expectation) => {
    expect(() => resolveNames(expectation as never)).toThrow(/^names/)
  })
  it.each<unknown>(['a', 'a.example', [['a.example']], [[{ dns: 'a.example' }]], { dns: 'a.example' }, 5])('how they are written is said for %j', (expectation) => {
    expect(() => resolveNames(expectation as never)).toThrow("names: required: { anyOf: [{ dns: 'a.example' }, …] } or { allOf: […] }, or 'unchecked' written out")
    expect(met({ anyOf: [{ dns: 'a.example' }] })).toBe(true)
  })
  it.each<unknown>(['a', 'a.example', { host: 'a.example' }, { toString: 'a.example' }, null])('the kinds of names are said for %j', (pattern) => {
    for (const mode of ['anyOf', 'allOf']) {
      expect(() => resolveNames({ [mode]: [{ dns: 'a.example' }, pattern] } as never))
        .toThrow(`names.${mode}[1]: expected exactly one of dns, ip, email, uri, spiffeId, spiffeTrustDomain, as in { dns: 'a.example' }`)
    }
  })
})

it('a wildcard is no name to ask for', () => {
  expect(() => resolveNames({ anyOf: [{ dns: '*.a.example' }] })).toThrow('names.anyOf[0].dns: not a host name (wildcard, where a host is meant)')
})

describe('an anchor of one’s own', () => {
  const anchor = trustAnchorFromCertificate(ca)
  const init = { name: anchor.name.toDer(), publicKey: anchor.publicKey }

  it('takes a parsed name as well as its DER', () => {
    expect(createTrustAnchor({ ...init, name: anchor.name }).name.key).toBe(anchor.name.key)
  })

  it.each([
    ['nothing', undefined, /^anchor: required: /], ['a text for a name', { ...init, name: 'CN=Root' }, /^anchor\.name: .*got String/],
    ['no key', { name: init.name }, /^anchor\.publicKey: .*got Undefined/], ['a certificate', anchor.certificate, /^anchor\.name: /],
    ['a number for constraints', { ...init, nameConstraints: 2 }, /^anchor\.nameConstraints: .*got Number/],
  ])('%s', (_, wrong, message) => {
    expect(() => createTrustAnchor(wrong as never)).toThrow(TypeError)
    expect(() => createTrustAnchor(wrong as never)).toThrow(message)
    expect(createTrustAnchor(init).name.key).toBe(anchor.name.key)
  })
})
