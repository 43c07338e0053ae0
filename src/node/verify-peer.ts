/**
 * The verdict on a socket that the caller made by other means.
 */
import type { TLSSocket } from 'node:tls'
import type { NameExpectation } from '../path/index.ts'
import type { Verdict } from '../verify/types.ts'
import { noteConnection } from './accepted.ts'
import { Connection } from './connection.ts'
import { HandshakeError } from './errors.ts'
import { handshakeName } from './handshake-name.ts'
import { judgePeer } from './judge.ts'
import { requireOptions } from './options.ts'
import { handshakeHasEnded } from './peer-chain.ts'
import { takeSettings, type VerificationOptions } from './settings.ts'
import { within } from './within.ts'

export interface VerifyPeerOptions extends Omit<VerificationOptions, 'sessions'> {
  /** Required: whom the peer’s certificate must name, or `'unchecked'`, written out. */
  readonly names: NameExpectation
  /** DER of the OCSP response that a server stapled: what the socket’s `OCSPResponse` event gave, asked for by `requestOCSP`. */
  readonly ocspResponse?: Uint8Array
}

/**
 * Judges the peer of a TLS socket, at either end. Call it inside `secureConnect` or `secureConnection`, before
 * anything else reads the peer’s certificate, and neither read nor write before it has resolved: holding the
 * socket back is the caller’s part here. The connection has to have been made with `rejectUnauthorized: false` (and
 * `requestCert: true` at a server), without renegotiation.
 *
 * A refused socket is destroyed before this resolves with the refused verdict, so that a forgotten `if` lets
 * nobody in; one that the policy does not let in is destroyed too, and the error holds the decision. An accepted socket is
 * destroyed when its verdict ends, with the error `node/acceptance-ended`.
 *
 * @throws {HandshakeError} `node/no-peer-certificate`, `node/session-not-bound` (a resumed session is always
 * refused here), `node/too-many-certificates`, `node/handshake-timeout`, `node/verifier-failed`, `node/policy-refused`;
 * the socket is destroyed
 * @throws {TypeError} naming the argument that is wrong
 */
export async function verifyPeer(socket: TLSSocket, options: VerifyPeerOptions): Promise<Verdict> {
  requireOptions(options)
  const { sessions: _, ocspResponse, ...given } = options as VerifyPeerOptions & VerificationOptions
  const settings = takeSettings(given)
  if (ocspResponse !== undefined && !(ocspResponse instanceof Uint8Array)) throw new TypeError('ocspResponse: expected a Uint8Array of DER bytes')
  if (socket?.encrypted !== true) throw new TypeError('socket: expected a TLS socket')
  if (!handshakeHasEnded(socket)) throw new TypeError('socket: its handshake has not ended')
  try {
    const who = 'the peer'
    const accepted = await within(settings.handshakeDeadline, judgePeer(socket, {
      settings, hostName: handshakeName(socket), who, stapled: ocspResponse, isServer: false,
      deadlineAt: performance.now() + settings.handshakeDeadline,
    }))
    socket.disableRenegotiation()
    const connection = new Connection(socket, { accepted, settings, who, isServer: false, watched: true })
    noteConnection(socket, connection)
    // What it rests on may have ended while it was judged: then it is no acceptance any more.
    if (!connection.isOpen()) throw new HandshakeError('node/acceptance-ended', 'the verdict’s validUntil has passed')
    return accepted.verdict
  } catch (error) {
    socket.destroy()
    if (error instanceof HandshakeError && error.verdict !== undefined) return error.verdict
    throw error
  }
}
