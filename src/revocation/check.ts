/**
 * The revocation of one accepted path (RFC 5280 6.3, RFC 6960), sans I/O: a generator that yields the signatures it wants
 * checked and the addresses it wants asked, from the top of the path down to the leaf.
 */
import { toHex } from '../asn1/index.ts'
import { ParseError, parseDetails } from '../asn1/errors.ts'
import type { Certificate, DistributionPoint } from '../x509/index.ts'
import { internals } from '../x509/certificate.ts'
import { clipText } from '../path/clip-text.ts'
import type { PathFinding } from '../path/index.ts'
import type { CheckerSettings } from './settings.ts'
import { CrlCheck } from './crl-check.ts'
import type { HeldCrl } from './crl-check.ts'
import type { FetchRequest } from './fetcher.ts'
import { Freshness } from './freshness.ts'
import { Leaning } from './leaning.ts'
import { Ledger } from './ledger.ts'
import type { RevocationMemory } from './memory.ts'
import { OcspCheck } from './ocsp-check.ts'
import { encodeOcspRequest } from './ocsp-request.ts'
import { parseOcspResponse } from './ocsp-response.ts'
import { allReasons, crlIssuersOf, distributionPointsOf } from './scope.ts'
import type { PathRevocation, RevocationInput } from './registry.ts'
import { Signers } from './signers.ts'
import { Tally } from './tally.ts'
import type { Provenance, Revocation } from './tally.ts'
import type { CertificateRevocation, FetchAnswer, RevocationRequest, RevocationResponse, RevocationSource, Standing } from './types.ts'

/** id-ad-ocsp, RFC 5280 4.2.2.1. */
const ocspAccess = '1.3.6.1.5.5.7.48.1'
/** id-ce-noRevAvail, RFC 9608. */
const noRevocationAvailable = '2.5.29.56'
/** status_request of RFC 6066, as the TLS feature extension names it (RFC 7633 4.2.1). */
const statusRequest = 5

/** The most octets of a stapled response, which a stranger chose: responses with a responder’s certificate have some 2 kB. */
const maxStapledBytes = 65_536

/**
 * The most lists and answers that one path asks for, each at a few addresses: a certificate may name distribution points by
 * the hundred, and a list may have 64 MiB. Real ones name one or two.
 */
const maxRequests = 16

type Steps<T> = Generator<RevocationRequest, T, RevocationResponse>

export class RevocationCheck {
  readonly #input: RevocationInput
  readonly #settings: CheckerSettings
  readonly #ledger: Ledger
  readonly #crls: CrlCheck
  readonly #ocsp: OcspCheck
  readonly #tallies = new Map<Certificate, Tally>()
  /** What this path and those before it proved revoked. */
  readonly #revoked: Map<string, Revocation>
  readonly #leaning = new Leaning()
  #requests = 0
  /** Whether addresses are asked: not for a path that is refused already. */
  #asks: boolean

  constructor(input: RevocationInput, settings: CheckerSettings, memory: RevocationMemory) {
    const freshness = new Freshness(input.context.time, settings.clockSkew, settings.maxAge)
    const signers = new Signers(input, settings.certificates)
    this.#input = input
    this.#settings = settings
    this.#asks = settings.fetches
    this.#revoked = memory.revokedIn(input.context.budget)
    this.#ledger = new Ledger(memory.marks)
    this.#crls = new CrlCheck(signers, memory, freshness, this.#ledger, input.context.profile.has('revocation/crl-number'), (path) => this.#settlePath(path), this.#leaning)
    this.#ocsp = new OcspCheck(signers, freshness, this.#ledger, (delegate, above) => this.#settleDelegate(delegate, above))
  }

  * run(): Steps<PathRevocation> {
    const { path } = this.#input
    const certificates: CertificateRevocation[] = []
    const findings: PathFinding[] = []
    const warnings: PathFinding[] = []
    let validUntil = Infinity
    // Below one that is revoked nobody’s word counts. Below one that is not settled what is at hand is heard all the same: a revocation is to be told of.
    for (let i = path.length - 1; i >= 0 && findings[0]?.code !== 'revocation/revoked'; i--) {
      const certificate = path[i]!
      if (findings.length > 0) this.#asks = false
      if (isExempt(certificate)) {
        certificates.unshift(Object.freeze({ certificate, status: 'exempt', sources: Object.freeze([]), attempts: Object.freeze([]) }))
        continue
      }
      const tally = yield* this.#tallyOf(certificate, path.slice(i + 1), i === 0 ? this.#input.stapled : undefined)
      const report = tally.report()
      certificates.unshift(report)
      validUntil = Math.min(validUntil, tally.goodUntil)
      const role = i === 0 ? 'leaf' : 'intermediate'
      const mode = i === 0 ? this.#settings.mode.leaf : this.#settings.mode.ca
      if (report.status === 'revoked') findings.push({ code: 'revocation/revoked', certificate, role, details: revocationDetails(report) })
      else if (report.status === 'undetermined') {
        const finding: PathFinding = { code: 'revocation/undetermined', certificate, role, details: undeterminedDetails(report, this.#settings.fetches) }
        if (mode === 'hard') findings.push(finding)
        else warnings.push(finding)
      }
      if (i === 0 && this.#mustStaple(certificate) && !tally.usedStaple && findings.length === 0) {
        findings.push({ code: 'revocation/must-staple', certificate, role, details: { stapled: this.#input.stapled !== undefined } })
      }
    }
    this.#ledger.close()
    return { certificates, findings, warnings, validUntil }
  }

  /** RFC 7633 4.2.3.1: a server whose certificate asks for it must staple. */
  #mustStaple(leaf: Certificate): boolean {
    return this.#input.isServer && leaf.get('tlsFeature')?.includes(statusRequest) === true
  }

  * #tallyOf(certificate: Certificate, above: readonly Certificate[], stapled?: Uint8Array): Steps<Tally> {
    const known = this.#tallies.get(certificate)
    if (known !== undefined) return known
    const { tally, leans } = yield* this.#hearBy((fresh) => this.#hearAll(fresh, above, stapled), certificate, above)
    // What was believed on the word of a signer whose status is still open is asked again next time.
    if (!leans) this.#tallies.set(certificate, tally)
    return tally
  }

  /** Hears about a certificate, unless it was proven revoked before, on whatever path; what is proven now binds from now on. */
  * #hearBy(
    hear: (tally: Tally) => Steps<void>, certificate: Certificate, above: readonly Certificate[],
  ): Steps<{ readonly tally: Tally; readonly leans: boolean }> {
    const tally = new Tally(certificate)
    const { name, publicKey } = this.#ocsp.issuerOf(above)
    const key = `${certificate.serialNumber}\u0005${toHex(publicKey)}\u0005${name.key}`
    const revoked = this.#revoked.get(key)
    if (revoked !== undefined) {
      tally.revoked(revoked)
      return { tally, leans: false }
    }
    const { leans } = yield* this.#leaning.during(hear(tally), certificate)
    if (!leans && tally.revocation !== undefined) this.#revoked.set(key, tally.revocation)
    return { tally, leans }
  }

  * #hearAll(tally: Tally, above: readonly Certificate[], stapled: Uint8Array | undefined): Steps<void> {
    yield* this.#hearGiven(tally, above, stapled)
    if (!tally.isSettled && this.#asks) yield* this.#hearFetched(tally, above)
  }

  /** What needs no fetching is heard whole, whatever comes first: a revocation in any of it binds. */
  * #hearGiven(tally: Tally, above: readonly Certificate[], stapled: Uint8Array | undefined): Steps<void> {
    if (stapled !== undefined && stapled.length > maxStapledBytes) {
      tally.failed('ocsp', { origin: 'stapled' }, 'ocsp/too-large', { octets: stapled.length, limit: maxStapledBytes })
    } else if (stapled !== undefined) {
      const response = parsed(() => parseOcspResponse(stapled), tally, 'ocsp', { origin: 'stapled' })
      if (response !== undefined) yield* this.#ocsp.hear(tally, above, { response, origin: 'stapled' })
    }
    const given = this.#settings.responsesFor(tally.certificate)
    for (const response of given) yield* this.#ocsp.hear(tally, above, { response, origin: 'given' })
    const lists = this.#givenLists(tally.certificate)
    yield* this.#crls.hear(tally, above, lists)
    this.#crls.noteBaseless(tally, lists)
    if (given.length === 0 && this.#settings.hasResponses && !tally.isSettled) tally.failed('ocsp', { origin: 'given' }, 'ocsp/no-answer')
  }

  #givenLists(certificate: Certificate): readonly HeldCrl[] {
    return [...crlIssuersOf(certificate)].flatMap((issuer) => this.#settings.crlsOf(issuer)).map((crl) => ({ crl, origin: 'given' }))
  }

  * #hearFetched(tally: Tally, above: readonly Certificate[]): Steps<void> {
    for (const kind of this.#settings.prefer === 'ocsp' ? ['ocsp', 'crl'] as const : ['crl', 'ocsp'] as const) {
      if (tally.isSettled) return
      if (kind === 'ocsp') yield* this.#fetchResponse(tally, above)
      else yield* this.#fetchLists(tally, above)
    }
  }

  * #fetchResponse(tally: Tally, above: readonly Certificate[]): Steps<void> {
    const { certificate } = tally
    const addresses = addressesIn(certificate, ocspAccess)
    if (addresses.length === 0) return
    const nonce = this.#settings.makeNonce?.()
    const body = encodeOcspRequest([{ certificate, issuer: this.#ocsp.issuerOf(above) }], { hash: this.#settings.certIdHash, ...(nonce && { nonce }) })
    yield* this.#obtain({ type: 'ocsp', tally, above, addresses, body, nonce, deltas: [] })
  }

  /** Each distribution point for whose reasons nothing has answered yet, with what is newer than its list (freshestCRL). */
  * #fetchLists(tally: Tally, above: readonly Certificate[]): Steps<void> {
    const deltas: HeldCrl[] = []
    for (const point of tally.certificate.get('freshestCRL') ?? []) {
      yield* this.#obtain({ type: 'delta-crl', tally, above, addresses: addressesOf(point), body: undefined, nonce: undefined, deltas })
    }
    for (const point of distributionPointsOf(tally.certificate)) {
      if (tally.isSettled || ((point.reasons ?? allReasons) & allReasons & ~tally.covered) === 0) continue
      yield* this.#obtain({ type: 'crl', tally, above, addresses: addressesOf(point), body: undefined, nonce: undefined, deltas })
    }
  }

  /** First what is kept, then the network, until something is of use; that is kept. */
  * #obtain(errand: Errand): Steps<void> {
    const { type, tally, addresses, body, nonce } = errand
    if (addresses.length === 0) return
    if (++this.#requests > maxRequests) return tally.failed(type, { origin: 'fetched' }, 'fetch/too-many-requests', { limit: maxRequests })
    const request: FetchRequest = { kind: type === 'ocsp' ? 'ocsp' : 'crl', addresses, ...(body === undefined ? {} : { body }) }
    // An answer to a nonce is of now, by its definition: nothing that was kept can be one.
    for (const from of nonce === undefined ? ['cache', 'network'] as const : ['network'] as const) {
      const answer = (yield { kind: 'fetch', from, request }) as FetchAnswer
      const origin = from === 'cache' ? 'cached' : 'fetched'
      if (answer === undefined && from === 'network') tally.failed(type, { origin }, 'fetch/cannot-wait')
      for (const { address, code, details } of answer?.failed ?? []) tally.failed(type, { origin, address }, code, details)
      if (answer?.ok !== true) continue
      const until = yield* this.#hearAnswer(errand, answer.bytes, { origin, address: answer.address })
      if (until === undefined) continue
      if (from === 'network') yield { kind: 'keep', request, address: answer.address, bytes: answer.bytes, until }
      return
    }
  }

  /** Hears bytes from a store or a server. Returns how long they are good for, or undefined where they were of no use. */
  * #hearAnswer({ type, tally, above, nonce, deltas }: Errand, bytes: Uint8Array, from: Provenance): Steps<number | undefined> {
    const before = tally.covered
    let until: number
    if (type === 'ocsp') {
      const response = parsed(() => parseOcspResponse(bytes), tally, type, from)
      if (response === undefined) return undefined
      yield* this.#ocsp.hear(tally, above, { response, ...from }, nonce)
      until = Math.min(...(response.basic?.responses ?? []).map(({ nextUpdate }) => nextUpdate ?? 0))
    } else {
      const crl = parsed(() => this.#settings.parsedLists.parse(from.address ?? '', bytes), tally, type, from)
      if (crl === undefined) return undefined
      until = crl.nextUpdate ?? 0
      if (type === 'delta-crl') {
        // Kept, or taken in place of a fresher one, only as proven.
        if (!(yield* this.#crls.isProven(tally, above, { crl, ...from }))) return undefined
        deltas.push({ crl, ...from })
        return until
      }
      const lists: readonly HeldCrl[] = [{ crl, ...from }, ...deltas, ...this.#givenLists(tally.certificate)]
      yield* this.#crls.hear(tally, above, lists)
      this.#crls.noteBaseless(tally, lists)
    }
    return tally.isRevoked || tally.covered !== before ? until : undefined
  }

  /** Whether a signer’s own path is unrevoked. Its certificates that are being looked at now are taken as they are. */
  * #settlePath(path: readonly Certificate[]): Steps<Standing> {
    let until = Infinity
    for (let i = path.length - 1; i >= 0; i--) {
      const certificate = path[i]!
      until = Math.min(until, internals(certificate).notAfter)
      if (this.#leaning.leansOn(certificate) || isExempt(certificate)) continue
      const standing = this.#standingOf(yield* this.#tallyOf(certificate, path.slice(i + 1)))
      if (standing.status !== 'good') return standing
      until = Math.min(until, standing.until)
    }
    return { status: 'good', until }
  }

  /** What a tally says of a signer. */
  #standingOf(tally: Tally): Standing {
    const status = tally.isRevoked ? 'revoked' : tally.isSettled || this.#settings.mode.ca === 'soft' ? 'good' : 'unsettled'
    return { status, until: tally.goodUntil }
  }

  /** RFC 6960 4.2.2.2.1: a responder without the no-check extension is checked, by lists: its own word about itself is none. */
  * #settleDelegate(delegate: Certificate, above: readonly Certificate[]): Steps<Standing> {
    if (this.#leaning.leansOn(delegate)) return { status: 'unsettled', until: Infinity }
    const { tally } = yield* this.#hearBy((fresh) => this.#hearLists(fresh, above), delegate, above)
    return this.#standingOf(tally)
  }

  * #hearLists(tally: Tally, above: readonly Certificate[]): Steps<void> {
    yield* this.#crls.hear(tally, above, this.#givenLists(tally.certificate))
    if (!tally.isSettled && this.#asks) yield* this.#fetchLists(tally, above)
  }
}

/** Something to be asked for about a certificate. */
interface Errand {
  readonly type: RevocationSource['type']
  readonly tally: Tally
  readonly above: readonly Certificate[]
  readonly addresses: readonly string[]
  readonly body: Uint8Array | undefined
  readonly nonce: Uint8Array | undefined
  /** Where deltas are gathered, before the lists that they change are heard. */
  readonly deltas: HeldCrl[]
}

/** The addresses of one access method of a certificate’s authorityInfoAccess; none where that cannot be read. */
export function addressesIn(certificate: Certificate, method: string): readonly string[] {
  try {
    return (certificate.get('authorityInfoAccess') ?? []).flatMap(({ accessMethod, accessLocation }) =>
      (accessMethod === method && accessLocation.type === 'uniformResourceIdentifier' ? [accessLocation.value] : []))
  } catch (error) {
    if (error instanceof ParseError) return []
    throw error
  }
}

function addressesOf({ fullName }: DistributionPoint): readonly string[] {
  return (fullName ?? []).flatMap((name) => (name.type === 'uniformResourceIdentifier' ? [name.value] : []))
}

/** RFC 9608 2 and 4: the issuer says that it gives none. It may not say that of a CA, nor beside where to ask. */
function isExempt(certificate: Certificate): boolean {
  return internals(certificate).find(noRevocationAvailable) !== undefined && certificate.get('basicConstraints')?.cA !== true &&
    certificate.get('cRLDistributionPoints') === undefined && certificate.get('freshestCRL') === undefined &&
    addressesIn(certificate, ocspAccess).length === 0
}

/** What came from a peer, a store or a server: malformed, it is an attempt that failed. */
function parsed<T>(parse: () => T, tally: Tally, type: RevocationSource['type'], from: Provenance): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    tally.failed(type, from, type === 'ocsp' ? 'ocsp/malformed' : 'crl/malformed', { parse: error.code, ...parseDetails(error) })
    return undefined
  }
}

/** What was tried, and what the certificate offers: whether anybody was to be asked at all, and where. */
function undeterminedDetails({ certificate, attempts, missingReasons }: CertificateRevocation, fetches: boolean): PathFinding['details'] {
  const addresses = [...addressesIn(certificate, ocspAccess), ...distributionPointsOf(certificate).flatMap(addressesOf)]
  return {
    attempts: attempts.map(attemptDetails), ...(missingReasons === undefined ? {} : { missingReasons }),
    addresses: addresses.slice(0, 8).map((address) => clipText(address)), fetches,
  }
}

function attemptDetails({ type, origin, address, code, details }: CertificateRevocation['attempts'][number]): PathFinding['details'] {
  return { type, origin, ...(address === undefined ? {} : { address }), code, ...(Object.keys(details).length === 0 ? {} : { details }) }
}

function revocationDetails({ reason, revocationDate, sources: [source] }: CertificateRevocation): PathFinding['details'] {
  return {
    reason: reason!, revocationDate: revocationDate!.toISOString(), source: source!.type, origin: source!.origin, issuer: source!.issuer,
    thisUpdate: source!.thisUpdate.toISOString(), ...(source!.number === undefined ? {} : { number: source!.number }),
  }
}
