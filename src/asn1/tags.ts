export * as Tag from './tag.ts'

/** The identifier octet of a context-specific tag, for example `[0] IMPLICIT` or `[3] EXPLICIT`. */
export function contextTag(number: number, constructed: boolean): number {
  return 0x80 | (constructed ? 0x20 : 0) | number
}

const names: Readonly<Record<number, string>> = {
  0x01: 'BOOLEAN', 0x02: 'INTEGER', 0x03: 'BIT STRING', 0x04: 'OCTET STRING', 0x05: 'NULL',
  0x06: 'OBJECT IDENTIFIER', 0x0a: 'ENUMERATED', 0x0c: 'UTF8String', 0x12: 'NumericString',
  0x13: 'PrintableString', 0x14: 'TeletexString', 0x16: 'IA5String', 0x17: 'UTCTime',
  0x18: 'GeneralizedTime', 0x1a: 'VisibleString', 0x1c: 'UniversalString', 0x1e: 'BMPString',
  0x30: 'SEQUENCE', 0x31: 'SET',
  // What people give for DER that is none is mostly this.
  0x2d: 'a dash, as of PEM text, which parsePem reads', 0x4d: 'the letter M, as of Base64',
}

/** A readable name of an identifier octet, for error texts. */
export function tagName(tag: number): string {
  if (tag < 0) return 'end of data'
  const known = names[tag]
  if (known !== undefined) return known
  if ((tag & 0xc0) === 0x80) return `[${tag & 0x1f}]${tag & 0x20 ? ' constructed' : ''}`
  return `tag 0x${tag.toString(16).padStart(2, '0')}`
}
