/**
 * Connections of a server that have no verdict yet: how many there may be, and how long each may take.
 *
 * A peer that connects and says nothing, or that stops in the middle of the handshake, costs a socket and memory.
 * The clock starts with the TCP connection and runs until the verdict, so that no part of it can be drawn out.
 */
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { HandshakeError } from './errors.ts'

export interface PendingEntry {
  /** When time is up, on the clock of `performance.now`. */
  readonly deadlineAt: number
  /** Called when time is up; set again when the handshake has ended and a verdict is awaited. */
  expire: (error: HandshakeError) => void
  settle: () => void
}

export class PendingHandshakes {
  readonly #entries = new Map<Duplex, PendingEntry>()
  readonly #most: number
  readonly #milliseconds: number

  constructor(most: number, milliseconds: number) {
    this.#most = most
    this.#milliseconds = milliseconds
  }

  get size(): number {
    return this.#entries.size
  }

  /**
   * Starts the clock of a raw connection. `expire` is called if time runs out; the raw connection is destroyed then.
   *
   * @throws {HandshakeError} `node/too-many-pending`
   */
  add(raw: Duplex, expire: (error: HandshakeError) => void): void {
    if (this.#entries.size >= this.#most) {
      throw new HandshakeError('node/too-many-pending', `${this.#most} handshakes are pending already`)
    }
    const settle = (): void => {
      clearTimeout(timer)
      raw.removeListener('close', settle)
      this.#entries.delete(raw)
    }
    const entry: PendingEntry = { deadlineAt: performance.now() + this.#milliseconds, expire, settle }
    const timer = setTimeout(() => {
      settle()
      raw.destroy()
      entry.expire(new HandshakeError('node/handshake-timeout',
        `no accepted handshake within ${this.#milliseconds} ms`))
    }, this.#milliseconds)
    raw.once('close', settle)
    this.#entries.set(raw, entry)
  }

  /** The entry of the raw connection under a TLS socket. In Bun that is the TLS socket itself. */
  find(socket: TLSSocket): PendingEntry | undefined {
    // The one internal field that this adapter reads: there is no public way from a TLS socket to what is under it.
    // Where it is missing nothing is found, and the gate refuses.
    const parent = (socket as unknown as { _parent?: { stream?: Duplex } })._parent
    return this.#entries.get(socket) ?? this.#entries.get(parent as unknown as Duplex) ?? this.#entries.get(parent?.stream as Duplex)
  }
}
