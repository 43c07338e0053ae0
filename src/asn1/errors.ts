/**
 * The one error that a parser throws.
 *
 * Every refusal carries a stable `code`, the `offset` (in bytes, from the start of the parsed
 * buffer) of the element that broke the rule, and what was `expected` there. Programs branch on
 * the code; the message is for people and may change.
 */

/** Codes of the DER layer, `asn1/…`. Each names one rule of X.690 (or a cap of ours). */
export type Asn1ErrorCode =
  | 'asn1/truncated'
  | 'asn1/trailing-data'
  | 'asn1/indefinite-length'
  | 'asn1/non-minimal-length'
  | 'asn1/high-tag-number'
  | 'asn1/unexpected-tag'
  | 'asn1/missing-element'
  | 'asn1/invalid-boolean'
  | 'asn1/invalid-integer'
  | 'asn1/integer-out-of-range'
  | 'asn1/invalid-null'
  | 'asn1/invalid-oid'
  | 'asn1/oid-too-long'
  | 'asn1/invalid-bit-string'
  | 'asn1/invalid-string'
  | 'asn1/invalid-time'
  | 'asn1/unsorted-set'
  | 'asn1/encoded-default'
  | 'asn1/empty-sequence'
  | 'asn1/too-deep'
  | 'asn1/too-large'

/** Codes of the X.509 layer's parsers, `x509/…`. */
export type X509ParseErrorCode =
  | 'x509/unsupported-version'
  | 'x509/malformed-extension'
  | 'x509/malformed-key'
  | 'x509/malformed-algorithm'
  | 'x509/malformed-pem'
  | 'x509/empty-pem'
  | 'x509/wrong-pem-label'
  | 'x509/unsupported-content'

export type ParseErrorCode = Asn1ErrorCode | X509ParseErrorCode

export interface ParseErrorInit {
  readonly offset: number
  readonly expected: string
  readonly found?: string | undefined
  readonly field?: string | undefined
  readonly cause?: unknown
}

/** Thrown by every `parseX` function; nothing else is thrown for what the bytes hold. */
export class ParseError extends Error {
  /** Stable identifier of the rule that was broken. */
  readonly code: ParseErrorCode
  /** Byte offset, from the start of the buffer given to `parseX`, of the offending element. */
  readonly offset: number
  /** What the rule wanted to see at `offset`. */
  readonly expected: string
  /** What stood there instead, where known. */
  readonly found: string | undefined
  /** The structure that was being read, for example `subjectAltName`, where known. */
  readonly field: string | undefined

  constructor(code: ParseErrorCode, init: ParseErrorInit) {
    const where = init.field === undefined ? '' : ` in ${init.field}`
    const found = init.found === undefined ? '' : `, found ${init.found}`
    super(`${code}${where} at offset ${init.offset}: expected ${init.expected}${found}`,
      init.cause === undefined ? undefined : { cause: init.cause })
    this.name = 'ParseError'
    this.code = code
    this.offset = init.offset
    this.expected = init.expected
    this.found = init.found
    this.field = init.field
  }
}

/** What an issue says of what could not be parsed. */
export function parseDetails({ offset, expected, found, field }: ParseError): Readonly<Record<string, string | number>> {
  return { offset, expected, ...(found === undefined ? {} : { found }), ...(field === undefined ? {} : { field }) }
}
