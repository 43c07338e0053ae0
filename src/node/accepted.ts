/**
 * Which acceptance a connection rests on: asked by handlers that want the peer’s identity.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse, Http2Session, Http2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Decision } from '../policy/types.ts'
import type { AcceptedVerdict } from '../verify/types.ts'
import type { Connection } from './connection.ts'

const connections = /* @__PURE__ */ new WeakMap<object, Connection>()
/** With its last moment as a number: whoever asks for the decision can write over its Date. */
const decisions = /* @__PURE__ */ new WeakMap<object, { readonly decision: Decision; readonly until: number }>()

/** @internal Called for a TLS socket, and for an HTTP/2 session (whose `socket` is a stand-in). */
export function noteConnection(holder: object, connection: Connection): void {
  connections.set(holder, connection)
}

/** @internal Called for an HTTP request, or an HTTP/2 stream. */
export function noteDecision(request: object, decision: Decision): void {
  decisions.set(request, { decision, until: decision.validUntil?.getTime() ?? Infinity })
}

/** What an application has in its hands: a TLS socket, a request or response, an HTTP/2 session or stream. */
export type ConnectionSource =
  TLSSocket | IncomingMessage | ServerResponse | Http2ServerRequest | Http2ServerResponse | Http2Session | Http2Stream | Duplex

/**
 * The accepted verdict of the connection that a socket, an HTTP request or response, an HTTP/2 stream or session
 * belongs to; `undefined` if this adapter did not let it in. With `recheckAfter`, the newest.
 */
export function acceptedVerdict(source: ConnectionSource): AcceptedVerdict | undefined {
  return connectionOf(source)?.verdict
}

/**
 * The policy’s decision on a request, where `source` belongs to one; else on the connection. `undefined` where there is no
 * policy, or this adapter did not let it in. The decision on a connection that waits for requests may be `pending`.
 */
export function decisionOf(source: ConnectionSource): Decision | undefined {
  return find(decisions, source)?.decision ?? connectionOf(source)?.decision
}

/** @internal The last moment of what `decisionOf` gives, in milliseconds since 1970. */
export function decisionUntil(source: ConnectionSource): number {
  return find(decisions, source)?.until ?? connectionOf(source)?.until ?? Infinity
}

/** @internal */
export function connectionOf(source: object): Connection | undefined {
  return find(connections, source)
}

function find<T>(known: WeakMap<object, T>, source: object): T | undefined {
  for (const candidate of candidates(source as Record<string, unknown>)) {
    const found = typeof candidate === 'object' && candidate !== null ? known.get(candidate) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

function* candidates(source: Record<string, unknown>): Generator<unknown> {
  yield source
  // A response has its request.
  yield source['req']
  // HTTP/2: the compatibility request has a stream, a stream has a session. Its socket is a proxy, so it comes last.
  const stream = source['stream'] as Record<string, unknown> | undefined
  yield stream
  yield stream?.['session']
  yield source['session']
  yield source['socket']
}
