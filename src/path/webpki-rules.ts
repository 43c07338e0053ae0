/**
 * Rules of the CA/Browser Forum’s Baseline Requirements that a relying party can check, as x509-limbo tests them.
 */
import { equalBytes } from '../asn1/index.ts'
import { describeKey } from '../crypto/index.ts'
import { extensionOids, ipAddressText, keyPurposeOids } from '../x509/index.ts'
import type { Certificate } from '../x509/index.ts'
import { internals } from '../x509/certificate.ts'
import { commonNameOid } from '../x509/oids.ts'
import { anchor, everyRole, isCa, isCritical, isSelfIssued, leaf, signsAsCa } from './certificate-rule.ts'
import type { CertificateRule, Details } from './certificate-rule.ts'
import { endsInNumber } from './dns-name.ts'
import { clipText } from './clip-text.ts'

export const webpkiRules: readonly CertificateRule[] = [
  { code: 'webpki/version', roles: everyRole, check: (certificate) => certificate.version !== 3 && { version: certificate.version } },
  {
    // 7.1.2.1.3: keyIdentifier present and the same as the subject's; issuer and serial number absent.
    code: 'webpki/root-authority-key-identifier', roles: anchor,
    check(certificate) {
      const identifier = certificate.get('authorityKeyIdentifier')
      if (identifier === undefined || !isSelfIssued(certificate)) return undefined
      if (identifier.keyIdentifier === undefined) return { problem: 'no keyIdentifier' }
      if (identifier.authorityCertIssuer !== undefined) return { problem: 'authorityCertIssuer present' }
      if (identifier.authorityCertSerialNumber !== undefined) return { problem: 'authorityCertSerialNumber present' }
      const own = certificate.get('subjectKeyIdentifier')
      return own !== undefined && !equalBytes(own, identifier.keyIdentifier) && { problem: 'not the subjectKeyIdentifier' }
    },
  },
  {
    code: 'webpki/root-extended-key-usage', roles: anchor,
    check: (certificate) => isSelfIssued(certificate) && certificate.get('extendedKeyUsage') !== undefined,
  },
  { code: 'webpki/subject-alt-name-missing', roles: leaf, check: (certificate) => certificate.get('subjectAltName') === undefined },
  {
    // "If the subject field of the certificate is an empty SEQUENCE, this extension MUST be marked critical … Otherwise,
    // this extension MUST NOT be marked critical."
    code: 'webpki/subject-alt-name-critical', roles: leaf,
    check: (certificate) => !certificate.subject.isEmpty && isCritical(certificate, extensionOids.subjectAltName),
  },
  {
    // 3.2.2.6: wildcards directly under a public suffix. The list comes from the caller.
    code: 'webpki/public-suffix-wildcard', roles: leaf,
    check(certificate, { publicSuffixes }) {
      for (const name of certificate.get('subjectAltName') ?? []) {
        if (name.type === 'dNSName' && name.value.startsWith('*.') && publicSuffixes?.(name.value.slice(2).toLowerCase()) === true) {
          return { name: clipText(name.value) }
        }
      }
      return undefined
    },
  },
  { code: 'webpki/common-name', roles: leaf, check: checkCommonName },
  { code: 'webpki/extended-key-usage-missing', roles: leaf, check: (certificate) => certificate.get('extendedKeyUsage') === undefined },
  {
    code: 'webpki/extended-key-usage-any', roles: leaf,
    check: (certificate) => certificate.get('extendedKeyUsage')?.includes(keyPurposeOids.any) === true,
  },
  {
    code: 'webpki/extended-key-usage-critical', roles: leaf,
    check: (certificate) => isCritical(certificate, extensionOids.extendedKeyUsage),
  },
  { code: 'webpki/leaf-is-ca', roles: leaf, check: isCa },
  {
    // 7.1.2.7.11: keyCertSign and cRLSign not permitted.
    code: 'webpki/leaf-key-usage', roles: leaf, check: signsAsCa,
  },
  {
    // 7.1.3.1: RSA, and P-256, P-384, P-521 by name.
    code: 'webpki/leaf-key-algorithm', roles: leaf,
    check(certificate) {
      const key = describeKey(internals(certificate).spkiBytes)
      const permitted = key.type === 'rsa' || (key.type === 'ec' && ['p256', 'p384', 'p521'].includes(key.curve))
      return !permitted && { type: key.type, ...('curve' in key ? { curve: key.curve } : {}) }
    },
  },
  {
    // 6.1.5: "the modulus size, in bits, is evenly divisible by 8".
    code: 'webpki/rsa-modulus-length', roles: everyRole,
    check(certificate) {
      const key = describeKey(internals(certificate).spkiBytes)
      return key.type === 'rsa' && key.bits % 8 !== 0 && { bits: key.bits }
    },
  },
]

/**
 * 7.1.4.3: a common name "MUST contain exactly one entry that is one of the values contained in the Certificate's
 * subjectAltName extension", character for character.
 *
 * The rule refuses a common name that *contradicts* the subjectAltName. One that reads as an address must be the
 * text of an iPAddress entry. One that reads as a domain name must be a copy of a dNSName entry, or of the domain
 * that a wildcard entry covers.
 *
 * @deviation CABF BR 7.1.4.3: a domain in the common name of a certificate whose subjectAltName names no domain at all
 * is let pass; nothing is ever matched against a common name, so it can mislead nobody who asks this library.
 */
function checkCommonName(certificate: Certificate): Details | undefined {
  const names = certificate.get('subjectAltName') ?? []
  const domains = new Set(names.flatMap((name) => (name.type === 'dNSName' ? [name.value] : [])))
  const addresses = new Set(names.flatMap((name) => (name.type === 'iPAddress' ? [ipAddressText(name.value) ?? ''] : [])))
  for (const commonName of certificate.subject.valuesOf(commonNameOid)) {
    const isAddress = commonName.includes(':') || endsInNumber(commonName)
    const agrees = isAddress
      ? addresses.has(commonName)
      : domains.size === 0 || domains.has(commonName) || domains.has(`*.${commonName}`)
    if (!agrees) return { commonName: clipText(commonName) }
  }
  return undefined
}
