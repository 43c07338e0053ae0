/** Object identifiers of keys and signature algorithms, each with its source. */
import type { HashName, ImplementableAlgorithm } from './types.ts'

/** RFC 4055 1.2 and RFC 8017. */
export const rsaEncryption = '1.2.840.113549.1.1.1'
export const rsassaPss = '1.2.840.113549.1.1.10'

/** RFC 4055 2.1. */
export const hashOids: Readonly<Record<HashName, string>> = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
}

export function hashByOid(oid: string): HashName | undefined {
  return nameOf(hashOids, oid)
}

/** RFC 5480 2.1.1. */
export const ecPublicKey = '1.2.840.10045.2.1'

/** RFC 8410 3 (EdDSA) and RFC 9881 2 (ML-DSA): one identifier for the key and for the signature. */
export const rawOids: Readonly<Record<ImplementableAlgorithm, string>> = {
  'ed25519': '1.3.101.112',
  'ed448': '1.3.101.113',
  'ml-dsa-44': '2.16.840.1.101.3.4.3.17',
  'ml-dsa-65': '2.16.840.1.101.3.4.3.18',
  'ml-dsa-87': '2.16.840.1.101.3.4.3.19',
}

export function rawAlgorithmByOid(oid: string): ImplementableAlgorithm | undefined {
  return nameOf(rawOids, oid)
}

/** Octets of public key and signature (RFC 8032 5.1 and 5.2, FIPS 204 table 2). */
export const rawLengths: Readonly<Record<ImplementableAlgorithm, { readonly key: number; readonly signature: number }>> = {
  'ed25519': { key: 32, signature: 64 },
  'ed448': { key: 57, signature: 114 },
  'ml-dsa-44': { key: 1312, signature: 2420 },
  'ml-dsa-65': { key: 1952, signature: 3309 },
  'ml-dsa-87': { key: 2592, signature: 4627 },
}

/** RFC 4055 5 and RFC 8017 (RSA PKCS#1 v1.5); RFC 5758 3.2 and RFC 3279 2.2.3 (ECDSA). */
export function hashedAlgorithmByOid(oid: string): { readonly family: 'rsa-pkcs1' | 'ecdsa'; readonly hash: HashName } | undefined {
  switch (oid) {
    case '1.2.840.113549.1.1.5': return { family: 'rsa-pkcs1', hash: 'sha1' }
    case '1.2.840.113549.1.1.11': return { family: 'rsa-pkcs1', hash: 'sha256' }
    case '1.2.840.113549.1.1.12': return { family: 'rsa-pkcs1', hash: 'sha384' }
    case '1.2.840.113549.1.1.13': return { family: 'rsa-pkcs1', hash: 'sha512' }
    case '1.2.840.10045.4.1': return { family: 'ecdsa', hash: 'sha1' }
    case '1.2.840.10045.4.3.2': return { family: 'ecdsa', hash: 'sha256' }
    case '1.2.840.10045.4.3.3': return { family: 'ecdsa', hash: 'sha384' }
    case '1.2.840.10045.4.3.4': return { family: 'ecdsa', hash: 'sha512' }
    default: return undefined
  }
}

function nameOf<Name extends string>(oids: Readonly<Record<Name, string>>, oid: string): Name | undefined {
  return (Object.keys(oids) as Name[]).find((name) => oids[name] === oid)
}
