/**
 * Classes of published certificate-verification flaws, each beside a chain that differs only in the flaw and passes.
 */
import { describe, expect, test } from 'vitest'
import { ParseError, createVerifier, defaultBudget, parseCertificate } from 'countersign'
import type { NameExpectation, Verdict, VerifierOptions } from 'countersign'
import { concat, encode, encodeOid, encodeSequence, encodeSetOf, encodeString, encodeUnsignedInteger, encodeBitString, encodeNull } from 'countersign/asn1'
import { parseName } from 'countersign/x509'
import { attribute, bc, dns, eku, email, issue, ku, makeKeys, mappings, name, nc, policies, san, time, uri } from '../fixtures/issue.ts'
import type { Bytes, Ext, Keys, Template } from '../fixtures/issue.ts'

const rootKeys = makeKeys('root'), caKeys = makeKeys('ca'), subKeys = makeKeys('sub'), leafKeys = makeKeys('leaf')
const ca = [bc(true), ku(0x60)]
const clientAuth = '1.3.6.1.5.5.7.3.2', codeSigning = '1.3.6.1.5.5.7.3.3'
const host = san(dns('host.example'))

function make(subject: string, issuer: string, keys: Keys, signer: Keys, extensions: readonly Ext[], more: Partial<Template> = {}): Bytes {
  return issue({ subject: name(subject), issuer: name(issuer), keys, signer, extensions, ...more })
}
const root = make('Root', 'Root', rootKeys, rootKeys, ca)
const plainCa = make('CA', 'Root', caKeys, rootKeys, ca)
const leafOf = (extensions: readonly Ext[], more: Partial<Template> = {}): Bytes => make('leaf', 'CA', leafKeys, caKeys, extensions, more)

async function ask(leaf: Bytes, intermediates: readonly Bytes[], options: Partial<VerifierOptions> = {},
  names: NameExpectation = 'unchecked'): Promise<Verdict> {
  const verifier = createVerifier({ anchors: [root], purpose: 'serverAuth', revocation: 'none', clock: () => Date.UTC(2026, 0, 1), ...options })
  return verifier.verify({ leaf, intermediates, names })
}
const codeOf = (verdict: Verdict): string => verdict.ok ? 'accepted' : verdict.code

function parseCode(action: () => unknown): string {
  try {
    action()
    return 'parsed'
  } catch (error) {
    if (error instanceof ParseError) return error.code
    throw error
  }
}

interface Side { leaf: Bytes; via: readonly Bytes[]; names?: NameExpectation; options?: Partial<VerifierOptions> }
function twins(title: string, code: string, bad: Side, good: Side): void {
  test(title, async () => {
    expect(codeOf(await ask(bad.leaf, bad.via, bad.options, bad.names))).toBe(code)
    expect(codeOf(await ask(good.leaf, good.via, good.options, good.names))).toBe('accepted')
  })
}

describe('path rules', () => {
  const caWith = (...extensions: Ext[]): Bytes => make('CA', 'Root', caKeys, rootKeys, [...ca, ...extensions])
  const constrained = caWith(nc([dns('good.example')]))

  twins('one of several names lies outside the constraints', 'path/name-not-permitted',
    { leaf: leafOf([san(dns('a.good.example'), dns('b.evil.example'))]), via: [constrained] },
    { leaf: leafOf([san(dns('a.good.example'), dns('b.good.example'))]), via: [constrained] })

  const sub = (signer: Keys, ...extensions: Ext[]): Bytes => make('Sub', 'CA', subKeys, signer, [...ca, ...extensions])
  const subLeaf = (extensions: readonly Ext[]): Bytes => make('leaf', 'Sub', leafKeys, subKeys, extensions)
  const widened = [sub(caKeys, nc([dns('example')])), constrained]
  twins('a subordinate CA widens what it was permitted', 'path/name-not-permitted',
    { leaf: subLeaf([san(dns('a.evil.example'))]), via: widened },
    { leaf: subLeaf([san(dns('a.good.example'))]), via: widened })

  const short = make('CA', 'Root', caKeys, rootKeys, [bc(true, 0), ku(0x60)])
  twins('pathLenConstraint 0 above a CA', 'path/path-length-exceeded',
    { leaf: subLeaf([host]), via: [sub(caKeys), short] }, { leaf: leafOf([host]), via: [short] })

  twins('a client whose certificate is for signing code', 'path/extended-key-usage',
    { leaf: leafOf([host, eku(codeSigning)]), via: [plainCa], options: { purpose: 'clientAuth' } },
    { leaf: leafOf([host, eku(clientAuth)]), via: [plainCa], options: { purpose: 'clientAuth' } })

  twins('an unknown critical extension of the leaf', 'path/unknown-critical-extension',
    { leaf: leafOf([host, ['1.3.6.1.4.1.55555.1', true, encodeNull()]]), via: [plainCa] },
    { leaf: leafOf([host, ['1.3.6.1.4.1.55555.1', false, encodeNull()]]), via: [plainCa] })

  const noMail = caWith(nc([], [email('bad.example')]))
  const mail = (address: string): Partial<Template> => ({ subject: name('leaf', attribute('1.2.840.113549.1.9.1', address, 0x16)) })
  twins('an excluded mailbox in the subject only', 'path/name-excluded',
    { leaf: leafOf([host], mail('me@bad.example')), via: [noMail] },
    { leaf: leafOf([host], mail('me@good.example')), via: [noMail] })

  twins('an issuer that is no CA', 'path/not-a-ca',
    { leaf: leafOf([host]), via: [make('CA', 'Root', caKeys, rootKeys, [bc(false), ku(0x60)])] }, { leaf: leafOf([host]), via: [plainCa] })

  twins('an issuer without basicConstraints', 'path/not-a-ca',
    { leaf: leafOf([host]), via: [make('CA', 'Root', caKeys, rootKeys, [ku(0x60)])] }, { leaf: leafOf([host]), via: [plainCa] })

  twins('an issuer that has expired', 'path/expired',
    { leaf: leafOf([host]), via: [make('CA', 'Root', caKeys, rootKeys, ca, { notAfter: time(2025) })] },
    { leaf: leafOf([host]), via: [make('CA', 'Root', caKeys, rootKeys, ca, { notAfter: time(2027) })] })

  const uris = caWith(nc([uri('good.example')]))
  twins('a URI whose userinfo looks like the permitted host', 'path/name-not-permitted',
    { leaf: leafOf([san(uri('https://good.example:x@evil.example/'))]), via: [uris] },
    { leaf: leafOf([san(uri('https://evil.example:x@good.example/'))]), via: [uris] })

  twins('two CAs that signed each other', 'path/no-anchor',
    { leaf: leafOf([host]), via: [make('CA', 'Sub', caKeys, subKeys, ca), sub(caKeys)] },
    { leaf: leafOf([host]), via: [make('CA', 'Sub', caKeys, subKeys, ca), sub(caKeys), plainCa] })

  twins('a NUL inside a dNSName', 'path/name-mismatch',
    { leaf: leafOf([san(dns('host.example\0.evil.example'))]), via: [plainCa], names: { anyOf: [{ dns: 'host.example' }] } },
    { leaf: leafOf([host]), via: [plainCa], names: { anyOf: [{ dns: 'host.example' }] } })
})

describe('distinguished names', () => {
  const two = encodeSequence(attribute('2.5.4.10', 'Acme'), attribute('2.5.4.3', 'Root'))
  test.each([
    ['a comma in one value', encodeSequence(attribute('2.5.4.3', 'Root,O=Acme'))],
    ['an escaped comma', encodeSequence(attribute('2.5.4.3', 'Root\\,O=Acme'))],
    ['a plus sign', encodeSequence(attribute('2.5.4.10', 'Acme'), attribute('2.5.4.3', 'Root+'))],
    ['a NUL', encodeSequence(attribute('2.5.4.10', 'Acme'), attribute('2.5.4.3', 'Root\0'))],
    ['a NUL and more', encodeSequence(attribute('2.5.4.10', 'Acme'), attribute('2.5.4.3', 'Root\0.evil'))],
    ['a direction override', encodeSequence(attribute('2.5.4.10', 'Acme'), attribute('2.5.4.3', '\u202eRoot'))],
    ['a zero-width space', encodeSequence(attribute('2.5.4.10', 'Acme'), attribute('2.5.4.3', 'Ro\u200bot'))],
    ['one RDN of two attributes', encodeSequence(encodeSetOf(
      encodeSequence(encodeOid('2.5.4.3'), encodeString(0x0c, 'Root')), encodeSequence(encodeOid('2.5.4.10'), encodeString(0x0c, 'Acme'))))],
    ['the other order', encodeSequence(attribute('2.5.4.3', 'Root'), attribute('2.5.4.10', 'Acme'))],
  ])('%s does not print as another name', (_, der) => {
    expect(parseName(two).toString()).toBe('CN=Root,O=Acme')
    expect(parseName(der).toString()).not.toBe(parseName(two).toString())
  })

  test('a NUL does not end a value in a comparison', () => {
    expect(parseName(name('Root\0.evil')).equals(parseName(name('Root')))).toBe(false)
    expect(parseName(name('Root')).equals(parseName(name(' ROOT ')))).toBe(true)
  })

  test('an RDN of several attributes is equal whatever the string type and hence the order, and refused unsorted', () => {
    const pair = (oid: string, value: string, tag: number): Bytes => encodeSequence(encodeOid(oid), encodeString(tag, value))
    const sorted = parseName(encodeSequence(encodeSetOf(pair('2.5.4.3', 'Bob', 0x0c), pair('2.5.4.3', 'Al', 0x13))))
    const swapped = parseName(encodeSequence(encodeSetOf(pair('2.5.4.3', 'bob', 0x13), pair('2.5.4.3', 'al', 0x0c))))
    const different = parseName(encodeSequence(encodeSetOf(pair('2.5.4.3', 'bob', 0x13), pair('2.5.4.3', 'alan', 0x0c))))
    expect(sorted.equals(swapped)).toBe(true)
    expect(sorted.equals(different)).toBe(false)
    const unsorted = encodeSequence(encode(0x31, pair('2.5.4.10', 'Acme', 0x0c), pair('2.5.4.3', 'Root', 0x0c)))
    expect(parseCode(() => parseName(unsorted))).toBe('asn1/unsorted-set')
  })
})

describe('encodings', () => {
  const leaf = leafOf([host])
  test.each([
    ['an indefinite length', concat([Uint8Array.of(0x30, 0x80), leaf.subarray(4), Uint8Array.of(0, 0)]), 'asn1/indefinite-length'],
    ['a length longer than needed', concat([Uint8Array.of(0x30, 0x83, 0), leaf.subarray(2)]), 'asn1/non-minimal-length'],
    ['a length of five octets', concat([Uint8Array.of(0x30, 0x85, 0, 0, 0), leaf.subarray(2)]), 'asn1/too-large'],
    ['an octet after the end', concat([leaf, Uint8Array.of(0)]), 'asn1/trailing-data'],
    ['a last octet missing', leaf.subarray(0, -1), 'asn1/truncated'],
    ['no octet at all', new Uint8Array(0), 'asn1/missing-element'],
  ])('%s', async (_, der, code) => {
    expect(leaf[1]).toBe(0x82)
    expect(parseCode(() => parseCertificate(leaf))).toBe('parsed')
    expect(parseCode(() => parseCertificate(der))).toBe(code)
    expect(codeOf(await ask(der, [plainCa]))).toBe(code)
  })

  test('an octet after an extension’s value', async () => {
    const [id, critical, value] = host
    expect(codeOf(await ask(leafOf([[id, critical, concat([value, Uint8Array.of(5, 0)])]]), [plainCa]))).toBe('asn1/trailing-data')
  })

  test('an OID of 250 kB is refused before it is computed', async () => {
    const huge = encode(0x06, concat([new Uint8Array(250_000).fill(0xff), Uint8Array.of(1)]))
    const der = leafOf([host, ['2.5.29.32', false, encodeSequence(encodeSequence(huge))]])
    expect(codeOf(await ask(der, [plainCa]))).toBe('asn1/oid-too-long')
    expect(codeOf(await ask(leafOf([host, policies('2.5.29.32.0')]), [plainCa]))).toBe('accepted')
  })

  test('10 000 nested SEQUENCEs are refused by depth, not by the stack', async () => {
    const nested = (depth: number): Bytes => {
      let value = encodeSequence()
      for (let i = 1; i < depth; i++) value = encodeSequence(value)
      return value
    }
    const withValue = (value: Bytes): Bytes => leafOf([host], { subject: name('leaf', encodeSetOf(encodeSequence(encodeOid('2.5.4.45'), value))) })
    expect(codeOf(await ask(withValue(nested(10_000)), [plainCa]))).toBe('asn1/too-deep')
    expect(codeOf(await ask(withValue(nested(10)), [plainCa]))).toBe('accepted')
  })
})

describe('work that a peer may ask for', () => {
  const list = (count: number, of: string): Bytes[] => Array.from({ length: count }, (_, i) => dns(`n${i}.${of}`))
  const bounded = async (action: () => Promise<Verdict>): Promise<string> => {
    const verdict = await action()
    for (const [what, spent] of Object.entries(verdict.cost)) expect(spent).toBeLessThanOrEqual(defaultBudget[what as keyof typeof verdict.cost])
    return codeOf(verdict)
  }

  test('2 000 names under 2 000 constraints', async () => {
    const side = (count: number): Promise<Verdict> => ask(leafOf([san(...list(count, 'good.example'))]),
      [make('CA', 'Root', caKeys, rootKeys, [...ca, nc([dns('good.example')], list(count, 'evil.example'))])])
    expect(await bounded(() => side(2000))).toBe('budget/name-constraints')
    expect(await bounded(() => side(100))).toBe('accepted')
  })

  test('an RSA key of 16 384 bits', async () => {
    const rsa = (bits: number): Bytes => {
      const modulus = new Uint8Array(bits / 8).map((_, i) => (i * 37 + 11) & 0xff)
      modulus[0] = 0xc1
      modulus[modulus.length - 1] = 0x0d
      return encodeSequence(encodeSequence(encodeOid('1.2.840.113549.1.1.1'), encodeNull()),
        encodeBitString(encodeSequence(encodeUnsignedInteger(modulus), encodeUnsignedInteger(Uint8Array.of(1, 0, 1)))))
    }
    expect(await bounded(() => ask(leafOf([host], { spki: rsa(16_384) }), [plainCa]))).toBe('crypto/key-too-large')
    const rsaCa = make('CA', 'Root', caKeys, rootKeys, ca, { spki: rsa(16_384) })
    expect(await bounded(() => ask(leafOf([host]), [rsaCa]))).toBe('crypto/key-too-large')
    expect(await bounded(() => ask(leafOf([host], { spki: rsa(4096) }), [plainCa]))).toBe('accepted')
  })

  test('20 CAs that all signed each other, with a way to the anchor and without', async () => {
    const keys = Array.from({ length: 20 }, (_, i) => makeKeys(`mesh ${i}`))
    const mesh = keys.flatMap((own, i) => keys.flatMap((signer, j) => i === j ? [] : [make(`M${i}`, `M${j}`, own, signer, ca)]))
    const leaf = make('leaf', 'M19', leafKeys, keys[19]!, [host])
    const door = make('M0', 'Root', keys[0]!, rootKeys, ca)
    expect(await bounded(() => ask(leaf, [...mesh, door]))).toBe('accepted')
    expect(await bounded(() => ask(leaf, mesh))).toMatch(/^(path\/no-anchor|budget\/search-steps)$/)
    // The door’s signature is bad: whatever is tried, the checks are counted.
    const broken = make('M0', 'Root', keys[0]!, rootKeys, ca, { breakSignature: true })
    expect(await bounded(() => ask(leaf, [...mesh, broken]))).toMatch(/^(crypto\/invalid-signature|budget\/(signatures|search-steps))$/)
  })

  test('policies and mappings made to explode', async () => {
    const chain = (levels: number, width: number): [Bytes, Bytes[]] => {
      const ids = Array.from({ length: width }, (_, i) => `1.3.6.1.4.1.55555.2.${i}`)
      const all = ids.flatMap((from) => ids.map((to): [string, string] => [from, to]))
      const keys = [rootKeys, ...Array.from({ length: levels }, (_, i) => makeKeys(`level ${i}`))]
      const via = keys.slice(1).map((own, i) => make(`L${i + 1}`, i === 0 ? 'Root' : `L${i}`, own, keys[i]!,
        [...ca, policies(...ids), mappings(...all)]))
      return [make('leaf', `L${levels}`, leafKeys, keys[levels]!, [host, policies(...ids)]), via]
    }
    const strict: Partial<VerifierOptions> = { policies: { requireExplicitPolicy: true } }
    const [leaf, via] = chain(12, 40)
    expect(await bounded(() => ask(leaf, via, strict))).toBe('budget/policy-nodes')
    const [small, smallVia] = chain(3, 3)
    expect(await bounded(() => ask(small, smallVia, strict))).toBe('accepted')
  })
})

describe('policies', () => {
  // A mapping to anyPolicy is refused by RFC 5280 6.1.4(a); the explanation walks such paths too, and must stay typed.
  const anyPolicy = '2.5.29.32.0'
  const middle = (target: string): readonly Bytes[] => [
    make('CA', 'Sub', caKeys, subKeys, [...ca, policies(anyPolicy), mappings(['1.2.3.8', '1.2.3.9'])]),
    make('Sub', 'Root', subKeys, rootKeys, [...ca, policies('1.2.3.1'), mappings(['1.2.3.1', target])]),
  ]
  const leaf = leafOf([host, policies('1.2.3.9')])
  twins('a mapping to anyPolicy', 'path/policy-mapping-any', { leaf, via: middle(anyPolicy) }, { leaf, via: middle('1.2.3.2') })
})

describe('cost', () => {
  test('a hostile name is cut in the details of an issue', async () => {
    const leaf = leafOf([san(uri(`https://host.example/${'x'.repeat(100_000)}`))])
    const via = [make('CA', 'Root', caKeys, rootKeys, [...ca, nc([uri('other.example')])])]
    const verdict = await ask(leaf, via)
    expect(codeOf(verdict)).not.toBe('accepted')
    expect(JSON.stringify(verdict).length).toBeLessThan(10_000)
  })

  test('candidates that cannot be read count, too', async () => {
    const junk = Array.from({ length: 20 }, (_, i) => Uint8Array.of(0x30, i, 1))
    expect(codeOf(await ask(leafOf([host]), [plainCa, ...junk], { budget: { candidates: 20 } }))).toBe('budget/candidates')
    expect(codeOf(await ask(leafOf([host]), [plainCa, ...junk], { budget: { candidates: 21 } }))).toBe('accepted')
  })
})
