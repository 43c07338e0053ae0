/** Every code of the DER layer, each beside a valid twin. */
import { describe, expect, it } from 'vitest'
import {
  DerReader, ParseError, Tag, checkWellFormed, encode, encodeBitString, encodeBoolean, encodeContext, encodeInteger, encodeOid,
  encodeSequence, encodeSetOf, encodeTime, readBitString, readBoolean, readIntegerBytes, readNamedBits,
  readOid, readTime, readUnsignedInteger, oidToBytes, encodeNamedBits, encodeUnsignedInteger,
} from '../../../src/asn1/index.ts'
import * as asn1 from '../../../src/asn1/index.ts'
import { refusals } from './refusals.ts'

describe('every refusal beside its twin', () => {
  it.each(refusals(asn1).map(([code, read, bad, good], i) => ({ code, read, bad, good, i })))('$code ($i)', ({ code, read, bad, good }) => {
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
  it('thousands of OIDs, of which many hash to the place of another', () => {
    const oids = Array.from({ length: 5000 }, (_, i) => `${i % 3}.${i % 39}.${i}.${(i * 7919) % 257}`)
    for (let again = 0; again < 2; again++) for (const oid of oids) expect(readOid(read(encodeOid(oid)), 'o')).toBe(oid)
    // One that is the beginning of another, and one octet apart.
    for (const oid of ['1.2.3', '1.2.3.4', '1.2.3', '1.2.4', '1.2.3.4.0', '1.2.3.4']) expect(readOid(read(encodeOid(oid)), 'o')).toBe(oid)
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
