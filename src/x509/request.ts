/**
 * Certification requests (PKCS#10, RFC 2986), as data. Their signature is not checked here.
 *
 *   CertificationRequest ::= SEQUENCE { certificationRequestInfo, signatureAlgorithm, signature BIT STRING }
 *   CertificationRequestInfo ::= SEQUENCE { version INTEGER (0), subject Name, subjectPKInfo, attributes [0] IMPLICIT SET OF Attribute }
 */
import {
  DerReader, checkWellFormed, contextTag, copyBytes, readOctetAlignedBitString, readOid, readUnsignedInteger,
} from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import { extensionOf, readExtensions } from './extension.ts'
import type { Extension } from './extension.ts'
import { readName } from './name.ts'
import type { Name } from './name.ts'
import { readAlgorithmIdentifier, readSubjectPublicKeyInfo } from './spki.ts'
import type { AlgorithmIdentifier, SubjectPublicKeyInfo } from './spki.ts'

export interface RequestAttribute {
  readonly type: string
  /** DER of each value. */
  readonly values: readonly Uint8Array[]
}

export interface CertificateRequest {
  readonly subject: Name
  readonly subjectPublicKeyInfo: SubjectPublicKeyInfo
  readonly attributes: readonly RequestAttribute[]
  /** The extensions that the requester asks for (RFC 2985 5.4.2). */
  readonly requestedExtensions: readonly Extension[]
  readonly signatureAlgorithm: AlgorithmIdentifier
  /** The bytes that were signed. */
  readonly certificationRequestInfo: Uint8Array
  readonly signature: Uint8Array
}

const extensionRequestOid = '1.2.840.113549.1.9.14'

/** Parses a DER certification request. Throws `ParseError`. */
export function parseCertificateRequest(der: Uint8Array): CertificateRequest {
  const bytes = copyBytes(der, 'request')
  const reader = new DerReader(bytes, 0, bytes.length, 'CertificationRequest')
  const outer = reader.sequence('CertificationRequest')
  reader.finish()
  const info = outer.sequence('certificationRequestInfo')
  const certificationRequestInfo = outer.element()
  const signatureAlgorithm = readAlgorithmIdentifier(outer, 'signatureAlgorithm')
  const signature = readOctetAlignedBitString(outer, 'signature')
  outer.finish()
  if (readUnsignedInteger(info, 'version') !== 0) {
    info.fail('x509/unsupported-version', info.headerStart, 'version 0 (RFC 2986 4.1)')
  }
  const subject = readName(info, 'subject')
  void subject.rdns
  const subjectPublicKeyInfo = readSubjectPublicKeyInfo(info)
  const attributes: RequestAttribute[] = []
  const requestedExtensions: Extension[] = []
  const set = info.enter(contextTag(0, true), 'attributes')
  info.finish()
  while (!set.done) {
    const attribute = set.sequence('Attribute')
    const type = readOid(attribute, 'attribute type')
    const values = attribute.enter(Tag.set, 'attribute values')
    attribute.finish()
    const encoded: Uint8Array[] = []
    while (!values.done) {
      values.next()
      checkWellFormed(bytes, values.headerStart, values.stop, 'attribute value')
      encoded.push(values.element().slice())
      if (type === extensionRequestOid) {
        const inside = new DerReader(bytes, values.headerStart, values.stop, 'extensionRequest')
        for (const raw of readExtensions(inside, 'extensionRequest')) requestedExtensions.push(extensionOf(bytes, raw))
      }
    }
    attributes.push({ type, values: encoded })
  }
  return Object.freeze({
    subject, subjectPublicKeyInfo, attributes, requestedExtensions, signatureAlgorithm, certificationRequestInfo, signature,
  })
}
