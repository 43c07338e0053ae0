/**
 * The gate of a server: between Node’s end of the handshake and everybody who listens for it.
 *
 * `tls`, `https` and `http2` servers all learn of a finished handshake by the event `secureConnection`, which Node
 * emits inside the callback that ends the handshake. The gate stands in the server’s `emit`, so no listener, be it
 * Node’s HTTP parser or the application’s, sees the socket before the verdict. Nobody has asked the socket for data
 * until then, so it does not flow: what a hasty peer sends stays in Node’s buffers, up to their limit.
 */
import type { Server, TLSSocket } from 'node:tls'
import type { Duplex } from 'node:stream'
import { noteConnection } from './accepted.ts'
import { Connection } from './connection.ts'
import { HandshakeError } from './errors.ts'
import { handshakeName } from './handshake-name.ts'
import type { Hosts } from './hosts.ts'
import { judgePeer, type Accepted } from './judge.ts'
import { PendingHandshakes, type PendingEntry } from './pending.ts'
import type { Settings } from './settings.ts'

/** What is known of a refused peer beside the error. Nothing in it is authenticated. */
export interface RefusedPeer {
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
  /** The name in the client’s SNI extension, as it came: escape it before printing. Empty if there was none. */
  readonly serverName: string
}

/** Told of every peer that was not let in, and of each that was put out again: what let it in has ended, or was taken back. */
export type OnRefused = (error: HandshakeError, peer: RefusedPeer) => void

export interface GateOptions {
  readonly hosts: Hosts
  readonly handshakeDeadline: number
  readonly maxPendingHandshakes: number
  /** Whether a timer checks again what was let in; else each request does. */
  readonly watched: boolean
  readonly onRefused: OnRefused | undefined
}

export type Emit = (event: string | symbol, ...values: unknown[]) => boolean

/** Puts a gate into `server`. */
export function installGate(server: Server, options: GateOptions): void {
  const { hosts, onRefused, watched } = options
  const pending = new PendingHandshakes(options.maxPendingHandshakes, options.handshakeDeadline)
  const emit = server.emit.bind(server) as Emit

  const report = (error: HandshakeError, peer: RefusedPeer): void => {
    onRefused?.(error, peer)
    emit('peerRefused', error, peer)
  }

  const accept = (raw: Duplex): boolean => {
    const peer = describe(raw)
    try {
      pending.add(raw, (error) => report(error, peer))
    } catch (error) {
      raw.destroy()
      report(error as HandshakeError, peer)
      return true
    }
    return emit('connection', raw)
  }

  const admit = (socket: TLSSocket): boolean => {
    const peer = describe(socket)
    const entry = pending.find(socket)
    const hostName = handshakeName(socket)
    const who = `the peer at ${peer.remoteAddress ?? 'an unknown address'}`
    const refuse = (error: HandshakeError): void => report(error, peer)
    const settings = hosts.find(hostName)
    hold(socket, entry, {
      judge(deadlineAt) {
        if (settings === undefined) throw new HandshakeError('node/unknown-host', 'nobody decides here for the host that was asked for')
        return judgePeer(socket, { settings, hostName, who, isServer: true, deadlineAt })
      },
      enter(accepted) {
        socket.disableRenegotiation()
        const connection = new Connection(socket, { accepted, settings: settings as Settings, who, isServer: true, watched, onEnd: refuse })
        noteConnection(socket, connection)
        if (connection.isOpen()) emit('secureConnection', socket)
      },
      refuse,
    })
    return true
  }

  server.emit = ((event: string | symbol, ...values: unknown[]): boolean => {
    if (event === 'connection') return accept(values[0] as Duplex)
    if (event === 'secureConnection') return admit(values[0] as TLSSocket)
    return emit(event, ...values)
  }) as Server['emit']
}

interface Holding {
  judge(deadlineAt: number): Accepted | Promise<Accepted>
  enter(accepted: Accepted): void
  refuse(error: HandshakeError): void
}

/** Keeps the socket to itself until there is a verdict, then lets it in or destroys it: exactly one of the two. */
function hold(socket: TLSSocket, entry: PendingEntry | undefined, { judge, enter, refuse }: Holding): void {
  let held = true
  const release = (): boolean => {
    if (!held) return false
    held = false
    entry?.settle()
    socket.removeListener('error', onError)
    socket.removeListener('close', onClose)
    return true
  }
  const deny = (cause: unknown): void => {
    if (!release()) return
    // An error may still come while the connection is torn down; it has no listener any more.
    socket.on('error', () => undefined)
    // The last message of a TLS 1.2 handshake leaves after this hook. A client that probes (`probeFirst`) comes
    // without a certificate and waits for it; nobody else has the socket until it is gone.
    if (cause instanceof HandshakeError && cause.code === 'node/no-peer-certificate') setImmediate(() => socket.destroy())
    else socket.destroy()
    refuse(cause instanceof HandshakeError
      ? cause
      : new HandshakeError('node/connection-failed', 'the connection ended before the verdict', { cause }))
  }
  const admit = (accepted: Accepted): void => {
    if (socket.destroyed) deny(undefined)
    else if (release()) enter(accepted)
  }
  const onError = (error: Error): void => deny(error)
  const onClose = (): void => deny(undefined)
  socket.on('error', onError)
  socket.on('close', onClose)

  if (entry === undefined) {
    deny(new HandshakeError('node/connection-failed', 'the connection did not come in through this server'))
    return
  }
  entry.expire = deny
  let outcome: Accepted | Promise<Accepted>
  try {
    outcome = judge(entry.deadlineAt)
  } catch (error) {
    deny(error)
    return
  }
  if (!(outcome instanceof Promise)) admit(outcome)
  // Out of the promise first: what a listener throws is its own error, not a rejection of this one.
  else outcome.then((accepted) => queueMicrotask(() => admit(accepted)), deny)
}

function describe(connection: Duplex): RefusedPeer {
  const socket = connection as Partial<TLSSocket>
  return {
    remoteAddress: socket.remoteAddress,
    remotePort: socket.remotePort,
    serverName: 'servername' in connection ? handshakeName(connection as TLSSocket) : '',
  }
}
