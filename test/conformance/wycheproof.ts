/** A file of Wycheproof vectors on Node, under either driver. */
import { createSignatureVerifier } from 'countersign/path'
import { createSyncSignatureVerifier } from 'countersign/node'
import { widePolicy, wycheproofCases } from './portable/wycheproof.ts'
import type { WycheproofFile } from './portable/wycheproof.ts'

export { widePolicy } from './portable/wycheproof.ts'
export type { WycheproofFile } from './portable/wycheproof.ts'

export interface WycheproofReport {
  readonly total: number
  /** Valid and accepted. */
  readonly accepted: number
  /** Invalid or acceptable, and refused. */
  readonly refused: number
  /** Valid, and refused for a reason that is the same in every runtime. */
  readonly unsupported: number
  /** Cases that came out otherwise. Zero is what is wanted. */
  readonly wrong: readonly { readonly id: string; readonly expected: string; readonly actual: string; readonly comment: string }[]
}

/** Runs all cases of a parsed file. `prefix` stands before the case number in the ids of wrong cases. */
export async function runWycheproof(
  file: WycheproofFile, driver: 'async' | 'sync', prefix: string = file.algorithm,
): Promise<WycheproofReport> {
  const policy = widePolicy()
  const cases = wycheproofCases(file, prefix)
  const checks = cases.map(({ check }) => check)
  const outcomes = driver === 'sync'
    ? createSyncSignatureVerifier({ policy }).verifyAll(checks)
    : await createSignatureVerifier({ policy }).verifyAll(checks)
  const counts = { accepted: 0, refused: 0, unsupported: 0 }
  const wrong: WycheproofReport['wrong'][number][] = []
  cases.forEach(({ id, comment, judge }, i) => {
    const { tally, expected, verdict } = judge(outcomes[i]!)
    if (tally !== undefined) counts[tally]++
    else wrong.push({ id, expected, actual: JSON.stringify(verdict), comment })
  })
  return { total: cases.length, ...counts, wrong }
}
