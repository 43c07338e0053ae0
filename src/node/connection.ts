/**
 * A connection that was let in, for as long as what let it in holds.
 *
 * A verdict ends (with a certificate, with what is known about its revocation), and so may a decision. The connection does
 * not outlive its verdict: a timer destroys it. With `recheckAfter` the chain of the handshake is verified again in
 * between: an HTTP connection before its next request, any other by the timer. A decision that has ended is asked for again; that on
 * a stream of HTTP/2 by itself, with the facts of its own request.
 */
import type { TLSSocket } from 'node:tls'
import type { ChannelFacts, Decision } from '../policy/types.ts'
import type { AcceptedVerdict } from '../verify/types.ts'
import { decideOnPeer, evaluate, type MoreFacts } from './decide.ts'
import { HandshakeError } from './errors.ts'
import { verifyAgain, type Accepted } from './judge.ts'
import type { StoredAcceptance } from './session-store.ts'
import type { Settings } from './settings.ts'
import { within } from './within.ts'

export interface ConnectionInit {
  readonly accepted: Accepted
  readonly settings: Settings
  /** Who the peer is said to be, for the message of an error. */
  readonly who: string
  readonly isServer: boolean
  /** Whether the timer checks again; else `ready` does, before a request. */
  readonly watched: boolean
  /** Told why the connection was ended, after the socket was destroyed. */
  readonly onEnd?: (error: HandshakeError) => void
}

/** A stream of HTTP/2 for as long as its decision counts. */
interface Watched {
  /** The last moment of its decision, in milliseconds since 1970. */
  until: number
  /** Decides again. Undefined: it may not go on, and is being closed. */
  readonly again: () => Decision | undefined
}

/**
 * The clock is read at least so often, in milliseconds: one that was set, or stood still while the machine slept, is
 * noticed. `setTimeout` by itself knows neither, and no delay beyond 2^31 milliseconds.
 */
const longestSleep = 60_000

export class Connection {
  readonly socket: TLSSocket
  readonly #since: number
  readonly isServer: boolean
  readonly #settings: Settings
  readonly #who: string
  readonly #onEnd: ((error: HandshakeError) => void) | undefined
  #accepted: Accepted
  /** The last moment of its decision: a number, because whoever asks for the decision can write over its Date. */
  #until: number
  #watched: boolean
  /** With what a request was decided that has taken the connection over. */
  #facts: MoreFacts | undefined
  readonly #streams = new Set<Watched>()
  #checkedAt: number = performance.now()
  #checking: Promise<boolean> | undefined
  #timer: NodeJS.Timeout | undefined
  #ended = false

  constructor(socket: TLSSocket, { accepted, settings, who, isServer, watched, onEnd }: ConnectionInit) {
    this.socket = socket
    this.isServer = isServer
    this.#since = settings.clock()
    this.#accepted = accepted
    this.#until = endOf(accepted.decision)
    this.#settings = settings
    this.#who = who
    this.#watched = watched
    this.#onEnd = onEnd
    socket.once('close', () => {
      this.#ended = true
      clearTimeout(this.#timer)
    })
    this.#arm()
  }

  get verdict(): AcceptedVerdict {
    return this.#accepted.verdict
  }

  get since(): Date {
    return new Date(this.#since)
  }

  /** The last moment of the decision, in milliseconds since 1970. */
  get until(): number {
    return this.#until
  }

  /** Of the handshake, or the last check; undefined without a policy. */
  get decision(): Decision | undefined {
    return this.#accepted.decision
  }

  get channel(): ChannelFacts {
    return this.#accepted.channel()
  }

  /** Whether requests are decided on. */
  get hasPolicy(): boolean {
    return this.#settings.policy !== undefined
  }

  /** Milliseconds that a check may take. */
  get patience(): number {
    return this.#settings.handshakeDeadline
  }

  /**
   * Whether the connection may be used now, for one more request: false if what it rests on has ended, or is refused when it
   * is checked again; the socket is destroyed then.
   */
  ready(): boolean | Promise<boolean> {
    if (!this.isOpen()) return false
    return this.#isDue() ? this.#check() : true
  }

  /** Whether it stands by the time, without a check. Ends it otherwise. */
  isOpen(): boolean {
    if (this.#ended || this.socket.destroyed) return false
    // Written so that a broken date, which compares false, is an end.
    if (this.#settings.clock() <= this.verdict.validUntil.getTime()) return true
    this.#end(new HandshakeError('node/acceptance-ended', 'the verdict’s validUntil has passed'))
    return false
  }

  /** The decision on a request. Throws `HandshakeError`, `node/facts-failed`. */
  decide(facts: MoreFacts): Decision {
    return evaluate(this.#settings, this.verdict, this.channel, facts)
  }

  /** A request has taken the connection over (`Upgrade`, `CONNECT`): no other will come, so the timer watches now. */
  handOver(facts: MoreFacts | undefined, decision: Decision | undefined): void {
    this.#facts = facts
    this.#watched = true
    if (decision !== undefined) this.#take(decision)
    this.#arm()
  }

  /**
   * A stream of HTTP/2 goes on: until what is returned is called, the timer watches its connection, and `again` is called when its
   * decision has ended, and after each check of the chain.
   */
  watch(decision: Decision | undefined, again: () => Decision | undefined): () => void {
    const stream: Watched = { until: endOf(decision), again }
    this.#streams.add(stream)
    this.#arm()
    return () => this.#streams.delete(stream)
  }

  get #isWatched(): boolean {
    return this.#watched || this.#streams.size > 0
  }

  #isDue(): boolean {
    const { recheckAfter } = this.#settings
    return recheckAfter !== undefined && performance.now() - this.#checkedAt >= recheckAfter
  }

  /** One check at a time; who comes meanwhile waits for the same. */
  #check(): boolean | Promise<boolean> {
    if (this.#checking !== undefined) return this.#checking
    const startedAt = performance.now()
    const settle = (renewed: StoredAcceptance): boolean => {
      this.#checkedAt = startedAt
      this.#accepted = { ...this.#accepted, ...renewed }
      if (!this.#decideAgain()) return false
      this.#decideOnStreams(Infinity)
      return this.isOpen()
    }
    let outcome: StoredAcceptance | Promise<StoredAcceptance>
    try {
      outcome = verifyAgain(this.#accepted, this.#settings, this.#who, startedAt + this.patience)
    } catch (error) {
      return this.#end(error as HandshakeError)
    }
    if (!(outcome instanceof Promise)) return settle(outcome)
    this.#checking = within(this.patience, outcome).then(settle, (error: HandshakeError) => this.#end(error)).finally(() => {
      this.#checking = undefined
      this.#arm()
    })
    return this.#checking
  }

  #take(decision: Decision | undefined): void {
    this.#accepted = { ...this.#accepted, decision }
    this.#until = endOf(decision)
  }

  #decideAgain(): boolean {
    try {
      this.#take(decideOnPeer(this.#settings, this.verdict, this.#accepted.channel, this.#who, this.#facts))
      return true
    } catch (error) {
      return this.#end(error as HandshakeError)
    }
  }

  /** Decides again on the streams whose decision has ended at `now`. */
  #decideOnStreams(now: number): void {
    if (!this.hasPolicy) return
    for (const stream of this.#streams) {
      if (now <= stream.until) continue
      const decision = stream.again()
      stream.until = endOf(decision)
      if (decision === undefined) this.#streams.delete(stream)
    }
  }

  #tick(): void {
    if (!this.isOpen()) return
    const now = this.#settings.clock()
    if (this.#isWatched && this.#isDue()) this.#check()
    else if (this.#watched && now > this.#until) this.#decideAgain()
    this.#decideOnStreams(now)
    this.#arm()
  }

  #arm(): void {
    clearTimeout(this.#timer)
    if (this.#ended) return
    const now = this.#settings.clock()
    const ends = [longestSleep, this.verdict.validUntil.getTime() - now + 1]
    if (this.#isWatched && this.#checking === undefined) {
      const { recheckAfter } = this.#settings
      if (recheckAfter !== undefined) ends.push(this.#checkedAt + recheckAfter - performance.now())
      if (this.#watched) ends.push(this.#until - now + 1)
    }
    for (const { until } of this.#streams) ends.push(until - now + 1)
    const delay = Math.max(1, Math.ceil(Math.min(...ends)))
    this.#timer = setTimeout(() => this.#tick(), delay).unref()
  }

  #end(error: HandshakeError): false {
    if (this.#ended) return false
    this.#ended = true
    clearTimeout(this.#timer)
    // A client is told on its socket, as of any other failure. At a server nobody need be listening there.
    this.socket.destroy(this.isServer ? undefined : error)
    this.#onEnd?.(error)
    return false
  }
}

/** The last moment of a decision, in milliseconds since 1970. Asked for before anybody else has the decision. */
function endOf(decision: Decision | undefined): number {
  return decision?.validUntil?.getTime() ?? Infinity
}
