/**
 * AlgorithmIdentifier and SubjectPublicKeyInfo (RFC 5280 4.1.1.2 and 4.1.2.7), as structure only.
 *
 *     AlgorithmIdentifier  ::=  SEQUENCE  {
 *          algorithm               OBJECT IDENTIFIER,
 *          parameters              ANY DEFINED BY algorithm OPTIONAL  }
 *
 *     SubjectPublicKeyInfo  ::=  SEQUENCE  {
 *          algorithm            AlgorithmIdentifier,
 *          subjectPublicKey     BIT STRING  }
 *
 * Whether the parameters belong to the algorithm, and whether the key is a sound one, is judged
 * by `crypto`, which knows the algorithms. Here the bytes are only split, strictly.
 */
import {
  DerReader, checkOctetAlignedContent, checkOidContent, checkWellFormed, copyBytes, readOctetAlignedBitString, readOid,
} from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'

export interface AlgorithmIdentifier {
  /** Dotted OBJECT IDENTIFIER. */
  readonly oid: string
  /** The whole DER element of the parameters, header included; undefined where absent. A view. */
  readonly parameters: Uint8Array | undefined
  /** The whole DER element. A view. */
  readonly raw: Uint8Array
}

export interface SubjectPublicKeyInfo {
  readonly algorithm: AlgorithmIdentifier
  /** The content of the BIT STRING, without the count of unused bits, which is 0. A view. */
  readonly publicKey: Uint8Array
  /** The whole DER element. A view. */
  readonly raw: Uint8Array
}

/** A copy over bytes of its own: what was checked is what is read later. */
export function copyAlgorithm({ oid, parameters, raw }: AlgorithmIdentifier): AlgorithmIdentifier {
  return Object.freeze({ oid, parameters: parameters?.slice(), raw: raw.slice() })
}

/** Reads an AlgorithmIdentifier. Throws `ParseError` (`asn1/…`). `what` names the field in errors. */
export function readAlgorithmIdentifier(reader: DerReader, what: string): AlgorithmIdentifier {
  const inner = reader.sequence(what)
  const raw = reader.element()
  const oid = readOid(inner, 'algorithm')
  let parameters: Uint8Array | undefined
  if (!inner.done) {
    const tag = inner.next()
    parameters = inner.element()
    // NULL and an OID, the two common forms, have nothing nested in them.
    if ((tag & 0x20) !== 0) checkWellFormed(inner.bytes, inner.start, inner.stop, what)
    inner.finish()
  }
  return { oid, parameters, raw }
}

/** Checks an AlgorithmIdentifier as `readAlgorithmIdentifier` does, and makes nothing of it. */
export function skipAlgorithmIdentifier(reader: DerReader, what: string): void {
  const inner = reader.sequence(what)
  inner.expect(Tag.oid, 'algorithm')
  checkOidContent(inner)
  if (inner.done) return
  const tag = inner.next()
  if ((tag & 0x20) !== 0) checkWellFormed(inner.bytes, inner.start, inner.stop, what)
  inner.finish()
}

/** Checks a SubjectPublicKeyInfo as `readSubjectPublicKeyInfo` does, and makes nothing of it. */
export function skipSubjectPublicKeyInfo(reader: DerReader): void {
  const inner = reader.sequence('subjectPublicKeyInfo')
  skipAlgorithmIdentifier(inner, 'subjectPublicKeyInfo.algorithm')
  inner.expect(Tag.bitString, 'subjectPublicKey')
  checkOctetAlignedContent(inner, 'subjectPublicKey')
  inner.finish()
}

/** Reads a SubjectPublicKeyInfo. Throws `ParseError` (`asn1/…`). */
export function readSubjectPublicKeyInfo(reader: DerReader): SubjectPublicKeyInfo {
  const inner = reader.sequence('subjectPublicKeyInfo')
  const raw = reader.element()
  const algorithm = readAlgorithmIdentifier(inner, 'subjectPublicKeyInfo.algorithm')
  const publicKey = readOctetAlignedBitString(inner, 'subjectPublicKey')
  inner.finish()
  return { algorithm, publicKey, raw }
}

/**
 * Parses a DER SubjectPublicKeyInfo, which must fill the input. The input is copied once.
 * Throws `ParseError` for what the bytes hold and `TypeError` where `der` is no byte string.
 */
export function parseSubjectPublicKeyInfo(der: Uint8Array | ArrayBuffer): SubjectPublicKeyInfo {
  const bytes = copyBytes(der, 'der')
  const reader = new DerReader(bytes)
  const info = readSubjectPublicKeyInfo(reader)
  reader.finish()
  return info
}
