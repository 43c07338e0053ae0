/**
 * Entries of a CRL by serial number, without an object an entry.
 *
 * One pass checks every entry, all of it, and puts its offset and a hash of its serial into an open-addressed table: 8 octets
 * a slot, at most 3/4 of them taken, so less than 11 octets an entry beyond the bytes. Dates and reasons are read from the
 * bytes when an entry is found. The pass reads the usual shape of an entry (a serial, a UTCTime, perhaps one reasonCode) in a
 * loop of its own, and leaves every other to `readEntry`, which alone decides what is malformed.
 */
import { DerReader } from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import type { Name } from '../x509/name.ts'
import { entryOf, readEntry } from './crl-entry.ts'
import type { CrlEntry, EntryContext } from './crl-entry.ts'
import { hashSerial, hashTables } from './crl-hash.ts'

/** What a list, parsed or loaded, is asked for. */
export interface EntryLookup {
  readonly size: number
  readonly issuers: readonly Name[]
  /** The entry that counts for these content octets, of that certificate issuer (`Name.key`). */
  find(serial: Uint8Array, length: number, issuerKey: string): CrlEntry | undefined
  entries(): Iterable<CrlEntry & { readonly certificateIssuer: Name }>
}

/** How much an entry says: removeFromCRL and certificateHold (RFC 5280 5.3.1) less than a revocation that nothing ends. */
function weightOf({ reason }: CrlEntry): number {
  return reason === 8 ? 0 : reason === 6 ? 1 : 2
}

/** `crlEntryExtensions` that hold a non-critical reasonCode and nothing else, without its last octet. */
const reasonOnly = Uint8Array.of(0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01)

/** Days of the month 1 to 12; a 29 February is left to the exact reader. */
const monthDays = Uint8Array.from({ length: 256 }, (_, month) => [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month] ?? 0)

export class CrlIndex implements EntryLookup {
  readonly size: number
  readonly issuers: Name[]
  readonly #bytes: Uint8Array
  readonly #start: number
  readonly #end: number
  readonly #context: EntryContext
  readonly #ordinals: Map<string, number>
  /** Where the certificate issuer changes (RFC 5280 5.3.3), ascending, and to which. */
  readonly #changes: number[] = []
  readonly #changedTo: number[] = []
  /** Pairs of an entry’s offset (never 0) and its hash. */
  readonly #slots: Uint32Array
  readonly #capacity: number
  readonly #tables: Uint32Array

  /** Reads the entries in [start, end). Throws `ParseError`. */
  constructor(bytes: Uint8Array, start: number, end: number, issuer: Name, context: EntryContext) {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
    this.#context = context
    this.issuers = [issuer]
    this.#ordinals = new Map([[issuer.key, 0]])
    this.#tables = hashTables()
    this.size = countEntries(bytes, start, end)
    this.#capacity = Math.ceil(this.size / 0.75) + 1
    this.#slots = new Uint32Array(2 * this.#capacity)
    this.#read()
  }

  #read(): void {
    const bytes = this.#bytes
    const end = this.#end
    const tables = this.#tables
    const slots = this.#slots
    const scale = this.#capacity / 4294967296
    const reader = new DerReader(bytes, this.#start, end, 'revokedCertificates')
    let issuer = 0
    /** Of the entries in slots whose serial is listed several times. */
    const weights = new Map<number, number>()
    for (let at = this.#start; at < end;) {
      let next = usualEntryEnd(bytes, at, end, this.#context.version)
      let serialStart = at + 4
      let serialStop = serialStart + bytes[at + 3]!
      if (next === 0) {
        reader.moveTo(at, end)
        const raw = readEntry(reader, this.#context)
        next = reader.position
        serialStart = raw.serialStart
        serialStop = raw.serialStop
        const named = raw.extensions.certificateIssuer
        if (named !== undefined) issuer = this.#changeIssuer(at, named)
      }
      const hash = hashSerial(tables, bytes, serialStart, serialStop, issuer)
      let slot = 2 * Math.floor(hash * scale)
      while (slots[slot] !== 0) {
        const other = slots[slot]!
        if (slots[slot + 1] === hash && this.#isSerial(other, bytes, serialStart, serialStop) && this.#issuerAt(other) === issuer) {
          // A serial listed twice: what says more counts, and of equals the first.
          const known = weights.get(slot) ?? weightOf(this.#entryAt(other))
          const weight = weightOf(this.#entryAt(at))
          // Kept, so that a long entry is not read again for each short one that repeats its serial.
          weights.set(slot, Math.max(known, weight))
          if (weight <= known) slot = -1
          break
        }
        slot += 2
        if (slot === slots.length) slot = 0
      }
      if (slot >= 0) {
        slots[slot] = at
        slots[slot + 1] = hash
      }
      at = next
    }
  }

  #changeIssuer(at: number, name: Name): number {
    let ordinal = this.#ordinals.get(name.key)
    if (ordinal === undefined) {
      ordinal = this.issuers.push(name) - 1
      this.#ordinals.set(name.key, ordinal)
    }
    if ((this.#changedTo.at(-1) ?? 0) !== ordinal) {
      this.#changes.push(at)
      this.#changedTo.push(ordinal)
    }
    return ordinal
  }

  /** The certificate issuer of the entry at that offset: by the last change at or before it. */
  #issuerAt(at: number): number {
    let low = 0
    let high = this.#changes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#changes[middle]! <= at) low = middle + 1
      else high = middle
    }
    return low === 0 ? 0 : this.#changedTo[low - 1]!
  }

  #isSerial(at: number, other: Uint8Array, start: number, stop: number): boolean {
    const bytes = this.#bytes
    const length = stop - start
    let serial = at + 4
    if (bytes[at + 1]! < 0x80 && bytes[at + 3]! < 0x80) {
      if (bytes[at + 3] !== length) return false
    } else {
      const reader = new DerReader(bytes, at, this.#end).sequence('revoked certificate')
      reader.next()
      if (reader.stop - reader.start !== length) return false
      serial = reader.start
    }
    for (let i = 0; i < length; i++) if (bytes[serial + i] !== other[start + i]) return false
    return true
  }

  #entryAt(at: number): CrlEntry {
    return entryOf(this.#bytes, at, readEntry(new DerReader(this.#bytes, at, this.#end), this.#context))
  }

  find(serial: Uint8Array, length: number, issuerKey: string): CrlEntry | undefined {
    const issuer = this.#ordinals.get(issuerKey)
    if (issuer === undefined) return undefined
    const slots = this.#slots
    const hash = hashSerial(this.#tables, serial, 0, length, issuer)
    for (let slot = 2 * Math.floor(hash * (this.#capacity / 4294967296)); slots[slot] !== 0;) {
      const at = slots[slot]!
      if (slots[slot + 1] === hash && this.#isSerial(at, serial, 0, length) && this.#issuerAt(at) === issuer) return this.#entryAt(at)
      slot += 2
      if (slot === slots.length) slot = 0
    }
    return undefined
  }

  * entries(): Generator<CrlEntry & { readonly certificateIssuer: Name }, void, undefined> {
    const reader = new DerReader(this.#bytes, this.#start, this.#end, 'revokedCertificates')
    while (!reader.done) {
      const at = reader.position
      const entry = entryOf(this.#bytes, at, readEntry(reader, this.#context))
      yield Object.freeze({ ...entry, certificateIssuer: this.issuers[this.#issuerAt(at)]! })
    }
  }
}

/** How many elements there are, by their lengths alone; up to the first whose length is malformed, which the pass refuses. */
function countEntries(bytes: Uint8Array, start: number, end: number): number {
  let count = 0
  for (let at = start; at < end; count++) {
    let length = bytes[at + 1] ?? 0
    at += 2
    if (length >= 0x80) {
      const octets = length & 0x7f
      if (octets > 4) break
      length = 0
      for (let i = 0; i < octets; i++) length = length * 256 + (bytes[at++] ?? 0)
    }
    at += length
  }
  return count
}

/** Where the entry at `at` ends, if it has the usual shape and is sound; 0 otherwise. */
function usualEntryEnd(bytes: Uint8Array, at: number, end: number, version: number): number {
  const length = bytes[at + 1]!
  const serial = bytes[at + 3]!
  const time = at + 4 + serial
  const next = at + 2 + length
  const rest = next - time - 15
  if (bytes[at] !== Tag.sequence || length >= 0x80 || next > end || bytes[at + 2] !== Tag.integer || serial === 0 ||
    serial >= 0x80 || rest < 0) return 0
  const first = bytes[at + 4]!
  if (serial > 1 && (first === 0 || first === 0xff) && (first ^ bytes[at + 5]!) < 0x80) return 0
  if (bytes[time] !== Tag.utcTime || bytes[time + 1] !== 13 || bytes[time + 14] !== 0x5a) return 0
  // Digits and ranges without a branch each: any difference below zero makes `sound` negative.
  const y1 = bytes[time + 2]! - 48, y2 = bytes[time + 3]! - 48, m1 = bytes[time + 4]! - 48, m2 = bytes[time + 5]! - 48
  const d1 = bytes[time + 6]! - 48, d2 = bytes[time + 7]! - 48, h1 = bytes[time + 8]! - 48, h2 = bytes[time + 9]! - 48
  const i1 = bytes[time + 10]! - 48, i2 = bytes[time + 11]! - 48, s1 = bytes[time + 12]! - 48, s2 = bytes[time + 13]! - 48
  const day = d1 * 10 + d2
  const sound = y1 | y2 | m1 | m2 | d1 | d2 | h1 | h2 | i1 | i2 | s1 | s2 | (9 - y1) | (9 - y2) | (9 - m1) | (9 - m2) |
    (9 - d1) | (9 - d2) | (9 - h1) | (9 - h2) | (5 - i1) | (9 - i2) | (5 - s1) | (9 - s2) | (23 - h1 * 10 - h2) | (day - 1)
  if (sound < 0 || day > monthDays[m1 * 10 + m2]!) return 0
  if (rest === 0) return next
  if (rest !== 14 || version === 1) return 0
  for (let i = 0; i < 13; i++) if (bytes[time + 15 + i] !== reasonOnly[i]) return 0
  const reason = bytes[next - 1]!
  return reason > 10 || reason === 7 ? 0 : next
}
