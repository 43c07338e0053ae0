/**
 * HTTP clients over a `connect` of another runtime: the pool and the HTTP/2 session of the Node adapter, with the
 * connections made differently.
 */
import http2, { type ClientHttp2Session } from 'node:http2'
import type { Agent } from 'node:https'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { connectionOf, noteConnection } from './accepted.ts'
import { createHttpsAgent, type VerifyingAgentOptions } from './agent.ts'
import { HandshakeError } from './errors.ts'
import type { ConnectHttp2Options } from './http2-client.ts'
import type { PreparedConnectOptions } from './prepared-connect.ts'
import { UnsupportedError } from './unsupported.ts'

export type PreparedAgentOptions = Omit<VerifyingAgentOptions, 'sessions'>
export type PreparedHttp2Options = Omit<ConnectHttp2Options, 'session' | 'sessions'>

type Connect = (options: PreparedConnectOptions) => Promise<TLSSocket>
type RequestOptions = PreparedConnectOptions & { _agentKey?: unknown, session?: unknown }
type OnSocket = (error: Error | null, socket?: Duplex) => void

/** @internal */
export function agentOver(connect: Connect, options: PreparedAgentOptions): Agent {
  if ((options as VerifyingAgentOptions).sessions !== undefined) {
    throw new UnsupportedError('runtime/no-such-option', 'sessions', 'clients resume no sessions in this runtime')
  }
  const agent = createHttpsAgent(options)
  // Names, pools and lifetimes stay those of the Node adapter.
  const pool = agent as unknown as { createConnection(options: RequestOptions, onSocket: OnSocket): undefined }
  pool.createConnection = (requested, onSocket) => {
    const { _agentKey, session, signal, ...wanted } = requested
    void _agentKey, session, signal
    connect(wanted).then((socket) => onSocket(null, socket), (error: Error) => onSocket(error))
    return undefined
  }
  return agent
}

/** @internal */
export async function http2Over(connect: Connect, url: string | URL, options: PreparedHttp2Options): Promise<ClientHttp2Session> {
  const { http2: sessionOptions, ...wanted } = options
  const target = new URL(url)
  if (target.protocol !== 'https:') throw new TypeError('url: expected https:')
  const socket = await connect({
    host: target.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(target.port || 443),
    ...wanted,
    ALPNProtocols: ['h2'],
  } as PreparedConnectOptions)
  if (socket.alpnProtocol !== 'h2') {
    socket.destroy()
    throw new HandshakeError('node/wrong-protocol', 'the server does not speak HTTP/2')
  }
  const session = http2.connect(target, { ...sessionOptions, createConnection: () => socket })
  const connection = connectionOf(socket)
  if (connection !== undefined) noteConnection(session, connection)
  return session
}
