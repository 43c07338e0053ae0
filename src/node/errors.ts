/**
 * The one error of the adapter’s connections.
 *
 * Programs branch on `code`. The message is for people: whatever a peer chose (host names, certificate names) is
 * escaped in it.
 */
import { escapeText } from '../verify/escape.ts'
import type { Decision } from '../policy/types.ts'
import type { RefusedVerdict } from '../verify/types.ts'

/** Why a connection was not handed over, or was ended. New codes may come in a minor version; each of them is a refusal. */
export type HandshakeErrorCode =
  /** The verifier refused the peer’s certificate; `verdict` says why. */
  | 'node/verifier-refused'
  /** The verifier threw instead of giving a verdict; `cause` holds what it threw. */
  | 'node/verifier-failed'
  /** The peer sent no certificate. */
  | 'node/no-peer-certificate'
  /** The peer sent more certificates than `maxCertificates`, or a chain that leads back into itself. */
  | 'node/too-many-certificates'
  /** The verifier accepted the peer, and the policy does not let it in; `decision` says why. */
  | 'node/policy-refused'
  /** What the acceptance rests on has ended: the verdict’s `validUntil` has passed. */
  | 'node/acceptance-ended'
  /** The option `facts` threw or took too long, or gave what is none; `cause` holds what it threw. */
  | 'node/facts-failed'
  /** The client asked for no host that the server decides for. */
  | 'node/unknown-host'
  /** Handshake and verdict together, or a later check, took longer than `handshakeDeadline`. */
  | 'node/handshake-timeout'
  /** The server had `maxPendingHandshakes` unfinished handshakes already. */
  | 'node/too-many-pending'
  /** A session was resumed for which no accepted, unexpired verdict is stored. */
  | 'node/session-not-bound'
  /** With `probeFirst`: the server’s certificate on the second connection was another than on the first. */
  | 'node/leaf-changed'
  /** The connection failed or closed before the verdict; `cause` holds the error of the runtime, if there was one. */
  | 'node/connection-failed'
  /** The caller’s `signal` ended the attempt; `cause` holds its reason. */
  | 'node/aborted'
  /** The server did not agree on the application protocol that the client needs. */
  | 'node/wrong-protocol'

export interface HandshakeErrorInit {
  readonly verdict?: RefusedVerdict | undefined
  readonly decision?: Decision | undefined
  readonly cause?: unknown
}

/** Thrown, or given to `onRefused`, when a peer is not let in, or no longer. The socket is destroyed by then. */
export class HandshakeError extends Error {
  readonly code: HandshakeErrorCode
  /** The refused verdict, with every path that was tried; only with `node/verifier-refused`. */
  readonly verdict: RefusedVerdict | undefined
  /** The decision with its trace; only with `node/policy-refused`. */
  readonly decision: Decision | undefined

  constructor(code: HandshakeErrorCode, text: string, init: HandshakeErrorInit = {}) {
    super(`${code}: ${text}`, init.cause === undefined ? undefined : { cause: init.cause })
    this.name = 'HandshakeError'
    this.code = code
    this.verdict = init.verdict
    this.decision = init.decision
  }
}

/** The error for a refused verdict. `who` says which peer; it is escaped here. */
export function refusedBy(verdict: RefusedVerdict, who: string): HandshakeError {
  return new HandshakeError('node/verifier-refused', `${escapeText(who, 300)} was refused: ${verdict.code}`, { verdict })
}

/** The error for a decision that is no allow. */
export function deniedBy(decision: Decision, who: string): HandshakeError {
  return new HandshakeError('node/policy-refused', `${escapeText(who, 300)} is not let in: ${decision.reason}`, { decision })
}
