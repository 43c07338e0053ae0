/**
 * What a policy may ask about the TLS connection itself.
 */
import type { TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import type { ChannelFacts } from '../policy/types.ts'
import { handshakeName } from './handshake-name.ts'

/**
 * The channel of a connection whose handshake has ended. Of one that is gone, what is still known of it. Logged, it says that there is
 * a channel binding and not which: whoever reads the log could show it as his own where protocols take it for a proof.
 */
export function channelFacts(socket: TLSSocket): ChannelFacts {
  const version = socket.getProtocol() ?? undefined
  const serverName = handshakeName(socket)
  // Deno has no `exportKeyingMaterial`.
  const exports = version === 'TLSv1.3' && typeof (socket as Partial<TLSSocket>).exportKeyingMaterial === 'function'
  const facts: ChannelFacts = {
    ...(version === undefined ? {} : { tlsVersion: version, cipher: socket.getCipher().standardName }),
    resumed: socket.isSessionReused() === true,
    ...(serverName === '' ? {} : { serverName }),
    ...(typeof socket.alpnProtocol === 'string' ? { applicationProtocol: socket.alpnProtocol } : {}),
    ...(socket.remoteAddress === undefined ? {} : { remoteAddress: socket.remoteAddress }),
  }
  if (exports) {
    const binding = tlsExporter(socket)
    // A copy each time: the next decision on the connection is made with it.
    Object.defineProperty(facts, 'binding', { enumerable: true, get: () => binding.slice() })
  }
  const logged = { value: () => channelJson(facts) }
  return Object.freeze(Object.defineProperties(facts, { toJSON: logged, [inspect.custom]: logged }))
}

/** A channel as it may stand in a log. */
export function channelJson({ binding, ...channel }: ChannelFacts): object {
  return binding === undefined ? channel : { ...channel, binding: 'not-shown' }
}

/**
 * The channel binding `tls-exporter` (RFC 9266 2): 32 octets, an empty context. With TLS 1.3 only: before it, the value is
 * unique to the connection only with the extended master secret (RFC 9266 4.2), and Node does not tell whether it is used.
 */
function tlsExporter(socket: TLSSocket): Uint8Array {
  return new Uint8Array(socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)))
}
