/**
 * `countersign/asn1`: a strict DER reader and a DER writer.
 * @packageDocumentation
 */
export { ParseError } from './errors.ts'
export type { Asn1ErrorCode, ParseErrorCode, ParseErrorInit, X509ParseErrorCode } from './errors.ts'
export { DerReader, checkWellFormed, maxDepth } from './reader.ts'
export { Tag, contextTag, tagName } from './tags.ts'
export {
  readBitString, readBoolean, readBooleanDefaultFalse, readDefaultFalse, readIntegerBytes, readNamedBits, readNull,
  readOctetAlignedBitString, readOctetString, readOid, readUnsignedInteger,
  checkIntegerContent, checkOctetAlignedContent,
} from './primitives.ts'
export type { BitString } from './primitives.ts'
export { isOid, checkOidContent, oidFromBytes, oidToBytes } from './oid.ts'
export { readGeneralizedTime, readTime } from './time.ts'
export { ia5Content, isStringTag, stringContent, utf8Content } from './strings.ts'
export { compareBytes, copyBytes, equalBytes, hashBytes, toHex } from './bytes.ts'
export {
  concat, encode, encodeBitString, encodeBoolean, encodeContext, encodeContextPrimitive, encodeGeneralizedTime,
  encodeInteger, encodeNamedBits, encodeNull, encodeOctetString, encodeOid, encodeSequence, encodeSetOf, encodeString,
  encodeTime, encodeUnsignedInteger, integerContent, namedBitsContent,
} from './writer.ts'
export type { EncodedParts } from './writer.ts'
