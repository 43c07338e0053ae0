/**
 * A relay on the wire between client and server: it notes every message of the handshake and, if told to, puts
 * another chain into the client’s Certificate message. It has no keys, and ends nothing.
 */
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { certificateType, describeItem, encodeCertificates, encodeItem, HandshakeReader, type Item } from './handshake-messages.ts'

export interface Sighting {
  readonly from: 'client' | 'server'
  readonly connection: number
  readonly name: string
  /** Milliseconds since 1970, with fractions. */
  readonly time: number
}

export interface Relay {
  readonly port: number
  readonly sightings: readonly Sighting[]
  readonly swapped: () => number
  close(): void
}

/** The time on a clock that every process of this machine shares. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

/** Listens on loopback and passes everything on to `target`. */
export async function startRelay(target: number, substitute?: readonly Uint8Array[]): Promise<Relay> {
  const sightings: Sighting[] = []
  const sockets = new Set<net.Socket>()
  let connections = 0
  let swapped = 0

  const swap = (item: Item): Item => {
    if (substitute === undefined || item.kind !== 'handshake' || item.type !== certificateType) return item
    swapped++
    return { ...item, body: encodeCertificates(substitute) }
  }
  const pass = (from: Sighting['from'], connection: number, source: net.Socket, sink: net.Socket): void => {
    const reader = new HandshakeReader()
    source.on('data', (chunk: Buffer) => {
      for (const item of reader.push(chunk)) {
        const name = describeItem(item)
        if (name !== undefined) sightings.push({ from, connection, name, time: now() })
        sink.write(encodeItem(from === 'client' ? swap(item) : item))
      }
    })
    // Times of messages are shown: none may wait for the next.
    source.setNoDelay(true)
    source.on('end', () => sink.end())
    source.on('close', () => sink.destroy())
    source.on('error', () => sink.destroy())
    sockets.add(source)
  }

  const server = net.createServer((client) => {
    const upstream = net.connect(target, '127.0.0.1')
    connections++
    pass('client', connections, client, upstream)
    pass('server', connections, upstream, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    sightings,
    swapped: () => swapped,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
