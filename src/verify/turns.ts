/**
 * Who goes next, among the verifications of one verifier: those that have used little go before those that have used much,
 * so that a thousand hostile ones cannot make a plain one wait. Used twice: for turns of the event loop, one piece of work
 * a turn, and for signature checks, of which few are under way at once.
 */

/** Waiting work by how much its verification has used, in powers of two; first come, first served within a level. */
class Levels {
  readonly #levels: (() => void)[][] = []
  size = 0

  add(used: number, start: () => void): void {
    const level = 32 - Math.clz32(used)
    for (let i = this.#levels.length; i <= level; i++) this.#levels.push([])
    this.#levels[level]!.push(start)
    this.size++
  }

  /** Takes the work whose turn it is. */
  take(): (() => void) | undefined {
    for (const level of this.#levels) {
      const start = level.shift()
      if (start === undefined) continue
      this.size--
      return start
    }
    return undefined
  }
}

/** Turns of the event loop. */
export class TurnQueue {
  readonly #waiting = new Levels()
  #channel: MessageChannel | undefined
  #scheduled = false

  /** Resolves in a turn of its own. `used`: how many turns this verification has had. */
  turn(used: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(used, resolve)
      if (!this.#scheduled) this.#schedule()
    })
  }

  #schedule(): void {
    this.#scheduled = true
    // A message takes microseconds where a timer takes a millisecond or more. Some runtimes have only the timer.
    if (typeof MessageChannel !== 'function') {
      setTimeout(() => this.#run(), 0)
      return
    }
    if (this.#channel === undefined) {
      this.#channel = new MessageChannel()
      this.#channel.port1.onmessage = () => this.#run()
    }
    this.#channel.port2.postMessage(0)
  }

  #run(): void {
    this.#scheduled = false
    const start = this.#waiting.take()
    if (start === undefined) {
      // An open channel would keep a process from ending.
      this.#channel?.port1.close()
      this.#channel = undefined
      return
    }
    start()
    this.#schedule()
  }
}

/** The first signatures of a verification are free: an honest path has no more. */
const freeSignatures = 4
/** Checks under way at once, of verifications that have had their free ones. */
const maxUnderWay = 2

/** Slots for signature checks. */
export class SignatureSlots {
  readonly #waiting = new Levels()
  #underWay = 0

  /** Runs the work on `count` signatures when its turn has come. `used`: signatures that this verification had before. */
  async run<T>(used: number, count: number, work: () => Promise<T>): Promise<T> {
    if (used + count <= freeSignatures) return work()
    if (this.#underWay >= maxUnderWay) await new Promise<void>((resolve) => this.#waiting.add(used + count, resolve))
    this.#underWay += count
    try {
      return await work()
    } finally {
      this.#underWay -= count
      if (this.#underWay < maxUnderWay) this.#waiting.take()?.()
    }
  }
}
