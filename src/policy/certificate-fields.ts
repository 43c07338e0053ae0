/**
 * The fields of a policy that a certificate says by itself.
 */
import { toHex } from '../asn1/bytes.ts'
import { toBase64Url } from '../crypto/base64.ts'
import { describeKey } from '../crypto/describe.ts'
import { identitiesOf } from '../path/identity.ts'
import { ipAddressText } from '../x509/general-name.ts'
import type { Certificate, Name } from '../x509/index.ts'
import { sha256 } from '../x509/sha256.ts'
import type { FactValue } from './peer-facts.ts'
import { addressText, hostText, mailboxText } from './values.ts'

type Values = readonly (FactValue | undefined)[] | undefined

const fields: Readonly<Record<string, (certificate: Certificate) => Values>> = {
  'san.dns': (certificate) => identities(certificate, 'dns').map(hostText),
  'san.email': (certificate) => identities(certificate, 'email').map(mailboxText),
  'san.uri': (certificate) => identities(certificate, 'uri'),
  'san.registeredID': (certificate) => identities(certificate, 'registeredID'),
  'san.ip': (certificate) => certificate.get('subjectAltName')?.map((name) => (name.type === 'iPAddress' ? addressText(ipAddressText(name.value) ?? '') : undefined)),
  subject: (certificate) => certificate.subject.rdns,
  issuer: (certificate) => certificate.issuer.rdns,
  'certificate.sha256': (certificate) => [certificate.fingerprint],
  // RFC 8705 3.1: base64url of the SHA-256 of the whole certificate.
  'certificate.x5t#S256': (certificate) => [toBase64Url(sha256(certificate.toDer()))],
  'certificate.serialNumber': (certificate) => [certificate.serialNumber],
  'certificate.notBefore': (certificate) => [certificate.notBefore.getTime()],
  'certificate.notAfter': (certificate) => [certificate.notAfter.getTime()],
  'key.sha256': (certificate) => [toHex(sha256(certificate.subjectPublicKeyInfo.raw))],
  'key.type': (certificate) => [keyOf(certificate).type],
  'key.rsaBits': (certificate) => {
    const key = keyOf(certificate)
    return ['bits' in key ? key.bits : undefined]
  },
  'key.curve': (certificate) => {
    const key = keyOf(certificate)
    // As NIST writes them: P-256. Curves that are not known go by their OID.
    return ['curve' in key ? key.curve.replace(/^p(?=\d)/, 'P-') : undefined]
  },
  eku: (certificate) => certificate.get('extendedKeyUsage'),
}

/** The values of a field; undefined where it is none that a certificate says by itself. */
export function readCertificateField(certificate: Certificate, key: string): readonly FactValue[] | undefined {
  const values = Object.hasOwn(fields, key) ? fields[key]!(certificate) : readNamed(certificate, key)
  return values?.filter((value) => value !== undefined)
}

/** `subject.OID`, `issuer.OID`, `san.otherName.OID`. */
function readNamed(certificate: Certificate, key: string): Values {
  const [, prefix, oid] = /^(subject|issuer|san\.otherName)\.([\d.]+)$/.exec(key) ?? []
  switch (prefix) {
    case 'subject': return attributes(certificate.subject, oid!)
    case 'issuer': return attributes(certificate.issuer, oid!)
    case 'san.otherName': return certificate.get('subjectAltName')?.map((name) => (name.type === 'otherName' && name.oid === oid ? toHex(name.value) : undefined))
    default: return undefined
  }
}

/** The values of an attribute type in a name. */
export function attributes(name: Name, oid: string): readonly (string | null)[] {
  return name.rdns.flatMap((rdn) => rdn.filter(({ type }) => type === oid).map(({ value }) => value ?? null))
}

function identities(certificate: Certificate, type: string): readonly string[] {
  return identitiesOf(certificate.get('subjectAltName') ?? []).filter((identity) => identity.type === type).map(({ value }) => value)
}

function keyOf(certificate: Certificate): ReturnType<typeof describeKey> {
  return describeKey(certificate.subjectPublicKeyInfo.raw)
}
