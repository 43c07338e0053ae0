/** What every suite hands to the runner, and how the runner counts it. */

/** What one case came to. */
export interface CaseResult {
  readonly id: string
  readonly expected: 'accepted' | 'refused'
  readonly actual: 'accepted' | 'refused'
  /** First-ranked code of a refusal. */
  readonly code: string | undefined
  /** Why the case counts as failed although `expected` was met, for example another policy set or driver. */
  readonly problem?: string
}

/** A case that was not run, with the reason. */
export interface SkippedCase {
  readonly id: string
  readonly skipped: string
}

/** A case of the suite that the library deliberately decides otherwise, with the clause it follows. */
export interface Exception {
  readonly case: string
  readonly expected: string
  readonly actual: string
  readonly reason: string
}

export interface Summary {
  /** `FAIL …` lines. */
  readonly failures: readonly string[]
  readonly passed: number
  readonly excepted: number
  readonly skipped: number
  /** Passed and failed by expected result. */
  readonly byExpectation: Readonly<Record<'accepted' | 'refused', { passed: number; failed: number }>>
}

/**
 * Counts results. A failing case that stands in `exceptions` as it came out is excepted; an exception whose case passed,
 * or came out otherwise, is a failure: a list that is not kept up to date hides things.
 */
export function summarize(
  results: readonly (CaseResult | SkippedCase)[], exceptions: readonly Exception[], expectedCodes: Readonly<Record<string, string>>,
): Summary {
  const failures: string[] = []
  const byExpectation = { accepted: { passed: 0, failed: 0 }, refused: { passed: 0, failed: 0 } }
  const exceptionByCase = new Map(exceptions.map((exception) => [exception.case, exception]))
  let excepted = 0
  let skipped = 0
  for (const result of results) {
    if ('skipped' in result) {
      skipped++
      continue
    }
    const wanted = expectedCodes[result.id]
    const wrongCode = result.expected === 'refused' && result.actual === 'refused' && wanted !== undefined && result.code !== wanted
    const problem = result.problem ?? (wrongCode ? `expected code ${wanted}` : undefined)
    const failed = result.expected !== result.actual || problem !== undefined
    const exception = exceptionByCase.get(result.id)
    if (exception !== undefined && failed && exception.expected === result.expected && exception.actual === result.actual) {
      excepted++
      continue
    }
    if (!failed && exception === undefined) {
      byExpectation[result.expected].passed++
      continue
    }
    byExpectation[result.expected].failed++
    const why = exception !== undefined ? ' (a stale or unexpected entry in exceptions.json)' : problem === undefined ? '' : ` (${problem})`
    failures.push(`FAIL ${result.id} ${result.expected} ${result.actual} ${result.code ?? '-'}${why}`)
  }
  return { failures, passed: byExpectation.accepted.passed + byExpectation.refused.passed, excepted, skipped, byExpectation }
}
