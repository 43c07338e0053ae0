/**
 * One decision about one connection, at the end of its handshake, and again later.
 *
 * Node’s own opinion (`authorized`, `authorizationError`) is never read. A handshake with certificates is judged by
 * the verifier; a resumed session by what is stored about it, and by nothing else. Whom that accepts, the policy lets in
 * or not: anew on a resumed session, because time and channel are other ones.
 */
import type { TLSSocket } from 'node:tls'
import type { ChannelFacts, Decision } from '../policy/types.ts'
import type { RefusedVerdict, Verdict, VerifyRequest } from '../verify/types.ts'
import { channelFacts } from './channel.ts'
import { decideOnPeer } from './decide.ts'
import { HandshakeError, refusedBy } from './errors.ts'
import { readPeerChain } from './peer-chain.ts'
import type { SessionBinding, StoredAcceptance } from './session-store.ts'
import type { Settings } from './settings.ts'
import { verifySync } from './verify-sync.ts'

export interface Accepted extends StoredAcceptance {
  /** What the acceptance is bound to. */
  readonly binding: SessionBinding
  /** Undefined without a policy. */
  readonly decision: Decision | undefined
  /** Read on first use, and kept. */
  readonly channel: () => ChannelFacts
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
  const { settings, hostName, who, stapled, deadlineAt } = question
  let read: ChannelFacts | undefined
  const channel = (): ChannelFacts => (read ??= channelFacts(socket))
  const settle = (found: Omit<Accepted, 'decision' | 'channel'>): Accepted => {
    const { verdict, chain, binding } = found
    const decision = decideOnPeer(settings, verdict, channel, who)
    settings.sessions?.remember(binding, { verdict, chain, stapled: found.stapled })
    return { ...found, decision, channel }
  }
  if (socket.isSessionReused()) return settle(recallResumed(socket, question))
  const chain = readPeerChain(socket, settings.maxCertificates)
  if (chain === undefined) throw new HandshakeError('node/no-peer-certificate', 'the peer sent no certificate')
  const binding = { leafSha256: chain.leafSha256, hostName, policyKey: settings.policyKey }
  const verdict = verify({ chain, stapled }, settings, who, deadlineAt)
  return verdict instanceof Promise
    ? verdict.then((accepted) => settle({ verdict: accepted, chain, stapled, binding }))
    : settle({ verdict, chain, stapled, binding })
}

/**
 * Verifies the chain of the handshake once more. What is remembered of it for sessions to come is the new verdict, or
 * nothing any more.
 *
 * @throws {HandshakeError} for every refusal
 */
export function verifyAgain(
  accepted: Accepted, settings: Settings, who: string, deadlineAt: number,
): StoredAcceptance | Promise<StoredAcceptance> {
  const { binding, chain, stapled } = accepted
  const settle = (verdict: StoredAcceptance['verdict']): StoredAcceptance => {
    const renewed = { verdict, chain, stapled }
    settings.sessions?.remember(binding, renewed)
    return renewed
  }
  const drop = (error: unknown): never => {
    settings.sessions?.forget(binding)
    throw error
  }
  try {
    const verdict = verify(accepted, settings, who, deadlineAt)
    return verdict instanceof Promise ? verdict.then(settle, drop) : settle(verdict)
  } catch (error) {
    return drop(error)
  }
}

function verify(
  { chain, stapled }: Pick<Accepted, 'chain' | 'stapled'>, settings: Settings, who: string, deadlineAt: number,
): StoredAcceptance['verdict'] | Promise<StoredAcceptance['verdict']> {
  const request: VerifyRequest = {
    leaf: chain.leaf,
    intermediates: chain.intermediates,
    names: settings.names,
    ...(stapled === undefined ? {} : { ocspResponse: stapled }),
    deadline: Math.max(1, Math.ceil(deadlineAt - performance.now())),
  }
  const settle = (verdict: Verdict): StoredAcceptance['verdict'] => {
    // Not `if (verdict.ok)`: whatever is not exactly an acceptance is none.
    if (verdict.ok !== true) throw refusedBy(verdict as RefusedVerdict, who)
    return verdict
  }
  if (settings.drive === 'sync') return settle(callVerifier(() => verifySync(settings.verifier, request)))
  return settings.verifier.verify(request).catch((cause: unknown) => { throw failed(cause) }).then(settle)
}

function recallResumed(socket: TLSSocket, question: Question): StoredAcceptance & Pick<Accepted, 'binding'> {
  const { settings, hostName, isServer, offered } = question
  // On a resumed session a server still knows the leaf, from the session itself. A client knows nothing but which
  // session it offered.
  const leafSha256 = isServer ? readPeerChain(socket, settings.maxCertificates)?.leafSha256 : offered?.leafSha256
  if (settings.sessions !== undefined && leafSha256 !== undefined) {
    const binding = { leafSha256, hostName, policyKey: settings.policyKey }
    // A session made for another host or by another verifier is not this one, though its leaf be known here too.
    const same = isServer || (offered?.hostName === hostName && offered.policyKey === settings.policyKey)
    const stored = same ? settings.sessions.recall(binding) : undefined
    if (stored !== undefined) return { ...stored, binding }
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
