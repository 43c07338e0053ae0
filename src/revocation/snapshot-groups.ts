/**
 * The entries of a list, put in the order of a snapshot: by certificate issuer and length of serial, ascending, each serial once.
 */
import { compareBytes } from '../asn1/index.ts'
import type { Name } from '../x509/index.ts'
import type { CrlEntry } from './crl-entry.ts'
import type { EntryLookup } from './crl-index.ts'
import { BytesWriter, dateNumber, fromHex, recordTail, writeNumber } from './snapshot-format.ts'

export interface Group {
  readonly issuer: number
  readonly serialLength: number
  readonly count: number
  readonly records: Uint8Array
}

/** What few entries have. */
export interface Extra {
  /** The number of the record, over all groups. */
  readonly record: number
  readonly invalidityDate: Date | undefined
  readonly holdInstruction: string | undefined
}

export function groupEntries(lookup: EntryLookup): { readonly issuers: readonly Name[]; readonly groups: readonly Group[]; readonly extras: readonly Extra[] } {
  const ordinals = new Map(lookup.issuers.map((issuer, i) => [issuer.key, i]))
  const writers = new Map<number, BytesWriter>()
  for (const { serialNumber, certificateIssuer } of lookup.entries()) {
    const length = serialNumber.length / 2
    const place = ordinals.get(certificateIssuer.key)! * 65536 + length
    let writer = writers.get(place)
    if (writer === undefined) writers.set(place, (writer = new BytesWriter(1024)))
    writer.bytes(fromHex(serialNumber))
    // Filled in below, from the entry that counts.
    writer.number(0, recordTail)
  }
  const groups = [...writers].sort(([a], [b]) => a - b).map(([place, writer]) => sorted(Math.floor(place / 65536), place % 65536, writer.taken()))
  const extras: Extra[] = []
  let record = 0
  for (const { issuer, serialLength, count, records } of groups) {
    const width = serialLength + recordTail
    for (let i = 0; i < count; i++, record++) {
      const serial = records.subarray(i * width, i * width + serialLength)
      // The one that counts where a serial is listed twice: the list itself says which.
      const entry: CrlEntry = lookup.find(serial, serialLength, lookup.issuers[issuer]!.key)!
      records[i * width + serialLength] = entry.reason
      writeNumber(records, i * width + serialLength + 1, dateNumber(entry.revocationDate.getTime()), 5)
      if (entry.invalidityDate !== undefined || entry.holdInstruction !== undefined) {
        extras.push({ record, invalidityDate: entry.invalidityDate, holdInstruction: entry.holdInstruction })
      }
    }
  }
  return { issuers: lookup.issuers, groups, extras }
}

function sorted(issuer: number, serialLength: number, unsorted: Uint8Array): Group {
  const width = serialLength + recordTail
  const serialAt = (i: number): Uint8Array => unsorted.subarray(i * width, i * width + serialLength)
  const order = Uint32Array.from({ length: unsorted.length / width }, (_, i) => i).sort((a, b) => compareBytes(serialAt(a), serialAt(b)))
  const records = new Uint8Array(unsorted.length)
  let count = 0
  let previous: Uint8Array | undefined
  for (const i of order) {
    const serial = serialAt(i)
    if (previous !== undefined && compareBytes(previous, serial) === 0) continue
    records.set(unsorted.subarray(i * width, (i + 1) * width), count++ * width)
    previous = serial
  }
  return { issuer, serialLength, count, records: records.subarray(0, count * width) }
}
