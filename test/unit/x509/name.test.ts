/** Distinguished names: comparison (RFC 5280 7.1, RFC 4518) and text (RFC 4514). */
import { describe, expect, it } from 'vitest'
import { Tag, encodeOid, encodeSequence, encodeSetOf, encodeString, encode, ParseError } from '../../../src/asn1/index.ts'
import { parseName } from '../../../src/x509/index.ts'
import type { Name } from '../../../src/x509/index.ts'

const attribute = (text: string, tag: number = Tag.utf8String, oid = '2.5.4.3'): Uint8Array => encodeSequence(encodeOid(oid), encodeString(tag, text))
const name = (...rdns: Uint8Array[][]): Name => parseName(encodeSequence(...rdns.map((attributes) => encodeSetOf(...attributes))))
const cn = (text: string, tag?: number): Name => name([attribute(text, tag)])

describe('equality', () => {
  it.each([
    ['case', cn('Example CA'), cn('eXAMPLE ca')], ['spaces', cn(' Example   CA '), cn('Example CA')],
    ['string types', cn('Example', Tag.printableString), cn('EXAMPLE', Tag.bmpString)],
    ['folding beyond ASCII', cn('STRASSE'), cn('straße')], ['compatibility forms', cn('ﬁle'), cn('FILE')],
    ['the order inside an RDN', name([attribute('a'), attribute('b', Tag.utf8String, '2.5.4.10')]), name([attribute('b', Tag.utf8String, '2.5.4.10'), attribute('a')])],
  ] as const)('%s does not matter', (_what, a, b) => {
    expect(a.equals(b)).toBe(true)
  })
  it.each([
    ['another value', cn('Example'), cn('Example2')], ['a control character', cn('exam\0ple'), cn('example')],
    ['a zero-width character', cn('exam\u200bple'), cn('example')], ['two RDNs and one of two', name([attribute('a')], [attribute('b')]), name([attribute('a'), attribute('b')])],
    ['the order of RDNs', name([attribute('a')], [attribute('b')]), name([attribute('b')], [attribute('a')])],
    ['letters assigned after Unicode 3.2', cn('Ⱥ'), cn('ⱥ')], ['another attribute', cn('a'), name([attribute('a', Tag.utf8String, '2.5.4.10')])],
  ] as const)('%s matters', (_what, a, b) => {
    expect(a.equals(b)).toBe(false)
  })
  it('a base with fewer RDNs contains a name, the other way round not', () => {
    const base = name([attribute('a')])
    const inside = name([attribute('A')], [attribute('b')])
    expect(inside.isWithin(base)).toBe(true)
    expect(base.isWithin(inside)).toBe(false)
  })
})

describe('text', () => {
  it('no name prints as another', () => {
    expect(cn('a,O=Bank').toString()).toBe('CN=a\\,O\\=Bank')
    expect(name([attribute('Bank', Tag.utf8String, '2.5.4.10')], [attribute('a')]).toString()).toBe('CN=a,O=Bank')
    expect(name([attribute('a'), attribute('b')]).toString()).toBe('CN=a+CN=b')
    expect(cn('a+CN=b').toString()).toBe('CN=a\\+CN\\=b')
  })
  it.each(['\u001b[31m', '\u202e', '\0', '\u200b', '\u3164', '</svg>', '\u2028'])('%j does not come out as it is', (text) => {
    expect(cn(`x${text}y`).toString()).not.toContain(text)
  })
})

describe('encoding', () => {
  it('an unsorted or empty RDN is refused, a sorted one is read', () => {
    const set = (...parts: Uint8Array[]): Uint8Array => encodeSequence(encode(Tag.set, ...parts))
    expect(() => parseName(set(attribute('b'), attribute('a')))).toThrow(ParseError)
    expect(() => parseName(set())).toThrow(ParseError)
    expect(() => parseName(set(attribute('a'), attribute('b')))).not.toThrow()
  })
})
