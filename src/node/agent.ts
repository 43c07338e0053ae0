/**
 * A pool of HTTPS connections, each to a server that was accepted.
 *
 * A pooled socket is an answer already given: it may serve only requests that ask the same question. So the name of
 * a pool holds the verifier, the expected names and the policy, beside what Node puts there. A connection whose
 * verdict has ended is not used again.
 */
import https, { type AgentOptions } from 'node:https'
import type { ClientRequest } from 'node:http'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { acceptedVerdict } from './accepted.ts'
import { connect, type ClientVerificationOptions, type ConnectOptions } from './connect.ts'
import { identityOf, policyKey } from './identity.ts'
import { takeSettings } from './settings.ts'

/** Without a `verifier` here, every request has to bring its own as an option. */
export type VerifyingAgentOptions =
  Omit<AgentOptions, 'rejectUnauthorized' | 'checkServerIdentity' | 'session' | 'maxCachedSessions' | 'signal'>
  & Omit<ClientVerificationOptions, 'verifier' | 'signal'> & Partial<Pick<ClientVerificationOptions, 'verifier'>>

type RequestOptions = ConnectOptions & { _agentKey?: unknown }
type OnSocket = (error: Error | null, socket?: Duplex) => void

class VerifyingAgent extends https.Agent {
  /** Node calls this to find the pool of a request. */
  override getName(options: object = {}): string {
    const { verifier, names, policy, sessions, drive, maxCertificates, probeFirst } = options as Partial<ConnectOptions>
    return [
      super.getName(options),
      verifier === undefined ? '' : policyKey(verifier, names, policy),
      sessions === undefined ? '' : identityOf(sessions),
      drive ?? '', maxCertificates ?? '', probeFirst ?? '',
    ].join(':')
  }

  addRequest(request: ClientRequest, options: RequestOptions, ...rest: unknown[]): void {
    // Node would take the server name from the Host header, and a forwarded header would choose whom to expect.
    const host = options.host ?? 'localhost'
    const servername = options.servername ?? this.options.servername ?? (isIP(host) === 0 ? host : '')
    const inherited = https.Agent.prototype as unknown as { addRequest(...values: unknown[]): void }
    inherited.addRequest.call(this, request, { ...options, servername }, ...rest)
  }

  override createConnection(options: RequestOptions, onSocket: OnSocket): undefined {
    const { _agentKey, session, signal, ...wanted } = options
    // Node’s own cache of sessions is off, and one that a request brings along is not ours.
    void _agentKey, session, signal
    connect(wanted).then((socket) => onSocket(null, socket), (error: Error) => onSocket(error))
  }

  override keepSocketAlive(socket: Duplex): boolean {
    const inherited = https.Agent.prototype as unknown as { keepSocketAlive(socket: Duplex): boolean }
    const verdict = acceptedVerdict(socket)
    return verdict !== undefined && Date.now() <= verdict.validUntil.getTime() && inherited.keepSocketAlive.call(this, socket)
  }
}

/**
 * An agent for `https.request` whose connections are made by `connect`. The expected name is the host of the
 * request’s URL, never its `Host` header.
 *
 * @throws {TypeError} naming the option that is wrong
 */
export function createHttpsAgent(options: VerifyingAgentOptions): https.Agent {
  const { verifier, names = 'unchecked' } = options
  if (verifier !== undefined) takeSettings({ ...options, verifier, names })
  return new VerifyingAgent({ ...options, maxCachedSessions: 0 } as AgentOptions)
}
