/**
 * Who may speak about revocation, and whether they did: paths from signers to the anchor of the verification, and
 * signatures, each charged to the budget of the verification.
 */
import { ParseError, equalBytes } from '../asn1/index.ts'
import type { Certificate } from '../x509/index.ts'
import { internals } from '../x509/certificate.ts'
import type { SignatureCheck, SignatureOutcome } from '../crypto/index.ts'
import { AnchorStore, CandidatePool, Judgements, defaultPolicyInputs, judgePath, resolveProfile, ruleSetOf, searchPaths, signatureChecks } from '../path/index.ts'
import { publicKeyOf } from '../path/anchor.ts'
import type { TrustAnchor, ValidationContext } from '../path/index.ts'
import type { RevocationRequest, RevocationResponse } from './types.ts'

/** The path that was accepted, and what it was accepted by. */
export interface JudgedPath {
  readonly path: readonly Certificate[]
  readonly anchor: TrustAnchor
  readonly context: ValidationContext
  /** The candidates of the verification, among which signers are looked for. */
  readonly pool: CandidatePool
}

type Path = readonly Certificate[]

/** What was found out about the paths of a signer. */
interface SignerPaths {
  /** Along paths at hand. */
  readonly judged: { readonly path: Path; readonly stands: boolean }[]
  /** By the search, so far; it is undefined at its end. */
  readonly found: Path[]
  search: ReturnType<typeof searchPaths> | undefined
}

export class Signers {
  readonly anchor: TrustAnchor
  readonly #judged: JudgedPath
  readonly #candidates: CandidatePool
  readonly #extra: readonly Certificate[]
  /** For signers: section 6 alone. What a profile or the caller asks of the peer’s certificate is not asked of them. */
  readonly #context: ValidationContext
  readonly #paths = new Map<Certificate, SignerPaths>()

  constructor(judged: JudgedPath, extra: readonly Certificate[]) {
    const profile = resolveProfile('rfc5280')
    this.anchor = judged.anchor
    this.#judged = judged
    this.#extra = extra
    this.#candidates = extra.length === 0 ? judged.pool : new CandidatePool(judged.path[0]!, [...judged.pool.certificates, ...extra])
    this.#context = {
      ...judged.context, profile, rules: ruleSetOf(profile), purpose: undefined, keyUsage: [], names: 'unchecked',
      policies: defaultPolicyInputs, publicSuffixes: undefined, judged: new Judgements(),
    }
  }

  /** Candidates of a name, by its comparison key, whose key usage and identifier can be read. */
  named(key: string): readonly Certificate[] {
    return this.#candidates.named(key).filter(isReadable)
  }

  /** Each once; the caller’s own first: whatever else a peer sends is not tried before them. */
  get candidates(): readonly Certificate[] {
    const { certificates } = this.#candidates
    const isOwn = (certificate: Certificate): boolean => this.#extra.some((one) => equalBytes(internals(one).bytes, internals(certificate).bytes))
    return [...certificates.filter(isOwn), ...certificates.filter((certificate) => !isOwn(certificate))]
  }

  /** Charges and checks signatures; the outcomes in order. */
  * check(checks: readonly SignatureCheck[]): Generator<RevocationRequest, readonly SignatureOutcome[], RevocationResponse> {
    this.#context.budget.chargeSignatures(checks.length)
    const outcomes = yield { kind: 'signatures', checks }
    return Array.isArray(outcomes) ? outcomes as readonly SignatureOutcome[] : []
  }

  /** Charges a certificate that came with an answer, like a candidate of the peer’s. */
  chargeCandidate(certificate: Certificate): void {
    const { budget } = this.#context
    budget.addCertificate(internals(certificate).bytes.length)
    budget.chargeSearch(1)
    budget.chargeReading(certificate.issuer.byteLength + certificate.subject.byteLength, internals(certificate).extensionOctets)
  }

  /** Charges a signature that is known to be good. */
  chargeSignature(): void {
    this.#context.budget.chargeSignatures(1)
  }

  /**
   * RFC 5280 6.3.3 (f): the paths of a signer to the anchor of the verification itself, by number; undefined after the last. Those along the path at
   * hand, `above`, come first: with certificates that a peer adds others can be made, and none of them may stand in the way of these.
   */
  * pathOf(signer: Certificate, above: readonly Certificate[], number: number): Generator<RevocationRequest, Path | undefined, RevocationResponse> {
    const paths = this.#pathsOf(signer)
    const along: Path[] = []
    for (const [i, issuer] of above.entries()) {
      if (!issuer.subject.equals(signer.issuer)) continue
      const path = [signer, ...above.slice(i)]
      if (yield* this.#standsOnce(paths, path)) along.push(path)
    }
    while (paths.search !== undefined && along.length + paths.found.length <= number) {
      const found = yield* this.#next(paths.search)
      if (found === undefined) paths.search = undefined
      else paths.found.push(found)
    }
    return [...along, ...paths.found][number]
  }

  #pathsOf(signer: Certificate): SignerPaths {
    let paths = this.#paths.get(signer)
    if (paths === undefined) {
      const context = this.#context
      const search = searchPaths(signer, {
        pool: new CandidatePool(signer, this.#candidates.certificates), anchors: new AnchorStore([this.anchor]), budget: context.budget,
        time: context.time, usable: (certificate) => context.judged.of(certificate, 'intermediate', context).length === 0, isBadEdge: () => false,
      })
      this.#paths.set(signer, (paths = { judged: [], found: [], search }))
    }
    return paths
  }

  * #standsOnce({ judged }: SignerPaths, path: Path): Generator<RevocationRequest, boolean, RevocationResponse> {
    const known = judged.find((one) => isSamePath(one.path, path))
    if (known !== undefined) return known.stands
    const stands = yield* this.stands(path)
    judged.push({ path, stands })
    return stands
  }

  /** The next path of a search that stands; undefined at its end. */
  * #next(search: NonNullable<SignerPaths['search']>): Generator<RevocationRequest, Path | undefined, RevocationResponse> {
    for (;;) {
      const next = search.next()
      if (next.done === true) return undefined
      if ('kind' in next.value) yield next.value
      else if (yield* this.stands(next.value.path)) return next.value.path
    }
  }

  /** Whether a path under the anchor stands: by its rules, and by the signatures that are not known to be good. */
  * stands(path: readonly Certificate[]): Generator<RevocationRequest, boolean, RevocationResponse> {
    const { findings } = yield* judgePath(path, this.anchor, this.#context)
    if (findings.length > 0) return false
    const unknown = signatureChecks(path, this.anchor).slice(0, path.length - this.#sharedWithJudged(path))
    if (unknown.length === 0) return true
    const outcomes = yield* this.check(unknown)
    return unknown.every((_, i) => outcomes[i]?.ok === true)
  }

  /** How many certificates at the top of a path are the top of the accepted one. */
  #sharedWithJudged(path: readonly Certificate[]): number {
    const accepted = this.#judged.path
    let shared = 0
    while (shared < path.length && shared < accepted.length && path[path.length - 1 - shared] === accepted[accepted.length - 1 - shared]) shared++
    return shared
  }
}

/** False for a certificate whose extensions about keys are malformed: nobody is to be believed by it. */
export function isReadable(certificate: Certificate): boolean {
  try {
    void certificate.get('keyUsage')
    void certificate.get('subjectKeyIdentifier')
    return true
  } catch (error) {
    if (error instanceof ParseError) return false
    throw error
  }
}

export function isSamePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((certificate, i) => certificate === b[i])
}

/** The key of a signer: of the first certificate of its path, or of the anchor. */
export function signerKey(path: readonly Certificate[], anchor: TrustAnchor): Uint8Array {
  return publicKeyOf(path[0] ?? anchor)
}
