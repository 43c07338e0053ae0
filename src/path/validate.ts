/**
 * Validation of one ordered path: RFC 5280 section 6.1, with the policy graph of RFC 9618.
 *
 * `judgePath` runs every rule that needs no cryptography and collects all broken ones; `signatureChecks` lists what
 * is left to be verified; `validatePath` is the two together, as a generator that yields the signatures (sans-I/O).
 * The search for paths is elsewhere (build): nothing here looks for another certificate.
 */
import { anyPolicyOid, keyPurposeOids, keyUsageNames } from '../x509/index.ts'
import type { Certificate, KeyUsage, NameConstraints } from '../x509/index.ts'
import { internals } from '../x509/certificate.ts'
import { createAlgorithmPolicy } from '../crypto/index.ts'
import type { AlgorithmPolicy, SignatureCheck, SignatureOutcome } from '../crypto/index.ts'
import { publicKeyOf } from './anchor.ts'
import type { TrustAnchor } from './anchor.ts'
import { Budget, BudgetExhausted, budgetFrom, pause } from './budget.ts'
import type { BudgetLimits, Pause } from './budget.ts'
import { Judgements } from './judgements.ts'
import { ruleSetOf } from './certificate-rules.ts'
import { isSelfIssued } from './certificate-rule.ts'
import type { Details, RuleContext } from './certificate-rule.ts'
import type { RuleSet } from './certificate-rules.ts'
import { clipText } from './clip-text.ts'
import { identitiesOf, resolveNames, unmatchedNames } from './identity.ts'
import { takeNameConstraints } from './initial-constraints.ts'
import type { NameExpectation, ResolvedNames } from './identity.ts'
import type { CertificateRole, IssueCode } from './issue.ts'
import { checkNameConstraints, constrainedNames, malformedSubtrees } from './name-constraints.ts'
import { PolicyGraph, defaultPolicyInputs } from './policy-graph.ts'
import type { PolicyInputs } from './policy-graph.ts'
import { resolveProfile } from './profile.ts'
import type { Profile } from './profile.ts'
import type { ProfileName, RuleCode } from './rules.ts'

/** The checked inputs of RFC 5280 6.1.1, shared by all paths of one verification. */
export interface ValidationContext extends RuleContext {
  readonly rules: RuleSet
  /** Dotted OID that the leaf’s extended key usage must allow; undefined for any. */
  readonly purpose: string | undefined
  /** Bits that the leaf’s keyUsage, if present, must have. */
  readonly keyUsage: readonly (keyof KeyUsage)[]
  readonly names: ResolvedNames | 'unchecked'
  readonly policies: PolicyInputs
  readonly initialConstraints: NameConstraints | undefined
  readonly maxPathLength: number | undefined
  readonly budget: Budget
  /** Findings about single certificates, which do not depend on the path; filled as paths are judged. */
  readonly judged: Judgements
}

/** What `createValidationContext` takes; everything but the time has the default named. */
export interface ValidationInputs {
  /** Milliseconds since 1970. */
  readonly time: number
  /** Default `rfc5280`. */
  readonly profile?: ProfileName | Profile
  /** Dotted OID of the extended key usage to check; default none. */
  readonly purpose?: string
  /** Default none. */
  readonly keyUsage?: readonly (keyof KeyUsage)[]
  /** Default `'unchecked'`: names are the concern of whoever asked for the path. */
  readonly names?: NameExpectation
  readonly policies?: Partial<PolicyInputs>
  readonly initialConstraints?: NameConstraints
  readonly maxPathLength?: number
  readonly budget?: Partial<BudgetLimits>
  readonly algorithms?: AlgorithmPolicy
  readonly publicSuffixes?: (domain: string) => boolean
}

/** Checked inputs for `validatePath`, for one path at one time. Throws `TypeError` naming the field that is wrong. */
export function createValidationContext(inputs: ValidationInputs): ValidationContext {
  if (!(Math.abs(inputs.time) <= 8.64e15)) throw new TypeError('inputs.time: expected milliseconds since 1970')
  const profile = resolveProfile(inputs.profile)
  return {
    profile, rules: ruleSetOf(profile), time: inputs.time, purpose: inputs.purpose, keyUsage: inputs.keyUsage ?? [],
    names: resolveNames(inputs.names ?? 'unchecked'), policies: { ...defaultPolicyInputs, ...inputs.policies },
    initialConstraints: takeNameConstraints(inputs.initialConstraints, 'inputs.initialConstraints'), maxPathLength: inputs.maxPathLength,
    budget: new Budget(budgetFrom(inputs.budget)), algorithms: inputs.algorithms ?? createAlgorithmPolicy(),
    publicSuffixes: inputs.publicSuffixes, judged: new Judgements(),
  }
}

/** A broken rule, with the certificate that broke it (undefined: the path as a whole, or an anchor without a certificate). */
export interface PathFinding {
  readonly code: IssueCode
  readonly details: Details
  readonly certificate: Certificate | undefined
  readonly role: CertificateRole
}

export interface PathJudgement {
  /** Empty where only the signatures are left. */
  readonly findings: readonly PathFinding[]
  /** user-constrained-policy-set (RFC 9618); meaningful only without findings. */
  readonly policies: readonly string[]
}

/**
 * Judges a path by every rule but the signatures. `path` goes from the leaf to the certificate that the anchor issued.
 *
 * @throws `BudgetExhausted`
 */
export function* judgePath(
  path: readonly Certificate[], anchor: TrustAnchor, context: ValidationContext,
): Generator<Pause, PathJudgement, unknown> {
  const findings: PathFinding[] = []
  const add = (code: IssueCode, details: Details, certificate: Certificate | undefined, role: CertificateRole): void => {
    findings.push({ code, details, certificate, role })
  }
  if (anchor.certificate !== undefined && context.profile.judgeAnchor) {
    for (const { code, details } of context.judged.of(anchor.certificate, 'anchor', context)) {
      add(code, details, anchor.certificate, 'anchor')
    }
  }
  let readable = true
  for (let i = path.length - 1; i >= 0; i--) {
    const role: CertificateRole = i === 0 ? 'leaf' : 'intermediate'
    const broken = context.judged.of(path[i]!, role, context)
    for (const { code, details } of broken) add(code, details, path[i], role)
    if (broken.some(({ details }) => 'expected' in details && 'offset' in details)) readable = false
    if (context.budget.takePause()) yield pause
  }
  // What could not be decoded cannot be judged further; it is refused already.
  if (!readable) return { findings, policies: [] }
  checkChaining(path, anchor, add)
  checkPathLength(path, anchor, context, add)
  if (hasConstraints(path, anchor, context)) yield* checkNames(path, anchor, context, add)
  checkPurpose(path, anchor, context, add)
  checkIdentity(path[0]!, context, add)
  const policies = leavesPoliciesOpen(path, anchor, context) ? [] : yield* checkPolicies(path, anchor, context, add)
  return { findings, policies }
}

type Add = (code: RuleCode, details: Details, certificate: Certificate | undefined, role: CertificateRole) => void

function roleAt(i: number): CertificateRole {
  return i === 0 ? 'leaf' : 'intermediate'
}

/** 6.1.3(a)(4) */
function checkChaining(path: readonly Certificate[], anchor: TrustAnchor, add: Add): void {
  for (let i = 0; i < path.length; i++) {
    const certificate = path[i]!
    const name = path[i + 1]?.subject ?? anchor.name
    if (!certificate.issuer.equals(name)) {
      add('path/name-chaining', { issuer: clipText(certificate.issuer.toString()), subject: clipText(name.toString()) }, certificate, roleAt(i))
    }
  }
}

/** 6.1.2(k), 6.1.4(l) and (m) */
function checkPathLength(path: readonly Certificate[], anchor: TrustAnchor, { maxPathLength }: ValidationContext, add: Add): void {
  let allowed = Math.min(maxPathLength ?? Infinity, anchor.constraints.pathLenConstraint ?? Infinity)
  for (let i = path.length - 1; i > 0; i--) {
    const certificate = path[i]!
    if (!isSelfIssued(certificate)) {
      if (allowed <= 0) {
        add('path/path-length-exceeded', { certificatesBelow: i }, certificate, 'intermediate')
        return
      }
      allowed--
    }
    const constraints = certificate.get('basicConstraints')
    if (constraints?.cA === true) allowed = Math.min(allowed, constraints.pathLenConstraint ?? Infinity)
  }
}

/** Whether anybody on the path constrains names. */
function hasConstraints(path: readonly Certificate[], anchor: TrustAnchor, { initialConstraints }: ValidationContext): boolean {
  if (initialConstraints !== undefined || anchor.constraints.nameConstraints !== undefined) return true
  for (let i = 1; i < path.length; i++) if (path[i]!.get('nameConstraints') !== undefined) return true
  return false
}

/** 6.1.3(b) and (c), 6.1.4(g) */
function* checkNames(
  path: readonly Certificate[], anchor: TrustAnchor, { initialConstraints, budget }: ValidationContext, add: Add,
): Generator<Pause, void, unknown> {
  const active: NameConstraints[] = []
  // From the caller's own constraints down, through those of the anchor, to the leaf.
  for (let i = path.length + 1; i >= 0; i--) {
    const certificate = i > path.length ? undefined : (path[i] ?? anchor.certificate)
    const role = i < path.length ? roleAt(i) : 'anchor'
    // "If certificate i is self-issued and it is not the final certificate in the path, skip this step."
    if (active.length > 0 && i < path.length && (i === 0 || !isSelfIssued(path[i]!))) {
      const names = constrainedNames(path[i]!)
      for (const constraints of active) {
        for (const { code, details } of yield* checkNameConstraints(constraints, names, budget)) add(code, details, certificate, role)
      }
    }
    const imposed = i > path.length ? initialConstraints
      : i === path.length ? anchor.constraints.nameConstraints
      : i > 0 ? path[i]!.get('nameConstraints') : undefined
    if (imposed === undefined) continue
    for (const { code, details } of yield* malformedSubtrees(imposed, budget)) add(code, details, certificate, role)
    active.push(imposed)
  }
}

/**
 * Extended key usage (4.2.1.12) and key usage (4.2.1.3). An extended key usage in a CA limits what it may issue for,
 * as every browser and TLS library reads it; anyExtendedKeyUsage lifts the limit.
 */
function checkPurpose(path: readonly Certificate[], anchor: TrustAnchor, context: ValidationContext, add: Add): void {
  const { purpose } = context
  const leaf = path[0]!
  const usage = leaf.get('keyUsage')
  if (usage !== undefined && context.keyUsage.length > 0) {
    const missing = keyUsageNames.filter((name) => context.keyUsage.includes(name) && !usage[name])
    if (missing.length > 0) add('path/key-usage', { missing }, leaf, 'leaf')
  }
  if (purpose === undefined) return
  const allows = (purposes: readonly string[] | undefined): boolean =>
    purposes === undefined || purposes.includes(purpose) || purposes.includes(keyPurposeOids.any)
  const leafPurposes = leaf.get('extendedKeyUsage')
  if (!allows(leafPurposes)) add('path/extended-key-usage', { wanted: purpose, found: leafPurposes!.slice(0, 16) }, leaf, 'leaf')
  if (!context.profile.has('path/extended-key-usage-not-nested')) return
  for (let i = 1; i < path.length; i++) {
    const purposes = path[i]!.get('extendedKeyUsage')
    if (!allows(purposes)) {
      add('path/extended-key-usage-not-nested', { wanted: purpose, found: purposes!.slice(0, 16) }, path[i], 'intermediate')
    }
  }
  const { extendedKeyUsage } = anchor.constraints
  if (!allows(extendedKeyUsage)) {
    add('path/extended-key-usage-not-nested', { wanted: purpose, found: extendedKeyUsage!.slice(0, 16) }, anchor.certificate, 'anchor')
  }
}

/** RFC 9525 6 */
function checkIdentity(leaf: Certificate, { names, judged }: ValidationContext, add: Add): void {
  if (names === 'unchecked') return
  if (judged.unmatched?.leaf !== leaf) judged.unmatched = { leaf, names: unmatchedNames(names, leaf.get('subjectAltName') ?? []) }
  const { names: expected } = judged.unmatched
  if (expected.length === 0) return
  const found = identitiesOf((leaf.get('subjectAltName') ?? []).slice(0, 16)).map(({ type, value }) => ({ [type]: clipText(value) }))
  add('path/name-mismatch', { expected, found }, leaf, 'leaf')
}

/** 6.1.2(a) to (f), 6.1.3(d) to (f), 6.1.4(a), (b), (h) to (j), 6.1.5(a), (b), (g) */
function* checkPolicies(
  path: readonly Certificate[], anchor: TrustAnchor, { policies: inputs, budget }: ValidationContext, add: Add,
): Generator<Pause, readonly string[], unknown> {
  const n = path.length
  const limits = anchor.constraints
  const initial = (inhibited: boolean, limit: number | undefined): number => (inhibited ? 0 : Math.min(n + 1, limit ?? Infinity))
  let explicitPolicy = initial(inputs.requireExplicitPolicy, limits.requireExplicitPolicy)
  let policyMapping = initial(inputs.inhibitPolicyMapping, limits.inhibitPolicyMapping)
  let inhibitAny = initial(inputs.inhibitAnyPolicy, limits.inhibitAnyPolicy)
  const graph = new PolicyGraph(budget)
  for (let i = n - 1; i >= 0; i--) {
    const certificate = path[i]!
    const selfIssued = isSelfIssued(certificate)
    const isLast = i === 0
    const policies = certificate.get('certificatePolicies')?.map((policy) => policy.policyIdentifier)
    yield* graph.addCertificate(policies, inhibitAny > 0 || (!isLast && selfIssued))
    // 6.1.3(f)
    if (explicitPolicy === 0 && graph.isNull) {
      add('path/explicit-policy-required', { policies: (policies ?? []).slice(0, 16) }, certificate, roleAt(i))
      return []
    }
    const constraints = certificate.get('policyConstraints')
    if (isLast) {
      // 6.1.5(a) and (b)
      if (explicitPolicy > 0) explicitPolicy--
      if (constraints?.requireExplicitPolicy === 0) explicitPolicy = 0
      break
    }
    yield* graph.applyMappings(certificate.get('policyMappings') ?? [], policyMapping > 0)
    if (!selfIssued) {
      if (explicitPolicy > 0) explicitPolicy--
      if (policyMapping > 0) policyMapping--
      if (inhibitAny > 0) inhibitAny--
    }
    explicitPolicy = Math.min(explicitPolicy, constraints?.requireExplicitPolicy ?? Infinity)
    policyMapping = Math.min(policyMapping, constraints?.inhibitPolicyMapping ?? Infinity)
    inhibitAny = Math.min(inhibitAny, certificate.get('inhibitAnyPolicy') ?? Infinity)
  }
  // 6.1.5(g): the tree intersected with the user's set (and, RFC 5937 3, with the anchor's).
  const valid = yield* graph.userConstrainedPolicies(intersectPolicies(inputs.initialPolicySet, limits.policySet))
  if (explicitPolicy === 0 && valid.length === 0) {
    add('path/explicit-policy-required', { initialPolicySet: inputs.initialPolicySet.slice(0, 16) }, undefined, 'leaf')
  }
  return valid
}

/**
 * True where the graph need not be built: the topmost certificate has no policies, which empties it for good, and nothing
 * asks for one.
 */
function leavesPoliciesOpen(path: readonly Certificate[], { constraints }: TrustAnchor, { policies }: ValidationContext): boolean {
  if (policies.requireExplicitPolicy || constraints.requireExplicitPolicy !== undefined) return false
  return path[path.length - 1]!.get('certificatePolicies') === undefined &&
    path.every((certificate) => certificate.get('policyConstraints') === undefined)
}

function intersectPolicies(user: readonly string[], anchor: readonly string[] | undefined): readonly string[] {
  if (anchor === undefined || anchor.includes(anyPolicyOid)) return user
  return user.includes(anyPolicyOid) ? anchor : user.filter((policy) => anchor.includes(policy))
}

/** The signatures of a path: entry i is the one on `path[i]`, by the key above it. */
export function signatureChecks(path: readonly Certificate[], anchor: TrustAnchor): readonly SignatureCheck[] {
  return path.map((certificate, i) => signatureCheck(certificate, publicKeyOf(path[i + 1] ?? anchor)))
}

/** The signature on one certificate by one key. */
export function signatureCheck(certificate: Certificate, issuerKey: Uint8Array): SignatureCheck {
  const { tbs, outerAlgorithmBytes, signature } = internals(certificate)
  return { spki: issuerKey, algorithm: outerAlgorithmBytes, data: tbs, signature }
}

/**
 * What the core asks of its driver: signatures, answered by their outcomes; nothing but a turn for others; or that the
 * check of a signature it may soon ask for (in a request of that check alone) be started, with no answer to wait for.
 */
export type CoreRequest =
  | { readonly kind: 'signatures'; readonly checks: readonly SignatureCheck[] }
  | { readonly kind: 'start'; readonly checks: readonly SignatureCheck[] }
  | Pause
export type CoreResponse = readonly SignatureOutcome[] | undefined

/**
 * Validates one ordered path. A generator: it yields the signatures to check, all of them at once, and is resumed
 * with their outcomes.
 */
export function* validatePath(
  path: readonly Certificate[], anchor: TrustAnchor, context: ValidationContext,
): Generator<CoreRequest, PathJudgement, CoreResponse> {
  let judgement: PathJudgement
  try {
    judgement = yield* judgePath(path, anchor, context)
    if (judgement.findings.length > 0) return judgement
    context.budget.chargeSignatures(path.length)
  } catch (error) {
    if (!(error instanceof BudgetExhausted)) throw error
    return { findings: [budgetFinding(error)], policies: [] }
  }
  const outcomes = (yield { kind: 'signatures', checks: signatureChecks(path, anchor) }) ?? []
  const findings = path.flatMap((certificate, i): PathFinding[] => {
    const outcome = outcomes[i]
    if (outcome?.ok === true) return []
    return [{
      code: outcome?.code ?? 'crypto/invalid-signature', details: outcome?.details ?? {}, certificate, role: roleAt(i),
    }]
  })
  return { findings, policies: judgement.policies }
}

export function budgetFinding(error: BudgetExhausted): PathFinding {
  return { code: error.code, details: { limit: error.limit }, certificate: undefined, role: 'leaf' }
}
