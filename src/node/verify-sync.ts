/**
 * The synchronous driver: the same core and the same checks of keys and signatures as `verifier.verify`, with
 * `node:crypto` in WebCrypto’s place, for the TLS hooks that cannot wait.
 */
import { verifierInternals } from '../verify/verifier.ts'
import { RefusedError } from '../verify/index.ts'
import type { AcceptedVerdict, Verdict, Verifier, VerifyRequest } from '../verify/index.ts'
import { createSyncSignatureVerifier } from './sync-crypto.ts'
import type { SyncSignatureVerifier } from './sync-crypto.ts'

/** One driver a verifier, so that its keys are imported once. */
const drivers = new WeakMap<Verifier, SyncSignatureVerifier>()

function driverOf(verifier: Verifier): SyncSignatureVerifier {
  let driver = drivers.get(verifier)
  if (driver === undefined) drivers.set(verifier, (driver = createSyncSignatureVerifier({ policy: verifierInternals(verifier).algorithms })))
  return driver
}

/**
 * The verdict, at once. Byte for byte the one that `verifier.verify(request)` resolves with.
 *
 * `request.signal` is looked at once, at the start, and `request.deadline` is not: nothing here waits. The budget
 * bounds the work.
 *
 * @throws `TypeError` for a caller’s mistake, never for what the peer sent.
 */
export function verifySync(verifier: Verifier, request: VerifyRequest): Verdict {
  const { begin } = verifierInternals(verifier)
  const driver = driverOf(verifier)
  request?.signal?.throwIfAborted()
  const { core } = begin(request)
  let step = core.next()
  while (step.done !== true) step = core.next(step.value.kind === 'signatures' ? driver.verifyAll(step.value.checks) : undefined)
  return step.value
}

/** The accepted verdict, or throws `RefusedError`, which holds the refused one. */
export function requireSync(verifier: Verifier, request: VerifyRequest): AcceptedVerdict {
  const verdict = verifySync(verifier, request)
  if (verdict.ok) return verdict
  throw new RefusedError(verdict)
}

/**
 * The same verifier on this thread: what its `verify` and `require` resolve with was decided by `verifySync` before they returned. For whatever takes a
 * verifier and waits for it, as the edge kit’s `verifiedClient` does. WebCrypto hands each signature to another thread and back, which for the few of
 * one chain takes longer than to check them here; only many verifications at once, on a machine with processors to spare, are better off there.
 *
 * What `verifySync` cannot do this cannot either: fetch, or stop at a deadline.
 *
 * @throws `TypeError` for anything that `createVerifier` did not return.
 */
export function onThisThread(verifier: Verifier): Verifier {
  void verifierInternals(verifier)
  return Object.freeze({
    verify: async (request: VerifyRequest) => verifySync(verifier, request),
    require: async (request: VerifyRequest) => requireSync(verifier, request),
  })
}
