/**
 * Drives the core with WebCrypto: requests for signatures are answered by it, pauses give others a turn. An abort or the
 * deadline ends the verification between two of its steps: nothing new is started, and what is under way ends unheard.
 */
import type { SignatureCheck, SignatureOutcome, SignatureVerifier } from '../crypto/index.ts'
import { BudgetExhausted, budgetFinding } from '../path/index.ts'
import type { Cost } from '../path/index.ts'
import type { CheckerInternals } from '../revocation/registry.ts'
import type { RevocationRequest, RevocationResponse } from '../revocation/types.ts'
import { SignatureSlots, TurnQueue } from './turns.ts'
import type { Verdict } from './types.ts'
import { issueOf, refused } from './verdict.ts'

type Core = Generator<RevocationRequest, Verdict, RevocationResponse>

/** A verification that has begun. */
export interface Begun {
  readonly core: Core
  /** How much larger than an ordinary one it is (`excessOf`). */
  readonly excess: number
}

export class Driver {
  readonly #signatures: SignatureVerifier
  readonly #slots = new SignatureSlots()
  readonly #turns = new TurnQueue(() => this.#slots.isBusyWithFirst)

  readonly #checker: CheckerInternals | undefined

  constructor(signatures: SignatureVerifier, checker: CheckerInternals | undefined) {
    this.#signatures = signatures
    this.#checker = checker
  }

  /** Runs a verification to its verdict. Rejects with the signal’s reason if the caller aborts it. */
  drive({ core, excess }: Begun, signal: AbortSignal | undefined, deadline: number | undefined): Promise<Verdict> {
    // No promise around the promise: each costs turns of the microtask queue.
    return signal === undefined && deadline === undefined ? this.#run(core, excess, undefined)
      : this.#race(core, excess, signal, deadline)
  }

  async #race(core: Core, excess: number, signal: AbortSignal | undefined, deadline: number | undefined): Promise<Verdict> {
    signal?.throwIfAborted()
    const interruption = new Interruption(signal, deadline)
    try {
      return await Promise.race([this.#run(core, excess, interruption), interruption.promise])
    } finally {
      interruption.stop()
    }
  }

  async #run(core: Core, excess: number, interruption: Interruption | undefined): Promise<Verdict> {
    const isOver = interruption === undefined ? never : (): boolean => interruption.happened
    let turns = excess
    let used = excess * 4
    let ahead: { readonly checks: readonly SignatureCheck[]; readonly outcomes: Promise<SignatureOutcome[]> } | undefined
    // What is large waits for a turn before its first step, too.
    if (excess > 0) await this.#turns.turn(turns++)
    if (isOver()) return deadlineVerdict(0)
    let step = core.next()
    while (step.done !== true) {
      let answer: RevocationResponse
      switch (step.value.kind) {
        case 'pause':
          await this.#turns.turn(turns++)
          break
        case 'start':
          ahead = { checks: step.value.checks, outcomes: this.#check(step.value.checks, used, isOver) }
          used += step.value.checks.length
          break
        case 'fetch':
          answer = step.value.from === 'cache' ? await this.#checker!.recall(step.value.request, interruption?.signal)
            : await this.#checker!.fetch(step.value.request, interruption?.signal)
          break
        case 'keep':
          // Nobody waits for a store.
          void this.#checker!.keep(step.value.request, step.value.address, step.value.bytes, step.value.until)
          break
        case 'signatures': {
          const { checks } = step.value
          if (ahead?.checks === checks) answer = await ahead.outcomes
          else {
            answer = await this.#check(checks, used, isOver)
            used += checks.length
          }
        }
      }
      // The race has been decided already: this only stops the work, and nobody hears the answer.
      if (isOver()) return deadlineVerdict(0)
      step = core.next(answer)
    }
    return step.value
  }

  #check(checks: readonly SignatureCheck[], used: number, isOver: () => boolean): Promise<SignatureOutcome[]> {
    return this.#slots.run(used, checks.length, () => this.#signatures.verifyAll(checks, isOver))
  }
}

const never = (): boolean => false

const nothingSpent: Cost = Object.freeze({ signatures: 0, searchSteps: 0, nameComparisons: 0, policyNodes: 0 })

function deadlineVerdict(deadline: number): Verdict {
  return refused([issueOf(budgetFinding(new BudgetExhausted('budget/deadline', deadline)))], [], 0, nothingSpent)
}

/** A caller’s abort rejects with its reason; the deadline resolves to its verdict. */
class Interruption {
  readonly promise: Promise<Verdict>
  happened = false
  /** Aborted as soon as the verification is over, whatever ended it. */
  readonly #over = new AbortController()
  readonly #signal: AbortSignal | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #onAbort: (() => void) | undefined

  constructor(signal: AbortSignal | undefined, deadline: number | undefined) {
    this.#signal = signal
    this.promise = new Promise<Verdict>((resolve, reject) => {
      if (deadline !== undefined) {
        this.#timer = setTimeout(() => {
          this.happened = true
          resolve(deadlineVerdict(deadline))
        }, deadline)
      }
      this.#onAbort = () => {
        this.happened = true
        reject(signal!.reason as Error)
      }
      signal?.addEventListener('abort', this.#onAbort, { once: true })
    })
  }

  get signal(): AbortSignal {
    return this.#over.signal
  }

  stop(): void {
    this.happened = true
    this.#over.abort()
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#onAbort!)
  }
}
