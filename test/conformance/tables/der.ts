/** SubjectPublicKeyInfos and AlgorithmIdentifiers, as they should be and as they should not. */
import { concat, encodeBitString, encodeContext, encodeInteger, encodeNull, encodeOid, encodeSequence, encodeUnsignedInteger } from 'countersign/asn1'
import { hashOids, modulusBytes } from './rsa.ts'
import type { Hash, RsaKey } from './rsa.ts'

export const oids = {
  rsa: '1.2.840.113549.1.1.1', pss: '1.2.840.113549.1.1.10', mgf1: '1.2.840.113549.1.1.8', ec: '1.2.840.10045.2.1',
  p256: '1.2.840.10045.3.1.7', p384: '1.3.132.0.34', p521: '1.3.132.0.35',
  x25519: '1.3.101.110', ed25519: '1.3.101.112', ed448: '1.3.101.113',
  mlDsa44: '2.16.840.1.101.3.4.3.17', mlDsa65: '2.16.840.1.101.3.4.3.18', mlDsa87: '2.16.840.1.101.3.4.3.19',
} as const

const pkcs1Oids: Readonly<Record<Hash, string>> = {
  sha1: '1.2.840.113549.1.1.5', sha256: '1.2.840.113549.1.1.11', sha384: '1.2.840.113549.1.1.12', sha512: '1.2.840.113549.1.1.13',
}
const ecdsaOids: Readonly<Record<Hash, string>> = {
  sha1: '1.2.840.10045.4.1', sha256: '1.2.840.10045.4.3.2', sha384: '1.2.840.10045.4.3.3', sha512: '1.2.840.10045.4.3.4',
}

export function algorithm(oid: string, parameters?: Uint8Array): Uint8Array {
  return encodeSequence(encodeOid(oid), ...(parameters === undefined ? [] : [parameters]))
}

export const pkcs1 = (hash: Hash): Uint8Array => algorithm(pkcs1Oids[hash], encodeNull())
export const ecdsa = (hash: Hash): Uint8Array => algorithm(ecdsaOids[hash])
export const pss = (hash: Hash, saltLength: number): Uint8Array => algorithm(oids.pss, pssParameters(hash, saltLength))

/** RFC 4055 3.1, defaults left out. */
export function pssParameters(hash: Hash, saltLength: number): Uint8Array {
  const named = algorithm(hashOids[hash], encodeNull())
  return encodeSequence(
    ...(hash === 'sha1' ? [] : [encodeContext(0, named), encodeContext(1, algorithm(oids.mgf1, named))]),
    ...(saltLength === 20 ? [] : [encodeContext(2, encodeInteger(saltLength))]),
  )
}

export function spki(oid: string, parameters: Uint8Array | undefined, key: Uint8Array, unusedBits: number = 0): Uint8Array {
  return encodeSequence(algorithm(oid, parameters), encodeBitString(key, unusedBits))
}

export const rsaPublicKey = (modulus: Uint8Array, exponent: bigint): Uint8Array =>
  encodeSequence(encodeUnsignedInteger(modulus), encodeInteger(exponent))

export const rsaSpki = (key: RsaKey, exponent: bigint = key.e): Uint8Array =>
  spki(oids.rsa, encodeNull(), rsaPublicKey(modulusBytes(key), exponent))

/** An element with its length in one octet more than needed (X.690 10.1). */
export function withLongLength(element: Uint8Array): Uint8Array {
  const { length, content } = parts(element)
  return concat([element.subarray(0, 1), Uint8Array.of(0x80 | (length.length + 1), 0), length, content])
}

/** A constructed element with indefinite length (X.690 8.1.3.6). */
export function withIndefiniteLength(element: Uint8Array): Uint8Array {
  return concat([element.subarray(0, 1), Uint8Array.of(0x80), parts(element).content, Uint8Array.of(0, 0)])
}

function parts(element: Uint8Array): { readonly length: Uint8Array; readonly content: Uint8Array } {
  const count = element[1]! < 0x80 ? 0 : element[1]! & 0x7f
  return { length: count === 0 ? element.subarray(1, 2) : element.subarray(2, 2 + count), content: element.subarray(2 + count) }
}
