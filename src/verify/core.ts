/**
 * One verification, sans I/O: a generator that searches, judges, and yields the signatures it wants checked, and pauses.
 * `verify` and `verifySync` drive it; both get the same verdict.
 *
 * Two passes. The first walks only certificates that stand by themselves, and checks the signatures of the paths that
 * pass every cheaper rule. If it accepts nothing, the second walks all of them, without cryptography and within what is
 * left of the budget, so that the refusal can say why each candidate failed.
 */
import { equalBytes } from '../asn1/index.ts'
import { ParseError, parseDetails } from '../asn1/errors.ts'
import { Certificate, keyPurposeOids } from '../x509/index.ts'
import { internals } from '../x509/certificate.ts'
import type { SignatureCheck, SignatureOutcome } from '../crypto/index.ts'
import {
  Budget, BudgetExhausted, CandidatePool, Judgements, budgetFinding, dateFindings, identitiesOf, judgePath, searchPaths, signatureCheck,
} from '../path/index.ts'
import type {
  AnchorStore, BudgetLimits, CandidatePath, CoreResponse, Issue, PathFinding, Pause, ResolvedNames,
  TrustAnchor, ValidationContext,
} from '../path/index.ts'
import { publicKeyOf, selfAnchor } from '../path/anchor.ts'
import type { CheckerInternals } from '../revocation/registry.ts'
import type { CertificateRevocation, RevocationRequest, RevocationResponse } from '../revocation/types.ts'
import { markAccepted } from './accepted.ts'
import type { VerifierMemory } from './memory.ts'
import { readCandidates, readLeaf } from './reading.ts'
import type { ReadCandidates, TakenCertificates } from './reading.ts'
import type { AcceptedParts } from './verdict.ts'
import { accepted, anchorReference, issueOf, maxAttempts, maxIssues, referenceTo, refused } from './verdict.ts'
import type { PathAttempt, Verdict } from './types.ts'

/** A verifier’s checked options. */
export interface VerifierSettings
  extends Omit<ValidationContext, 'time' | 'names' | 'budget' | 'judged'> {
  readonly anchors: AnchorStore
  readonly limits: BudgetLimits
  readonly allowLeafAsAnchor: boolean
  /** Undefined where revocation is not checked. */
  readonly revocation: CheckerInternals | undefined
}

/** A checked request. */
export interface CoreInput extends TakenCertificates {
  readonly names: ResolvedNames | 'unchecked'
  readonly time: number
  /** What the peer stapled. */
  readonly stapled: Uint8Array | undefined
}

export function* verifyCore(
  input: CoreInput, settings: VerifierSettings, memory: VerifierMemory,
): Generator<RevocationRequest, Verdict, RevocationResponse> {
  const budget = new Budget(settings.limits)
  const leaf = readLeaf(input.leaf, memory, budget)
  if (leaf instanceof BudgetExhausted) return refused([issueOf(budgetFinding(leaf))], [], 0, budget.cost)
  if (leaf instanceof ParseError) {
    const { unreadable } = yield* readCandidates(input.candidates, memory, budget)
    const finding: PathFinding = { code: leaf.code, role: 'leaf', certificate: undefined, details: parseDetails(leaf) }
    return refused([issueOf(finding), ...unreadable], [], 0, budget.cost)
  }
  const ahead = checkAhead(leaf, input.time, memory)
  if (ahead !== undefined) yield { kind: 'start', checks: ahead }
  const read = yield* readCandidates(input.candidates, memory, budget)
  let verification = new Verification(leaf, input, read, settings, budget, memory, ahead)
  try {
    if (read.exhausted !== undefined) throw read.exhausted
    if (input.bytes > settings.limits.bytes) throw new BudgetExhausted('budget/bytes', settings.limits.bytes)
    if (input.offered > settings.limits.candidates) {
      throw new BudgetExhausted('budget/candidates', settings.limits.candidates)
    }
    const asked = new Set<string>()
    for (;;) {
      const verdict = yield* verification.search()
      if (verdict !== undefined) return verdict
      const larger = yield* verification.withFetchedIssuers(asked)
      if (larger === undefined) break
      verification = larger
    }
    yield* verification.explain()
  } catch (error) {
    if (!(error instanceof BudgetExhausted)) throw error
    verification.note(budgetFinding(error))
  }
  return verification.refusal()
}

/**
 * Where the leaf names an issuer whose key is known, its signature is checked while all else is read and judged: most leaves are
 * his, and pass. One that is not, or does not, has cost a stranger's verifier one signature more than it is charged for, which
 * one that does would have cost it, too.
 */
function checkAhead(leaf: Certificate, time: number, memory: VerifierMemory): readonly SignatureCheck[] | undefined {
  if (memory.holds(leaf) || dateFindings(leaf, time).length > 0) return undefined
  const key = memory.recognize(leaf.issuer)
  return key && [signatureCheck(leaf, key)]
}

/** Signatures whose outcome is open: checks, and the edges they settle, in order. */
interface OpenSignatures {
  readonly edges: readonly number[]
  readonly checks: readonly SignatureCheck[]
}

const good: SignatureOutcome = Object.freeze({ ok: true })
const noAnswer: SignatureOutcome = Object.freeze({ ok: false, code: 'crypto/invalid-signature', details: Object.freeze({ reason: 'no answer' }) })

/** Whether both are the check of one certificate’s signature, by one key. */
function isSameCheck([a, ...more]: readonly SignatureCheck[], [b]: readonly SignatureCheck[]): boolean {
  return more.length === 0 && a!.signature === b!.signature && equalBytes(a!.spki, b!.spki)
}

class Verification {
  readonly #leaf: Certificate
  readonly #input: CoreInput
  readonly #settings: VerifierSettings
  readonly #budget: Budget
  readonly #memory: VerifierMemory
  readonly #context: ValidationContext
  /** By `#edge`. */
  readonly #outcomes = new Map<number, SignatureOutcome>()
  readonly #issues: Issue[] = []
  readonly #attempts: PathAttempt[] = []
  readonly #seen = new Set<string>()
  readonly #pool: CandidatePool
  /** The check of the leaf’s signature that was started ahead, by itself. */
  readonly #ahead: readonly SignatureCheck[] | undefined
  readonly #read: ReadCandidates
  /** Warnings. */
  readonly #unreadable: Issue[]
  #attemptsOmitted = 0
  #completePaths = 0
  #lengthLimited = false

  constructor(
    leaf: Certificate, input: CoreInput, read: ReadCandidates, settings: VerifierSettings, budget: Budget,
    memory: VerifierMemory, ahead: readonly SignatureCheck[] | undefined,
  ) {
    this.#leaf = leaf
    this.#input = input
    this.#read = read
    this.#unreadable = [...read.unreadable]
    this.#settings = settings
    this.#budget = budget
    this.#memory = memory
    this.#ahead = ahead
    this.#pool = new CandidatePool(leaf, read.candidates)
    this.#context = {
      profile: settings.profile, rules: settings.rules, purpose: settings.purpose, keyUsage: settings.keyUsage,
      policies: settings.policies, initialConstraints: settings.initialConstraints, maxPathLength: settings.maxPathLength,
      publicSuffixes: settings.publicSuffixes, algorithms: settings.algorithms, names: input.names, time: input.time, budget,
      judged: new Judgements(memory),
    }
  }

  /** The first pass. Returns the accepted verdict, or undefined. */
  * search(): Generator<RevocationRequest, Verdict | undefined, RevocationResponse> {
    const own = this.#settings.anchors.made(this.#leaf)
    if (own !== undefined) {
      const verdict = yield* this.#leafAsAnchor(own)
      if (verdict !== undefined) return verdict
    }
    // A leaf that fails by itself fails on every path: no candidate is worth a look but for the explanation.
    if (this.#context.judged.of(this.#leaf, 'leaf', this.#context).length > 0) return undefined
    const paths = this.#paths((certificate) => this.#standsAsIssuer(certificate))
    for (;;) {
      const candidate = yield* this.#nextPath(paths)
      if (candidate === undefined) return undefined
      const judgement = yield* judgePath(candidate.path, candidate.anchor, this.#context)
      if (judgement.findings.length > 0) {
        this.#record(candidate, judgement.findings, false)
        continue
      }
      const edges = this.#edgesOf(candidate)
      const open = this.#openSignatures(candidate, edges)
      if (open !== undefined && open.checks !== this.#ahead) yield { kind: 'start', checks: open.checks }
      // Made while the signatures are being checked; most of them are good.
      const parts: AcceptedParts = {
        path: candidate.path, anchor: candidate.anchor, policies: judgement.policies, identities: this.#identities(),
        judgedAnchor: this.#context.profile.judgeAnchor, warnings: this.#unreadable, cost: this.#budget.cost,
      }
      const verdict = accepted(parts)
      if (open !== undefined) {
        const results = (yield { kind: 'signatures', checks: open.checks }) as CoreResponse
        open.edges.forEach((edge, i) => this.#outcomes.set(edge, results?.[i] ?? noAnswer))
      }
      const bad = this.#badSignatures(candidate, edges)
      if (bad.length > 0) {
        this.#record(candidate, bad, true)
        continue
      }
      this.#memory.remember(candidate.path, candidate.anchor)
      if (this.#settings.revocation === undefined) return markAccepted(verdict)
      const unrevoked = yield* this.#checkRevocation(candidate, parts, this.#settings.revocation)
      if (unrevoked !== undefined) return unrevoked
    }
  }

  /** Revocation, last, on a path that stands otherwise. Returns the accepted verdict, or undefined. */
  * #checkRevocation(
    candidate: CandidatePath, parts: AcceptedParts, checker: CheckerInternals,
  ): Generator<RevocationRequest, Verdict | undefined, RevocationResponse> {
    const { purpose } = this.#settings
    const { certificates, findings, warnings, validUntil } = yield* checker.check({
      ...candidate, context: this.#context, pool: this.#pool, stapled: this.#input.stapled, isServer: purpose === keyPurposeOids.serverAuth,
    }, this.#memory.revocationFor(checker))
    if (findings.length > 0) {
      this.#record(candidate, findings, true, certificates)
      return undefined
    }
    return markAccepted(accepted({
      ...parts, revocation: { certificates, until: validUntil }, cost: this.#budget.cost,
      warnings: [...parts.warnings, ...warnings.map((finding) => issueOf(finding, candidate.anchor, 'warning'))],
    }))
  }

  #identities(): ReturnType<typeof identitiesOf> {
    return identitiesOf(this.#leaf.get('subjectAltName') ?? [])
  }

  #standsAsIssuer(certificate: Certificate): boolean {
    this.#budget.addCertificate(internals(certificate).bytes.length)
    return this.#context.judged.of(certificate, 'intermediate', this.#context).length === 0
  }

  #paths(usable: (certificate: Certificate) => boolean): ReturnType<typeof searchPaths> {
    return searchPaths(this.#leaf, {
      pool: this.#pool, anchors: this.#settings.anchors, budget: this.#budget, time: this.#input.time, usable,
      isBadEdge: (certificate, issuer) => this.#outcomes.size > 0 && this.#outcomes.get(this.#edge(certificate, issuer))?.ok === false,
    })
  }

  /** The next path of a search, its pauses passed on; undefined at its end. */
  * #nextPath(paths: ReturnType<typeof searchPaths>): Generator<Pause, CandidatePath | undefined, unknown> {
    for (;;) {
      const next = paths.next()
      if (next.done === true) {
        this.#lengthLimited ||= next.value.lengthLimited
        return undefined
      }
      if (!('kind' in next.value)) return next.value
      yield next.value
    }
  }

  /** A leaf that is itself an anchor: a path of no certificates in RFC 5280’s count, only by the caller’s wish. */
  * #leafAsAnchor(anchor: TrustAnchor): Generator<Pause, Verdict | undefined, unknown> {
    if (!this.#settings.allowLeafAsAnchor) {
      this.note({ code: 'path/leaf-is-anchor', role: 'leaf', certificate: this.#leaf, details: {} })
      return undefined
    }
    const judgement = yield* judgePath([this.#leaf], selfAnchor(anchor, this.#leaf), this.#context)
    if (judgement.findings.length > 0) {
      this.#record({ path: [this.#leaf], anchor }, judgement.findings, false)
      return undefined
    }
    return markAccepted(accepted({
      path: [this.#leaf], anchor, policies: judgement.policies, identities: this.#identities(),
      // What is trusted by itself is not revoked by anybody (RFC 5280 6.1).
      ...(this.#settings.revocation === undefined ? {} : { revocation: { certificates: [], until: Infinity } }),
      judgedAnchor: true, warnings: this.#unreadable, cost: this.#budget.cost,
    }))
  }

  /** A number for a certificate under a key. Certificates number far fewer than 2^26. */
  #edge(certificate: Certificate, issuer: Certificate | TrustAnchor): number {
    return this.#pool.keyId(issuer) * 2 ** 26 + this.#pool.certificateId(certificate)
  }

  #edgesOf({ path, anchor }: CandidatePath): readonly number[] {
    return path.map((certificate, i) => this.#edge(certificate, path[i + 1] ?? anchor))
  }

  /** Charges the signatures of a path that were not asked for yet; returns those whose outcome is not known. */
  #openSignatures({ path, anchor }: CandidatePath, all: readonly number[]): OpenSignatures | undefined {
    const edges: number[] = []
    const checks: SignatureCheck[] = []
    let charged = 0
    for (let i = 0; i < path.length; i++) {
      const certificate = path[i]!
      const issuer = path[i + 1] ?? anchor
      const edge = all[i]!
      if (this.#outcomes.has(edge)) continue
      charged++
      if (this.#memory.isSignedBy(certificate, issuer)) this.#outcomes.set(edge, good)
      else {
        edges.push(edge)
        checks.push(signatureCheck(certificate, publicKeyOf(issuer)))
      }
    }
    // What is remembered is charged as well, so that no verdict depends on what was verified before.
    this.#budget.chargeSignatures(charged)
    if (edges.length === 0) return undefined
    return { edges, checks: this.#ahead !== undefined && isSameCheck(checks, this.#ahead) ? this.#ahead : checks }
  }

  /** The bad signatures of a path whose outcomes are all known. */
  #badSignatures({ path }: CandidatePath, edges: readonly number[]): readonly PathFinding[] {
    const bad: PathFinding[] = []
    for (let i = 0; i < path.length; i++) {
      const outcome = this.#outcomes.get(edges[i]!)!
      if (!outcome.ok) bad.push({ code: outcome.code, details: outcome.details, certificate: path[i]!, role: i === 0 ? 'leaf' : 'intermediate' })
    }
    return bad
  }

  /** Where no path reaches an anchor and issuers may be asked for: the verification with what came, or undefined for nothing. */
  * withFetchedIssuers(asked: Set<string>): Generator<RevocationRequest, Verification | undefined, RevocationResponse> {
    const { revocation } = this.#settings
    if (revocation?.fetchIssuers === undefined || this.#completePaths > 0 || this.#issues.length > 0 ||
      this.#context.judged.of(this.#leaf, 'leaf', this.#context).length > 0) return undefined
    const last = this.#deadEnd().at(-1)!
    const { certificates, failed } = yield* revocation.fetchIssuers(last, asked)
    for (const { address, code, details } of failed) {
      this.#unreadable.push(issueOf({ code: 'path/issuer-not-fetched', role: 'intermediate', certificate: undefined, details: { address, code, details } }, undefined, 'warning'))
    }
    if (certificates.length === 0) return undefined
    const { candidates, unreadable, exhausted } = yield* readCandidates(certificates, this.#memory, this.#budget)
    if (exhausted !== undefined) throw exhausted
    const read = { candidates: [...this.#read.candidates, ...candidates], unreadable: [...this.#unreadable, ...unreadable], exhausted: undefined }
    return new Verification(this.#leaf, this.#input, read, this.#settings, this.#budget, this.#memory, this.#ahead)
  }

  /** The second pass: why each candidate failed. No signature is checked. */
  * explain(): Generator<Pause, void, unknown> {
    const paths = this.#paths(() => true)
    // A wider search costs more than the answer needs: the first attempts, in canonical order, tell the story.
    while (this.#attempts.length < maxAttempts) {
      const candidate = yield* this.#nextPath(paths)
      if (candidate === undefined) break
      if (this.#seen.has(this.#pathKey(candidate))) continue
      const { findings } = yield* judgePath(candidate.path, candidate.anchor, this.#context)
      if (findings.length > 0) this.#record(candidate, findings, false)
    }
  }

  #pathKey({ path, anchor }: CandidatePath): string {
    return [...path.map((certificate) => this.#pool.certificateId(certificate)), this.#pool.keyId(anchor), anchor.name.key].join(' ')
  }

  #record(
    candidate: CandidatePath, findings: readonly PathFinding[], signaturesChecked: boolean, revocation?: readonly CertificateRevocation[],
  ): void {
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
      anchor: anchorReference(candidate.anchor), issues: issues.slice(0, maxIssues), signaturesChecked, ...(revocation === undefined ? {} : { revocation }),
    }))
  }

  /** An issue of the whole verification. */
  note(finding: PathFinding): void {
    this.#issues.push(issueOf(finding))
  }

  refusal(): Verdict {
    if (this.#completePaths === 0) this.#noteDeadEnd()
    return refused([...this.#issues, ...this.#unreadable], this.#attempts, this.#attemptsOmitted, this.#budget.cost)
  }

  /** The best candidates one above the other, to where they end. */
  #deadEnd(): readonly Certificate[] {
    const path: Certificate[] = [this.#leaf]
    while (path.length < this.#settings.limits.pathCertificates) {
      const issuer = this.#pool.named(path.at(-1)!.issuer.key)
        .find((candidate) => !path.some((certificate) => this.#pool.isSameCa(certificate, candidate)))
      if (issuer === undefined) break
      path.push(issuer)
    }
    return path
  }

  /** No candidate reached an anchor: walk the best candidates once, and say where the walk ends. */
  #noteDeadEnd(): void {
    for (const finding of this.#context.judged.of(this.#leaf, 'leaf', this.#context)) {
      this.note({ ...finding, certificate: this.#leaf, role: 'leaf' })
    }
    if (this.#issues.some(({ code }) => code.startsWith('budget/'))) return
    if (this.#lengthLimited) {
      this.note({ code: 'budget/path-certificates', role: 'leaf', certificate: undefined, details: { limit: this.#settings.limits.pathCertificates } })
    }
    const path = this.#deadEnd()
    const last = path.at(-1)!
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
