/**
 * The character string types, each checked against its alphabet (X.680 clause 41, X.690 8.23).
 */
import { DerReader } from './reader.ts'
import { Tag } from './tags.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Alphabet of PrintableString (X.680 41.4), as a 128-entry table. */
const printable = alphabet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")
const numeric = alphabet('0123456789 ')

function alphabet(characters: string): Uint8Array {
  const table = new Uint8Array(128)
  for (let i = 0; i < characters.length; i++) table[characters.charCodeAt(i)] = 1
  return table
}

/** True for an identifier octet of a string type that `stringContent` decodes. */
export function isStringTag(tag: number): boolean {
  switch (tag) {
    case Tag.utf8String: case Tag.printableString: case Tag.ia5String: case Tag.numericString:
    case Tag.visibleString: case Tag.teletexString: case Tag.bmpString: case Tag.universalString:
      return true
    default:
      return false
  }
}

/** Decodes the content of the string element read last, whose identifier octet was `tag`. */
export function stringContent(reader: DerReader, tag: number): string {
  switch (tag) {
    case Tag.utf8String: return utf8Content(reader)
    case Tag.printableString: return restricted(reader, printable, 'PrintableString')
    case Tag.numericString: return restricted(reader, numeric, 'NumericString')
    case Tag.ia5String: return ia5Content(reader)
    case Tag.visibleString: return ranged(reader, 0x20, 0x7e, 'VisibleString')
    // T.61 has no settled mapping; deployed certificates hold Latin-1. It is shown, never matched (see name-match).
    case Tag.teletexString: return ranged(reader, 0x00, 0xff, 'TeletexString')
    case Tag.bmpString: return wide(reader, 2, 'BMPString')
    case Tag.universalString: return wide(reader, 4, 'UniversalString')
    default:
      return reader.fail('asn1/unexpected-tag', reader.headerStart, 'a character string')
  }
}

/** The content read last as IA5String (ASCII). */
export function ia5Content(reader: DerReader): string {
  return ranged(reader, 0x00, 0x7f, 'IA5String')
}

/** The content read last as UTF8String: well-formed, shortest forms, no surrogates. */
export function utf8Content(reader: DerReader): string {
  const { bytes, start, stop } = reader
  let ascii = true
  for (let i = start; i < stop && ascii; i++) ascii = bytes[i]! < 0x80
  if (ascii) return latin1(bytes, start, stop)
  try {
    return utf8.decode(bytes.subarray(start, stop))
  } catch {
    return reader.fail('asn1/invalid-string', reader.headerStart, 'well-formed UTF-8')
  }
}

function ranged(reader: DerReader, low: number, high: number, type: string): string {
  const { bytes, start, stop } = reader
  for (let i = start; i < stop; i++) {
    const octet = bytes[i]!
    if (octet < low || octet > high) reader.fail('asn1/invalid-string', i, `the alphabet of ${type}`)
  }
  return latin1(bytes, start, stop)
}

function restricted(reader: DerReader, table: Uint8Array, type: string): string {
  const { bytes, start, stop } = reader
  for (let i = start; i < stop; i++) {
    if (table[bytes[i]!] !== 1) reader.fail('asn1/invalid-string', i, `the alphabet of ${type}`)
  }
  return latin1(bytes, start, stop)
}

function wide(reader: DerReader, width: 2 | 4, type: string): string {
  const { bytes, start, stop } = reader
  if ((stop - start) % width !== 0) {
    reader.fail('asn1/invalid-string', reader.headerStart, `${width} octets a character in a ${type}`)
  }
  let text = ''
  for (let i = start; i < stop; i += width) {
    let point = 0
    for (let k = 0; k < width; k++) point = point * 256 + bytes[i + k]!
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      reader.fail('asn1/invalid-string', i, `Unicode scalar values in a ${type}`)
    }
    text += String.fromCodePoint(point)
  }
  return text
}

/** One character an octet. Eight at a time: quicker than a view spread onto the stack, and safe for a hostile megabyte. */
function latin1(bytes: Uint8Array, start: number, stop: number): string {
  const { fromCharCode } = String
  let text = ''
  let i = start
  for (; i + 8 <= stop; i += 8) {
    text += fromCharCode(bytes[i]!, bytes[i + 1]!, bytes[i + 2]!, bytes[i + 3]!, bytes[i + 4]!, bytes[i + 5]!, bytes[i + 6]!, bytes[i + 7]!)
  }
  for (; i < stop; i++) text += fromCharCode(bytes[i]!)
  return text
}
