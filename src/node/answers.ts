/**
 * What a client is told whose request is not served. It says no more than the status: why is for the log.
 */
import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'

/** Misdirected (RFC 9110 15.5.20), denied (15.5.4), or not decided because the application failed (15.6.4). */
export type RefusedStatus = 403 | 421 | 503

/** CANCEL (RFC 9113 7): what ends a tunnel before its time (RFC 8441 5). */
const cancel = 8

const titles: Readonly<Record<RefusedStatus, string>> = { 403: 'Forbidden', 421: 'Misdirected Request', 503: 'Service Unavailable' }

/** RFC 9457; the type `about:blank` says that there is no more to it than the status (4.2.1). */
function problem(status: RefusedStatus): { readonly type: string, readonly body: Buffer } {
  if (status === 421) return { type: '', body: Buffer.alloc(0) }
  return {
    type: 'application/problem+json',
    body: Buffer.from(JSON.stringify({ type: 'about:blank', title: titles[status], status })),
  }
}

/** Answers over HTTP/1. `close`: no further request is read from this connection. */
export function refuseRequest(answer: ServerResponse | Duplex, status: RefusedStatus, close: boolean): void {
  const { type, body } = problem(status)
  const headers = {
    ...(type === '' ? {} : { 'content-type': type }), 'content-length': body.length, ...(close ? { connection: 'close' } : {}),
  }
  if ('writeHead' in answer) {
    answer.writeHead(status, headers).end(body)
    return
  }
  // The socket of an upgrade or a tunnel: nobody else listens to it.
  answer.on('error', () => undefined)
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`)
  answer.end(Buffer.concat([Buffer.from(`HTTP/1.1 ${status} ${titles[status]}\r\n${lines.join('')}\r\n`), body]))
}

/** Answers over HTTP/2. `head`: the request’s method is HEAD. */
export function refuseStream(stream: ServerHttp2Stream, status: RefusedStatus, head: boolean): void {
  // The peer may reset the stream at any time; nobody else listens to this one.
  stream.on('error', () => undefined)
  if (stream.destroyed) return
  const { type, body } = problem(status)
  if (body.length === 0 || head) {
    stream.respond({ ':status': status, ...(type === '' ? {} : { 'content-type': type }) }, { endStream: true })
  } else {
    stream.respond({ ':status': status, 'content-type': type, 'content-length': body.length })
    stream.end(body)
  }
  stream.close()
}

/** Ends a stream that may go on no longer: neither side says any more. */
export function endStream(stream: ServerHttp2Stream): void {
  stream.on('error', () => undefined)
  if (stream.destroyed) return
  stream.close(cancel)
  stream.destroy()
}
