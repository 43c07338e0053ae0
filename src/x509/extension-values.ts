/**
 * The extensions of RFC 5280 4.2 (and a few others) as typed values. One decoder each, over a reader that stands
 * at extnValue’s content; `decodeExtension` adds the check that nothing follows. Values are frozen, and hold no
 * reference to the certificate’s bytes.
 */
import {
  DerReader, checkWellFormed, contextTag, readBooleanDefaultFalse, readNamedBits, readNull, readOctetString,
  readOid, readUnsignedInteger, stringContent, tagName, ia5Content, readIntegerBytes,
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

/** Of the named bits of the BIT STRING, the first in the lowest. */
function keyUsageOf(bits: number): KeyUsage {
  const has = (bit: number): boolean => (bits & (1 << bit)) !== 0
  return Object.freeze({
    digitalSignature: has(0), nonRepudiation: has(1), keyEncipherment: has(2), dataEncipherment: has(3), keyAgreement: has(4),
    keyCertSign: has(5), cRLSign: has(6), encipherOnly: has(7), decipherOnly: has(8),
  })
}

export const keyUsageNames: readonly (keyof KeyUsage)[] = /* @__PURE__ */ Object.keys(/* @__PURE__ */ keyUsageOf(0)) as (keyof KeyUsage)[]

type Decoders = { readonly [K in ExtensionName]: (reader: DerReader) => ExtensionValues[K] }

const decoders: Decoders = {
  basicConstraints: readBasicConstraints,
  keyUsage: readKeyUsage,
  extendedKeyUsage: (reader) => list(reader, 'ExtKeyUsageSyntax', (inside) => readOid(inside, 'KeyPurposeId')),
  subjectAltName: readNames,
  issuerAltName: readNames,
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
function list<T>(reader: DerReader, what: string, read: (inside: DerReader) => T, tag: number = Tag.sequence): readonly T[] {
  reader.expect(tag, what)
  const inside = reader.inside()
  if (inside.done) reader.fail('asn1/empty-sequence', reader.headerStart, `at least one element in ${what}`)
  const values: T[] = []
  while (!inside.done) values.push(read(inside))
  return Object.freeze(values)
}

/** SEQUENCE of fields, which `read` takes in their order. */
function structure<T>(reader: DerReader, what: string, read: (inside: DerReader) => T): T {
  const inside = reader.sequence(what)
  const value = Object.freeze(read(inside))
  inside.finish()
  return value
}

/** [number] INTEGER (0..MAX) OPTIONAL */
function optionalInteger(reader: DerReader, number: number, what: string): number | undefined {
  const tag = contextTag(number, false)
  return reader.peek() === tag ? readUnsignedInteger(reader, what, tag) : undefined
}

/** [number] GeneralNames OPTIONAL */
function optionalNames(reader: DerReader, number: number): readonly GeneralName[] | undefined {
  return reader.optional(contextTag(number, true)) ? readGeneralNames(reader.inside()) : undefined
}

/** ANY: a copy of its DER. */
function readAny(reader: DerReader, what: string): Uint8Array {
  if (reader.done) reader.fail('asn1/missing-element', reader.position, what)
  reader.next()
  checkWellFormed(reader.bytes, reader.headerStart, reader.stop, what)
  return reader.element().slice()
}

function readNames(reader: DerReader): readonly GeneralName[] {
  return readGeneralNames(reader.sequence('GeneralNames'))
}

function readNullValue(reader: DerReader): true {
  readNull(reader, 'NULL')
  return true
}

function readBasicConstraints(reader: DerReader): BasicConstraints {
  // BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }
  return structure(reader, 'BasicConstraints', (inside) => ({
    cA: readBooleanDefaultFalse(inside, 'cA'),
    pathLenConstraint: inside.done ? undefined : readUnsignedInteger(inside, 'pathLenConstraint'),
  }))
}

function readKeyUsage(reader: DerReader): KeyUsage {
  // KeyUsage ::= BIT STRING with nine named bits
  return keyUsageOf(readNamedBits(reader, 'KeyUsage', 9))
}

function readNameConstraints(reader: DerReader): NameConstraints {
  // NameConstraints ::= SEQUENCE { permittedSubtrees [0] GeneralSubtrees OPTIONAL, excludedSubtrees [1] … }
  return structure(reader, 'NameConstraints', (inside) => ({
    permittedSubtrees: readSubtrees(inside, 0), excludedSubtrees: readSubtrees(inside, 1),
  }))
}

function readSubtrees(reader: DerReader, number: number): readonly GeneralSubtree[] {
  const tag = contextTag(number, true)
  return reader.peek() === tag ? list(reader, 'GeneralSubtrees', readSubtree, tag) : Object.freeze([])
}

function readSubtree(reader: DerReader): GeneralSubtree {
  // GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] BaseDistance DEFAULT 0, maximum [1] BaseDistance OPTIONAL }
  return structure(reader, 'GeneralSubtree', (inside) => {
    const base = readGeneralName(inside)
    const minimum = optionalInteger(inside, 0, 'minimum')
    if (minimum === 0) inside.fail('asn1/encoded-default', inside.headerStart, 'minimum left out when 0 (X.690 11.5)')
    return { base, minimum: minimum ?? 0, maximum: optionalInteger(inside, 1, 'maximum') }
  })
}

function readPolicyInformation(reader: DerReader): PolicyInformation {
  // PolicyInformation ::= SEQUENCE { policyIdentifier, policyQualifiers SEQUENCE SIZE (1..MAX) OF … OPTIONAL }
  return structure(reader, 'PolicyInformation', (inside) => ({
    policyIdentifier: readOid(inside, 'policyIdentifier'),
    policyQualifiers: inside.done ? Object.freeze([]) : list(inside, 'policyQualifiers', readPolicyQualifier),
  }))
}

const cpsOid = '1.3.6.1.5.5.7.2.1'
const userNoticeOid = '1.3.6.1.5.5.7.2.2'

function readPolicyQualifier(reader: DerReader): PolicyQualifier {
  return structure(reader, 'PolicyQualifierInfo', (inside): PolicyQualifier => {
    const oid = readOid(inside, 'policyQualifierId')
    if (oid === userNoticeOid) return { oid, userNotice: readUserNotice(inside) }
    if (oid !== cpsOid) return { oid, value: readAny(inside, 'policy qualifier') }
    inside.expect(Tag.ia5String, 'cPSuri')
    return { oid, cpsUri: ia5Content(inside) }
  })
}

function readUserNotice(reader: DerReader): NonNullable<PolicyQualifier['userNotice']> {
  // UserNotice ::= SEQUENCE { noticeRef NoticeReference OPTIONAL, explicitText DisplayText OPTIONAL }
  return structure(reader, 'UserNotice', (inside) => ({
    ...(inside.peek() === Tag.sequence ? readNoticeReference(inside) : {}),
    ...(inside.done ? {} : { explicitText: readDisplayText(inside) }),
  }))
}

function readNoticeReference(reader: DerReader): { readonly organization: string; readonly noticeNumbers: readonly number[] } {
  return structure(reader, 'NoticeReference', (inside) => {
    const organization = readDisplayText(inside)
    const numbers = inside.sequence('noticeNumbers')
    const noticeNumbers: number[] = []
    while (!numbers.done) noticeNumbers.push(readUnsignedInteger(numbers, 'notice number'))
    return { organization, noticeNumbers: Object.freeze(noticeNumbers) }
  })
}

function readDisplayText(reader: DerReader): string {
  // DisplayText ::= CHOICE { ia5String, visibleString, bmpString, utf8String }; its 200-character limit is often broken.
  const tag = reader.peek()
  if (tag !== Tag.ia5String && tag !== Tag.visibleString && tag !== Tag.bmpString && tag !== Tag.utf8String) {
    reader.fail('asn1/unexpected-tag', reader.position, 'a DisplayText', tagName(tag))
  }
  reader.next()
  return stringContent(reader, tag)
}

function readPolicyMapping(reader: DerReader): PolicyMapping {
  return structure(reader, 'PolicyMapping', (inside) => ({
    issuerDomainPolicy: readOid(inside, 'issuerDomainPolicy'), subjectDomainPolicy: readOid(inside, 'subjectDomainPolicy'),
  }))
}

function readPolicyConstraints(reader: DerReader): PolicyConstraints {
  return structure(reader, 'PolicyConstraints', (inside) => ({
    requireExplicitPolicy: optionalInteger(inside, 0, 'requireExplicitPolicy'),
    inhibitPolicyMapping: optionalInteger(inside, 1, 'inhibitPolicyMapping'),
  }))
}

function readAuthorityKeyIdentifier(reader: DerReader): AuthorityKeyIdentifier {
  // SEQUENCE { keyIdentifier [0] OPTIONAL, authorityCertIssuer [1] OPTIONAL, authorityCertSerialNumber [2] OPTIONAL }
  return structure(reader, 'AuthorityKeyIdentifier', (inside) => {
    const keyIdentifier = inside.optional(contextTag(0, false)) ? inside.content().slice() : undefined
    return {
      get keyIdentifier() { return keyIdentifier?.slice() },
      authorityCertIssuer: optionalNames(inside, 1),
      authorityCertSerialNumber: inside.peek() === contextTag(2, false)
        ? readIntegerBytes(inside, 'authorityCertSerialNumber', contextTag(2, false)).slice() : undefined,
    }
  })
}

function readDistributionPoint(reader: DerReader): DistributionPoint {
  // DistributionPoint ::= SEQUENCE { distributionPoint [0] OPTIONAL, reasons [1] OPTIONAL, cRLIssuer [2] OPTIONAL }
  return structure(reader, 'DistributionPoint', (inside) => {
    const name = inside.optional(contextTag(0, true)) ? readDistributionPointName(inside.inside()) : undefined
    return {
      fullName: name?.fullName,
      nameRelativeToCRLIssuer: name?.nameRelativeToCRLIssuer,
      reasons: inside.peek() === contextTag(1, false) ? readNamedBits(inside, 'ReasonFlags', 9, contextTag(1, false)) : undefined,
      cRLIssuer: optionalNames(inside, 2),
    }
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
  return structure(reader, 'AccessDescription', (inside) => ({
    accessMethod: readOid(inside, 'accessMethod'), accessLocation: readGeneralName(inside),
  }))
}

function readQcStatement(reader: DerReader): QcStatement {
  return structure(reader, 'QCStatement', (inside) => ({
    statementId: readOid(inside, 'statementId'),
    statementInfo: inside.done ? undefined : readAny(inside, 'statementInfo'),
  }))
}

function readSignedCertificateTimestamps(reader: DerReader): readonly SignedCertificateTimestamp[] {
  // RFC 6962 3.3: an OCTET STRING that holds a TLS-encoded SignedCertificateTimestampList.
  reader.expect(Tag.octetString, 'SignedCertificateTimestampList')
  const { bytes, stop } = reader
  let position = reader.start
  /** The end of what is being read: the list, or one SCT. */
  let end = stop
  const malformed = (expected: string): never => reader.fail('x509/malformed-extension', position, `${expected} (RFC 6962 3.3)`)
  const octets = (count: number): Uint8Array => {
    if (position + count > end) malformed(`${count} more octets of an SCT list`)
    return bytes.slice(position, (position += count))
  }
  const number = (count: number): number => octets(count).reduce((value, octet) => value * 256 + octet, 0)
  const vector = (): Uint8Array => octets(number(2))
  if (number(2) !== stop - position || position === stop) malformed('an SCT list of the stated, non-zero length')
  const timestamps: SignedCertificateTimestamp[] = []
  while (position < stop) {
    end = stop
    const length = number(2)
    end = position + length
    if (end > stop) malformed('an SCT inside its list')
    const version = number(1)
    const sct = {
      version, logId: octets(32), timestamp: number(8), extensions: vector(),
      hashAlgorithm: number(1), signatureAlgorithm: number(1), signature: vector(),
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
