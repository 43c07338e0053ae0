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
  /** The verifier refused the peer’s certificate. To do: read `explain(error.verdict)`. */
  | 'node/verifier-refused'
  /** The verifier threw instead of giving a verdict. To do: see `cause`, which holds what it threw. */
  | 'node/verifier-failed'
  /** The peer sent no certificate. To do: give the client `cert` and `key`. */
  | 'node/no-peer-certificate'
  /** The peer sent more certificates than `maxCertificates`, or a chain that leads back into itself. To do: have it send its certificate and the intermediates, each once. */
  | 'node/too-many-certificates'
  /** The verifier accepted the peer, and the policy does not let it in. To do: read `explainDecision(error.decision)`. */
  | 'node/policy-refused'
  /** What the acceptance rests on has ended: the verdict’s `validUntil` has passed. To do: connect again. */
  | 'node/acceptance-ended'
  /** The option `facts` threw or took too long, or gave what is none. To do: see `cause`, which holds what it threw. */
  | 'node/facts-failed'
  /** The client asked for no host that the server decides for: a server that has `hosts` alone was asked for another name, or for none. To do: list the name in `hosts`, or give the server a verifier for all others. */
  | 'node/unknown-host'
  /** Handshake and verdict together, or a later check, took longer than `handshakeDeadline`. To do: look for a peer that stalls, or a verifier that waits for revocation; raise the deadline only then. */
  | 'node/handshake-timeout'
  /** The server had `maxPendingHandshakes` unfinished handshakes already. To do: raise the limit if the clients are honest. */
  | 'node/too-many-pending'
  /** A session was resumed for which no accepted, unexpired verdict is stored. To do: nothing: the client makes a full handshake next; check the session store if it happens often. */
  | 'node/session-not-bound'
  /** With `probeFirst`: the server’s certificate on the second connection was another than on the first. To do: try again; if it stays, connect to one server of those behind the name. */
  | 'node/leaf-changed'
  /** The connection failed or closed before the verdict. To do: see `cause`, which holds the error of the runtime, if there was one. */
  | 'node/connection-failed'
  /** The caller’s `signal` ended the attempt. To do: nothing; `cause` holds its reason. */
  | 'node/aborted'
  /** The server did not agree on the application protocol that the client needs; of a connector: the URL is not `https:`. To do: offer it at the server (`ALPNProtocols`), or take the client of the other protocol. */
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
