/**
 * What the three processes of the demonstration tell each other. All of it is plain JSON.
 */
import type { Verdict } from '../verify/index.ts'
import { explain } from '../verify/index.ts'
import { HandshakeError, acceptedVerdict, readPeerChain } from '../node/index.ts'
import type { TLSSocket } from 'node:tls'
import { now } from './relay.ts'

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

export interface ServeCommand {
  readonly kind: 'serve'
  readonly id: number
  readonly cert: string
  readonly key: string
  /** PEM of the root that clients’ certificates must lead to. */
  readonly anchor: string
  readonly clientUri: string
  readonly version: TlsVersion
}

export interface ConnectCommand {
  readonly kind: 'connect'
  readonly id: number
  readonly port: number
  readonly hostName: string
  readonly anchor: string
  readonly cert: string
  readonly key: string
  readonly version: TlsVersion
  readonly probeFirst: boolean
  readonly message: string
}

/** One end’s view of a connection that it accepted. */
export interface Accepted {
  readonly outcome: 'accepted'
  readonly protocol: string
  readonly cipher: string
  /** Names of the peer, as `type: value`, escaped. */
  readonly identities: readonly string[]
  readonly explanation: string
  /** SHA-256 of the peer’s leaf. */
  readonly leaf: string
  /** How many certificates the peer sent. */
  readonly certificates: number
  /** The name in the handshake. */
  readonly hostName: string
  readonly time: number
}

/** One end’s view of a connection that failed. */
export interface Refused {
  readonly outcome: 'refused'
  readonly code: string
  /** The code of the verdict, where there is one. */
  readonly verdictCode: string | undefined
  readonly explanation: string
  readonly time: number
}

/** An error of the TLS library, before any certificate was judged. */
export interface TlsFailure {
  readonly outcome: 'tls-error'
  readonly code: string
  readonly message: string
}

export type ServerEvent = Accepted | Refused | TlsFailure | { readonly outcome: 'message', readonly text: string }

export type Report =
  | { readonly kind: 'serving', readonly id: number, readonly port: number }
  | { readonly kind: 'event', readonly id: number, readonly event: ServerEvent }
  | { readonly kind: 'done', readonly id: number, readonly result: (Accepted & { readonly reply: string }) | Refused }
  | { readonly kind: 'broken', readonly text: string }

export function describeAccepted(socket: TLSSocket): Accepted {
  const verdict = acceptedVerdict(socket)
  if (verdict === undefined) throw new Error('the adapter handed over a socket without a verdict')
  const chain = readPeerChain(socket)
  return {
    outcome: 'accepted',
    protocol: socket.getProtocol() ?? 'none',
    cipher: socket.getCipher().name,
    identities: verdict.identities.map(({ type, value }) => `${type}: ${value}`),
    explanation: explain(verdict),
    leaf: chain?.leafSha256 ?? '',
    certificates: 1 + (chain?.intermediates.length ?? 0),
    hostName: (socket as unknown as { servername?: string }).servername || '',
    time: now(),
  }
}

export function describeRefused(error: unknown): Refused {
  if (!(error instanceof HandshakeError)) throw error
  const verdict: Verdict | undefined = error.verdict
  return {
    outcome: 'refused',
    code: error.code,
    verdictCode: error.verdict?.code,
    explanation: verdict === undefined ? error.message : explain(verdict),
    time: now(),
  }
}
