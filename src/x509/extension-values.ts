/**
 * The extensions of RFC 5280 4.2 (and a few others) as typed values. One decoder each, over a reader that stands
 * at extnValue’s content; `decodeExtension` adds the check that nothing follows. Values are frozen, and hold no
 * reference to the certificate’s bytes.
 */
import {
  DerReader, checkIntegerContent, checkWellFormed, contextTag, readBooleanDefaultFalse, readNamedBits, readNull, readOctetString,
  readOid, readUnsignedInteger, stringContent, tagName, utf8Content, ia5Content, readIntegerBytes,
} from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import { readGeneralName, readGeneralNames } from './general-name.ts'
import type { GeneralName } from './general-name.ts'
import { readRdn } from './name.ts'
import type { RelativeDistinguishedName } from './name.ts'

/** RFC 5280 4.2.1.9 */
export interface BasicConstraints {
  readonly cA: boolean
  readonly pathLenConstraint: number | undefined
}

/** RFC 5280 4.2.1.3, the names of the bits. */
export interface KeyUsage {
  readonly digitalSignature: boolean
  readonly nonRepudiation: boolean
  readonly keyEncipherment: boolean
  readonly dataEncipherment: boolean
  readonly keyAgreement: boolean
  readonly keyCertSign: boolean
  readonly cRLSign: boolean
  readonly encipherOnly: boolean
  readonly decipherOnly: boolean
}

/** RFC 5280 4.2.1.10. `minimum` 0 and no `maximum` is the only form that section allows; the rest is kept to be refused. */
export interface GeneralSubtree {
  readonly base: GeneralName
  readonly minimum: number
  readonly maximum: number | undefined
}

export interface NameConstraints {
  readonly permittedSubtrees: readonly GeneralSubtree[]
  readonly excludedSubtrees: readonly GeneralSubtree[]
}

/** RFC 5280 4.2.1.4 */
export interface PolicyQualifier {
  readonly oid: string
  /** The URI of a CPS pointer. */
  readonly cpsUri?: string
  /** The text of a user notice; never to be shown unescaped. */
  readonly userNotice?: { readonly explicitText?: string; readonly organization?: string; readonly noticeNumbers?: readonly number[] }
  /** DER of any other qualifier. */
  readonly value?: Uint8Array
}

export interface PolicyInformation {
  readonly policyIdentifier: string
  readonly policyQualifiers: readonly PolicyQualifier[]
}

/** RFC 5280 4.2.1.5 */
export interface PolicyMapping {
  readonly issuerDomainPolicy: string
  readonly subjectDomainPolicy: string
}

/** RFC 5280 4.2.1.11 */
export interface PolicyConstraints {
  readonly requireExplicitPolicy: number | undefined
  readonly inhibitPolicyMapping: number | undefined
}

/** RFC 5280 4.2.1.1 */
export interface AuthorityKeyIdentifier {
  readonly keyIdentifier: Uint8Array | undefined
  readonly authorityCertIssuer: readonly GeneralName[] | undefined
  /** Content octets of the serial number. */
  readonly authorityCertSerialNumber: Uint8Array | undefined
}

/** RFC 5280 4.2.1.13; `reasons` has named bit i of ReasonFlags at bit i. */
export interface DistributionPoint {
  readonly fullName: readonly GeneralName[] | undefined
  readonly nameRelativeToCRLIssuer: RelativeDistinguishedName | undefined
  readonly reasons: number | undefined
  readonly cRLIssuer: readonly GeneralName[] | undefined
}

/** RFC 5280 4.2.2.1 */
export interface AccessDescription {
  readonly accessMethod: string
  readonly accessLocation: GeneralName
}

/** One SCT of RFC 6962 3.2, decoded; its signature is not checked here. */
export interface SignedCertificateTimestamp {
  readonly version: number
  readonly logId: Uint8Array
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly extensions: Uint8Array
  readonly hashAlgorithm: number
  readonly signatureAlgorithm: number
  readonly signature: Uint8Array
}

/** RFC 3739 3.2.6 */
export interface QcStatement {
  readonly statementId: string
  /** DER of statementInfo. */
  readonly statementInfo: Uint8Array | undefined
}

export interface ExtensionValues {
  basicConstraints: BasicConstraints
  keyUsage: KeyUsage
  extendedKeyUsage: readonly string[]
  subjectAltName: readonly GeneralName[]
  issuerAltName: readonly GeneralName[]
  nameConstraints: NameConstraints
  certificatePolicies: readonly PolicyInformation[]
  policyMappings: readonly PolicyMapping[]
  policyConstraints: PolicyConstraints
  inhibitAnyPolicy: number
  authorityKeyIdentifier: AuthorityKeyIdentifier
  subjectKeyIdentifier: Uint8Array
  cRLDistributionPoints: readonly DistributionPoint[]
  freshestCRL: readonly DistributionPoint[]
  authorityInfoAccess: readonly AccessDescription[]
  subjectInfoAccess: readonly AccessDescription[]
  tlsFeature: readonly number[]
  signedCertificateTimestamps: readonly SignedCertificateTimestamp[]
  qcStatements: readonly QcStatement[]
  ocspNoCheck: true
  precertificatePoison: true
}

export type ExtensionName = keyof ExtensionValues

export const keyUsageNames: readonly (keyof KeyUsage)[] = [
  'digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement', 'keyCertSign',
  'cRLSign', 'encipherOnly', 'decipherOnly',
]

type Decoders = { readonly [K in ExtensionName]: (reader: DerReader) => ExtensionValues[K] }

const decoders: Decoders = {
  basicConstraints: readBasicConstraints,
  keyUsage: readKeyUsage,
  extendedKeyUsage: (reader) => list(reader, 'ExtKeyUsageSyntax', (inside) => readOid(inside, 'KeyPurposeId')),
  subjectAltName: (reader) => readGeneralNames(reader.sequence('GeneralNames')),
  issuerAltName: (reader) => readGeneralNames(reader.sequence('GeneralNames')),
  nameConstraints: readNameConstraints,
  certificatePolicies: (reader) => list(reader, 'certificatePolicies', readPolicyInformation),
  policyMappings: (reader) => list(reader, 'PolicyMappings', readPolicyMapping),
  policyConstraints: readPolicyConstraints,
  inhibitAnyPolicy: (reader) => readUnsignedInteger(reader, 'SkipCerts'),
  authorityKeyIdentifier: readAuthorityKeyIdentifier,
  subjectKeyIdentifier: (reader) => readOctetString(reader, 'KeyIdentifier').slice(),
  cRLDistributionPoints: (reader) => list(reader, 'CRLDistributionPoints', readDistributionPoint),
  freshestCRL: (reader) => list(reader, 'CRLDistributionPoints', readDistributionPoint),
  authorityInfoAccess: (reader) => list(reader, 'AuthorityInfoAccessSyntax', readAccessDescription),
  subjectInfoAccess: (reader) => list(reader, 'SubjectInfoAccessSyntax', readAccessDescription),
  tlsFeature: (reader) => list(reader, 'Features', (inside) => readUnsignedInteger(inside, 'TLS extension type')),
  signedCertificateTimestamps: readSignedCertificateTimestamps,
  qcStatements: (reader) => list(reader, 'QCStatements', readQcStatement),
  ocspNoCheck: readNullValue,
  precertificatePoison: readNullValue,
}

/** Decodes the content of one extension strictly: the whole value, and nothing after it. */
export function decodeExtension<K extends ExtensionName>(
  name: K, bytes: Uint8Array, start: number, stop: number,
): ExtensionValues[K] {
  const reader = new DerReader(bytes, start, stop, name)
  const value = decoders[name](reader)
  reader.finish()
  return value
}

/** SEQUENCE SIZE (1..MAX) OF something. */
function list<T>(reader: DerReader, what: string, read: (inside: DerReader) => T): readonly T[] {
  reader.expect(Tag.sequence, what)
  const inside = reader.inside()
  if (inside.done) reader.fail('asn1/empty-sequence', reader.headerStart, `at least one element in ${what}`)
  const values: T[] = []
  while (!inside.done) values.push(read(inside))
  return Object.freeze(values)
}

function readNullValue(reader: DerReader): true {
  readNull(reader, 'NULL')
  return true
}

function readBasicConstraints(reader: DerReader): BasicConstraints {
  // BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }
  const inside = reader.sequence('BasicConstraints')
  const cA = readBooleanDefaultFalse(inside, 'cA')
  const pathLenConstraint = inside.done ? undefined : readUnsignedInteger(inside, 'pathLenConstraint')
  inside.finish()
  return Object.freeze({ cA, pathLenConstraint })
}

function readKeyUsage(reader: DerReader): KeyUsage {
  // KeyUsage ::= BIT STRING with nine named bits
  const bits = readNamedBits(reader, 'KeyUsage', 9)
  const bit = (i: number): boolean => (bits & (1 << i)) !== 0
  return Object.freeze({
    digitalSignature: bit(0), nonRepudiation: bit(1), keyEncipherment: bit(2), dataEncipherment: bit(3),
    keyAgreement: bit(4), keyCertSign: bit(5), cRLSign: bit(6), encipherOnly: bit(7), decipherOnly: bit(8),
  })
}

function readNameConstraints(reader: DerReader): NameConstraints {
  // NameConstraints ::= SEQUENCE { permittedSubtrees [0] GeneralSubtrees OPTIONAL, excludedSubtrees [1] … }
  const inside = reader.sequence('NameConstraints')
  const permittedSubtrees = readSubtrees(inside, 0)
  const excludedSubtrees = readSubtrees(inside, 1)
  inside.finish()
  return Object.freeze({ permittedSubtrees, excludedSubtrees })
}

function readSubtrees(reader: DerReader, number: number): readonly GeneralSubtree[] {
  if (!reader.optional(contextTag(number, true))) return Object.freeze([])
  const inside = reader.inside()
  if (inside.done) reader.fail('asn1/empty-sequence', reader.headerStart, 'at least one GeneralSubtree')
  const subtrees: GeneralSubtree[] = []
  while (!inside.done) subtrees.push(readSubtree(inside.sequence('GeneralSubtree')))
  return Object.freeze(subtrees)
}

function readSubtree(reader: DerReader): GeneralSubtree {
  // GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] BaseDistance DEFAULT 0, maximum [1] BaseDistance OPTIONAL }
  const base = readGeneralName(reader)
  let minimum = 0
  if (reader.peek() === contextTag(0, false)) {
    minimum = readUnsignedInteger(reader, 'minimum', contextTag(0, false))
    if (minimum === 0) reader.fail('asn1/encoded-default', reader.headerStart, 'minimum left out when 0 (X.690 11.5)')
  }
  const maximum = reader.peek() === contextTag(1, false)
    ? readUnsignedInteger(reader, 'maximum', contextTag(1, false)) : undefined
  reader.finish()
  return Object.freeze({ base, minimum, maximum })
}

function readPolicyInformation(reader: DerReader): PolicyInformation {
  // PolicyInformation ::= SEQUENCE { policyIdentifier, policyQualifiers SEQUENCE SIZE (1..MAX) OF … OPTIONAL }
  const inside = reader.sequence('PolicyInformation')
  const policyIdentifier = readOid(inside, 'policyIdentifier')
  const policyQualifiers = inside.done ? Object.freeze([]) : list(inside, 'policyQualifiers', readPolicyQualifier)
  inside.finish()
  return Object.freeze({ policyIdentifier, policyQualifiers })
}

const cpsOid = '1.3.6.1.5.5.7.2.1'
const userNoticeOid = '1.3.6.1.5.5.7.2.2'

function readPolicyQualifier(reader: DerReader): PolicyQualifier {
  const inside = reader.sequence('PolicyQualifierInfo')
  const oid = readOid(inside, 'policyQualifierId')
  let qualifier: PolicyQualifier
  if (oid === cpsOid) {
    inside.expect(Tag.ia5String, 'cPSuri')
    qualifier = { oid, cpsUri: ia5Content(inside) }
  } else if (oid === userNoticeOid) {
    qualifier = { oid, userNotice: readUserNotice(inside.sequence('UserNotice')) }
  } else {
    if (inside.done) inside.fail('asn1/missing-element', inside.position, 'a qualifier')
    inside.next()
    checkWellFormed(inside.bytes, inside.headerStart, inside.stop, 'policy qualifier')
    qualifier = { oid, value: inside.element().slice() }
  }
  inside.finish()
  return Object.freeze(qualifier)
}

function readUserNotice(reader: DerReader): NonNullable<PolicyQualifier['userNotice']> {
  // UserNotice ::= SEQUENCE { noticeRef NoticeReference OPTIONAL, explicitText DisplayText OPTIONAL }
  let reference: { organization: string; noticeNumbers: readonly number[] } | undefined
  if (reader.peek() === Tag.sequence) {
    const inside = reader.sequence('NoticeReference')
    const organization = readDisplayText(inside)
    const numbers = inside.sequence('noticeNumbers')
    const noticeNumbers: number[] = []
    while (!numbers.done) noticeNumbers.push(readUnsignedInteger(numbers, 'notice number'))
    inside.finish()
    reference = { organization, noticeNumbers: Object.freeze(noticeNumbers) }
  }
  const explicitText = reader.done ? undefined : readDisplayText(reader)
  reader.finish()
  return Object.freeze({ ...reference, ...(explicitText === undefined ? {} : { explicitText }) })
}

function readDisplayText(reader: DerReader): string {
  // DisplayText ::= CHOICE { ia5String, visibleString, bmpString, utf8String }; its 200-character limit is often broken.
  const tag = reader.peek()
  if (tag !== Tag.ia5String && tag !== Tag.visibleString && tag !== Tag.bmpString && tag !== Tag.utf8String) {
    reader.fail('asn1/unexpected-tag', reader.position, 'a DisplayText', tagName(tag))
  }
  reader.next()
  return tag === Tag.utf8String ? utf8Content(reader) : stringContent(reader, tag)
}

function readPolicyMapping(reader: DerReader): PolicyMapping {
  const inside = reader.sequence('PolicyMapping')
  const issuerDomainPolicy = readOid(inside, 'issuerDomainPolicy')
  const subjectDomainPolicy = readOid(inside, 'subjectDomainPolicy')
  inside.finish()
  return Object.freeze({ issuerDomainPolicy, subjectDomainPolicy })
}

function readPolicyConstraints(reader: DerReader): PolicyConstraints {
  const inside = reader.sequence('PolicyConstraints')
  const skip = (number: number, what: string): number | undefined => inside.peek() === contextTag(number, false)
    ? readUnsignedInteger(inside, what, contextTag(number, false)) : undefined
  const requireExplicitPolicy = skip(0, 'requireExplicitPolicy')
  const inhibitPolicyMapping = skip(1, 'inhibitPolicyMapping')
  inside.finish()
  return Object.freeze({ requireExplicitPolicy, inhibitPolicyMapping })
}

function readAuthorityKeyIdentifier(reader: DerReader): AuthorityKeyIdentifier {
  // SEQUENCE { keyIdentifier [0] OPTIONAL, authorityCertIssuer [1] OPTIONAL, authorityCertSerialNumber [2] OPTIONAL }
  const inside = reader.sequence('AuthorityKeyIdentifier')
  const keyIdentifier = inside.optional(contextTag(0, false)) ? inside.content().slice() : undefined
  const authorityCertIssuer = inside.optional(contextTag(1, true)) ? readGeneralNames(inside.inside()) : undefined
  let authorityCertSerialNumber: Uint8Array | undefined
  if (inside.optional(contextTag(2, false))) {
    checkIntegerContent(inside)
    authorityCertSerialNumber = inside.content().slice()
  }
  inside.finish()
  return Object.freeze({ keyIdentifier, authorityCertIssuer, authorityCertSerialNumber })
}

function readDistributionPoint(reader: DerReader): DistributionPoint {
  // DistributionPoint ::= SEQUENCE { distributionPoint [0] OPTIONAL, reasons [1] OPTIONAL, cRLIssuer [2] OPTIONAL }
  const inside = reader.sequence('DistributionPoint')
  const name = inside.optional(contextTag(0, true)) ? readDistributionPointName(inside.inside()) : undefined
  const reasons = inside.peek() === contextTag(1, false)
    ? readNamedBits(inside, 'ReasonFlags', 9, contextTag(1, false)) : undefined
  const cRLIssuer = inside.optional(contextTag(2, true)) ? readGeneralNames(inside.inside()) : undefined
  inside.finish()
  return Object.freeze({
    fullName: name?.fullName, nameRelativeToCRLIssuer: name?.nameRelativeToCRLIssuer, reasons, cRLIssuer,
  })
}

/** DistributionPointName ::= CHOICE { fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] RelativeDistinguishedName } */
export function readDistributionPointName(reader: DerReader): Pick<DistributionPoint, 'fullName' | 'nameRelativeToCRLIssuer'> {
  let fullName: readonly GeneralName[] | undefined
  let nameRelativeToCRLIssuer: RelativeDistinguishedName | undefined
  if (reader.optional(contextTag(0, true))) fullName = readGeneralNames(reader.inside())
  else nameRelativeToCRLIssuer = readRdn(reader, contextTag(1, true))
  reader.finish()
  return { fullName, nameRelativeToCRLIssuer }
}

function readAccessDescription(reader: DerReader): AccessDescription {
  const inside = reader.sequence('AccessDescription')
  const accessMethod = readOid(inside, 'accessMethod')
  const accessLocation = readGeneralName(inside)
  inside.finish()
  return Object.freeze({ accessMethod, accessLocation })
}

function readQcStatement(reader: DerReader): QcStatement {
  const inside = reader.sequence('QCStatement')
  const statementId = readOid(inside, 'statementId')
  let statementInfo: Uint8Array | undefined
  if (!inside.done) {
    inside.next()
    checkWellFormed(inside.bytes, inside.headerStart, inside.stop, 'statementInfo')
    statementInfo = inside.element().slice()
  }
  inside.finish()
  return Object.freeze({ statementId, statementInfo })
}

function readSignedCertificateTimestamps(reader: DerReader): readonly SignedCertificateTimestamp[] {
  // RFC 6962 3.3: an OCTET STRING that holds a TLS-encoded SignedCertificateTimestampList.
  reader.expect(Tag.octetString, 'SignedCertificateTimestampList')
  const { bytes, stop } = reader
  let position = reader.start
  const take = (count: number, limit: number): number => {
    if (position + count > limit) {
      reader.fail('x509/malformed-extension', position, `${count} more octets of an SCT list (RFC 6962 3.3)`)
    }
    let value = 0
    for (let i = 0; i < count; i++) value = value * 256 + bytes[position++]!
    return value
  }
  const slice = (count: number, limit: number): Uint8Array => {
    if (position + count > limit) {
      reader.fail('x509/malformed-extension', position, `${count} more octets of an SCT list (RFC 6962 3.3)`)
    }
    const part = bytes.slice(position, position + count)
    position += count
    return part
  }
  if (take(2, stop) !== stop - position || position === stop) {
    reader.fail('x509/malformed-extension', reader.start, 'an SCT list of the stated, non-zero length (RFC 6962 3.3)')
  }
  const timestamps: SignedCertificateTimestamp[] = []
  while (position < stop) {
    const length = take(2, stop)
    const end = position + length
    if (end > stop) reader.fail('x509/malformed-extension', position, 'an SCT inside its list (RFC 6962 3.3)')
    const version = take(1, end)
    const sct = {
      version, logId: slice(32, end), timestamp: take(8, end), extensions: slice(take(2, end), end),
      hashAlgorithm: take(1, end), signatureAlgorithm: take(1, end), signature: slice(take(2, end), end),
    }
    // A later version may hold more; version 1 (0) may not.
    if (version === 0 && position !== end) reader.fail('asn1/trailing-data', position, 'the end of the SCT')
    position = end
    timestamps.push(Object.freeze(sct))
  }
  return Object.freeze(timestamps)
}

/** The content octets of an INTEGER extension such as cRLNumber. */
export function decodeIntegerExtension(bytes: Uint8Array, start: number, stop: number, field: string): Uint8Array {
  const reader = new DerReader(bytes, start, stop, field)
  const value = readIntegerBytes(reader, field).slice()
  reader.finish()
  return value
}
