/**
 * OBJECT IDENTIFIER (X.690 8.19), in its dotted form.
 *
 * Caps: 128 octets and 128 arcs (no registered identifier comes near), and 133 bits an arc, which holds the
 * 128-bit arcs of X.667 (2.25.UUID). Beyond them the answer is `asn1/oid-too-long`, so that a hostile
 * identifier of many kilobytes costs no more than its first octets.
 */
import { equalRuns, hashBytes } from './bytes.ts'
import type { DerReader } from './reader.ts'

const maxOctets = 128
const maxArcOctets = 19

/** An identifier that was decoded: its content octets, and its text, one string that runtimes compare by its address. */
interface Decoded {
  readonly octets: Uint8Array
  readonly text: string
}

/** The identifiers met last, each in the place that its octets hash to: certificates have the same few dozen over and over. */
const decoded: (Decoded | undefined)[] = []
const places = 256

/** Checks the content of the OBJECT IDENTIFIER that the reader read last, without making its text. */
export function checkOidContent(reader: DerReader): void {
  const { bytes, start, stop } = reader
  if (start === stop) reader.fail('asn1/invalid-oid', reader.headerStart, 'at least one arc')
  if (stop - start > maxOctets) {
    reader.fail('asn1/oid-too-long', reader.headerStart, `at most ${maxOctets} octets`, `${stop - start}`)
  }
  if (bytes[stop - 1]! >= 0x80) reader.fail('asn1/invalid-oid', reader.headerStart, 'a complete last arc')
  let arcStart = start
  for (let i = start; i < stop; i++) {
    const octet = bytes[i]!
    if (i === arcStart && octet === 0x80) {
      reader.fail('asn1/invalid-oid', i, 'no leading zero in an arc (X.690 8.19.2)')
    }
    if (octet >= 0x80) continue
    if (i + 1 - arcStart > maxArcOctets) {
      reader.fail('asn1/oid-too-long', arcStart, `an arc of at most ${maxArcOctets} octets`)
    }
    arcStart = i + 1
  }
}

/** Decodes the content of the OBJECT IDENTIFIER that the reader read last. */
export function oidFromBytes(reader: DerReader): string {
  checkOidContent(reader)
  const { bytes, start, stop } = reader
  const place = (hashBytes(bytes, start, stop) >>> 0) % places
  const known = decoded[place]
  if (known?.octets.length === stop - start && equalRuns(known.octets, 0, bytes, start, stop - start)) return known.text
  const text = textOf(bytes, start, stop)
  // The key of an object is the runtime's own, single copy of a text.
  decoded[place] = { octets: bytes.slice(start, stop), text: Object.keys({ [text]: 0 })[0]! }
  return text
}

function textOf(bytes: Uint8Array, start: number, stop: number): string {
  let text = ''
  let arcStart = start
  let value = 0
  for (let i = start; i < stop; i++) {
    const octet = bytes[i]!
    value = value * 128 + (octet & 0x7f)
    if (octet >= 0x80) continue
    text += arcText(bytes, arcStart, i + 1, value, text === '')
    arcStart = i + 1
    value = 0
  }
  return text
}

function arcText(bytes: Uint8Array, start: number, stop: number, value: number, first: boolean): string {
  if (stop - start <= 7) {
    if (!first) return `.${value}`
    // X.690 8.19.4: the first two arcs share one subidentifier, 40 * X + Y.
    return value < 80 ? `${value < 40 ? 0 : 1}.${value % 40}` : `2.${value - 80}`
  }
  let big = 0n
  for (let i = start; i < stop; i++) big = big * 128n + BigInt(bytes[i]! & 0x7f)
  return first ? `2.${big - 80n}` : `.${big}`
}

/**
 * The content octets of a dotted OBJECT IDENTIFIER.
 * Throws `TypeError` where the text is not one.
 */
export function oidToBytes(oid: string): Uint8Array {
  if (!/^[0-2](\.(0|[1-9]\d*))+$/.test(oid)) throw new TypeError(`oid: not an OBJECT IDENTIFIER: ${JSON.stringify(oid)}`)
  const arcs = oid.split('.').map(BigInt)
  const [top, second] = arcs as [bigint, bigint]
  if (top < 2n && second > 39n) throw new TypeError(`oid: second arc above 39 under ${top}`)
  const octets: number[] = []
  for (const arc of [top * 40n + second, ...arcs.slice(2)]) {
    const groups: number[] = []
    let rest = arc
    do {
      groups.unshift(Number(rest & 0x7fn) | (groups.length > 0 ? 0x80 : 0))
      rest >>= 7n
    } while (rest > 0n)
    octets.push(...groups)
  }
  return Uint8Array.from(octets)
}

/** True for a dotted OBJECT IDENTIFIER that `oidToBytes` encodes. */
export function isOid(text: string): boolean {
  return /^(?:[01]\.(?:[0-9]|[1-3][0-9])|2\.(?:0|[1-9]\d*))(?:\.(?:0|[1-9]\d*))*$/.test(text)
}
