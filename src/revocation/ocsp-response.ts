/**
 * OCSP responses (RFC 6960 4.2.1), as data. Nothing is decided here.
 *
 *   OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, responseBytes [0] EXPLICIT SEQUENCE { responseType OID,
 *     response OCTET STRING } OPTIONAL }
 *   BasicOCSPResponse ::= SEQUENCE { tbsResponseData ResponseData, signatureAlgorithm AlgorithmIdentifier,
 *     signature BIT STRING, certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
 *   ResponseData ::= SEQUENCE { version [0] EXPLICIT DEFAULT v1, responderID CHOICE { [1] Name, [2] KeyHash },
 *     producedAt GeneralizedTime, responses SEQUENCE OF SingleResponse, responseExtensions [1] EXPLICIT OPTIONAL }
 */
import {
  DerReader, checkIntegerContent, contextTag, copyBytes, readGeneralizedTime, readOctetAlignedBitString, readOctetString, readOid, toHex,
} from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import { readExtensions } from '../x509/extension.ts'
import type { RawExtension } from '../x509/extension.ts'
import { readName } from '../x509/name.ts'
import type { Name } from '../x509/name.ts'
import { readAlgorithmIdentifier } from '../x509/spki.ts'
import type { AlgorithmIdentifier } from '../x509/spki.ts'
import { sha256 } from '../x509/sha256.ts'

/** RFC 6960 4.2.1; the values of the enumeration that exist. */
export type OcspStatus = 'successful' | 'malformedRequest' | 'internalError' | 'tryLater' | 'sigRequired' | 'unauthorized'

const statuses: Readonly<Record<number, OcspStatus>> = {
  0: 'successful', 1: 'malformedRequest', 2: 'internalError', 3: 'tryLater', 5: 'sigRequired', 6: 'unauthorized',
}

/** RFC 6960 4.1.1: which certificate is meant. Compared by these hashes, never by place. */
export interface CertId {
  readonly hashAlgorithm: string
  readonly issuerNameHash: Uint8Array
  readonly issuerKeyHash: Uint8Array
  /** Hexadecimal content octets. */
  readonly serialNumber: string
}

export interface SingleResponse {
  readonly certId: CertId
  readonly status: 'good' | 'revoked' | 'unknown'
  /** Milliseconds since 1970; for `revoked` alone. */
  readonly revocationTime: number | undefined
  /** CRLReason (RFC 5280 5.3.1); 0 where none is given. */
  readonly reason: number
  readonly thisUpdate: number
  readonly nextUpdate: number | undefined
  /** RFC 6960 4.4.4: how far back the responder keeps what it knows of expired certificates. */
  readonly archiveCutoff: number | undefined
  /** Critical extensions that are not known here: the answer may not be used (RFC 6960 4.4). */
  readonly unknownCritical: readonly string[]
}

/** The signed part of a successful response. */
export interface BasicResponse {
  readonly responder: { readonly name: Name } | { readonly keyHash: Uint8Array }
  readonly producedAt: number
  readonly responses: readonly SingleResponse[]
  readonly nonce: Uint8Array | undefined
  readonly unknownCritical: readonly string[]
  readonly signatureAlgorithm: AlgorithmIdentifier
  /** Views of the original octets. */
  readonly tbsResponseData: Uint8Array
  readonly signature: Uint8Array
  /** DER of the certificates that came with it, unread. */
  readonly certificates: readonly Uint8Array[]
}

let bytesOf: (response: OcspResponse) => Uint8Array

/** The same response over octets of its own, which nobody else holds. */
export function privateResponse(response: OcspResponse): OcspResponse {
  return parseOcspResponse(bytesOf(response))
}

/** A parsed response. Its octets are views of one buffer: whoever writes to them has another response. */
export class OcspResponse {
  static {
    bytesOf = (response) => response.#bytes
  }

  readonly status: OcspStatus
  /** Present where, and only where, the status is `successful`. */
  readonly basic: BasicResponse | undefined
  readonly #bytes: Uint8Array
  #sha256: string | undefined

  /** Use `parseOcspResponse`. */
  constructor(status: OcspStatus, basic: BasicResponse | undefined, bytes: Uint8Array) {
    this.status = status
    this.basic = basic
    this.#bytes = bytes
    Object.freeze(this)
  }

  /** SHA-256 of the whole response, lower-case hexadecimal. */
  get sha256(): string {
    return (this.#sha256 ??= toHex(sha256(this.#bytes)))
  }
}

/** The extensions of responses that are understood: RFC 6960 4.4, RFC 9654, RFC 6962 3.3. */
const oids = {
  basic: '1.3.6.1.5.5.7.48.1.1', nonce: '1.3.6.1.5.5.7.48.1.2', archiveCutoff: '1.3.6.1.5.5.7.48.1.6',
} as const
/** The most certificates that are taken from one response. */
const maxCertificates = 16

/** Parses a DER OCSPResponse strictly; the bytes are copied once. Throws `ParseError`. */
export function parseOcspResponse(der: Uint8Array | ArrayBuffer): OcspResponse {
  const bytes = copyBytes(der, 'response')
  const reader = new DerReader(bytes, 0, bytes.length, 'OCSPResponse')
  const outer = reader.sequence('OCSPResponse')
  reader.finish()
  const code = readEnumerated(outer, 'responseStatus')
  const status = statuses[code] ?? outer.fail('asn1/integer-out-of-range', outer.headerStart, 'a status of RFC 6960 4.2.1', String(code))
  let basic: BasicResponse | undefined
  if (outer.optional(contextTag(0, true))) {
    const explicit = outer.inside()
    const inside = explicit.sequence('ResponseBytes')
    explicit.finish()
    const type = readOid(inside, 'responseType')
    if (type !== oids.basic) inside.fail('x509/unsupported-content', inside.headerStart, 'id-pkix-ocsp-basic', type)
    readOctetString(inside, 'response')
    const content = inside.inside('BasicOCSPResponse')
    inside.finish()
    basic = readBasic(content.sequence('BasicOCSPResponse'))
    content.finish()
  }
  if ((basic === undefined) === (status === 'successful')) {
    outer.fail('asn1/unexpected-tag', outer.position, 'responseBytes with a successful status, and with no other (RFC 6960 4.2.1)')
  }
  outer.finish()
  return new OcspResponse(status, basic, bytes)
}

function readEnumerated(reader: DerReader, what: string): number {
  reader.expect(Tag.enumerated, what)
  checkIntegerContent(reader)
  if (reader.stop - reader.start !== 1 || reader.bytes[reader.start]! > 0x7f) {
    reader.fail('asn1/integer-out-of-range', reader.headerStart, `${what} between 0 and 127`)
  }
  return reader.bytes[reader.start]!
}

function readBasic(outer: DerReader): BasicResponse {
  const tbs = outer.sequence('tbsResponseData')
  const tbsResponseData = outer.element()
  const signatureAlgorithm = readAlgorithmIdentifier(outer, 'signatureAlgorithm')
  const signature = readOctetAlignedBitString(outer, 'signature')
  const certificates: Uint8Array[] = []
  if (outer.optional(contextTag(0, true))) {
    const explicit = outer.inside('certs')
    const list = explicit.sequence('certs')
    explicit.finish()
    while (!list.done) {
      list.expect(Tag.sequence, 'Certificate')
      if (certificates.length === maxCertificates) list.fail('asn1/too-large', list.headerStart, `at most ${maxCertificates} certificates`)
      certificates.push(list.element())
    }
  }
  outer.finish()
  // v1 is the default, and the only version: DER leaves it out (X.690 11.5).
  const responder = readResponder(tbs)
  const producedAt = readGeneralizedTime(tbs, 'producedAt')
  const list = tbs.sequence('responses')
  const responses: SingleResponse[] = []
  while (!list.done) responses.push(readSingle(list.sequence('SingleResponse')))
  if (responses.length === 0) list.fail('asn1/empty-sequence', list.position, 'at least one SingleResponse')
  const extensions = optionalExtensions(tbs, 'responseExtensions')
  tbs.finish()
  const nonce = extensions.find(({ oid }) => oid === oids.nonce)
  return Object.freeze({
    responder, producedAt, responses: Object.freeze(responses), nonce: nonce && readNonce(tbs.bytes, nonce),
    unknownCritical: unknownCriticalOf(extensions, oids.nonce), signatureAlgorithm, tbsResponseData, signature,
    certificates: Object.freeze(certificates),
  })
}

/** RFC 9654 2.1: Nonce ::= OCTET STRING. Some responders write the octets bare; those are kept as they are, and match nothing else. */
function readNonce(bytes: Uint8Array, { start, stop }: RawExtension): Uint8Array {
  return bytes.subarray(start, stop)
}

function readResponder(tbs: DerReader): BasicResponse['responder'] {
  if (tbs.optional(contextTag(1, true))) {
    const inside = tbs.inside('responderID')
    const name = readName(inside, 'byName')
    inside.finish()
    void name.rdns
    return Object.freeze({ name })
  }
  tbs.expect(contextTag(2, true), 'responderID')
  const inside = tbs.inside('responderID')
  const keyHash = readOctetString(inside, 'byKey')
  inside.finish()
  return Object.freeze({ keyHash })
}

/** [1] EXPLICIT Extensions OPTIONAL. An extension that stands twice leaves open which one binds: refused (RFC 5280 4.2). */
function optionalExtensions(reader: DerReader, what: string): readonly RawExtension[] {
  if (!reader.optional(contextTag(1, true))) return []
  const inside = reader.inside(what)
  const extensions = readExtensions(inside, what)
  inside.finish()
  if (new Set(extensions.map(({ oid }) => oid)).size !== extensions.length) {
    reader.fail('x509/malformed-extension', reader.headerStart, `each extension once in ${what}`)
  }
  return extensions
}

function unknownCriticalOf(extensions: readonly RawExtension[], known: string): readonly string[] {
  return Object.freeze(extensions.filter(({ critical, oid }) => critical && oid !== known).map(({ oid }) => oid))
}

function readSingle(reader: DerReader): SingleResponse {
  const certId = readCertId(reader)
  const tag = reader.next()
  let status: SingleResponse['status'] = 'good'
  let revocationTime: number | undefined
  let reason = 0
  if (tag === contextTag(1, true)) {
    status = 'revoked'
    const info = reader.inside('RevokedInfo')
    revocationTime = readGeneralizedTime(info, 'revocationTime')
    if (info.optional(contextTag(0, true))) {
      const explicit = info.inside()
      reason = readEnumerated(explicit, 'revocationReason')
      explicit.finish()
    }
    info.finish()
  } else {
    if (tag === contextTag(2, false)) status = 'unknown'
    else if (tag !== contextTag(0, false)) reader.fail('asn1/unexpected-tag', reader.headerStart, 'a CertStatus ([0] to [2])')
    if (reader.start !== reader.stop) reader.fail('asn1/invalid-null', reader.headerStart, 'no content octets')
  }
  const thisUpdate = readGeneralizedTime(reader, 'thisUpdate')
  let nextUpdate: number | undefined
  if (reader.optional(contextTag(0, true))) {
    const explicit = reader.inside()
    nextUpdate = readGeneralizedTime(explicit, 'nextUpdate')
    explicit.finish()
  }
  const extensions = optionalExtensions(reader, 'singleExtensions')
  reader.finish()
  const cutoff = extensions.find(({ oid }) => oid === oids.archiveCutoff)
  return Object.freeze({
    certId, status, revocationTime, reason, thisUpdate, nextUpdate, archiveCutoff: cutoff && readCutoff(reader.bytes, cutoff),
    unknownCritical: unknownCriticalOf(extensions, oids.archiveCutoff),
  })
}

function readCutoff(bytes: Uint8Array, { start, stop }: RawExtension): number {
  const reader = new DerReader(bytes, start, stop, 'ArchiveCutoff')
  const time = readGeneralizedTime(reader, 'ArchiveCutoff')
  reader.finish()
  return time
}

function readCertId(reader: DerReader): CertId {
  const inside = reader.sequence('CertID')
  const { oid } = readAlgorithmIdentifier(inside, 'hashAlgorithm')
  const issuerNameHash = readOctetString(inside, 'issuerNameHash')
  const issuerKeyHash = readOctetString(inside, 'issuerKeyHash')
  inside.expect(Tag.integer, 'serialNumber')
  checkIntegerContent(inside)
  const serialNumber = toHex(inside.content())
  inside.finish()
  return Object.freeze({ hashAlgorithm: oid, issuerNameHash, issuerKeyHash, serialNumber })
}
