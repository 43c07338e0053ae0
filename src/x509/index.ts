/**
 * `countersign/x509`: certificates, requests and revocation lists as typed, immutable data.
 * @packageDocumentation
 */
export { ParseError } from '../asn1/index.ts'
export type { ParseErrorCode } from '../asn1/index.ts'
export {
  Certificate, defaultMaxCertificateBytes, nameOfExtension, parseCertificate,
} from './certificate.ts'
export type { CertificateSource } from './certificate.ts'
export type { Extension } from './extension.ts'
export { decodeExtension, keyUsageNames } from './extension-values.ts'
export type {
  AccessDescription, AuthorityKeyIdentifier, BasicConstraints, DistributionPoint, ExtensionName, ExtensionValues,
  GeneralSubtree, KeyUsage, NameConstraints, PolicyConstraints, PolicyInformation, PolicyMapping, PolicyQualifier,
  QcStatement, SignedCertificateTimestamp,
} from './extension-values.ts'
export { ipAddressText, readGeneralName } from './general-name.ts'
export type { GeneralName, GeneralNameType } from './general-name.ts'
export { Name, parseName } from './name.ts'
export type { AttributeTypeAndValue, RelativeDistinguishedName } from './name.ts'
export { anyPolicyOid, attributeOids, crlExtensionOids, extensionOids, keyPurposeOids } from './oids.ts'
export { decodeBase64, encodeBase64, encodePem, parseCertificates, parsePem } from './pem.ts'
export type { PemBlock } from './pem.ts'
export { parseCertificateBundle } from './pkcs7.ts'
export { parseCertificateRequest } from './request.ts'
export type { CertificateRequest, RequestAttribute } from './request.ts'
export { parseCertificateList } from './certificate-list.ts'
export type { CertificateList, RevokedCertificate } from './certificate-list.ts'
export { parseSubjectPublicKeyInfo } from './spki.ts'
export type { AlgorithmIdentifier, SubjectPublicKeyInfo } from './spki.ts'
