/**
 * The certificates of a TLS 1.2 handshake, read from the bytes on the wire, where they stand in the clear
 * (RFC 5246 7.4.2). Only for a server whose certificate the platform cannot even parse: nothing proves that the
 * server holds a key, so the result is good for a refusal alone.
 */
import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'

const maxRecordedBytes = 256 * 1024

/** A stream that passes everything through to a socket, and keeps the first bytes that came from it. */
export class RecordingStream extends Duplex {
  readonly #socket: Socket
  readonly #chunks: Uint8Array[] = []
  #length = 0

  constructor(socket: Socket) {
    super()
    this.#socket = socket
    socket.on('data', (chunk: Uint8Array) => {
      if (this.#length < maxRecordedBytes) {
        this.#chunks.push(chunk)
        this.#length += chunk.length
      }
      if (!this.push(chunk)) socket.pause()
    })
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#socket.write(chunk, callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.end(callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.destroy()
    callback(error)
  }

  get recorded(): Uint8Array {
    return Buffer.concat(this.#chunks)
  }
}

/** The DER of the first Certificate message, leaf first; empty where the bytes hold none. */
export function plainCertificates(bytes: Uint8Array): Uint8Array[] {
  const handshake = handshakeBytes(bytes)
  let position = 0
  while (position + 4 <= handshake.length) {
    const type = handshake[position]!
    const body = handshake.subarray(position + 4, position + 4 + uint24(handshake, position + 1))
    position += 4 + uint24(handshake, position + 1)
    if (position > handshake.length) return []
    if (type === 11) return certificateList(body)
  }
  return []
}

/** The fragments of all plaintext records of type handshake (22), joined. */
function handshakeBytes(bytes: Uint8Array): Uint8Array {
  const fragments: Uint8Array[] = []
  for (let position = 0; position + 5 <= bytes.length;) {
    const length = (bytes[position + 3]! << 8) | bytes[position + 4]!
    if (bytes[position] !== 22 || position + 5 + length > bytes.length) break
    fragments.push(bytes.subarray(position + 5, position + 5 + length))
    position += 5 + length
  }
  return Buffer.concat(fragments)
}

function certificateList(body: Uint8Array): Uint8Array[] {
  const certificates: Uint8Array[] = []
  let position = 3
  while (position + 3 <= body.length) {
    const length = uint24(body, position)
    if (position + 3 + length > body.length) break
    certificates.push(new Uint8Array(body.subarray(position + 3, position + 3 + length)))
    position += 3 + length
  }
  return certificates
}

function uint24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
}
