/** The values of options: a time, a name to expect, an address to connect to. */
import { isIP } from 'node:net'
import { escapeName } from '../verify/escape.ts'
import { UsageError } from './usage-error.ts'

const timePattern = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/** An RFC 3339 time with its zone, or `@` and seconds since 1970. */
export function parseTime(option: string, text: string): Date {
  const bad = (): never => {
    throw new UsageError(`${option} ${escapeName(text, 60)}: not a time; write 2026-01-31T12:00:00Z, with a zone, or @seconds since 1970`)
  }
  if (/^@-?\d{1,12}(\.\d{1,3})?$/.test(text)) return new Date(Math.round(Number(text.slice(1)) * 1000))
  const match = timePattern.exec(text)
  if (match === null) return bad()
  const [year, month, day, hour, minute, second, zoneHour, zoneMinute] =
    [1, 2, 3, 4, 5, 6, 8, 9].map((group) => Number(match[group] ?? 0)) as [number, number, number, number, number, number, number, number]
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(2000 + year % 400, month, 0)).getUTCDate() ||
    hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return bad()
  const zone = match[7] === undefined ? 'Z' : `${match[7]}${match[8]}:${match[9]}`
  const fraction = /\.\d{1,3}/.exec(text)?.[0] ?? ''
  return new Date(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6] ?? '00'}${fraction}${zone}`)
}

/** One name to expect: exactly one of the kinds that a certificate can name. */
export type ExpectedName =
  | { readonly dns: string } | { readonly ip: string } | { readonly email: string } | { readonly uri: string } | { readonly spiffeId: string }

const prefixed = /^(dns|ip|email|uri):(.*)$/su

/**
 * A name, its kind written before a colon (`dns:`, `ip:`, `email:`, `uri:`) or told from its form. This is a first
 * look, to tell a typing error from a name; the library’s own rules come after it.
 */
export function parseExpectedName(option: string, text: string): ExpectedName {
  const match = prefixed.exec(text)
  const [kind, value] = match === null ? [kindOf(text), text] : [match[1]!, match[2]!]
  const bad = (what: string): never => {
    throw new UsageError(`${option} ${escapeName(text, 100)}: not ${what}`)
  }
  switch (kind) {
    case 'ip': {
      const address = value.replace(/^\[(.*)\]$/, '$1')
      return isIP(address) === 0 || address.includes('%') ? bad('an IP address') : { ip: address }
    }
    case 'email':
      return /^[^@\s]+@[^@\s]+$/u.test(value) ? { email: value } : bad('an email address')
    case 'spiffe':
      return { spiffeId: value }
    case 'uri':
      return /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/u.test(value) ? { uri: value } : bad('a URI')
    default:
      return /^[^\s/:@*]+$/u.test(value) ? { dns: value } : bad(`a host name${hostHint(value)}`)
  }
}

function kindOf(text: string): string {
  if (text.startsWith('spiffe://')) return 'spiffe'
  if (text.includes('://')) return 'uri'
  if (isIP(text.replace(/^\[(.*)\]$/, '$1')) !== 0) return 'ip'
  return text.includes('@') ? 'email' : 'dns'
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** `host:port`, `[v6]:port`, or a host alone, which means port 443. */
export function parseAddress(option: string, text: string): Address {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/@[\]]+))(?::(\d{1,5}))?$/u.exec(text)
  const port = Number(match?.[3] ?? 443)
  const host = match?.[1] ?? match?.[2]
  if (host === undefined || port < 1 || port > 65535 || (match?.[1] !== undefined && isIP(host) !== 6)) {
    throw new UsageError(`${option} ${escapeName(text, 100)}: not an address; write host:port or [IPv6]:port`)
  }
  return { host, port }
}

const purposes = ['serverAuth', 'clientAuth', 'emailProtection', 'codeSigning', 'timeStamping', 'OCSPSigning', 'any']

export function parsePurpose(option: string, text: string): string {
  if (purposes.includes(text) || /^[0-2](\.(0|[1-9]\d*))+$/.test(text)) return text
  throw new UsageError(`${option} ${escapeName(text, 60)}: not a purpose; one of ${purposes.join(', ')}, or a dotted OID`)
}

/** What people write for the host that they mean. */
function hostHint(value: string): string {
  return value.startsWith('*.') ? ' (give the host itself: a certificate’s wildcard matches it)'
    : /:\d+$/.test(value) ? ' (give the host alone, without a port)' : ''
}

/** One of a list of words; `what` completes “not …”. */
export function parseChoice<T extends string>(option: string, text: string, choices: readonly T[], what: string): T {
  const choice = choices.find((one) => one === text)
  if (choice === undefined) throw new UsageError(`${option} ${escapeName(text, 60)}: not ${what}; one of ${choices.join(', ')}`)
  return choice
}
