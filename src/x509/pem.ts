/**
 * PEM (RFC 7468): the textual encoding, strict in the boundaries and the alphabet, lenient in white space and in
 * text between blocks.
 */
import { ParseError } from '../asn1/index.ts'
import { parseCertificate } from './certificate.ts'
import type { Certificate } from './certificate.ts'

export interface PemBlock {
  /** The label between the dashes, for example `CERTIFICATE`. */
  readonly label: string
  /** The decoded bytes, a fresh buffer. */
  readonly bytes: Uint8Array
}

const boundary = /^-----(BEGIN|END) ([^\r\n]*?)-----[ \t]*$/

/**
 * All blocks of a PEM text, in order. Offsets in errors count characters.
 *
 * @throws `ParseError`: `x509/empty-pem` without any block, `x509/malformed-pem` for an unpaired boundary or bad base64.
 */
export function parsePem(text: string): readonly PemBlock[] {
  if (typeof text !== 'string') throw new TypeError('pem: expected a string of PEM text')
  const blocks: PemBlock[] = []
  let offset = 0
  let open: { label: string; offset: number; body: string } | undefined
  for (const line of text.split('\n')) {
    const match = boundary.exec(line.replace(/\r$/, ''))
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
  if (blocks.length === 0) throw new ParseError('x509/empty-pem', { offset: 0, expected: 'at least one -----BEGIN line', field: 'PEM' })
  return blocks
}

/**
 * All certificates of a PEM text, in order.
 *
 * @throws `ParseError`: as `parsePem`, `x509/wrong-pem-label` for a block of another kind, or as `parseCertificate`.
 */
export function parseCertificates(text: string): readonly Certificate[] {
  return parsePem(text).map(({ label, bytes }) => {
    if (label !== 'CERTIFICATE') {
      throw new ParseError('x509/wrong-pem-label', { offset: 0, expected: 'CERTIFICATE blocks only', found: JSON.stringify(label).slice(0, 80), field: 'PEM' })
    }
    return parseCertificate(bytes)
  })
}

/** PEM text of one DER structure, 64 characters a line. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

function malformed(offset: number, expected: string): never {
  throw new ParseError('x509/malformed-pem', { offset, expected, field: 'PEM' })
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Standard base64 with padding (RFC 4648 4). */
export function encodeBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += alphabet[group >> 18]! + alphabet[(group >> 12) & 63]! +
      (i + 1 < bytes.length ? alphabet[(group >> 6) & 63]! : '=') + (i + 2 < bytes.length ? alphabet[group & 63]! : '=')
  }
  return text
}

let decodeTable: Int8Array | undefined

function base64Table(): Int8Array {
  if (decodeTable === undefined) {
    decodeTable = new Int8Array(128).fill(-1)
    for (let i = 0; i < 64; i++) decodeTable[alphabet.charCodeAt(i)] = i
  }
  return decodeTable
}

/** Decodes base64; white space between the characters is skipped, padding must be complete and canonical. */
export function decodeBase64(text: string, offset: number = 0): Uint8Array {
  const table = base64Table()
  const body = text.replace(/[ \t\r\n]+/g, '')
  if (body.length % 4 !== 0) malformed(offset, 'base64 in groups of four characters')
  const padding = body.endsWith('==') ? 2 : body.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((body.length / 4) * 3 - padding)
  let position = 0
  for (let i = 0; i < body.length; i += 4) {
    let group = 0
    for (let k = 0; k < 4; k++) {
      const index = i + k
      const value = index >= body.length - padding ? 0 : table[body.charCodeAt(index)] ?? -1
      if (value < 0) malformed(offset, 'the base64 alphabet')
      group = (group << 6) | value
    }
    for (let shift = 16; shift >= 0; shift -= 8) {
      const octet = (group >> shift) & 0xff
      if (position < bytes.length) bytes[position++] = octet
      else if (octet !== 0) malformed(offset, 'zero bits in the padding of the base64')
    }
  }
  return bytes
}
