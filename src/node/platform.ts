/**
 * Where the clients of Deno and Bun differ from those of Node.
 */
import type { TLSSocket } from 'node:tls'
import type { VerifyingAgentOptions } from './agent.ts'
import type { ConnectOptions } from './connect.ts'
import type { ConnectHttp2Options } from './http2-client.ts'
import { UnsupportedError } from './unsupported.ts'

/** What the adapter of a runtime tells the clients of this one. */
export interface Platform {
  /** Throws `UnsupportedError` for options that ask for what the runtime has not. */
  readonly check: (options: Partial<ConnectOptions>) => void
  /** Makes a socket answer as Node’s. Called once for each, before its handshake has ended. */
  readonly prepare: (socket: TLSSocket) => void
}

export const nodePlatform: Platform = { check: () => undefined, prepare: () => undefined }

/** The options of Node’s `connect` without those of sessions, which the other runtimes resume in ways of their own. */
export type SessionlessConnectOptions = Omit<ConnectOptions, 'session' | 'sessions'>
export type SessionlessAgentOptions = Omit<VerifyingAgentOptions, 'sessions'>
export type SessionlessHttp2Options = Omit<ConnectHttp2Options, 'session' | 'sessions'>

/**
 * For a runtime whose clients neither offer nor keep sessions.
 *
 * @throws {UnsupportedError} `runtime/no-such-option`
 */
export function refuseSessions(options: Partial<ConnectOptions>): void {
  for (const name of ['session', 'sessions'] as const) {
    if (options[name] !== undefined) {
      throw new UnsupportedError('runtime/no-such-option', name, 'clients resume no sessions in this runtime')
    }
  }
}
