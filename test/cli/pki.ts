/**
 * A small authority for the tests of the command line, on the project’s own DER writer, so that a test can put into
 * a certificate whatever a generator would refuse to.
 */
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import {
  Tag, encode, encodeBitString, encodeBoolean, encodeContext, encodeContextPrimitive, encodeInteger, encodeNamedBits,
  encodeOctetString, encodeOid, encodeSequence, encodeSetOf, encodeString, encodeTime,
} from '../../src/asn1/index.ts'
import { encodePem } from '../../src/x509/index.ts'

export interface Issued {
  readonly der: Uint8Array
  readonly pem: string
  /** PKCS#8. */
  readonly keyPem: string
  readonly key: KeyObject
  readonly spki: Uint8Array
  readonly name: Uint8Array
  readonly keyId: Uint8Array
}

export interface IssueOptions {
  readonly commonName: string
  readonly issuer?: Issued
  readonly ca?: boolean
  readonly dns?: readonly string[]
  readonly purposes?: readonly string[]
  readonly notBefore?: Date
  readonly notAfter?: Date
  /** Encoded extensions to add. */
  readonly extensions?: readonly Uint8Array[]
  /** Changes the encoded TBSCertificate before it is signed. */
  readonly patchTbs?: (tbs: Uint8Array) => Uint8Array
}

export const serverAuth = '1.3.6.1.5.5.7.3.1'
export const day = 86_400_000
/** The time at which the tests verify. */
export const now: Date = new Date('2026-06-01T12:00:00Z')

const ecdsaWithSha256 = encodeSequence(encodeOid('1.2.840.10045.4.3.2'))
const ascii = new TextEncoder()

export function nameDer(commonName: string): Uint8Array {
  return encodeSequence(encodeSetOf(encodeSequence(encodeOid('2.5.4.3'), encodeString(Tag.utf8String, commonName))))
}

export function extension(oid: string, value: Uint8Array, critical: boolean = false): Uint8Array {
  return encodeSequence(encodeOid(oid), ...(critical ? [encodeBoolean(true)] : []), encodeOctetString(value))
}

let serial = 0x1000

export function issue(options: IssueOptions): Issued {
  const { commonName, issuer, ca = false, dns = [], purposes = ca ? [] : [serverAuth] } = options
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }))
  const name = nameDer(commonName)
  const keyId = new Uint8Array(createHash('sha1').update(spki).digest())
  const extensions = [
    extension('2.5.29.19', ca ? encodeSequence(encodeBoolean(true)) : encodeSequence(), true),
    extension('2.5.29.15', encodeNamedBits(ca ? 0b1100000 : 0b1), true),
    extension('2.5.29.14', encodeOctetString(keyId)),
    extension('2.5.29.35', encodeSequence(encodeContextPrimitive(0, issuer?.keyId ?? keyId))),
    ...(purposes.length === 0 ? [] : [extension('2.5.29.37', encodeSequence(...purposes.map(encodeOid)))]),
    ...(dns.length === 0 ? [] : [extension('2.5.29.17', encodeSequence(...dns.map((one) => encodeContextPrimitive(2, ascii.encode(one)))))]),
    ...options.extensions ?? [],
  ]
  const plain = encodeSequence(
    encodeContext(0, encodeInteger(2)), encodeInteger(serial++), ecdsaWithSha256, issuer?.name ?? name,
    encodeSequence(encodeTime(options.notBefore ?? new Date(now.getTime() - 100 * day)), encodeTime(options.notAfter ?? new Date(now.getTime() + 3650 * day))),
    name, spki, encodeContext(3, encodeSequence(...extensions)),
  )
  const tbs = options.patchTbs?.(plain) ?? plain
  const signature = new Uint8Array(sign('sha256', tbs, issuer?.key ?? privateKey))
  const der = encodeSequence(tbs, ecdsaWithSha256, encodeBitString(signature))
  return {
    der, pem: encodePem('CERTIFICATE', der), key: privateKey, spki, name, keyId,
    keyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  }
}

/** A request for a host name, signed by `subject`. */
export function requestDer(subject: Issued): Uint8Array {
  const names = extension('2.5.29.17', encodeSequence(encodeContextPrimitive(2, ascii.encode('request.example'))))
  const attribute = encodeSequence(encodeOid('1.2.840.113549.1.9.14'), encodeSetOf(encodeSequence(names)))
  const info = encodeSequence(encodeInteger(0), subject.name, subject.spki, encodeContext(0, attribute))
  return encodeSequence(info, ecdsaWithSha256, encodeBitString(new Uint8Array(sign('sha256', info, subject.key))))
}

/** A revocation list that revokes one serial number. */
export function crlDer(issuer: Issued): Uint8Array {
  const entry = encodeSequence(encodeInteger(0x1234), encodeTime(now),
    encodeSequence(extension('2.5.29.21', encode(Tag.enumerated, Uint8Array.of(1)))))
  const tbs = encodeSequence(
    encodeInteger(1), ecdsaWithSha256, issuer.name, encodeTime(now), encodeTime(new Date(now.getTime() + 7 * day)),
    encodeSequence(entry), encodeContext(0, encodeSequence(extension('2.5.29.20', encodeInteger(7)))),
  )
  return encodeSequence(tbs, ecdsaWithSha256, encodeBitString(new Uint8Array(sign('sha256', tbs, issuer.key))))
}

/** A certs-only PKCS#7 bundle. */
export function bundleDer(certificates: readonly Uint8Array[]): Uint8Array {
  const signedData = encodeSequence(
    encodeInteger(1), encodeSetOf(), encodeSequence(encodeOid('1.2.840.113549.1.7.1')),
    encodeContext(0, ...certificates), encodeSetOf(),
  )
  return encodeSequence(encodeOid('1.2.840.113549.1.7.2'), encodeContext(0, signedData))
}
