/**
 * Host names: their syntax (RFC 5280 4.2.1.6, RFC 1034 3.5, RFC 1123 2.1) and how presented names match a
 * reference (RFC 9525 6.3). ASCII only: internationalised names are compared as A-labels. And the host in a request’s authority.
 */
import { parseIpAddress } from './ip-address.ts'

/** What nearly every host name is: labels of letters, digits and inner hyphens, the last one beginning with a letter. */
const plainHostName = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)*[a-z](?:[a-z\d-]{0,61}[a-z\d])?$/i

/** Why a string is no host name, or undefined if it is one. */
export function dnsNameProblem(
  name: string, allow: { readonly wildcard?: boolean; readonly underscore?: boolean } = {},
): string | undefined {
  const host = allow.wildcard === true && name.startsWith('*.') ? name.slice(2) : name
  if (host.length === 0) return 'empty'
  if (host.length > 253) return 'longer than 253 characters'
  if (plainHostName.test(host)) return undefined
  const labels = host.split('.')
  for (const label of labels) {
    if (label.length === 0) return 'empty label'
    if (label.length > 63) return 'label longer than 63 characters'
    if (label.includes('*')) return allow.wildcard === true ? 'wildcard that is not the whole left-most label' : 'wildcard, where a host is meant'
    if (!(allow.underscore === true ? /^[A-Za-z0-9_-]+$/ : /^[A-Za-z0-9-]+$/).test(label)) {
      return label.includes('_') ? 'underscore' : 'character outside letters, digits and hyphen'
    }
    if (label.startsWith('-') || label.endsWith('-')) return 'label that begins or ends with a hyphen'
  }
  // RFC 1123 2.1: the last label is alphabetic, so that no address reads as a name.
  return endsInNumber(host) ? 'an IP address, or a last label that is a number' : undefined
}

/** True where a resolver would read the string as an IPv4 address (decimal, octal or hexadecimal last label). */
export function endsInNumber(host: string): boolean {
  return /^(?:\d+|0[xX][0-9A-Fa-f]*)$/.test(host.slice(host.lastIndexOf('.') + 1))
}

/**
 * The host of `host[:port]` (RFC 3986 3.2), in lower case and without a final dot, as a policy and a list of served hosts ask about it.
 *
 * Undefined where programs behind this one may read another host: user information; a backslash, which ends the host of a URL for
 * some (WHATWG URL 4.4); percent-encoding and what is not ASCII, which that standard decodes and maps; numbers that are an address by
 * its reading alone (`127.1`); a second final dot, which would come off where the name is read once more.
 */
export function hostOf(authority: string): string | undefined {
  const host = /^(\[[0-9a-f:.]+\](?!\.)|[\w.-]*[\w-])\.?(?::\d*)?$/i.exec(authority)?.[1]?.toLowerCase()
  return host === undefined || (endsInNumber(host) && parseIpAddress(host) === undefined) ? undefined : host
}

/** ASCII lower case; host names are compared without regard to case (RFC 4343). */
export function lowerCase(name: string): string {
  return /[A-Z]/.test(name) ? name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : name
}

/**
 * Does a presented dNSName match the reference host name? The reference is lower-case, without a trailing dot.
 * A wildcard stands for exactly one whole left-most label (RFC 9525 6.3). Malformed presented names match nothing.
 */
export function matchesDnsName(presented: string, reference: string): boolean {
  if (dnsNameProblem(presented, { wildcard: true, underscore: true }) !== undefined) return false
  const name = lowerCase(presented)
  if (!name.startsWith('*.')) return name === reference
  const end = reference.indexOf('.')
  return end > 0 && reference.slice(end + 1) === name.slice(2)
}
