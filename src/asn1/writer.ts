/**
 * A DER writer: pure functions from values to encoded elements, which nest by concatenation.
 * It is the inverse of the reader for every type the reader accepts.
 */
import { compareBytes } from './bytes.ts'
import { oidToBytes } from './oid.ts'
import * as Tag from './tag.ts'

const utf8 = /* @__PURE__ */ new TextEncoder()

/** Concatenates encoded elements. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let position = 0
  for (const part of parts) {
    out.set(part, position)
    position += part.length
  }
  return out
}

/** Encoded elements, listed as arguments or given as one array: an engine takes only so many arguments, an array any number. */
export type EncodedParts = readonly Uint8Array[] | readonly [readonly Uint8Array[]]

function listOf(parts: EncodedParts): readonly Uint8Array[] {
  const [first] = parts
  return Array.isArray(first) ? first : parts as readonly Uint8Array[]
}

/** One element: identifier octet, minimal length, content. */
export function encode(tag: number, ...content: EncodedParts): Uint8Array {
  const parts = listOf(content)
  let length = 0
  for (const part of parts) length += part.length
  const header = [tag]
  if (length < 0x80) header.push(length)
  else {
    const octets: number[] = []
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
    header.push(0x80 | octets.length, ...octets)
  }
  return concat([Uint8Array.from(header), ...parts])
}

export function encodeSequence(...parts: EncodedParts): Uint8Array {
  return encode(Tag.sequence, listOf(parts))
}

/** SET OF: the elements in ascending order of their encodings (X.690 11.6). */
export function encodeSetOf(...parts: EncodedParts): Uint8Array {
  return encode(Tag.set, [...listOf(parts)].sort(compareBytes))
}

/** `[number] EXPLICIT` around one encoded element, or `[number] IMPLICIT` of a constructed type’s content. */
export function encodeContext(number: number, ...parts: EncodedParts): Uint8Array {
  return encode(0xa0 | number, listOf(parts))
}

/** `[number] IMPLICIT` of a primitive type’s content octets. */
export function encodeContextPrimitive(number: number, content: Uint8Array): Uint8Array {
  return encode(0x80 | number, content)
}

export function encodeBoolean(value: boolean): Uint8Array {
  return Uint8Array.of(Tag.boolean, 1, value ? 0xff : 0)
}

/** INTEGER from a number, a bigint, or two’s complement octets (made minimal). */
export function encodeInteger(value: number | bigint | Uint8Array): Uint8Array {
  return encode(Tag.integer, integerContent(value))
}

/** The minimal two’s complement octets of an integer. */
export function integerContent(value: number | bigint | Uint8Array): Uint8Array {
  if (value instanceof Uint8Array) {
    let start = 0
    while (start < value.length - 1 &&
      ((value[start] === 0 && value[start + 1]! < 0x80) || (value[start] === 0xff && value[start + 1]! >= 0x80))) start++
    return value.length === 0 ? Uint8Array.of(0) : value.subarray(start)
  }
  let rest = BigInt(value)
  const octets: number[] = []
  do {
    octets.unshift(Number(BigInt.asUintN(8, rest)))
    rest >>= 8n
  } while (!((rest === 0n && octets[0]! < 0x80) || (rest === -1n && octets[0]! >= 0x80)))
  return Uint8Array.from(octets)
}

/** INTEGER from an unsigned big-endian magnitude, such as an RSA modulus. */
export function encodeUnsignedInteger(magnitude: Uint8Array): Uint8Array {
  return encodeInteger(concat([Uint8Array.of(0), magnitude]))
}

export function encodeNull(): Uint8Array {
  return Uint8Array.of(Tag.null, 0)
}

export function encodeOid(oid: string): Uint8Array {
  return encode(Tag.oid, oidToBytes(oid))
}

export function encodeOctetString(bytes: Uint8Array): Uint8Array {
  return encode(Tag.octetString, bytes)
}

export function encodeBitString(bytes: Uint8Array, unusedBits: number = 0): Uint8Array {
  return encode(Tag.bitString, Uint8Array.of(unusedBits), bytes)
}

/** Named bits, bit i of `bits` being named bit i; trailing zero bits are left out (X.690 11.2.2). */
export function encodeNamedBits(bits: number): Uint8Array {
  return encode(Tag.bitString, namedBitsContent(bits))
}

/** The content octets of `encodeNamedBits`, for an implicit tag. */
export function namedBitsContent(bits: number): Uint8Array {
  if (bits === 0) return Uint8Array.of(0)
  const highest = 31 - Math.clz32(bits)
  const octets = new Uint8Array(2 + (highest >> 3))
  octets[0] = 7 - (highest & 7)
  for (let bit = 0; bit <= highest; bit++) {
    if ((bits >>> bit) & 1) octets[1 + (bit >> 3)]! |= 0x80 >> (bit & 7)
  }
  return octets
}

/** A character string of the given type; the caller answers for its alphabet. */
export function encodeString(tag: number, text: string): Uint8Array {
  switch (tag) {
    case Tag.utf8String:
      return encode(tag, utf8.encode(text))
    case Tag.bmpString: {
      const units = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))
      return encode(tag, Uint8Array.from(units.flatMap((unit) => [unit >> 8, unit & 0xff])))
    }
    case Tag.universalString:
      return encode(tag, Uint8Array.from([...text].flatMap((character) => {
        const point = character.codePointAt(0)!
        return [point >>> 24, (point >> 16) & 0xff, (point >> 8) & 0xff, point & 0xff]
      })))
    default:
      return encode(tag, Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff))
  }
}

/** Time as RFC 5280 4.1.2.5 wants it: UTCTime from 1950 through 2049, GeneralizedTime otherwise. */
export function encodeTime(time: Date): Uint8Array {
  const year = time.getUTCFullYear()
  return year >= 1950 && year < 2050
    ? encodeString(Tag.utcTime, timeDigits(time).slice(2))
    : encodeGeneralizedTime(time)
}

export function encodeGeneralizedTime(time: Date): Uint8Array {
  return encodeString(Tag.generalizedTime, timeDigits(time))
}

function timeDigits(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  return String(time.getUTCFullYear()).padStart(4, '0') + two(time.getUTCMonth() + 1) + two(time.getUTCDate()) +
    two(time.getUTCHours()) + two(time.getUTCMinutes()) + two(time.getUTCSeconds()) + 'Z'
}
