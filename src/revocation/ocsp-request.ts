/**
 * OCSP requests (RFC 6960 4.1.1), unsigned, and the identifiers by which certificates are asked for.
 */
import {
  encode, encodeContext, encodeInteger, encodeNull, encodeOctetString, encodeOid, encodeSequence, equalBytes,
} from '../asn1/index.ts'
import { internals } from '../x509/certificate.ts'
import type { Certificate, Name } from '../x509/index.ts'
import { parseSubjectPublicKeyInfo } from '../x509/index.ts'
import { sha256 } from '../x509/sha256.ts'
import type { CertId } from './ocsp-response.ts'
import { sha1 } from './sha1.ts'

export type CertIdHash = 'sha1' | 'sha256'

const hashes: Readonly<Record<CertIdHash, { readonly oid: string; readonly digest: (bytes: Uint8Array) => Uint8Array }>> = {
  sha1: { oid: '1.3.14.3.2.26', digest: sha1 }, // RFC 3279 2.2.1
  sha256: { oid: '2.16.840.1.101.3.4.2.1', digest: sha256 }, // RFC 5754 2.2
}

/** The issuer of a certificate, as a CertID names it. */
export interface CertIdIssuer {
  readonly name: Name
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
}

/** The content of the BIT STRING of a key, which CertID and ResponderID hash (RFC 6960 4.1.1, 4.2.1). */
export function keyOctets(spki: Uint8Array): Uint8Array {
  return parseSubjectPublicKeyInfo(spki).publicKey
}

/** The CertID of a certificate under its issuer. The name is hashed as it stands in the certificate’s issuer field. */
export function certIdOf(certificate: Certificate, issuer: CertIdIssuer, hash: CertIdHash): CertId {
  const { oid, digest } = hashes[hash]
  return {
    hashAlgorithm: oid, issuerNameHash: digest(certificate.issuer.toDer()), issuerKeyHash: digest(keyOctets(issuer.publicKey)),
    serialNumber: certificate.serialNumber,
  }
}

/**
 * Whether a CertID means this certificate. Hash algorithms other than SHA-1 and SHA-256 match nothing.
 *
 * The issuer’s name may be written otherwise in its own certificate than in the one it issued; a responder may hash either.
 */
export function meansCertificate(id: CertId, certificate: Certificate, issuer: CertIdIssuer): boolean {
  if (id.serialNumber !== certificate.serialNumber) return false
  const hash = Object.values(hashes).find(({ oid }) => oid === id.hashAlgorithm)
  if (hash === undefined || !equalBytes(id.issuerKeyHash, hash.digest(keyOctets(issuer.publicKey)))) return false
  return equalBytes(id.issuerNameHash, hash.digest(certificate.issuer.toDer())) ||
    equalBytes(id.issuerNameHash, hash.digest(issuer.name.toDer()))
}

export interface OcspRequestOptions {
  /** Default `sha1`, which every responder knows (RFC 9654 obliges none to know SHA-256). */
  readonly hash?: CertIdHash
  /** 1 to 128 octets (RFC 9654 2.1), to be found again in the response; default none, so that answers can be cached. */
  readonly nonce?: Uint8Array
}

/** DER of an unsigned OCSPRequest for one or more certificates. Throws `TypeError` for none, or for a nonce of another length. */
export function encodeOcspRequest(
  certificates: readonly { readonly certificate: Certificate; readonly issuer: CertIdIssuer }[], options: OcspRequestOptions = {},
): Uint8Array {
  const { hash = 'sha1', nonce } = options
  if (!Object.hasOwn(hashes, hash)) throw new TypeError(`options.hash: expected one of ${Object.keys(hashes).join(', ')}`)
  if (certificates.length === 0) throw new TypeError('certificates: expected at least one')
  if (nonce !== undefined && !(nonce.length >= 1 && nonce.length <= 128)) throw new TypeError('options.nonce: expected 1 to 128 octets (RFC 9654 2.1)')
  const requests = certificates.map(({ certificate, issuer }) => {
    const id = certIdOf(certificate, issuer, hash)
    const { skeleton } = internals(certificate)
    return encodeSequence(encodeSequence(
      encodeSequence(encodeOid(id.hashAlgorithm), encodeNull()), encodeOctetString(id.issuerNameHash), encodeOctetString(id.issuerKeyHash),
      encodeInteger(skeleton.bytes.subarray(skeleton.serialStart, skeleton.serialStop)),
    ))
  })
  const extensions = nonce === undefined ? [] : [encodeContext(2, encodeSequence(encodeSequence(
    encodeOid('1.3.6.1.5.5.7.48.1.2'), encodeOctetString(encodeOctetString(nonce)),
  )))]
  return encodeSequence(encodeSequence(encode(0x30, requests), ...extensions))
}

/** What `nonce` looks like in a response: the content of its extension. */
export function nonceExtensionValue(nonce: Uint8Array): Uint8Array {
  return encodeOctetString(nonce)
}
