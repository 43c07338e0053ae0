/** Minimal stand-in until the indexed parser arrives. */
import { DerReader, checkIntegerContent, contextTag, copyBytes, equalBytes, readDefaultFalse, readGeneralizedTime, readIntegerBytes, readNamedBits, readOid, readTime, toHex } from '../asn1/index.ts'
import { parseCertificateList, parsePem } from '../x509/index.ts'
import type { AlgorithmIdentifier, AuthorityKeyIdentifier, CertificateList, DistributionPoint, Extension, GeneralName, Name } from '../x509/index.ts'
import { decodeExtension, readDistributionPointName } from '../x509/extension-values.ts'
import { readGeneralNames } from '../x509/general-name.ts'
import { sha256 } from '../x509/sha256.ts'
void equalBytes; void checkIntegerContent
export interface IssuingDistributionPoint { readonly fullName: readonly GeneralName[] | undefined; readonly nameRelativeToCRLIssuer: DistributionPoint['nameRelativeToCRLIssuer']; readonly onlyContainsUserCerts: boolean; readonly onlyContainsCACerts: boolean; readonly onlySomeReasons: number | undefined; readonly indirectCRL: boolean; readonly onlyContainsAttributeCerts: boolean }
export interface CrlEntry { readonly serialNumber: string; readonly revocationDate: Date; readonly reason: number; readonly invalidityDate: Date | undefined; readonly holdInstruction: string | undefined; readonly position: number }
export class Crl {
  readonly version: 1 | 2; readonly issuer: Name; readonly thisUpdate: number; readonly nextUpdate: number | undefined
  readonly crlNumber: bigint | undefined; readonly baseCrlNumber: bigint | undefined
  readonly issuingDistributionPoint: IssuingDistributionPoint | undefined
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | undefined; readonly freshestCRL: readonly DistributionPoint[] | undefined
  readonly unknownCritical: readonly string[]; readonly size: number
  readonly signatureAlgorithm: AlgorithmIdentifier; readonly innerSignatureAlgorithm: AlgorithmIdentifier
  readonly tbsCertList: Uint8Array; readonly signature: Uint8Array
  readonly provedSignerKey: string | undefined
  readonly #entries = new Map<string, CrlEntry>(); readonly #bytes: Uint8Array
  constructor(bytes: Uint8Array, list: CertificateList) {
    this.#bytes = bytes
    this.version = list.version as 1 | 2; this.issuer = list.issuer; this.thisUpdate = list.thisUpdate.getTime(); this.nextUpdate = list.nextUpdate?.getTime()
    const ext = (oid: string): Extension | undefined => list.extensions.find((e) => e.oid === oid)
    const int = (oid: string): bigint | undefined => { const e = ext(oid); return e && BigInt(`0x${toHex(readIntegerBytes(new DerReader(e.value), 'n'))}`) }
    this.crlNumber = int('2.5.29.20'); this.baseCrlNumber = int('2.5.29.27')
    const dec = <K extends 'authorityKeyIdentifier' | 'freshestCRL'>(k: K, oid: string): ReturnType<typeof decodeExtension<K>> | undefined => { const e = ext(oid); return e && decodeExtension(k, e.value, 0, e.value.length) }
    this.authorityKeyIdentifier = dec('authorityKeyIdentifier', '2.5.29.35'); this.freshestCRL = dec('freshestCRL', '2.5.29.46')
    const idp = ext('2.5.29.28'); this.issuingDistributionPoint = idp && readIdp(idp.value)
    const known = ['2.5.29.20', '2.5.29.27', '2.5.29.28', '2.5.29.35', '2.5.29.46', '2.5.29.18', '2.5.29.21', '2.5.29.24', '2.5.29.29']
    const unknown = new Set(list.extensions.filter((e) => e.critical && !known.includes(e.oid)).map((e) => e.oid))
    let issuer = list.issuer; let n = 0
    for (const entry of list.revokedCertificates) {
      for (const e of entry.extensions) if (e.critical && !known.includes(e.oid)) unknown.add(e.oid)
      const ci = entry.extensions.find((e) => e.oid === '2.5.29.29')
      if (ci) { const names = readGeneralNames(new DerReader(ci.value).sequence('names')); const d = names.find((x) => x.type === 'directoryName'); if (d?.type === 'directoryName') issuer = d.value }
      const r = entry.extensions.find((e) => e.oid === '2.5.29.21'); const i = entry.extensions.find((e) => e.oid === '2.5.29.24')
      const key = `${entry.serialNumber} ${issuer.key}`
      if (!this.#entries.has(key)) this.#entries.set(key, { serialNumber: entry.serialNumber, revocationDate: entry.revocationDate, reason: r ? r.value[2]! : 0, invalidityDate: i && new Date(readGeneralizedTime(new DerReader(i.value), 'i')), holdInstruction: undefined, position: n })
      n++
    }
    this.size = n; this.unknownCritical = [...unknown]
    this.signatureAlgorithm = list.signatureAlgorithm; this.innerSignatureAlgorithm = list.innerSignatureAlgorithm; this.tbsCertList = list.tbsCertList; this.signature = list.signature; this.provedSignerKey = undefined
  }
  get sha256(): string { return toHex(sha256(this.#bytes)) }
  find(serial: string | Uint8Array, issuerKey: string): CrlEntry | undefined { return this.#entries.get(`${typeof serial === 'string' ? serial : toHex(serial)} ${issuerKey}`) }
}
function readIdp(value: Uint8Array): IssuingDistributionPoint {
  const r = new DerReader(value).sequence('IssuingDistributionPoint')
  const name = r.optional(contextTag(0, true)) ? readDistributionPointName(r.inside()) : undefined
  return { fullName: name?.fullName, nameRelativeToCRLIssuer: name?.nameRelativeToCRLIssuer,
    onlyContainsUserCerts: readDefaultFalse(r, contextTag(1, false), 'u'), onlyContainsCACerts: readDefaultFalse(r, contextTag(2, false), 'c'),
    onlySomeReasons: r.peek() === contextTag(3, false) ? readNamedBits(r, 'ReasonFlags', 9, contextTag(3, false)) : undefined,
    indirectCRL: readDefaultFalse(r, contextTag(4, false), 'i'), onlyContainsAttributeCerts: readDefaultFalse(r, contextTag(5, false), 'a') }
}
export function parseCrl(der: Uint8Array | ArrayBuffer): Crl { const b = copyBytes(der, 'crl'); return new Crl(b, parseCertificateList(b)) }
export function parseCrls(input: string): readonly Crl[] { return parsePem(input).map(({ bytes }) => parseCrl(bytes)) }
void readOid; void readTime
