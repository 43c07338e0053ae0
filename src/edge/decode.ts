/** The encodings that proxies put certificates into. Each is read strictly: what could be read in two ways is malformed. */
import { decodeBase64 } from '../x509/pem.ts'
import { EdgeError, malformed } from './error.ts'

/** The most certificates taken from one request. */
const maxCertificates = 16

/** Standard base64, padded and canonical (RFC 4648 4). */
export function fromBase64(text: string, field: string): Uint8Array {
  if (text === '' || /\s/.test(text)) malformed(field, 'base64')
  try {
    return decodeBase64(text)
  } catch {
    return malformed(field, 'base64')
  }
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
  return bounded(blocks, field)
}

/** Certificates one after the other, DER. Only their outer lengths are looked at (X.690 8.1.3). */
export function fromConcatenated(bytes: Uint8Array, field: string): readonly Uint8Array[] {
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
  return bounded(found, field)
}

/** A SHA-256 in hexadecimal, in lower case. */
export function sha256Text(text: string, field: string): string {
  return /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : malformed(field, 'SHA-256 in hexadecimal')
}

export function bounded<T>(certificates: readonly T[], field: string): readonly T[] {
  if (certificates.length > maxCertificates) throw new EdgeError('edge/oversized-header', `more than ${maxCertificates} certificates`, field)
  return certificates
}
