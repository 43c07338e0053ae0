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
  const match = matchUri(uri)
  if (match === undefined) return undefined
  const [, scheme, authority, path, query, fragment] = match
  return {
    scheme: lowerCase(scheme!), path: path!, hasQueryOrFragment: query !== undefined || fragment !== undefined,
    host: authority === undefined ? undefined : hostIn(authority),
    hasUserinfo: authority?.includes('@') === true, hasPort: /:\d*$/.test(authority?.replace(/^.*@/s, '') ?? ''),
  }
}

/** True for an absolute URI. */
export function isUri(text: string): boolean {
  return matchUri(text) !== undefined
}

/** The parts of an absolute URI: scheme, authority, path, query and fragment. */
function matchUri(uri: string): RegExpExecArray | undefined {
  // Nothing that names a peer is longer; the patterns below need not look at a hostile megabyte.
  if (uri.length > 8192 || /[^\x21-\x7e]|[\\"<>^`{|}]/.test(uri)) return undefined
  return /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/s.exec(uri) ?? undefined
}

/** The host of an authority, in lower case. */
function hostIn(authority: string): string {
  // The userinfo ends at the last @: what stands before it never names the host. An address in brackets ends with them.
  return lowerCase(authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, ''))
}

/** The host of a URI if it is a fully qualified domain name, as a URI name constraint needs (RFC 5280 4.2.1.10). */
export function uriHost(uri: string): string | undefined {
  const authority = matchUri(uri)?.[2]
  const host = authority === undefined ? undefined : hostIn(authority)
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
