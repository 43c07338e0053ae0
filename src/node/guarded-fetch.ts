/**
 * A `fetch` that looks at what a name resolves to before it connects, for addresses that strangers chose.
 *
 * A name is resolved once. If any of its addresses is neither public nor among the exceptions, none is asked: a name with
 * one foot in the private network is no accident. The connection then goes to the addresses that were judged, and no
 * second resolution can put another in their place. Redirects are handed back, for `Fetcher` to judge. No proxy of the
 * environment is used, no cookie kept, no connection reused.
 */
import { lookup } from 'node:dns/promises'
import http, { type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { parseIpAddress } from '../path/ip-address.ts'
import { isExcepted, isPublicAddress, takeExceptions, takePorts, type AddressException, type AddressGuard } from '../revocation/address-guard.ts'
import { BlockedAddressError } from '../revocation/fetch-address.ts'
import { unlessAborted } from '../revocation/fetch-body.ts'
import { guardedFetch, type GuardedFetch } from '../revocation/fetcher.ts'

export interface ResolvedAddress {
  /** In text, without a zone. */
  readonly address: string
  readonly family: 4 | 6
}

export interface GuardedFetchOptions {
  /** Networks and ports that may be asked although they are private or unusual. Default none. */
  readonly allow?: readonly AddressException[]
  /** Ports of public addresses that may be asked. Default 80 and 443. */
  readonly ports?: readonly number[]
  /** All addresses of a name. Default: `dns.lookup` of the system. */
  readonly resolve?: (hostname: string) => Promise<readonly ResolvedAddress[]>
  /** PEM certificates to trust for `https:` in place of Node’s. */
  readonly ca?: string | readonly string[]
}

/** Names being resolved at once. Node cannot call a resolution off, so that slow servers of names could pile them up. */
const maxResolving = 64

/** Octets of a response’s header: four times what a long one has. */
const maxHeaderSize = 16_384

/**
 * Makes a fetch for a `Fetcher`. It takes absolute `http:` and `https:` addresses, with `redirect: 'manual'` only.
 *
 * @throws {TypeError} naming the option that is wrong
 */
export function createGuardedFetch(options: GuardedFetchOptions = {}): GuardedFetch {
  const { allow = [], ports = [80, 443], ca } = options
  const { resolve = resolveBySystem } = options
  if (typeof resolve !== 'function') throw new TypeError('resolve: expected a function')
  const guard: AddressGuard = { ports: takePorts('ports', ports), exceptions: takeExceptions(allow) }
  // Agents of our own: the global ones may be set up for a proxy, and keep connections under the name alone.
  const agents = { http: new http.Agent({ keepAlive: false }), https: new https.Agent({ keepAlive: false, maxCachedSessions: 0 }) }
  let resolving = 0
  const find = async (host: string): Promise<readonly ResolvedAddress[]> => {
    const family = isIP(host)
    if (family !== 0) return [{ address: host, family: family as 4 | 6 }]
    if (resolving >= maxResolving) throw new TypeError('too many names are being resolved')
    resolving++
    try {
      return await resolve(host)
    } finally {
      resolving--
    }
  }
  const fetch = async (input: string, init: RequestInit): Promise<Response> => {
    if (init.redirect !== 'manual') throw new TypeError("redirect: expected 'manual'")
    const signal = init.signal ?? undefined
    signal?.throwIfAborted()
    const url = new URL(input)
    const isTls = url.protocol === 'https:'
    if (!isTls && url.protocol !== 'http:') throw new BlockedAddressError('fetch/blocked-scheme', { scheme: url.protocol.slice(0, -1) })
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
    const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port)
    const found = find(host)
    const addresses = Array.from(await (signal === undefined ? found : unlessAborted(found, signal)),
      ({ address }) => ({ address: String(address), family: isIP(address) }))
    if (addresses.length === 0) throw new TypeError('the name has no address')
    for (const { address } of addresses) judge(host, address, port, guard)
    const request: RequestOptions & https.RequestOptions = {
      protocol: url.protocol, host, port, path: url.pathname + url.search, method: init.method ?? 'GET',
      // Without compression, which could make much out of little.
      headers: { host: url.host, 'accept-encoding': 'identity', ...headersOf(init) },
      agent: isTls ? agents.https : agents.http,
      lookup: answerWith(addresses), maxHeaderSize, insecureHTTPParser: false,
      ...(isTls && {
        rejectUnauthorized: true,
        ...(isIP(host) === 0 && { servername: host.replace(/\.$/, '') }),
        ...(ca !== undefined && { ca: ca as string | string[] }),
      }),
      ...(signal !== undefined && { signal }),
    }
    return send(isTls ? https.request(request) : http.request(request), init.body as Uint8Array | null | undefined)
  }
  return Object.assign(fetch, { [guardedFetch]: guard })
}

function judge(host: string, address: string, port: number, { ports, exceptions }: AddressGuard): void {
  const octets = parseIpAddress(address)
  if (octets !== undefined && isExcepted(octets, port, exceptions)) return
  const shown = host === address ? { host } : { host, address }
  if (!isPublicAddress(address)) throw new BlockedAddressError('fetch/blocked-address', { ...shown, reason: 'not-public' })
  if (!ports.includes(port)) throw new BlockedAddressError('fetch/blocked-port', { ...shown, port })
}

async function resolveBySystem(hostname: string): Promise<readonly ResolvedAddress[]> {
  return await lookup(hostname, { all: true, verbatim: true }) as ResolvedAddress[]
}

/** For Node, which asks for one address or for all of them. */
function answerWith(addresses: { address: string; family: number }[]): LookupFunction {
  return (_hostname, { all }, callback) => {
    if (all === true) callback(null, addresses)
    else callback(null, addresses[0]!.address, addresses[0]!.family)
  }
}

function headersOf({ headers, body }: RequestInit): Record<string, string> {
  const length = body instanceof Uint8Array ? { 'content-length': String(body.length) } : {}
  return { ...Object.fromEntries(new Headers(headers)), ...length }
}

function send(request: http.ClientRequest, body: Uint8Array | null | undefined): Promise<Response> {
  return new Promise((resolve, reject) => {
    // Stays: an error after the response has begun reaches the body’s reader, and must not be without a listener here.
    request.on('error', reject)
    // A server that switches protocols ends a request without an error.
    request.on('close', () => reject(new TypeError('closed without a response')))
    request.on('response', (message) => {
      try {
        resolve(toResponse(message, request))
      } catch (error) {
        request.destroy()
        reject(error as Error)
      }
    })
    request.end(body ?? undefined)
  })
}

function toResponse(message: IncomingMessage, request: http.ClientRequest): Response {
  message.on('error', () => undefined)
  const status = message.statusCode!
  const headers = new Headers()
  for (const [name, value] of Object.entries(message.headers)) headers.append(name, String(value))
  // A Response must not have a body with these (Fetch 2.2.3), and has no other status than 200 to 599.
  if ([204, 205, 304].includes(status)) {
    request.destroy()
    return new Response(null, { status, headers })
  }
  const chunks = message[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
    cancel() {
      request.destroy()
    },
  }, { highWaterMark: 0 })
  return new Response(body, { status, headers })
}
