/**
 * How a `node:tls` socket of Deno differs from one of Node, measured with Deno 2.9.5.
 *
 *   getPeerX509Certificate   stops after one issuer; getPeerCertificate(true) has the whole chain as it was sent, every
 *                            time it is asked, on a resumed session too
 *   a socket that waits      is read on without bound, though nobody asked it for data
 */
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import { acceptedVerdict } from '../node/accepted.ts'

/**
 * What a peer may send before its verdict, in bytes. A full window of TCP on loopback is 64 KiB to a few MiB;
 * an honest peer rarely fills it in the milliseconds of a verdict.
 */
const maxHeldBytes = 1 << 20
/** How often a waiting socket is looked at, in milliseconds. */
const interval = 10

interface Link {
  readonly raw: Uint8Array
  readonly issuerCertificate: Link | undefined
}

/** Makes the socket show the chain as Node’s does: each certificate leads to the next on the wire. */
export function prepareSocket(socket: TLSSocket): void {
  Object.defineProperty(socket, 'getPeerX509Certificate', { configurable: true, value: () => wireChain(socket) })
}

function wireChain(socket: TLSSocket): Link | undefined {
  const ders: Uint8Array[] = []
  const seen = new Set<object>()
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
  // Without a certificate Deno gives an empty object; at the end the last one leads to itself or nowhere.
  while (certificate?.raw !== undefined && !seen.has(certificate)) {
    seen.add(certificate)
    ders.push(certificate.raw)
    certificate = certificate.issuerCertificate
  }
  return ders.reduceRight<Link | undefined>((issuerCertificate, raw) => ({ raw, issuerCertificate }), undefined)
}

/** Destroys a socket that is sent more than it should before its verdict. Call it when the handshake has ended. */
export function boundHeldBytes(socket: TLSSocket): void {
  const settled = (): boolean => socket.destroyed || acceptedVerdict(socket) !== undefined
  if (settled()) return
  const timer = setInterval(() => {
    if (!settled() && socket.bytesRead <= maxHeldBytes) return
    clearInterval(timer)
    if (!settled()) socket.destroy(new Error(`the peer sent more than ${maxHeldBytes} bytes before the verdict`))
  }, interval)
}
