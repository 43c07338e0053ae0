/**
 * The certificates of a peer, exactly as it sent them.
 *
 * Node gives two views of a peer’s chain. `getPeerCertificate(true)` is rebuilt, and loses certificates that are
 * out of order or unrelated. `getPeerX509Certificate()` keeps the wire order in `issuerCertificate`, but reading it
 * takes the chain out of the connection: a second call finds nothing, or the leaf alone. So it is read once, at
 * the end of the handshake, and the result stays with the socket.
 *
 * `issuerCertificate` says only “came next on the wire”. Nothing here trusts it to be the issuer.
 */
import type { TLSSocket } from 'node:tls'
import { sha256Hex } from './identity.ts'
import { HandshakeError } from './errors.ts'

/** What the peer sent, as DER. */
export interface PeerChain {
  readonly leaf: Uint8Array
  /** The other certificates, in the order of the wire. */
  readonly intermediates: readonly Uint8Array[]
  /** SHA-256 of the leaf, lower-case hexadecimal. */
  readonly leafSha256: string
}

/**
 * 16 certificates: a path of RFC 5280 with two or three intermediates, a cross-sign and the root beside it is
 * seven; TLS libraries stop at a depth of ten to a hundred.
 */
export const defaultMaxCertificates = 16

const chains = /* @__PURE__ */ new WeakMap<TLSSocket, PeerChain | HandshakeError | undefined>()

/**
 * The chain that the peer sent on this connection, or `undefined` if it sent none. Call it first when the handshake
 * has ended (`secureConnect`, `secureConnection`), before anything else reads the peer’s certificate; later
 * calls give the same result.
 *
 * On a resumed session Node has no chain: a client gets `undefined`, a server the leaf alone.
 *
 * @throws {HandshakeError} `node/too-many-certificates`
 * @throws {TypeError} when the handshake has not ended
 */
export function readPeerChain(socket: TLSSocket, maxCertificates: number = defaultMaxCertificates): PeerChain | undefined {
  if (!chains.has(socket)) {
    if (!handshakeHasEnded(socket)) throw new TypeError('socket: its handshake has not ended')
    chains.set(socket, walk(socket, maxCertificates))
  }
  const chain = chains.get(socket)
  if (chain instanceof HandshakeError) throw chain
  return chain
}

/** Whether the peer’s certificate can be asked for. */
export function handshakeHasEnded(socket: TLSSocket): boolean {
  // In Bun the first is undefined with TLS 1.3; there the second tells. Types know the first alone.
  return socket.getPeerFinished() !== undefined || (socket as { secureConnecting?: boolean }).secureConnecting === false
}

function walk(socket: TLSSocket, maxCertificates: number): PeerChain | HandshakeError | undefined {
  const first = socket.getPeerX509Certificate()
  if (first === undefined) return undefined
  const seen = new Set<object>()
  const ders: Uint8Array[] = []
  for (let certificate: typeof first | undefined = first; certificate !== undefined; certificate = certificate.issuerCertificate) {
    if (seen.has(certificate) || ders.length >= maxCertificates) {
      return new HandshakeError('node/too-many-certificates', `the peer sent more than ${maxCertificates} certificates`)
    }
    seen.add(certificate)
    ders.push(Uint8Array.from(certificate.raw))
  }
  const [leaf, ...intermediates] = ders as [Uint8Array, ...Uint8Array[]]
  return { leaf, intermediates, leafSha256: sha256Hex(leaf) }
}
