/**
 * One entry of a CRL (RFC 5280 5.1.2.6, 5.3), read exactly.
 *
 *   SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions Extensions OPTIONAL }
 */
import { DerReader, checkIntegerContent, readTime, toHex } from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import { readEntryExtensions } from './crl-extensions.ts'
import type { EntryExtensions } from './crl-extensions.ts'

export interface CrlEntry {
  /** The content octets, lower-case hexadecimal, as `certificate.serialNumber`. */
  readonly serialNumber: string
  readonly revocationDate: Date
  /** CRLReason (RFC 5280 5.3.1); 0 (unspecified) where the entry has none. */
  readonly reason: number
  readonly invalidityDate: Date | undefined
  /** The OID of the hold instruction (RFC 2459 5.3.2). */
  readonly holdInstruction: string | undefined
  /** Grows along the list: where the entry starts in the CRL’s bytes; in a snapshot, its number. */
  readonly position: number
}

/** What reading an entry depends on, and what it gathers. */
export interface EntryContext {
  readonly version: 1 | 2
  readonly indirect: boolean
  readonly unknownCritical: Set<string>
}

export interface RawEntry {
  readonly serialStart: number
  readonly serialStop: number
  readonly revocationDate: number
  readonly extensions: EntryExtensions
}

const noExtensions: EntryExtensions = Object.freeze({ reason: 0 })

/** Reads the next entry of the list. Throws `ParseError`. */
export function readEntry(list: DerReader, context: EntryContext): RawEntry {
  const entry = list.sequence('revoked certificate')
  entry.expect(Tag.integer, 'userCertificate')
  checkIntegerContent(entry)
  const { start: serialStart, stop: serialStop } = entry
  const revocationDate = readTime(entry, 'revocationDate')
  let extensions = noExtensions
  if (!entry.done) {
    // RFC 5280 5.1.2.1: where extensions are used, the version is 2.
    if (context.version === 1) entry.fail('x509/unsupported-version', entry.position, 'no entry extensions in a list of version 1')
    extensions = readEntryExtensions(entry, context.indirect, context.unknownCritical)
    entry.finish()
  }
  return { serialStart, serialStop, revocationDate, extensions }
}

/** The entry as users see it. */
export function entryOf(bytes: Uint8Array, position: number, raw: RawEntry): CrlEntry {
  const { reason, invalidityDate, holdInstruction } = raw.extensions
  return Object.freeze({
    serialNumber: toHex(bytes.subarray(raw.serialStart, raw.serialStop)), revocationDate: new Date(raw.revocationDate), reason,
    invalidityDate: invalidityDate === undefined ? undefined : new Date(invalidityDate), holdInstruction, position,
  })
}
