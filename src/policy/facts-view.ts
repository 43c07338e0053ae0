/**
 * The facts of one decision as fields: read on demand, in the form in which they are compared, each once.
 */
import { toHex } from '../asn1/bytes.ts'
import { refuseUnknown } from '../path/options.ts'
import type { Field } from './fields.ts'
import { normalPath } from './path-form.ts'
import { PeerFacts, type FactValue } from './peer-facts.ts'
import type { Match, PolicyParts } from './policy.ts'
import type { Factor, Facts, HeaderFacts, RequestFacts } from './types.ts'
import { addressText, hostText, tlsRank } from './values.ts'

/** What a field holds: at least one value, nothing, or something that is said to come later. */
export type Found = readonly FactValue[] | 'missing' | 'pending'

/** What a decision is asked with. */
const factNames: ReadonlySet<string> = new Set<keyof Facts>(['peer', 'time', 'request', 'channel', 'factors', 'attributes'])

export class FactsView {
  readonly peer: PeerFacts
  /** Milliseconds since 1970. */
  readonly time: number
  /** Whether something is said to come later. */
  readonly hasPending: boolean
  /** Whether a path was given that is not in normal form: nothing may be matched then. */
  readonly misread: boolean
  readonly #facts: Facts
  readonly #path: string | undefined
  readonly #known: (Found | undefined)[]

  /** @throws {TypeError} naming the fact that is of the wrong type */
  constructor(facts: Facts, { trailingSlash, fields }: PolicyParts) {
    if (typeof facts !== 'object' || facts === null) throw new TypeError('facts: expected an object')
    refuseUnknown(facts, factNames, 'facts', 'fact')
    if (!PeerFacts.is(facts.peer)) mistake('peer', 'what verifiedPeer returns')
    this.peer = facts.peer
    this.time = Number(facts.time)
    if (!Number.isFinite(this.time)) mistake('time', 'a Date, or milliseconds since 1970')
    let hasPending = false
    for (const group of ['request', 'channel', 'factors', 'attributes'] as const) {
      const given: unknown = facts[group]
      const isList = group === 'factors'
      hasPending ||= given === 'pending'
      if (given !== undefined && given !== 'pending' && (typeof given !== 'object' || given === null || Array.isArray(given) !== isList)) {
        mistake(group, `${isList ? 'a list' : 'an object'}, or 'pending'`)
      }
    }
    this.hasPending = hasPending
    this.#facts = facts
    this.#known = new Array<Found | undefined>(fields.size)
    const path = typeof facts.request === 'object' ? facts.request.path : undefined
    if (path !== undefined && typeof path !== 'string') mistake('request.path', 'a string')
    this.#path = path === undefined ? undefined : normalPath(path, trailingSlash)
    this.misread = path !== undefined && this.#path === undefined
  }

  find({ slot, field }: Match): Found {
    return (this.#known[slot] ??= bounded(this.#read(field)))
  }

  #read(field: Field): Found {
    if (field.group === 'time') return [this.time]
    if (field.group === 'peer') return this.#peerField(field.key)
    const given = this.#facts[field.group]
    if (given === undefined) return 'missing'
    if (given === 'pending') return 'pending'
    const values = this.#given(field, given)
    return values.length === 0 ? 'missing' : values
  }

  #given({ name, key, group }: Field, given: object): readonly FactValue[] {
    if (group === 'factors') return factorsOf(given as readonly Factor[], key)
    if (group === 'attributes') return listed('attributes', key, own(given, key), ['string', 'number', 'boolean'])
    if (name.startsWith('request.header.')) return listed('request.headers', key, headerOf((given as RequestFacts).headers, key), ['string'])
    const value = name === 'request.path' ? this.#path : singleValue(name, given)
    return value === undefined ? [] : [value]
  }

  #peerField(key: string): Found {
    // What depends on the time of the decision is not kept with the facts about the peer.
    const moment = (name: string): number => (this.peer.values(name)?.[0] as number | undefined) ?? NaN
    const seconds = key === 'certificate.ageSeconds' ? this.time - moment('certificate.notBefore')
      : key === 'certificate.remainingSeconds' ? moment('certificate.notAfter') - this.time
      : key === 'certificate.lifetimeSeconds' ? moment('certificate.notAfter') - moment('certificate.notBefore') : undefined
    if (seconds !== undefined) return Number.isNaN(seconds) ? 'missing' : [seconds / 1000]
    return this.peer.values(key) ?? 'missing'
  }
}

/**
 * More values than any honest certificate has: they are as good as one that cannot be read, so that the cost of a decision stays that of its
 * rules.
 */
const maxValues = 1000

function bounded(found: Found): Found {
  return found.length > maxValues ? [null] : found
}

/** What a single fact has to be, and the form in which it is compared. */
const single: Readonly<Record<string, readonly [type: 'string' | 'boolean' | 'object', convert?: (value: never) => FactValue | undefined]>> = {
  // Methods are case-sensitive (RFC 9110 9.1), and routers are found that are not: one that is not in capitals is nobody’s.
  'request.method': ['string', (method: string) => (/[a-z]/.test(method) ? undefined : method)],
  'request.host': ['string', hostText],
  'channel.tlsVersion': ['string', tlsRank],
  'channel.cipher': ['string'],
  'channel.binding': ['object', toHex],
  'channel.resumed': ['boolean'],
  // Empty: none was named, none was agreed on.
  'channel.serverName': ['string', (name: string) => hostText(name) || undefined],
  'channel.applicationProtocol': ['string', (name: string) => name || undefined],
  'channel.remoteAddress': ['string', addressText],
}

function mistake(name: string, expected: string): never {
  throw new TypeError(`facts.${name}: expected ${expected}`)
}

function singleValue(name: string, group: object): FactValue | undefined {
  const value: unknown = (group as Record<string, unknown>)[name.slice(name.indexOf('.') + 1)]
  if (value === undefined) return undefined
  const [type, convert] = single[name]!
  if (typeof value !== type || (type === 'object' && !(value instanceof Uint8Array))) mistake(name, type === 'object' ? 'a Uint8Array' : `a ${type}`)
  return convert === undefined ? value as FactValue : convert(value as never)
}

function factorsOf(factors: readonly Factor[], wanted: string): readonly FactValue[] {
  return factors.filter(({ kind }) => kind === wanted).map(({ at, strength }) => {
    if (!Number.isFinite(Number(at))) mistake(`factors: ${wanted}.at`, 'a Date, or milliseconds since 1970')
    if (strength !== undefined && !Number.isFinite(strength)) mistake(`factors: ${wanted}.strength`, 'a number')
    return { at: Number(at), strength }
  })
}

/** The values under a name, each of which has to be of one of the types. NaN compares with nothing, and would pass every limit. */
function listed(what: string, name: string, given: unknown, types: readonly string[]): readonly FactValue[] {
  const values: readonly unknown[] = Array.isArray(given) ? given : given === undefined || given === null ? [] : [given]
  if (!values.every((value) => types.includes(typeof value) && !Number.isNaN(value))) mistake(`${what}: ${name}`, types.join(', ') + ', or a list')
  return values as readonly FactValue[]
}

function own(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined
}

function headerOf(headers: HeaderFacts | undefined, name: string): unknown {
  if (headers === undefined) return undefined
  if (typeof headers !== 'object' || headers === null) mistake('request.headers', 'Headers, or an object')
  const value = typeof headers.get === 'function' ? headers.get(name) : own(headers, name)
  // A text alone may be several lines, joined (RFC 9110 5.2): somebody else may read any of its parts, or the whole.
  return typeof value === 'string' && value.includes(',') ? [value, ...value.split(',').map((part) => part.trim())] : value
}
