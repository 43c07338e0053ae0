/**
 * The extension list: `Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }`
 * (RFC 5280 4.1). Certificates, CRLs, CRL entries and requests all carry it.
 */
import { DerReader, readBooleanDefaultFalse, readOid } from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'

/** One extension as it stands in the structure; known ones also have a typed value. */
export interface Extension {
  readonly oid: string
  readonly critical: boolean
  /** A copy of the content of extnValue. */
  readonly value: Uint8Array
}

/** The same as offsets into the private bytes. */
export interface RawExtension {
  readonly oid: string
  readonly critical: boolean
  readonly start: number
  readonly stop: number
}

/** Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension. Duplicates are kept: a rule of the path refuses them. */
export function readExtensions(reader: DerReader, what: string): readonly RawExtension[] {
  reader.expect(Tag.sequence, what)
  const list = reader.inside(what)
  if (list.done) reader.fail('asn1/empty-sequence', reader.headerStart, 'at least one Extension')
  const extensions: RawExtension[] = []
  const inside = new DerReader(list.bytes, 0, 0, list.field)
  while (!list.done) {
    list.expect(Tag.sequence, 'Extension')
    inside.moveTo(list.start, list.stop)
    const oid = readOid(inside, 'extnID')
    const critical = readBooleanDefaultFalse(inside, 'critical')
    inside.expect(Tag.octetString, 'extnValue')
    extensions.push({ oid, critical, start: inside.start, stop: inside.stop })
    inside.finish()
  }
  return extensions
}

/** A public copy of an extension. */
export function extensionOf(bytes: Uint8Array, raw: RawExtension): Extension {
  return Object.freeze({ oid: raw.oid, critical: raw.critical, value: bytes.slice(raw.start, raw.stop) })
}
