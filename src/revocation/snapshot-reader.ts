/**
 * Reads a snapshot whose origin was proven. It checks all bounds all the same: a mistake of whoever wrote it is an error, and
 * never an answer.
 */
import { ParseError, toHex } from '../asn1/index.ts'
import { parseName } from '../x509/index.ts'
import type { Name } from '../x509/index.ts'
import { Crl, readCrl } from './crl.ts'
import type { CrlEntry } from './crl-entry.ts'
import type { EntryLookup } from './crl-index.ts'
import { SnapshotError } from './snapshot-error.ts'
import { dateOf, magic, noDate, recordTail, snapshotMacOctets } from './snapshot-format.ts'

/** `macMayFollow`: a snapshot that was made with a key, proven by its digest, has its HMAC behind the content. */
export function readSnapshot(bytes: Uint8Array, stop: number, macMayFollow: boolean): Crl {
  const reader = new SnapshotReader(bytes, stop)
  const found = reader.take(magic.length)
  if (found.some((octet, i) => octet !== magic[i])) {
    throw new SnapshotError('snapshot/unsupported-version', 'expected a snapshot of version 1')
  }
  const signerKey = toHex(reader.take(32))
  const sha256 = toHex(reader.take(32))
  try {
    const parts = readCrl(reader.take(reader.number(4)).slice())
    const size = reader.number(4)
    const issuers: Name[] = []
    for (let count = reader.number(4); count > 0; count--) issuers.push(parseName(reader.take(reader.number(4))))
    const lookup = new SnapshotLookup(reader, size, issuers)
    reader.finish(macMayFollow)
    return new Crl(parts, lookup, { sha256, signerKey })
  } catch (error) {
    if (error instanceof ParseError) throw new SnapshotError('snapshot/malformed', error.message, { cause: error })
    throw error
  }
}

class SnapshotReader {
  readonly bytes: Uint8Array
  position = 0
  readonly #stop: number

  constructor(bytes: Uint8Array, stop: number) {
    this.bytes = bytes
    this.#stop = stop
  }

  take(octets: number): Uint8Array {
    const start = this.position
    if (start + octets > this.#stop) throw new SnapshotError('snapshot/malformed', `${octets} octets at offset ${start} run past the end`)
    this.position += octets
    return this.bytes.subarray(start, this.position)
  }

  number(octets: number): number {
    return numberAt(this.take(octets), 0, octets)
  }

  finish(macMayFollow: boolean): void {
    const rest = this.#stop - this.position
    if (rest !== 0 && !(macMayFollow && rest === snapshotMacOctets)) throw new SnapshotError('snapshot/malformed', `${rest} octets after the end`)
  }
}

function numberAt(bytes: Uint8Array, at: number, octets: number): number {
  let value = 0
  for (let i = 0; i < octets; i++) value = value * 256 + bytes[at + i]!
  return value
}

interface StoredGroup {
  readonly issuer: number
  readonly serialLength: number
  readonly count: number
  /** Where its records begin, and how many are before them. */
  readonly start: number
  readonly first: number
}

/** Answers out of the snapshot’s bytes, by binary search. */
class SnapshotLookup implements EntryLookup {
  readonly size: number
  readonly issuers: readonly Name[]
  readonly #bytes: Uint8Array
  readonly #ordinals: ReadonlyMap<string, number>
  readonly #groups: readonly StoredGroup[]
  /** Where the extras of a record are. */
  readonly #extras = new Map<number, number>()

  constructor(reader: SnapshotReader, size: number, issuers: readonly Name[]) {
    this.size = size
    this.issuers = issuers
    this.#bytes = reader.bytes
    this.#ordinals = new Map(issuers.map((issuer, i) => [issuer.key, i]))
    const declared = Array.from({ length: checkedCount(reader.number(4), size) }, () => ({ issuer: reader.number(4), serialLength: reader.number(2), count: reader.number(4) }))
    let first = 0
    this.#groups = declared.map((group) => {
      const start = reader.position
      if (group.issuer >= issuers.length) throw new SnapshotError('snapshot/malformed', `certificate issuer ${group.issuer} of ${issuers.length}`)
      reader.take(group.count * (group.serialLength + recordTail))
      first += group.count
      return { ...group, start, first: first - group.count }
    })
    for (let count = checkedCount(reader.number(4), size); count > 0; count--) {
      const record = reader.number(4)
      this.#extras.set(record, reader.position)
      reader.take(5)
      reader.take(reader.number(1))
    }
  }

  find(serial: Uint8Array, length: number, issuerKey: string): CrlEntry | undefined {
    const issuer = this.#ordinals.get(issuerKey)
    const group = this.#groups.find((one) => one.issuer === issuer && one.serialLength === length)
    if (group === undefined) return undefined
    const width = length + recordTail
    let low = 0
    let high = group.count
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = this.#compare(group.start + middle * width, serial, length)
      if (order === 0) return this.#entry(group, middle)
      if (order < 0) low = middle + 1
      else high = middle
    }
    return undefined
  }

  #compare(at: number, serial: Uint8Array, length: number): number {
    for (let i = 0; i < length; i++) {
      const difference = this.#bytes[at + i]! - serial[i]!
      if (difference !== 0) return difference
    }
    return 0
  }

  #entry(group: StoredGroup, i: number): CrlEntry {
    const bytes = this.#bytes
    const at = group.start + i * (group.serialLength + recordTail)
    const tail = at + group.serialLength
    const extra = this.#extras.get(group.first + i)
    const invalidity = extra === undefined ? noDate : numberAt(bytes, extra, 5)
    const hold = extra === undefined ? '' : new TextDecoder().decode(bytes.subarray(extra + 6, extra + 6 + bytes[extra + 5]!))
    return Object.freeze({
      serialNumber: toHex(bytes.subarray(at, tail)), reason: bytes[tail]!, revocationDate: dateOf(numberAt(bytes, tail + 1, 5)),
      invalidityDate: invalidity === noDate ? undefined : dateOf(invalidity), holdInstruction: hold === '' ? undefined : hold, position: group.first + i,
    })
  }

  * entries(): Generator<CrlEntry & { readonly certificateIssuer: Name }, void, undefined> {
    for (const group of this.#groups) {
      for (let i = 0; i < group.count; i++) yield Object.freeze({ ...this.#entry(group, i), certificateIssuer: this.issuers[group.issuer]! })
    }
  }
}

/** There are no more groups, and no more extras, than entries. */
function checkedCount(count: number, size: number): number {
  if (count > size) throw new SnapshotError('snapshot/malformed', `${count} parts of ${size} entries`)
  return count
}
