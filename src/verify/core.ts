/**
 * One verification, sans I/O: a generator that searches, judges, and yields the signatures it wants checked.
 * `verify` and `verifySync` drive it; both get the same verdict.
 *
 * Two passes. The first walks only certificates that stand by themselves, and checks the signatures of the paths that
 * pass every cheaper rule. If it accepts nothing, the second walks all of them, without cryptography and within what is
 * left of the budget, so that the refusal can say why each candidate failed.
 */
import { ParseError, equalBytes } from '../asn1/index.ts'
import { Certificate, parseCertificate } from '../x509/index.ts'
import type { CertificateSource } from '../x509/index.ts'
import { internals } from '../x509/certificate.ts'
import type { SignatureOutcome } from '../crypto/index.ts'
import {
  Budget, BudgetExhausted, CandidatePool, budgetFinding, certificateFindings, identitiesOf, judgePath, searchPaths,
  signatureCheck,
} from '../path/index.ts'
import type {
  AnchorStore, Attempt, BudgetLimits, CandidatePath, CoreRequest, CoreResponse, Issue, PathFinding, ResolvedNames,
  TrustAnchor, ValidationContext,
} from '../path/index.ts'
import { accepted, anchorReference, issueOf, maxAttempts, referenceTo, refused } from './verdict.ts'
import type { Verdict } from './types.ts'

/** A verifier’s checked options. */
export interface VerifierSettings
  extends Omit<ValidationContext, 'time' | 'names' | 'budget' | 'judged'> {
  readonly anchors: AnchorStore
  readonly limits: BudgetLimits
  readonly allowLeafAsAnchor: boolean
}

/** A checked request. */
export interface CoreInput {
  readonly leaf: Certificate | ParseError
  readonly candidates: readonly Certificate[]
  /** Warnings about candidates that could not be read. */
  readonly unreadable: readonly Issue[]
  readonly names: ResolvedNames | 'unchecked'
  readonly time: number
  /** Octets of all certificates together, and how many candidates there were. */
  readonly bytes: number
  readonly offered: number
}

const maxUnreadableReported = 16

/** Reads what a peer sent: a malformed leaf becomes a verdict, a malformed candidate a warning. */
export function readCertificates(
  leaf: Certificate | CertificateSource, intermediates: readonly (Certificate | CertificateSource)[], limits: BudgetLimits,
): Pick<CoreInput, 'leaf' | 'candidates' | 'unreadable' | 'bytes' | 'offered'> {
  const offered = intermediates.length
  const bytes = [leaf, ...intermediates.slice(0, limits.candidates)].reduce((sum, source) => sum + sizeOf(source), 0)
  // Over a limit nothing is read at all: the verdict is the limit, whatever the bytes hold.
  if (offered > limits.candidates || bytes > limits.bytes) return { leaf: read(leaf), candidates: [], unreadable: [], bytes, offered }
  const candidates: Certificate[] = []
  const failures: ParseError[] = []
  for (const source of intermediates) {
    const parsed = read(source)
    if (parsed instanceof ParseError) failures.push(parsed)
    else candidates.push(parsed)
  }
  // One warning for each kind of failure, in an order of their own.
  const kinds = new Map(failures.map((error) => [`${error.code} ${error.offset} ${error.field ?? ''} ${error.expected}`, error]))
  const unreadable = [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, maxUnreadableReported)
    .map(([, error]) => issueOf({
      code: 'path/candidate-unusable', role: 'intermediate', certificate: undefined,
      details: { parse: error.code, offset: error.offset, expected: error.expected, ...(error.field === undefined ? {} : { field: error.field }) },
    }))
  return { leaf: read(leaf), candidates, unreadable, bytes, offered }
}

/** Octets of a source, as far as that can be told before it is read. */
function sizeOf(source: Certificate | CertificateSource): number {
  if (source instanceof Certificate) return internals(source).bytes.length
  const bytes = source !== null && typeof source === 'object' && 'rawData' in source ? source.rawData : source
  return bytes?.byteLength ?? 0
}

/** A certificate whose names can be compared; anything else about it is judged by the rules. */
function read(source: Certificate | CertificateSource): Certificate | ParseError {
  try {
    const certificate = source instanceof Certificate ? source : parseCertificate(source)
    void certificate.subject.key
    void certificate.issuer.key
    return certificate
  } catch (error) {
    if (error instanceof ParseError) return error
    throw error
  }
}

export function* verifyCore(input: CoreInput, settings: VerifierSettings): Generator<CoreRequest, Verdict, CoreResponse> {
  const budget = new Budget(settings.limits)
  if (input.leaf instanceof ParseError) {
    const { code, offset, expected, field } = input.leaf
    const finding: PathFinding = {
      code, role: 'leaf', certificate: undefined, details: { offset, expected, ...(field === undefined ? {} : { field }) },
    }
    return refused([issueOf(finding), ...input.unreadable], [], 0, budget.cost)
  }
  const verification = new Verification(input.leaf, input, settings, budget)
  try {
    if (input.bytes > settings.limits.bytes) throw new BudgetExhausted('budget/bytes', settings.limits.bytes)
    if (input.offered > settings.limits.candidates) {
      throw new BudgetExhausted('budget/candidates', settings.limits.candidates)
    }
    const verdict = yield* verification.search()
    if (verdict !== undefined) return verdict
    verification.explain()
  } catch (error) {
    if (!(error instanceof BudgetExhausted)) throw error
    verification.note(budgetFinding(error))
  }
  return verification.refusal()
}

class Verification {
  readonly #leaf: Certificate
  readonly #input: CoreInput
  readonly #settings: VerifierSettings
  readonly #budget: Budget
  readonly #context: ValidationContext
  readonly #outcomes = new Map<string, SignatureOutcome>()
  readonly #issues: Issue[] = []
  readonly #attempts: Attempt[] = []
  readonly #seen = new Set<string>()
  #pool: CandidatePool | undefined
  #attemptsOmitted = 0
  #completePaths = 0
  #lengthLimited = false

  constructor(leaf: Certificate, input: CoreInput, settings: VerifierSettings, budget: Budget) {
    this.#leaf = leaf
    this.#input = input
    this.#settings = settings
    this.#budget = budget
    const { anchors: _anchors, limits: _limits, allowLeafAsAnchor: _allow, ...rules } = settings
    this.#context = { ...rules, names: input.names, time: input.time, budget, judged: new Map() }
  }

  get #candidates(): CandidatePool {
    return (this.#pool ??= new CandidatePool(this.#leaf, this.#input.candidates))
  }

  /** The first pass. Returns the accepted verdict, or undefined. */
  * search(): Generator<CoreRequest, Verdict | undefined, CoreResponse> {
    const self = this.#leafAsAnchor()
    if (self !== undefined) return self
    // A leaf that fails by itself fails on every path: no candidate is worth a look but for the explanation.
    if (certificateFindings(this.#leaf, 'leaf', this.#context).length > 0) return undefined
    const paths = this.#paths((certificate) => this.#standsAsIssuer(certificate))
    for (;;) {
      const next = paths.next()
      if (next.done === true) {
        this.#lengthLimited ||= next.value.lengthLimited
        return undefined
      }
      const candidate = next.value
      const judgement = judgePath(candidate.path, candidate.anchor, this.#context)
      if (judgement.findings.length > 0) {
        this.#record(candidate, judgement.findings, false)
        continue
      }
      const bad = yield* this.#checkSignatures(candidate)
      if (bad.length > 0) {
        this.#record(candidate, bad, true)
        continue
      }
      return accepted({
        ...candidate, policies: judgement.policies, identities: this.#identities(),
        judgedAnchor: this.#context.profile.judgeAnchor, warnings: this.#input.unreadable, cost: this.#budget.cost,
      })
    }
  }

  #identities(): ReturnType<typeof identitiesOf> {
    return identitiesOf(this.#leaf.get('subjectAltName') ?? [])
  }

  #standsAsIssuer(certificate: Certificate): boolean {
    return certificateFindings(certificate, 'intermediate', this.#context).length === 0
  }

  #paths(usable: (certificate: Certificate) => boolean): ReturnType<typeof searchPaths> {
    return searchPaths(this.#leaf, {
      pool: this.#candidates, anchors: this.#settings.anchors, budget: this.#budget, time: this.#input.time, usable,
      isBadEdge: (certificate, issuer) => this.#outcomes.get(this.#edge(certificate, issuer))?.ok === false,
    })
  }

  /** A leaf that is itself an anchor: a path of no certificates in RFC 5280’s count, only by the caller’s wish. */
  #leafAsAnchor(): Verdict | undefined {
    const leafBytes = internals(this.#leaf).bytes
    const anchor = this.#settings.anchors.named(this.#leaf.subject.key).find(({ certificate }) =>
      certificate !== undefined && equalBytes(internals(certificate).bytes, leafBytes))
    if (anchor === undefined) return undefined
    if (!this.#settings.allowLeafAsAnchor) {
      this.note({ code: 'path/leaf-is-anchor', role: 'leaf', certificate: this.#leaf, details: {} })
      return undefined
    }
    const judgement = judgePath([this.#leaf], selfAnchor(anchor, this.#leaf), this.#context)
    if (judgement.findings.length > 0) {
      this.#record({ path: [this.#leaf], anchor }, judgement.findings, false)
      return undefined
    }
    return accepted({
      path: [this.#leaf], anchor, policies: judgement.policies, identities: this.#identities(),
      judgedAnchor: true, warnings: this.#input.unreadable, cost: this.#budget.cost,
    })
  }

  #edge(certificate: Certificate, issuer: Certificate | TrustAnchor): string {
    const key = issuer instanceof Certificate ? internals(issuer).spkiBytes : issuer.publicKey
    return `${this.#candidates.keyId(key)} ${this.#candidates.certificateId(certificate)}`
  }

  /** Checks the signatures of a path that are not known yet, all at once; returns the bad ones. */
  * #checkSignatures({ path, anchor }: CandidatePath): Generator<CoreRequest, readonly PathFinding[], CoreResponse> {
    const edges = path.map((certificate, i) => {
      const issuer = path[i + 1] ?? anchor
      const key = issuer instanceof Certificate ? internals(issuer).spkiBytes : issuer.publicKey
      return { name: this.#edge(certificate, issuer), certificate, key }
    })
    const open = edges.filter(({ name }) => !this.#outcomes.has(name))
    if (open.length > 0) {
      this.#budget.chargeSignatures(open.length)
      const results = yield { kind: 'signatures', checks: open.map(({ certificate, key }) => signatureCheck(certificate, key)) }
      open.forEach(({ name }, i) => {
        this.#outcomes.set(name, results[i] ?? { ok: false, code: 'crypto/invalid-signature', details: { reason: 'no answer' } })
      })
    }
    return edges.flatMap(({ name, certificate }, i): PathFinding[] => {
      const outcome = this.#outcomes.get(name)!
      return outcome.ok ? [] : [{ code: outcome.code, details: outcome.details, certificate, role: i === 0 ? 'leaf' : 'intermediate' }]
    })
  }

  /** The second pass: why each candidate failed. No signature is checked. */
  explain(): void {
    const paths = this.#paths(() => true)
    // A wider search costs more than the answer needs: the first attempts, in canonical order, tell the story.
    while (this.#attempts.length < maxAttempts) {
      const next = paths.next()
      if (next.done === true) {
        this.#lengthLimited ||= next.value.lengthLimited
        break
      }
      const { path, anchor } = next.value
      if (this.#seen.has(this.#pathKey(next.value))) continue
      const { findings } = judgePath(path, anchor, this.#context)
      if (findings.length > 0) this.#record(next.value, findings, false)
    }
  }

  #pathKey({ path, anchor }: CandidatePath): string {
    return [...path.map((certificate) => this.#candidates.certificateId(certificate)), this.#candidates.identity(anchor)].join(' ')
  }

  #record(candidate: CandidatePath, findings: readonly PathFinding[], signaturesChecked: boolean): void {
    this.#completePaths++
    this.#seen.add(this.#pathKey(candidate))
    const issues = findings.map((finding) => issueOf(finding, candidate.anchor))
    // Beyond what a verdict can show only new kinds of failure are worth keeping.
    if (this.#issues.length < 4096) this.#issues.push(...issues)
    if (this.#attempts.length >= maxAttempts) {
      this.#attemptsOmitted++
      return
    }
    this.#attempts.push(Object.freeze({
      path: candidate.path.map((certificate, i) => referenceTo(certificate, i === 0 ? 'leaf' : 'intermediate')),
      anchor: anchorReference(candidate.anchor), issues, signaturesChecked,
    }))
  }

  /** An issue of the whole verification. */
  note(finding: PathFinding): void {
    this.#issues.push(issueOf(finding))
  }

  refusal(): Verdict {
    if (this.#completePaths === 0) this.#noteDeadEnd()
    return refused([...this.#issues, ...this.#input.unreadable], this.#attempts, this.#attemptsOmitted, this.#budget.cost)
  }

  /** No candidate reached an anchor: walk the best candidates once, and say where the walk ends. */
  #noteDeadEnd(): void {
    for (const finding of certificateFindings(this.#leaf, 'leaf', this.#context)) {
      this.note({ ...finding, certificate: this.#leaf, role: 'leaf' })
    }
    if (this.#issues.some(({ code }) => code.startsWith('budget/'))) return
    if (this.#lengthLimited) {
      this.note({ code: 'budget/path-certificates', role: 'leaf', certificate: undefined, details: { limit: this.#settings.limits.pathCertificates } })
    }
    const path: Certificate[] = [this.#leaf]
    const onPath = new Set([this.#candidates.identity(this.#leaf)])
    let last = this.#leaf
    while (path.length < this.#settings.limits.pathCertificates) {
      const issuer = this.#candidates.named(last.issuer.key).find((candidate) => !onPath.has(this.#candidates.identity(candidate)))
      if (issuer === undefined) break
      onPath.add(this.#candidates.identity(issuer))
      path.push((last = issuer))
    }
    const finding: PathFinding = {
      code: 'path/no-anchor', role: last === this.#leaf ? 'leaf' : 'intermediate', certificate: last,
      details: { issuer: last.issuer.toString().slice(0, 512) },
    }
    this.note(finding)
    this.#attempts.push(Object.freeze({
      path: path.map((certificate, i) => referenceTo(certificate, i === 0 ? 'leaf' : 'intermediate')),
      issues: [issueOf(finding)], signaturesChecked: false,
    }))
  }
}

/** For a path of the anchor alone: its name is the leaf’s issuer by definition, and its own constraints do not bind it. */
function selfAnchor(anchor: TrustAnchor, leaf: Certificate): TrustAnchor {
  return {
    ...anchor, name: leaf.issuer, certificate: undefined,
    constraints: { ...anchor.constraints, nameConstraints: undefined, pathLenConstraint: undefined, extendedKeyUsage: undefined },
  }
}
