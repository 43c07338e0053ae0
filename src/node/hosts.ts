/**
 * Which verifier, names and policy decide about a connection: those of the host that its handshake was for.
 */
import type { SecureContextOptions } from 'node:tls'
import { isIP } from 'node:net'
import type { NameExpectation } from '../path/index.ts'
import { hostOf } from '../path/dns-name.ts'
import { refuseUnknown } from '../path/options.ts'
import { refuseMisspelt } from './options.ts'
import { takeSettings, type LaterFacts, type Settings, type VerificationOptions } from './settings.ts'

/** Who decides about clients that ask for one host, and the certificate that the server shows them. */
export interface HostOptions extends Pick<VerificationOptions, 'verifier' | 'policy' | 'drive'>,
  Pick<SecureContextOptions, 'cert' | 'key' | 'pfx' | 'passphrase' | 'ca'> {
  /** Required: whom a client’s certificate must name, or `'unchecked'`, written out. */
  readonly names: NameExpectation
}

export type HostsOption = Readonly<Record<string, HostOptions>>

/** What decides for each host; looked up by the name of a handshake. */
export class Hosts {
  /** For every name that is not listed, and for none. */
  readonly #others: Settings | undefined
  readonly #listed: ReadonlyMap<string, Settings>

  constructor(others: Settings | undefined, listed: ReadonlyMap<string, Settings>) {
    this.#others = others
    this.#listed = listed
  }

  /** By the name in the client’s SNI, in lower case; empty without one. Undefined: nobody decides for this name. */
  find(name: string): Settings | undefined {
    if (name === '' || this.#listed.size === 0) return this.#others
    // The same reading as that of a request’s host: the final dot of `b.example.` makes no other host of it.
    const host = hostOf(name)
    return host === undefined ? undefined : this.#listed.get(host) ?? this.#others
  }

  /** Whether a host has settings of its own. */
  isListed(host: string): boolean {
    return this.#listed.has(host)
  }

  /** All of them. */
  get all(): readonly Settings[] {
    return [...(this.#others === undefined ? [] : [this.#others]), ...this.#listed.values()]
  }
}

type Options = Omit<VerificationOptions, 'verifier'> & {
  readonly verifier?: VerificationOptions['verifier'] | undefined
  readonly names?: NameExpectation | undefined
  readonly hosts?: HostsOption | undefined
}

const hostOptionNames: ReadonlySet<string> = new Set<keyof HostOptions>(['verifier', 'names', 'policy', 'drive', 'cert', 'key', 'pfx', 'passphrase', 'ca'])

/** @throws {TypeError} naming the option that is wrong */
export function takeHosts(options: Options, later: LaterFacts): Hosts {
  refuseMisspelt(options)
  const { hosts, verifier, names, policy } = options
  if (hosts !== undefined && (typeof hosts !== 'object' || hosts === null || Object.keys(hosts).length === 0)) {
    throw new TypeError('hosts: expected an object of at least one host name')
  }
  // Without `hosts`, or with any of its own, the top level has to be whole.
  const hasOthers = hosts === undefined || verifier !== undefined || names !== undefined || policy !== undefined
  const listed = new Map<string, Settings>()
  for (const [name, host] of Object.entries(hosts ?? {})) {
    const place = `hosts[${JSON.stringify(name)}]`
    const key = hostOf(name)
    if (key === undefined || /[*[]/.test(key) || isIP(key) !== 0 || key !== name.toLowerCase().replace(/\.$/, '')) {
      throw new TypeError(`${place}: expected a host name without a port; no address, no wildcard`)
    }
    if (listed.has(key)) throw new TypeError(`${place}: listed twice`)
    if (typeof host !== 'object' || host === null) throw new TypeError(`${place}: expected an object`)
    refuseUnknown(host, hostOptionNames, place)
    const { sessions, handshakeDeadline, maxCertificates, recheckAfter, clock, drive } = options
    const shared = { sessions, handshakeDeadline, maxCertificates, recheckAfter, clock, drive: host.drive ?? drive }
    listed.set(key, atPlace(place, () => takeSettings({
      ...shared, verifier: host.verifier, names: host.names, policy: host.policy,
    } as VerificationOptions & { names: NameExpectation }, later)))
  }
  return new Hosts(hasOthers ? takeSettings({ ...options, verifier } as VerificationOptions & { names: NameExpectation }, later) : undefined, listed)
}

/** Says in front of a mistake where it is. */
function atPlace<T>(place: string, take: () => T): T {
  try {
    return take()
  } catch (error) {
    if (error instanceof TypeError) throw new TypeError(`${place}.${error.message}`)
    throw error
  }
}
