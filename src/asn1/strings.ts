/**
 * The character string types, each checked against its alphabet (X.680 clause 41, X.690 8.23).
 */
import { DerReader } from './reader.ts'
import { tagName } from './tags.ts'
import * as Tag from './tag.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The alphabets of the types of one octet a character (X.680 41.4), as tables of 256 entries. */
const alphabets: Readonly<Record<number, Uint8Array>> = {
  [Tag.printableString]: alphabet(/[A-Za-z0-9 '()+,\-./:=?]/),
  [Tag.numericString]: alphabet(/[0-9 ]/),
  [Tag.ia5String]: alphabet(/[\0-\x7f]/),
  [Tag.visibleString]: alphabet(/[ -~]/),
  // T.61 has no settled mapping; deployed certificates hold Latin-1. It is shown, never matched (see name-match).
  [Tag.teletexString]: alphabet(/[^]/),
}

function alphabet(pattern: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, octet) => Number(pattern.test(String.fromCharCode(octet))))
}

/** True for an identifier octet of a string type that `stringContent` decodes. */
export function isStringTag(tag: number): boolean {
  return tag === Tag.utf8String || tag === Tag.bmpString || tag === Tag.universalString || alphabets[tag] !== undefined
}

/** Decodes the content of the string element read last, whose identifier octet was `tag`. */
export function stringContent(reader: DerReader, tag: number): string {
  if (tag === Tag.utf8String) return utf8Content(reader)
  if (tag === Tag.bmpString) return wide(reader, 2, tag)
  if (tag === Tag.universalString) return wide(reader, 4, tag)
  const table = alphabets[tag]
  if (table === undefined) reader.fail('asn1/unexpected-tag', reader.headerStart, 'a character string')
  const { bytes, start, stop } = reader
  for (let i = start; i < stop; i++) {
    if (table[bytes[i]!] !== 1) reader.fail('asn1/invalid-string', i, `the alphabet of ${tagName(tag)}`)
  }
  return latin1(bytes, start, stop)
}

/** The content read last as IA5String (ASCII). */
export function ia5Content(reader: DerReader): string {
  return stringContent(reader, Tag.ia5String)
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

function wide(reader: DerReader, width: 2 | 4, tag: number): string {
  const { bytes, start, stop } = reader
  if ((stop - start) % width !== 0) {
    reader.fail('asn1/invalid-string', reader.headerStart, `${width} octets a character in a ${tagName(tag)}`)
  }
  let text = ''
  for (let i = start; i < stop; i += width) {
    let point = 0
    for (let k = 0; k < width; k++) point = point * 256 + bytes[i + k]!
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      reader.fail('asn1/invalid-string', i, `Unicode scalar values in a ${tagName(tag)}`)
    }
    text += String.fromCodePoint(point)
  }
  return text
}

/** One character an octet. Eight at a time: quicker than a view spread onto the stack, and safe for a hostile megabyte. */
export function latin1(bytes: Uint8Array, start: number, stop: number): string {
  const { fromCharCode } = String
  let text = ''
  let i = start
  for (; i + 8 <= stop; i += 8) {
    text += fromCharCode(bytes[i]!, bytes[i + 1]!, bytes[i + 2]!, bytes[i + 3]!, bytes[i + 4]!, bytes[i + 5]!, bytes[i + 6]!, bytes[i + 7]!)
  }
  for (; i < stop; i++) text += fromCharCode(bytes[i]!)
  return text
}
