/**
 * Which acceptance a connection rests on: asked by handlers that want the peer’s identity.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse, Http2Session, Http2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { AcceptedVerdict } from '../verify/types.ts'

const verdicts = /* @__PURE__ */ new WeakMap<object, AcceptedVerdict>()

/** @internal Called for a TLS socket, and for an HTTP/2 session (whose `socket` is a stand-in). */
export function noteAccepted(connection: object, verdict: AcceptedVerdict): void {
  verdicts.set(connection, verdict)
}

/** What an application has in its hands: a TLS socket, a request or response, an HTTP/2 session or stream. */
export type ConnectionSource =
  TLSSocket | IncomingMessage | ServerResponse | Http2ServerRequest | Http2ServerResponse | Http2Session | Http2Stream | Duplex

/**
 * The accepted verdict of the connection that a socket, an HTTP request or response, an HTTP/2 stream or session
 * belongs to; `undefined` if this adapter did not let it in.
 */
export function acceptedVerdict(source: ConnectionSource): AcceptedVerdict | undefined {
  for (const candidate of candidates(source as unknown as Record<string, unknown>)) {
    const verdict = typeof candidate === 'object' && candidate !== null ? verdicts.get(candidate) : undefined
    if (verdict !== undefined) return verdict
  }
  return undefined
}

function* candidates(source: Record<string, unknown>): Generator<unknown> {
  yield source
  // HTTP/2: the compatibility request has a stream, a stream has a session. Its socket is a proxy, so it comes last.
  const stream = source['stream'] as Record<string, unknown> | undefined
  yield stream?.['session']
  yield source['session']
  yield source['socket']
}
