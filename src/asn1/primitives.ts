/**
 * The primitive types of DER: each function takes a reader that stands before the element,
 * checks the tag and the canonical form, and returns the value.
 */
import { DerReader } from './reader.ts'
import * as Tag from './tag.ts'
import { oidFromBytes } from './oid.ts'

/** BOOLEAN. TRUE is FF and nothing else (X.690 11.1). */
export function readBoolean(reader: DerReader, what: string): boolean {
  reader.expect(Tag.boolean, what)
  return booleanContent(reader)
}

function booleanContent(reader: DerReader): boolean {
  const value = reader.bytes[reader.start]!
  if (reader.stop - reader.start !== 1 || (value !== 0 && value !== 0xff)) {
    reader.fail('asn1/invalid-boolean', reader.headerStart, 'one octet, 00 or FF (X.690 11.1)')
  }
  return value === 0xff
}

/** BOOLEAN DEFAULT FALSE: absent is false, and an encoded FALSE is refused (X.690 11.5). */
export function readBooleanDefaultFalse(reader: DerReader, what: string): boolean {
  return readDefaultFalse(reader, Tag.boolean, what)
}

/** The same under an implicit context tag. */
export function readDefaultFalse(reader: DerReader, tag: number, what: string): boolean {
  if (reader.peek() !== tag) return false
  reader.next()
  if (!booleanContent(reader)) {
    reader.fail('asn1/encoded-default', reader.headerStart, `${what} left out when FALSE (X.690 11.5)`)
  }
  return true
}

/** Checks the content of an INTEGER read last: at least one octet, and no more than needed (X.690 8.3). */
export function checkIntegerContent(reader: DerReader): void {
  const { bytes, start, stop } = reader
  if (start === stop) reader.fail('asn1/invalid-integer', reader.headerStart, 'at least one octet (X.690 8.3.1)')
  if (stop - start > 1) {
    const first = bytes[start]!
    const second = bytes[start + 1]!
    if ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)) {
      reader.fail('asn1/invalid-integer', reader.headerStart, 'the shortest two’s complement form (X.690 8.3.2)')
    }
  }
}

/** INTEGER as a view of its two’s complement octets. */
export function readIntegerBytes(reader: DerReader, what: string, tag: number = Tag.integer): Uint8Array {
  reader.expect(tag, what)
  checkIntegerContent(reader)
  return reader.content()
}

/** INTEGER (0..MAX) as a number. Refuses negative values and values beyond 2^48 - 1. */
export function readUnsignedInteger(reader: DerReader, what: string, tag: number = Tag.integer): number {
  reader.expect(tag, what)
  checkIntegerContent(reader)
  const { bytes, start, stop } = reader
  if (bytes[start]! >= 0x80 || stop - start > 6) {
    reader.fail('asn1/integer-out-of-range', reader.headerStart, `${what} between 0 and 2^48 - 1`)
  }
  let value = 0
  for (let i = start; i < stop; i++) value = value * 256 + bytes[i]!
  return value
}

/** OBJECT IDENTIFIER in dotted form. */
export function readOid(reader: DerReader, what: string, tag: number = Tag.oid): string {
  reader.expect(tag, what)
  return oidFromBytes(reader)
}

/** NULL, which has no content. */
export function readNull(reader: DerReader, what: string): void {
  reader.expect(Tag.null, what)
  if (reader.stop !== reader.start) reader.fail('asn1/invalid-null', reader.headerStart, 'no content octets')
}

export interface BitString {
  /** The octets, without the leading count. */
  readonly bytes: Uint8Array
  /** How many low bits of the last octet are padding; they are zero (X.690 11.2.1). */
  readonly unusedBits: number
}

/** Checks the content of a BIT STRING read last, and returns its count of unused bits, which must be zero (X.690 11.2.1). */
function unusedBitsOf(reader: DerReader): number {
  const { bytes, start, stop } = reader
  const unusedBits = start < stop ? bytes[start]! : 8
  if (unusedBits > 7 || (unusedBits > 0 && stop - start === 1)) {
    reader.fail('asn1/invalid-bit-string', reader.headerStart, 'a count of 0 to 7 unused bits (X.690 8.6.2)')
  }
  if ((bytes[stop - 1]! & ((1 << unusedBits) - 1)) !== 0) {
    reader.fail('asn1/invalid-bit-string', reader.headerStart, 'unused bits that are zero (X.690 11.2.1)')
  }
  return unusedBits
}

/** BIT STRING; padding bits must be zero (X.690 11.2.1). */
export function readBitString(reader: DerReader, what: string, tag: number = Tag.bitString): BitString {
  reader.expect(tag, what)
  const unusedBits = unusedBitsOf(reader)
  return { bytes: reader.bytes.subarray(reader.start + 1, reader.stop), unusedBits }
}

/** Checks that the BIT STRING read last is a whole number of octets. */
export function checkOctetAlignedContent(reader: DerReader, what: string): void {
  if (unusedBitsOf(reader) !== 0) reader.fail('asn1/invalid-bit-string', reader.headerStart, `${what} in whole octets`)
}

/** BIT STRING that must be a whole number of octets: a key or a signature. */
export function readOctetAlignedBitString(reader: DerReader, what: string): Uint8Array {
  reader.expect(Tag.bitString, what)
  checkOctetAlignedContent(reader, what)
  return reader.bytes.subarray(reader.start + 1, reader.stop)
}

/**
 * A BIT STRING with named bits, as a number whose bit i is named bit i.
 *
 * @deviation X.690 11.2.2: trailing zero bits, which DER leaves out, are accepted. Roots in every trust store
 * carry them in keyUsage, and they cannot change which bits are set.
 */
export function readNamedBits(reader: DerReader, what: string, count: number, tag: number = Tag.bitString): number {
  const { bytes } = readBitString(reader, what, tag)
  let value = 0
  for (let bit = 0; bit < count; bit++) {
    const octet = bytes[bit >> 3]
    if (octet !== undefined && (octet & (0x80 >> (bit & 7))) !== 0) value |= 1 << bit
  }
  return value
}

/** OCTET STRING, as a view. */
export function readOctetString(reader: DerReader, what: string, tag: number = Tag.octetString): Uint8Array {
  reader.expect(tag, what)
  return reader.content()
}
