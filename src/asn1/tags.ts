/** Identifier octets of the universal types that X.509 uses (X.690 8.1.2), constructed bit included. */
export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

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
}

/** A readable name of an identifier octet, for error texts. */
export function tagName(tag: number): string {
  if (tag < 0) return 'end of data'
  const known = names[tag]
  if (known !== undefined) return known
  if ((tag & 0xc0) === 0x80) return `[${tag & 0x1f}]${tag & 0x20 ? ' constructed' : ''}`
  return `tag 0x${tag.toString(16).padStart(2, '0')}`
}
