/**
 * A request as its decision sees it: the same for HTTP/1 and HTTP/2.
 */
import type { IncomingMessage } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { RequestFacts } from '../policy/types.ts'

export interface AskedRequest extends RequestFacts {
  readonly method: string
  /** The host asked for, lower-case, without its port. */
  readonly host: string
  /** The path as it came, without query; undefined where the target has none (`CONNECT`). */
  readonly path?: string
  /** Each field with all its values, names in lower case. */
  readonly headers: Readonly<Record<string, readonly string[]>>
  /** Node’s own request, or the stream of HTTP/2. Its body is not read yet. */
  readonly source: IncomingMessage | ServerHttp2Stream
}

export function askedOf(request: IncomingMessage, host: string): AskedRequest {
  return new Asked(request, request.method ?? '', host, pathOf(request.method, request.url), request.rawHeaders)
}

export function askedOfStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, host: string, rawHeaders: readonly string[]): AskedRequest {
  const { ':method': method, ':path': path, ':protocol': protocol } = headers
  // An extended CONNECT (RFC 8441 4) has a path, though its method is CONNECT.
  return new Asked(stream, method ?? '', host, pathOf(protocol === undefined ? method : undefined, path), rawHeaders)
}

type Fields = Readonly<Record<string, readonly string[]>>

class Asked implements AskedRequest {
  readonly source: IncomingMessage | ServerHttp2Stream
  readonly method: string
  readonly host: string
  declare readonly path?: string
  readonly #lines: readonly string[]
  #headers: Fields | undefined

  constructor(source: Asked['source'], method: string, host: string, path: string | undefined, lines: readonly string[]) {
    this.source = source
    this.method = method
    this.host = host
    if (path !== undefined) this.path = path
    // A copy: a handler may change Node’s own list, and a tunnel is decided on again.
    this.#lines = lines.slice()
  }

  /** Not every policy asks for them. */
  get headers(): Fields {
    return (this.#headers ??= distinct(this.#lines))
  }
}

/**
 * The path of a request target (RFC 9112 3.2): of its absolute form the part behind the authority; of an authority none. No target has a
 * fragment, and programs differ in what they make of one: it stays, and the path is in no normal form.
 */
function pathOf(method: string | undefined, target: string | undefined): string | undefined {
  if (method === 'CONNECT' || target === undefined) return undefined
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/\?.*$/s, '')
  return path === '' ? '/' : path
}

/**
 * Names and values by turns, as `rawHeaders` has them: each line that Node has read. `headers` and `headersDistinct` end at
 * `maxHeadersCount` (1000 unless told), `rawHeaders`, which reverse proxies send on, some lines later.
 * Pseudo-header fields are no fields (RFC 9113 8.3).
 */
function distinct(rawHeaders: readonly string[]): Fields {
  const fields: Record<string, string[]> = Object.create(null) as Record<string, string[]>
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase()
    if (!name.startsWith(':')) (fields[name] ??= []).push(rawHeaders[i + 1]!)
  }
  for (const name in fields) Object.freeze(fields[name])
  return Object.freeze(fields)
}
