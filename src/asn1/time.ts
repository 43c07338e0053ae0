/**
 * UTCTime and GeneralizedTime as RFC 5280 4.1.2.5 allows them: Zulu, with seconds, no fractions.
 */
import { DerReader } from './reader.ts'
import * as Tag from './tag.ts'

/**
 * Time ::= CHOICE { utcTime UTCTime, generalTime GeneralizedTime }, in milliseconds since 1970.
 *
 * Which of the two forms a year must take is the issuer’s duty, and a rule of the strict profiles; the
 * form itself is checked here.
 */
export function readTime(reader: DerReader, what: string): number {
  const tag = reader.peek()
  if (tag !== Tag.utcTime && tag !== Tag.generalizedTime) {
    reader.expect(Tag.utcTime, `${what}, a UTCTime or GeneralizedTime`)
  }
  reader.next()
  return tag === Tag.utcTime ? utcTimeContent(reader, what) : generalizedTimeContent(reader, what)
}

/** GeneralizedTime alone, as OCSP uses it. */
export function readGeneralizedTime(reader: DerReader, what: string, tag: number = Tag.generalizedTime): number {
  reader.expect(tag, what)
  return generalizedTimeContent(reader, what)
}

function utcTimeContent(reader: DerReader, what: string): number {
  // YYMMDDHHMMSSZ; RFC 5280 4.1.2.5.1: YY >= 50 is 19YY.
  const { start, stop } = reader
  if (stop - start !== 13) invalid(reader, what, 'YYMMDDHHMMSSZ')
  const year = twoDigits(reader, start, what)
  return civilTime(reader, what, year >= 50 ? 1900 + year : 2000 + year, start + 2)
}

function generalizedTimeContent(reader: DerReader, what: string): number {
  // YYYYMMDDHHMMSSZ; RFC 5280 4.1.2.5.2: no fractional seconds.
  const { start, stop } = reader
  if (stop - start !== 15) invalid(reader, what, 'YYYYMMDDHHMMSSZ')
  const year = twoDigits(reader, start, what) * 100 + twoDigits(reader, start + 2, what)
  return civilTime(reader, what, year, start + 4)
}

function civilTime(reader: DerReader, what: string, year: number, at: number): number {
  const month = twoDigits(reader, at, what)
  const day = twoDigits(reader, at + 2, what)
  const hour = twoDigits(reader, at + 4, what)
  const minute = twoDigits(reader, at + 6, what)
  const second = twoDigits(reader, at + 8, what)
  if (reader.bytes[at + 10] !== 0x5a) invalid(reader, what, 'a Z at the end (Greenwich Mean Time)')
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month) ||
    hour > 23 || minute > 59 || second > 59) {
    invalid(reader, what, 'a date and time that exist')
  }
  // `Date.UTC` reads years below 100 as 19xx; the calendar repeats after 400 years, of 146 097 days.
  return Date.UTC(year + 400, month - 1, day, hour, minute, second) - 146097 * 86400000
}

function twoDigits(reader: DerReader, at: number, what: string): number {
  const tens = reader.bytes[at]! - 0x30
  const ones = reader.bytes[at + 1]! - 0x30
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) invalid(reader, what, 'decimal digits')
  return tens * 10 + ones
}

function invalid(reader: DerReader, what: string, expected: string): never {
  return reader.fail('asn1/invalid-time', reader.headerStart, `${what} as ${expected} (RFC 5280 4.1.2.5)`)
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function daysInMonth(year: number, month: number): number {
  const leap = month === 2 && (year % 4 === 0) && (year % 100 !== 0 || year % 400 === 0)
  return leap ? 29 : monthLengths[month - 1]!
}
