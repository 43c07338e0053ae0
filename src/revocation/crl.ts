/**
 * Certificate revocation lists (RFC 5280 5), parsed strictly and all of them, with a look-up by serial number that costs
 * the same in a short list and in one of a million entries. What a list covers and whether it may be used is decided
 * elsewhere; so is its signature.
 *
 *   CertificateList ::= SEQUENCE { tbsCertList TBSCertList, signatureAlgorithm, signatureValue BIT STRING }
 *   TBSCertList ::= SEQUENCE { version INTEGER (1) OPTIONAL, signature AlgorithmIdentifier, issuer Name, thisUpdate Time,
 *     nextUpdate Time OPTIONAL, revokedCertificates SEQUENCE OF … OPTIONAL, crlExtensions [0] EXPLICIT Extensions OPTIONAL }
 */
import {
  DerReader, ParseError, contextTag, copyBytes, readOctetAlignedBitString, readTime, readUnsignedInteger, toHex,
} from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import type { AuthorityKeyIdentifier, DistributionPoint } from '../x509/extension-values.ts'
import { readName } from '../x509/name.ts'
import type { Name } from '../x509/name.ts'
import { parsePem } from '../x509/pem.ts'
import { sha256 } from '../x509/sha256.ts'
import { copyAlgorithm, readAlgorithmIdentifier } from '../x509/spki.ts'
import type { AlgorithmIdentifier } from '../x509/spki.ts'
import type { CrlEntry } from './crl-entry.ts'
import { readCrlExtensions } from './crl-extensions.ts'
import type { CrlExtensions, IssuingDistributionPoint } from './crl-extensions.ts'
import { CrlIndex } from './crl-index.ts'
import type { EntryLookup } from './crl-index.ts'

export type { CrlEntry } from './crl-entry.ts'
export type { IssuingDistributionPoint } from './crl-extensions.ts'

/** What a `Crl` is made of. */
export interface CrlParts {
  readonly bytes: Uint8Array
  readonly version: 1 | 2
  readonly issuer: Name
  readonly thisUpdate: number
  readonly nextUpdate: number | undefined
  readonly extensions: CrlExtensions
  readonly unknownCritical: readonly string[]
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly innerSignatureAlgorithm: AlgorithmIdentifier
  readonly tbsCertList: Uint8Array
  readonly signature: Uint8Array
  /** Where the element `revokedCertificates` stands in the bytes; equal where there is none. */
  readonly listStart: number
  readonly listStop: number
}

let partsOf: (crl: Crl) => CrlParts
let lookupOf: (crl: Crl) => EntryLookup

/** The private parts of a list, for the snapshot. The views must never be written to. */
export function crlParts(crl: Crl): CrlParts {
  return partsOf(crl)
}

/** The index of a list that was parsed, for the snapshot; undefined for one that was loaded. */
export function crlIndex(crl: Crl): CrlIndex | undefined {
  const lookup = lookupOf(crl)
  return lookup instanceof CrlIndex ? lookup : undefined
}

/** A revocation list: immutable. `parseCrl` and `loadSnapshot` make one. */
export class Crl {
  static {
    partsOf = (crl) => crl.#parts
    lookupOf = (crl) => crl.#lookup
  }

  readonly #parts: CrlParts
  readonly #lookup: EntryLookup
  #sha256: string | undefined
  readonly version: 1 | 2
  readonly issuer: Name
  /** Milliseconds since 1970, as `nextUpdate`. */
  readonly thisUpdate: number
  readonly nextUpdate: number | undefined
  /** RFC 5280 5.2.3 */
  readonly crlNumber: bigint | undefined
  /** True for a critical CRL number, which RFC 5280 5.2.3 rules out. */
  readonly crlNumberIsCritical: boolean
  /** The BaseCRLNumber of a delta CRL (RFC 5280 5.2.4); undefined for a complete list. */
  readonly baseCrlNumber: bigint | undefined
  readonly issuingDistributionPoint: IssuingDistributionPoint | undefined
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | undefined
  readonly freshestCRL: readonly DistributionPoint[] | undefined
  /** Unknown critical extensions, of the list and of its entries, by OID: the list may not be used for anything (RFC 5280 5.2, 5.3). */
  readonly unknownCritical: readonly string[]
  /** How many entries the list has. */
  readonly size: number
  readonly signatureAlgorithm: AlgorithmIdentifier
  /** The algorithm inside the signed part; a rule compares the two. */
  readonly innerSignatureAlgorithm: AlgorithmIdentifier
  /**
   * For a list out of a snapshot, SHA-256 (hexadecimal) of the SubjectPublicKeyInfo by which its signature was checked when the
   * snapshot was made; undefined for any other.
   */
  readonly provedSignerKey: string | undefined

  /**
   * Not for direct use: call `parseCrl` or `loadSnapshot`.
   * @internal
   */
  constructor(parts: CrlParts, lookup: EntryLookup, proved?: { readonly sha256: string; readonly signerKey: string }) {
    this.#parts = parts
    this.#lookup = lookup
    this.#sha256 = proved?.sha256
    this.version = parts.version
    this.issuer = parts.issuer
    this.thisUpdate = parts.thisUpdate
    this.nextUpdate = parts.nextUpdate
    this.crlNumber = parts.extensions.crlNumber
    this.crlNumberIsCritical = parts.extensions.crlNumberIsCritical === true
    this.baseCrlNumber = parts.extensions.baseCrlNumber
    this.issuingDistributionPoint = parts.extensions.issuingDistributionPoint
    this.authorityKeyIdentifier = parts.extensions.authorityKeyIdentifier
    this.freshestCRL = parts.extensions.freshestCRL
    this.unknownCritical = parts.unknownCritical
    this.size = lookup.size
    this.signatureAlgorithm = copyAlgorithm(parts.signatureAlgorithm)
    this.innerSignatureAlgorithm = copyAlgorithm(parts.innerSignatureAlgorithm)
    this.provedSignerKey = proved?.signerKey
    Object.freeze(this)
  }

  /** A copy of the signed bytes; of a snapshot, of those without the entries, which nobody has signed. */
  get tbsCertList(): Uint8Array {
    return this.#parts.tbsCertList.slice()
  }

  /** A copy of the signature. */
  get signature(): Uint8Array {
    return this.#parts.signature.slice()
  }

  /** SHA-256 of the DER, lower-case hexadecimal; of the original list, for a snapshot. */
  get sha256(): string {
    return (this.#sha256 ??= toHex(sha256(this.#parts.bytes)))
  }

  /**
   * The entry for a serial number (its content octets, or their hexadecimal digits as in `certificate.serialNumber`) of the
   * certificate issuer with that `Name.key`. Where the serial is listed several times, an entry that revokes for good
   * counts before a hold, and either before removeFromCRL; among equals the first. Throws `TypeError` for a string that is not
   * hexadecimal.
   */
  find(serialNumber: string | Uint8Array, issuerKey: string): CrlEntry | undefined {
    if (typeof serialNumber !== 'string') return this.#lookup.find(serialNumber, serialNumber.length, issuerKey)
    const length = serialNumber.length >> 1
    const octets = length > scratch.length ? new Uint8Array(length) : scratch
    if (serialNumber.length % 2 !== 0) notHexadecimal()
    for (let i = 0; i < length; i++) octets[i] = (digit(serialNumber, 2 * i) << 4) | digit(serialNumber, 2 * i + 1)
    return this.#lookup.find(octets, length, issuerKey)
  }

  /** All entries in order (of a snapshot: by issuer and serial, each serial once). */
  entries(): Iterable<CrlEntry & { readonly certificateIssuer: Name }> {
    return this.#lookup.entries()
  }
}

/** Where a serial’s digits become octets: a look-up is synchronous, and makes nothing that must be collected. */
const scratch = new Uint8Array(64)

function digit(text: string, at: number): number {
  const code = text.charCodeAt(at)
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : notHexadecimal()
}

function notHexadecimal(): never {
  throw new TypeError('serialNumber: expected pairs of hexadecimal digits')
}

/**
 * Parses a DER CertificateList strictly, every entry and extension included. The bytes are copied once. It is synchronous: a
 * list of a million entries takes about a tenth of a second.
 *
 * @throws `ParseError` with a code of `asn1/…` or `x509/…`, `TypeError` if `der` is not bytes.
 */
export function parseCrl(der: Uint8Array | ArrayBuffer): Crl {
  const bytes = copyBytes(der, 'crl')
  const parts = readCrl(bytes)
  const { unknownCritical, version, extensions: { issuingDistributionPoint } } = parts
  const unknown = new Set(unknownCritical)
  const list = new DerReader(bytes, parts.listStart, parts.listStop, 'revokedCertificates')
  // @deviation RFC 5280 5.1.2.6: an empty list of entries, which should be left out, is accepted. CAs have written it
  // at large, and it cannot be read in two ways.
  if (!list.done) list.next()
  const lookup = new CrlIndex(bytes, list.start, list.stop, parts.issuer,
    { version, indirect: issuingDistributionPoint?.indirectCRL === true, unknownCritical: unknown })
  return new Crl({ ...parts, unknownCritical: Object.freeze([...unknown]) }, lookup)
}

/**
 * All lists of a PEM text (`X509 CRL`, or `CRL`, as RFC 7468 6 lets a parser take it), or the one of DER bytes.
 *
 * @throws `ParseError`: as `parsePem` and `parseCrl`, and `x509/wrong-pem-label` for a block of another kind.
 */
export function parseCrls(input: string | Uint8Array): readonly Crl[] {
  if (typeof input !== 'string') return [parseCrl(input)]
  return parsePem(input).map(({ label, bytes }) => {
    if (label !== 'X509 CRL' && label !== 'CRL') {
      throw new ParseError('x509/wrong-pem-label', { offset: 0, expected: 'X509 CRL blocks only', found: JSON.stringify(label).slice(0, 80), field: 'PEM' })
    }
    return parseCrl(bytes)
  })
}

/** Reads everything but the entries. */
export function readCrl(bytes: Uint8Array): CrlParts {
  const reader = new DerReader(bytes, 0, bytes.length, 'CertificateList')
  // An index holds offsets of 32 bits.
  if (bytes.length > 0xffffffff) reader.fail('asn1/too-large', 0, 'less than 4 GiB')
  const outer = reader.sequence('CertificateList')
  reader.finish()
  const tbs = outer.sequence('tbsCertList')
  const tbsCertList = outer.element()
  const signatureAlgorithm = Object.freeze(readAlgorithmIdentifier(outer, 'signatureAlgorithm'))
  const signature = readOctetAlignedBitString(outer, 'signatureValue')
  outer.finish()
  let version: 1 | 2 = 1
  if (tbs.peek() === Tag.integer) {
    // RFC 5280 5.1.2.1: version 1 is written by leaving it out.
    if (readUnsignedInteger(tbs, 'version') !== 1) tbs.fail('x509/unsupported-version', tbs.headerStart, 'version 2, if any (RFC 5280 5.1.2.1)')
    version = 2
  }
  const innerSignatureAlgorithm = Object.freeze(readAlgorithmIdentifier(tbs, 'signature'))
  const issuer = readName(tbs, 'issuer')
  void issuer.rdns
  const thisUpdate = readTime(tbs, 'thisUpdate')
  const nextUpdate = tbs.peek() === Tag.utcTime || tbs.peek() === Tag.generalizedTime ? readTime(tbs, 'nextUpdate') : undefined
  const listStart = tbs.position
  const listStop = tbs.optional(Tag.sequence) ? tbs.stop : listStart
  const unknown = new Set<string>()
  let extensions: CrlExtensions = {}
  if (tbs.optional(contextTag(0, true))) {
    // RFC 5280 5.1.2.7: only in version 2.
    if (version === 1) tbs.fail('x509/unsupported-version', tbs.headerStart, 'no extensions in a list of version 1')
    const inside = tbs.inside('crlExtensions')
    extensions = readCrlExtensions(inside, unknown)
    inside.finish()
  }
  tbs.finish()
  return {
    bytes, version, issuer, thisUpdate, nextUpdate, extensions, unknownCritical: [...unknown], signatureAlgorithm,
    innerSignatureAlgorithm, tbsCertList, signature, listStart, listStop,
  }
}
