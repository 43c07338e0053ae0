/** Base64 without Node's Buffer; `Uint8Array.fromBase64` is too young for the runtimes of this package. */
import { encodeBase64 } from '../x509/pem.ts'

/** Base64url without padding, as JWK wants it (RFC 7515 2). */
export function toBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Decodes base64 of this package's own constants. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
