/**
 * How a `node:tls` socket of Bun differs from one of Node, measured with Bun 1.4.5.
 *
 *   getPeerFinished   is undefined at the end of a handshake of TLS 1.3; `secureConnecting` tells
 *   `connection`      of a server gives the TLS socket itself, there is no raw one below it
 *
 * The chain is shown in the order of the wire, every time it is asked for, on a resumed session too.
 */
import type { TLSSocket } from 'node:tls'

interface BunSocket {
  readonly secureConnecting?: boolean
  getPeerFinished(): Uint8Array | undefined
}

/** Makes the socket say that its handshake has ended when it has. */
export function prepareSocket(socket: TLSSocket): void {
  const { getPeerFinished } = socket as unknown as BunSocket
  Object.defineProperty(socket, 'getPeerFinished', {
    configurable: true,
    value: (): Uint8Array | undefined => getPeerFinished.call(socket)
      ?? ((socket as unknown as BunSocket).secureConnecting === false ? new Uint8Array(0) : undefined),
  })
}

/** Lets the gate of the Node adapter find the connection under this socket, which is the socket itself, while `during` runs. */
export function withParent<T>(socket: TLSSocket, during: () => T): T {
  const parented = socket as unknown as { _parent: unknown }
  const { _parent } = parented
  // Not the socket itself: what walks up the parents would go round.
  parented._parent = { stream: socket, _parent: null }
  try {
    return during()
  } finally {
    parented._parent = _parent
  }
}
