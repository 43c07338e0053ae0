/**
 * The decision on one request, before any handler sees it.
 */
import type { Decision, Factor, AttributeValue } from '../policy/types.ts'
import type { RefusedStatus } from './answers.ts'
import type { AskedRequest } from './asked.ts'
import type { Connection } from './connection.ts'
import type { MoreFacts } from './decide.ts'
import { HandshakeError } from './errors.ts'
import { within } from './within.ts'

/** What the application knows of the peer behind a request. */
export interface ApplicationFacts {
  readonly factors?: readonly Factor[]
  readonly attributes?: Readonly<Record<string, AttributeValue>>
}

export type FactsSource = (request: AskedRequest) => ApplicationFacts | PromiseLike<ApplicationFacts>

/**
 * Told of every request that the policy did not let through, after it was answered, and of each stream of HTTP/2 that was closed because its
 * request is no longer allowed. With `node/facts-failed` there is an error, and no decision.
 */
export type OnDenied = (decision: Decision | undefined, request: AskedRequest, error: HandshakeError | undefined) => void

/** Whether a request is served. `gone`: its connection was ended. */
export type Ruling =
  | { readonly kind: 'serve'; readonly decision: Decision | undefined; readonly facts: MoreFacts | undefined }
  | { readonly kind: 'refuse'; readonly status: RefusedStatus; readonly decision?: Decision; readonly error?: HandshakeError }
  | { readonly kind: 'gone' }

const gone: Ruling = { kind: 'gone' }

/** Rules on a request: at once where nothing has to be waited for. Never throws. */
export function ruleOn(connection: Connection, request: AskedRequest, source: FactsSource | undefined): Ruling | Promise<Ruling> {
  const ready = connection.ready()
  if (ready instanceof Promise) return ready.then((open) => (open ? decide(connection, request, source) : gone))
  return ready ? decide(connection, request, source) : gone
}

function decide(connection: Connection, request: AskedRequest, source: FactsSource | undefined): Ruling | Promise<Ruling> {
  if (!connection.hasPolicy) return { kind: 'serve', decision: undefined, facts: undefined }
  if (source === undefined) return settle(connection, request, {})
  // Where the answer is the same whatever the application knows, it is not asked: a denied request costs it nothing.
  const early = rule(connection, { request, factors: 'pending', attributes: 'pending' })
  if (early.kind !== 'refuse' || early.decision?.decision !== 'pending') return early
  let facts: ApplicationFacts | PromiseLike<ApplicationFacts>
  try {
    facts = source(request)
  } catch (cause) {
    return failed(cause)
  }
  if (!isThenable(facts)) return settle(connection, request, facts)
  return within(connection.patience, Promise.resolve(facts)).then((found) => settle(connection, request, found), failed)
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === 'function'
}

function settle(connection: Connection, request: AskedRequest, given: ApplicationFacts): Ruling {
  // The connection may have ended while the application was asked.
  if (!connection.isOpen()) return gone
  if (typeof given !== 'object' || given === null || Object.keys(given).some((name) => name !== 'factors' && name !== 'attributes')) {
    return failed(new TypeError('facts: expected an object with factors, attributes or both, and nothing else'))
  }
  const { factors, attributes } = given
  return rule(connection, {
    request, ...(factors === undefined ? {} : { factors }), ...(attributes === undefined ? {} : { attributes }),
  })
}

/** Only an allow lets the request through. Never throws. */
export function rule(connection: Connection, facts: MoreFacts): Ruling {
  try {
    const decision = connection.decide(facts)
    return decision.decision === 'allow' ? { kind: 'serve', decision, facts } : { kind: 'refuse', status: 403, decision }
  } catch (error) {
    return failed(error)
  }
}

/** Not the client’s fault, and no reason to let it through. */
function failed(cause: unknown): Ruling {
  const error = cause instanceof HandshakeError && cause.code === 'node/facts-failed'
    ? cause
    : new HandshakeError('node/facts-failed', 'what the application knows of the request could not be had', { cause })
  return { kind: 'refuse', status: 503, error }
}
