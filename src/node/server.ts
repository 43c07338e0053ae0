/**
 * Servers of `tls`, `https` and `http2` that ask a verifier about every client.
 *
 * They are Node’s own servers, with Node’s own options and events, and these differences: every client is asked for
 * a certificate; nobody sees a connection before the decision; a refused peer is destroyed, and a connection ends with what
 * let it in; sessions are not resumed unless `sessions` is given; nothing renegotiates; HTTP requests for another host get
 * 421, and those that the policy denies 403.
 */
import type { RequestListener } from 'node:http'
import http2, { type Http2SecureServer, type SecureServerOptions, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import https from 'node:https'
import tls, { type SecureContextOptions, type TlsOptions, type TLSSocket } from 'node:tls'
import type { NameExpectation } from '../path/index.ts'
import { installGate, type OnRefused } from './gate.ts'
import { takeHosts, type Hosts, type HostsOption } from './hosts.ts'
import { takeServerNames } from './misdirected.ts'
import { requireOptions, takeCount } from './options.ts'
import type { FactsSource, OnDenied } from './request-decision.ts'
import { guardRequests } from './requests.ts'
import { secureOptionsFor, type LaterFacts, type VerificationOptions } from './settings.ts'

/** What the helpers decide themselves; giving it has no effect. */
export type DecidedServerOption = 'requestCert' | 'rejectUnauthorized' | 'handshakeTimeout'

export interface CommonServerOptions extends Omit<VerificationOptions, 'verifier' | 'policy'> {
  /** The most connections without a verdict at one time; more are closed at once. Default 1024. */
  readonly maxPendingHandshakes?: number
  /**
   * DER of the OCSP response about this server’s certificate, for clients that ask for it (stapling, RFC 6066 8). Called
   * for each of them: keep the response, and renew it in time. Undefined, or a throw, staples nothing.
   */
  readonly ocspResponse?: () => Uint8Array | undefined | Promise<Uint8Array | undefined>
  /**
   * Told of every peer that is refused, and of each that is put out later, after its socket was destroyed. The server emits
   * `peerRefused` with the same values.
   */
  readonly onRefused?: OnRefused
}

/** Who decides about clients. */
export type Deciders = Pick<VerificationOptions, 'verifier' | 'policy'> & {
  /** Required: whom a client’s certificate must name, or `'unchecked'`, written out. */
  readonly names: NameExpectation
  /**
   * By host name, in the form `api.bank.example`: who decides about clients that ask for it by SNI. `verifier`, `names` and
   * `policy` beside it are for all other names, and for clients that send none; without them those are refused.
   */
  readonly hosts?: HostsOption
} | { readonly hosts: HostsOption, readonly verifier?: never, readonly names?: never, readonly policy?: never }

export type ServerVerificationOptions = CommonServerOptions & Deciders

export type HttpVerificationOptions = ServerVerificationOptions & {
  /**
   * The hosts that this server answers for. A request must name one of them, and the one of its handshake. Required
   * for clients that send no SNI, such as those that connect to an address: without the list they get 421.
   */
  readonly serverNames?: readonly string[]
  /**
   * What the application knows of the peer behind a request: factors checked already, attributes. Asked before a request is
   * decided on, if the decision depends on them, for as long as `handshakeDeadline`; where it throws, the answer is 503.
   */
  readonly facts?: FactsSource
  /** Told of every request that the policy did not let through, with the decision and its trace. */
  readonly onDenied?: OnDenied
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
  return secure(options, {}, (hardened) => tls.createServer(hardened, listener))
}

/**
 * An HTTPS server whose requests all come from accepted peers, for the host of their handshake.
 *
 * @throws {TypeError} naming the option that is wrong
 */
export function createHttpsServer(options: HttpsServerOptions, listener?: RequestListener): https.Server {
  return secureHttp(options, (hardened) => https.createServer(hardened as https.ServerOptions, listener))
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
  return secureHttp(options, (hardened) => http2.createSecureServer(hardened as SecureServerOptions, listener))
}

function secureHttp<S extends tls.Server>(options: TlsOptions & HttpVerificationOptions, create: (hardened: TlsOptions) => S): S {
  requireOptions(options)
  const { serverNames, facts, onDenied } = options
  const served = takeServerNames(serverNames)
  if (facts !== undefined && typeof facts !== 'function') throw new TypeError('facts: expected a function')
  if (onDenied !== undefined && typeof onDenied !== 'function') throw new TypeError('onDenied: expected a function')
  const later: LaterFacts = facts === undefined ? { request: 'pending' } : { request: 'pending', factors: 'pending', attributes: 'pending' }
  return secure(options, later, create, (server, hosts) => {
    if (hosts.all.every(({ policy }) => policy === undefined)) {
      if (facts !== undefined) throw new TypeError('facts: nobody asks for them without a policy')
      if (onDenied !== undefined) throw new TypeError('onDenied: nothing is denied without a policy')
    }
    guardRequests(server, { served, isListed: (host) => hosts.isListed(host), facts, onDenied })
  })
}

function secure<S extends tls.Server>(
  options: TlsOptions & ServerVerificationOptions, later: LaterFacts, create: (hardened: TlsOptions) => S,
  guard?: (server: S, hosts: Hosts) => void,
): S {
  requireOptions(options)
  const hosts = takeHosts(options, later)
  const { handshakeDeadline, sessions } = hosts.all[0]!
  const { onRefused, ocspResponse } = options
  if (ocspResponse !== undefined && typeof ocspResponse !== 'function') throw new TypeError('ocspResponse: expected a function that returns DER')
  if (onRefused !== undefined && typeof onRefused !== 'function') throw new TypeError('onRefused: expected a function')
  const maxPendingHandshakes = takeCount('maxPendingHandshakes', options.maxPendingHandshakes, defaultMaxPending, 1_000_000)
  const resumption = sessions !== undefined
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
    handshakeTimeout: handshakeDeadline,
  })
  const setSecureContext = server.setSecureContext.bind(server)
  server.setSecureContext = (context) => setSecureContext(hardenContext(context))
  if (ocspResponse !== undefined) server.on('OCSPRequest', (_certificate, _issuer, reply: StapleReply) => { void staple(ocspResponse, reply) })
  for (const [name, { cert, key, pfx, passphrase, ca }] of Object.entries(options.hosts ?? {})) {
    if (cert !== undefined || pfx !== undefined) server.addContext(name, hardenContext(defined({ cert, key, pfx, passphrase, ca })))
  }
  guard?.(server, hosts)
  installGate(server, { hosts, handshakeDeadline, maxPendingHandshakes, watched: guard === undefined, onRefused })
  return server
}

function defined(context: { readonly [K in keyof SecureContextOptions]: SecureContextOptions[K] | undefined }): SecureContextOptions {
  return Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined))
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
