/**
 * NIST PKITS: each case is one ordered path, so it drives `validatePath` alone, under the profile `rfc5280` and in both
 * drivers. The valid policy sets are compared. DSA counts as passed by its typed refusal.
 */
import { createAlgorithmPolicy, createSignatureVerifier, createValidationContext, rankOf, trustAnchorFromCertificate, validatePath } from 'countersign/path'
import type { PathJudgement, SignatureCheck, SignatureOutcome, TrustAnchor, ValidationContext } from 'countersign/path'
import { createVerifier } from 'countersign'
import type { PolicyInputs, VerifyRequest } from 'countersign'
import { createSyncSignatureVerifier, verifySync } from 'countersign/node'
import { ParseError, parseCertificate } from 'countersign/x509'
import type { Certificate } from 'countersign/x509'
import type { CaseResult, SkippedCase } from './report.ts'

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
  readonly cases: readonly PkitsCase[]
}

/** Whole sections, and single cases of others, whose result does not turn on a revocation list. */
const sectionsWithoutRevocation = /^4\.(1|2|3|6|7|8|9|10|11|12|13|16)$/
const turnOnRevocation = ['4.7.4', '4.7.5']
const casesWithoutRevocation = ['4.5.1', '4.5.3', '4.5.4', '4.5.6', '4.5.8', '4.4.14', '4.4.16', '4.4.17']
/** The DSA cases: an algorithm that WebCrypto lacks. */
const dsaCases = ['4.1.4', '4.1.5', '4.1.6']

const policy = createAlgorithmPolicy()
const webCrypto = createSignatureVerifier({ policy })
const nodeCrypto = createSyncSignatureVerifier({ policy })

export async function runPkitsCase(testcase: PkitsCase, file: PkitsFile): Promise<CaseResult | SkippedCase> {
  const { id, section } = testcase
  const runs = (sectionsWithoutRevocation.test(section) && !turnOnRevocation.includes(id)) || casesWithoutRevocation.includes(id)
  if (!runs) return { id, skipped: 'revocation lists: there is no revocation layer yet' }
  const isDsa = dsaCases.includes(id)
  const expected = testcase.expected === 'valid' && !isDsa ? 'accepted' : 'refused'
  const judge = async (answer: (checks: readonly SignatureCheck[]) => Promise<readonly SignatureOutcome[]> | readonly SignatureOutcome[]): Promise<PathJudgement> => {
    const [anchor, path, context] = inputsOf(testcase, file)
    const core = validatePath(path, anchor, context)
    let step = core.next()
    while (step.done !== true) step = core.next(step.value.kind === 'signatures' ? await answer(step.value.checks) : undefined)
    return step.value
  }
  let judgement: PathJudgement
  let other: PathJudgement
  try {
    judgement = await judge((checks) => webCrypto.verifyAll(checks))
    other = await judge((checks) => nodeCrypto.verifyAll(checks))
  } catch (error) {
    if (error instanceof ParseError) return { id, expected, actual: 'refused', code: error.code }
    throw error
  }
  // A case names a set of certificates, and its path may leave some out (4.5.4, 4.5.6 carry a certificate for the CRLs).
  if (judgement.findings.length > 0) {
    const searched = await searchAmong(testcase, file)
    if (searched !== undefined) judgement = other = searched
  }
  const ok = judgement.findings.length === 0
  const codes = judgement.findings.map((finding) => finding.code)
  const code = isDsa ? codes.find((found) => found === 'crypto/unsupported-algorithm') ?? codes[0] : firstRanked(codes)
  const problem = problemOf(judgement, other, testcase, ok, isDsa, code)
  return { id, expected, actual: ok ? 'accepted' : 'refused', code, ...(problem === undefined ? {} : { problem }) }
}

/** What the verifier finds among the certificates of the case, if it finds a path, and both drivers the same. */
async function searchAmong(testcase: PkitsCase, file: PkitsFile): Promise<PathJudgement | undefined> {
  const certificates = testcase.certs.map((name) => parseCertificate(Uint8Array.from(Buffer.from(file.certs[name]!, 'base64'))))
  const verifier = createVerifier({
    anchors: certificates.slice(0, 1), purpose: 'any', revocation: 'none', policies: policiesOf(testcase),
  })
  const request: VerifyRequest = {
    leaf: certificates.at(-1)!, intermediates: certificates.slice(1, -1), names: 'unchecked', time: new Date(testcase.time),
  }
  const verdict = await verifier.verify(request)
  if (JSON.stringify(verdict) !== JSON.stringify(verifySync(verifier, request))) throw new Error(`${testcase.id}: the drivers differ`)
  return verdict.ok ? { findings: [], policies: verdict.policies } : undefined
}

function policiesOf(testcase: PkitsCase): PolicyInputs {
  return {
    initialPolicySet: testcase.initial_policy_set, requireExplicitPolicy: testcase.initial_explicit_policy,
    inhibitPolicyMapping: testcase.initial_policy_mapping_inhibit, inhibitAnyPolicy: testcase.initial_any_policy_inhibit,
  }
}

function problemOf(
  judgement: PathJudgement, other: PathJudgement, testcase: PkitsCase, ok: boolean, isDsa: boolean, code: string | undefined,
): string | undefined {
  const text = ({ findings, policies }: PathJudgement): string => JSON.stringify([findings.map(({ code: found, details }) => [found, details]), policies])
  if (text(judgement) !== text(other)) return 'the drivers differ'
  if (isDsa && code !== 'crypto/unsupported-algorithm') return 'DSA must be the typed refusal'
  if (!ok || testcase.expected !== 'valid') return undefined
  const wanted = [...testcase.expected_user_constrained_policy_set].sort().join(' ')
  const found = [...judgement.policies].sort().join(' ')
  return wanted === found ? undefined : `policies ${found || 'none'} instead of ${wanted || 'none'}`
}

function inputsOf(testcase: PkitsCase, file: PkitsFile): [TrustAnchor, readonly Certificate[], ValidationContext] {
  const certificates = testcase.certs.map((name) => parseCertificate(Uint8Array.from(Buffer.from(file.certs[name]!, 'base64'))))
  const [anchor, ...rest] = certificates
  const context = createValidationContext({
    time: Date.parse(testcase.time), algorithms: policy,
    policies: policiesOf(testcase),
  })
  return [trustAnchorFromCertificate(anchor!), rest.reverse(), context]
}

function firstRanked(codes: readonly string[]): string | undefined {
  return [...codes].sort((a, b) => rankOf(a) - rankOf(b))[0]
}
