/**
 * A connection that was let in, for as long as what let it in holds.
 *
 * A verdict ends (with a certificate, with what is known about its revocation), and so may a decision. The connection does
 * not outlive its verdict: a timer destroys it. With `recheckAfter` the chain of the handshake is verified again in
 * between: an HTTP connection before its next request, any other by the timer. A decision that has ended is asked for again.
 */
import type { ServerHttp2Stream } from 'node:http2'
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

/**
 * The clock is read at least so often, in milliseconds: one that was set, or stood still while the machine slept, is
 * noticed. `setTimeout` by itself knows neither, and no delay beyond 2^31 milliseconds.
 */
const longestSleep = 60_000

/** A stream of HTTP/2 that its request has made a tunnel (RFC 8441), and with what it was allowed. */
export interface Tunnel {
  readonly stream: ServerHttp2Stream
  readonly facts: MoreFacts | undefined
  /** The last one; undefined without a policy. */
  decision: Decision | undefined
  /** Told why it was closed. */
  readonly onEnd: (decision: Decision | undefined, error: HandshakeError | undefined) => void
}

/** CANCEL (RFC 9113 7). */
const cancel = 8

export class Connection {
  readonly socket: TLSSocket
  readonly since: Date
  readonly isServer: boolean
  readonly #settings: Settings
  readonly #who: string
  readonly #onEnd: ((error: HandshakeError) => void) | undefined
  #accepted: Accepted
  #watched: boolean
  /** With what a request was decided that has taken the connection over. */
  #facts: MoreFacts | undefined
  readonly #tunnels = new Set<Tunnel>()
  #checkedAt: number = performance.now()
  #checking: Promise<boolean> | undefined
  #timer: NodeJS.Timeout | undefined
  #ended = false

  constructor(socket: TLSSocket, { accepted, settings, who, isServer, watched, onEnd }: ConnectionInit) {
    this.socket = socket
    this.isServer = isServer
    this.since = new Date(settings.clock())
    this.#accepted = accepted
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
    if (decision !== undefined) this.#accepted = { ...this.#accepted, decision }
    this.#arm()
  }

  /** Each tunnel ends with its own decision, the connection with its verdict. */
  addTunnel(tunnel: Tunnel): void {
    this.#tunnels.add(tunnel)
    tunnel.stream.once('close', () => this.#tunnels.delete(tunnel))
    this.#watched = true
    this.#arm()
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
      if (!this.#decideAgain() || !this.isOpen()) return false
      this.#decideOnTunnels(() => true)
      return true
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

  #decideAgain(): boolean {
    try {
      const decision = decideOnPeer(this.#settings, this.verdict, this.#accepted.channel, this.#who, this.#facts)
      this.#accepted = { ...this.#accepted, decision }
      return true
    } catch (error) {
      return this.#end(error as HandshakeError)
    }
  }

  /** Asks again about tunnels, and closes those that are not allowed any more. */
  #decideOnTunnels(isDue: (tunnel: Tunnel) => boolean): void {
    for (const tunnel of [...this.#tunnels].filter((one) => one.decision !== undefined && isDue(one))) {
      let error: HandshakeError | undefined
      try {
        tunnel.decision = this.decide(tunnel.facts ?? {})
        if (tunnel.decision.decision === 'allow') continue
      } catch (cause) {
        error = cause as HandshakeError
      }
      this.#tunnels.delete(tunnel)
      tunnel.stream.close(cancel)
      tunnel.onEnd(error === undefined ? tunnel.decision : undefined, error)
    }
  }

  #tick(): void {
    if (!this.isOpen()) return
    const hasEnded = (decision: Decision | undefined): boolean => this.#settings.clock() > endOf(decision)
    if (this.#watched && this.#isDue()) this.#check()
    else {
      if (this.#watched && hasEnded(this.decision)) this.#decideAgain()
      this.#decideOnTunnels(({ decision }) => hasEnded(decision))
    }
    this.#arm()
  }

  #arm(): void {
    clearTimeout(this.#timer)
    if (this.#ended) return
    const now = this.#settings.clock()
    const ends = [longestSleep, this.verdict.validUntil.getTime() - now + 1]
    if (this.#watched && this.#checking === undefined) {
      const { recheckAfter } = this.#settings
      if (recheckAfter !== undefined) ends.push(this.#checkedAt + recheckAfter - performance.now())
      for (const decision of [this.decision, ...[...this.#tunnels].map((tunnel) => tunnel.decision)]) ends.push(endOf(decision) - now + 1)
    }
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

/** Milliseconds since 1970; Infinity for one that does not end by itself. */
function endOf(decision: Decision | undefined): number {
  return decision?.validUntil?.getTime() ?? Infinity
}
