/**
 * Which certificates, and which reasons, a list speaks for: RFC 5280 6.3.3 (b) and (d).
 */
import { toHex } from '../asn1/index.ts'
import type { Certificate, DistributionPoint, GeneralName, Name, RelativeDistinguishedName } from '../x509/index.ts'
import { rdnKey } from '../x509/name.ts'
import type { Crl } from './crl.ts'

/** All reasons that a list can leave to others: bits 1 to 8 of ReasonFlags (RFC 5280 4.2.1.13). */
export const allReasons = 0b1_1111_1110

/** The distribution point that every certificate has: its issuer’s own list (RFC 5280 6.3.3, after (l)). */
const implied: DistributionPoint = Object.freeze({
  fullName: undefined, nameRelativeToCRLIssuer: undefined, reasons: undefined, cRLIssuer: undefined,
})

/** The distribution points that a certificate names, and the implied one. */
export function distributionPointsOf(certificate: Certificate): readonly DistributionPoint[] {
  return [...(certificate.get('cRLDistributionPoints') ?? []), implied]
}

/** Names by which lists about a certificate may be issued: its issuer’s, and the CRL issuers that it names (comparison keys). */
export function crlIssuersOf(certificate: Certificate): ReadonlySet<string> {
  return new Set([certificate.issuer.key, ...distributionPointsOf(certificate).flatMap((point) => directoryNames(point.cRLIssuer).map(({ key }) => key))])
}

function directoryNames(names: readonly GeneralName[] | undefined): readonly Name[] {
  return (names ?? []).flatMap((name) => (name.type === 'directoryName' ? [name.value] : []))
}

/** Equal keys are equal names: directory names by RFC 5280 7.1, everything else exactly. */
function generalNameKey(name: GeneralName): string {
  if (name.type === 'directoryName') return directoryKey(name.value.key)
  const value = name.value instanceof Uint8Array ? toHex(name.value) : name.value
  return `${name.type}:${name.type === 'otherName' ? `${name.oid}:` : ''}${value}`
}

function directoryKey(key: string): string {
  return `directoryName:${key}`
}

/** The names of a distribution point; a relative one is completed by the issuer of the list (RFC 5280 4.2.1.13). */
function pointNames(
  point: Pick<DistributionPoint, 'fullName' | 'nameRelativeToCRLIssuer'>, crlIssuers: readonly Name[],
): readonly string[] {
  const relative: RelativeDistinguishedName | undefined = point.nameRelativeToCRLIssuer
  if (relative !== undefined) return crlIssuers.map((issuer) => directoryKey([...issuer.keys, rdnKey(relative)].join('\u0001')))
  return (point.fullName ?? []).map(generalNameKey)
}

/** By list, which is immutable: it is asked for each certificate, and for each pair of a list and a delta. */
const scopes = new WeakMap<Crl, string>()

/** What tells the scope of one list from that of another of the same issuer: its issuing distribution point, as text. */
export function scopeKey(crl: Crl): string {
  let scope = scopes.get(crl)
  if (scope === undefined) scopes.set(crl, (scope = scopeOf(crl)))
  return scope
}

function scopeOf(crl: Crl): string {
  const point = crl.issuingDistributionPoint
  if (point === undefined) return ''
  return JSON.stringify([
    [...pointNames(point, [crl.issuer])].sort(), point.onlyContainsUserCerts, point.onlyContainsCACerts, point.onlyContainsAttributeCerts,
    point.onlySomeReasons ?? allReasons, point.indirectCRL,
  ])
}

/** The reasons for which a list settles a certificate, as a mask of ReasonFlags; 0 where it does not speak for it. */
export function reasonsCovered(crl: Crl, certificate: Certificate): number {
  const scope = crl.issuingDistributionPoint
  const isCa = certificate.get('basicConstraints')?.cA === true
  // 6.3.3 (b)(2)(ii) to (iv)
  if (scope !== undefined && ((scope.onlyContainsUserCerts && isCa) || (scope.onlyContainsCACerts && !isCa) || scope.onlyContainsAttributeCerts)) return 0
  let covered = 0
  for (const point of distributionPointsOf(certificate)) {
    if (isIssuedFor(crl, point, certificate) && isAt(crl, point, certificate)) covered |= (scope?.onlySomeReasons ?? allReasons) & (point.reasons ?? allReasons)
  }
  return covered & allReasons
}

/** 6.3.3 (b)(1): the issuer of the list is the certificate’s, or the one that the certificate names for it. */
function isIssuedFor(crl: Crl, point: DistributionPoint, certificate: Certificate): boolean {
  if (point.cRLIssuer === undefined) return crl.issuer.equals(certificate.issuer)
  return crl.issuingDistributionPoint?.indirectCRL === true && directoryNames(point.cRLIssuer).some((name) => name.equals(crl.issuer))
}

/** 6.3.3 (b)(2)(i): where the list names its distribution point, the certificate must name the same. */
function isAt(crl: Crl, point: DistributionPoint, certificate: Certificate): boolean {
  const scope = crl.issuingDistributionPoint
  if (scope === undefined || (scope.fullName === undefined && scope.nameRelativeToCRLIssuer === undefined)) return true
  const listed = new Set(pointNames(scope, [crl.issuer]))
  const named = point.fullName === undefined && point.nameRelativeToCRLIssuer === undefined
    // Without a name of its own the point is where the CRL issuer’s name is; the implied one, where the issuer’s is.
    ? (point.cRLIssuer?.map(generalNameKey) ?? [directoryKey(certificate.issuer.key)])
    : pointNames(point, point.cRLIssuer === undefined ? [certificate.issuer] : directoryNames(point.cRLIssuer))
  return named.some((name) => listed.has(name))
}
