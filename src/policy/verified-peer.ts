/**
 * Facts about the peer out of an accepted verdict.
 */
import { toHex } from '../asn1/bytes.ts'
import { describeKey } from '../crypto/describe.ts'
import { lowerCase } from '../path/dns-name.ts'
import { encodeBase64 } from '../x509/pem.ts'
import { sha256 } from '../x509/sha256.ts'
import { ipAddressText } from '../x509/general-name.ts'
import type { Certificate, Name } from '../x509/index.ts'
import { isAcceptedVerdict } from '../verify/accepted.ts'
import type { AcceptedVerdict } from '../verify/types.ts'
import { PeerFacts, type FactValue } from './peer-facts.ts'
import { mailboxText } from './values.ts'

/**
 * The facts that a policy can ask about a peer whose verdict is an acceptance. They end with its `validUntil`.
 *
 * @throws {TypeError} for anything but an accepted verdict that a verifier of this process made
 */
export function verifiedPeer(verdict: AcceptedVerdict): PeerFacts {
  if (!isAcceptedVerdict(verdict)) throw new TypeError('verdict: expected an accepted verdict, as the verifier gave it')
  return new PeerFacts({ source: 'verdict', verdict }, verdict.validUntil.getTime(), (key) => readField(verdict, key))
}

type Read = (verdict: AcceptedVerdict, leaf: Certificate) => readonly (FactValue | undefined)[] | undefined

const fields: Readonly<Record<string, Read>> = {
  'san.dns': (verdict) => identities(verdict, 'dns'),
  'san.email': (verdict) => identities(verdict, 'email').map(mailboxText),
  'san.uri': (verdict) => identities(verdict, 'uri'),
  'san.registeredID': (verdict) => identities(verdict, 'registeredID'),
  'san.ip': (_, leaf) => leaf.get('subjectAltName')?.map((name) => (name.type === 'iPAddress' ? ipAddressText(name.value) : undefined)),
  subject: (_, leaf) => leaf.subject.rdns,
  issuer: (_, leaf) => leaf.issuer.rdns,
  anchor: ({ anchor }) => anchor.name.rdns,
  'certificate.sha256': (_, leaf) => [leaf.fingerprint],
  // RFC 8705 3.1: base64url of the SHA-256 of the whole certificate.
  'certificate.x5t#S256': (_, leaf) => [encodeBase64(sha256(leaf.toDer())).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')],
  'certificate.serialNumber': (_, leaf) => [leaf.serialNumber],
  'certificate.notBefore': (_, leaf) => [leaf.notBefore.getTime()],
  'certificate.notAfter': (_, leaf) => [leaf.notAfter.getTime()],
  'key.sha256': (_, leaf) => [keySha256(leaf.subjectPublicKeyInfo.raw)],
  'key.type': (_, leaf) => [describeKey(leaf.subjectPublicKeyInfo.raw).type],
  'key.rsaBits': (_, leaf) => {
    const key = describeKey(leaf.subjectPublicKeyInfo.raw)
    return ['bits' in key ? key.bits : undefined]
  },
  'key.curve': (_, leaf) => {
    const key = describeKey(leaf.subjectPublicKeyInfo.raw)
    // As NIST writes them: P-256. Curves that are not known go by their OID.
    return ['curve' in key ? key.curve.replace(/^p(?=\d)/, 'P-') : undefined]
  },
  eku: (_, leaf) => leaf.get('extendedKeyUsage'),
  policy: ({ policies }) => policies,
  'path.length': ({ path }) => [path.length],
  'path.sha256': ({ path }) => path.slice(1).map(({ fingerprint }) => fingerprint),
  'anchor.sha256': ({ anchor }) => [anchor.certificate?.fingerprint],
  'anchor.keySha256': ({ anchor }) => [keySha256(anchor.publicKey)],
  'revocation.leaf': ({ revocation }) => [revocation === 'none' ? 'unchecked' : revocation[0]?.status],
  // Settled: each certificate of the path is good, or its issuer says that it is never revoked (RFC 9608).
  'revocation.settled': ({ revocation }) => [revocation !== 'none' && revocation.every(({ status }) => status === 'good' || status === 'exempt')],
}

function readField(verdict: AcceptedVerdict, key: string): readonly FactValue[] | undefined {
  const leaf = verdict.path[0]!
  const values = Object.hasOwn(fields, key) ? fields[key]!(verdict, leaf) : readNamed(verdict, leaf, key)
  return values?.filter((value) => value !== undefined)
}

/** `subject.OID`, `issuer.OID`, `anchor.OID`, `san.otherName.OID`. */
function readNamed(verdict: AcceptedVerdict, leaf: Certificate, key: string): readonly (FactValue | undefined)[] | undefined {
  const [, prefix, oid] = /^(subject|issuer|anchor|san\.otherName)\.([\d.]+)$/.exec(key) ?? []
  switch (prefix) {
    case 'subject': return attributes(leaf.subject, oid!)
    case 'issuer': return attributes(leaf.issuer, oid!)
    case 'anchor': return attributes(verdict.anchor.name, oid!)
    case 'san.otherName': return leaf.get('subjectAltName')?.map((name) => (name.type === 'otherName' && name.oid === oid ? toHex(name.value) : undefined))
    default: return undefined
  }
}

function attributes(name: Name, oid: string): readonly (string | undefined)[] {
  return name.rdns.flatMap((rdn) => rdn.filter(({ type }) => type === oid).map(({ value }) => value))
}

function identities(verdict: AcceptedVerdict, type: AcceptedVerdict['identities'][number]['type']): readonly string[] {
  const values = verdict.identities.filter((identity) => identity.type === type).map(({ value }) => value)
  return type === 'dns' ? values.map(lowerCase) : values
}

function keySha256(spki: Uint8Array): string {
  return toHex(sha256(spki))
}
