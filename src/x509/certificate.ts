/**
 * X.509 certificates (RFC 5280 4.1).
 *
 *   Certificate ::= SEQUENCE { tbsCertificate TBSCertificate, signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }
 *   TBSCertificate ::= SEQUENCE {
 *     version [0] EXPLICIT Version DEFAULT v1, serialNumber INTEGER, signature AlgorithmIdentifier, issuer Name,
 *     validity Validity, subject Name, subjectPublicKeyInfo SubjectPublicKeyInfo,
 *     issuerUniqueID [1] IMPLICIT BIT STRING OPTIONAL, subjectUniqueID [2] IMPLICIT BIT STRING OPTIONAL,
 *     extensions [3] EXPLICIT Extensions OPTIONAL }
 *
 * `parseCertificate` copies the bytes once, checks the whole skeleton, and keeps offsets; names and extension
 * values are decoded on first use, and throw `ParseError` where they are malformed. Rules about what a field may
 * *say* (serial range, criticality, duplicates, versions) are rules of the path layer, not parse errors.
 */
import {
  DerReader, ParseError, checkIntegerContent, contextTag, copyBytes, readBitString, readTime,
  readUnsignedInteger, toHex,
} from '../asn1/index.ts'
import { equalRuns } from '../asn1/bytes.ts'
import * as Tag from '../asn1/tag.ts'
import { extensionOf, readExtensions } from './extension.ts'
import type { Extension, RawExtension } from './extension.ts'
import { decodeExtension } from './extension-values.ts'
import type { ExtensionName, ExtensionValues } from './extension-values.ts'
import { readName } from './name.ts'
import type { Name } from './name.ts'
import { extensionOids } from './oids.ts'
import { sha256 } from './sha256.ts'
import { copyAlgorithm, readAlgorithmIdentifier, readSubjectPublicKeyInfo, skipAlgorithmIdentifier, skipSubjectPublicKeyInfo } from './spki.ts'
import type { AlgorithmIdentifier, SubjectPublicKeyInfo } from './spki.ts'

/** Anything that `parseCertificate` reads: DER, or an object that carries it (such as `@peculiar/x509`’s). */
export type CertificateSource = Uint8Array | ArrayBuffer | { readonly rawData: Uint8Array | ArrayBuffer }

/** The most bytes of one certificate, unless the caller says otherwise. Public certificates stay below 32 KiB. */
export const defaultMaxCertificateBytes: number = 1024 * 1024

/** What the parser found: offsets, and the values that take no more room than an offset. */
interface Skeleton {
  readonly bytes: Uint8Array
  readonly version: number
  readonly serialStart: number
  readonly serialStop: number
  readonly tbsStart: number
  readonly tbsStop: number
  readonly innerAlgorithmStart: number
  readonly innerAlgorithmStop: number
  readonly outerAlgorithmStart: number
  readonly outerAlgorithmStop: number
  readonly issuer: Name
  readonly subject: Name
  readonly notBefore: number
  readonly notAfter: number
  /** Identifier octets of notBefore and notAfter. */
  readonly notBeforeTag: number
  readonly notAfterTag: number
  readonly spkiStart: number
  readonly spkiStop: number
  readonly hasUniqueIds: boolean
  readonly extensions: readonly RawExtension[]
  readonly signatureStart: number
  readonly signatureStop: number
}

/**
 * What the layers below read without a copy; not part of the public API. Views into the bytes are made on first use and
 * kept: a view costs as much as the parsing of a whole extension.
 */
export class CertificateInternals {
  readonly skeleton: Skeleton
  #spki: SubjectPublicKeyInfo | undefined
  #spkiBytes: Uint8Array | undefined
  #outerAlgorithm: Uint8Array | undefined
  #signature: Uint8Array | undefined

  constructor(skeleton: Skeleton) {
    this.skeleton = skeleton
  }

  get bytes(): Uint8Array { return this.skeleton.bytes }
  get extensions(): readonly RawExtension[] { return this.skeleton.extensions }
  get notBefore(): number { return this.skeleton.notBefore }
  get notAfter(): number { return this.skeleton.notAfter }

  /** Octets of the extensions that are decoded, and 12 for each, known or not: what its wrapping has at least. */
  get extensionOctets(): number {
    let octets = 0
    for (const { oid, start, stop } of this.extensions) octets += nameOfExtension.has(oid) ? 12 + stop - start : 12
    return octets
  }

  /** The DER of the SubjectPublicKeyInfo; a view. */
  get spkiBytes(): Uint8Array {
    const { bytes, spkiStart, spkiStop } = this.skeleton
    return (this.#spkiBytes ??= bytes.subarray(spkiStart, spkiStop))
  }

  get spki(): SubjectPublicKeyInfo {
    const { bytes, spkiStart, spkiStop } = this.skeleton
    return (this.#spki ??= readSubjectPublicKeyInfo(new DerReader(bytes, spkiStart, spkiStop)))
  }

  /** The DER of the outer AlgorithmIdentifier; a view. */
  get outerAlgorithmBytes(): Uint8Array {
    const { bytes, outerAlgorithmStart, outerAlgorithmStop } = this.skeleton
    return (this.#outerAlgorithm ??= bytes.subarray(outerAlgorithmStart, outerAlgorithmStop))
  }

  get outerAlgorithm(): AlgorithmIdentifier {
    const { bytes, outerAlgorithmStart, outerAlgorithmStop } = this.skeleton
    return readAlgorithmIdentifier(new DerReader(bytes, outerAlgorithmStart, outerAlgorithmStop), 'signatureAlgorithm')
  }

  get innerAlgorithm(): AlgorithmIdentifier {
    const { bytes, innerAlgorithmStart, innerAlgorithmStop } = this.skeleton
    return readAlgorithmIdentifier(new DerReader(bytes, innerAlgorithmStart, innerAlgorithmStop), 'signature')
  }

  /** RFC 5280 4.1.1.2: both algorithm identifiers are the same, octet for octet. */
  get sameAlgorithms(): boolean {
    const { bytes, innerAlgorithmStart, innerAlgorithmStop, outerAlgorithmStart, outerAlgorithmStop } = this.skeleton
    const length = innerAlgorithmStop - innerAlgorithmStart
    return outerAlgorithmStop - outerAlgorithmStart === length && equalRuns(bytes, innerAlgorithmStart, bytes, outerAlgorithmStart, length)
  }

  /** The signed octets; a fresh view. */
  get tbs(): Uint8Array {
    const { bytes, tbsStart, tbsStop } = this.skeleton
    return bytes.subarray(tbsStart, tbsStop)
  }

  /** Content of the signature BIT STRING; a view, empty where it is no row of whole octets. */
  get signature(): Uint8Array {
    const { bytes, signatureStart, signatureStop } = this.skeleton
    return (this.#signature ??= bytes.subarray(signatureStart, signatureStop))
  }

  /** The extension bearing the OID, the first if there are several. */
  find(oid: string): RawExtension | undefined {
    for (const extension of this.skeleton.extensions) if (extension.oid === oid) return extension
    return undefined
  }
}

let internalsOf: (certificate: Certificate) => CertificateInternals

/** The private parts of a certificate, for `crypto`, `path` and `verify`. The views must never be written to. */
export function internals(certificate: Certificate): CertificateInternals {
  return internalsOf(certificate)
}

/** A parsed certificate: immutable, over bytes that nobody else holds. */
export class Certificate {
  static {
    internalsOf = (certificate) => certificate.#internals
  }

  readonly #internals: CertificateInternals
  readonly #values: Partial<ExtensionValues> = {}
  /** True once every known extension was decoded: what has no value then is absent. */
  #decoded = false
  #fingerprint: string | undefined

  /**
   * Not for direct use: call `parseCertificate`.
   * @internal
   */
  constructor(parts: CertificateInternals) {
    this.#internals = parts
  }

  /** 1, 2 or 3. */
  get version(): number {
    return this.#internals.skeleton.version
  }

  /** The content octets of the serial number, lower-case hexadecimal, as encoded (`00ff` is 255, `ff` is -1). */
  get serialNumber(): string {
    const { bytes, serialStart, serialStop } = this.#internals.skeleton
    return toHex(bytes.subarray(serialStart, serialStop))
  }

  get issuer(): Name {
    return this.#internals.skeleton.issuer
  }

  get subject(): Name {
    return this.#internals.skeleton.subject
  }

  get notBefore(): Date {
    return new Date(this.#internals.notBefore)
  }

  get notAfter(): Date {
    return new Date(this.#internals.notAfter)
  }

  /** The signature algorithm of the outer structure; a copy. */
  get signatureAlgorithm(): AlgorithmIdentifier {
    return copyAlgorithm(this.#internals.outerAlgorithm)
  }

  /** The public key; a copy. */
  get subjectPublicKeyInfo(): SubjectPublicKeyInfo {
    const { algorithm, publicKey, raw } = this.#internals.spki
    return Object.freeze({ algorithm: copyAlgorithm(algorithm), publicKey: publicKey.slice(), raw: raw.slice() })
  }

  /** Content of the signature BIT STRING; a copy. */
  get signature(): Uint8Array {
    return this.#internals.signature.slice()
  }

  /** All extensions in order, with their bytes. */
  get extensions(): readonly Extension[] {
    const { bytes, extensions } = this.#internals
    return extensions.map((raw) => extensionOf(bytes, raw))
  }

  /**
   * The typed value of a known extension, or undefined where the certificate has none. Octets that decide anything are copies, a
   * new one at each look. Throws `ParseError` where it is malformed.
   */
  get<K extends ExtensionName>(name: K): ExtensionValues[K] | undefined {
    const value = this.#value(name)
    return (name === 'subjectKeyIdentifier' && value !== undefined ? (value as Uint8Array).slice() : value) as ExtensionValues[K] | undefined
  }

  #value<K extends ExtensionName>(name: K): ExtensionValues[K] | undefined {
    const known = this.#values[name]
    if (known !== undefined || this.#decoded) return known
    const raw = this.#internals.find(extensionOids[name])
    if (raw === undefined) return undefined
    const value = decodeExtension(name, this.#internals.bytes, raw.start, raw.stop)
    this.#values[name] = value
    return value
  }

  /** Decodes every known extension. Calls `failed` for each that is malformed, and answers whether there was one. */
  decodeExtensions(failed: (name: ExtensionName, error: ParseError) => void): void {
    if (this.#decoded) return
    let sound = true
    for (const { oid } of this.#internals.extensions) {
      const name = nameOfExtension.get(oid)
      if (name === undefined) continue
      try {
        this.get(name)
      } catch (error) {
        if (!(error instanceof ParseError)) throw error
        sound = false
        failed(name, error)
      }
    }
    this.#decoded = sound
  }

  /** Decodes everything that is decoded on first use. Throws `ParseError` at the first malformed part. */
  decodeAll(): void {
    void this.issuer.rdns
    void this.subject.rdns
    this.decodeExtensions((_, error) => {
      throw error
    })
  }

  /** A fresh copy of the whole DER. */
  toDer(): Uint8Array {
    return this.#internals.bytes.slice()
  }

  /** SHA-256 of the whole DER, lower-case hexadecimal. */
  get fingerprint(): string {
    return (this.#fingerprint ??= toHex(sha256(this.#internals.bytes)))
  }

  toJSON(): unknown {
    return { subject: this.subject.toString(), issuer: this.issuer.toString(), serialNumber: this.serialNumber,
      notBefore: this.notBefore.toISOString(), notAfter: this.notAfter.toISOString(), sha256: this.fingerprint }
  }
}

/** Known extensions by OID, for those that are decoded. */
export const nameOfExtension: ReadonlyMap<string, ExtensionName> = new Map(
  (Object.entries(extensionOids) as [string, string][])
    .filter(([name]) => !name.startsWith('microsoft'))
    .map(([name, oid]) => [oid, name as ExtensionName]),
)

/**
 * Parses one DER certificate. The bytes are copied, once.
 *
 * @throws `ParseError` with a code of `asn1/…` or `x509/…`, the offset, and what was expected.
 * @throws `TypeError` if `source` is not bytes.
 */
export function parseCertificate(source: CertificateSource, options: { readonly maxBytes?: number } = {}): Certificate {
  return parseOwnCertificate(copyBytes(bytesOf(source), 'certificate'), options.maxBytes)
}

/** What a source says its bytes are; not part of the public API. */
export function bytesOf(source: CertificateSource): Uint8Array | ArrayBuffer {
  return source !== null && typeof source === 'object' && 'rawData' in source ? source.rawData : source
}

/** Parses bytes that nobody else holds, without the copy; not part of the public API. */
export function parseOwnCertificate(bytes: Uint8Array, maxBytes: number = defaultMaxCertificateBytes): Certificate {
  const reader = new DerReader(bytes, 0, bytes.length, 'Certificate')
  if (bytes.length > maxBytes) reader.fail('asn1/too-large', 0, `at most ${maxBytes} octets`, `${bytes.length}`)
  const certificate = readCertificate(reader)
  reader.finish()
  return certificate
}

function readCertificate(reader: DerReader): Certificate {
  const { bytes } = reader
  const outer = reader.sequence('Certificate')
  outer.expect(Tag.sequence, 'tbsCertificate')
  const tbsStart = outer.headerStart
  const tbsStop = outer.stop
  const tbs = outer.inside('tbsCertificate')
  skipAlgorithmIdentifier(outer, 'signatureAlgorithm')
  const outerAlgorithmStart = outer.headerStart
  const outerAlgorithmStop = outer.stop
  // A signature that is no row of whole octets is a bad signature, which the check of the signature says; by itself it
  // leaves the certificate readable (NIST PKITS 4.1.2).
  outer.expect(Tag.bitString, 'signatureValue')
  const whole = outer.start < outer.stop && bytes[outer.start] === 0
  const signatureStart = whole ? outer.start + 1 : outer.stop
  const signatureStop = outer.stop
  outer.finish()

  const version = readVersion(tbs)
  tbs.expect(Tag.integer, 'serialNumber')
  checkIntegerContent(tbs)
  const serialStart = tbs.start
  const serialStop = tbs.stop
  skipAlgorithmIdentifier(tbs, 'signature')
  const innerAlgorithmStart = tbs.headerStart
  const innerAlgorithmStop = tbs.stop
  const issuer = readName(tbs, 'issuer')
  const validity = tbs.sequence('validity')
  const notBeforeTag = validity.peek()
  const notBefore = readTime(validity, 'notBefore')
  const notAfterTag = validity.peek()
  const notAfter = readTime(validity, 'notAfter')
  validity.finish()
  const subject = readName(tbs, 'subject')
  skipSubjectPublicKeyInfo(tbs)
  const spkiStart = tbs.headerStart
  const spkiStop = tbs.stop
  let hasUniqueIds = false
  for (let number = 1; number <= 2; number++) {
    if (tbs.peek() !== contextTag(number, false)) continue
    readBitString(tbs, number === 1 ? 'issuerUniqueID' : 'subjectUniqueID', contextTag(number, false))
    hasUniqueIds = true
  }
  let extensions: readonly RawExtension[] = []
  if (tbs.optional(contextTag(3, true))) {
    const inside = tbs.inside('extensions')
    extensions = readExtensions(inside, 'extensions')
    inside.finish()
  }
  tbs.finish()
  return new Certificate(new CertificateInternals({
    bytes, version, serialStart, serialStop, tbsStart, tbsStop, innerAlgorithmStart, innerAlgorithmStop, outerAlgorithmStart,
    outerAlgorithmStop, issuer, subject, notBefore, notAfter, notBeforeTag, notAfterTag, spkiStart, spkiStop, hasUniqueIds,
    extensions, signatureStart, signatureStop,
  }))
}

function readVersion(tbs: DerReader): number {
  if (!tbs.optional(contextTag(0, true))) return 1
  const inside = tbs.inside('version')
  const value = readUnsignedInteger(inside, 'version')
  inside.finish()
  // X.690 11.5: the default (v1) is left out. RFC 5280 4.1.2.1: versions are 1, 2 and 3.
  if (value === 0) inside.fail('asn1/encoded-default', tbs.headerStart, 'version 1 left out (X.690 11.5)')
  if (value > 2) inside.fail('x509/unsupported-version', tbs.headerStart, 'version 1, 2 or 3', `${value + 1}`)
  return value + 1
}
