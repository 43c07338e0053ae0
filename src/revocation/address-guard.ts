/**
 * Which addresses may be asked for a list, an answer or an issuer: the guard against server-side request forgery.
 *
 * An address comes out of a certificate, so a stranger chooses it. Whoever fetches it stands inside a network, where a
 * request alone may do harm. The text is read once, by the parser that `fetch` uses too, and the host is judged in the
 * form that comes out: 0x7f.1, 2130706433, 0177.1 and %31%32%37.0.0.1 are all 127.0.0.1 then. What a name resolves to
 * cannot be seen here: `createGuardedFetch` of `countersign/node` looks at that, and elsewhere a list of hosts is required.
 */
import { parseIpAddress } from '../path/ip-address.ts'

export type AddressCode =
  /** The address is no absolute URL, is too long, or has characters that URLs do not have. To do: nothing on this side; the CA wrote it so. */
  | 'fetch/bad-address'
  /** The address is not `http:`, nor `https:` where that was let through. To do: set `https: true`, if that is what it takes. */
  | 'fetch/blocked-scheme'
  /** The port is not among `ports`. To do: add the port, if the CA is yours. */
  | 'fetch/blocked-port'
  /** The host is not in `allowedHosts`, or what it resolves to is not public; `details.reason` says which. To do: add the host, or an exception for the network, if they are yours; otherwise it is what the guard is for. */
  | 'fetch/blocked-address'

export type FetchDetails = Readonly<Record<string, string | number | boolean>>

/** Addresses that may be asked although they are not public, or not on a usual port. */
export interface AddressException {
  /** A CIDR block, such as `127.0.0.0/8` or `fd00::/8`. A block of IPv4 says nothing of IPv4-mapped addresses. */
  readonly network: string
  readonly ports: readonly number[] | 'any'
}

/** What a fetch that resolves and checks by itself lets through. */
export interface AddressGuard {
  /** Ports of public addresses. */
  readonly ports: readonly number[]
  readonly exceptions: readonly ParsedException[]
}

export interface ParsedException {
  readonly network: Network
  readonly ports: readonly number[] | 'any'
}

export interface AddressRules {
  readonly https: boolean
  readonly ports: readonly number[]
  /** As `takeHosts` returns them. With a list, a host that is not on it is refused. */
  readonly allowedHosts?: readonly string[] | undefined
  /** Its exceptions are let through here; a name is then left to whoever resolves it. */
  readonly guard?: AddressGuard | undefined
}

export type AddressAnswer =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly code: AddressCode; readonly details: FetchDetails }

/** Longer than any address in use, and what common servers still answer. */
export const maxAddressLength = 2048

/** Judges one address. The `url` of an answer has no fragment, and is the text to be fetched. */
export function checkAddress(address: string, rules: AddressRules): AddressAnswer {
  if (address.length > maxAddressLength) return bad('too-long')
  // RFC 5280 4.2.1.6: an IA5String in the form of RFC 3986. The parser below would mend what stands outside it.
  if (!/^[\x21-\x7e]*$/.test(address) || /["<>\\^`{|}]/.test(address)) return bad('characters')
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(address)?.[1]?.toLowerCase()
  if (scheme === undefined) return bad('not-absolute')
  if (scheme !== 'http' && !(scheme === 'https' && rules.https)) return refusal('fetch/blocked-scheme', { scheme })
  let url: URL
  try {
    url = new URL(address)
  } catch {
    return bad('syntax')
  }
  if (url.username !== '' || url.password !== '') return blocked(url.hostname, 'userinfo')
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port)
  const problem = checkHost(url.hostname, port, rules)
  if (problem !== undefined) return problem
  url.hash = ''
  return { ok: true, url: url.href }
}

function checkHost(hostname: string, port: number, rules: AddressRules): AddressAnswer | undefined {
  const { allowedHosts, guard, ports } = rules
  const exceptions = guard?.exceptions ?? []
  const isUsualPort = ports.includes(port)
  if (!isUsualPort && !exceptions.some((exception) => namesPort(exception, port))) return refusal('fetch/blocked-port', { port })
  const host = plainHost(hostname)
  const isListed = allowedHosts?.some((entry) => entry === host || (entry.startsWith('.') && host.endsWith(entry)))
  if (isListed === false) return blocked(host, 'host-not-allowed')
  const literal = parseIpAddress(host)
  if (literal !== undefined) {
    if (isExcepted(literal, port, exceptions)) return undefined
    if (!isUsualPort) return refusal('fetch/blocked-port', { port })
    // A literal can only be listed as it is. A fetch that guards by itself will ask its own exceptions, not this list.
    return isPublicOctets(literal) || (isListed === true && guard === undefined) ? undefined : blocked(host, 'not-public')
  }
  if (host.length > 253 || !host.split('.').every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))) return bad('host')
  // RFC 6761 6.3; a name of one label means whatever the resolver's search list makes of it.
  const isLocal = !host.includes('.') || host.endsWith('.localhost')
  return isLocal && isListed !== true && exceptions.length === 0 ? blocked(host, 'local-name') : undefined
}

/** The host of a URL without brackets and without the dot of the root. */
function plainHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

/**
 * The entries of `allowedHosts` in the form that hosts are compared in: a name, an address, or a `.suffix`, which stands
 * for all names below it.
 *
 * @throws {TypeError} for an entry that is none of these
 */
export function takeHosts(hosts: readonly string[]): readonly string[] {
  return Array.from(hosts, (entry) => {
    const name = typeof entry === 'string' && /^\.?[^\s./?#@\\%*][^\s/?#@\\%*]*$/.test(entry) ? entry : undefined
    let host: string | undefined
    try {
      const bare = name?.replace(/^\./, '')
      const url = new URL(`http://${bare?.includes(':') === true && !bare.startsWith('[') ? `[${bare}]` : bare}/`)
      if (url.port === '' && name !== undefined) host = plainHost(url.hostname)
    } catch { /* refused below */ }
    if (host === undefined || host === '') throw new TypeError('allowedHosts: expected host names without scheme or port, or suffixes such as .example.com')
    return name!.startsWith('.') ? `.${host}` : host
  })
}

export interface Network {
  readonly octets: Uint8Array
  /** Length of the prefix in bits. */
  readonly bits: number
}

/** Reads a CIDR block (RFC 4632 3.1, RFC 4291 2.3), or returns undefined. */
export function parseNetwork(text: string): Network | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text)
  const octets = match === null ? undefined : parseIpAddress(match[1]!)
  const bits = Number(match?.[2])
  return octets === undefined || bits > octets.length * 8 ? undefined : { octets, bits }
}

/**
 * Reads the exceptions of a caller.
 *
 * @throws {TypeError} for one that is no block, or names no port
 */
export function takeExceptions(allow: readonly AddressException[]): readonly ParsedException[] {
  return Array.from(allow, ({ network: text, ports }) => {
    const network = parseNetwork(String(text))
    if (network === undefined) throw new TypeError('allow: expected { network, ports } with a network such as 10.0.0.0/8')
    return { network, ports: ports === 'any' ? ports : takePorts('allow', ports) }
  })
}

/** @throws {TypeError} naming the option, unless all are port numbers and there is one */
export function takePorts(option: string, ports: readonly number[]): readonly number[] {
  const taken = Array.isArray(ports) ? [...ports as readonly number[]] : []
  if (taken.length === 0 || !taken.every((port) => Number.isInteger(port) && port > 0 && port < 65536)) {
    throw new TypeError(`${option}: expected ports from 1 to 65535`)
  }
  return taken
}

/** Whether a connection to this address and port is let through by an exception. */
export function isExcepted(octets: Uint8Array, port: number, exceptions: readonly ParsedException[]): boolean {
  return exceptions.some((exception) => namesPort(exception, port) && isWithin(octets, exception.network))
}

function namesPort({ ports }: ParsedException, port: number): boolean {
  return ports === 'any' || ports.includes(port)
}

function isWithin(octets: Uint8Array, { octets: prefix, bits }: Network): boolean {
  if (octets.length !== prefix.length) return false
  for (let i = 0, left = bits; left > 0; i++, left -= 8) {
    if (((octets[i]! ^ prefix[i]!) & (left < 8 ? 0xff00 >> left : 0xff)) !== 0) return false
  }
  return true
}

/**
 * IPv4 blocks that are not globally reachable: the IANA IPv4 Special-Purpose Address Registry (RFC 6890), with
 * multicast (RFC 5771), what is reserved (RFC 1112 4), and the relays of 6to4 (RFC 7526).
 */
const reservedIpv4 = ['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24',
  '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/3',
  // Of the public ones, but the same machine-local service on every host of one cloud.
  '168.63.129.16/32']

/**
 * IPv6 addresses that are global unicast (RFC 4291 2.4) lie in 2000::/3; everything else is loopback, private, link-local,
 * multicast, a form of IPv4 (mapped, or NAT64 of RFC 6052 and RFC 8215), or not assigned. Of 2000::/3 these are not meant:
 * protocol assignments, with Teredo, benchmarks and ORCHID (RFC 2928), documentation (RFC 3849, RFC 9637), and 6to4
 * (RFC 3056), which carries an IPv4 address.
 */
const globalIpv6 = '2000::/3'
const reservedIpv6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

/** Whether an IP address in text is one of the public internet. False for text that is no address. */
export function isPublicAddress(address: string): boolean {
  const octets = parseIpAddress(address)
  return octets !== undefined && isPublicOctets(octets)
}

function isPublicOctets(octets: Uint8Array): boolean {
  const isIn = (text: string): boolean => isWithin(octets, parseNetwork(text)!)
  return octets.length === 4 ? !reservedIpv4.some(isIn) : isIn(globalIpv6) && !reservedIpv6.some(isIn)
}

function refusal(code: AddressCode, details: FetchDetails): AddressAnswer {
  return { ok: false, code, details }
}

function bad(reason: string): AddressAnswer {
  return refusal('fetch/bad-address', { reason })
}

function blocked(host: string, reason: string): AddressAnswer {
  return refusal('fetch/blocked-address', { host, reason })
}
