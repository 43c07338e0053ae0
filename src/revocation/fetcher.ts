/**
 * Fetches lists, answers and issuers over a `fetch` that the caller brings: within limits of size, time and number, from
 * addresses that the guard lets through, and each address once at a time, however many wait for it.
 *
 * What comes back is bytes from a stranger. Whoever asked parses them and checks their signature.
 */
import { toHex } from '../asn1/bytes.ts'
import { checkAddress, takeHosts, takePorts, type AddressGuard, type FetchDetails } from './address-guard.ts'
import { fetchAddress, type AddressLimits, type AddressOutcome, type FetchCode, type FetchFunction } from './fetch-address.ts'
import type { CacheFailure } from './cache.ts'
import { unlessAborted } from './fetch-body.ts'
import { Slots } from './fetch-slots.ts'

export type FetchKind = 'crl' | 'ocsp' | 'caIssuers'

export interface FetchRequest {
  readonly kind: FetchKind
  /** Tried in order; the first that answers ends it. */
  readonly addresses: readonly string[]
  /** A DER OCSPRequest (RFC 6960 A.1). */
  readonly body?: Uint8Array
}

export interface FetchAttempt {
  /** As it stands in the certificate, cut off after 2048 characters. */
  readonly address: string
  /** `cache/…`: the store failed, and not the network. */
  readonly code: FetchCode | CacheFailure['code']
  readonly details: FetchDetails
}

export type FetchOutcome =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly address: string; readonly failed: readonly FetchAttempt[] }
  | { readonly ok: false; readonly failed: readonly FetchAttempt[] }

/** Marks a fetch that resolves names and judges the addresses by itself, such as `createGuardedFetch` of `countersign/node` makes. */
export const guardedFetch: unique symbol = /* @__PURE__ */ Symbol.for('countersign/guarded-fetch')

export interface GuardedFetch extends FetchFunction {
  readonly [guardedFetch]: AddressGuard
}

export interface FetcherOptions {
  /** `fetch` of the runtime, with `allowedHosts`; or what `createGuardedFetch` returns. There is no default. */
  readonly fetch: FetchFunction
  /**
   * The hosts that may be asked: names, IP addresses, or `.suffix` for all names below it. Required unless `fetch` guards
   * by itself, because what a name resolves to cannot be seen from here.
   */
  readonly allowedHosts?: readonly string[]
  /** Lets `https:` through as well. Default false: a server’s certificate would want a revocation check of its own (RFC 5280 8). */
  readonly https?: boolean
  /** Default 80, and 443 with `https`. */
  readonly ports?: readonly number[]
  /** The most octets of a body. Default 64 MiB for a CRL (the largest public ones have about 40), 64 KiB for OCSP, 256 KiB for issuers. */
  readonly maxBytes?: Partial<Record<FetchKind, number>>
  /** Milliseconds for one address, with its redirects, retries and body. Default 10 000. */
  readonly timeout?: number
  /** Default 3. */
  readonly maxRedirects?: number
  /** How often an address is asked again after a failure of the network or a status of 500 and above. Default 1. */
  readonly retries?: number
  /** Requests under way at once; half of them, at most, for issuers, whose addresses nobody has vouched for. Default 8. */
  readonly concurrency?: number
  /** The most addresses looked at of one request. Default 8. */
  readonly maxAddresses?: number
  /** Sends an OCSP request of less than 255 octets, encoded, by GET, which caches understand (RFC 6960 A.1, RFC 5019 5). Default false. */
  readonly ocspGet?: boolean
}

const defaultMaxBytes = { crl: 0x400_0000, ocsp: 0x1_0000, caIssuers: 0x4_0000 } as const

/** A request under way, and how many wait for it. */
interface Flight {
  readonly outcome: Promise<AddressOutcome>
  readonly controller: AbortController
  waiting: number
}

export class Fetcher {
  readonly #limits: AddressLimits
  readonly #maxBytes: Readonly<Record<FetchKind, number>>
  readonly #timeout: number
  readonly #maxAddresses: number
  readonly #ocspGet: boolean
  readonly #slots: Slots
  readonly #flights = new Map<string, Flight>()

  /** @throws {TypeError} naming the option that is wrong */
  constructor(options: FetcherOptions) {
    const { fetch, allowedHosts, https = false, ocspGet = false } = options
    if (typeof fetch !== 'function') throw new TypeError('fetch: expected a function')
    const guard = (fetch as Partial<GuardedFetch>)[guardedFetch]
    if (guard === undefined && !Array.isArray(allowedHosts)) {
      throw new TypeError('allowedHosts: required with a fetch that was not made by createGuardedFetch()')
    }
    if (typeof https !== 'boolean') throw new TypeError('https: expected a boolean')
    if (typeof ocspGet !== 'boolean') throw new TypeError('ocspGet: expected a boolean')
    const usual = (guard?.ports ?? [80, 443]).filter((port) => https || port !== 443)
    const take = (option: keyof FetcherOptions, fallback: number, least = 1): number =>
      takeNumber(option, options[option] as number | undefined, fallback, least)
    this.#limits = {
      // Called by itself: some runtimes’ fetch refuses to be a method.
      fetch: (input, init) => fetch(input, init),
      rules: {
        https, guard,
        ports: options.ports === undefined ? usual : takePorts('ports', options.ports),
        allowedHosts: allowedHosts === undefined ? undefined : takeHosts(allowedHosts),
      },
      maxRedirects: take('maxRedirects', 3, 0),
      retries: take('retries', 1, 0),
    }
    const most = options.maxBytes ?? {}
    const bytes = (kind: FetchKind): number => takeNumber(`maxBytes.${kind}`, most[kind], defaultMaxBytes[kind], 1)
    this.#maxBytes = { crl: bytes('crl'), ocsp: bytes('ocsp'), caIssuers: bytes('caIssuers') }
    this.#timeout = take('timeout', 10_000)
    this.#maxAddresses = take('maxAddresses', 8)
    this.#ocspGet = ocspGet
    this.#slots = new Slots(take('concurrency', 8))
  }

  /** The first answer of the addresses, and what became of those before it. Rejects with the signal’s reason, and never else. */
  async get(request: FetchRequest, signal: AbortSignal | undefined): Promise<FetchOutcome> {
    signal?.throwIfAborted()
    const failed: FetchAttempt[] = []
    const fail = (address: string, code: FetchCode, details: FetchDetails): void => {
      failed.push({ address: address.slice(0, 2048), code, details })
    }
    const addresses = [...new Set(request.addresses)]
    for (const address of addresses.slice(0, this.#maxAddresses)) {
      const answer = checkAddress(address, this.#limits.rules)
      if (!answer.ok) {
        fail(address, answer.code, answer.details)
        continue
      }
      const outcome = await this.#join(request.kind, answer.url, request.body, signal)
      if (outcome.ok) return { ok: true, bytes: outcome.bytes, address, failed }
      fail(address, outcome.code, outcome.details)
    }
    const omitted = addresses.length - this.#maxAddresses
    if (omitted > 0) fail(addresses[this.#maxAddresses]!, 'fetch/too-many-addresses', { limit: this.#maxAddresses, omitted })
    return { ok: false, failed }
  }

  /** Waits for the request that is under way, or begins it. It ends when nobody waits any more. */
  async #join(kind: FetchKind, url: string, body: Uint8Array | undefined, signal: AbortSignal | undefined): Promise<AddressOutcome> {
    const key = `${kind} ${url} ${body === undefined ? '' : toHex(body)}`
    let flight = this.#flights.get(key)
    if (flight === undefined) {
      const controller = new AbortController()
      const outcome = this.#slots.run(kind === 'caIssuers', controller.signal, () => this.#fly(kind, url, body, controller))
      flight = { outcome, controller, waiting: 0 }
      this.#flights.set(key, flight)
    }
    flight.waiting++
    try {
      return await (signal === undefined ? flight.outcome : unlessAborted(flight.outcome, signal))
    } finally {
      if (--flight.waiting === 0) {
        // Whoever comes now begins anew.
        this.#flights.delete(key)
        flight.controller.abort()
      }
    }
  }

  async #fly(kind: FetchKind, url: string, body: Uint8Array | undefined, controller: AbortController): Promise<AddressOutcome> {
    let isTimeUp = false
    const timer = setTimeout(() => {
      isTimeUp = true
      controller.abort()
    }, this.#timeout)
    const [target, payload] = body !== undefined && this.#ocspGet ? byGet(url, body) : [url, body]
    try {
      return await fetchAddress(target, payload, this.#maxBytes[kind], this.#limits, controller.signal)
    } catch (error) {
      if (!isTimeUp) throw error
      return { ok: false, code: 'fetch/timeout', details: { milliseconds: this.#timeout } }
    } finally {
      clearTimeout(timer)
    }
  }
}

/** RFC 6960 A.1.1: the request in base64, escaped, at the end of the path; longer ones go by POST. */
function byGet(url: string, body: Uint8Array): [string, Uint8Array | undefined] {
  const encoded = body.length > 255 ? '' : encodeURIComponent(btoa(String.fromCharCode(...body)))
  // What stands after a ? is no path; such an address is left as it is.
  return encoded === '' || encoded.length >= 255 || url.includes('?') ? [url, body] : [`${url.replace(/\/$/, '')}/${encoded}`, undefined]
}

function takeNumber(option: string, value: number | undefined, fallback: number, least: number): number {
  if (value === undefined) return fallback
  if (!Number.isInteger(value) || value < least || value > 0x7fff_ffff) throw new TypeError(`${option}: expected an integer from ${least} to 2147483647`)
  return value
}
