/** Extensions as plain JSON, every field of the decoded value; bytes as lower-case hexadecimal. */
import { DerReader, Tag, contextTag, readDefaultFalse, readGeneralizedTime, readNamedBits, toHex } from '../asn1/index.ts'

import { ParseError, decodeExtension, ipAddressText, keyUsageNames, nameOfExtension } from '../x509/index.ts'
import type {
  AuthorityKeyIdentifier, DistributionPoint, Extension, ExtensionName, ExtensionValues, GeneralName, GeneralSubtree,
  KeyUsage, PolicyInformation, RelativeDistinguishedName, SignedCertificateTimestamp,
} from '../x509/index.ts'
import { decodeIntegerExtension, readDistributionPointName } from '../x509/extension-values.ts'
import { readGeneralNames } from '../x509/general-name.ts'
import type { JsonValue } from '../path/issue.ts'
import { oidName, oidText } from './oid-names.ts'

export type JsonObject = { readonly [key: string]: JsonValue }

/** An extension, by what is known of it. A known one that is malformed says so, beside its bytes. */
export function describeExtension(extension: Extension): JsonObject {
  const { oid, critical, value } = extension
  const head = { name: oidName(oid) ?? 'unknown', oid, critical }
  try {
    const decoded = decode(oid, value)
    return decoded === undefined ? { ...head, bytes: toHex(value) } : { ...head, value: decoded }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return { ...head, malformed: { code: error.code, offset: error.offset, expected: error.expected }, bytes: toHex(value) }
  }
}

function decode(oid: string, value: Uint8Array): JsonValue | undefined {
  const name = nameOfExtension.get(oid)
  if (name !== undefined) return describeValue(name, decodeExtension(name, value, 0, value.length))
  switch (oidName(oid)) {
    case 'cRLNumber':
    case 'deltaCRLIndicator':
      return toHex(decodeIntegerExtension(value, 0, value.length, 'INTEGER'))
    case 'reasonCode': return whole(value, 'CRLReason', readReason)
    case 'invalidityDate': return whole(value, 'invalidityDate', (reader) => new Date(readGeneralizedTime(reader, 'invalidityDate')).toISOString())
    case 'certificateIssuer': return whole(value, 'certificateIssuer', (reader) => generalNames(readGeneralNames(reader.sequence('GeneralNames'))))
    case 'issuingDistributionPoint': return whole(value, 'issuingDistributionPoint', readIssuingDistributionPoint)
    default: return undefined
  }
}

function whole<T>(value: Uint8Array, field: string, read: (reader: DerReader) => T): T {
  const reader = new DerReader(value, 0, value.length, field)
  const result = read(reader)
  reader.finish()
  return result
}

type Describers = { readonly [K in ExtensionName]: (value: ExtensionValues[K]) => JsonValue }

const describers: Describers = {
  basicConstraints: ({ cA, pathLenConstraint }) => compact({ cA, pathLenConstraint }),
  keyUsage: (usage: KeyUsage) => keyUsageNames.filter((name) => usage[name]),
  extendedKeyUsage: (oids) => oids.map(oidText),
  subjectAltName: generalNames,
  issuerAltName: generalNames,
  nameConstraints: ({ permittedSubtrees, excludedSubtrees }) =>
    ({ permittedSubtrees: permittedSubtrees.map(subtree), excludedSubtrees: excludedSubtrees.map(subtree) }),
  certificatePolicies: (policies) => policies.map(policy),
  policyMappings: (mappings) => mappings.map(({ issuerDomainPolicy, subjectDomainPolicy }) => ({ issuerDomainPolicy, subjectDomainPolicy })),
  policyConstraints: ({ requireExplicitPolicy, inhibitPolicyMapping }) => compact({ requireExplicitPolicy, inhibitPolicyMapping }),
  inhibitAnyPolicy: (skip) => skip,
  authorityKeyIdentifier: (value: AuthorityKeyIdentifier) => compact({
    keyIdentifier: hex(value.keyIdentifier),
    authorityCertIssuer: value.authorityCertIssuer && generalNames(value.authorityCertIssuer),
    authorityCertSerialNumber: hex(value.authorityCertSerialNumber),
  }),
  subjectKeyIdentifier: (value) => toHex(value),
  cRLDistributionPoints: (points) => points.map(distributionPoint),
  freshestCRL: (points) => points.map(distributionPoint),
  authorityInfoAccess: (list) => list.map(access),
  subjectInfoAccess: (list) => list.map(access),
  tlsFeature: (features) => features.map((number) => (number === 5 ? 'status_request (5)' : number === 17 ? 'status_request_v2 (17)' : number)),
  signedCertificateTimestamps: (list) => list.map(timestamp),
  qcStatements: (list) => list.map(({ statementId, statementInfo }) => compact({ statementId: oidText(statementId), statementInfo: hex(statementInfo) })),
  ocspNoCheck: () => true,
  precertificatePoison: () => true,
}

function describeValue<K extends ExtensionName>(name: K, value: ExtensionValues[K]): JsonValue {
  return describers[name](value)
}

/** Leaves out what is undefined. */
export function compact(object: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined))
}

function hex(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : toHex(bytes)
}

function generalNames(names: readonly GeneralName[]): JsonValue {
  return names.map(generalName)
}

function generalName(name: GeneralName): JsonObject {
  switch (name.type) {
    case 'otherName': return { otherName: { type: oidText(name.oid), value: toHex(name.value) } }
    case 'directoryName': return { directoryName: name.value.toString() }
    case 'iPAddress': return { iPAddress: addressText(name.value) }
    case 'x400Address':
    case 'ediPartyName': return { [name.type]: toHex(name.value) }
    case 'registeredID': return { registeredID: oidText(name.value) }
    default: return { [name.type]: name.value }
  }
}

function addressText(address: Uint8Array): string {
  const half = address.length / 2
  return ipAddressText(address) ??
    (address.length === 8 || address.length === 32
      ? `${ipAddressText(address.subarray(0, half))!}/${ipAddressText(address.subarray(half))!}` : toHex(address))
}

function subtree({ base, minimum, maximum }: GeneralSubtree): JsonObject {
  return compact({ ...generalName(base), minimum: minimum === 0 ? undefined : minimum, maximum })
}

function policy({ policyIdentifier, policyQualifiers }: PolicyInformation): JsonObject {
  return compact({
    policyIdentifier: oidText(policyIdentifier),
    policyQualifiers: policyQualifiers.length === 0 ? undefined : policyQualifiers.map(({ oid, cpsUri, userNotice, value }) => compact({
      qualifier: oidText(oid), cpsUri, explicitText: userNotice?.explicitText, organization: userNotice?.organization,
      noticeNumbers: userNotice?.noticeNumbers, value: hex(value),
    })),
  })
}

const reasonNames = ['unused', 'keyCompromise', 'cACompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation',
  'certificateHold', 'privilegeWithdrawn', 'aACompromise']

function reasonFlags(bits: number | undefined): JsonValue | undefined {
  return bits === undefined ? undefined : reasonNames.filter((_, bit) => (bits & (1 << bit)) !== 0)
}

function relativeName(rdn: RelativeDistinguishedName | undefined): JsonValue | undefined {
  return rdn?.map(({ type, value, der }) => ({ type: oidText(type), value: value ?? der }))
}

function distributionPoint(point: DistributionPoint): JsonObject {
  return compact({
    fullName: point.fullName && generalNames(point.fullName),
    nameRelativeToCRLIssuer: relativeName(point.nameRelativeToCRLIssuer),
    reasons: reasonFlags(point.reasons),
    cRLIssuer: point.cRLIssuer && generalNames(point.cRLIssuer),
  })
}

function access({ accessMethod, accessLocation }: ExtensionValues['authorityInfoAccess'][number]): JsonObject {
  return { accessMethod: oidText(accessMethod), accessLocation: generalName(accessLocation) }
}

function timestamp(sct: SignedCertificateTimestamp): JsonObject {
  const time = new Date(sct.timestamp)
  return {
    version: sct.version + 1,
    logId: toHex(sct.logId),
    timestamp: Number.isNaN(time.getTime()) ? sct.timestamp : time.toISOString(),
    extensions: toHex(sct.extensions),
    hashAlgorithm: sct.hashAlgorithm,
    signatureAlgorithm: sct.signatureAlgorithm,
    signature: toHex(sct.signature),
  }
}

/** CRLReason ::= ENUMERATED (RFC 5280 5.3.1); 7 is not used. */
const crlReasons = ['unspecified', 'keyCompromise', 'cACompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation',
  'certificateHold', undefined, 'removeFromCRL', 'privilegeWithdrawn', 'aACompromise']

function readReason(reader: DerReader): string {
  reader.expect(Tag.enumerated, 'CRLReason')
  const content = reader.content()
  const name = content.length === 1 ? crlReasons[content[0]!] : undefined
  return name ?? reader.fail('asn1/integer-out-of-range', reader.headerStart, 'a CRLReason (RFC 5280 5.3.1)')
}

/** IssuingDistributionPoint (RFC 5280 5.2.5). */
function readIssuingDistributionPoint(reader: DerReader): JsonObject {
  const inside = reader.sequence('IssuingDistributionPoint')
  const name = inside.optional(contextTag(0, true)) ? readDistributionPointName(inside.inside()) : undefined
  const flag = (number: number, what: string): boolean => readDefaultFalse(inside, contextTag(number, false), what)
  const onlyContainsUserCerts = flag(1, 'onlyContainsUserCerts')
  const onlyContainsCACerts = flag(2, 'onlyContainsCACerts')
  const onlySomeReasons = inside.peek() === contextTag(3, false)
    ? readNamedBits(inside, 'onlySomeReasons', 9, contextTag(3, false)) : undefined
  const indirectCRL = flag(4, 'indirectCRL')
  const onlyContainsAttributeCerts = flag(5, 'onlyContainsAttributeCerts')
  inside.finish()
  return compact({
    fullName: name?.fullName && generalNames(name.fullName),
    nameRelativeToCRLIssuer: relativeName(name?.nameRelativeToCRLIssuer),
    onlyContainsUserCerts, onlyContainsCACerts, onlySomeReasons: reasonFlags(onlySomeReasons), indirectCRL, onlyContainsAttributeCerts,
  })
}
