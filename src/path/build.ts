/**
 * The search for candidate paths: from the leaf upwards, depth first, best candidate first. No cryptography and no
 * rule of section 6 is applied here; the consumer judges each complete path, and reports which signatures were bad.
 *
 * What bounds it. Certificates from which no anchor can be reached by names are dropped first, in linear time, which
 * ends most hostile graphs at once. A path holds no name with the same key twice, no more certificates than the
 * budget says, and every step is charged. A bad signature, once reported, is never walked again.
 *
 * What makes it fair. Candidates are de-duplicated and put into an order that depends on nothing but their content,
 * so that neither the order in which a peer sends them nor what was verified before can move a verdict.
 */
import { ParseError, compareBytes, equalBytes } from '../asn1/index.ts'
import type { Certificate, Name } from '../x509/index.ts'
import { internals } from '../x509/certificate.ts'
import type { AnchorStore } from './anchor-store.ts'
import { publicKeyOf } from './anchor.ts'
import type { TrustAnchor } from './anchor.ts'
import { append } from './append.ts'
import { pause } from './budget.ts'
import type { Budget, Pause } from './budget.ts'
import { ByteIndex } from './byte-index.ts'

export interface CandidatePath {
  /** From the leaf to the certificate that the anchor issued. */
  readonly path: readonly Certificate[]
  readonly anchor: TrustAnchor
}

/** The candidates of one verification, indexed by subject; shared by all its searches. */
export class CandidatePool {
  readonly #bySubject = new Map<string, Certificate[]>()
  readonly #ids = new Map<Certificate, number>()
  readonly #keys = new ByteIndex()
  readonly #keyIds = new Map<Certificate | TrustAnchor, number>()
  /** Distinct certificates. */
  readonly certificates: readonly Certificate[]

  constructor(leaf: Certificate, candidates: readonly Certificate[]) {
    // Canonical order, so that whatever walks them walks them alike; equal ones end up side by side.
    const sorted = candidates.length < 2 ? candidates : [...candidates].sort(compareCertificates)
    this.certificates = sorted.filter((certificate, i) => compareCertificates(certificate, leaf) !== 0 &&
      (i === 0 || compareCertificates(certificate, sorted[i - 1]!) !== 0))
    this.#ids.set(leaf, 0)
    for (const certificate of this.certificates) {
      this.#ids.set(certificate, this.#ids.size)
      append(this.#bySubject, certificate.subject.key, certificate)
    }
  }

  named(key: string): readonly Certificate[] {
    return this.#bySubject.get(key) ?? []
  }

  /** The number of the leaf (0) or of a candidate. */
  certificateId(certificate: Certificate): number {
    return this.#ids.get(certificate)!
  }

  /** A number for a public key: equal keys have equal numbers. */
  keyId(holder: Certificate | TrustAnchor): number {
    let id = this.#keyIds.get(holder)
    if (id === undefined) this.#keyIds.set(holder, (id = this.#keys.intern(publicKeyOf(holder))))
    return id
  }

  /** Name and key together are what makes two certificates, or a certificate and an anchor, the same CA. */
  isSameCa(a: Certificate | TrustAnchor, b: Certificate | TrustAnchor): boolean {
    return this.keyId(a) === this.keyId(b) && caNameOf(a).equals(caNameOf(b))
  }
}

function caNameOf(holder: Certificate | TrustAnchor): Name {
  return 'subject' in holder ? holder.subject : holder.name
}

function compareCertificates(a: Certificate, b: Certificate): number {
  return a === b ? 0 : compareBytes(internals(a).bytes, internals(b).bytes)
}

export interface SearchOptions {
  readonly pool: CandidatePool
  readonly anchors: AnchorStore
  readonly budget: Budget
  /** Milliseconds since 1970: candidates valid now come first. */
  readonly time: number
  /** Certificates that may stand in a path as an issuer; the others are left out of this search. */
  readonly usable: (certificate: Certificate) => boolean
  /** True for a signature known to be bad. */
  readonly isBadEdge: (certificate: Certificate, issuer: Certificate | TrustAnchor) => boolean
}

/** What a finished search says beside its paths. */
export interface SearchOutcome {
  /** Some path was cut off at the budget’s length. */
  readonly lengthLimited: boolean
}

interface Frame {
  readonly certificate: Certificate
  readonly anchors: readonly TrustAnchor[]
  readonly issuers: readonly Certificate[]
  nextAnchor: number
  nextIssuer: number
}

/** Yields every complete candidate path, best first, and pauses between. */
export function* searchPaths(leaf: Certificate, options: SearchOptions): Generator<CandidatePath | Pause, SearchOutcome, unknown> {
  const distances = yield* reachableNames(options)
  return yield* new Search(options, distances).from(leaf)
}

class Search {
  readonly #options: SearchOptions
  readonly #distances: ReadonlyMap<string, number>
  /** Which issuers of a name are usable is asked once a search; putting them in order is charged each time. */
  readonly #usableByName = new Map<string, readonly Certificate[]>()
  readonly #order = new Map<Certificate, readonly Certificate[]>()
  readonly #stack: Frame[] = []

  constructor(options: SearchOptions, distances: ReadonlyMap<string, number>) {
    this.#options = options
    this.#distances = distances
  }

  * from(leaf: Certificate): Generator<CandidatePath | Pause, SearchOutcome, unknown> {
    const { budget, isBadEdge } = this.#options
    const stack = this.#stack
    const maximum = budget.limits.pathCertificates
    if (maximum < 1) return { lengthLimited: true }
    let lengthLimited = false
    stack.push(yield* this.#frameOf(leaf))
    while (stack.length > 0) {
      if (budget.takePause()) yield pause
      const frame = stack[stack.length - 1]!
      if (frame.nextAnchor < frame.anchors.length) {
        const anchor = frame.anchors[frame.nextAnchor++]!
        budget.chargeSearch(1)
        // An anchor that is itself on the path adds nothing to it.
        if (!this.#isOnPath(anchor) && !isBadEdge(frame.certificate, anchor)) {
          budget.chargeSearch(stack.length)
          yield { path: stack.map((entry) => entry.certificate), anchor }
        }
        continue
      }
      const issuer = frame.issuers[frame.nextIssuer++]
      if (issuer === undefined) {
        stack.pop()
        continue
      }
      budget.chargeSearch(1)
      const distance = this.#distances.get(issuer.issuer.key)
      if (distance === undefined || this.#isOnPath(issuer) || isBadEdge(frame.certificate, issuer)) continue
      if (stack.length + distance >= maximum) {
        lengthLimited = true
        continue
      }
      stack.push(yield* this.#frameOf(issuer))
    }
    return { lengthLimited }
  }

  /** Paths are short (`pathCertificates`), so that looking along one costs less than keeping a set of it. */
  #isOnPath(holder: Certificate | TrustAnchor): boolean {
    for (const { certificate } of this.#stack) if (this.#options.pool.isSameCa(certificate, holder)) return true
    return false
  }

  * #frameOf(certificate: Certificate): Generator<Pause, Frame, unknown> {
    const { pool, anchors } = this.#options
    const { key } = certificate.issuer
    const named = pool.named(key)
    const issuers = named.length === 0 ? named : this.#order.get(certificate) ?? (yield* this.#inOrder(certificate))
    return { certificate, anchors: anchorsInOrder(certificate, anchors.named(key)), issuers, nextAnchor: 0, nextIssuer: 0 }
  }

  * #inOrder(certificate: Certificate): Generator<Pause, readonly Certificate[], unknown> {
    const usable = yield* this.#usableNamed(certificate.issuer.key)
    const issuers = usable.length < 2 ? usable : yield* ranked(certificate, usable, this.#distances, this.#options)
    this.#order.set(certificate, issuers)
    return issuers
  }

  * #usableNamed(name: string): Generator<Pause, readonly Certificate[], unknown> {
    const { pool, budget, usable } = this.#options
    let issuers = this.#usableByName.get(name)
    if (issuers === undefined) {
      const found: Certificate[] = []
      for (const certificate of pool.named(name)) {
        if (usable(certificate)) found.push(certificate)
        if (budget.takePause()) yield pause
      }
      this.#usableByName.set(name, (issuers = found))
    }
    budget.chargeSearch(issuers.length)
    return issuers
  }
}

/**
 * For each issuer name from which an anchor can be reached by names: how many certificates more it takes beyond the
 * one that bears the name as its issuer. Breadth first, each certificate once.
 */
function* reachableNames({ pool, anchors, budget, usable }: SearchOptions): Generator<Pause, ReadonlyMap<string, number>, unknown> {
  const distances = new Map<string, number>()
  const byIssuer = new Map<string, Certificate[]>()
  let frontier: string[] = []
  for (const certificate of pool.certificates) {
    if (budget.takePause()) yield pause
    if (!usable(certificate)) continue
    const { key } = certificate.issuer
    append(byIssuer, key, certificate)
    if (distances.has(key) || anchors.named(key).length === 0) continue
    distances.set(key, 0)
    frontier.push(key)
  }
  while (frontier.length > 0) {
    const next: string[] = []
    for (const name of frontier) {
      for (const certificate of byIssuer.get(name) ?? []) {
        const subject = certificate.subject.key
        if (distances.has(subject)) continue
        distances.set(subject, distances.get(name)! + 1)
        next.push(subject)
      }
    }
    frontier = next
  }
  return distances
}

/** How well an authority key identifier fits: 0 it matches, 1 nothing to compare, 2 it does not. Only a hint (RFC 5280 4.2.1.1). */
function keyIdentifierRank(certificate: Certificate, subjectKeyIdentifier: Uint8Array | undefined): number {
  const wanted = readable(() => certificate.get('authorityKeyIdentifier')?.keyIdentifier)
  if (wanted === undefined || subjectKeyIdentifier === undefined) return 1
  return equalBytes(wanted, subjectKeyIdentifier) ? 0 : 2
}

/** A hint that cannot be decoded is no hint; the rules refuse the certificate later, and say why. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ParseError) return undefined
    throw error
  }
}

function anchorsInOrder(certificate: Certificate, anchors: readonly TrustAnchor[]): readonly TrustAnchor[] {
  if (anchors.length < 2) return anchors
  const ranked = anchors.map((anchor, i) => ({
    anchor, i, rank: keyIdentifierRank(certificate, readable(() => anchor.certificate?.get('subjectKeyIdentifier'))),
  }))
  return ranked.sort((a, b) => a.rank - b.rank || a.i - b.i).map(({ anchor }) => anchor)
}

interface Ranked {
  readonly issuer: Certificate
  readonly rank: number
  readonly distance: number
  readonly notAfter: number
}

/** Of equally fitting issuers the one nearest to an anchor comes first, so that no mesh of CAs hides a short path. */
function* ranked(
  certificate: Certificate, issuers: readonly Certificate[], distances: ReadonlyMap<string, number>, { time, budget }: SearchOptions,
): Generator<Pause, readonly Certificate[], unknown> {
  const all: Ranked[] = []
  for (const issuer of issuers) {
    budget.addWork(rankingWork)
    if (budget.takePause()) yield pause
    const { notBefore, notAfter } = internals(issuer)
    const current = notBefore <= time && time <= notAfter + 999
    const rank = keyIdentifierRank(certificate, readable(() => issuer.get('subjectKeyIdentifier'))) + (current ? 0 : 3)
    all.push({ issuer, rank, distance: distances.get(issuer.issuer.key) ?? Number.MAX_SAFE_INTEGER, notAfter })
  }
  return all
    .sort((a, b) => a.rank - b.rank || a.distance - b.distance || b.notAfter - a.notAfter || compareCertificates(a.issuer, b.issuer))
    .map(({ issuer }) => issuer)
}

/** About how much work the ranking of one issuer is, in the units of `Budget.addWork`. */
const rankingWork = 20
