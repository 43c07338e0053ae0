/**
 * NIST PKITS: each case under the profile `rfc5280`, with its lists in hard mode. The valid policy sets are compared. DSA
 * counts as passed by its typed refusal.
 */
import { createVerifier } from 'countersign'
import { createAlgorithmPolicy, createSignatureVerifier, createValidationContext, rankOf, trustAnchorFromCertificate, validatePath } from 'countersign/path'
import type { PolicyInputs, Verdict, Verifier, VerifyRequest } from 'countersign'
import { createRevocationChecker } from 'countersign/revocation'
import { ParseError, parseCertificate } from 'countersign/x509'
import { fromBase64 } from './case.ts'
import type { Json, JudgedCase } from './case.ts'
import type { SecondOpinion } from './limbo.ts'

export interface PkitsCase {
  readonly id: string
  readonly section: string
  /** Trust anchor first, target last. */
  readonly certs: readonly string[]
  readonly crls: readonly string[]
  readonly time: string
  readonly initial_policy_set: readonly string[]
  readonly initial_explicit_policy: boolean
  readonly initial_policy_mapping_inhibit: boolean
  readonly initial_any_policy_inhibit: boolean
  readonly expected: 'valid' | 'invalid'
  readonly expected_user_constrained_policy_set: readonly string[]
}

export interface PkitsFile {
  readonly certs: Readonly<Record<string, string>>
  readonly crls: Readonly<Record<string, string>>
  readonly cases: readonly PkitsCase[]
}

/** The DSA cases: an algorithm that WebCrypto lacks. */
const dsaCases = ['4.1.4', '4.1.5', '4.1.6']

const policy = createAlgorithmPolicy()
const webCrypto = createSignatureVerifier({ policy })

/** Runs one case. */
export async function runPkitsCase(testcase: PkitsCase, file: PkitsFile, secondOpinion?: SecondOpinion): Promise<JudgedCase> {
  const { id } = testcase
  const isDsa = dsaCases.includes(id)
  const expected = testcase.expected === 'valid' && !isDsa ? 'accepted' : 'refused'
  let verdict: Verdict
  let second: string | undefined
  try {
    const verifier = verifierOf(testcase, file)
    const request = requestOf(testcase, file)
    verdict = await verifier.verify(request)
    second = secondOpinion?.(verifier, request, verdict)
  } catch (error) {
    // A list that cannot be read is the caller’s mistake, and named at creation.
    const cause = error instanceof TypeError ? error.cause : error
    if (cause instanceof ParseError) return { id, expected, actual: 'refused', code: cause.code, verdict: { code: cause.code, offset: cause.offset } }
    throw new Error(`${id}: ${(error as Error).message}`, { cause: error })
  }
  // Why the listed path is refused, where its own rules refuse it: the search may have found other reasons elsewhere.
  const listed = verdict.ok ? [] : await codesOfListedPath(testcase, file)
  const codes = verdict.ok || listed.length > 0 ? listed : verdict.issues.map((issue) => issue.code)
  const code = isDsa ? codes.find((found) => found === 'crypto/unsupported-algorithm') ?? codes[0] : codes[0]
  const problem = second ?? problemOf(verdict, testcase, isDsa, code)
  return {
    id, expected, actual: verdict.ok ? 'accepted' : 'refused', code, verdict: verdict.toJSON() as Json, ...(problem === undefined ? {} : { problem }),
  }
}

/** The codes of `validatePath` alone, on the path in the order in which the case lists it; none where it stands. */
async function codesOfListedPath(testcase: PkitsCase, file: PkitsFile): Promise<readonly string[]> {
  const [anchor, ...rest] = testcase.certs.map((name) => parseCertificate(fromBase64(file.certs[name]!)))
  const context = createValidationContext({ time: Date.parse(testcase.time), algorithms: policy, policies: policiesOf(testcase) })
  const core = validatePath(rest.reverse(), trustAnchorFromCertificate(anchor!), context)
  let step = core.next()
  while (step.done !== true) step = core.next(step.value.kind === 'signatures' ? await webCrypto.verifyAll(step.value.checks) : undefined)
  return step.value.findings.map(({ code }) => code).sort((a, b) => rankOf(a) - rankOf(b))
}

function verifierOf(testcase: PkitsCase, file: PkitsFile): Verifier {
  return createVerifier({
    anchors: [fromBase64(file.certs[testcase.certs[0]!]!)], purpose: 'any', policies: policiesOf(testcase),
    revocation: createRevocationChecker({ mode: 'hard', crls: testcase.crls.map((name) => fromBase64(file.crls[name]!)) }),
  })
}

function requestOf(testcase: PkitsCase, file: PkitsFile): VerifyRequest {
  const certificates = testcase.certs.map((name) => fromBase64(file.certs[name]!))
  return { leaf: certificates.at(-1)!, intermediates: certificates.slice(1, -1), names: 'unchecked', time: new Date(testcase.time) }
}

function policiesOf(testcase: PkitsCase): PolicyInputs {
  return {
    initialPolicySet: testcase.initial_policy_set, requireExplicitPolicy: testcase.initial_explicit_policy,
    inhibitPolicyMapping: testcase.initial_policy_mapping_inhibit, inhibitAnyPolicy: testcase.initial_any_policy_inhibit,
  }
}

function problemOf(verdict: Verdict, testcase: PkitsCase, isDsa: boolean, code: string | undefined): string | undefined {
  if (isDsa && code !== 'crypto/unsupported-algorithm') return 'DSA must be the typed refusal'
  if (!verdict.ok || testcase.expected !== 'valid') return undefined
  const wanted = [...testcase.expected_user_constrained_policy_set].sort().join(' ')
  const found = [...verdict.policies].sort().join(' ')
  return wanted === found ? undefined : `policies ${found || 'none'} instead of ${wanted || 'none'}`
}
