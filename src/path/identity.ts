/**
 * Identities: what the leaf’s subjectAltName says, and whether it is whom the caller expects (RFC 9525).
 * The common name is never looked at (RFC 9525 appendix A, “no CN-ID”).
 */
import { equalBytes, toHex } from '../asn1/index.ts'
import { ipAddressText } from '../x509/index.ts'
import type { GeneralName } from '../x509/index.ts'
import { clipText, maxText } from './clip-text.ts'
import { dnsNameProblem, lowerCase, matchesDnsName } from './dns-name.ts'
import { parseIpAddress } from './ip-address.ts'
import type { JsonValue } from './issue.ts'
import { mailboxIn, mailboxOf, parseMailbox } from './mailbox.ts'
import { isUri, spiffeIdProblem } from './uri-name.ts'

/** One expected name. Exactly one field is set. */
export type NamePattern =
  /** A host name in ASCII (A-labels); a trailing dot is ignored. */
  | { readonly dns: string }
  /** An IP address in text: dotted decimal or RFC 4291. */
  | { readonly ip: string }
  /** A mailbox; the local part is compared exactly, but for quotes that it could do without. */
  | { readonly email: string }
  /** A URI, compared exactly. */
  | { readonly uri: string }
  /** A SPIFFE ID, compared exactly after its syntax was checked. */
  | { readonly spiffeId: string }
  /** A SPIFFE trust domain: any well-formed SPIFFE ID of it. */
  | { readonly spiffeTrustDomain: string }

/** Whom the leaf must name; `'unchecked'` has to be written out. */
export type NameExpectation =
  | 'unchecked'
  | { readonly anyOf: readonly NamePattern[] }
  | { readonly allOf: readonly NamePattern[] }

/** One name of an accepted leaf, typed. */
export type Identity =
  | { readonly type: 'dns'; readonly value: string }
  | { readonly type: 'ip'; readonly value: string }
  | { readonly type: 'email'; readonly value: string }
  | { readonly type: 'uri'; readonly value: string }
  | { readonly type: 'directoryName'; readonly value: string }
  | { readonly type: 'registeredID'; readonly value: string }
  | { readonly type: 'otherName'; readonly oid: string; readonly value: string }

/** A checked expectation: matchers that the inner code trusts. */
export interface ResolvedNames {
  readonly mode: 'anyOf' | 'allOf'
  readonly patterns: readonly ResolvedPattern[]
}

/** One checked pattern. */
export interface ResolvedPattern {
  readonly description: JsonValue
  matches(name: GeneralName): boolean
}

/** Checks and snapshots an expectation. Throws `TypeError` that names what is wrong with it. */
export function resolveNames(names: NameExpectation): ResolvedNames | 'unchecked' {
  if (names === 'unchecked') return 'unchecked'
  // The keys of a text are numbers.
  const keys = Object.keys(names ?? {})
  const mode = keys[0]
  if (keys.length !== 1 || (mode !== 'anyOf' && mode !== 'allOf')) {
    throw new TypeError("names: required: { anyOf: [{ dns: 'a.example' }, …] } or { allOf: […] }, or 'unchecked' written out")
  }
  const patterns = (names as Record<string, unknown>)[mode]
  if (!Array.isArray(patterns) || patterns.length === 0) throw new TypeError(`names.${mode}: expected at least one name`)
  return Object.freeze({
    mode,
    // Not `map`, which passes over the holes of an array: a hole would count as a name that is met.
    patterns: Array.from(patterns, (pattern: unknown, i) => resolvePattern(pattern as NamePattern, `names.${mode}[${i}]`)),
  })
}

function resolvePattern(pattern: NamePattern, argument: string): ResolvedPattern {
  const keys = Object.keys(pattern ?? {})
  const kind = keys[0]!
  if (keys.length !== 1 || !Object.hasOwn(resolvers, kind)) {
    throw new TypeError(`${argument}: expected exactly one of ${Object.keys(resolvers).join(', ')}, as in { dns: 'a.example' }`)
  }
  const value: unknown = (pattern as Record<string, unknown>)[kind]
  if (typeof value !== 'string') throw new TypeError(`${argument}.${kind}: expected a string`)
  const description = Object.freeze({ [kind]: value })
  return Object.freeze({ description, matches: resolvers[kind]!(value, `${argument}.${kind}`) })
}

const resolvers: Readonly<Record<string, (value: string, argument: string) => (name: GeneralName) => boolean>> = {
  dns(value, argument) {
    const host = lowerCase(value.endsWith('.') ? value.slice(0, -1) : value)
    const problem = dnsNameProblem(host, { underscore: true })
    if (problem !== undefined) {
      throw new TypeError(`${argument}: not a host name (${problem}): ${JSON.stringify(value)}` +
        (/[^\0-\x7f]/.test(value) ? '; give internationalised names as A-labels (xn-- and so on)' : ''))
    }
    return (name) => name.type === 'dNSName' && matchesDnsName(name.value, host)
  },
  ip(value, argument) {
    const address = parseIpAddress(value)
    if (address === undefined) throw new TypeError(`${argument}: not an IP address: ${JSON.stringify(value)}`)
    return (name) => name.type === 'iPAddress' && equalBytes(name.value, address)
  },
  email(value, argument) {
    const wanted = parseMailbox(value, true)
    if (wanted === undefined) throw new TypeError(`${argument}: not a mailbox: ${JSON.stringify(value)}`)
    return (name) => {
      const mailbox = mailboxIn(name)
      return mailbox !== undefined && mailbox.local === wanted.local && mailbox.host === wanted.host
    }
  },
  uri(value, argument) {
    if (!isUri(value)) throw new TypeError(`${argument}: not an absolute URI: ${JSON.stringify(value)}`)
    return (name) => name.type === 'uniformResourceIdentifier' && name.value === value
  },
  spiffeId(value, argument) {
    const problem = spiffeIdProblem(value)
    if (problem !== undefined) throw new TypeError(`${argument}: not a SPIFFE ID (${problem}): ${JSON.stringify(value)}`)
    return (name) => name.type === 'uniformResourceIdentifier' && name.value === value
  },
  spiffeTrustDomain(value, argument) {
    const domain = value.startsWith('spiffe://') ? value.slice(9) : value
    if (spiffeIdProblem(`spiffe://${domain}`) !== undefined || domain.includes('/')) {
      throw new TypeError(`${argument}: not a SPIFFE trust domain: ${JSON.stringify(value)}`)
    }
    return (name) => name.type === 'uniformResourceIdentifier' && spiffeIdProblem(name.value) === undefined &&
      name.value.startsWith(`spiffe://${domain}/`)
  },
}

/** The patterns that no name matches; empty if the expectation is met. */
export function unmatchedNames(expected: ResolvedNames, names: readonly GeneralName[]): readonly JsonValue[] {
  const missing = expected.patterns.filter((pattern) => !names.some((name) => pattern.matches(name)))
  const met = expected.mode === 'allOf' ? missing.length === 0 : missing.length < expected.patterns.length
  return met ? [] : missing.map((pattern) => pattern.description)
}

/** The names of a subjectAltName as identities. Forms without a text of their own (x400Address, ediPartyName) are left out. */
export function identitiesOf(names: readonly GeneralName[]): readonly Identity[] {
  const identities: Identity[] = []
  for (const name of names) {
    const identity = identityOf(name)
    if (identity !== undefined) identities.push(Object.freeze(identity))
  }
  return Object.freeze(identities)
}

function identityOf(name: GeneralName): Identity | undefined {
  switch (name.type) {
    case 'dNSName': return { type: 'dns', value: lowerCase(name.value) }
    case 'iPAddress': return { type: 'ip', value: ipAddressText(name.value) ?? toHex(name.value) }
    case 'uniformResourceIdentifier': return { type: 'uri', value: name.value }
    case 'directoryName': return { type: 'directoryName', value: name.value.toString() }
    case 'registeredID': return { type: 'registeredID', value: name.value }
    case 'rfc822Name': case 'otherName': {
      const mailbox = mailboxIn(name)
      // The one form of all texts that mean the same mailbox.
      if (mailbox !== undefined) return { type: 'email', value: `${mailbox.local}@${mailbox.host}` }
      const text = mailboxOf(name)?.text
      return text !== undefined ? { type: 'email', value: text }
        : name.type === 'otherName' ? { type: 'otherName', oid: name.oid, value: toHex(name.value) } : undefined
    }
    case 'x400Address': case 'ediPartyName': return undefined
  }
}

function clipHex(bytes: Uint8Array): string {
  return bytes.length <= maxText / 2 ? toHex(bytes) : `${toHex(bytes.subarray(0, maxText / 2))}…`
}

/** A GeneralName in JSON, for the details of an issue; of bounded length. */
export function describeName(name: GeneralName): JsonValue {
  switch (name.type) {
    case 'iPAddress': return { type: name.type, value: ipAddressText(name.value) ?? clipHex(name.value) }
    case 'directoryName': return { type: name.type, value: clipText(name.value.toString()) }
    case 'otherName': return { type: name.type, oid: name.oid, value: clipHex(name.value) }
    case 'x400Address': case 'ediPartyName': return { type: name.type, value: clipHex(name.value) }
    default: return { type: name.type, value: clipText(name.value) }
  }
}
