/**
 * Clients: connections, HTTPS agents and HTTP/2 sessions to servers that were accepted.
 */
import type { ClientHttp2Session } from 'node:http2'
import type { Agent } from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { Verdict } from '../verify/types.ts'
import { agentOn } from '../node/agent.ts'
import { connectOn } from '../node/connect.ts'
import { http2On } from '../node/http2-client.ts'
import {
  refuseSessions, type Platform, type SessionlessAgentOptions, type SessionlessConnectOptions, type SessionlessHttp2Options,
} from '../node/platform.ts'
import { verifyPeer as verifyNodePeer, type VerifyPeerOptions } from '../node/verify-peer.ts'
import { refuseBindings } from './policy.ts'
import { boundHeldBytes, prepareSocket } from './socket.ts'

const denoPlatform: Platform = {
  check(options) {
    refuseSessions(options)
    refuseBindings(options)
  },
  prepare(socket) {
    prepareSocket(socket)
    socket.once('secureConnect', () => boundHeldBytes(socket))
  },
}

/**
 * Connects, and resolves with the socket of `node:tls` when the server was accepted. Nothing can be written before
 * that, and nothing read. Options, errors and limits are those of the Node adapter’s `connect`, without `session`
 * and `sessions`: a client in Deno resumes nothing.
 *
 * @throws {HandshakeError} for every refusal and failed connection
 * @throws {UnsupportedError} `runtime/no-such-option` for `session` and `sessions`, and for a policy that asks for `channel.binding`
 * @throws {TypeError} naming the option that is wrong
 */
export function connect(options: SessionlessConnectOptions): Promise<TLSSocket> {
  return connectOn(denoPlatform, options)
}

/**
 * An agent for `node:https` whose connections are made by `connect`. The expected name is the host of the request’s
 * URL, never its `Host` header.
 *
 * @throws {UnsupportedError} `runtime/no-such-option` for `sessions`, and for a policy that asks for `channel.binding`
 * @throws {TypeError} naming the option that is wrong
 */
export function createHttpsAgent(options: SessionlessAgentOptions): Agent {
  return agentOn(denoPlatform, options)
}

/**
 * Connects to the origin of `url` (`https:` only) over HTTP/2. The expected name is its host, unless `names` says otherwise.
 *
 * @throws {HandshakeError} as `connect` does; `node/wrong-protocol` if the server does not speak HTTP/2
 * @throws {TypeError} naming the option that is wrong
 */
export function connectHttp2(url: string | URL, options: SessionlessHttp2Options): Promise<ClientHttp2Session> {
  return http2On(denoPlatform, url, options)
}

/**
 * Judges the peer of a `node:tls` socket that you made yourself, at either end, as the Node adapter’s `verifyPeer`
 * does: call it inside `secureConnect` or `secureConnection`, and hold the socket back until it has resolved.
 */
export async function verifyPeer(socket: TLSSocket, options: VerifyPeerOptions): Promise<Verdict> {
  if (socket?.encrypted !== true) throw new TypeError('socket: expected a TLS socket')
  refuseBindings(options)
  prepareSocket(socket)
  boundHeldBytes(socket)
  return verifyNodePeer(socket, options)
}
