/**
 * Servers: those of the Node adapter, over the `node:tls`, `node:https` and `node:http2` of Deno.
 *
 * Deno’s servers give out session tickets, and no option stops them. So a store of acceptances is always there: a
 * session resumes on the strength of a stored, unexpired, accepted verdict for exactly its certificate, host name and
 * verifier, and is refused otherwise. As with every server that resumes, the version is TLS 1.3.
 */
import type { RequestListener } from 'node:http'
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type https from 'node:https'
import type tls from 'node:tls'
import type { TLSSocket } from 'node:tls'
import type { Emit } from '../node/gate.ts'
import { requireOptions } from '../node/options.ts'
import {
  createHttp2SecureServer as createNodeHttp2Server, createHttpsServer as createNodeHttpsServer, createServer as createNodeServer,
  type Http2ServerOptions, type HttpsServerOptions, type ServerOptions, type ServerVerificationOptions,
} from '../node/server.ts'
import { createSessionStore } from '../node/session-store.ts'
import { UnsupportedError } from '../node/unsupported.ts'
import { refuseBindings } from './policy.ts'
import { boundHeldBytes, prepareSocket } from './socket.ts'

/**
 * A TLS server whose `listener` gets only sockets with an accepted verdict (see `acceptedVerdict`). TLS 1.3 only.
 *
 * @throws {TypeError} naming the option that is wrong
 * @throws {UnsupportedError} `runtime/no-such-option` for `ocspResponse`, and for a policy that asks for `channel.binding`
 */
export function createServer(options: ServerOptions, listener?: (socket: TLSSocket) => void): tls.Server {
  return prepareServer(createNodeServer(takeOptions(options), listener))
}

/**
 * An HTTPS server whose requests all come from accepted peers, for the host of their handshake. TLS 1.3 only.
 *
 * @throws {TypeError} naming the option that is wrong
 * @throws {UnsupportedError} `runtime/no-such-option` for `ocspResponse`, and for a policy that asks for `channel.binding`
 */
export function createHttpsServer(options: HttpsServerOptions, listener?: RequestListener): https.Server {
  return prepareServer(createNodeHttpsServer(takeOptions(options), listener))
}

/**
 * The same for HTTP/2 (and HTTP/1.1 with `allowHTTP1`).
 *
 * @throws {TypeError} naming the option that is wrong
 * @throws {UnsupportedError} `runtime/no-such-option` for `ocspResponse`, and for a policy that asks for `channel.binding`
 */
export function createHttp2SecureServer(
  options: Http2ServerOptions,
  listener?: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): Http2SecureServer {
  return prepareServer(createNodeHttp2Server(takeOptions(options), listener))
}

function takeOptions<T extends ServerVerificationOptions>(options: T): T {
  requireOptions(options)
  if (options.ocspResponse !== undefined) {
    throw new UnsupportedError('runtime/no-such-option', 'ocspResponse', 'servers of Deno staple no OCSP response')
  }
  refuseBindings(options)
  return { ...options, sessions: options.sessions ?? createSessionStore() }
}

/** Stands before the gate: a socket is made to answer as Node’s before anybody judges it. */
function prepareServer<S extends tls.Server>(server: S): S {
  const emit = server.emit.bind(server) as Emit
  server.emit = ((event: string | symbol, ...values: unknown[]): boolean => {
    if (event !== 'secureConnection') return emit(event, ...values)
    const socket = values[0] as TLSSocket
    prepareSocket(socket)
    const heard = emit(event, ...values)
    boundHeldBytes(socket)
    return heard
  }) as S['emit']
  return server
}
