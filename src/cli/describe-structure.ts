/** Certificates, requests, lists, bundles and keys as plain JSON: one description for people and for programs. */
import { DerReader, Tag, readOid, toHex } from '../asn1/index.ts'
import { describeKey } from '../crypto/index.ts'
import { parseCertificate, parseCertificateBundle, parseCertificateList, parseCertificateRequest, parseSubjectPublicKeyInfo } from '../x509/index.ts'
import type { AlgorithmIdentifier, Certificate, Name, SubjectPublicKeyInfo } from '../x509/index.ts'
import { sha256 } from '../x509/sha256.ts'
import type { JsonValue } from '../path/issue.ts'
import { compact, describeExtension } from './describe-extension.ts'
import type { JsonObject } from './describe-extension.ts'
import { oidText } from './oid-names.ts'

/** Entries of a revocation list that are written out; a list can hold a million. */
export const maxListEntries = 1000

export type ReadableKind = 'certificate' | 'request' | 'crl' | 'bundle' | 'spki'

/** Parses strictly and describes. Throws `ParseError`. */
export function describeStructure(kind: ReadableKind, der: Uint8Array): JsonObject {
  switch (kind) {
    case 'certificate': return describeCertificate(parseCertificate(der))
    case 'request': return describeRequest(der)
    case 'crl': return describeList(der)
    case 'bundle': return { kind: 'PKCS#7 bundle', certificates: parseCertificateBundle(der).map(describeCertificate) }
    case 'spki': return { kind: 'public key', ...describePublicKey(parseSubjectPublicKeyInfo(der)) }
  }
}

function describeCertificate(certificate: Certificate): JsonObject {
  const der = certificate.toDer()
  return {
    kind: 'certificate',
    version: certificate.version,
    serialNumber: certificate.serialNumber,
    issuer: nameText(certificate.issuer),
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    subject: nameText(certificate.subject),
    publicKey: describePublicKey(certificate.subjectPublicKeyInfo),
    extensions: certificate.extensions.map(describeExtension),
    signatureAlgorithm: algorithmText(certificate.signatureAlgorithm),
    signature: toHex(certificate.signature),
    sha256: certificate.fingerprint,
    octets: der.length,
  }
}

function describeRequest(der: Uint8Array): JsonObject {
  const request = parseCertificateRequest(der)
  return {
    kind: 'certification request',
    subject: nameText(request.subject),
    publicKey: describePublicKey(request.subjectPublicKeyInfo),
    requestedExtensions: request.requestedExtensions.map(describeExtension),
    attributes: request.attributes.map(({ type, values }) => ({ type: oidText(type), values: values.map(toHex) })),
    signatureAlgorithm: algorithmText(request.signatureAlgorithm),
    signature: toHex(request.signature),
  }
}

function describeList(der: Uint8Array): JsonObject {
  const list = parseCertificateList(der)
  const entries: JsonObject[] = []
  let count = 0
  for (const entry of list.revokedCertificates) {
    count++
    if (count > maxListEntries) continue
    entries.push(compact({
      serialNumber: entry.serialNumber,
      revocationDate: entry.revocationDate.toISOString(),
      extensions: entry.extensions.length === 0 ? undefined : entry.extensions.map(describeExtension),
    }))
  }
  return compact({
    kind: 'certificate revocation list',
    version: list.version,
    issuer: nameText(list.issuer),
    thisUpdate: list.thisUpdate.toISOString(),
    nextUpdate: list.nextUpdate?.toISOString() ?? null,
    revokedCount: count,
    revokedCertificates: entries,
    entriesOmitted: count > entries.length ? count - entries.length : undefined,
    extensions: list.extensions.map(describeExtension),
    signatureAlgorithm: algorithmText(list.signatureAlgorithm),
    signature: toHex(list.signature),
  })
}

function describePublicKey(info: SubjectPublicKeyInfo): JsonObject {
  return {
    algorithm: algorithmText(info.algorithm),
    ...describeKey(info.raw) as unknown as JsonObject,
    key: toHex(info.publicKey),
    sha256: toHex(sha256(info.raw)),
  }
}

function algorithmText({ oid, parameters }: AlgorithmIdentifier): JsonValue {
  // NULL parameters say nothing; a named curve is shown by name; others (those of RSA-PSS) as they are.
  if (parameters === undefined || (parameters.length === 2 && parameters[0] === Tag.null)) return oidText(oid)
  const shown = parameters[0] === Tag.oid ? oidText(readOid(new DerReader(parameters), 'parameters')) : toHex(parameters)
  return { algorithm: oidText(oid), parameters: shown }
}

function nameText(name: Name): string {
  return name.toString()
}
