/** NIST PKITS on Node: the portable cases, in both drivers. */
import { verifySync } from 'countersign/node'
import type { CaseResult } from './report.ts'
import { runPkitsCase as runPortable } from './portable/pkits.ts'
import type { PkitsCase, PkitsFile } from './portable/pkits.ts'

export type { PkitsFile } from './portable/pkits.ts'

/** Runs one case. Verdicts of the two drivers that differ fail it. */
export function runPkitsCase(testcase: PkitsCase, file: PkitsFile): Promise<CaseResult> {
  return runPortable(testcase, file, (verifier, request, verdict) =>
    JSON.stringify(verdict) === JSON.stringify(verifySync(verifier, request)) ? undefined : 'the drivers differ')
}
