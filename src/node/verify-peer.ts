/**
 * The verdict on a socket that the caller made by other means.
 */
import type { TLSSocket } from 'node:tls'
import type { NameExpectation } from '../path/index.ts'
import type { Verdict } from '../verify/types.ts'
import { noteAccepted } from './accepted.ts'
import { HandshakeError } from './errors.ts'
import { handshakeName } from './gate.ts'
import { judgePeer } from './judge.ts'
import { takeSettings, type VerificationOptions } from './settings.ts'

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
 * nobody in.
 *
 * @throws {HandshakeError} `node/no-peer-certificate`, `node/session-not-bound` (a resumed session is always
 * refused here), `node/too-many-certificates`, `node/handshake-timeout`, `node/verifier-failed`; the socket is
 * destroyed
 * @throws {TypeError} naming the argument that is wrong
 */
export async function verifyPeer(socket: TLSSocket, options: VerifyPeerOptions): Promise<Verdict> {
  const { verifier, names, drive, handshakeDeadline, maxCertificates, ocspResponse } = options
  const settings = takeSettings({ verifier, names, drive, handshakeDeadline, maxCertificates } as VerifyPeerOptions)
  if (ocspResponse !== undefined && !(ocspResponse instanceof Uint8Array)) throw new TypeError('ocspResponse: expected a Uint8Array of DER bytes')
  if (socket?.encrypted !== true) throw new TypeError('socket: expected a TLS socket')
  if (socket.getPeerFinished() === undefined) throw new TypeError('socket: its handshake has not ended')
  try {
    const { verdict } = await within(settings.handshakeDeadline, judgePeer(socket, {
      settings, hostName: handshakeName(socket), who: 'the peer', stapled: ocspResponse, isServer: false,
      deadlineAt: performance.now() + settings.handshakeDeadline,
    }))
    socket.disableRenegotiation()
    noteAccepted(socket, verdict)
    return verdict
  } catch (error) {
    socket.destroy()
    if (error instanceof HandshakeError && error.verdict !== undefined) return error.verdict
    throw error
  }
}

async function within<T>(milliseconds: number, outcome: T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HandshakeError('node/handshake-timeout', `no verdict within ${milliseconds} ms`)),
      milliseconds)
  })
  try {
    return await Promise.race([outcome, expiry])
  } finally {
    clearTimeout(timer)
  }
}
