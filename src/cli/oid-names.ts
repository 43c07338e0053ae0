/** Names of object identifiers, for display only. */
import { attributeOids, crlExtensionOids, extensionOids, keyPurposeOids } from '../x509/index.ts'

const others: Readonly<Record<string, string>> = {
  // Keys and signatures: RFC 3279, RFC 4055, RFC 5480, RFC 5758, RFC 8410, RFC 9881
  '1.2.840.113549.1.1.1': 'rsaEncryption',
  '1.2.840.113549.1.1.4': 'md5WithRSAEncryption',
  '1.2.840.113549.1.1.5': 'sha1WithRSAEncryption',
  '1.2.840.113549.1.1.8': 'mgf1',
  '1.2.840.113549.1.1.10': 'rsassaPss',
  '1.2.840.113549.1.1.11': 'sha256WithRSAEncryption',
  '1.2.840.113549.1.1.12': 'sha384WithRSAEncryption',
  '1.2.840.113549.1.1.13': 'sha512WithRSAEncryption',
  '1.2.840.113549.1.1.14': 'sha224WithRSAEncryption',
  '1.2.840.10040.4.1': 'dsa',
  '1.2.840.10040.4.3': 'dsaWithSha1',
  '1.2.840.10045.2.1': 'ecPublicKey',
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
  '1.3.132.0.35': 'P-521',
  '1.3.132.0.10': 'secp256k1',
  '1.2.840.10045.4.1': 'ecdsaWithSHA1',
  '1.2.840.10045.4.3.1': 'ecdsaWithSHA224',
  '1.2.840.10045.4.3.2': 'ecdsaWithSHA256',
  '1.2.840.10045.4.3.3': 'ecdsaWithSHA384',
  '1.2.840.10045.4.3.4': 'ecdsaWithSHA512',
  '1.3.101.110': 'X25519',
  '1.3.101.111': 'X448',
  '1.3.101.112': 'Ed25519',
  '1.3.101.113': 'Ed448',
  '2.16.840.1.101.3.4.3.17': 'ML-DSA-44',
  '2.16.840.1.101.3.4.3.18': 'ML-DSA-65',
  '2.16.840.1.101.3.4.3.19': 'ML-DSA-87',
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
  // Access methods: RFC 5280 4.2.2
  '1.3.6.1.5.5.7.48.1': 'ocsp',
  '1.3.6.1.5.5.7.48.2': 'caIssuers',
  '1.3.6.1.5.5.7.48.3': 'timeStamping',
  '1.3.6.1.5.5.7.48.5': 'caRepository',
  // Policies: RFC 5280 4.2.1.4, CA/Browser Forum
  '2.5.29.32.0': 'anyPolicy',
  '1.3.6.1.5.5.7.2.1': 'cps',
  '1.3.6.1.5.5.7.2.2': 'userNotice',
  '2.23.140.1.1': 'extendedValidated',
  '2.23.140.1.2.1': 'domainValidated',
  '2.23.140.1.2.2': 'organizationValidated',
  '2.23.140.1.2.3': 'individualValidated',
  // Request attributes: RFC 2985
  '1.2.840.113549.1.9.2': 'unstructuredName',
  '1.2.840.113549.1.9.7': 'challengePassword',
  '1.2.840.113549.1.9.14': 'extensionRequest',
  // Qualified certificates: ETSI EN 319 412-5, RFC 3739
  '0.4.0.1862.1.1': 'qcCompliance',
  '0.4.0.1862.1.2': 'qcLimitValue',
  '0.4.0.1862.1.3': 'qcRetentionPeriod',
  '0.4.0.1862.1.4': 'qcSSCD',
  '0.4.0.1862.1.5': 'qcPDS',
  '0.4.0.1862.1.6': 'qcType',
  '0.4.0.1862.1.7': 'qcCClegislation',
  '0.4.0.19495.2': 'psd2',
  '1.3.6.1.5.5.7.11.1': 'pkixQCSyntaxV1',
  '1.3.6.1.5.5.7.11.2': 'pkixQCSyntaxV2',
  // Other names: RFC 4985, RFC 9598, Microsoft
  '1.3.6.1.5.5.7.8.7': 'dnsSRV',
  '1.3.6.1.5.5.7.8.9': 'smtpUTF8Mailbox',
  '1.3.6.1.4.1.311.20.2.3': 'userPrincipalName',
  // Content types: RFC 5652
  '1.2.840.113549.1.7.1': 'data',
  '1.2.840.113549.1.7.2': 'signedData',
}

let names: Map<string, string> | undefined

export function oidName(oid: string): string | undefined {
  names ??= new Map([
    ...Object.entries(others),
    ...[attributeOids, crlExtensionOids, extensionOids, keyPurposeOids].flatMap((table) =>
      Object.entries(table).map(([name, value]): [string, string] => [value, name])),
  ])
  return names.get(oid)
}

/** `name (1.2.3)`, or the OID alone. */
export function oidText(oid: string): string {
  const name = oidName(oid)
  return name === undefined ? oid : `${name} (${oid})`
}
