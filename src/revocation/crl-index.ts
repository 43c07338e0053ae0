/**
 * Entries of a CRL by serial number, without an object an entry.
 *
 * One pass checks every entry, all of it, and notes its offset and a hash of its serial, one after the other; then they are
 * chained by hash: the hash gives way to the number of the entry before with the same place. That is 8 octets an entry, and
 * 4 a place, beyond the bytes. Dates and reasons are read from the bytes when an entry is found. The pass reads the usual shape
 * of an entry by words, and leaves every other to `readEntry`, which alone decides what is malformed.
 *
 * A serial that is listed several times is noticed when it is looked for: the entry that counts stays, and the others leave the
 * chain, so that each is met once.
 */
import { DerReader } from '../asn1/index.ts'
import type { Name } from '../x509/name.ts'
import { entryOf, readEntry } from './crl-entry.ts'
import type { CrlEntry, EntryContext, RawEntry } from './crl-entry.ts'
import { hashKeys, hashSerial } from './crl-hash.ts'
import { readSoundEntry, usualEntryEnd } from './crl-usual.ts'

/** What a list, parsed or loaded, is asked for. */
export interface EntryLookup {
  readonly size: number
  readonly issuers: readonly Name[]
  /** The entry that counts for these content octets, of that certificate issuer (`Name.key`). */
  find(serial: Uint8Array, length: number, issuerKey: string): CrlEntry | undefined
  entries(): Iterable<CrlEntry & { readonly certificateIssuer: Name }>
}

/** How much an entry says: removeFromCRL and certificateHold (RFC 5280 5.3.1) less than a revocation that nothing ends. */
export function weightOf(reason: number): number {
  return reason === 8 ? 0 : reason === 6 ? 1 : 2
}

/** The fewest octets of an entry: its header, an INTEGER of one octet, a UTCTime. */
const fewestOctets = 2 + 3 + 15

export class CrlIndex implements EntryLookup {
  readonly size: number
  readonly issuers: Name[]
  /** The bytes of the list; never to be written to. */
  readonly bytes: Uint8Array
  readonly #view: DataView
  readonly #start: number
  readonly #end: number
  readonly #context: EntryContext
  readonly #ordinals: Map<string, number>
  /** Where the certificate issuer changes (RFC 5280 5.3.3), ascending, and to which. */
  readonly #changes: number[] = []
  readonly #changedTo: number[] = []
  /** Of each entry its offset, and the number (from 1) of the next with the same place, or 0. */
  readonly #links: Uint32Array
  /** The number of the first entry of each place, or 0. */
  readonly #heads: Uint32Array
  readonly #keys: Int32Array

  /** Reads the entries in [start, end). Throws `ParseError`. */
  constructor(bytes: Uint8Array, start: number, end: number, issuer: Name, context: EntryContext) {
    this.bytes = bytes
    this.#view = viewOf(bytes)
    this.#start = start
    this.#end = end
    this.#context = context
    this.issuers = [issuer]
    this.#ordinals = new Map([[issuer.key, 0]])
    this.#keys = hashKeys()
    const { count, links } = this.#read()
    this.size = count
    this.#links = links
    this.#heads = chain(links, count)
  }

  /** Offset and hash of each entry; there may be room left behind the last. */
  #read(): { readonly count: number; readonly links: Uint32Array } {
    const { bytes } = this
    const view = this.#view
    const start = this.#start
    const end = this.#end
    const keys = this.#keys
    const { version } = this.#context
    const reader = new DerReader(bytes, start, end, 'revokedCertificates')
    let issuer = 0
    let count = 0
    let links = new Uint32Array(2 * Math.min(1024, Math.ceil((end - start) / fewestOctets)))
    for (let at = start; at < end;) {
      let next = usualEntryEnd(view, at, end, version)
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
      if (2 * count === links.length) links = enlarged(links, (at - start) / count, end - at)
      links[2 * count] = at
      links[2 * count + 1] = hashSerial(keys, view, serialStart, serialStop, issuer)
      count++
      at = next
    }
    return { count, links: links.length > 2.25 * count ? links.slice(0, 2 * count) : links }
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

  #isOf(at: number, serial: Uint8Array, length: number, issuer: number): boolean {
    const { bytes } = this
    let start = at + 4
    if (bytes[at + 1]! < 0x80 && bytes[at + 3]! < 0x80) {
      if (bytes[at + 3] !== length) return false
    } else {
      const reader = new DerReader(bytes, at, this.#end).sequence('revoked certificate')
      reader.next()
      if (reader.stop - reader.start !== length) return false
      start = reader.start
    }
    for (let i = 0; i < length; i++) if (bytes[start + i] !== serial[i]) return false
    return this.#issuerAt(at) === issuer
  }

  #rawAt(at: number): RawEntry & { readonly next: number } {
    return readSoundEntry(this.#view, this.bytes, at, this.#end, this.#context)
  }

  find(serial: Uint8Array, length: number, issuerKey: string): CrlEntry | undefined {
    const issuer = this.#ordinals.get(issuerKey)
    if (issuer === undefined) return undefined
    const links = this.#links
    const place = placeOf(hashSerial(this.#keys, viewOf(serial), 0, length, issuer), this.#heads.length)
    let found = 0
    for (let entry = this.#heads[place]!; entry !== 0; entry = links[2 * entry - 1]!) {
      if (!this.#isOf(links[2 * entry - 2]!, serial, length, issuer)) continue
      if (found !== 0) {
        found = this.#settle(place, serial, length, issuer)
        break
      }
      found = entry
    }
    if (found === 0) return undefined
    const at = links[2 * found - 2]!
    return entryOf(this.bytes, at, this.#rawAt(at))
  }

  /** Of a serial listed several times, what says more counts, and of equals the first; the others leave the chain. */
  #settle(place: number, serial: Uint8Array, length: number, issuer: number): number {
    const links = this.#links
    let others = 0
    let winner = 0
    let most = -1
    for (let entry = this.#heads[place]!; entry !== 0;) {
      const at = links[2 * entry - 2]!
      const next = links[2 * entry - 1]!
      if (!this.#isOf(at, serial, length, issuer)) {
        links[2 * entry - 1] = others
        others = entry
      } else {
        const weight = weightOf(this.#rawAt(at).extensions.reason)
        if (weight > most || (weight === most && entry < winner)) winner = entry
        most = Math.max(most, weight)
      }
      entry = next
    }
    links[2 * winner - 1] = others
    this.#heads[place] = winner
    return winner
  }

  /** Calls `visit` with each entry in order, its offset, and the ordinal of its certificate issuer. */
  each(visit: (raw: RawEntry, at: number, issuer: number) => void): void {
    for (let at = this.#start; at < this.#end;) {
      const raw = this.#rawAt(at)
      visit(raw, at, this.#changes.length === 0 ? 0 : this.#issuerAt(at))
      at = raw.next
    }
  }

  * entries(): Generator<CrlEntry & { readonly certificateIssuer: Name }, void, undefined> {
    for (let at = this.#start; at < this.#end;) {
      const raw = this.#rawAt(at)
      yield Object.freeze({ ...entryOf(this.bytes, at, raw), certificateIssuer: this.issuers[this.#issuerAt(at)]! })
      at = raw.next
    }
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Room for the entries that are to come, if they are as long as those so far: for at least a quarter more, unless they cannot be so many. */
function enlarged(links: Uint32Array, average: number, octets: number): Uint32Array<ArrayBuffer> {
  const count = links.length / 2
  const more = Math.min(Math.max(1.02 * octets / average, count / 4), octets / fewestOctets)
  const larger = new Uint32Array(2 * Math.ceil(count + more))
  larger.set(links)
  return larger
}

/** Chains the entries of each place, the last one first. */
function chain(links: Uint32Array, count: number): Uint32Array {
  const heads = new Uint32Array(count + 1)
  for (let entry = 1; entry <= count; entry++) {
    const place = placeOf(links[2 * entry - 1]!, heads.length)
    links[2 * entry - 1] = heads[place]!
    heads[place] = entry
  }
  return heads
}

function placeOf(hash: number, places: number): number {
  return Math.floor(hash * (places / 4294967296))
}
