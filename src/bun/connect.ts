/**
 * Clients: connections, HTTPS agents and HTTP/2 sessions to servers that were accepted.
 */
import type { ClientHttp2Session } from 'node:http2'
import type { Agent } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { agentOn } from '../node/agent.ts'
import { connectOn } from '../node/connect.ts'
import { http2On } from '../node/http2-client.ts'
import {
  refuseSessions, type Platform, type SessionlessAgentOptions, type SessionlessConnectOptions, type SessionlessHttp2Options,
} from '../node/platform.ts'

const bunPlatform: Platform = { check: refuseSessions, prepare: () => undefined }

/**
 * Connects, and resolves with the socket of `node:tls` when the server was accepted. Nothing can be written before
 * that, and nothing read. Options, errors and limits are those of the Node adapter’s `connect`, without `session`
 * and `sessions`: a client resumes nothing here.
 *
 * @throws {HandshakeError} for every refusal and failed connection
 * @throws {UnsupportedError} `runtime/no-such-option` for `session` and `sessions`
 * @throws {TypeError} naming the option that is wrong
 */
export function connect(options: SessionlessConnectOptions): Promise<TLSSocket> {
  return connectOn(bunPlatform, options)
}

/**
 * An agent for `node:https` whose connections are made by `connect`. The expected name is the host of the request’s
 * URL, never its `Host` header.
 *
 * @throws {UnsupportedError} `runtime/no-such-option` for `sessions`
 * @throws {TypeError} naming the option that is wrong
 */
export function createHttpsAgent(options: SessionlessAgentOptions): Agent {
  return agentOn(bunPlatform, options)
}

/**
 * Connects to the origin of `url` (`https:` only) over HTTP/2. The expected name is its host, unless `names` says otherwise.
 *
 * @throws {HandshakeError} as `connect` does; `node/wrong-protocol` if the server does not speak HTTP/2
 * @throws {TypeError} naming the option that is wrong
 */
export function connectHttp2(url: string | URL, options: SessionlessHttp2Options): Promise<ClientHttp2Session> {
  return http2On(bunPlatform, url, options)
}
