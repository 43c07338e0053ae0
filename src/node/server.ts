/**
 * Servers of `tls`, `https` and `http2` that ask a verifier about every client.
 *
 * They are Node’s own servers, with Node’s own options and events, and these differences: every client is asked for
 * a certificate; nobody sees a connection before the verdict; a refused peer is destroyed; sessions are not resumed
 * unless `sessions` is given; nothing renegotiates; HTTP requests for another host get 421.
 */
import type { RequestListener } from 'node:http'
import http2, { type Http2SecureServer, type SecureServerOptions, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import https from 'node:https'
import tls, { type SecureContextOptions, type TlsOptions, type TLSSocket } from 'node:tls'
import type { NameExpectation } from '../path/index.ts'
import { installGate, type OnRefused } from './gate.ts'
import { guardRequests, takeServerNames } from './misdirected.ts'
import { takeCount } from './options.ts'
import { secureOptionsFor, takeSettings, type VerificationOptions } from './settings.ts'

/** What the helpers decide themselves; giving it has no effect. */
export type DecidedServerOption = 'requestCert' | 'rejectUnauthorized' | 'handshakeTimeout'

export interface ServerVerificationOptions extends VerificationOptions {
  /** Required: whom a client’s certificate must name, or `'unchecked'`, written out. */
  readonly names: NameExpectation
  /** The most connections without a verdict at one time; more are closed at once. Default 1024. */
  readonly maxPendingHandshakes?: number
  /**
   * DER of the OCSP response about this server’s certificate, for clients that ask for it (stapling, RFC 6066 8). Called
   * for each of them: keep the response, and renew it in time. Undefined, or a throw, staples nothing.
   */
  readonly ocspResponse?: () => Uint8Array | undefined | Promise<Uint8Array | undefined>
  /** Told of every refused peer, after its socket was destroyed. The server emits `peerRefused` with the same values. */
  readonly onRefused?: OnRefused
}

export interface HttpVerificationOptions extends ServerVerificationOptions {
  /**
   * The hosts that this server answers for. A request must name one of them, and the one of its handshake. Required
   * for clients that send no SNI, such as those that connect to an address: without the list they get 421.
   */
  readonly serverNames?: readonly string[]
}

export type ServerOptions = Omit<TlsOptions, DecidedServerOption> & ServerVerificationOptions
export type HttpsServerOptions = Omit<https.ServerOptions, DecidedServerOption> & HttpVerificationOptions
export type Http2ServerOptions = Omit<SecureServerOptions, DecidedServerOption> & HttpVerificationOptions

/** 1024 sockets stay well below the usual limit of open files, and are seconds of work for a single process. */
const defaultMaxPending = 1024

/**
 * A TLS server whose `listener` gets only sockets with an accepted verdict (see `acceptedVerdict`).
 *
 * @throws {TypeError} naming the option that is wrong
 */
export function createServer(options: ServerOptions, listener?: (socket: TLSSocket) => void): tls.Server {
  return secure(options, (hardened) => tls.createServer(hardened, listener))
}

/**
 * An HTTPS server whose requests all come from accepted peers, for the host of their handshake.
 *
 * @throws {TypeError} naming the option that is wrong
 */
export function createHttpsServer(options: HttpsServerOptions, listener?: RequestListener): https.Server {
  const served = takeServerNames(options.serverNames)
  return secure(options, (hardened) => {
    const server = https.createServer(hardened as https.ServerOptions, listener)
    guardRequests(server, served)
    return server
  })
}

/**
 * The same for HTTP/2 (and HTTP/1.1 with `allowHTTP1`).
 *
 * @throws {TypeError} naming the option that is wrong
 */
export function createHttp2SecureServer(
  options: Http2ServerOptions,
  listener?: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): Http2SecureServer {
  const served = takeServerNames(options.serverNames)
  return secure(options, (hardened) => {
    const server = http2.createSecureServer(hardened as SecureServerOptions, listener)
    guardRequests(server, served)
    return server
  })
}

function secure<S extends tls.Server>(options: TlsOptions & ServerVerificationOptions, create: (hardened: TlsOptions) => S): S {
  if (typeof options !== 'object' || options === null) throw new TypeError('options: expected an object')
  const settings = takeSettings(options)
  const { onRefused, ocspResponse } = options
  if (ocspResponse !== undefined && typeof ocspResponse !== 'function') throw new TypeError('ocspResponse: expected a function that returns DER')
  if (onRefused !== undefined && typeof onRefused !== 'function') throw new TypeError('onRefused: expected a function')
  const maxPendingHandshakes = takeCount('maxPendingHandshakes', options.maxPendingHandshakes, defaultMaxPending, 1_000_000)
  const resumption = settings.sessions !== undefined
  const hardenContext = <T extends SecureContextOptions>(context: T): T => ({
    ...context,
    secureOptions: secureOptionsFor(context.secureOptions, resumption),
    ...(resumption ? requireTls13(context) : {}),
  })
  const server = create({
    ...hardenContext(options),
    requestCert: true,
    // Not lax: with `true` OpenSSL’s own check, which knows neither our anchors nor our rules, would decide first.
    rejectUnauthorized: false,
    handshakeTimeout: settings.handshakeDeadline,
  })
  const setSecureContext = server.setSecureContext.bind(server)
  server.setSecureContext = (context) => setSecureContext(hardenContext(context))
  if (ocspResponse !== undefined) server.on('OCSPRequest', (_certificate, _issuer, reply: StapleReply) => { void staple(ocspResponse, reply) })
  installGate(server, { settings, maxPendingHandshakes, onRefused })
  return server
}

type StapleReply = (error: Error | null, response: Buffer | null) => void

/** A response that cannot be had is none: whether the client minds is the client’s policy. */
async function staple(ocspResponse: NonNullable<ServerVerificationOptions['ocspResponse']>, reply: StapleReply): Promise<void> {
  let response: Uint8Array | undefined
  try {
    response = await ocspResponse()
  } catch {
    response = undefined
  }
  reply(null, response instanceof Uint8Array ? Buffer.from(response) : null)
}

/**
 * A server that resumes speaks TLS 1.3 only: of a resumed session of TLS 1.2 Node cannot tell which host name the
 * client asked for, so it could never be found among the acceptances.
 */
function requireTls13({ maxVersion, secureProtocol }: SecureContextOptions): SecureContextOptions {
  if (secureProtocol !== undefined || (maxVersion !== undefined && maxVersion !== 'TLSv1.3')) {
    throw new TypeError('sessions: a server resumes sessions of TLS 1.3 only; maxVersion or secureProtocol rules that out')
  }
  return { minVersion: 'TLSv1.3' }
}
