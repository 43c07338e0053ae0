/** Keys, signatures and DER for the tests of the crypto layer. */
import { constants, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import {
  concat, encode, encodeBitString, encodeContext, encodeInteger, encodeNull, encodeOid, encodeSequence,
  encodeUnsignedInteger,
} from '../../../src/asn1/index.ts'
import type { AlgorithmPolicy, SignatureCheck, SignatureOutcome } from '../../../src/crypto/index.ts'
import { createSyncSignatureVerifier } from '../../../src/node/sync-crypto.ts'

/** Checks by a synchronous verifier of their own. */
export function verifySignaturesSync(checks: readonly SignatureCheck[], policy: AlgorithmPolicy): SignatureOutcome[] {
  return createSyncSignatureVerifier({ policy }).verifyAll(checks)
}

export const message: Uint8Array = new TextEncoder().encode('to be signed')

export const oids = {
  rsa: '1.2.840.113549.1.1.1',
  pss: '1.2.840.113549.1.1.10',
  mgf1: '1.2.840.113549.1.1.8',
  ec: '1.2.840.10045.2.1',
  p192: '1.2.840.10045.3.1.1',
  p256: '1.2.840.10045.3.1.7',
  p384: '1.3.132.0.34',
  p521: '1.3.132.0.35',
  ed25519: '1.3.101.112',
  ed448: '1.3.101.113',
  x25519: '1.3.101.110',
  dsa: '1.2.840.10040.4.1',
  mlDsa44: '2.16.840.1.101.3.4.3.17',
  sha1: '1.3.14.3.2.26',
  sha224: '2.16.840.1.101.3.4.2.4',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  rsaMd5: '1.2.840.113549.1.1.4',
  rsaSha1: '1.2.840.113549.1.1.5',
  rsaSha256: '1.2.840.113549.1.1.11',
  ecdsaSha1: '1.2.840.10045.4.1',
  ecdsaSha256: '1.2.840.10045.4.3.2',
  ecdsaSha384: '1.2.840.10045.4.3.3',
} as const

/** A SubjectPublicKeyInfo of any parts. */
export function spki(oid: string, parameters: Uint8Array | undefined, publicKey: Uint8Array, unusedBits: number = 0): Uint8Array {
  return encodeSequence(algorithm(oid, parameters), encodeBitString(publicKey, unusedBits))
}

export function algorithm(oid: string, parameters?: Uint8Array): Uint8Array {
  return encodeSequence(encodeOid(oid), ...(parameters === undefined ? [] : [parameters]))
}

export function rsaPublicKey(modulus: Uint8Array, exponent: number | bigint): Uint8Array {
  return encodeSequence(encodeUnsignedInteger(modulus), encodeInteger(exponent))
}

export function rsaSpki(modulus: Uint8Array, exponent: number | bigint = 65537): Uint8Array {
  return spki(oids.rsa, encodeNull(), rsaPublicKey(modulus, exponent))
}

/** An odd number of `bits` bits, no product of two primes: enough for checks that come before arithmetic. */
export function oddNumber(bits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits / 8)).fill(0xa5)
  bytes[0] = 1 << ((bits - 1) % 8)
  bytes[bytes.length - 1]! |= 1
  return bytes
}

/** The parameters of RFC 4055 3.1; a field that is undefined is left out. */
export function pssParameters(fields: { hash?: string, mask?: string, salt?: number, trailer?: number }): Uint8Array {
  return encodeSequence(
    ...(fields.hash === undefined ? [] : [encodeContext(0, algorithm(fields.hash, encodeNull()))]),
    ...(fields.mask === undefined ? [] : [encodeContext(1, algorithm(oids.mgf1, algorithm(fields.mask, encodeNull())))]),
    ...(fields.salt === undefined ? [] : [encodeContext(2, encodeInteger(fields.salt))]),
    ...(fields.trailer === undefined ? [] : [encodeContext(3, encodeInteger(fields.trailer))]),
  )
}

export const pssSha256: Uint8Array = algorithm(oids.pss, pssParameters({ hash: oids.sha256, mask: oids.sha256, salt: 32 }))
export const pkcs1Sha256: Uint8Array = algorithm(oids.rsaSha256, encodeNull())

export function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }))
}

/** One octet string out of a key’s JWK. */
export function jwkPart(key: KeyObject, part: 'n' | 'e' | 'x' | 'y'): Uint8Array {
  return new Uint8Array(Buffer.from(String(key.export({ format: 'jwk' })[part]), 'base64url'))
}

export interface RsaPair { readonly publicKey: KeyObject; readonly privateKey: KeyObject; readonly modulus: Uint8Array }

export function rsaPair(bits: number = 2048, publicExponent: number = 65537): RsaPair {
  const pair = generateKeyPairSync('rsa', { modulusLength: bits, publicExponent })
  return { ...pair, modulus: jwkPart(pair.publicKey, 'n') }
}

/** Signs `message` and a counter until the signature is as wanted. */
export function signUntil(
  pair: RsaPair, scheme: 'pkcs1' | 'pss', wanted: (signature: Uint8Array) => boolean,
): { readonly data: Uint8Array; readonly signature: Uint8Array } {
  for (let counter = 0; counter < 20_000; counter++) {
    const data = concat([message, Uint8Array.of(counter >> 8, counter & 0xff)])
    const signature = new Uint8Array(sign('sha256', data, scheme === 'pkcs1'
      ? { key: pair.privateKey, padding: constants.RSA_PKCS1_PADDING }
      : { key: pair.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }))
    if (wanted(signature)) return { data, signature }
  }
  throw new Error('no such signature found')
}

export function big(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)
}

export function fromBig(value: bigint, length: number): Uint8Array {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex'))
}

export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

/** An element with its length in one octet more than needed. */
export function withLongLength(element: Uint8Array): Uint8Array {
  const count = element[1]! < 0x80 ? 0 : element[1]! & 0x7f
  const length = count === 0 ? element.subarray(1, 2) : element.subarray(2, 2 + count)
  return concat([element.subarray(0, 1), Uint8Array.of(0x80 | (length.length + 1), 0), length, element.subarray(2 + count)])
}

/** A constructed element with indefinite length. */
export function withIndefiniteLength(element: Uint8Array): Uint8Array {
  const count = element[1]! < 0x80 ? 0 : element[1]! & 0x7f
  return concat([element.subarray(0, 1), Uint8Array.of(0x80), element.subarray(2 + count), Uint8Array.of(0, 0)])
}

export { concat, encode, encodeBitString, encodeContext, encodeInteger, encodeNull, encodeOid, encodeSequence, encodeUnsignedInteger }
