/**
 * Which verdicts are acceptances of ours: what decides on their strength takes no look-alike object for one.
 */
import type { AcceptedVerdict } from './types.ts'

/** A constructor that makes nothing: a class above it puts its private fields on the object it is given. */
const Given = function (object: object): object {
  return object
} as unknown as new (object: object) => object

/** A private field is a mark that nobody else can set, and costs the collector nothing, as an entry in a WeakSet does. */
class Mark extends Given {
  readonly #isAccepted?: true

  static isOn(object: object): boolean {
    return #isAccepted in object
  }
}

/** Called once, where an accepted verdict leaves the core, after everything was checked: marks it, and freezes it. */
export function markAccepted(verdict: AcceptedVerdict): AcceptedVerdict {
  return Object.freeze(new Mark(verdict) as unknown as AcceptedVerdict)
}

/** Whether a verifier of this library made it as an acceptance. A copy, or one from another process, is none. */
export function isAcceptedVerdict(value: unknown): value is AcceptedVerdict {
  return typeof value === 'object' && value !== null && Mark.isOn(value)
}
