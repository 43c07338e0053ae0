/** The encodings that proxies put certificates into. Each is read strictly: what could be read in two ways is malformed. */
import { decodeBase64 } from '../x509/pem.ts'
import { malformed } from './error.ts'

/** Standard base64, padded and canonical, without blanks (RFC 4648 4). */
export function fromBase64(text: string, field: string): Uint8Array {
  try {
    const bytes = decodeBase64(text)
    // The decoder passes over blanks: they are seen by the length.
    if (text !== '' && text.length === Math.ceil(bytes.length / 3) * 4) return bytes
  } catch {
    // Not base64: refused below.
  }
  return malformed(field, 'base64')
}

/** Percent-encoding (RFC 3986 2.1); a plus sign is a plus sign. */
export function fromPercent(text: string, field: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return malformed(field, 'percent-encoding')
  }
}

/** The certificates of a PEM text, its line breaks as they are or turned to spaces; nothing between or around the blocks. */
export function fromPem(text: string, field: string): readonly Uint8Array[] {
  const blocks: Uint8Array[] = []
  const rest = text.replace(/-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]*)-----END CERTIFICATE-----\s*/g, (_, body: string) => {
    blocks.push(fromBase64(body.replace(/\s+/g, ''), field))
    return ''
  })
  if (blocks.length === 0 || rest.trim() !== '') malformed(field, 'PEM of certificates alone')
  return blocks
}

/** Base64 of certificates one after the other, DER. Only their outer lengths are looked at (X.690 8.1.3). */
export function fromConcatenated(text: string, field: string): readonly Uint8Array[] {
  const bytes = fromBase64(text, field)
  const found: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at + 1] ?? 0
    const count = first > 0x80 ? first & 0x7f : 0
    let length = count === 0 ? first : 0
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0)
    const end = at + 2 + count + length
    if (bytes[at] !== 0x30 || first === 0x80 || count > 3 || end > bytes.length) malformed(field, 'DER of certificates')
    found.push(bytes.subarray(at, end))
    at = end
  }
  return found
}

/** A SHA-256 in hexadecimal, in lower case. */
export function sha256Text(text: string, field: string): string {
  return /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : malformed(field, 'SHA-256 in hexadecimal')
}
