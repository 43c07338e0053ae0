/**
 * The kit around a handler: `(request, …) => Response` of Workers, Deno, Bun and Node; a Hono middleware; and Node’s `(request, response)`.
 *
 * A refusal is a problem document (RFC 9457) that says no more than that it is one. Why stands in what `onRefused` is given.
 */
import { hostOf } from '../path/dns-name.ts'
import type { RequestFacts } from '../policy/types.ts'
import { authenticatorOf, needFunctions, type Authenticator, type EdgeOptions, type EdgeOutcome, type EdgeRefusal, type MutualAuth } from './authenticate.ts'
import type { EdgeInput } from './types.ts'

export interface HandlerOptions<Args extends readonly unknown[]> extends EdgeOptions<Args> {
  /** Told of every refusal, for the log; what it throws is not heard. Required, or `'unheard'`, written out. */
  readonly onRefused: ((refusal: EdgeRefusal, ...args: Args) => void) | 'unheard'
  /** The address of the connection, for contracts that rest on it: `(_, { remoteAddr }) => remoteAddr.hostname` in Deno, `(request, server) => server.requestIP(request)?.address` in Bun. */
  readonly remoteAddress?: (...args: Args) => string | undefined
  /** The event of an API Gateway integration, for `fromApiGateway`. */
  readonly event?: (...args: Args) => unknown
}

/** Handlers get the request without the fields of the certificate and the secret, then what was decided, then what their platform gives. */
export type AuthenticatedHandler<Rest extends readonly unknown[]> = (request: Request, auth: MutualAuth, ...rest: Rest) => Response | Promise<Response>

/**
 * Wraps a fetch handler: it is called for requests that the policy allows, and for no others.
 *
 * @throws {TypeError} naming the option that is wrong
 */
export function withMutualAuth<Rest extends readonly unknown[] = readonly unknown[]>(
  handler: AuthenticatedHandler<Rest>, options: HandlerOptions<readonly [Request, ...Rest]>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  if (typeof handler !== 'function') throw new TypeError('handler: expected a function')
  const authenticate = fetchAuthenticator(options)
  return async (request, ...rest) => {
    const outcome = await authenticate([request, ...rest], request)
    return outcome instanceof Response ? outcome : handler(outcome.request, outcome.auth, ...rest)
  }
}

/** What Hono gives a middleware, as far as it is used. */
export interface HonoContext {
  readonly req: { raw: Request }
  readonly env: unknown
  set(key: 'mutualAuth', value: MutualAuth): void
}

/** A Hono middleware: `app.use(mutualAuth(options))`, then `c.get('mutualAuth')`. Functions among the options are given the context. */
export function mutualAuth(options: HandlerOptions<readonly [HonoContext]>): (context: HonoContext, next: () => Promise<void>) => Promise<Response | undefined> {
  const authenticate = fetchAuthenticator(options)
  return async (context, next) => {
    const outcome = await authenticate([context], context.req.raw)
    if (outcome instanceof Response) return outcome
    context.req.raw = outcome.request
    context.set('mutualAuth', outcome.auth)
    await next()
    return undefined
  }
}

function fetchAuthenticator<Args extends readonly unknown[]>(options: HandlerOptions<Args>): (args: Args, request: Request) => Promise<Response | { readonly request: Request; readonly auth: MutualAuth }> {
  const { hidden, ask } = takeHandlerOptions(options)
  return async (args, request) => {
    const outcome = await ask(args, request.headers as unknown as EdgeInput['headers'], requestFacts(request), (request as { cf?: unknown }).cf)
    if (!outcome.ok) return new Response(problemOf(outcome), { status: statusOf(outcome), headers: problemHeaders })
    const shown = new Request(request)
    for (const name of hidden) shown.headers.delete(name)
    return { request: shown, auth: outcome }
  }
}

/**
 * Method, host and path as they stand in the URL: in Deno the `Host` as the client wrote it, in Bun the path alone where that is none. No
 * fragment is sent (RFC 9112 3.2): a path that has one is not in normal form.
 */
function requestFacts({ method, url, headers }: Request): RequestFacts {
  const [, authority = '', path] = /^(?:[a-z+.-]+:\/\/([^/?#]*))?([^?]*)/i.exec(url)!
  const named = headers.get('host')
  const host = hostOf(authority)
  // A handler may go by the field: where it names another host, it is unclear which one is asked for (RFC 9112 3.2.2).
  return { method, host: named === null || hostOf(named) === host ? host : undefined, path: path || '/', headers }
}

/** Node’s request, as far as it is used. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  headers: { readonly [name: string]: string | readonly string[] | undefined }
  rawHeaders: readonly string[]
  readonly socket: { readonly remoteAddress?: string | undefined }
}

/** Node’s response, as far as it is used. */
export interface NodeResponse {
  writeHead(status: number, headers: Readonly<Record<string, string>>): { end(body: string): unknown }
}

/**
 * The same for Node’s `http` (and `https`, and the compatibility API of `http2`): `createServer(withNodeMutualAuth(handler, options))`. The address of
 * the connection is known.
 *
 * @throws {TypeError} naming the option that is wrong
 */
export function withNodeMutualAuth<Q extends NodeRequest, S extends NodeResponse>(
  handler: (request: Q, response: S, auth: MutualAuth) => unknown, options: HandlerOptions<readonly [Q, S]>,
): (request: Q, response: S) => Promise<void> {
  if (typeof handler !== 'function') throw new TypeError('handler: expected a function')
  const { hidden, ask } = takeHandlerOptions<readonly [Q, S]>({ remoteAddress: ({ socket }) => socket.remoteAddress, ...options })
  return async (request, response) => {
    const { method, url, rawHeaders } = request
    // From the raw fields: the requests of HTTP/2 have no `headersDistinct`.
    const fields = distinct(rawHeaders)
    // What is no path of the origin form (RFC 9112 3.2.1) is not in normal form, and is refused; so is one with a fragment.
    const outcome = await ask([request, response], fields, { method, host: namedHost(fields), path: /^[^?]*/.exec(url ?? '')![0], headers: fields })
    if (!outcome.ok) {
      response.writeHead(statusOf(outcome), ':method' in fields ? problemHeaders : { ...problemHeaders, connection: 'close' }).end(problemOf(outcome))
      return
    }
    hide(request, fields, hidden)
    await handler(request, response, outcome)
  }
}

type DistinctFields = Readonly<Record<string, readonly string[]>>

/** Each field with all its values, names in lower case. */
function distinct(rawHeaders: readonly string[]): DistinctFields {
  const fields = Object.create(null) as Record<string, string[]>
  rawHeaders.forEach((value, i) => { if (i % 2 === 1) (fields[rawHeaders[i - 1]!.toLowerCase()] ??= []).push(value) })
  return fields
}

/** The host that a request names; undefined where it names none or several, or what could be read in two ways. */
function namedHost({ ':authority': authority = [], host = [] }: DistinctFields): string | undefined {
  const named = [...authority, ...host].map(hostOf)
  // Two Host fields are an error (RFC 9112 3.2); one beside :authority has to say the same (RFC 9113 8.3.1).
  return host.length > 1 || named.some((one) => one !== named[0]) ? undefined : named[0]
}

function hide(request: NodeRequest, fields: DistinctFields, hidden: readonly string[]): void {
  const without = <T>(fields: { readonly [name: string]: T }): { readonly [name: string]: T } =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => !hidden.includes(name)))
  const { headers, rawHeaders } = request
  const kept = rawHeaders.filter((_, i) => !hidden.includes(rawHeaders[i - (i % 2)]!.toLowerCase()))
  // Node derives the first two from the third, on first use.
  for (const [name, value] of Object.entries({ headers: without(headers), headersDistinct: without(fields), rawHeaders: kept })) {
    Object.defineProperty(request, name, { value, writable: true, configurable: true, enumerable: true })
  }
}

interface TakenHandlerOptions<Args extends readonly unknown[]> extends Pick<Authenticator<Args>, 'hidden'> {
  ask(args: Args, headers: EdgeInput['headers'], request: RequestFacts, cf?: unknown): Promise<EdgeOutcome>
}

/** The authenticator, which refuses the options that it does not know, and around it what is the handlers’ own. */
function takeHandlerOptions<Args extends readonly unknown[]>(options: HandlerOptions<Args>): TakenHandlerOptions<Args> {
  const { hidden, authenticate } = authenticatorOf(options, ['onRefused', 'remoteAddress', 'event'])
  const { onRefused, remoteAddress, event } = options
  if (onRefused !== 'unheard' && typeof onRefused !== 'function') throw new TypeError("onRefused: required: a function, or 'unheard', written out")
  needFunctions({ remoteAddress, event })
  return {
    hidden,
    async ask(args, headers, request, cf) {
      const outcome = await authenticate({
        headers, cf,
        // Asked for when it is needed: what these functions throw is a refusal then.
        get remoteAddress() { return remoteAddress?.(...args) },
        get event() { return event?.(...args) },
      }, request, args)
      // A log that fails, at once or later, must not turn a refusal into anything else, nor end the process.
      if (!outcome.ok && onRefused !== 'unheard') (async () => onRefused(outcome, ...args))().catch(() => undefined)
      return outcome
    },
  }
}

/** The status of the answer to a request that was refused so. */
export function statusOf({ code }: Pick<EdgeRefusal, 'code'>): number {
  return code === 'edge/failed' ? 500 : 403
}

function problemOf(refusal: EdgeRefusal): string {
  const status = statusOf(refusal)
  return JSON.stringify({ type: 'about:blank', title: status === 500 ? 'Internal Server Error' : 'Forbidden', status })
}

const problemHeaders = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' } as const
