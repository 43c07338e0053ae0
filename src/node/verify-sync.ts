/**
 * The synchronous driver: the same core and the same checks of keys and signatures as `verifier.verify`, with
 * `node:crypto` in WebCrypto’s place, for the TLS hooks that cannot wait.
 */
import { verifierInternals } from '../verify/verifier.ts'
import { verifyCore } from '../verify/core.ts'
import { RefusedError } from '../verify/index.ts'
import type { AcceptedVerdict, Verdict, Verifier, VerifyRequest } from '../verify/index.ts'
import { verifySignaturesSync } from './sync-crypto.ts'

/**
 * The verdict, at once. Byte for byte the one that `verifier.verify(request)` resolves with.
 *
 * `request.signal` is looked at once, at the start, and `request.deadline` is not: nothing here waits. The budget
 * bounds the work.
 *
 * @throws `TypeError` for a caller’s mistake, never for what the peer sent.
 */
export function verifySync(verifier: Verifier, request: VerifyRequest): Verdict {
  const { settings, algorithms, prepare } = verifierInternals(verifier)
  request.signal?.throwIfAborted()
  const core = verifyCore(prepare(request), settings)
  let step = core.next()
  while (step.done !== true) step = core.next(verifySignaturesSync(step.value.checks, algorithms))
  return step.value
}

/** The accepted verdict, or throws `RefusedError`, which holds the refused one. */
export function requireSync(verifier: Verifier, request: VerifyRequest): AcceptedVerdict {
  const verdict = verifySync(verifier, request)
  if (verdict.ok) return verdict
  throw new RefusedError(verdict)
}
