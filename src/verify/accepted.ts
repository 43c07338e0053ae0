/**
 * Which verdicts are acceptances of ours: what decides on their strength takes no look-alike object for one.
 */
import type { AcceptedVerdict } from './types.ts'

const accepted = /* @__PURE__ */ new WeakSet<object>()

/** Called where an accepted verdict leaves the core, after everything was checked. */
export function markAccepted(verdict: AcceptedVerdict): AcceptedVerdict {
  accepted.add(verdict)
  return verdict
}

/** Whether a verifier of this library made it as an acceptance. A copy, or one from another process, is none. */
export function isAcceptedVerdict(value: unknown): value is AcceptedVerdict {
  return typeof value === 'object' && value !== null && accepted.has(value)
}
