/**
 * A client’s connection, handed over only after the server was accepted.
 *
 * What Node does on the wire cannot be changed from here: the client’s certificate and the proof of its key go out
 * with the end of the handshake, before any JavaScript has seen the server’s certificate. A server that is refused
 * has then seen the client’s certificate (never its key). `probeFirst` is for who minds.
 */
import { isIP } from 'node:net'
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls'
import { escapeText } from '../verify/escape.ts'
import type { NameExpectation } from '../path/index.ts'
import { noteConnection } from './accepted.ts'
import { Connection } from './connection.ts'
import { HandshakeError } from './errors.ts'
import { identityOf, sha256Hex } from './identity.ts'
import { judgePeer, type Accepted } from './judge.ts'
import { requireOptions } from './options.ts'
import { nodePlatform, type Platform } from './platform.ts'
import { secureOptionsFor, takeSettings, type Settings, type VerificationOptions } from './settings.ts'

export interface ClientVerificationOptions extends VerificationOptions {
  /**
   * Whom the server’s certificate must name. Default: the `servername` if one is given, else the `host` connected
   * to, as a DNS name or an IP address.
   */
  readonly names?: NameExpectation
  /**
   * Connects twice: first without a certificate, to judge the server; then, if it was accepted, with it. Refused if
   * the server’s leaf is another by then. A server that ends a handshake without a certificate cannot be probed.
   */
  readonly probeFirst?: boolean
  /** Ends the attempt; the error is `node/aborted`. */
  readonly signal?: AbortSignal
}

/** Node’s options; `rejectUnauthorized` and `checkServerIdentity` are decided here. */
export type ConnectOptions =
  Omit<ConnectionOptions, 'rejectUnauthorized' | 'checkServerIdentity' | 'signal'> & ClientVerificationOptions

/**
 * Connects, and resolves with the socket when the server was accepted. Nothing can be written before that, and
 * nothing read: what the server sends meanwhile is there to read afterwards.
 *
 * That it resolves says nothing about whether the server accepts this client: with TLS 1.3 a client’s handshake ends
 * before the server has judged it. A refusal shows as an error or end of the socket.
 *
 * When the verdict ends, or is taken back by a later check (`recheckAfter`), the socket is destroyed with the
 * `HandshakeError` that says so.
 *
 * @throws {HandshakeError} for every refusal and failed connection
 * @throws {TypeError} naming the option that is wrong
 */
export function connect(options: ConnectOptions): Promise<TLSSocket> {
  return connectOn(nodePlatform, options)
}

/** @internal `watched`: a timer checks the connection again; else whoever uses it does. */
export async function connectOn(platform: Platform, options: ConnectOptions, watched = true): Promise<TLSSocket> {
  const plan = takePlan(platform, options, watched)
  if (!options.probeFirst) return (await open(plan, plan.tls)).socket
  const { cert: _cert, key: _key, pfx: _pfx, secureContext: _context, ...bare } = plan.tls
  // The probe neither offers sessions nor keeps them: they would belong to a client without a certificate.
  const probe = await open({ ...plan, place: undefined, session: undefined }, bare)
  probe.socket.destroy()
  // Here, not before: a session that is resumed would leave the second connection without a leaf to compare.
  return (await open({ ...plan, place: undefined, session: undefined }, plan.tls, probe.leafSha256)).socket
}

interface Plan {
  readonly platform: Platform
  readonly tls: ConnectionOptions
  readonly settings: Settings
  /** The host that was asked for; part of what an acceptance is bound to. */
  readonly hostName: string
  /** Under which key sessions for this place are kept; `undefined` keeps none. */
  readonly place: string | undefined
  /** A session that the caller gave. */
  readonly session: Buffer | undefined
  readonly signal: AbortSignal | undefined
  readonly deadlineAt: number
  readonly watched: boolean
}

function takePlan(platform: Platform, options: ConnectOptions, watched: boolean): Plan {
  requireOptions(options)
  platform.check(options)
  const { verifier: _v, names: _n, drive: _d, handshakeDeadline: _h, maxCertificates: _m, sessions: _s, policy: _p,
    recheckAfter: _r, clock: _c, probeFirst, signal, session, ...rest } = options
  if (probeFirst && (options.socket !== undefined || options.secureContext !== undefined)) {
    throw new TypeError('probeFirst: it needs to connect twice, with and without cert, key or pfx; '
      + 'it cannot be used with socket or secureContext')
  }
  if (session !== undefined && options.sessions === undefined) {
    throw new TypeError('session: sessions are resumed only with the option sessions')
  }
  const { hostName, serverName } = takeHost(options)
  const settings = takeSettings({ ...options, names: options.names ?? expectHost(hostName) })
  return {
    platform,
    tls: {
      ...rest,
      ...(serverName === undefined ? {} : { servername: serverName }),
      secureOptions: secureOptionsFor(rest.secureOptions, settings.sessions !== undefined),
      // Not lax: the verdict is ours. With `true` Node would ask its own roots first.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    },
    settings,
    hostName,
    place: settings.sessions === undefined || options.socket !== undefined ? undefined : JSON.stringify([
      options.path ?? null, options.host ?? null, options.port ?? null, hostName, settings.policyKey, credentialKey(rest),
    ]),
    session,
    signal,
    deadlineAt: performance.now() + settings.handshakeDeadline,
    watched,
  }
}

function takeHost(options: ConnectOptions): { hostName: string, serverName: string | undefined } {
  // `tls.connect` connects to localhost where nothing is given, unless there is a socket or a path.
  const implied = options.socket === undefined && options.path === undefined ? 'localhost' : undefined
  const hostName = options.servername || options.host || implied
  if (hostName === undefined) {
    if (options.names === undefined) throw new TypeError('names: required where there is neither host nor servername')
    return { hostName: '', serverName: undefined }
  }
  if (typeof hostName !== 'string') throw new TypeError('host: expected a string')
  // RFC 6066 3: no addresses in SNI, and no final dot. Empty: no SNI at all.
  const serverName = isIP(hostName) === 0 && options.servername !== '' ? hostName.replace(/\.$/, '') : ''
  return { hostName: hostName.toLowerCase(), serverName }
}

function expectHost(hostName: string): NameExpectation {
  return { anyOf: [isIP(hostName) === 0 ? { dns: hostName } : { ip: hostName }] }
}

/** Who this client is: a session made as one client is never offered as another. */
function credentialKey({ cert, key, pfx, secureContext }: ConnectionOptions): string {
  const identify = (value: unknown): unknown => {
    if (typeof value === 'string') return sha256Hex(Buffer.from(value))
    if (value instanceof Uint8Array) return sha256Hex(value)
    if (Array.isArray(value)) return value.map(identify)
    return typeof value === 'object' && value !== null ? identityOf(value) : null
  }
  return JSON.stringify([cert, key, pfx, secureContext].map(identify))
}

interface Opened {
  readonly socket: TLSSocket
  readonly leafSha256: string
}

function open(plan: Plan, options: ConnectionOptions, expectedLeaf?: string): Promise<Opened> {
  const { settings, signal } = plan
  const session = plan.session ?? (plan.place === undefined ? undefined : settings.sessions?.takeSession(plan.place))
  // Looked up now: what the session is bound to must not depend on what happens during the handshake.
  const offered = session === undefined ? undefined : settings.sessions?.bindingOf(session)
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw new HandshakeError('node/aborted', 'the attempt was ended', { cause: signal.reason })
    const socket = tls.connect({ ...options, ...(session === undefined ? {} : { session }), ...(settings.checksRevocation ? { requestOCSP: true } : {}) })
    plan.platform.prepare(socket)
    let stapled: Uint8Array | undefined
    // It comes before the end of the handshake. Null where the server staples nothing.
    if (settings.checksRevocation) socket.on('OCSPResponse', (response: Buffer | null) => { stapled = response ?? undefined })
    const tickets = collectSessions(socket, plan)
    const release = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.removeListener('secureConnect', onSecure).removeListener('error', onError).removeListener('close', onClose)
    }
    const deny = (error: unknown): void => {
      release()
      tickets.drop()
      // An error may still come while the connection is torn down; it has no listener any more.
      socket.on('error', () => undefined).destroy()
      reject(error instanceof HandshakeError ? error : connectionFailed(plan.hostName, error))
    }
    const who = plan.hostName || 'the server'
    const admit = (accepted: Accepted): void => {
      const { binding } = accepted
      if (socket.destroyed) return deny(undefined)
      if (expectedLeaf !== undefined && binding.leafSha256 !== expectedLeaf) {
        return deny(new HandshakeError('node/leaf-changed', 'the server’s certificate is not the one that was probed'))
      }
      socket.disableRenegotiation()
      const connection = new Connection(socket, { accepted, settings, who, isServer: false, watched: plan.watched })
      // Not open: the error of the socket, which is still listened for, refuses it.
      if (!connection.isOpen()) return
      release()
      noteConnection(socket, connection)
      tickets.keep(binding)
      resolve({ socket, leafSha256: binding.leafSha256 })
    }
    const onSecure = (): void => {
      // The chain is read here, in the hook, before anything else can read and thereby lose it.
      try {
        const outcome = judgePeer(socket, {
          settings, hostName: plan.hostName, who, offered, stapled, isServer: false, deadlineAt: plan.deadlineAt,
        })
        if (outcome instanceof Promise) outcome.then(admit, deny)
        else admit(outcome)
      } catch (error) {
        deny(error)
      }
    }
    const onError = (error: Error): void => deny(error)
    const onClose = (): void => deny(undefined)
    const onAbort = (): void => deny(new HandshakeError('node/aborted', 'the attempt was ended', { cause: signal?.reason }))
    const timer = setTimeout(() => deny(new HandshakeError('node/handshake-timeout',
      `no accepted handshake within ${settings.handshakeDeadline} ms`)), Math.max(1, plan.deadlineAt - performance.now()))
    socket.on('secureConnect', onSecure).on('error', onError).on('close', onClose)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/**
 * Sessions come before the verdict (TLS 1.2) or after it (TLS 1.3). None is kept before, and none of a refused
 * server ever.
 */
function collectSessions(socket: TLSSocket, { place, settings }: Plan): { keep(binding: Accepted['binding']): void, drop(): void } {
  let early: Buffer[] = []
  let binding: Accepted['binding'] | undefined
  const onSession = (bytes: Buffer): void => {
    if (binding === undefined) early.push(bytes)
    else if (place !== undefined) settings.sessions?.saveSession(place, { bytes, binding, once: socket.getProtocol() === 'TLSv1.3' })
  }
  if (place !== undefined) socket.on('session', onSession)
  return {
    keep(accepted) {
      binding = accepted
      early.forEach(onSession)
      early = []
    },
    drop() {
      early = []
      socket.removeListener('session', onSession)
    },
  }
}

function connectionFailed(hostName: string, cause: unknown): HandshakeError {
  const code = (cause as { code?: unknown } | undefined)?.code
  const reason = typeof code === 'string' ? `: ${escapeText(code)}` : ''
  return new HandshakeError('node/connection-failed',
    `no connection to ${escapeText(hostName || 'the server', 300)}${reason}`, { cause })
}
