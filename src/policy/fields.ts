/**
 * The fields that a policy can name: what they are called, and what kind of value they hold.
 */
import { isOid } from '../asn1/oid.ts'
import { attributeOids } from '../x509/oids.ts'

/**
 * How values are written in a policy, and which matchers they take. `ip`, `hex` and `base64url` are octets; `any` is
 * whatever the application gave; `rdn` is a whole relative distinguished name.
 */
export type FieldKind =
  | 'text' | 'any' | 'dns' | 'uri' | 'email' | 'path' | 'ip' | 'hex' | 'base64url' | 'oid' | 'number' | 'date' | 'boolean'
  | 'tls' | 'rdn' | 'factor'

/** Where values come from. */
export type FieldGroup = 'peer' | 'request' | 'channel' | 'factors' | 'attributes' | 'time'

export interface Field {
  /** As the policy writes it. */
  readonly name: string
  /** One spelling for all names of the field; without the group’s prefix where that is variable. */
  readonly key: string
  readonly kind: FieldKind
  readonly group: FieldGroup
  /** How the value moves as time passes, in its own unit a millisecond; 0 where it stands still. */
  readonly pace: number
}

/** Fields with a fixed name, by kind. */
const byKind: { readonly [K in FieldKind]?: string } = {
  text: 'key.type key.curve revocation.leaf request.method channel.cipher channel.applicationProtocol',
  dns: 'san.dns request.host channel.serverName',
  uri: 'san.uri',
  email: 'san.email',
  ip: 'san.ip channel.remoteAddress',
  oid: 'san.registeredID eku policy',
  hex: 'certificate.sha256 certificate.serialNumber key.sha256 path.sha256 anchor.sha256 anchor.keySha256 channel.binding',
  base64url: 'certificate.x5t#S256',
  number: 'key.rsaBits path.length certificate.ageSeconds certificate.remainingSeconds certificate.lifetimeSeconds',
  date: 'certificate.notBefore certificate.notAfter time',
  boolean: 'revocation.settled channel.resumed',
  tls: 'channel.tlsVersion',
  rdn: 'subject issuer anchor',
  path: 'request.path',
}

const paces: Readonly<Record<string, number>> = { time: 1, 'certificate.ageSeconds': 0.001, 'certificate.remainingSeconds': -0.001 }

const groups: Readonly<Record<string, FieldGroup>> = { request: 'request', channel: 'channel', time: 'time' }

/** The fields with a fixed name. */
export const fixedFields: ReadonlyMap<string, Field> = /* @__PURE__ */ new Map(
  Object.entries(byKind).flatMap(([kind, names]) => names.split(' ').map((name): [string, Field] => [name, {
    name, key: name, kind: kind as FieldKind, group: groups[name.split('.')[0]!] ?? 'peer', pace: paces[name] ?? 0,
  }])),
)

/** Short names of attribute types (RFC 4514 3) beside the full ones. */
const shortNames: Readonly<Record<string, keyof typeof attributeOids>> = {
  CN: 'commonName', SN: 'surname', C: 'countryName', L: 'localityName', ST: 'stateOrProvinceName', STREET: 'streetAddress', O: 'organizationName',
  OU: 'organizationalUnitName', GN: 'givenName', DC: 'domainComponent', UID: 'userId',
}

/** The OID of an attribute type: a name, a short name, or a dotted OID. */
export function attributeTypeOf(name: string): string | undefined {
  const full = Object.hasOwn(shortNames, name) ? shortNames[name]! : name
  return Object.hasOwn(attributeOids, full) ? attributeOids[full as keyof typeof attributeOids] : isOid(name) ? name : undefined
}

/** The name of an attribute type, or its OID. */
export function attributeName(oid: string): string {
  return Object.entries(attributeOids).find(([, known]) => known === oid)?.[0] ?? oid
}

/** The field of this name, or undefined. */
export function fieldOf(name: string): Field | undefined {
  const fixed = fixedFields.get(name)
  if (fixed !== undefined) return fixed
  const match = /^(subject|issuer|anchor|san\.otherName|request\.header|factor|attribute)\.(.+)$/s.exec(name)
  if (match === null) return undefined
  const [, prefix, rest] = match as unknown as [string, string, string]
  const field = (kind: FieldKind, group: FieldGroup, key: string): Field => ({ name, key, kind, group, pace: 0 })
  switch (prefix) {
    case 'request.header': return /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(rest) ? field('text', 'request', rest) : undefined
    case 'factor': return field('factor', 'factors', rest)
    case 'attribute': return field('any', 'attributes', rest)
    case 'san.otherName': return isOid(rest) ? field('hex', 'peer', name) : undefined
    default: {
      const type = attributeTypeOf(rest)
      return type === undefined ? undefined : field('text', 'peer', `${prefix}.${type}`)
    }
  }
}

/** Whether values of the field, and what a policy compares them with, may be secrets, which no trace shows unasked. */
export function maySecret({ name }: Field): boolean {
  return /^(request\.header\.|attribute\.|channel\.binding$)/.test(name)
}
