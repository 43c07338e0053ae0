/**
 * HTTP/2 over a connection whose server was accepted.
 */
import http2, { type ClientHttp2Session, type ClientSessionOptions } from 'node:http2'
import { connectionOf, noteConnection } from './accepted.ts'
import { connectOn, type ConnectOptions } from './connect.ts'
import { HandshakeError } from './errors.ts'
import { requireOptions } from './options.ts'
import { nodePlatform, type Platform } from './platform.ts'

export type ConnectHttp2Options = Omit<ConnectOptions, 'ALPNProtocols' | 'socket'> & {
  /** Options of the HTTP/2 session itself. */
  readonly http2?: Omit<ClientSessionOptions, 'createConnection'>
}

/**
 * Connects to the origin of `url` (`https:` only). The expected name is its host, unless `names` says otherwise.
 *
 * @throws {HandshakeError} as `connect` does; `node/wrong-protocol` if the server does not speak HTTP/2
 * @throws {TypeError} naming the option that is wrong
 */
export function connectHttp2(url: string | URL, options: ConnectHttp2Options): Promise<ClientHttp2Session> {
  return http2On(nodePlatform, url, options)
}

/** @internal */
export async function http2On(platform: Platform, url: string | URL, options: ConnectHttp2Options): Promise<ClientHttp2Session> {
  requireOptions(options)
  const { http2: sessionOptions, ...wanted } = options
  const target = new URL(url)
  if (target.protocol !== 'https:') throw new TypeError('url: expected https:')
  const socket = await connectOn(platform, {
    host: target.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(target.port || 443),
    ...wanted,
    ALPNProtocols: ['h2'],
  })
  if (socket.alpnProtocol !== 'h2') {
    socket.destroy()
    throw new HandshakeError('node/wrong-protocol', 'the server does not speak HTTP/2')
  }
  const session = http2.connect(target, { ...sessionOptions, createConnection: () => socket })
  const connection = connectionOf(socket)
  if (connection !== undefined) noteConnection(session, connection)
  return session
}
