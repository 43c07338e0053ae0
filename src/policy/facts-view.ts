/**
 * The facts of one decision as fields: read on demand, in the form in which they are compared, each once.
 */
import { toHex } from '../asn1/bytes.ts'
import type { Field } from './fields.ts'
import { normalPath } from './path-form.ts'
import { PeerFacts, type FactValue } from './peer-facts.ts'
import type { Facts, HeaderFacts } from './types.ts'
import { hostText, ipText, tlsRank } from './values.ts'

/** What a field holds: at least one value, nothing, or something that is said to come later. */
export type Found = readonly FactValue[] | 'missing' | 'pending'

export class FactsView {
  readonly peer: PeerFacts
  /** Milliseconds since 1970. */
  readonly time: number
  /** Whether a path was given that is not in normal form: nothing may be matched then. */
  readonly misread: boolean
  readonly #facts: Facts
  readonly #path: string | undefined
  readonly #known = new Map<string, Found>()

  /** @throws {TypeError} naming the fact that is of the wrong type */
  constructor(facts: Facts, trailingSlash: 'refuse' | 'ignore') {
    if (typeof facts !== 'object' || facts === null) throw new TypeError('facts: expected an object')
    if (!PeerFacts.is(facts.peer)) {
      throw new TypeError('facts.peer: expected what verifiedPeer made of an accepted verdict, or the edge kit of a trusted proxy’s word')
    }
    this.peer = facts.peer
    this.time = Number(facts.time)
    if (!Number.isFinite(this.time)) throw new TypeError('facts.time: required: a Date, or milliseconds since 1970')
    for (const group of ['request', 'channel', 'factors', 'attributes'] as const) {
      const given: unknown = facts[group]
      if (given !== undefined && given !== 'pending' && (typeof given !== 'object' || given === null || Array.isArray(given) !== (group === 'factors'))) {
        throw new TypeError(`facts.${group}: expected ${group === 'factors' ? 'a list' : 'an object'}, or 'pending'`)
      }
    }
    this.#facts = facts
    const path = typeof facts.request === 'object' ? textOf('request.path', facts.request.path) : undefined
    this.#path = path === undefined ? undefined : normalPath(path, trailingSlash)
    this.misread = path !== undefined && this.#path === undefined
  }

  find(field: Field): Found {
    const known = this.#known.get(field.name)
    if (known !== undefined) return known
    const found = this.#read(field)
    this.#known.set(field.name, found)
    return found
  }

  #read(field: Field): Found {
    if (field.group === 'time') return [this.time]
    if (field.group === 'peer') return this.#peerField(field.key)
    const given = this.#facts[field.group]
    if (given === undefined) return 'missing'
    if (given === 'pending') return 'pending'
    const values = readers[field.group](this.#facts, field, this.#path)
    return values.length === 0 ? 'missing' : values
  }

  #peerField(key: string): Found {
    const before = this.peer.values('certificate.notBefore')?.[0] as number | undefined
    const after = this.peer.values('certificate.notAfter')?.[0] as number | undefined
    switch (key) {
      case 'certificate.ageSeconds': return before === undefined ? 'missing' : [(this.time - before) / 1000]
      case 'certificate.remainingSeconds': return after === undefined ? 'missing' : [(after - this.time) / 1000]
      case 'certificate.lifetimeSeconds': return before === undefined || after === undefined ? 'missing' : [(after - before) / 1000]
      default: return this.peer.values(key) ?? 'missing'
    }
  }
}

type Reader = (facts: Facts, field: Field, path: string | undefined) => readonly FactValue[]

const readers: { readonly [K in 'request' | 'channel' | 'factors' | 'attributes']: Reader } = {
  request(facts, { name, key }, path) {
    const request = facts.request as Exclude<Facts['request'], 'pending' | undefined>
    switch (name) {
      case 'request.method': return present(textOf(name, request.method))
      case 'request.host': return present(textOf(name, request.host), hostText)
      case 'request.path': return present(path)
      default: return headerValues(request.headers, key)
    }
  },
  channel(facts, { name }) {
    const channel = facts.channel as Exclude<Facts['channel'], 'pending' | undefined>
    switch (name) {
      case 'channel.tlsVersion': return present(textOf(name, channel.tlsVersion), tlsRank)
      case 'channel.serverName': return present(textOf(name, channel.serverName) || undefined, hostText)
      case 'channel.remoteAddress': return present(textOf(name, channel.remoteAddress), addressText)
      case 'channel.binding': {
        if (channel.binding !== undefined && !(channel.binding instanceof Uint8Array)) throw new TypeError(`facts.${name}: expected a Uint8Array`)
        return present(channel.binding, toHex)
      }
      case 'channel.resumed': {
        if (channel.resumed !== undefined && typeof channel.resumed !== 'boolean') throw new TypeError(`facts.${name}: expected true or false`)
        return present(channel.resumed)
      }
      case 'channel.cipher': return present(textOf(name, channel.cipher))
      default: return present(textOf(name, channel.applicationProtocol) || undefined)
    }
  },
  factors(facts, { key }) {
    return (facts.factors as Exclude<Facts['factors'], 'pending' | undefined>).filter(({ kind }) => kind === key).map(({ at, strength }) => {
      if (!Number.isFinite(Number(at))) throw new TypeError(`facts.factors: ${key}.at: expected a Date, or milliseconds since 1970`)
      if (strength !== undefined && !Number.isFinite(strength)) throw new TypeError(`facts.factors: ${key}.strength: expected a number`)
      return { at: Number(at), strength }
    })
  },
  attributes(facts, { key }) {
    const attributes = facts.attributes as Exclude<Facts['attributes'], 'pending' | undefined>
    const given: unknown = Object.hasOwn(attributes, key) ? attributes[key] : undefined
    const values = (Array.isArray(given) ? given : given === undefined ? [] : [given]) as readonly FactValue[]
    if (values.some((value) => !/^(?:string|number|boolean)$/.test(typeof value))) {
      throw new TypeError(`facts.attributes: ${key}: expected a text, a number, true or false, or a list of them`)
    }
    return values
  },
}

function present<T>(value: T | undefined, convert?: (value: T) => FactValue | undefined): readonly FactValue[] {
  const converted = value === undefined ? undefined : convert === undefined ? value as FactValue : convert(value)
  return converted === undefined ? [] : [converted]
}

function textOf(name: string, value: unknown): string | undefined {
  if (value !== undefined && typeof value !== 'string') throw new TypeError(`facts.${name}: expected a text`)
  return value
}

/** An IPv4 address that a dual-stack socket reports as IPv6 (RFC 4291 2.5.5.2) is the IPv4 address. */
function addressText(address: string): string | undefined {
  return ipText(/^::ffff:([0-9.]+)$/i.exec(address)?.[1] ?? address)
}

function headerValues(headers: HeaderFacts | undefined, name: string): readonly string[] {
  if (headers === undefined) return []
  if (typeof headers !== 'object' || headers === null) throw new TypeError('facts.request.headers: expected Headers, or an object')
  const value: unknown = isHeaders(headers) ? headers.get(name) : Object.hasOwn(headers, name) ? headers[name] : undefined
  const values: readonly unknown[] = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
  if (values.some((one) => typeof one !== 'string')) throw new TypeError(`facts.request.headers: ${name}: expected texts`)
  return values as readonly string[]
}

function isHeaders(headers: HeaderFacts): headers is { get(name: string): string | null } {
  return typeof (headers as { get?: unknown }).get === 'function'
}
