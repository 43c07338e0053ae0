/**
 * One address, asked until it answers or has failed: redirects, the status, retries.
 *
 * Every address that a redirect names is judged like the first one. Content types are not looked at: servers get them
 * wrong, and what the bytes are is shown by their signature.
 */
import { checkAddress, type AddressCode, type AddressRules, type FetchDetails } from './address-guard.ts'
import { dropBody, readBody, unlessAborted } from './fetch-body.ts'

export type FetchCode =
  | AddressCode
  /** The body has more octets than `maxBytes`. To do: raise the limit for lists that are that large. */
  | 'fetch/too-large'
  /** The address took longer than `timeout`. To do: raise it, or fetch ahead of time. */
  | 'fetch/timeout'
  /** The status is another than 200; `details.status`. To do: ask the CA; some responders answer POST only, or GET only (`ocspGet`). */
  | 'fetch/status'
  /** A redirect that is not followed: without a target, in a circle, too many, or by a `fetch` that hides it. To do: see `details.reason`. */
  | 'fetch/redirect'
  /** No connection, no name, or one that broke off; `details` name the error. To do: look at the network; it was tried again already. */
  | 'fetch/network'
  /** The certificate names more addresses than are asked. To do: raise `maxAddresses`, if the last of them counts. */
  | 'fetch/too-many-addresses'
  /** What came from the address for issuers holds no certificates. To do: ask the CA. */
  | 'fetch/malformed'

/** The part of `fetch` that is used. */
export type FetchFunction = (input: string, init: RequestInit) => Promise<Response>

export interface AddressLimits {
  readonly fetch: FetchFunction
  readonly rules: AddressRules
  readonly maxRedirects: number
  readonly retries: number
}

export type AddressOutcome =
  { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly code: FetchCode; readonly details: FetchDetails }

/** What a guarding fetch rejects with where it refuses an address by what its name resolves to. */
export class BlockedAddressError extends Error {
  readonly code: AddressCode
  readonly details: FetchDetails

  constructor(code: AddressCode, details: FetchDetails) {
    super(`${code}: the address must not be asked`)
    this.name = 'BlockedAddressError'
    this.code = code
    this.details = details
  }
}

/** Asks one address that was judged already. Rejects with the signal’s reason only. */
export async function fetchAddress(
  url: string, body: Uint8Array | undefined, maxBytes: number, limits: AddressLimits, signal: AbortSignal,
): Promise<AddressOutcome> {
  for (let left = limits.retries; ; left--) {
    const outcome = await follow(url, body, maxBytes, limits, signal)
    const isPassing = !outcome.ok && (outcome.code === 'fetch/network' || (outcome.code === 'fetch/status' && outcome.details['status'] as number >= 500))
    if (!isPassing || left <= 0) return outcome
  }
}

async function follow(
  first: string, body: Uint8Array | undefined, maxBytes: number, limits: AddressLimits, signal: AbortSignal,
): Promise<AddressOutcome> {
  const seen = new Set<string>()
  for (let url = first; ;) {
    seen.add(url)
    // Where a redirect led there, the failure says where.
    const failure = (code: FetchCode, details: FetchDetails): AddressOutcome =>
      ({ ok: false, code, details: url === first ? details : { ...details, at: url } })
    let response: Response
    try {
      response = await ask(url, body, limits.fetch, signal)
    } catch (error) {
      signal.throwIfAborted()
      return error instanceof BlockedAddressError ? failure(error.code, error.details) : failure('fetch/network', describe(error))
    }
    const { status, type } = response
    // A page’s fetch hides where a redirect leads, and then nobody could judge it; one that followed it has not asked either.
    if (type === 'opaqueredirect' || response.redirected) {
      dropBody(response)
      return failure('fetch/redirect', { reason: response.redirected ? 'not-judged' : 'opaque' })
    }
    if ([301, 302, 303, 307, 308].includes(status)) {
      dropBody(response)
      const next = redirectTarget(response, url)
      // RFC 9110 15.4.4: the answer to a POST would be fetched by GET, and no responder does that.
      const reason = next === undefined ? 'no-location' : status === 303 && body !== undefined ? 'see-other'
        : seen.has(next) ? 'loop' : seen.size > limits.maxRedirects ? 'too-many' : undefined
      if (reason !== undefined) return failure('fetch/redirect', { status, reason })
      const answer = checkAddress(next!, limits.rules)
      if (!answer.ok) return failure(answer.code, { ...answer.details, location: next!.slice(0, 256) })
      if (seen.has(answer.url)) return failure('fetch/redirect', { status, reason: 'loop' })
      url = answer.url
      continue
    }
    if (status !== 200) {
      dropBody(response)
      return failure('fetch/status', { status })
    }
    try {
      const bytes = await readBody(response, maxBytes, signal)
      return bytes === undefined ? failure('fetch/too-large', { limit: maxBytes }) : { ok: true, bytes }
    } catch (error) {
      signal.throwIfAborted()
      return failure('fetch/network', describe(error))
    }
  }
}

async function ask(url: string, body: Uint8Array | undefined, fetch: FetchFunction, signal: AbortSignal): Promise<Response> {
  // Nothing more than this: some runtimes throw at members of RequestInit that others default to.
  const init: RequestInit = body === undefined ? { method: 'GET', redirect: 'manual', signal }
    : { method: 'POST', redirect: 'manual', signal, body: body as BodyInit, headers: { 'content-type': 'application/ocsp-request' } }
  const pending = (async () => fetch(url, init))()
  try {
    return await unlessAborted(pending, signal)
  } catch (error) {
    // A fetch that does not heed the signal may answer yet.
    pending.then(dropBody, () => undefined)
    throw error
  }
}

function redirectTarget(response: Response, base: string): string | undefined {
  const location = response.headers.get('location')
  if (location === null) return undefined
  try {
    const url = new URL(location, base)
    url.hash = ''
    return url.href
  } catch {
    return undefined
  }
}

/** What is known of a failure of the network: a system’s code or the error’s name, never its text, which may name hosts. */
function describe(error: unknown): FetchDetails {
  const { name, code, cause } = (typeof error === 'object' && error !== null ? error : {}) as { name?: unknown; code?: unknown; cause?: { code?: unknown } }
  const reason = [cause?.code, code, name].find((value) => typeof value === 'string' && /^\w{1,64}$/.test(value)) as string | undefined
  return { reason: reason ?? 'unknown' }
}
