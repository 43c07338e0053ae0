/**
 * URIs as names (RFC 3986): only what matching needs, the scheme and the host. Hosts are not parsed with `URL`,
 * whose answers differ between runtimes.
 */
import { dnsNameProblem, lowerCase } from './dns-name.ts'

export interface UriParts {
  readonly scheme: string
  /** The host in lower case, or undefined where the URI has no authority. */
  readonly host: string | undefined
  readonly hasUserinfo: boolean
  readonly hasPort: boolean
  readonly path: string
  readonly hasQueryOrFragment: boolean
}

/** Splits an absolute URI (RFC 3986 appendix B), or returns undefined where it is none. */
export function parseUri(uri: string): UriParts | undefined {
  // Nothing that names a peer is longer; the patterns below need not look at a hostile megabyte.
  if (uri.length > 8192) return undefined
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(uri)
  if (match === null || /[^\x21-\x7e]|[\\"<>^`{|}]/.test(uri)) return undefined
  const [, scheme, authority, path, query, fragment] = match
  const parts = { scheme: lowerCase(scheme!), path: path!, hasQueryOrFragment: query !== undefined || fragment !== undefined }
  if (authority === undefined) return { ...parts, host: undefined, hasUserinfo: false, hasPort: false }
  // The userinfo ends at the last @: what stands before it never names the host.
  const at = authority.lastIndexOf('@')
  const hostPort = authority.slice(at + 1)
  const port = /:(\d*)$/.exec(hostPort)
  const host = port === null || hostPort.endsWith(']') ? hostPort : hostPort.slice(0, port.index)
  return { ...parts, host: lowerCase(host), hasUserinfo: at >= 0, hasPort: port !== null }
}

/** The host of a URI if it is a fully qualified domain name, as a URI name constraint needs (RFC 5280 4.2.1.10). */
export function uriHost(uri: string): string | undefined {
  const host = parseUri(uri)?.host
  return host !== undefined && dnsNameProblem(host, { underscore: true }) === undefined ? host : undefined
}

/** Why a URI is no SPIFFE ID (SPIFFE-ID 2.1 to 2.3), or undefined if it is one. */
export function spiffeIdProblem(uri: string): string | undefined {
  if (uri.length > 2048) return 'longer than 2048 bytes'
  const match = /^spiffe:\/\/([^/?#]*)(.*)$/s.exec(uri)
  if (match === null) return 'scheme is not spiffe://'
  const [, trustDomain, path] = match as unknown as [string, string, string]
  if (trustDomain.length > 255 || !/^[a-z0-9._-]+$/.test(trustDomain)) {
    return 'trust domain outside lower-case letters, digits, dot, hyphen and underscore'
  }
  if (path === '') return undefined
  for (const segment of path.slice(1).split('/')) {
    if (!/^[A-Za-z0-9._-]+$/.test(segment)) return 'path segment that is empty or outside letters, digits, dot, hyphen and underscore'
    if (segment === '.' || segment === '..') return 'dot segment'
  }
  return undefined
}
