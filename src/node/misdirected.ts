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
import type { IncomingMessage } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http2'
import { isIP } from 'node:net'
import { hostOf } from '../path/dns-name.ts'

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

/** Which hosts may be asked for on a connection. */
export interface Directions {
  /** The name of the handshake; empty without one. */
  readonly sni: string
  /** The option `serverNames`. */
  readonly served: ReadonlySet<string> | undefined
  /** Whether a host has a verifier and a policy of its own: then it is asked for under its own name only. */
  readonly isListed: (host: string) => boolean
}

/**
 * The host of a request for `authority`; undefined where it does not belong on this connection. With a list the name has
 * to be in it; without SNI (a client that connects to an address sends none) the list alone decides.
 */
export function directedHost(authority: string | undefined, { sni, served, isListed }: Directions): string | undefined {
  const host = authority === undefined ? undefined : hostOf(authority)
  if (host === undefined) return undefined
  if (served !== undefined && !served.has(host)) return undefined
  const directed = sni === '' ? served !== undefined && !isListed(host) : host === hostOf(sni)
  return directed ? host : undefined
}

/** The host that a request of HTTP/1 is for; undefined where it is misdirected. */
export function hostOfRequest(request: IncomingMessage, directions: Directions): string | undefined {
  // Two Host fields are an error (RFC 9112 3.2), and Node shows the first alone in `headers`; what stands beyond `maxHeadersCount` it
  // shows in `rawHeaders` alone.
  const { rawHeaders } = request
  const hosts = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === 'host')
  if (hosts.length !== 1) return undefined
  const names = [hosts[0]]
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(request.url ?? '')
  if (absolute !== null) names.push(absolute[1])
  if (request.method === 'CONNECT') names.push(request.url)
  return agreed(names, directions)
}

/** The host that a stream of HTTP/2 is for; undefined where it is misdirected. */
export function hostOfStream(headers: IncomingHttpHeaders, directions: Directions): string | undefined {
  const { ':authority': authority, host } = headers
  // RFC 9113 8.3.1: a Host beside :authority has to say the same.
  return agreed(host === undefined ? [authority] : [authority ?? host, host], directions)
}

function agreed(names: readonly (string | undefined)[], directions: Directions): string | undefined {
  const [host, ...others] = names.map((name) => directedHost(name, directions))
  // Without SNI several hosts may be served: a request that names two of them would be decided on for one, and handled for the other.
  return others.every((other) => other === host) ? host : undefined
}
