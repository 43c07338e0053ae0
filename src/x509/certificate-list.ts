/**
 * Certificate revocation lists (RFC 5280 5.1), as data. Nothing is decided here.
 *
 *   CertificateList ::= SEQUENCE { tbsCertList TBSCertList, signatureAlgorithm, signatureValue BIT STRING }
 *   TBSCertList ::= SEQUENCE { version INTEGER (1) OPTIONAL, signature AlgorithmIdentifier, issuer Name, thisUpdate Time,
 *     nextUpdate Time OPTIONAL, revokedCertificates SEQUENCE OF SEQUENCE { userCertificate INTEGER, revocationDate Time,
 *     crlEntryExtensions Extensions OPTIONAL } OPTIONAL, crlExtensions [0] EXPLICIT Extensions OPTIONAL }
 */
import {
  DerReader, checkIntegerContent, contextTag, copyBytes, readOctetAlignedBitString, readTime, readUnsignedInteger, toHex,
} from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import { extensionOf, readExtensions } from './extension.ts'
import type { Extension } from './extension.ts'
import { readName } from './name.ts'
import type { Name } from './name.ts'
import { readAlgorithmIdentifier } from './spki.ts'
import type { AlgorithmIdentifier } from './spki.ts'

export interface RevokedCertificate {
  /** Hexadecimal content octets of the serial number. */
  readonly serialNumber: string
  readonly revocationDate: Date
  readonly extensions: readonly Extension[]
}

export interface CertificateList {
  /** 1 or 2. */
  readonly version: number
  readonly issuer: Name
  readonly thisUpdate: Date
  readonly nextUpdate: Date | undefined
  readonly extensions: readonly Extension[]
  readonly signatureAlgorithm: AlgorithmIdentifier
  /** The algorithm inside the signed part; a rule compares the two. */
  readonly innerSignatureAlgorithm: AlgorithmIdentifier
  readonly tbsCertList: Uint8Array
  readonly signature: Uint8Array
  /** The entries in order, decoded one by one. Throws `ParseError` at a malformed one. */
  readonly revokedCertificates: Iterable<RevokedCertificate>
}

/** Parses a DER certificate revocation list; the entries are decoded as they are read. Throws `ParseError`. */
export function parseCertificateList(der: Uint8Array): CertificateList {
  const bytes = copyBytes(der, 'crl')
  const reader = new DerReader(bytes, 0, bytes.length, 'CertificateList')
  const outer = reader.sequence('CertificateList')
  reader.finish()
  const tbs = outer.sequence('tbsCertList')
  const tbsCertList = outer.element()
  const signatureAlgorithm = readAlgorithmIdentifier(outer, 'signatureAlgorithm')
  const signature = readOctetAlignedBitString(outer, 'signatureValue')
  outer.finish()
  let version = 1
  if (tbs.peek() === Tag.integer) {
    version = readUnsignedInteger(tbs, 'version') + 1
    if (version !== 2) tbs.fail('x509/unsupported-version', tbs.headerStart, 'version 2, if any (RFC 5280 5.1.2.1)')
  }
  const innerSignatureAlgorithm = readAlgorithmIdentifier(tbs, 'signature')
  const issuer = readName(tbs, 'issuer')
  void issuer.rdns
  const thisUpdate = new Date(readTime(tbs, 'thisUpdate'))
  const nextUpdate = tbs.peek() === Tag.utcTime || tbs.peek() === Tag.generalizedTime
    ? new Date(readTime(tbs, 'nextUpdate')) : undefined
  let start = 0
  let stop = 0
  if (tbs.optional(Tag.sequence)) {
    start = tbs.start
    stop = tbs.stop
  }
  let extensions: readonly Extension[] = []
  if (tbs.optional(contextTag(0, true))) {
    const inside = tbs.inside('crlExtensions')
    extensions = readExtensions(inside, 'crlExtensions').map((raw) => extensionOf(bytes, raw))
    inside.finish()
  }
  tbs.finish()
  return Object.freeze({
    version, issuer, thisUpdate, nextUpdate, extensions, signatureAlgorithm, innerSignatureAlgorithm, tbsCertList, signature,
    revokedCertificates: { [Symbol.iterator]: () => entries(bytes, start, stop) },
  })
}

function* entries(bytes: Uint8Array, start: number, stop: number): Generator<RevokedCertificate, void, undefined> {
  const list = new DerReader(bytes, start, stop, 'revokedCertificates')
  while (!list.done) {
    const entry = list.sequence('revoked certificate')
    entry.expect(Tag.integer, 'userCertificate')
    checkIntegerContent(entry)
    const serialNumber = toHex(entry.content())
    const revocationDate = new Date(readTime(entry, 'revocationDate'))
    const extensions = entry.done ? []
      : readExtensions(entry, 'crlEntryExtensions').map((raw) => extensionOf(bytes, raw))
    entry.finish()
    yield Object.freeze({ serialNumber, revocationDate, extensions })
  }
}
