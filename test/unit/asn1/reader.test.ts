/** Every code of the DER layer, each beside a valid twin. */
import { describe, expect, it } from 'vitest'
import {
  DerReader, ParseError, Tag, checkWellFormed, encode, encodeBitString, encodeBoolean, encodeContext, encodeInteger, encodeOid,
  encodeSequence, encodeSetOf,
  encodeTime, readBitString, readBoolean, readBooleanDefaultFalse, readGeneralizedTime, readIntegerBytes, readNamedBits, readNull,
  readOctetAlignedBitString, readOid, readTime, readUnsignedInteger, stringContent, oidToBytes, encodeNamedBits, encodeUnsignedInteger,
} from '../../../src/asn1/index.ts'

type Read = (reader: DerReader) => unknown

const string: Read = (reader) => stringContent(reader, reader.next())
const oneElement: Read = (reader) => { reader.next(); reader.finish() }
const wellFormed: Read = (reader) => checkWellFormed(reader.bytes, 0, reader.end, 'value')
const nested = (depth: number): string => {
  let bytes = new Uint8Array()
  for (let i = 0; i < depth; i++) bytes = new Uint8Array(encodeSequence(bytes))
  return Buffer.from(bytes).toString('hex')
}

/** code, reader, refused, accepted */
const cases: readonly (readonly [string, Read, string, string])[] = [
  ['asn1/truncated', oneElement, '3003020101'.slice(0, 6), '3003020101'],
  ['asn1/truncated', oneElement, '30', '3000'],
  ['asn1/trailing-data', oneElement, '050000', '0500'],
  ['asn1/indefinite-length', oneElement, '30800000', '3000'],
  ['asn1/non-minimal-length', oneElement, '04810161', '040161'],
  ['asn1/non-minimal-length', oneElement, `04820080${'61'.repeat(128)}`, `048180${'61'.repeat(128)}`],
  ['asn1/high-tag-number', oneElement, '1f8100', '1e00'],
  ['asn1/too-large', oneElement, '0485000000000161', '040161'],
  ['asn1/unexpected-tag', (r) => readBoolean(r, 'b'), '0201ff', '0101ff'],
  ['asn1/missing-element', (r) => readBoolean(r, 'b'), '', '010100'],
  ['asn1/invalid-boolean', (r) => readBoolean(r, 'b'), '010101', '0101ff'],
  ['asn1/invalid-boolean', (r) => readBoolean(r, 'b'), '0102ffff', '0101ff'],
  ['asn1/encoded-default', (r) => readBooleanDefaultFalse(r, 'b'), '010100', '0101ff'],
  ['asn1/invalid-integer', (r) => readIntegerBytes(r, 'i'), '0200', '020100'],
  ['asn1/invalid-integer', (r) => readIntegerBytes(r, 'i'), '0202007f', '02020080'],
  ['asn1/invalid-integer', (r) => readIntegerBytes(r, 'i'), '0202ff80', '0202ff7f'],
  ['asn1/integer-out-of-range', (r) => readUnsignedInteger(r, 'i'), '0201ff', '02017f'],
  ['asn1/integer-out-of-range', (r) => readUnsignedInteger(r, 'i'), '020701000000000000', '0206010000000000'],
  ['asn1/invalid-null', (r) => readNull(r, 'n'), '050100', '0500'],
  ['asn1/invalid-oid', (r) => readOid(r, 'o'), '0600', '06012a'],
  ['asn1/invalid-oid', (r) => readOid(r, 'o'), '06032a8001', '06022a01'],
  ['asn1/invalid-oid', (r) => readOid(r, 'o'), '06022a81', '06032a8101'],
  ['asn1/oid-too-long', (r) => readOid(r, 'o'), `068181${'01'.repeat(129)}`, `068180${'01'.repeat(128)}`],
  ['asn1/oid-too-long', (r) => readOid(r, 'o'), `0616${'2a'}${'81'.repeat(20)}01`, `06152a${'81'.repeat(18)}0101`],
  ['asn1/invalid-bit-string', (r) => readBitString(r, 'b'), '0300', '030100'],
  ['asn1/invalid-bit-string', (r) => readBitString(r, 'b'), '0302080f', '0302040'.concat('0')],
  ['asn1/invalid-bit-string', (r) => readBitString(r, 'b'), '03020407', '03020470'],
  ['asn1/invalid-bit-string', (r) => readOctetAlignedBitString(r, 'b'), '03020470', '03020070'],
  ['asn1/invalid-string', string, '130140', '130141'],
  ['asn1/invalid-string', string, '120141', '120131'],
  ['asn1/invalid-string', string, '160180', '160141'],
  ['asn1/invalid-string', string, '0c02c080', '0c02c3a9'],
  ['asn1/invalid-string', string, '0c03eda080', '0c03e282ac'],
  ['asn1/invalid-string', string, '1e0141', '1e020041'],
  ['asn1/invalid-string', string, '1e02d800', '1e0220ac'],
  ['asn1/invalid-string', string, '1c0400110000', '1c040010ffff'],
  ['asn1/invalid-time', (r) => readTime(r, 't'), `170b${hex('2601010000Z')}`, `170d${hex('260101000000Z')}`],
  ['asn1/invalid-time', (r) => readTime(r, 't'), `170d${hex('260229000000Z')}`, `170d${hex('240229000000Z')}`],
  ['asn1/invalid-time', (r) => readTime(r, 't'), `170d${hex('260101240000Z')}`, `170d${hex('260101235959Z')}`],
  ['asn1/invalid-time', (r) => readTime(r, 't'), `170d${hex('2601010000+01')}`, `170d${hex('260101000000Z')}`],
  ['asn1/invalid-time', (r) => readGeneralizedTime(r, 't'), `1811${hex('20260101000000.5Z')}`, `180f${hex('20260101000000Z')}`],
  ['asn1/too-deep', wellFormed, nested(33), nested(32)],
]

function hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex')
}

describe('every refusal beside its twin', () => {
  it.each(cases.map(([code, read, bad, good], i) => ({ code, read, bad, good, i })))('$code ($i)', ({ code, read, bad, good }) => {
    const reader = (text: string): DerReader => new DerReader(new Uint8Array(Buffer.from(text, 'hex')))
    const error = (() => { try { read(reader(bad)) } catch (caught) { return caught } return undefined })()
    expect(error).toBeInstanceOf(ParseError)
    expect((error as ParseError).code).toBe(code)
    expect((error as ParseError).expected).not.toBe('')
    expect((error as ParseError).offset).toBeGreaterThanOrEqual(0)
    expect(() => read(reader(good))).not.toThrow()
  })

  it('10 000 nested sequences end at the cap, not at the stack', () => {
    const open = new Uint8Array(40_000)
    for (let i = 0; i < 10_000; i++) open.set([0x30, 0x82, 0xff, 0xff], i * 4)
    expect(() => checkWellFormed(open, 0, open.length, 'value')).toThrow(ParseError)
  })
})

describe('the writer is the reader’s inverse', () => {
  const read = (bytes: Uint8Array): DerReader => new DerReader(bytes)
  it.each([0, 1, 127, 128, 255, 256, 65535, 2 ** 40])('INTEGER %d', (value) => {
    expect(readUnsignedInteger(read(encodeInteger(value)), 'i')).toBe(value)
  })
  it.each([-1, -128, -129, -32768])('INTEGER %d is minimal', (value) => {
    const content = readIntegerBytes(read(encodeInteger(value)), 'i')
    expect(BigInt.asIntN(8 * content.length, BigInt(`0x${Buffer.from(content).toString('hex')}`))).toBe(BigInt(value))
  })
  it.each(['1.2.840.113549.1.1.11', '2.5.29.17', '0.9.2342', '2.999.1', '2.25.329800735698586629295641978511506172918'])('OID %s', (oid) => {
    expect(readOid(read(encodeOid(oid)), 'o')).toBe(oid)
  })
  it.each(['', '1', '3.1', '1.40', '1.2.', '1.02', 'a.b'])('no OID: %s', (oid) => {
    expect(() => oidToBytes(oid)).toThrow(TypeError)
  })
  it.each([0, 1, 0b100000, 0b1100000, 0b111111111])('named bits %d', (bits) => {
    expect(readNamedBits(read(encodeNamedBits(bits)), 'b', 9)).toBe(bits)
  })
  it.each(['1950-01-01T00:00:00Z', '1999-12-31T23:59:59Z', '2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])('time %s', (text) => {
    expect(readTime(read(encodeTime(new Date(text))), 't')).toBe(Date.parse(text))
  })
  it('200 000 parts, as an array', () => {
    const parts = Array.from({ length: 200_000 }, (_, i) => Uint8Array.of(Tag.octetString, 1, 199_999 - i & 0xff))
    for (const der of [encodeSequence(parts), encodeSetOf(parts), encodeContext(0, parts), encode(Tag.sequence, parts)]) {
      const reader = read(der)
      reader.next()
      expect(reader.stop - reader.start).toBe(600_000)
      expect(() => checkWellFormed(der, 0, der.length, 'value')).not.toThrow()
    }
    expect(encodeSequence(parts.slice(0, 3))).toEqual(encodeSequence(...parts.slice(0, 3)))
    expect(encodeSequence([])).toEqual(encodeSequence())
  })
  it('lengths, booleans, bit strings', () => {
    for (const length of [0, 127, 128, 255, 256, 65535, 65536]) {
      const reader = read(encode(Tag.octetString, new Uint8Array(length)))
      reader.next()
      expect(reader.stop - reader.start).toBe(length)
      expect(() => reader.finish()).not.toThrow()
    }
    expect(readBoolean(read(encodeBoolean(true)), 'b')).toBe(true)
    expect(readBitString(read(encodeBitString(Uint8Array.of(0xf0), 4)), 'b')).toEqual({ bytes: Uint8Array.of(0xf0), unusedBits: 4 })
    expect([...readIntegerBytes(read(encodeUnsignedInteger(Uint8Array.of(0x80))), 'i')]).toEqual([0, 0x80])
  })
})
