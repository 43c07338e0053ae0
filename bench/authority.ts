/**
 * A test CA with the keys of the benchmarks: Node's own crypto signs, our DER writer encodes. Names, dates and
 * extensions are what an ordinary private CA issues.
 */
import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import {
  encode, encodeBitString, encodeBoolean, encodeContext, encodeInteger, encodeNull, encodeOctetString, encodeOid, encodeSequence,
  encodeTime,
} from 'countersign/asn1'
import { aki, bc, dns, eku, ku, name, san, ski } from '../fixtures/issue.ts'
import type { Bytes, Ext } from '../fixtures/issue.ts'

export type KeyKind = 'p256' | 'p384' | 'p521' | 'rsa2048' | 'rsa3072' | 'rsa4096' | 'ed25519'

export interface Signer {
  readonly kind: KeyKind
  readonly spki: Bytes
  readonly id: Bytes
  /** AlgorithmIdentifier of its signatures. */
  readonly algorithm: Bytes
  /** As it stands in a certificate: ECDSA as DER. */
  sign(data: Bytes): Bytes
}

const ecdsa = (hash: number): Bytes => encodeSequence(encodeOid(`1.2.840.10045.4.3.${hash}`))
const rsa = (hash: number): Bytes => encodeSequence(encodeOid(`1.2.840.113549.1.1.${hash}`), encodeNull())

const kinds: Readonly<Record<KeyKind, { hash: string | null, algorithm: Bytes, generate(): { privateKey: KeyObject } }>> = {
  p256: { hash: 'sha256', algorithm: ecdsa(2), generate: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
  p384: { hash: 'sha384', algorithm: ecdsa(3), generate: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }) },
  p521: { hash: 'sha512', algorithm: ecdsa(4), generate: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }) },
  rsa2048: { hash: 'sha256', algorithm: rsa(11), generate: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) },
  rsa3072: { hash: 'sha256', algorithm: rsa(11), generate: () => generateKeyPairSync('rsa', { modulusLength: 3072 }) },
  rsa4096: { hash: 'sha512', algorithm: rsa(13), generate: () => generateKeyPairSync('rsa', { modulusLength: 4096 }) },
  ed25519: { hash: null, algorithm: encodeSequence(encodeOid('1.3.101.112')), generate: () => generateKeyPairSync('ed25519') },
}

/** A new key. */
export function newSigner(kind: KeyKind): Signer {
  const { hash, algorithm, generate } = kinds[kind]
  const { privateKey } = generate()
  const spki = new Uint8Array(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }))
  return {
    kind, spki, algorithm, id: new Uint8Array(createHash('sha1').update(spki).digest()),
    sign: (data) => new Uint8Array(sign(hash, data, privateKey)),
  }
}

export interface Issuing {
  readonly subject: Bytes
  readonly issuer: Bytes
  readonly spki: Bytes
  readonly signer: Signer
  readonly extensions: readonly Ext[]
  readonly serial?: number
  /** Put in the place of the signature, where nobody is going to check it. */
  readonly signature?: Bytes
}

export interface Issued {
  readonly der: Bytes
  readonly tbs: Bytes
  readonly signature: Bytes
}

const validity = encodeSequence(encodeTime(new Date(Date.UTC(2020, 0, 1))), encodeTime(new Date(Date.UTC(2049, 0, 1))))

export function issueCertificate({ subject, issuer, spki, signer, extensions, serial = 0x1234, signature }: Issuing): Issued {
  const encoded = extensions.map(([id, critical, value]) =>
    encodeSequence(encodeOid(id), ...(critical ? [encodeBoolean(true)] : []), encodeOctetString(value)))
  const tbs = encodeSequence(encodeContext(0, encodeInteger(2)), encodeInteger(serial), signer.algorithm, issuer, validity, subject,
    spki, encodeContext(3, encodeSequence(...encoded)))
  const value = signature ?? signer.sign(tbs)
  return { der: encode(0x30, tbs, signer.algorithm, encodeBitString(value)), tbs, signature: value }
}

/** Root, one intermediate, and leaves of one kind of key. */
export interface Authority {
  readonly root: Signer
  readonly intermediate: Signer
  readonly rootCertificate: Issued
  readonly intermediateCertificate: Issued
  /** A leaf that nobody has seen: its own serial number and name. */
  leaf(): Issued
}

let serial = 0x10000

export function newAuthority(kind: KeyKind): Authority {
  const root = newSigner(kind)
  const intermediate = newSigner(kind)
  // Verification reads no leaf key beyond its encoding, so all leaves of an authority may share one.
  const leafKey = newSigner(kind)
  const rootName = name('Bench Root')
  const intermediateName = name('Bench Issuing CA')
  const ca = { extensions: (own: Signer, issuer: Signer, pathLength?: number): Ext[] =>
    [bc(true, pathLength), ku(0x60), ski(own.id), aki(issuer.id)] }
  return {
    root, intermediate,
    rootCertificate: issueCertificate({
      subject: rootName, issuer: rootName, spki: root.spki, signer: root, extensions: ca.extensions(root, root),
    }),
    intermediateCertificate: issueCertificate({
      subject: intermediateName, issuer: rootName, spki: intermediate.spki, signer: root, extensions: ca.extensions(intermediate, root, 0),
    }),
    leaf() {
      const host = `host-${serial}.bench.example`
      return issueCertificate({
        subject: name(host), issuer: intermediateName, spki: leafKey.spki, signer: intermediate, serial: serial++,
        extensions: [ku(1), eku('1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'), san(dns(host)), ski(leafKey.id), aki(intermediate.id)],
      })
    },
  }
}
