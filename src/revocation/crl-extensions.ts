/**
 * The extensions of CRLs and of their entries (RFC 5280 5.2 and 5.3) as typed values. Known ones are decoded strictly,
 * whatever their criticality says; unknown critical ones are gathered, for the caller to refuse the list by.
 */
import {
  DerReader, checkIntegerContent, contextTag, readDefaultFalse, readGeneralizedTime, readIntegerBytes, readNamedBits, readOid,
  toHex,
} from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import { readExtensions } from '../x509/extension.ts'
import type { RawExtension } from '../x509/extension.ts'
import { decodeExtension, readDistributionPointName } from '../x509/extension-values.ts'
import type { AuthorityKeyIdentifier, DistributionPoint } from '../x509/extension-values.ts'
import { readGeneralNames } from '../x509/general-name.ts'
import type { Name } from '../x509/name.ts'
import { crlExtensionOids, extensionOids } from '../x509/oids.ts'

/** RFC 5280 5.2.5; `onlySomeReasons` has named bit i of ReasonFlags at bit i. */
export interface IssuingDistributionPoint {
  readonly fullName: DistributionPoint['fullName']
  readonly nameRelativeToCRLIssuer: DistributionPoint['nameRelativeToCRLIssuer']
  readonly onlyContainsUserCerts: boolean
  readonly onlyContainsCACerts: boolean
  readonly onlySomeReasons: number | undefined
  readonly indirectCRL: boolean
  readonly onlyContainsAttributeCerts: boolean
}

/** The decoded extensions of a list. */
export interface CrlExtensions {
  crlNumber?: bigint
  /** Critical, which 5.2.3 rules out. */
  crlNumberIsCritical?: boolean
  baseCrlNumber?: bigint
  issuingDistributionPoint?: IssuingDistributionPoint
  authorityKeyIdentifier?: AuthorityKeyIdentifier
  freshestCRL?: readonly DistributionPoint[]
}

/** The decoded extensions of an entry. */
export interface EntryExtensions {
  reason: number
  invalidityDate?: number
  holdInstruction?: string
  certificateIssuer?: Name
}

/** RFC 2459 5.3.2; RFC 5280 dropped it, and issuers still write it. */
const holdInstructionCode = '2.5.29.23'

/** Calls `read` with a reader over the value of each extension; one that it does not know (false) and is critical is gathered. */
function eachExtension(
  reader: DerReader, what: string, unknownCritical: Set<string>, read: (raw: RawExtension, value: DerReader) => boolean,
): void {
  const seen = new Set<string>()
  for (const raw of readExtensions(reader, what)) {
    const value = new DerReader(reader.bytes, raw.start, raw.stop, what)
    // RFC 5280 4.2, 5.2: one instance of an extension.
    if (seen.has(raw.oid)) value.fail('x509/malformed-extension', raw.start, `${raw.oid} once (RFC 5280 4.2)`)
    seen.add(raw.oid)
    if (read(raw, value)) value.finish()
    else if (raw.critical) unknownCritical.add(raw.oid)
  }
}

/** Reads crlExtensions (RFC 5280 5.2). */
export function readCrlExtensions(reader: DerReader, unknownCritical: Set<string>): CrlExtensions {
  const values: CrlExtensions = {}
  const known = <K extends 'authorityKeyIdentifier' | 'freshestCRL' | 'issuerAltName' | 'authorityInfoAccess'>(name: K, value: DerReader) => {
    const decoded = decodeExtension(name, value.bytes, value.position, value.end)
    value.position = value.end
    return decoded
  }
  eachExtension(reader, 'crlExtensions', unknownCritical, ({ oid, critical }, value) => {
    if (oid === crlExtensionOids.cRLNumber) {
      values.crlNumber = readCrlNumber(value, 'CRLNumber')
      values.crlNumberIsCritical = critical
    }
    else if (oid === crlExtensionOids.deltaCRLIndicator) values.baseCrlNumber = readCrlNumber(value, 'BaseCRLNumber')
    else if (oid === crlExtensionOids.issuingDistributionPoint) values.issuingDistributionPoint = readIssuingDistributionPoint(value)
    else if (oid === extensionOids.authorityKeyIdentifier) values.authorityKeyIdentifier = known('authorityKeyIdentifier', value)
    else if (oid === extensionOids.freshestCRL) values.freshestCRL = known('freshestCRL', value)
    else if (oid === extensionOids.issuerAltName) known('issuerAltName', value)
    else if (oid === extensionOids.authorityInfoAccess) known('authorityInfoAccess', value)
    else return false
    return true
  })
  return values
}

/** CRLNumber ::= INTEGER (0..MAX); any length, the limit of 20 octets being the issuer's duty (RFC 5280 5.2.3). */
function readCrlNumber(reader: DerReader, what: string): bigint {
  const octets = readIntegerBytes(reader, what)
  if (octets[0]! >= 0x80) reader.fail('asn1/integer-out-of-range', reader.headerStart, `${what} of 0 or more`)
  return BigInt(`0x${toHex(octets)}`)
}

/**
 * IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL, onlyContainsUserCerts [1] BOOLEAN
 *   DEFAULT FALSE, onlyContainsCACerts [2] …, onlySomeReasons [3] ReasonFlags OPTIONAL, indirectCRL [4] …, onlyContainsAttributeCerts [5] … }
 */
function readIssuingDistributionPoint(reader: DerReader): IssuingDistributionPoint {
  const inside = reader.sequence('IssuingDistributionPoint')
  const name = inside.optional(contextTag(0, true)) ? readDistributionPointName(inside.inside()) : undefined
  const value = {
    fullName: name?.fullName,
    nameRelativeToCRLIssuer: name?.nameRelativeToCRLIssuer,
    onlyContainsUserCerts: readDefaultFalse(inside, contextTag(1, false), 'onlyContainsUserCerts'),
    onlyContainsCACerts: readDefaultFalse(inside, contextTag(2, false), 'onlyContainsCACerts'),
    onlySomeReasons: inside.peek() === contextTag(3, false) ? readNamedBits(inside, 'ReasonFlags', 9, contextTag(3, false)) : undefined,
    indirectCRL: readDefaultFalse(inside, contextTag(4, false), 'indirectCRL'),
    onlyContainsAttributeCerts: readDefaultFalse(inside, contextTag(5, false), 'onlyContainsAttributeCerts'),
  }
  inside.finish()
  return Object.freeze(value)
}

/** Reads crlEntryExtensions (RFC 5280 5.3). certificateIssuer is refused unless the list is `indirect` (5.3.3). */
export function readEntryExtensions(reader: DerReader, indirect: boolean, unknownCritical: Set<string>): EntryExtensions {
  const values: EntryExtensions = { reason: 0 }
  eachExtension(reader, 'crlEntryExtensions', unknownCritical, ({ oid }, value) => {
    if (oid === crlExtensionOids.reasonCode) values.reason = readReason(value)
    else if (oid === crlExtensionOids.invalidityDate) values.invalidityDate = readGeneralizedTime(value, 'invalidityDate')
    else if (oid === holdInstructionCode) values.holdInstruction = readOid(value, 'holdInstructionCode')
    else if (oid === crlExtensionOids.certificateIssuer) values.certificateIssuer = readCertificateIssuer(value, indirect)
    else return false
    return true
  })
  return values
}

/** CRLReason ::= ENUMERATED, 0 to 10 without 7 (RFC 5280 5.3.1). */
function readReason(reader: DerReader): number {
  reader.expect(Tag.enumerated, 'CRLReason')
  checkIntegerContent(reader)
  const reason = reader.bytes[reader.start]!
  if (reader.stop - reader.start !== 1 || reason > 10 || reason === 7) {
    reader.fail('asn1/integer-out-of-range', reader.headerStart, 'a CRLReason of RFC 5280 5.3.1')
  }
  return reason
}

/** The one directoryName among the names: it is what identifies an issuer (RFC 5280 5.3.3, 6.3.3). */
function readCertificateIssuer(reader: DerReader, indirect: boolean): Name {
  const at = reader.position
  const names = readGeneralNames(reader.sequence('certificateIssuer')).filter((name) => name.type === 'directoryName')
  const [name] = names
  if (!indirect) reader.fail('x509/malformed-extension', at, 'certificateIssuer in an indirect CRL only (RFC 5280 5.3.3)')
  if (name === undefined || names.length > 1) {
    reader.fail('x509/malformed-extension', at, 'one directoryName as certificateIssuer (RFC 5280 5.3.3)')
  }
  return name.value
}
