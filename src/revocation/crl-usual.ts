/**
 * Entries of the usual shape: a serial of 4 to 64 octets, a UTCTime, perhaps one non-critical reasonCode. Read by words, and
 * without an object. All others, sound or not, are left to `readEntry`, which alone decides what is malformed.
 */
import { DerReader } from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import { readEntry } from './crl-entry.ts'
import type { EntryContext, RawEntry } from './crl-entry.ts'

const usualHead = Tag.sequence << 24 | Tag.integer << 8
const usualTime = Tag.utcTime << 8 | 13

/** The last day of months 1 to 12, as two ASCII digits, by the BCD of the month; a 29 February is left to the exact reader. */
const lastDays = Int32Array.from({ length: 32 }, (_, bcd) => {
  const days = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][(bcd >> 4) * 10 + (bcd & 15)] ?? 0
  return (bcd & 15) > 9 || days === 0 ? 0 : 0x3030 + (Math.floor(days / 10) << 8) + days % 10
})

/** Where the entry at `at` ends, if it has the usual shape and is sound; 0 otherwise. `end`, of the list, is within the view. */
export function usualEntryEnd(view: DataView, at: number, end: number, version: number): number {
  // The shortest of these: no word below is read past the end of the list.
  if (end - at < 23) return 0
  const head = view.getInt32(at)
  const serial = head & 0x7f
  const time = at + 4 + serial
  const next = at + 2 + ((head >>> 16) & 0x7f)
  const rest = next - time - 15
  // SEQUENCE and INTEGER with lengths below 128; X.690 8.3.2: the first nine bits of an INTEGER are not all alike.
  if ((head & 0xff80ff80) !== usualHead || serial < 4 || serial > 64 || next > end || rest < 0 || (view.getInt16(at + 4) + 0x80) >>> 8 === 0 ||
    !isUsualTime(view, time)) return 0
  return rest === 0 || (rest === 14 && version === 2 && isReason(view, time + 15)) ? next : 0
}

/** A UTCTime, with its header: YYMMDDHHMMSSZ. */
function isUsualTime(view: DataView, at: number): boolean {
  // The last word begins with the minute’s second digit.
  const year = view.getInt32(at), day = view.getInt32(at + 4), hour = view.getInt32(at + 8), second = view.getInt32(at + 11)
  // Octets are digits where bits 0x30 are set and 0xc0 are not, nor are they after 6 is added.
  const y = (year & 0xffff) | 0x30300000
  const s = (second >>> 8) | 0x30000000
  const high = y | day | hour | s | (y + 0x06060606) | (day + 0x06060606) | (hour + 0x06060606) | (s + 0x06060606)
  // Of two digits in ASCII the order is that of their number.
  return ((y & day & hour & s & 0x30303030) ^ 0x30303030 | high & 0xc0c0c0c0) === 0 && year >>> 16 === usualTime && (second & 0xff) === 0x5a &&
    day < 0x32000000 && (day & 0xffff) > 0x3030 && (day & 0xffff) <= lastDays[(day >>> 20) & 0x10 | (day >>> 16) & 15]! &&
    hour < 0x32340000 && (hour & 0xffff) < 0x3630 && (s & 0xffff) < 0x3630
}

/** Extensions { Extension { 2.5.29.21, OCTET STRING { CRLReason } } }; RFC 5280 5.1.2.1: in version 2 only. */
function isReason(view: DataView, at: number): boolean {
  const reason = view.getInt16(at + 12) - 0x0100
  return view.getInt32(at) === 0x300c300a && view.getInt32(at + 4) === 0x0603551d && view.getInt32(at + 8) === 0x1504030a &&
    reason >= 0 && reason <= 10 && reason !== 7
}

/** An entry that was found sound before. */
export function readSoundEntry(view: DataView, bytes: Uint8Array, at: number, end: number, context: EntryContext): RawEntry & { readonly next: number } {
  const next = usualEntryEnd(view, at, end, context.version)
  if (next === 0) {
    const reader = new DerReader(bytes, at, end)
    const { serialStart, serialStop, revocationDate, extensions } = readEntry(reader, context)
    return { serialStart, serialStop, revocationDate, extensions, next: reader.position }
  }
  const time = at + 4 + bytes[at + 3]!
  return { serialStart: at + 4, serialStop: time, revocationDate: utcTime(bytes, time + 2), extensions: { reason: time + 15 === next ? 0 : bytes[next - 1]! }, next }
}

/** YYMMDDHHMMSS, whose digits and ranges were checked, in milliseconds since 1970; RFC 5280 4.1.2.5.1: YY >= 50 is 19YY. */
function utcTime(bytes: Uint8Array, at: number): number {
  const two = (offset: number): number => (bytes[at + offset]! - 48) * 10 + bytes[at + offset + 1]! - 48
  const month = two(2)
  // Years begin in March here, so that a leap day ends one. Of 1900 to 2100 each fourth year is a leap year but the first and the
  // last; both lie outside of 1950 to 2049.
  const year = two(0) + (two(0) >= 50 ? 0 : 100) - (month < 3 ? 1 : 0)
  const days = Math.floor(365.25 * year) + Math.floor((153 * (month < 3 ? month + 9 : month - 3) + 2) / 5) + two(4) - 25509
  return (((days * 24 + two(6)) * 60 + two(8)) * 60 + two(10)) * 1000
}
