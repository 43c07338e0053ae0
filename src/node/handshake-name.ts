/**
 * Which host a handshake was for.
 */
import type { TLSSocket } from 'node:tls'

/** What the client’s SNI asked for (RFC 6066 3), in lower case; empty without one. */
export function handshakeName(socket: TLSSocket): string {
  // At a server `servername` is the client’s SNI, or false. Its type says string only.
  const name = (socket as unknown as { servername?: string | false | null }).servername
  return typeof name === 'string' ? name.toLowerCase() : ''
}
