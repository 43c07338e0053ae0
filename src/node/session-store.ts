/**
 * Remembered acceptances, and the TLS sessions that may be resumed on their strength.
 *
 * A resumed session carries no certificates (RFC 8446 2.2): whoever resumes is believed because of what was checked
 * when the session began. Nothing in TLS says that it was accepted then, by which rules, or for which host. So a
 * session resumes here only when this store holds an accepted verdict for exactly the leaf, the host name, the
 * verifier and the policy, and only until that verdict’s `validUntil`.
 *
 * The store lives in memory: verifiers are objects of this process. Servers on several machines that share ticket
 * keys do not share acceptances, and make a full handshake instead.
 */
import type { AcceptedVerdict } from '../verify/types.ts'
import { sha256Hex } from './identity.ts'
import { takeCount } from './options.ts'
import type { PeerChain } from './peer-chain.ts'

/** What an acceptance is bound to. */
export interface SessionBinding {
  readonly leafSha256: string
  readonly hostName: string
  /** Verifier, names and policy in one string, from `policyKey`. */
  readonly policyKey: string
}

export interface SessionStoreOptions {
  /** The most acceptances kept, and the most client sessions; the oldest go first. Default 1000. */
  readonly maxEntries?: number
  /** Milliseconds since 1970 or a Date; default the system clock. */
  readonly clock?: () => Date | number
}

/** A verdict, and what it was given on: a resumed session has no chain of its own to be checked again. */
export interface StoredAcceptance {
  readonly verdict: AcceptedVerdict
  readonly chain: PeerChain
  /** The OCSP response that a server stapled to the handshake. */
  readonly stapled: Uint8Array | undefined
}

/** A session that may be offered, and how often. */
interface Offer {
  readonly bytes: Buffer
  readonly binding: SessionBinding
  readonly once: boolean
}

/** Servers give two tickets on a full handshake of TLS 1.3; a few more do no harm. */
const offersPerPlace = 8

/** Made by `createSessionStore`; may serve several servers and clients. */
export class SessionStore {
  readonly #accepted = new Map<string, StoredAcceptance>()
  /** What the sessions of clients are bound to, by the hash of their bytes. */
  readonly #bindings = new Map<string, SessionBinding>()
  /** Sessions that a client may offer, by the place that they lead to. */
  readonly #offers = new Map<string, readonly Offer[]>()
  readonly #maxEntries: number
  readonly #clock: () => Date | number

  constructor(options: SessionStoreOptions = {}) {
    const { clock = Date.now } = options
    if (typeof clock !== 'function') throw new TypeError('clock: expected a function')
    this.#maxEntries = takeCount('maxEntries', options.maxEntries, 1000, 1_000_000)
    this.#clock = clock
  }

  /** Forgets everything: no session resumes until new acceptances have come in. */
  clear(): void {
    this.#accepted.clear()
    this.#bindings.clear()
    this.#offers.clear()
  }

  /** @internal */
  remember(binding: SessionBinding, acceptance: StoredAcceptance): void {
    put(this.#accepted, bindingKey(binding), acceptance, this.#maxEntries)
  }

  /** @internal The stored acceptance, if there is one and its time has not passed. */
  recall(binding: SessionBinding): StoredAcceptance | undefined {
    const key = bindingKey(binding)
    const acceptance = this.#accepted.get(key)
    if (acceptance === undefined) return undefined
    // Written so that a broken date, which compares false, is a refusal.
    if (Number(this.#clock()) <= acceptance.verdict.validUntil.getTime()) return acceptance
    this.#accepted.delete(key)
    return undefined
  }

  /** @internal Forgets an acceptance that was taken back. */
  forget(binding: SessionBinding): void {
    this.#accepted.delete(bindingKey(binding))
  }

  /** @internal Keeps a session that was made by an accepted handshake, or resumed from one. */
  saveSession(place: string, session: Offer): void {
    put(this.#bindings, sha256Hex(session.bytes), session.binding, this.#maxEntries)
    put(this.#offers, place, [...(this.#offers.get(place) ?? []), session].slice(-offersPerPlace), this.#maxEntries)
  }

  /**
   * @internal A session to offer at this place. A ticket of TLS 1.3 is given out once: used twice, it shows an
   * observer that both connections are of one client (RFC 8446 C.4).
   */
  takeSession(place: string): Buffer | undefined {
    const offers = (this.#offers.get(place) ?? []).filter(({ binding }) => this.recall(binding) !== undefined)
    const [first, ...others] = offers
    const left = first?.once === false ? offers : others
    if (left.length === 0) this.#offers.delete(place)
    else put(this.#offers, place, left, this.#maxEntries)
    return first?.bytes
  }

  /** @internal What the session with these bytes is bound to. */
  bindingOf(bytes: Uint8Array): SessionBinding | undefined {
    return this.#bindings.get(sha256Hex(bytes))
  }
}

/** Makes an empty store. Give it as `sessions` to turn resumption on. */
export function createSessionStore(options: SessionStoreOptions = {}): SessionStore {
  return new SessionStore(options)
}

export function isSessionStore(value: unknown): value is SessionStore {
  return value instanceof SessionStore
}

function bindingKey(binding: SessionBinding): string {
  return JSON.stringify([binding.leafSha256, binding.hostName, binding.policyKey])
}

/** A map that keeps the newest entries. */
function put<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > most) map.delete(map.keys().next().value!)
}
