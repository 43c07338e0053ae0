/**
 * Host names: their syntax (RFC 5280 4.2.1.6, RFC 1034 3.5, RFC 1123 2.1) and how presented names match a
 * reference (RFC 9525 6.3). ASCII only: internationalised names are compared as A-labels.
 */

/** Why a string is no host name, or undefined if it is one. */
export function dnsNameProblem(
  name: string, allow: { readonly wildcard?: boolean; readonly underscore?: boolean } = {},
): string | undefined {
  const host = allow.wildcard === true && name.startsWith('*.') ? name.slice(2) : name
  if (host.length === 0) return 'empty'
  if (host.length > 253) return 'longer than 253 characters'
  const labels = host.split('.')
  for (const label of labels) {
    if (label.length === 0) return 'empty label'
    if (label.length > 63) return 'label longer than 63 characters'
    if (label.includes('*')) return 'wildcard that is not the whole left-most label'
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

/** ASCII lower case; host names are compared without regard to case (RFC 4343). */
export function lowerCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/**
 * Does a presented dNSName match the reference host name? The reference is lower-case, without a trailing dot.
 * A wildcard stands for exactly one whole left-most label (RFC 9525 6.3). Malformed presented names match nothing.
 */
export function matchesDnsName(presented: string, reference: string): boolean {
  if (dnsNameProblem(presented, { wildcard: true, underscore: true }) !== undefined) return false
  const name = lowerCase(presented)
  if (!name.startsWith('*.')) return name === reference
  const dot = reference.indexOf('.')
  return dot > 0 && reference.slice(dot + 1) === name.slice(2)
}

/** True if `name` is `base` or has more labels on the left of it (RFC 5280 4.2.1.10). Both lower-case. */
export function isWithinDomain(name: string, base: string): boolean {
  return base === '' || name === base || name.endsWith(`.${base}`)
}
