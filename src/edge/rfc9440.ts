/**
 * `Client-Cert` and `Client-Cert-Chain` (RFC 9440): structured fields (RFC 8941) of Byte Sequences.
 *
 * Parameters, which RFC 9440 defines none of, are refused: this is a field between two programs that know each other.
 */
import { encodeBase64 } from '../x509/pem.ts'
import { fromBase64 } from './decode.ts'
import { malformed } from './error.ts'

/** A Byte Sequence (RFC 8941 3.3.5). */
export function readByteSequence(text: string, field: string): Uint8Array {
  return text.length > 2 && text.startsWith(':') && text.endsWith(':') ? fromBase64(text.slice(1, -1), field)
    : malformed(field, 'a Byte Sequence, :base64:')
}

/** A List of Byte Sequences (RFC 8941 3.1). */
export function readByteSequences(text: string, field: string): readonly Uint8Array[] {
  return text.split(',').map((item) => readByteSequence(item.trim(), field))
}

/** The value of `Client-Cert` for a certificate, DER. */
export function writeClientCert(certificate: Uint8Array): string {
  // A text or a parsed certificate would be written as other octets, or as none.
  if (!(certificate instanceof Uint8Array) || certificate.length === 0) throw new TypeError('certificate: expected DER as a Uint8Array')
  return `:${encodeBase64(certificate)}:`
}

/** The value of `Client-Cert-Chain`: the certificates above the leaf, in order, without it (RFC 9440 2.3). */
export function writeClientCertChain(certificates: readonly Uint8Array[]): string {
  if (!Array.isArray(certificates)) throw new TypeError('certificates: expected a list of DER')
  return certificates.map(writeClientCert).join(', ')
}

/**
 * Sets both fields for a request that goes on to an origin, whatever the client wrote into them (RFC 9440 3). Without a leaf
 * both are removed.
 */
export function setClientCertificate(headers: Headers, leaf: Uint8Array | undefined, chain: readonly Uint8Array[] = []): void {
  // Before the first is written: half of them would be worse than none.
  const written = leaf === undefined ? undefined : [writeClientCert(leaf), writeClientCertChain(chain)] as const
  for (const name of [...headers.keys()]) if (/^client[-_]cert(?:[-_]chain)?$/i.test(name)) headers.delete(name)
  if (written === undefined) return
  headers.set('client-cert', written[0])
  if (chain.length > 0) headers.set('client-cert-chain', written[1])
}
