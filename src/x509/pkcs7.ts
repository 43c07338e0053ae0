/**
 * PKCS#7 / CMS “certs-only” bundles (RFC 5652, RFC 8551 3.7): a SignedData that signs nothing and carries
 * certificates. Only the certificates are read; any signature in the bundle is ignored and means nothing.
 */
import { DerReader, checkWellFormed, contextTag, copyBytes, readOid, readUnsignedInteger } from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import { parseCertificate } from './certificate.ts'
import type { Certificate } from './certificate.ts'

const signedDataOid = '1.2.840.113549.1.7.2'

/**
 * The X.509 certificates of a certs-only bundle, in the order of the bundle.
 *
 * @throws `ParseError`: `x509/unsupported-content` if it is no SignedData, or as `parseCertificate`.
 */
export function parseCertificateBundle(der: Uint8Array): readonly Certificate[] {
  const bytes = copyBytes(der, 'bundle')
  const reader = new DerReader(bytes, 0, bytes.length, 'ContentInfo')
  // ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY }
  const contentInfo = reader.sequence('ContentInfo')
  reader.finish()
  const type = readOid(contentInfo, 'contentType')
  if (type !== signedDataOid) {
    contentInfo.fail('x509/unsupported-content', contentInfo.headerStart, 'signedData (1.2.840.113549.1.7.2)', type)
  }
  const explicit = contentInfo.enter(contextTag(0, true), 'content')
  contentInfo.finish()
  // SignedData ::= SEQUENCE { version, digestAlgorithms SET, encapContentInfo, certificates [0] IMPLICIT SET OPTIONAL,
  //   crls [1] IMPLICIT SET OPTIONAL, signerInfos SET }
  const signedData = explicit.sequence('SignedData')
  explicit.finish()
  readUnsignedInteger(signedData, 'version')
  signedData.expect(Tag.set, 'digestAlgorithms')
  signedData.expect(Tag.sequence, 'encapContentInfo')
  const certificates: Certificate[] = []
  if (signedData.optional(contextTag(0, true))) {
    const set = signedData.inside('certificates')
    while (!set.done) {
      // Attribute certificates and other forms have context tags; they are none of ours.
      if (set.next() === Tag.sequence) certificates.push(parseCertificate(set.element()))
    }
  }
  if (signedData.optional(contextTag(1, true))) checkWellFormed(bytes, signedData.start, signedData.stop, 'crls')
  signedData.expect(Tag.set, 'signerInfos')
  signedData.finish()
  return certificates
}
