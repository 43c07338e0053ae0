/**
 * Who goes next, among the verifications of one verifier: those that are small, and have used little, go before those that
 * are large, or have used much, so that a thousand hostile ones cannot make a plain one wait. Used twice: for turns of the event loop, one piece of work
 * a turn, and for signature checks, of which few are under way at once.
 */

/** Waiting work by how much its verification has used, in powers of two. */
class Levels {
  readonly #levels: (() => void)[][] = []

  add(used: number, start: () => void): void {
    const level = 32 - Math.clz32(used)
    while (this.#levels.length <= level) this.#levels.push([])
    this.#levels[level]!.push(start)
  }

  /** Takes the work whose turn it is: of the lowest level, the one that came first. */
  take(): (() => void) | undefined {
    for (const level of this.#levels) {
      const start = level.shift()
      if (start !== undefined) return start
    }
    return undefined
  }
}

/** Asks for a turn of the event loop; what is done is to be undone by `close` when no more turns are needed. */
interface Loop {
  next(): void
  close(): void
}

/**
 * The quickest way that the runtime has, in which other events still come in between. Where it has `setImmediate`, messages
 * do not: Node hands them out by the thousand.
 */
function loopOf(run: () => void): Loop {
  const immediately = Reflect.get(globalThis, 'setImmediate') as ((callback: () => void) => unknown) | undefined
  const none = (): void => undefined
  if (typeof immediately === 'function') return { next: () => void immediately(run), close: none }
  if (typeof MessageChannel !== 'function') return { next: () => void setTimeout(run, 0), close: none }
  const channel = new MessageChannel()
  channel.port1.onmessage = run
  // An open channel would keep some processes from ending.
  return { next: () => channel.port2.postMessage(0), close: () => channel.port1.close() }
}

/** Turns of the event loop. */
export class TurnQueue {
  readonly #waiting = new Levels()
  readonly #isUrgent: () => boolean
  #loop: Loop | undefined

  /** While `isUrgent` answers true, there is one turn a millisecond, so that what is urgent finds the thread free. */
  constructor(isUrgent: () => boolean) {
    this.#isUrgent = isUrgent
  }

  /** Resolves in a turn of its own. `used`: how many turns this verification has had. */
  turn(used: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(used, resolve)
      if (this.#loop !== undefined) return
      this.#loop = loopOf(() => this.#run())
      this.#next(this.#loop)
    })
  }

  #next(loop: Loop): void {
    if (this.#isUrgent()) setTimeout(() => this.#run(), 1)
    else loop.next()
  }

  #run(): void {
    const loop = this.#loop!
    const start = this.#waiting.take()
    if (start === undefined) {
      loop.close()
      this.#loop = undefined
      return
    }
    start()
    this.#next(loop)
  }
}

/** How much larger than an ordinary chain a request is: 0 up to 16 kB and 8 candidates. */
export function excessOf(bytes: number, candidates: number): number {
  return Math.floor(bytes / 16_384) + Math.floor(candidates / 9)
}

/** The first signatures of a small verification go before all others: an honest path has no more. */
const firstSignatures = 4
/** Checks under way at once: of first signatures, and of later ones. */
const maxUnderWay = { first: 16, later: 2 } as const

/** Slots for signature checks. */
export class SignatureSlots {
  readonly #underWay = { first: 0, later: 0 }
  readonly #waiting = { first: new Levels(), later: new Levels() }

  /** True while first signatures are under way. */
  get isBusyWithFirst(): boolean {
    return this.#underWay.first > 0
  }

  /**
   * Runs the work on `count` signatures when its turn has come. `used`: signatures that this verification had before, and
   * more where it was large from the start. A failure that nobody waits for is not reported as unhandled.
   */
  run<T>(used: number, count: number, work: () => Promise<T>): Promise<T> {
    const kind = used + count <= firstSignatures ? 'first' : 'later'
    if (this.#underWay[kind] < maxUnderWay[kind]) return this.#start(kind, count, work)
    const waiting = new Promise<T>((resolve) => {
      this.#waiting[kind].add(used + count, () => resolve(this.#start(kind, count, work)))
    })
    waiting.catch(() => undefined)
    return waiting
  }

  #start<T>(kind: 'first' | 'later', count: number, work: () => Promise<T>): Promise<T> {
    this.#underWay[kind] += count
    const done = (): void => {
      this.#underWay[kind] -= count
      // A path frees several slots at once.
      while (this.#underWay[kind] < maxUnderWay[kind]) {
        const next = this.#waiting[kind].take()
        if (next === undefined) break
        next()
      }
    }
    const result = work()
    result.then(done, done)
    return result
  }
}
