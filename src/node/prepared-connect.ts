/**
 * A client’s connection in a runtime whose `node:tls` sockets differ from Node’s in details.
 *
 * It does by means of `verifyPeer` what `connect` does in Node. Before anything is judged, `prepare` makes the socket
 * answer as one of Node’s. Sessions are neither offered nor kept.
 */
import { isIP } from 'node:net'
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls'
import { escapeText } from '../verify/escape.ts'
import type { ConnectOptions } from './connect.ts'
import { HandshakeError, refusedBy } from './errors.ts'
import { readPeerChain } from './peer-chain.ts'
import { secureOptionsFor, takeSettings } from './settings.ts'
import { UnsupportedError } from './unsupported.ts'
import { verifyPeer, type VerifyPeerOptions } from './verify-peer.ts'

/** The options of Node’s `connect` without those of sessions, which these runtimes resume in ways of their own. */
export type PreparedConnectOptions = Omit<ConnectOptions, 'session' | 'sessions'>

/** Makes a socket answer as Node’s. Called once, before its handshake has ended. */
export type PrepareSocket = (socket: TLSSocket) => void

interface Plan {
  readonly tls: ConnectionOptions
  readonly verification: VerifyPeerOptions
  readonly hostName: string
  readonly checksRevocation: boolean
  readonly signal: AbortSignal | undefined
  readonly deadlineAt: number
}

/** @internal */
export async function connectPrepared(options: PreparedConnectOptions, prepare: PrepareSocket): Promise<TLSSocket> {
  const plan = takePlan(options)
  if (!options.probeFirst) return open(plan, plan.tls, prepare)
  const { cert: _cert, key: _key, pfx: _pfx, ...bare } = plan.tls
  const probe = await open(plan, bare, prepare)
  const probed = readPeerChain(probe)?.leafSha256
  probe.destroy()
  const socket = await open(plan, plan.tls, prepare)
  if (readPeerChain(socket)?.leafSha256 === probed) return socket
  socket.destroy()
  throw new HandshakeError('node/leaf-changed', 'the server’s certificate is not the one that was probed')
}

function takePlan(options: PreparedConnectOptions): Plan {
  if (typeof options !== 'object' || options === null) throw new TypeError('options: expected an object')
  for (const name of ['session', 'sessions'] as const) {
    if ((options as ConnectOptions)[name] !== undefined) {
      throw new UnsupportedError('runtime/no-such-option', name, 'clients resume no sessions in this runtime')
    }
  }
  const { verifier, names, drive: _d, handshakeDeadline: _h, maxCertificates, policy, recheckAfter, clock, probeFirst, signal, ...rest } = options
  if (probeFirst && (rest.socket !== undefined || rest.secureContext !== undefined)) {
    throw new TypeError('probeFirst: it needs to connect twice, with and without cert, key or pfx; '
      + 'it cannot be used with socket or secureContext')
  }
  const hostName = takeHostName(options)
  const expected = names ?? { anyOf: [isIP(hostName) === 0 ? { dns: hostName } : { ip: hostName }] }
  const settings = takeSettings({ ...options, names: expected } as Parameters<typeof takeSettings>[0])
  // RFC 6066 3: no addresses in SNI, and no final dot.
  const serverName = isIP(hostName) === 0 ? hostName.replace(/\.$/, '') : ''
  return {
    tls: {
      ...rest,
      ...(serverName === '' ? {} : { servername: serverName }),
      secureOptions: secureOptionsFor(rest.secureOptions, false),
      // Not lax: the verdict is ours. With `true` the runtime would ask its own roots first.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    },
    verification: {
      verifier, names: settings.names, drive: settings.drive,
      ...(maxCertificates === undefined ? {} : { maxCertificates }), ...(policy === undefined ? {} : { policy }),
      ...(recheckAfter === undefined ? {} : { recheckAfter }), ...(clock === undefined ? {} : { clock }),
    },
    hostName: hostName.toLowerCase(),
    checksRevocation: settings.checksRevocation,
    signal,
    deadlineAt: performance.now() + settings.handshakeDeadline,
  }
}

function takeHostName(options: PreparedConnectOptions): string {
  const implied = options.socket === undefined && options.path === undefined ? 'localhost' : undefined
  const hostName = options.servername || options.host || implied
  if (hostName === undefined) {
    if (options.names === undefined) throw new TypeError('names: required where there is neither host nor servername')
    return ''
  }
  if (typeof hostName !== 'string') throw new TypeError('host: expected a string')
  return hostName
}

function open(plan: Plan, options: ConnectionOptions, prepare: PrepareSocket): Promise<TLSSocket> {
  const { signal, hostName } = plan
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw new HandshakeError('node/aborted', 'the attempt was ended', { cause: signal.reason })
    const socket = tls.connect({ ...options, ...(plan.checksRevocation ? { requestOCSP: true } : {}) })
    prepare(socket)
    let stapled: Uint8Array | undefined
    if (plan.checksRevocation) socket.on('OCSPResponse', (response: Buffer | null) => { stapled = response ?? undefined })
    const release = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.removeListener('secureConnect', onSecure).removeListener('error', deny).removeListener('close', onClose)
    }
    const deny = (error: unknown): void => {
      release()
      // An error may still come while the connection is torn down; it has no listener any more.
      socket.on('error', () => undefined).destroy()
      reject(error instanceof HandshakeError ? error : connectionFailed(hostName, error))
    }
    const onSecure = (): void => {
      verifyPeer(socket, {
        ...plan.verification,
        handshakeDeadline: Math.max(1, Math.ceil(plan.deadlineAt - performance.now())),
        ...(stapled === undefined ? {} : { ocspResponse: stapled }),
      }).then((verdict) => {
        if (verdict.ok !== true) return deny(refusedBy(verdict, hostName || 'the server'))
        if (socket.destroyed) return deny(undefined)
        release()
        resolve(socket)
      }).catch(deny)
    }
    const onClose = (): void => deny(undefined)
    const onAbort = (): void => deny(new HandshakeError('node/aborted', 'the attempt was ended', { cause: signal?.reason }))
    const timer = setTimeout(() => deny(new HandshakeError('node/handshake-timeout', 'no accepted handshake within the deadline')),
      Math.max(1, plan.deadlineAt - performance.now()))
    socket.on('secureConnect', onSecure).on('error', deny).on('close', onClose)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

function connectionFailed(hostName: string, cause: unknown): HandshakeError {
  const code = (cause as { code?: unknown } | undefined)?.code
  const reason = typeof code === 'string' ? `: ${escapeText(code)}` : ''
  return new HandshakeError('node/connection-failed',
    `no connection to ${escapeText(hostName || 'the server', 300)}${reason}`, { cause })
}
