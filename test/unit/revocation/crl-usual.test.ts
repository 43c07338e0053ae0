/** What the loop over words takes, the exact reader takes too, and reads alike; what it does not take is left to that reader. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DerReader, encode, encodeInteger, encodeSequence, encodeTime } from '../../../src/asn1/index.ts'
import { parseCrl } from '../../../src/revocation/index.ts'
import { readEntry } from '../../../src/revocation/crl-entry.ts'
import { readSoundEntry, usualEntryEnd } from '../../../src/revocation/crl-usual.ts'
import { makeKeys, name } from '../../../fixtures/issue.ts'
import { makeCrl } from '../../../fixtures/revoke.ts'

const reasonOf = (reason: number): Uint8Array => Uint8Array.of(0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01, reason)
const context = (version: 1 | 2) => ({ version, indirect: false, unknownCritical: new Set<string>() })

function compare(bytes: Uint8Array, version: 1 | 2): 'usual' | 'sound' | 'malformed' {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const next = usualEntryEnd(view, 0, bytes.length, version)
  const reader = new DerReader(bytes)
  let exact
  try {
    exact = readEntry(reader, context(version))
  } catch {
    expect(next).toBe(0)
    return 'malformed'
  }
  if (next === 0) return 'sound'
  expect(next).toBe(reader.position)
  expect(readSoundEntry(view, bytes, 0, bytes.length, context(version))).toEqual({ ...exact, next })
  return 'usual'
}

describe('the usual shape of an entry', () => {
  const serial = fc.uint8Array({ minLength: 1, maxLength: 70 })
  const date = fc.integer({ min: Date.UTC(1950, 0, 1) / 1000, max: Date.UTC(2050, 0, 1) / 1000 - 1 }).map((at) => encodeTime(new Date(at * 1000)))
  const tail = fc.oneof(fc.constant(new Uint8Array()), fc.integer({ min: 0, max: 12 }).map(reasonOf))
  const entry = fc.tuple(serial, date, tail).map(([octets, time, rest]) => encodeSequence(encode(0x02, octets), time, rest))
  const version = fc.constantFrom<1 | 2>(1, 2)

  it('is read as the exact reader reads it', () => {
    const seen = new Map<string, number>()
    fc.assert(fc.property(entry, version, (bytes, v) => {
      const kind = compare(bytes, v)
      seen.set(kind, (seen.get(kind) ?? 0) + 1)
    }), { numRuns: 20_000, seed: 1 })
    expect([...seen.keys()].sort()).toEqual(['malformed', 'sound', 'usual'])
    expect(seen.get('usual')).toBeGreaterThan(5_000)
  })

  it('is not seen in what differs by one octet, unless the exact reader sees the same', () => {
    fc.assert(fc.property(entry, version, fc.nat(), fc.integer({ min: 0, max: 255 }), (bytes, v, at, value) => {
      const changed = bytes.slice()
      changed[at % changed.length] = value
      compare(changed, v)
    }), { numRuns: 20_000, seed: 2 })
  })

  it('every octet, every value', () => {
    for (const bytes of [encodeSequence(encodeInteger(0x01020304), encodeTime(new Date(Date.UTC(2024, 1, 29, 23, 59, 59))), reasonOf(1)),
      encodeSequence(encodeInteger(0x01020304), encodeTime(new Date(Date.UTC(2023, 11, 31))))]) {
      for (let at = 0; at < bytes.length; at++) {
        for (let value = 0; value < 256; value++) {
          const changed = bytes.slice()
          changed[at] = value
          compare(changed, 2)
        }
        for (let end = 0; end <= bytes.length; end++) compare(bytes.slice(0, end), 2)
      }
    }
  })

  it('every month and day, and the hours, minutes and seconds around their limits', () => {
    const bytes = encodeSequence(encodeInteger(0x01020304), encodeTime(new Date(Date.UTC(2023, 0, 1))))
    const put = (at: number, two: number): void => {
      bytes[10 + at] = 0x30 + Math.floor(two / 10)
      bytes[11 + at] = 0x30 + two % 10
    }
    for (let month = 0; month < 100; month++) {
      for (let day = 0; day < 100; day++) {
        put(2, month)
        put(4, day)
        const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        expect(compare(bytes, 2), `${month} ${day}`).toBe(day >= 1 && day <= (lengths[month - 1] ?? 0) ? 'usual' : 'malformed')
      }
    }
    put(2, 1)
    put(4, 1)
    for (const [at, limit] of [[6, 24], [8, 60], [10, 60]] as const) {
      for (let value = 0; value < 100; value++) {
        put(at, value)
        expect(compare(bytes, 2), `${at} ${value}`).toBe(value < limit ? 'usual' : 'malformed')
      }
      put(at, 0)
    }
  })
})

describe('the index', () => {
  const keys = makeKeys('usual list')
  const issuer = name('CA')

  it('finds serials of every length, and none that only begins or ends alike', () => {
    const serials = Array.from({ length: 140 }, (_, i) => Uint8Array.from({ length: i + 1 }, (_, k) => (k === 0 ? 0x11 : (k * 37 + i) & 0xff)))
    const list = parseCrl(makeCrl({ issuer, signer: keys, entries: serials.map((serial, i) => ({ serial, reason: i % 6 })) }))
    expect(list.size).toBe(140)
    for (const [i, serial] of serials.entries()) {
      expect(list.find(serial, list.issuer.key)).toMatchObject({ serialNumber: Buffer.from(serial).toString('hex'), reason: i % 6 })
      expect(list.find(Uint8Array.of(...serial, 0), list.issuer.key)).toBeUndefined()
      expect(list.find(Uint8Array.of(0, ...serial), list.issuer.key)).toBeUndefined()
      expect(list.find(serial, 'another issuer')).toBeUndefined()
      if (i > 0) expect(list.find(serial.map((octet, k) => (k === i ? octet ^ 1 : octet)), list.issuer.key)).toBeUndefined()
    }
    expect(list.find(new Uint8Array(), list.issuer.key)).toBeUndefined()
  })

  it('of a serial listed often gives what counts, the first time and later, and loses no other', () => {
    const reasons = [6, 8, 1, 6, 4, 8, 1]
    const entries = Array.from({ length: 700 }, (_, i) => ({ serial: 1000 + i % 100, reason: reasons[Math.floor(i / 100)]! }))
    const list = parseCrl(makeCrl({ issuer, signer: keys, entries }))
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 100; i++) expect(list.find((1000 + i).toString(16).padStart(4, '0'), list.issuer.key)?.reason).toBe(1)
      expect(list.find('0001', list.issuer.key)).toBeUndefined()
    }
    const [third] = [...list.entries()].filter(({ reason }) => reason === 1)
    expect(list.find('03e8', list.issuer.key)?.position).toBe(third!.position)
    expect(list.size).toBe(700)
  })

  it('grows with a list whose entries become short', () => {
    const octets = (length: number, i: number): Uint8Array => Uint8Array.from({ length }, (_, k) => (k === 0 ? 1 : k === length - 2 ? i >> 8 : i & 0xff))
    const long = Array.from({ length: 1100 }, (_, i) => ({ serial: octets(60, i) }))
    const short = Array.from({ length: 9000 }, (_, i) => ({ serial: octets(5, i) }))
    const list = parseCrl(makeCrl({ issuer, signer: keys, entries: [...long, ...short] }))
    expect(list.size).toBe(10_100)
    for (const { serial } of [...long, ...short]) expect(list.find(serial, list.issuer.key)).toBeDefined()
  })
})
