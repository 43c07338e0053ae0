/**
 * Servers: those of the Node adapter, over the `node:tls` and `node:http2` of Bun.
 *
 * The server of `node:https` in Bun shows no certificate of the client. That of `node:http2` does, and with
 * `allowHTTP1` it speaks HTTP/1.1 as well.
 */
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type tls from 'node:tls'
import type { TLSSocket } from 'node:tls'
import type { Emit } from '../node/gate.ts'
import { requireOptions } from '../node/options.ts'
import {
  createHttp2SecureServer as createNodeHttp2Server, createServer as createNodeServer, type Http2ServerOptions, type ServerOptions,
  type ServerVerificationOptions,
} from '../node/server.ts'
import { UnsupportedError } from '../node/unsupported.ts'
import { inOrderOfNode } from './streams.ts'

/**
 * A TLS server whose `listener` gets only sockets with an accepted verdict (see `acceptedVerdict`).
 *
 * @throws {TypeError} naming the option that is wrong
 * @throws {UnsupportedError} `runtime/no-such-option` for `ocspResponse`
 */
export function createServer(options: ServerOptions, listener?: (socket: TLSSocket) => void): tls.Server {
  return prepareServer(createNodeServer(takeOptions(options), listener))
}

/**
 * An HTTP/2 server (and HTTP/1.1 with `allowHTTP1`) whose requests all come from accepted peers, for the host of
 * their handshake.
 *
 * @throws {TypeError} naming the option that is wrong
 * @throws {UnsupportedError} `runtime/no-such-option` for `ocspResponse`
 */
export function createHttp2SecureServer(
  options: Http2ServerOptions,
  listener?: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): Http2SecureServer {
  return prepareServer(createNodeHttp2Server(takeOptions(options), listener))
}

/**
 * An HTTPS server whose requests all come from accepted peers, for the host of their handshake. It is one of
 * `node:http2` that speaks HTTP/1.1 as well, because Bun’s own of `node:https` shows no certificates.
 *
 * @throws {TypeError} naming the option that is wrong
 * @throws {UnsupportedError} `runtime/no-such-option` for `ocspResponse`
 */
export function createHttpsServer(
  options: Http2ServerOptions,
  listener?: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): Http2SecureServer {
  return createHttp2SecureServer({ ...options, allowHTTP1: true }, listener)
}

function takeOptions<T extends ServerVerificationOptions>(options: T): T {
  requireOptions(options)
  if (options.ocspResponse === undefined) return options
  throw new UnsupportedError('runtime/no-such-option', 'ocspResponse', 'servers of Bun staple no OCSP response')
}

/** Stands before the gate. */
function prepareServer<S extends tls.Server>(server: S): S {
  server.emit = inOrderOfNode(server.emit.bind(server) as Emit) as S['emit']
  return server
}
