/**
 * PEM (RFC 7468): the textual encoding, strict in the boundaries and the alphabet, lenient in text between blocks and in
 * white space, as its lax form is: indented lines, a byte order mark, each of the three ends of a line.
 */
import { ParseError } from '../asn1/index.ts'
import { latin1 } from '../asn1/strings.ts'
import { parseCertificate } from './certificate.ts'
import type { Certificate } from './certificate.ts'

export interface PemBlock {
  /** The label between the dashes, for example `CERTIFICATE`. */
  readonly label: string
  /** The decoded bytes, a fresh buffer. */
  readonly bytes: Uint8Array
}

// A label has no two dashes in a row (RFC 7468 3), and here an end: it stands in the texts of errors.
const boundary = /^\s*-----(BEGIN|END) ((?:-?[^-]){0,64})-----\s*$/

/**
 * All blocks of a PEM text, in order. Offsets in errors count characters.
 *
 * @throws `ParseError`: `x509/empty-pem` without any block, `x509/malformed-pem` for an unpaired boundary or bad base64.
 */
export function parsePem(text: string): readonly [PemBlock, ...PemBlock[]] {
  if (typeof text !== 'string') throw new TypeError('pem: expected PEM text as a string, bytes being decoded first')
  const blocks: PemBlock[] = []
  let offset = 0
  let open: { label: string; offset: number; body: string } | undefined
  // CR LF ends two lines, the second of them empty.
  for (const line of text.split(/[\r\n]/)) {
    const match = boundary.exec(line)
    if (match === null) {
      if (open !== undefined) open.body += line
    } else if (match[1] === 'BEGIN') {
      if (open !== undefined) malformed(offset, `-----END ${open.label}-----`)
      open = { label: match[2]!, offset, body: '' }
    } else {
      if (open === undefined || open.label !== match[2]) {
        malformed(offset, open === undefined ? 'a BEGIN line first' : `-----END ${open.label}-----`)
      }
      blocks.push({ label: open.label, bytes: decodeBase64(open.body, open.offset) })
      open = undefined
    }
    offset += line.length + 1
  }
  if (open !== undefined) malformed(open.offset, `-----END ${open.label}-----`)
  if (blocks.length === 0) throw new ParseError('x509/empty-pem', { offset: 0, expected: 'at least one line -----BEGIN CERTIFICATE----- or the like', field: 'PEM' })
  return blocks as [PemBlock, ...PemBlock[]]
}

/**
 * All certificates of a PEM text, in order.
 *
 * @throws `ParseError`: as `parsePem`, `x509/wrong-pem-label` for a block of another kind, or as `parseCertificate`.
 */
export function parseCertificates(text: string): readonly [Certificate, ...Certificate[]] {
  return parsePem(text).map(({ label, bytes }) => {
    if (label !== 'CERTIFICATE') {
      throw new ParseError('x509/wrong-pem-label', { offset: 0, expected: 'CERTIFICATE blocks only', found: JSON.stringify(label).slice(0, 80), field: 'PEM' })
    }
    return parseCertificate(bytes)
  }) as [Certificate, ...Certificate[]]
}

/** PEM text of one DER structure, 64 characters a line. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

function malformed(offset: number, expected: string): never {
  throw new ParseError('x509/malformed-pem', { offset, expected, field: 'PEM' })
}

/** Standard base64 with padding (RFC 4648 4). */
export function encodeBase64(bytes: Uint8Array): string {
  return btoa(latin1(bytes, 0, bytes.length))
}

/** Decodes base64; white space between the characters is skipped, padding must be complete and canonical. */
export function decodeBase64(text: string, offset: number = 0): Uint8Array {
  const body = text.replace(/[ \t\r\n]+/g, '')
  const binary = /^[A-Za-z0-9+/]*={0,2}$/.test(body) && body.length % 4 === 0 ? atob(body) : undefined
  // Where the last group does not encode back to itself, there are bits in the padding.
  if (binary === undefined || !body.endsWith(btoa(binary.slice(-(binary.length % 3 || 3))))) malformed(offset, 'canonical base64')
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
