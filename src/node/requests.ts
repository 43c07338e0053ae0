/**
 * Between Node’s HTTP parser and whoever listens for requests: none is seen that is misdirected, came over a connection
 * whose acceptance has ended, or is denied by the policy.
 *
 * While something has to be waited for, the request is held: its body stays unread in Node’s buffers.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Server, TLSSocket } from 'node:tls'
import type { Decision } from '../policy/types.ts'
import { connectionOf, noteConnection, noteDecision } from './accepted.ts'
import { endStream, refuseRequest, refuseStream, type RefusedStatus } from './answers.ts'
import { askedOf, askedOfStream, type AskedRequest } from './asked.ts'
import type { Connection } from './connection.ts'
import type { MoreFacts } from './decide.ts'
import type { Emit } from './gate.ts'
import { handshakeName } from './handshake-name.ts'
import { hostOfRequest, hostOfStream, type Directions } from './misdirected.ts'
import { rule, ruleOn, type FactsSource, type OnDenied, type Ruling } from './request-decision.ts'

export interface RequestGuardOptions extends Omit<Directions, 'sni'> {
  readonly facts: FactsSource | undefined
  readonly onDenied: OnDenied | undefined
}

interface RequestGuard extends RequestGuardOptions {
  /** Streams of HTTP/2 that may reach the handlers. */
  readonly admitted: WeakSet<object>
}

/** Stands in `server.emit`. Install it before the gate. */
export function guardRequests(server: Server, options: RequestGuardOptions): void {
  const emit = server.emit.bind(server) as Emit
  const guard: RequestGuard = { ...options, admitted: new WeakSet() }
  // Where nobody listens for it Node asks for the body by itself, and has anybody look at the request afterwards. One that listens and
  // does nothing keeps it from that.
  server.on('checkContinue', () => undefined)
  const serve: Emit = (event, ...values) => {
    if (event !== 'checkContinue' || server.listenerCount(event) > 1) return emit(event, ...values)
    const response = values[1] as ServerResponse
    response.writeContinue()
    return emit('request', ...values)
  }
  // The socket that listeners of `secureConnection` have at this moment: Node makes the HTTP/2 session inside.
  let entering: TLSSocket | undefined

  const enter = (socket: TLSSocket): boolean => {
    const outer = entering
    entering = socket
    try {
      return emit('secureConnection', socket)
    } finally {
      entering = outer
    }
  }
  server.emit = ((event: string | symbol, ...values: unknown[]): boolean => {
    switch (event) {
      case 'secureConnection':
        return enter(values[0] as TLSSocket)
      case 'session': {
        const connection = entering === undefined ? undefined : connectionOf(entering)
        if (connection === undefined) { // A session that came in past the gate.
          (values[0] as ServerHttp2Session).destroy()
          return true
        }
        guardSession(values[0] as ServerHttp2Session, connection, guard)
        return emit(event, ...values)
      }
      case 'request':
      case 'checkContinue':
      case 'checkExpectation':
      case 'upgrade':
      case 'connect': {
        const request = values[0] as IncomingMessage
        // HTTP/2 requests were looked at as streams already, and their `socket` is a stand-in without a verdict. Known by the
        // stream and not by the version, which a client of HTTP/1 may write as `HTTP/2.0`.
        const { stream } = request as { stream?: object | null }
        if (typeof stream === 'object' && stream !== null && guard.admitted.has(stream)) return serve(event, ...values)
        guardRequest(event, request, values[1] as ServerResponse | Duplex, options, () => serve(event, ...values))
        return true
      }
      default:
        return emit(event, ...values)
    }
  }) as Server['emit']
}

function guardRequest(
  event: string, request: IncomingMessage, answer: ServerResponse | Duplex, options: RequestGuardOptions, serve: () => void,
): void {
  const socket = request.socket as TLSSocket
  const connection = connectionOf(socket)
  if (connection === undefined) { // One that came in past the gate.
    socket.destroy()
    return
  }
  const host = hostOfRequest(request, { ...options, sni: handshakeName(socket) })
  if (host === undefined) {
    refuseRequest(answer, 421, true)
    return
  }
  const takesOver = event === 'upgrade' || event === 'connect'
  const asked = askedOf(request, host)
  hold(takesOver ? socket : undefined, ruleOn(connection, asked, options.facts), (ruling) => {
    act(ruling, asked, options, {
      serve(decision, facts) {
        if (decision !== undefined) noteDecision(request, decision)
        if (takesOver) connection.handOver(facts, decision)
        serve()
      },
      // Who expects a 100 may send the body or not (RFC 9110 10.1.1): what follows could be either.
      refuse: (status) => refuseRequest(answer, status, event !== 'request'),
    })
  })
}

function guardSession(session: ServerHttp2Session, connection: Connection, options: RequestGuard): void {
  noteConnection(session, connection)
  const directions = { ...options, sni: handshakeName(connection.socket) }
  const emit = session.emit.bind(session) as Emit
  session.emit = ((event: string | symbol, ...values: unknown[]): boolean => {
    if (event !== 'stream') return emit(event, ...values)
    const [stream, headers, , raw] = values as [ServerHttp2Stream, IncomingHttpHeaders, number, readonly string[] | undefined]
    const host = hostOfStream(headers, directions)
    if (host === undefined) {
      refuseStream(stream, 421, false)
      return true
    }
    const asked = askedOfStream(stream, headers, host, raw ?? [])
    hold(stream, ruleOn(connection, asked, options.facts), (ruling) => {
      act(ruling, asked, options, {
        serve(decision, facts) {
          if (stream.destroyed) return
          options.admitted.add(stream)
          if (decision !== undefined) noteDecision(stream, decision)
          watch(stream, connection, asked, decision, facts, options)
          emit(event, ...values)
        },
        refuse: (status) => refuseStream(stream, status, asked.method === 'HEAD'),
      })
    })
    return true
  }) as ServerHttp2Session['emit']
}

/**
 * What can be said for long on one stream is decided on again when its decision ends: by a tunnel (`CONNECT`) until it is closed, by any
 * other request until it was read to its end. The answer to a request that was read is not interrupted.
 */
function watch(
  stream: ServerHttp2Stream, connection: Connection, asked: AskedRequest, decision: Decision | undefined, facts: MoreFacts | undefined,
  { onDenied }: RequestGuard,
): void {
  const isTunnel = asked.method === 'CONNECT'
  if (!isTunnel && stream.endAfterHeaders === true) return
  const done = connection.watch(decision, () => {
    const ruling = rule(connection, facts ?? {})
    if (ruling.kind === 'serve') {
      noteDecision(stream, ruling.decision!)
      return ruling.decision
    }
    const { decision: denied, error } = ruling as Ruling & { kind: 'refuse' }
    // Out of the timer first: what a listener throws is its own error.
    queueMicrotask(() => {
      endStream(stream)
      onDenied?.(denied, asked, error)
    })
    return undefined
  })
  stream.once('close', done)
  if (!isTunnel) stream.once('end', done)
}

/** Waits, if need be. What nobody listens to yet may break meanwhile. */
function hold(stream: Duplex | undefined, outcome: Ruling | Promise<Ruling>, go: (ruling: Ruling) => void): void {
  if (!(outcome instanceof Promise)) {
    go(outcome)
    return
  }
  const onError = (): void => undefined
  stream?.on('error', onError)
  // Out of the promise first: what a listener throws is its own error, not a rejection of this one.
  void outcome.then((ruling) => queueMicrotask(() => {
    stream?.removeListener('error', onError)
    go(ruling)
  }))
}

interface Ends {
  serve(decision: (Ruling & { kind: 'serve' })['decision'], facts: (Ruling & { kind: 'serve' })['facts']): void
  refuse(status: RefusedStatus): void
}

function act(ruling: Ruling, asked: AskedRequest, { onDenied }: RequestGuardOptions, { serve, refuse }: Ends): void {
  switch (ruling.kind) {
    case 'serve':
      serve(ruling.decision, ruling.facts)
      return
    case 'refuse':
      refuse(ruling.status)
      onDenied?.(ruling.decision, asked, ruling.error)
      return
    case 'gone':
      // Its socket is destroyed, and why was reported.
  }
}
