/**
 * The entries of a list, put in the order of a snapshot: by certificate issuer and length of serial, ascending, each serial once.
 */
import type { Name } from '../x509/index.ts'
import { weightOf } from './crl-index.ts'
import type { CrlIndex } from './crl-index.ts'
import { SnapshotError } from './snapshot-error.ts'
import { BytesWriter, dateNumber, recordTail } from './snapshot-format.ts'
import { sortRecords } from './snapshot-sort.ts'

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

/** The records of a group in the order of the list, and the extras by their number. */
interface Unsorted {
  readonly issuer: number
  readonly serialLength: number
  readonly writer: BytesWriter
  count: number
  readonly extras: Map<number, Omit<Extra, 'record'>>
}

export function groupEntries(index: CrlIndex): { readonly issuers: readonly Name[]; readonly groups: readonly Group[]; readonly extras: readonly Extra[] } {
  const unsorted = new Map<number, Unsorted>()
  index.each(({ serialStart, serialStop, revocationDate, extensions }, _at, issuer) => {
    const serialLength = serialStop - serialStart
    // RFC 5280 4.1.2.2 allows 20 octets; the format has two for their number, and one for the length of a hold instruction.
    if (serialLength > 0xffff) throw new SnapshotError('snapshot/unusable-list', `a serial of ${serialLength} octets: a snapshot holds up to 65535`)
    if ((extensions.holdInstruction?.length ?? 0) > 0xff) throw new SnapshotError('snapshot/unusable-list', 'a hold instruction of more than 255 characters')
    const place = issuer * 65536 + serialLength
    let group = unsorted.get(place)
    if (group === undefined) unsorted.set(place, (group = { issuer, serialLength, writer: new BytesWriter(1024), count: 0, extras: new Map() }))
    group.writer.part(index.bytes, serialStart, serialStop)
    group.writer.number(extensions.reason, 1)
    group.writer.number(dateNumber(revocationDate), 5)
    const { invalidityDate, holdInstruction } = extensions
    if (invalidityDate !== undefined || holdInstruction !== undefined) {
      group.extras.set(group.count, { invalidityDate: invalidityDate === undefined ? undefined : new Date(invalidityDate), holdInstruction })
    }
    group.count++
  })
  const groups: Group[] = []
  const extras: Extra[] = []
  let record = 0
  for (const [, group] of [...unsorted].sort(([a], [b]) => a - b)) {
    const sorted = sortGroup(group, record, extras)
    groups.push(sorted)
    record += sorted.count
  }
  return { issuers: index.issuers, groups, extras }
}

function sortGroup({ issuer, serialLength, writer, extras }: Unsorted, first: number, extrasOut: Extra[]): Group {
  const width = serialLength + recordTail
  const unsorted = writer.taken()
  const order = sortRecords(unsorted, width, serialLength)
  const records = new Uint8Array(unsorted.length)
  let count = 0
  for (let i = 0; i < order.length;) {
    // Of a serial that is listed several times, what says more counts, and of equals the first.
    let counts = order[i]!
    for (const serial = counts * width; ++i < order.length && isSame(unsorted, serial, order[i]! * width, serialLength);) {
      const more = weightOf(unsorted[order[i]! * width + serialLength]!) - weightOf(unsorted[counts * width + serialLength]!)
      if (more > 0 || (more === 0 && order[i]! < counts)) counts = order[i]!
    }
    const to = count * width
    for (let k = 0, from = counts * width; k < width; k++) records[to + k] = unsorted[from + k]!
    const extra = extras.get(counts)
    if (extra !== undefined) extrasOut.push({ record: first + count, ...extra })
    count++
  }
  return { issuer, serialLength, count, records: records.subarray(0, count * width) }
}

function isSame(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false
  return true
}
