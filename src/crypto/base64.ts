/** Base64url without Node's Buffer. */
import { encodeBase64 } from '../x509/pem.ts'

/** Base64url without padding, as JWK wants it (RFC 7515 2). */
export function toBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
