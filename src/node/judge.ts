/**
 * One decision about one connection, at the end of its handshake.
 *
 * Node’s own opinion (`authorized`, `authorizationError`) is never read. A handshake with certificates is judged by
 * the verifier; a resumed session by what is stored about it, and by nothing else.
 */
import type { TLSSocket } from 'node:tls'
import type { AcceptedVerdict, RefusedVerdict, Verdict, VerifyRequest } from '../verify/types.ts'
import { HandshakeError, refusedBy } from './errors.ts'
import { readPeerChain, type PeerChain } from './peer-chain.ts'
import type { SessionBinding } from './session-store.ts'
import type { Settings } from './settings.ts'
import { verifySync } from './verify-sync.ts'

export interface Accepted {
  readonly verdict: AcceptedVerdict
  /** What the acceptance is bound to. */
  readonly binding: SessionBinding
}

export interface Question {
  readonly settings: Settings
  /** The host name of the handshake: what a client asked for, what a server was asked for. May be empty. */
  readonly hostName: string
  /** Who the peer is said to be, for the message of an error; escaped there. */
  readonly who: string
  /** A client’s binding of the session that it offered; `undefined` if it offered none, or an unknown one. */
  readonly offered?: SessionBinding | undefined
  /** The OCSP response that a server stapled (RFC 6066 8). */
  readonly stapled?: Uint8Array | undefined
  readonly isServer: boolean
  /** When the connection has to be judged: milliseconds on the clock of `performance.now`. */
  readonly deadlineAt: number
}

/**
 * Judges the peer. Returns the acceptance, or a promise of it with `drive: 'async'`.
 *
 * @throws {HandshakeError} for every refusal
 */
export function judgePeer(socket: TLSSocket, question: Question): Accepted | Promise<Accepted> {
  if (socket.isSessionReused()) return judgeResumed(socket, question)
  const chain = readPeerChain(socket, question.settings.maxCertificates)
  if (chain === undefined) throw new HandshakeError('node/no-peer-certificate', 'the peer sent no certificate')
  return judgeChain(chain, question)
}

function judgeChain(chain: PeerChain, question: Question): Accepted | Promise<Accepted> {
  const { settings, hostName, who } = question
  const request = requestFor(chain, question)
  const settle = (verdict: Verdict): Accepted => {
    // Not `if (verdict.ok)`: whatever is not exactly an acceptance is none.
    if (verdict.ok !== true) throw refusedBy(verdict as RefusedVerdict, who)
    const binding = { leafSha256: chain.leafSha256, hostName, policyKey: settings.policyKey }
    settings.sessions?.remember(binding, verdict)
    return { verdict, binding }
  }
  if (settings.drive === 'sync') return settle(callVerifier(() => verifySync(settings.verifier, request)))
  return settings.verifier.verify(request).catch((cause: unknown) => { throw failed(cause) }).then(settle)
}

function requestFor(chain: PeerChain, { settings, stapled, deadlineAt }: Question): VerifyRequest {
  return {
    leaf: chain.leaf,
    intermediates: chain.intermediates,
    names: settings.names,
    ...(stapled === undefined ? {} : { ocspResponse: stapled }),
    deadline: Math.max(1, Math.ceil(deadlineAt - performance.now())),
  }
}

function judgeResumed(socket: TLSSocket, question: Question): Accepted {
  const { settings, hostName, isServer, offered } = question
  // On a resumed session a server still knows the leaf, from the session itself. A client knows nothing but which
  // session it offered.
  const leafSha256 = isServer ? readPeerChain(socket, settings.maxCertificates)?.leafSha256 : offered?.leafSha256
  if (settings.sessions !== undefined && leafSha256 !== undefined) {
    const binding = { leafSha256, hostName, policyKey: settings.policyKey }
    // A session made for another host or by another verifier is not this one, though its leaf be known here too.
    const same = isServer || (offered?.hostName === hostName && offered.policyKey === settings.policyKey)
    const verdict = same ? settings.sessions.recall(binding) : undefined
    if (verdict !== undefined) return { verdict, binding }
  }
  throw new HandshakeError('node/session-not-bound',
    'a session was resumed for which no accepted verdict is stored')
}

function callVerifier<T>(call: () => T): T {
  try {
    return call()
  } catch (cause) {
    throw failed(cause)
  }
}

function failed(cause: unknown): HandshakeError {
  return new HandshakeError('node/verifier-failed', 'the verifier threw instead of giving a verdict', { cause })
}
