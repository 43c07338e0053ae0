/**
 * Certificate revocation lists, decided: RFC 5280 6.3.3, for lists that are at hand.
 */
import { equalBytes, toHex } from '../asn1/index.ts'
import type { Certificate } from '../x509/index.ts'
import { sha256 } from '../x509/sha256.ts'
import { publicKeyOf } from '../path/anchor.ts'
import { crlParts } from './crl.ts'
import type { Crl, CrlEntry } from './crl.ts'
import type { Freshness } from './freshness.ts'
import { isOlder } from './marks.ts'
import type { Edition } from './marks.ts'
import type { Leaning } from './leaning.ts'
import type { Ledger } from './ledger.ts'
import type { RevocationMemory } from './memory.ts'
import { reasonsCovered, scopeKey } from './scope.ts'
import { isReadable, isSamePath, signerKey } from './signers.ts'
import type { Signers } from './signers.ts'
import { hold, provenanceOf } from './tally.ts'
import type { Provenance, Tally } from './tally.ts'
import type { RevocationAttemptCode, RevocationRequest, RevocationResponse, RevocationSource, Standing } from './types.ts'

/** A list and where it came from. */
export interface HeldCrl extends Provenance {
  readonly crl: Crl
}

/** Answers whether the certificates of a signer’s path are themselves unrevoked. */
export type SettlePath = (path: readonly Certificate[]) => Generator<RevocationRequest, Standing, RevocationResponse>

/** removeFromCRL (RFC 5280 5.3.1). */
const removed = 8

type Proof =
  /** `key` is that of its roll-back mark; `until` is when the list, or what proves its signer, ends. */
  | { readonly signer: readonly Certificate[]; readonly edition: Edition; readonly key: string; readonly until: number }
  | { readonly code: RevocationAttemptCode; readonly details: { readonly [key: string]: string } }

interface SignerCandidate {
  readonly certificate: Certificate | undefined
  readonly key: Uint8Array
  /** Undefined where it is still to be found; none but the anchor is an empty one. */
  readonly path: readonly Certificate[] | undefined
}

type ProvenProof = Extract<Proof, { signer: unknown }>

export class CrlCheck {
  readonly #signers: Signers
  readonly #memory: RevocationMemory
  readonly #freshness: Freshness
  readonly #ledger: Ledger
  readonly #needsNumber: boolean
  readonly #settlePath: SettlePath
  readonly #leaning: Leaning
  /** By list, for each path that it was heard for: who may speak depends on that. */
  readonly #proofs = new Map<Crl, { readonly above: readonly Certificate[]; readonly proof: Proof }[]>()

  constructor(
    signers: Signers, memory: RevocationMemory, freshness: Freshness, ledger: Ledger, needsNumber: boolean, settlePath: SettlePath,
    leaning: Leaning,
  ) {
    this.#signers = signers
    this.#memory = memory
    this.#freshness = freshness
    this.#ledger = ledger
    this.#needsNumber = needsNumber
    this.#settlePath = settlePath
    this.#leaning = leaning
  }

  /** Hears lists about a certificate. `above` is its path, from its issuer up, without the anchor. */
  * hear(tally: Tally, above: readonly Certificate[], lists: readonly HeldCrl[]): Generator<RevocationRequest, void, RevocationResponse> {
    const { certificate } = tally
    const complete = lists.filter(({ crl }) => crl.baseCrlNumber === undefined).sort(newestFirst)
    const deltas = lists.filter(({ crl }) => crl.baseCrlNumber !== undefined).sort(newestFirst)
    /** The newest list that was proven, by signer and scope, and the scopes alone. */
    const heard = new Map<string, Edition>()
    const scopes = new Set<string>()
    let outOfScope: HeldCrl | undefined
    for (const held of complete) {
      const { crl } = held
      const reasons = reasonsCovered(crl, certificate)
      if (reasons === 0) {
        outOfScope ??= held
        continue
      }
      const entry = crl.find(certificate.serialNumber, certificate.issuer.key)
      const scope = `${crl.issuer.key}\u0005${scopeKey(crl)}`
      // Another list of the same scope has nothing to add but revocations.
      if (entry === undefined && scopes.has(scope)) continue
      const proof = yield* this.#prove(crl, above)
      if ('code' in proof) {
        tally.failed('crl', held, proof.code, { ...proof.details, ...aboutCrl(crl) })
        continue
      }
      this.#ledger.accept(proof.key, proof.edition)
      if (entry !== undefined && entry.reason !== hold) {
        tally.revoked(revocationBy(entry, sourceOf('crl', held, proof)))
        continue
      }
      // A newer list ends a hold, and nothing else (5.3.1).
      const newest = heard.get(proof.key)
      if (newest !== undefined && isOlder(proof.edition, newest)) continue
      if (!(yield* this.#withDelta(tally, above, held, proof, entry, reasons, deltas))) continue
      heard.set(proof.key, proof.edition)
      scopes.add(scope)
    }
    if (outOfScope !== undefined && !tally.isSettled) tally.failed('crl', outOfScope, 'crl/not-in-scope', aboutCrl(outOfScope.crl))
  }

  /**
   * 6.3.3 (c), (h), (i) to (l): the newest delta that fits the list is heard before it. False where both are older than what was
   * accepted before. RFC 5280 5.2.3: lists and deltas of one scope share one sequence of numbers, so that a list whose delta
   * was seen once is old without it.
   */
  * #withDelta(
    tally: Tally, above: readonly Certificate[], held: HeldCrl, proof: ProvenProof, entry: CrlEntry | undefined, reasons: number,
    deltas: readonly HeldCrl[],
  ): Generator<RevocationRequest, boolean, RevocationResponse> {
    const { certificate } = tally
    const base = sourceOf('crl', held, proof)
    for (const delta of deltas) {
      if (!fits(delta.crl, held.crl)) continue
      const proven = yield* this.#prove(delta.crl, above)
      if ('code' in proven) {
        tally.failed('delta-crl', delta, proven.code, { ...proven.details, ...aboutCrl(delta.crl) })
        continue
      }
      const change = delta.crl.find(certificate.serialNumber, certificate.issuer.key)
      const source = sourceOf('delta-crl', delta, proven)
      // 5.2.4: one key signs both.
      if (!equalBytes(signerKey(proven.signer, this.#signers.anchor), signerKey(proof.signer, this.#signers.anchor))) continue
      this.#ledger.accept(proven.key, proven.edition)
      if (change !== undefined && change.reason !== removed) {
        tally.revoked(revocationBy(change, source))
        return true
      }
      if (this.#ledger.isRolledBack(proven.key, proven.edition)) {
        tally.failed('delta-crl', delta, 'crl/rolled-back', aboutCrl(delta.crl))
        continue
      }
      if (entry !== undefined && change === undefined) tally.revoked(revocationBy(entry, base))
      else {
        tally.good(held.crl, base, reasons, proof.until)
        tally.good(delta.crl, source, reasons, proven.until)
      }
      return true
    }
    if (this.#ledger.isRolledBack(proof.key, proof.edition)) {
      tally.failed('crl', held, 'crl/rolled-back', aboutCrl(held.crl))
      return false
    }
    if (entry !== undefined) tally.revoked(revocationBy(entry, base))
    else tally.good(held.crl, base, reasons, proof.until)
    return true
  }

  /** Whether a list is of now and its signature holds; an attempt where it is not. */
  * isProven(tally: Tally, above: readonly Certificate[], held: HeldCrl): Generator<RevocationRequest, boolean, RevocationResponse> {
    const proof = yield* this.#prove(held.crl, above)
    if ('code' in proof) tally.failed(held.crl.baseCrlNumber === undefined ? 'crl' : 'delta-crl', held, proof.code, { ...proof.details, ...aboutCrl(held.crl) })
    return !('code' in proof)
  }

  /** Deltas among the lists for which no list at hand is the base. */
  noteBaseless(tally: Tally, lists: readonly HeldCrl[]): void {
    for (const held of lists) {
      if (held.crl.baseCrlNumber === undefined || reasonsCovered(held.crl, tally.certificate) === 0) continue
      if (!lists.some(({ crl }) => crl.baseCrlNumber === undefined && fits(held.crl, crl))) {
        tally.failed('delta-crl', held, 'crl/delta-without-base', aboutCrl(held.crl))
      }
    }
  }

  /** 6.3.3 (a), (f) and (g): the list is of now, and signed by whom its issuer’s name means under this anchor. */
  * #prove(crl: Crl, above: readonly Certificate[]): Generator<RevocationRequest, Proof, RevocationResponse> {
    const known = this.#proofs.get(crl)?.find((one) => isSamePath(one.above, above))
    if (known !== undefined) return known.proof
    const problem = this.#problemOf(crl)
    const { value: proof, leans } = problem === undefined ? yield* this.#leaning.during(this.#findSigner(crl, above)) : { value: problem, leans: false }
    // What leaned on a status that is still open may turn out otherwise.
    if (leans) return proof
    const proofs = this.#proofs.get(crl)
    if (proofs === undefined) this.#proofs.set(crl, [{ above, proof }])
    else proofs.push({ above, proof })
    return proof
  }

  #problemOf(crl: Crl): Proof | undefined {
    const problem = (code: RevocationAttemptCode, details: { readonly [key: string]: string } = {}): Proof => ({ code, details })
    if (crl.unknownCritical.length > 0) return problem('crl/unknown-critical-extension', { oid: crl.unknownCritical[0]! })
    const { signatureAlgorithm, innerSignatureAlgorithm } = crlParts(crl)
    if (!equalBytes(signatureAlgorithm.raw, innerSignatureAlgorithm.raw)) return problem('crl/algorithm-mismatch')
    if (crl.crlNumber === undefined && (this.#needsNumber || crl.baseCrlNumber !== undefined)) return problem('crl/number-missing')
    if (this.#needsNumber && crl.crlNumberIsCritical) return problem('crl/number-critical')
    const stale = this.#freshness.problemOf(crl)
    return stale === undefined ? undefined : problem(`crl/${stale}`)
  }

  * #findSigner(crl: Crl, above: readonly Certificate[]): Generator<RevocationRequest, Proof, RevocationResponse> {
    let worst: Proof = { code: 'crl/no-signer', details: {} }
    for (const { certificate, key, path } of this.#candidates(crl, above)) {
      const details = certificate === undefined ? {} : { signer: certificate.fingerprint }
      // 6.3.3 (f): a key usage, if there is one, must allow it.
      if (certificate !== undefined && (!isReadable(certificate) || certificate.get('keyUsage')?.cRLSign === false)) {
        worst = { code: 'crl/signer-key-usage', details }
        continue
      }
      if (!(yield* this.#isSignedBy(crl, key))) {
        worst = { code: 'crl/invalid-signature', details }
        continue
      }
      worst = { code: 'crl/no-signer', details }
      for (let number = 0; ; number++) {
        const signer = path === undefined ? yield* this.#signers.pathOf(certificate!, above, number) : number === 0 ? path : undefined
        if (signer === undefined) break
        if (path === undefined && !this.#isVouchedFor(signer, above)) continue
        const { status, until } = yield* this.#settlePath(signer)
        // A path at hand is judged by itself: whoever on it is not settled is told of there.
        if (status === 'revoked' || (status !== 'good' && path === undefined)) {
          // On another path the signer may be good: one certificate above it is not to be the end of its word.
          worst = { code: status === 'revoked' ? 'crl/signer-revoked' : 'crl/signer-unsettled', details }
          continue
        }
        const edition = { number: crl.crlNumber, time: crl.thisUpdate }
        const mark = `crl\u0005${toHex(sha256(key))}\u0005${crl.issuer.key}\u0005${scopeKey(crl)}`
        return { signer, edition, key: mark, until: Math.min(until, this.#freshness.endOf(crl)) }
      }
    }
    return worst
  }

  /**
   * @deviation RFC 5280 6.3.3 (f) asks of a signer that is not on the path only its name and the same anchor. Any CA below that
   * anchor could give somebody the name of another: here one must vouch for the signer that stands above the certificate.
   */
  #isVouchedFor(signer: readonly Certificate[], above: readonly Certificate[]): boolean {
    const { anchor } = this.#signers
    const key = signerKey(signer.slice(1), anchor)
    return equalBytes(key, publicKeyOf(anchor)) || above.some((certificate) => equalBytes(key, publicKeyOf(certificate)))
  }

  /** Who may have signed: certificates of the path at hand, the anchor, and candidates whose path is to be found. */
  #candidates(crl: Crl, above: readonly Certificate[]): readonly SignerCandidate[] {
    const { anchor } = this.#signers
    const wanted = crl.authorityKeyIdentifier?.keyIdentifier
    const rank = (certificate: Certificate): number => {
      const identifier = certificate.get('subjectKeyIdentifier')
      return wanted === undefined || identifier === undefined ? 1 : equalBytes(wanted, identifier) ? 0 : 2
    }
    return [
      ...above.flatMap((certificate, i) => (certificate.subject.equals(crl.issuer) ? [{ certificate, key: publicKeyOf(certificate), path: above.slice(i) }] : [])),
      ...(anchor.name.equals(crl.issuer) ? [{ certificate: anchor.certificate, key: publicKeyOf(anchor), path: [] }] : []),
      ...this.#signers.named(crl.issuer.key).filter((certificate) => !above.includes(certificate))
        .sort((a, b) => rank(a) - rank(b)).map((certificate) => ({ certificate, key: publicKeyOf(certificate), path: undefined })),
    ]
  }

  * #isSignedBy(crl: Crl, key: Uint8Array): Generator<RevocationRequest, boolean, RevocationResponse> {
    if (crl.provedSignerKey !== undefined) return crl.provedSignerKey === toHex(sha256(key))
    if (this.#memory.isSignedBy(crl, key)) {
      this.#signers.chargeSignature()
      return true
    }
    const { signatureAlgorithm, tbsCertList, signature } = crlParts(crl)
    const outcomes = yield* this.#signers.check([{ spki: key, algorithm: signatureAlgorithm.raw, data: tbsCertList, signature }])
    if (outcomes[0]?.ok !== true) return false
    this.#memory.rememberSigner(crl, key)
    return true
  }
}

/** Those with numbers first, by them; then by date. */
function newestFirst({ crl: a }: HeldCrl, { crl: b }: HeldCrl): number {
  const [x, y] = [a.crlNumber ?? -1n, b.crlNumber ?? -1n]
  return x === y ? b.thisUpdate - a.thisUpdate : x < y ? 1 : -1
}

/** 5.2.4: the same issuer and scope, a base that is new enough, and older than the delta. */
function fits(delta: Crl, base: Crl): boolean {
  return base.issuer.equals(delta.issuer) && scopeKey(base) === scopeKey(delta) && base.crlNumber !== undefined &&
    delta.crlNumber !== undefined && base.crlNumber >= delta.baseCrlNumber! && base.crlNumber < delta.crlNumber
}

function revocationBy(entry: CrlEntry, source: RevocationSource): Parameters<Tally['revoked']>[0] {
  return { reason: entry.reason, date: entry.revocationDate, invalidityDate: entry.invalidityDate, source }
}

function sourceOf(type: 'crl' | 'delta-crl', held: HeldCrl, { signer }: ProvenProof): RevocationSource {
  const { crl } = held
  return Object.freeze({
    type, ...provenanceOf(held), issuer: crl.issuer.toString().slice(0, 512),
    ...(crl.crlNumber === undefined ? {} : { number: String(crl.crlNumber) }), thisUpdate: new Date(crl.thisUpdate),
    ...(crl.nextUpdate === undefined ? {} : { nextUpdate: new Date(crl.nextUpdate) }), signer,
    // A list may be of many megabytes: it is hashed when somebody looks.
    get sha256() { return crl.sha256 },
  })
}

function aboutCrl(crl: Crl): { readonly [key: string]: string } {
  return {
    issuer: crl.issuer.toString().slice(0, 512), thisUpdate: new Date(crl.thisUpdate).toISOString(),
    ...(crl.nextUpdate === undefined ? {} : { nextUpdate: new Date(crl.nextUpdate).toISOString() }),
    ...(crl.crlNumber === undefined ? {} : { number: String(crl.crlNumber) }),
  }
}
