/**
 * A connector for undici, and with it for `fetch`: what `new Agent({ connect })` takes. Undici itself is not needed here;
 * the types say by structure what it asks and how it is answered.
 *
 * An agent, or pool, or client of undici keeps its sockets by origin alone. It has one connector, and a connector has one
 * verifier and one policy: so no socket is ever shared between two of them.
 */
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { connect, type ConnectOptions } from './connect.ts'
import { HandshakeError } from './errors.ts'
import { requireOptions } from './options.ts'
import { takeSettings } from './settings.ts'

/** Host, port and protocol are those of the URL of a request. */
export type ConnectorOptions = Omit<ConnectOptions, 'host' | 'port' | 'path' | 'socket' | 'servername' | 'ALPNProtocols' | 'session' | 'signal'> & {
  /** Offers HTTP/2 before HTTP/1.1. Default: what undici asks for, which without its own `allowH2` is HTTP/1.1 alone. */
  readonly allowH2?: boolean
}

/** What undici asks a connector for. */
export interface ConnectorRequest {
  readonly hostname: string
  /** `https:`; anything else is refused. */
  readonly protocol: string
  /** Empty for the default. */
  readonly port: string
  readonly localAddress?: string | null
  readonly socketPath?: string | null
  readonly httpSocket?: Socket
  readonly allowH2?: boolean
}

export type Connector = (wanted: ConnectorRequest, callback: (...answer: [null, TLSSocket] | [Error, null]) => void) => void

/**
 * Makes a connector whose servers are all judged, and decided on. The expected name is the host of the URL (or `names`),
 * never the `Host` header: the server name that undici takes from it is not heard.
 *
 * @example
 * ```ts
 * const dispatcher = new Agent({ connect: createConnector({ verifier, policy, cert, key }) })
 * await fetch('https://api.bank.example/', { dispatcher })
 * ```
 * @throws {TypeError} naming the option that is wrong
 */
export function createConnector(options: ConnectorOptions): Connector {
  requireOptions(options)
  const { allowH2, ...shared } = options
  takeSettings({ ...shared, names: shared.names ?? 'unchecked' })
  if (allowH2 !== undefined && typeof allowH2 !== 'boolean') throw new TypeError('allowH2: expected true or false')
  return (wanted, callback) => {
    const { protocol, hostname, port, localAddress, socketPath, httpSocket } = wanted
    if (protocol !== 'https:') {
      // As all answers, not before this has returned.
      queueMicrotask(() => callback(new HandshakeError('node/wrong-protocol', 'without TLS nobody can be verified'), null))
      return
    }
    connect({
      noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000,
      ...shared,
      host: hostname,
      port: Number(port || 443),
      ...(localAddress ? { localAddress } : {}),
      ...(socketPath ? { path: socketPath } : {}),
      ...(httpSocket === undefined ? {} : { socket: httpSocket }),
      ALPNProtocols: allowH2 ?? wanted.allowH2 ?? false ? ['h2', 'http/1.1'] : ['http/1.1'],
    } as ConnectOptions).then(
      // Out of the promise first: what undici throws is its own error, not a rejection of this one.
      (socket) => queueMicrotask(() => callback(null, socket)),
      (error: Error) => queueMicrotask(() => callback(error, null)),
    )
  }
}
