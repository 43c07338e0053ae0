/**
 * A pool of HTTPS connections, each to a server that was accepted.
 *
 * A pooled socket is an answer already given: it may serve only requests that ask the same question. So the name of
 * a pool holds the verifier, the expected names and the policy, beside what Node puts there. A connection whose
 * verdict has ended is not used again; with `recheckAfter` an idle one is checked before its next request.
 */
import https, { type AgentOptions } from 'node:https'
import type { ClientRequest } from 'node:http'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connectionOf } from './accepted.ts'
import { connectOn, type ClientVerificationOptions, type ConnectOptions } from './connect.ts'
import { HandshakeError } from './errors.ts'
import { identityOf, policyKey } from './identity.ts'
import { refuseMisspelt, requireOptions } from './options.ts'
import { nodePlatform, type Platform } from './platform.ts'
import { takeSettings } from './settings.ts'

/** Without a `verifier` here, every request has to bring its own as an option. */
export type VerifyingAgentOptions =
  Omit<AgentOptions, 'rejectUnauthorized' | 'checkServerIdentity' | 'session' | 'maxCachedSessions' | 'signal'>
  & Omit<ClientVerificationOptions, 'verifier' | 'signal'> & Partial<Pick<ClientVerificationOptions, 'verifier'>>

type RequestOptions = ConnectOptions & { _agentKey?: unknown }
type OnSocket = (error: Error | null, socket?: Duplex) => void

class VerifyingAgent extends https.Agent {
  /** Idle sockets that may serve one more request. */
  readonly #cleared = new WeakSet<Duplex>()
  readonly #platform: Platform

  constructor(platform: Platform, options: AgentOptions) {
    super(options)
    this.#platform = platform
  }

  /** Node calls this to find the pool of a request. */
  override getName(options: object = {}): string {
    const { verifier, names, policy, sessions, drive, maxCertificates, probeFirst, recheckAfter, clock } = options as Partial<ConnectOptions>
    return [
      super.getName(options),
      verifier === undefined ? '' : policyKey(verifier, names, policy),
      sessions === undefined ? '' : identityOf(sessions),
      clock === undefined ? '' : identityOf(clock),
      drive ?? '', maxCertificates ?? '', probeFirst ?? '', recheckAfter ?? '',
    ].join(':')
  }

  addRequest(request: ClientRequest, options: RequestOptions, ...rest: unknown[]): void {
    // Node would take the server name from the Host header, and a forwarded header would choose whom to expect.
    const host = options.host ?? 'localhost'
    const servername = options.servername ?? this.options.servername ?? (isIP(host) === 0 ? host : '')
    const wanted = { ...options, servername }
    const inherited = https.Agent.prototype as unknown as { addRequest(...values: unknown[]): void }
    const add = (): void => inherited.addRequest.call(this, request, wanted, ...rest)
    // Node asks for the name of the pool in the same way.
    const cleared = this.#clear(this.getName({ ...wanted, ...this.options }))
    if (cleared === undefined) add()
    else void cleared.then(() => queueMicrotask(add))
  }

  /** Checks the idle socket that Node would take next, until one stands or none is left. A promise where that has to wait. */
  #clear(pool: string): Promise<void> | undefined {
    const idle = this.freeSockets[pool] as Duplex[] | undefined
    while (idle !== undefined && idle.length > 0) {
      const next = (this as unknown as { scheduling: string }).scheduling === 'fifo' ? idle[0]! : idle.at(-1)!
      const ready = connectionOf(next)?.ready() ?? false
      // Not asked again after the wait, which may have taken longer than `recheckAfter`.
      if (ready instanceof Promise) return ready.then((open) => (this.#settle(idle, next, open) ? undefined : this.#clear(pool)))
      if (this.#settle(idle, next, ready)) return undefined
    }
    return undefined
  }

  /** Whether the socket may serve one more request; if not, it is taken out of the pool. */
  #settle(idle: Duplex[], socket: Duplex, open: boolean): boolean {
    if (open) {
      this.#cleared.add(socket)
      return true
    }
    socket.destroy()
    const at = idle.indexOf(socket)
    if (at >= 0) idle.splice(at, 1)
    return false
  }

  /** Node calls this for the idle socket that it takes. One that nobody has cleared serves no request. */
  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    const inherited = https.Agent.prototype as unknown as { reuseSocket(...values: unknown[]): void }
    if (!this.#cleared.delete(socket)) socket.destroy(new HandshakeError('node/acceptance-ended', 'the connection was not checked again'))
    inherited.reuseSocket.call(this, socket, request)
  }

  override createConnection(options: RequestOptions, onSocket: OnSocket): undefined {
    const { _agentKey, session, signal, ...wanted } = options
    // Node’s own cache of sessions is off, and one that a request brings along is not ours.
    void _agentKey, session, signal
    connectOn(this.#platform, wanted, false).then((socket) => {
      // An upgrade or a tunnel takes it out of the pool: no request will come any more, so the timer watches.
      socket.once('agentRemove', () => connectionOf(socket)?.handOver(undefined, undefined))
      onSocket(null, socket)
    }, (error: Error) => onSocket(error))
  }

  override keepSocketAlive(socket: Duplex): boolean {
    const inherited = https.Agent.prototype as unknown as { keepSocketAlive(socket: Duplex): boolean }
    return connectionOf(socket)?.isOpen() === true && inherited.keepSocketAlive.call(this, socket)
  }
}

/**
 * An agent for `https.request` whose connections are made by `connect`. The expected name is the host of the
 * request’s URL, never its `Host` header.
 *
 * @throws {TypeError} naming the option that is wrong
 */
export function createHttpsAgent(options: VerifyingAgentOptions): https.Agent {
  return agentOn(nodePlatform, options)
}

/** @internal */
export function agentOn(platform: Platform, options: VerifyingAgentOptions): https.Agent {
  requireOptions(options)
  platform.check(options as Partial<ConnectOptions>)
  refuseMisspelt(options)
  const { verifier, names = 'unchecked' } = options
  if (verifier !== undefined) takeSettings({ ...options, verifier, names })
  return new VerifyingAgent(platform, { ...options, maxCachedSessions: 0 } as AgentOptions)
}
