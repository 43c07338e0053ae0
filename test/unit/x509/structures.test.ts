/** Revocation lists, requests and bundles: every field, and every refusal beside its twin. */
import { describe, expect, it } from 'vitest'
import {
  ParseError, concat, encode, encodeBitString, encodeContext, encodeInteger, encodeNull, encodeOid, encodeSequence, encodeSetOf,
} from '../../../src/asn1/index.ts'
import { encodePem, parseCertificate, parseCertificateBundle, parseCertificateList, parseCertificateRequest, parseCertificates, parsePem } from '../../../src/x509/index.ts'
import { aki, ecdsaSha256, ecdsaSha384, ku, name, san, dns, time } from '../../../fixtures/issue.ts'
import type { Bytes, Ext } from '../../../fixtures/issue.ts'
import { ca, caKeys, goodChain, leafKeys } from '../../support/hostile-worlds.ts'
import { bundle, crl, csr, extensionRequest } from '../../support/structures.ts'

const { leaf } = goodChain()
const signature = encodeBitString(Uint8Array.of(0x30, 6, 2, 1, 1, 2, 1, 1))

function codeOf(action: () => unknown): string {
  try {
    action()
    return 'parsed'
  } catch (error) {
    if (error instanceof ParseError && error.offset >= 0 && error.expected !== '') return error.code
    throw error
  }
}

/** title, code, refused, accepted */
type Row = readonly [title: string, code: string, refused: Bytes, accepted: Bytes]
function rows(parse: (der: Bytes) => unknown, list: readonly Row[]): void {
  it.each(list)('%s: %s', (_, code, refused, accepted) => {
    expect(codeOf(() => parse(refused))).toBe(code)
    expect(codeOf(() => parse(accepted))).toBe('parsed')
  })
}

/** An empty element more, at the end of an outermost SEQUENCE. */
const longer = (der: Bytes): Bytes => encode(0x30, der.subarray(headerLength(der)), encodeNull())
const headerLength = (der: Bytes): number => der[1]! < 0x80 ? 2 : 2 + (der[1]! & 0x7f)

describe('parseCertificateList', () => {
  const parse = (der: Bytes): unknown[] => [...parseCertificateList(der).revokedCertificates]
  const reason: Ext = ['2.5.29.21', false, Uint8Array.of(0x0a, 1, 1)]

  it('reads every field', () => {
    const list = parseCertificateList(crl([1, 128, 300], { extensions: [aki(caKeys.id)], entry: [reason] }))
    expect(list).toMatchObject({ version: 2, thisUpdate: new Date('2026-01-01T00:00:00Z'), nextUpdate: new Date('2027-01-01T00:00:00Z') })
    expect(list.issuer.toString()).toBe('CN=CA')
    expect(list.extensions.map(({ oid }) => oid)).toEqual(['2.5.29.35'])
    const entries = [...list.revokedCertificates]
    expect(entries.map(({ serialNumber }) => serialNumber)).toEqual(['01', '0080', '012c'])
    expect(entries[0]).toMatchObject({ revocationDate: new Date('2026-01-01T00:00:00Z'), extensions: [{ oid: '2.5.29.21' }] })
    // It can be walked again.
    expect([...list.revokedCertificates]).toHaveLength(3)
    expect(Buffer.from(list.tbsCertList).subarray(0, 1).toString('hex')).toBe('30')
  })

  it('reads version 1, and one without entries or a next update', () => {
    expect(parseCertificateList(crl([7], { version: 0 })).version).toBe(1)
    const bare = encodeSequence(encodeSequence(ecdsaSha256, name('CA'), time(2026)), ecdsaSha256, signature)
    const list = parseCertificateList(bare)
    expect(list.nextUpdate).toBeUndefined()
    expect([...list.revokedCertificates]).toEqual([])
  })

  it('keeps both algorithms, for a rule to compare', () => {
    const list = parseCertificateList(encodeSequence(encodeSequence(ecdsaSha384, name('CA'), time(2026)), ecdsaSha256, signature))
    expect(list.innerSignatureAlgorithm.oid).not.toBe(list.signatureAlgorithm.oid)
  })

  it('copies its input', () => {
    const der = crl([1])
    const list = parseCertificateList(der)
    der.fill(0)
    expect([...list.revokedCertificates][0]!.serialNumber).toBe('01')
  })

  const entry = (...parts: Bytes[]): Bytes => encodeSequence(
    encodeSequence(encodeInteger(1), ecdsaSha256, name('CA'), time(2026), encodeSequence(encodeSequence(parts))), ecdsaSha256, signature)
  const sound = entry(encodeInteger(1), time(2026))
  rows(parse, [
    ['a version other than 2', 'x509/unsupported-version', crl([1], { version: 2 }), crl([1])],
    ['version 1 written out', 'x509/unsupported-version', encodeSequence(encodeSequence(encodeInteger(0), ecdsaSha256, name('CA'), time(2026)), ecdsaSha256, signature), crl([1], { version: 0 })],
    ['something after the last field', 'asn1/trailing-data', crl([1], { tail: [encodeNull()] }), crl([1])],
    ['something after the signature', 'asn1/trailing-data', longer(crl([1])), crl([1])],
    ['something after the list', 'asn1/trailing-data', concat([crl([1]), encodeNull()]), crl([1])],
    ['an entry without a serial number', 'asn1/unexpected-tag', entry(time(2026)), sound],
    ['an entry without a date', 'asn1/unexpected-tag', entry(encodeInteger(1), encodeNull()), sound],
    ['a serial number that is longer than needed', 'asn1/invalid-integer', entry(Uint8Array.of(2, 2, 0, 1), time(2026)), sound],
    ['a date that does not exist', 'asn1/invalid-time', entry(encodeInteger(1), encode(0x17, new TextEncoder().encode('260230000000Z'))), sound],
    ['something after an entry', 'asn1/trailing-data', entry(encodeInteger(1), time(2026), encodeSequence(encodeSequence(encodeOid('1.2.3'), encode(4))), encodeNull()), sound],
    ['a signature that is not whole octets', 'asn1/invalid-bit-string',
      encodeSequence(encodeSequence(ecdsaSha256, name('CA'), time(2026)), ecdsaSha256, encodeBitString(Uint8Array.of(0xf0), 4)), crl([1])],
    ['no issuer', 'asn1/unexpected-tag', encodeSequence(encodeSequence(ecdsaSha256, time(2026)), ecdsaSha256, signature), crl([1])],
  ])

  it('an entry that is malformed spoils none before it', () => {
    const list = parseCertificateList(encodeSequence(encodeSequence(encodeInteger(1), ecdsaSha256, name('CA'), time(2026),
      encodeSequence(encodeSequence(encodeInteger(1), time(2026)), encodeSequence(encodeInteger(2)))), ecdsaSha256, signature))
    const walk = list.revokedCertificates[Symbol.iterator]()
    expect(walk.next().value!.serialNumber).toBe('01')
    expect(codeOf(() => walk.next())).toMatch(/^asn1\//)
  })
})

describe('parseCertificateRequest', () => {
  const asked = extensionRequest(san(dns('host.example')), ku(1))
  const attribute = (oid: string, ...values: Bytes[]): Bytes => encodeSequence(encodeOid(oid), encodeSetOf(values))
  const challenge = attribute('1.2.840.113549.1.9.7', encode(0x13, Uint8Array.of(0x41)))

  it('reads every field', () => {
    const request = parseCertificateRequest(csr(leafKeys, { attributes: [challenge, asked] }))
    expect(request.subject.toString()).toBe('CN=host.example')
    expect(Buffer.from(request.subjectPublicKeyInfo.raw).equals(Buffer.from(leafKeys.spki))).toBe(true)
    expect(request.attributes.map(({ type }) => type)).toEqual(['1.2.840.113549.1.9.7', '1.2.840.113549.1.9.14'])
    expect(request.attributes[0]!.values.map((value) => Buffer.from(value).toString('hex'))).toEqual(['130141'])
    expect(request.requestedExtensions.map(({ oid }) => oid)).toEqual(['2.5.29.17', '2.5.29.15'])
    expect(parseCertificateRequest(csr(leafKeys))).toMatchObject({ attributes: [], requestedExtensions: [] })
  })

  rows(parseCertificateRequest, [
    ['another version', 'x509/unsupported-version', csr(leafKeys, { version: 1 }), csr(leafKeys)],
    ['no attributes', 'asn1/missing-element', encodeSequence(encodeSequence(encodeInteger(0), name('a'), leafKeys.spki), ecdsaSha256, signature), csr(leafKeys)],
    ['something after the attributes', 'asn1/trailing-data', csr(leafKeys, { tail: [encodeNull()] }), csr(leafKeys)],
    ['something after the signature', 'asn1/trailing-data', longer(csr(leafKeys)), csr(leafKeys)],
    ['something after the request', 'asn1/trailing-data', concat([csr(leafKeys), encodeNull()]), csr(leafKeys)],
    ['an attribute of three parts', 'asn1/trailing-data',
      csr(leafKeys, { attributes: [encodeSequence(encodeOid('1.2.3'), encodeSetOf(encodeNull()), encodeNull())] }), csr(leafKeys, { attributes: [attribute('1.2.3', encodeNull())] })],
    ['a value that is not DER', 'asn1/truncated', csr(leafKeys, { attributes: [attribute('1.2.3', encode(0x30, Uint8Array.of(4, 9)))] }), csr(leafKeys, { attributes: [attribute('1.2.3', encode(0x30, Uint8Array.of(4, 0)))] })],
    ['extensions that are none', 'asn1/unexpected-tag', csr(leafKeys, { attributes: [attribute('1.2.840.113549.1.9.14', encodeNull())] }), csr(leafKeys, { attributes: [asked] })],
    ['a key that is none', 'asn1/unexpected-tag', encodeSequence(encodeSequence(encodeInteger(0), name('a'), encodeNull(), encodeContext(0)), ecdsaSha256, signature), csr(leafKeys)],
  ])
})

describe('parseCertificateBundle', () => {
  it('gives the certificates in their order, and nothing of what else is in it', () => {
    const found = parseCertificateBundle(bundle([leaf, ca], { crls: [crl([1])] }))
    expect(found.map((certificate) => certificate.subject.toString())).toEqual(['CN=leaf', 'CN=CA'])
    expect(parseCertificateBundle(bundle([]))).toEqual([])
    // An attribute certificate ([2]) is skipped.
    expect(parseCertificateBundle(bundle([encodeContext(2, encodeNull()), ca]))).toHaveLength(1)
  })

  rows(parseCertificateBundle, [
    ['another content', 'x509/unsupported-content', bundle([ca], { type: '1.2.840.113549.1.7.1' }), bundle([ca])],
    ['no content', 'asn1/missing-element', encodeSequence(encodeOid('1.2.840.113549.1.7.2')), bundle([])],
    ['something after the signers', 'asn1/trailing-data', bundle([ca], { tail: [encodeNull()] }), bundle([ca])],
    ['something after the bundle', 'asn1/trailing-data', concat([bundle([ca]), encodeNull()]), bundle([ca])],
    ['something after the content', 'asn1/trailing-data', longer(bundle([ca])), bundle([ca])],
    ['a certificate cut short', 'asn1/truncated', bundle([encode(0x30, ca.subarray(headerLength(ca), -1))]), bundle([ca])],
    ['a certificate that is none', 'asn1/unexpected-tag', bundle([encodeSequence(encodeNull())]), bundle([ca])],
    ['a list that is not DER', 'asn1/truncated', bundle([ca], { crls: [encode(0x30, Uint8Array.of(4, 9))] }), bundle([ca], { crls: [encode(0x30, Uint8Array.of(4, 0))] })],
  ])
})

describe('parsePem', () => {
  const pem = encodePem('CERTIFICATE', ca)
  const lines = pem.trimEnd().split('\n')
  const joined = (...parts: readonly string[]): string => `${parts.join('\n')}\n`

  it('reads what encodePem wrote, with text around it, any line ends and white space', () => {
    for (const text of [pem, `text\n${pem}text`, pem.replaceAll('\n', '\r\n'), pem.replaceAll('\n', '\r'), `\ufeff${pem}`, pem.replace(/^/gm, '  \t'), pem.trimEnd(), joined(lines[0]!, ...lines.slice(1, -1).map((line) => ` ${line}\t`), lines.at(-1)!)]) {
      expect(parsePem(text).map(({ label, bytes }) => [label, Buffer.from(bytes).equals(Buffer.from(ca))])).toEqual([['CERTIFICATE', true]])
    }
    for (let length = 0; length < 8; length++) expect(parsePem(encodePem('X', ca.subarray(0, length)))[0]!.bytes).toHaveLength(length)
  })

  it.each([
    ['nothing', 'x509/empty-pem', ''], ['text only', 'x509/empty-pem', 'no block'], ['one line', 'x509/empty-pem', lines.join(' ')], ['text before the dashes', 'x509/malformed-pem', joined(`x${lines[0]!}`, ...lines.slice(1))],
    ['text behind the dashes', 'x509/empty-pem', joined(`${lines[0]!}x`, ...lines.slice(1, -1))], ['a label without an end', 'x509/empty-pem', `-----BEGIN ${'X'.repeat(65)}-----\n`], ['no END', 'x509/malformed-pem', joined(...lines.slice(0, -1))],
    ['no BEGIN', 'x509/malformed-pem', joined(...lines.slice(1))], ['two BEGINs', 'x509/malformed-pem', joined(lines[0]!, ...lines)],
    ['another END', 'x509/malformed-pem', joined(...lines.slice(0, -1), '-----END X509 CRL-----')], ['a foreign character', 'x509/malformed-pem', joined(lines[0]!, 'AA*A', lines.at(-1)!)],
    ['a letter beyond ASCII', 'x509/malformed-pem', joined(lines[0]!, 'AAéA', lines.at(-1)!)], ['three characters', 'x509/malformed-pem', joined(lines[0]!, 'AAA', lines.at(-1)!)],
    ['padding in the middle', 'x509/malformed-pem', joined(lines[0]!, 'AA==AAAA', lines.at(-1)!)], ['three of padding', 'x509/malformed-pem', joined(lines[0]!, 'A===', lines.at(-1)!)],
    ['bits in the padding', 'x509/malformed-pem', joined(lines[0]!, 'AB==', lines.at(-1)!)], ['the alphabet of URLs', 'x509/malformed-pem', joined(lines[0]!, 'AA-_', lines.at(-1)!)],
  ])('%s: %s', (_, code, text) => {
    expect(codeOf(() => parsePem(text))).toBe(code)
    expect(codeOf(() => parsePem(pem))).toBe('parsed')
  })

  it('counts the characters of what any line ends with', () => {
    for (const end of ['\n', '\r', '\r\n']) {
      expect(() => parsePem(`text${end}-----END X-----`)).toThrow(`at offset ${4 + end.length}:`)
      expect(parsePem(`text${end}${pem}`)).toHaveLength(1)
    }
  })

  it('what is no text is the caller’s mistake', () => {
    expect(() => parsePem(ca as never)).toThrow(TypeError)
    expect(() => parsePem(ca as never)).toThrow('pem: expected PEM text as a string')
    expect(parsePem(pem)).toHaveLength(1)
  })

  it('has at least one block, and a text of certificates one certificate, in the types too', () => {
    const [block] = parsePem(pem)
    const [certificate] = parseCertificates(pem)
    expect(certificate.subject.toString()).toBe(parseCertificate(block.bytes).subject.toString())
  })
})
