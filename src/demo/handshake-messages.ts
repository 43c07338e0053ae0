/**
 * The handshake of TLS 1.2 as it passes by: records (RFC 5246 6.2.1) and the messages in them (7.4).
 *
 * Handshake messages go unencrypted until the sender’s ChangeCipherSpec; from then on records are passed along
 * as they are. A message may span records, and a record may hold several messages.
 */

/** A message in clear, or a record that holds none. */
export type Item =
  | { readonly kind: 'handshake', readonly type: number, readonly body: Buffer }
  | { readonly kind: 'record', readonly type: number, readonly encrypted: boolean, readonly bytes: Buffer }

export const certificateType = 11

const recordHeader = 5
const maxFragment = 0x4000
const changeCipherSpec = 20
const handshake = 22

const names: Readonly<Record<number, string>> = {
  0: 'HelloRequest', 1: 'ClientHello', 2: 'ServerHello', 4: 'NewSessionTicket', 11: 'Certificate', 12: 'ServerKeyExchange',
  13: 'CertificateRequest', 14: 'ServerHelloDone', 15: 'CertificateVerify', 16: 'ClientKeyExchange', 22: 'CertificateStatus',
}

/** What to call an item in a list of what was on the wire; `undefined` for application data. */
export function describeItem(item: Item): string | undefined {
  if (item.kind === 'record') {
    if (item.type === changeCipherSpec) return 'ChangeCipherSpec'
    return item.type === handshake ? 'Finished (encrypted)' : undefined
  }
  const name = names[item.type] ?? `message ${item.type}`
  return item.type === certificateType ? `${name} (${splitCertificates(item.body).length} certificates)` : name
}

/** Takes one direction of a connection apart. */
export class HandshakeReader {
  #buffer: Buffer = Buffer.alloc(0)
  #messages: Buffer = Buffer.alloc(0)
  #encrypted = false

  push(chunk: Buffer): Item[] {
    this.#buffer = Buffer.concat([this.#buffer, chunk])
    const items: Item[] = []
    while (this.#buffer.length >= recordHeader) {
      const end = recordHeader + this.#buffer.readUInt16BE(3)
      if (this.#buffer.length < end) break
      items.push(...this.#record(this.#buffer.subarray(0, end)))
      this.#buffer = this.#buffer.subarray(end)
    }
    return items
  }

  #record(bytes: Buffer): Item[] {
    const type = bytes[0]!
    if (type !== handshake || this.#encrypted) {
      const item: Item = { kind: 'record', type, encrypted: this.#encrypted, bytes }
      if (type === changeCipherSpec) this.#encrypted = true
      return [item]
    }
    this.#messages = Buffer.concat([this.#messages, bytes.subarray(recordHeader)])
    const items: Item[] = []
    while (this.#messages.length >= 4) {
      const end = 4 + this.#messages.readUIntBE(1, 3)
      if (this.#messages.length < end) break
      items.push({ kind: 'handshake', type: this.#messages[0]!, body: this.#messages.subarray(4, end) })
      this.#messages = this.#messages.subarray(end)
    }
    return items
  }
}

/** The bytes of an item for the wire: a message in as many records as it needs. */
export function encodeItem(item: Item): Buffer {
  if (item.kind === 'record') return item.bytes
  const message = Buffer.concat([Buffer.from([item.type]), uint24(item.body.length), item.body])
  const records: Buffer[] = []
  for (let at = 0; at < message.length; at += maxFragment) {
    const fragment = message.subarray(at, at + maxFragment)
    records.push(Buffer.from([handshake, 3, 3, fragment.length >> 8, fragment.length & 0xff]), fragment)
  }
  return Buffer.concat(records)
}

/** The body of a Certificate message (RFC 5246 7.4.2). */
export function encodeCertificates(chain: readonly Uint8Array[]): Buffer {
  const list = Buffer.concat(chain.flatMap((der) => [uint24(der.length), der]))
  return Buffer.concat([uint24(list.length), list])
}

export function splitCertificates(body: Buffer): Buffer[] {
  const certificates: Buffer[] = []
  for (let at = 3; at + 3 <= body.length;) {
    const end = at + 3 + body.readUIntBE(at, 3)
    certificates.push(body.subarray(at + 3, end))
    at = end
  }
  return certificates
}

function uint24(value: number): Buffer {
  const bytes = Buffer.alloc(3)
  bytes.writeUIntBE(value, 0, 3)
  return bytes
}
