/** x509-limbo and BetterTLS on Node: the portable cases, in both drivers. */
import { verifySync } from 'countersign/node'
import type { CaseResult, SkippedCase } from './report.ts'
import { runLimboCase as runPortable } from './portable/limbo.ts'
import type { LimboCase } from './portable/limbo.ts'

export type { LimboFile } from './portable/limbo.ts'

/** Runs one case. Verdicts of the two drivers that differ fail it. */
export function runLimboCase(testcase: LimboCase): Promise<CaseResult | SkippedCase> {
  return runPortable(testcase, (verifier, request, verdict) =>
    JSON.stringify(verdict) === JSON.stringify(verifySync(verifier, request)) ? undefined : 'the drivers differ')
}
