/**
 * How a policy writes values: each kind in one form, checked when the policy is read, and compared as what it is.
 */
import { isOid } from '../asn1/oid.ts'
import { lowerCase } from '../path/dns-name.ts'
import { parseIpAddress } from '../path/ip-address.ts'
import { ipAddressText } from '../x509/general-name.ts'
import { keyPurposeOids } from '../x509/oids.ts'
import { attributeName, type FieldKind } from './fields.ts'
import type { FactValue } from './peer-facts.ts'

/** Versions of TLS in their order. */
const tlsVersions: readonly string[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

/** The rank of a version as the runtimes name it, or undefined. */
export function tlsRank(version: string): number | undefined {
  const rank = tlsVersions.indexOf(version)
  return rank < 0 ? undefined : rank
}

const text = (raw: unknown): string | undefined => (typeof raw === 'string' ? raw : undefined)
const matching = (pattern: RegExp) => (raw: unknown): string | undefined => (typeof raw === 'string' && pattern.test(raw) ? raw : undefined)

/** The octets of an IP address, or undefined; those of the IPv4 address where one is written as IPv6, as dual-stack sockets do (RFC 4291 2.5.5.2). */
export function addressOctets(address: string): Uint8Array | undefined {
  const octets = parseIpAddress(address)
  return /^(?:0,){10}255,255,/.test(String(octets)) ? octets!.slice(12) : octets
}

/** An IP address in its one spelling (RFC 5952), or undefined. */
export function addressText(address: string): string | undefined {
  const octets = addressOctets(address)
  return octets && ipAddressText(octets)
}

/** A mailbox, its host in lower case (RFC 5280 7.5) and without a final dot. */
export function mailboxText(mailbox: string): string {
  const at = mailbox.lastIndexOf('@') + 1
  return mailbox.slice(0, at) + hostText(mailbox.slice(at))
}

/** A host name in lower case and without a final dot. */
export function hostText(host: string): string {
  return lowerCase(host.endsWith('.') ? host.slice(0, -1) : host)
}

/** Takes a value of a policy document into the form in which it is compared, or undefined where it is none of its kind. */
export const literals: { readonly [K in Exclude<FieldKind, 'rdn' | 'factor'>]: (raw: unknown) => FactValue | undefined } = {
  text,
  uri: text,
  path: text,
  any: (raw) => (typeof raw === 'string' || typeof raw === 'boolean' || Number.isFinite(raw) ? raw as FactValue : undefined),
  dns: (raw) => (typeof raw === 'string' ? hostText(raw) : undefined),
  email: (raw) => (typeof raw === 'string' ? mailboxText(raw) : undefined),
  ip: (raw) => (typeof raw === 'string' ? addressText(raw) : undefined),
  hex: matching(/^(?:[0-9a-f]{2})+$/),
  base64url: matching(/^[A-Za-z0-9_-]+$/),
  oid: (raw) => (typeof raw !== 'string' ? undefined
    : Object.hasOwn(keyPurposeOids, raw) ? keyPurposeOids[raw as keyof typeof keyPurposeOids] : isOid(raw) ? raw : undefined),
  number: (raw) => (Number.isFinite(raw) ? raw as number : undefined),
  boolean: (raw) => (typeof raw === 'boolean' ? raw : undefined),
  tls: (raw) => (typeof raw === 'string' ? tlsRank(raw) : undefined),
  date: (raw) => (typeof raw === 'string' ? dateValue(raw) : undefined),
}

/** RFC 3339, its offset always written, as milliseconds since 1970. */
function dateValue(raw: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/.exec(raw)
  if (match === null) return undefined
  // A date that does not exist, such as 30 February, rolls over in some engines.
  const plain = Date.parse(`${match[1]}T${match[2]}Z`)
  if (!Number.isFinite(plain) || !new Date(plain).toISOString().startsWith(`${match[1]}T${match[2]}`)) return undefined
  const value = Date.parse(raw)
  return Number.isFinite(value) ? value : undefined
}

/** What the values of a kind look like, for messages. */
export const forms: { readonly [K in FieldKind]: string } = {
  text: 'a text', uri: 'a text', path: 'a text', any: 'a text, a number, true or false', dns: 'a host name', email: 'a mailbox',
  ip: 'an IP address', hex: 'lower-case hexadecimal', base64url: 'base64url', oid: 'an OID', number: 'a number', boolean: 'true or false',
  tls: tlsVersions.join(', '), date: 'an RFC 3339 date with its offset', rdn: '', factor: '',
}

/** A value as a policy would write it. */
export function valueText(kind: FieldKind, value: FactValue): string {
  if (value === null) return '(not a text)'
  if (Array.isArray(value)) return rdnText(value)
  if (kind === 'tls') return tlsVersions[value as number]!
  if (typeof value === 'object') return factorText(value as { readonly at: number; readonly strength: number | undefined })
  return kind === 'date' ? dateText(value as number) : String(value)
}

function rdnText(rdn: Extract<FactValue, readonly unknown[]>): string {
  return rdn.map(({ type, value, der }) => `${attributeName(type)}=${value ?? `#${der}`}`).join(' + ')
}

function factorText({ at, strength }: { readonly at: number; readonly strength: number | undefined }): string {
  return strength === undefined ? dateText(at) : `${dateText(at)}, strength ${strength}`
}

function dateText(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time)
}
