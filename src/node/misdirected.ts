/**
 * 421 Misdirected Request (RFC 9110 15.5.20): a request must be for the host that the handshake was for.
 *
 * What was judged, and by which policy, followed from the name in the handshake. A client may reuse the connection
 * for another host (RFC 9113 9.1.1) or simply write another `Host`; such a request was never judged for that host.
 *
 * The name of a request is its `Host` (RFC 9112 3.2), the authority of an absolute-form target, which goes before
 * it, or `:authority` (RFC 9113 8.3.1). The port takes no part: the handshake has none. A `CONNECT` names the
 * other end of a tunnel, and is refused like any other foreign name.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Server, TLSSocket } from 'node:tls'
import { acceptedVerdict, noteAccepted } from './accepted.ts'
import { handshakeName, type Emit } from './gate.ts'

const status = 421

/** Checks the option `serverNames`, and brings the names into the form that requests are compared in. */
export function takeServerNames(names: readonly string[] | undefined): ReadonlySet<string> | undefined {
  if (names === undefined) return undefined
  if (!Array.isArray(names) || names.length === 0) throw new TypeError('serverNames: expected a list of host names')
  return new Set(names.map((name) => {
    const host = typeof name === 'string' ? hostOf(isIP(name) === 6 ? `[${name}]` : name) : undefined
    if (host === undefined) throw new TypeError('serverNames: expected host names or IP addresses without a port')
    return host
  }))
}

/**
 * Whether a request for `authority` belongs on a connection whose handshake named `sni`. With a list the name has
 * to be in it too; without SNI (a client that connects to an address sends none) the list alone decides.
 */
export function isDirected(authority: string | undefined, sni: string, served: ReadonlySet<string> | undefined): boolean {
  const host = authority === undefined ? undefined : hostOf(authority)
  if (host === undefined) return false
  if (served !== undefined && !served.has(host)) return false
  return sni === '' ? served !== undefined : host === hostOf(sni)
}

/** The host of `host[:port]`, lower-case, without a final dot; `undefined` if it is none. */
function hostOf(authority: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:@/?#[\]]+)(?::[0-9]*)?$/i.exec(authority)
  return match?.[1]?.toLowerCase().replace(/\.$/, '')
}

/** Stands in `server.emit`, so that no listener sees a misdirected request. Install it before the gate. */
export function guardRequests(server: Server, served: ReadonlySet<string> | undefined): void {
  const emit = server.emit.bind(server) as Emit
  // The socket that listeners of `secureConnection` have at this moment: Node makes the HTTP/2 session inside.
  let entering: TLSSocket | undefined

  const enter = (socket: TLSSocket): boolean => {
    const outer = entering
    entering = socket
    try {
      return emit('secureConnection', socket)
    } finally {
      entering = outer
    }
  }
  server.emit = ((event: string | symbol, ...values: unknown[]): boolean => {
    switch (event) {
      case 'secureConnection':
        return enter(values[0] as TLSSocket)
      case 'session':
        if (entering === undefined) { // A session that came in past the gate.
          (values[0] as ServerHttp2Session).destroy()
          return true
        }
        guardSession(values[0] as ServerHttp2Session, entering, served)
        return emit(event, ...values)
      case 'request':
      case 'checkContinue':
      case 'checkExpectation':
      case 'upgrade':
      case 'connect':
        // HTTP/2 requests were looked at as streams already. Their `socket` is a stand-in without a verdict.
        if ((values[0] as IncomingMessage).httpVersionMajor >= 2) return emit(event, ...values)
        if (isRequestDirected(values[0] as IncomingMessage, served)) return emit(event, ...values)
        refuseRequest(values[1] as ServerResponse | Duplex)
        return true
      default:
        return emit(event, ...values)
    }
  }) as Server['emit']
}

function isRequestDirected(request: IncomingMessage, served: ReadonlySet<string> | undefined): boolean {
  // Two Host fields are an error (RFC 9112 3.2), and Node shows the first alone in `headers`.
  const hosts = request.headersDistinct['host'] ?? []
  const sni = handshakeName(request.socket as TLSSocket)
  if (hosts.length !== 1 || !isDirected(hosts[0], sni, served)) return false
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(request.url ?? '')
  if (absolute !== null && !isDirected(absolute[1], sni, served)) return false
  return request.method !== 'CONNECT' || isDirected(request.url, sni, served)
}

function refuseRequest(answer: ServerResponse | Duplex): void {
  if ('writeHead' in answer) answer.writeHead(status, { connection: 'close', 'content-length': 0 }).end()
  else answer.end(`HTTP/1.1 ${status} Misdirected Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

function guardSession(session: ServerHttp2Session, socket: TLSSocket, served: ReadonlySet<string> | undefined): void {
  const verdict = acceptedVerdict(socket)
  if (verdict !== undefined) noteAccepted(session, verdict)
  const sni = handshakeName(socket)
  const emit = session.emit.bind(session) as Emit
  session.emit = ((event: string | symbol, ...values: unknown[]): boolean => {
    if (event !== 'stream') return emit(event, ...values)
    const [stream, headers] = values as [ServerHttp2Stream, IncomingHttpHeaders]
    const host = headers.host
    const authority = headers[':authority'] ?? host
    // RFC 9113 8.3.1: a Host beside :authority has to say the same.
    const agrees = host === undefined || isDirected(host, sni, served)
    if (agrees && isDirected(authority, sni, served)) return emit(event, ...values)
    // The peer may reset the stream at any time; nobody else listens to this one.
    stream.on('error', () => undefined)
    stream.respond({ ':status': status }, { endStream: true })
    stream.close()
    return true
  }) as ServerHttp2Session['emit']
}
