/**
 * OCSP responses, decided: RFC 6960 3.2 and 4.2.2.2.
 */
import { ParseError, equalBytes, toHex } from '../asn1/index.ts'
import { keyPurposeOids, parseCertificate } from '../x509/index.ts'
import type { Certificate } from '../x509/index.ts'
import { internals } from '../x509/certificate.ts'
import { publicKeyOf } from '../path/anchor.ts'
import type { Freshness } from './freshness.ts'
import type { Ledger } from './ledger.ts'
import { keyOctets, meansCertificate, nonceExtensionValue } from './ocsp-request.ts'
import type { CertIdIssuer } from './ocsp-request.ts'
import type { BasicResponse, OcspResponse, SingleResponse } from './ocsp-response.ts'
import { allReasons } from './scope.ts'
import { sha1 } from './sha1.ts'
import type { Signers } from './signers.ts'
import { provenanceOf } from './tally.ts'
import type { Provenance, Tally } from './tally.ts'
import type { RevocationAttemptCode, RevocationRequest, RevocationResponse, RevocationSource, Standing } from './types.ts'

/** A response and where it came from. */
export interface HeldResponse extends Provenance {
  readonly response: OcspResponse
}

/** Answers whether a delegated responder is itself unrevoked, by lists alone. */
export type SettleDelegate = (
  delegate: Certificate, above: readonly Certificate[],
) => Generator<RevocationRequest, Standing, RevocationResponse>

type Signed = { readonly signer: readonly Certificate[]; readonly until: number } | { readonly code: RevocationAttemptCode; readonly details: { readonly [key: string]: string } }

export class OcspCheck {
  readonly #signers: Signers
  readonly #freshness: Freshness
  readonly #ledger: Ledger
  readonly #settleDelegate: SettleDelegate

  constructor(signers: Signers, freshness: Freshness, ledger: Ledger, settleDelegate: SettleDelegate) {
    this.#signers = signers
    this.#freshness = freshness
    this.#ledger = ledger
    this.#settleDelegate = settleDelegate
  }

  issuerOf(above: readonly Certificate[]): CertIdIssuer {
    const [issuer] = above
    const { anchor } = this.#signers
    return { name: issuer?.subject ?? anchor.name, publicKey: publicKeyOf(issuer ?? anchor) }
  }

  /** Hears a response about a certificate. `above` is its path, from its issuer up; `nonce` is the one that was sent for it. */
  * hear(
    tally: Tally, above: readonly Certificate[], held: HeldResponse, nonce?: Uint8Array,
  ): Generator<RevocationRequest, void, RevocationResponse> {
    const { response: { basic, status } } = held
    const fail = (code: RevocationAttemptCode, details: { readonly [key: string]: string } = {}): void => tally.failed('ocsp', held, code, details)
    if (basic === undefined) return fail('ocsp/error-status', { status })
    const issuer = this.issuerOf(above)
    const answers = basic.responses.filter(({ certId }) => meansCertificate(certId, tally.certificate, issuer))
    if (answers.length === 0) return fail('ocsp/no-answer')
    if (basic.unknownCritical.length > 0) return fail('ocsp/unknown-critical-extension', { oid: basic.unknownCritical[0]! })
    // RFC 9654 2.1: "the responder has to include it"; whoever leaves it out may be repeating an old answer.
    if (nonce !== undefined && (basic.nonce === undefined || !equalBytes(basic.nonce, nonceExtensionValue(nonce)))) {
      return fail('ocsp/nonce', { found: basic.nonce === undefined ? 'none' : toHex(basic.nonce).slice(0, 260) })
    }
    const current = answers.filter((answer) => {
      const problem = this.#problemOf(answer, basic)
      if (problem !== undefined) fail(problem.code, problem.details)
      return problem === undefined
    })
    if (current.length === 0) return
    const signed = yield* this.#findResponder(basic, above, issuer)
    if ('code' in signed) return fail(signed.code, signed.details)
    for (const answer of current) this.#count(tally, answer, held, basic, signed, issuer, fail)
  }

  #problemOf(answer: SingleResponse, { producedAt }: BasicResponse): { readonly code: RevocationAttemptCode; readonly details: { readonly [key: string]: string } } | undefined {
    if (answer.unknownCritical.length > 0) return { code: 'ocsp/unknown-critical-extension', details: { oid: answer.unknownCritical[0]! } }
    const stale = this.#freshness.isFuture(producedAt) ? 'not-yet-valid' : this.#freshness.problemOf(answer)
    if (stale === undefined) return undefined
    return { code: `ocsp/${stale}`, details: {
      thisUpdate: new Date(answer.thisUpdate).toISOString(), ...(answer.nextUpdate === undefined ? {} : { nextUpdate: new Date(answer.nextUpdate).toISOString() }),
    } }
  }

  #count(
    tally: Tally, answer: SingleResponse, held: HeldResponse, basic: BasicResponse, { signer, until }: Extract<Signed, { signer: unknown }>, issuer: CertIdIssuer,
    fail: (code: RevocationAttemptCode, details?: { readonly [key: string]: string }) => void,
  ): void {
    const edition = { number: undefined, time: answer.thisUpdate }
    const mark = `ocsp\u0005${toHex(sha1(keyOctets(issuer.publicKey)))}\u0005${tally.certificate.serialNumber}`
    const source = sourceOf(held, basic, answer, signer)
    if (answer.status === 'revoked') {
      this.#ledger.accept(mark, edition)
      tally.revoked({ reason: answer.reason, date: new Date(answer.revocationTime!), invalidityDate: undefined, source })
    } else if (answer.status === 'unknown') fail('ocsp/unknown-certificate')
    else if (this.#ledger.isRolledBack(mark, edition)) fail('ocsp/rolled-back', { thisUpdate: new Date(answer.thisUpdate).toISOString() })
    else {
      this.#ledger.accept(mark, edition)
      tally.good(answer, source, allReasons, Math.min(until, this.#freshness.endOf(answer)))
    }
  }

  /** RFC 6960 4.2.2.2: the issuer itself, or a delegate whom it has issued a certificate for that directly. */
  * #findResponder(basic: BasicResponse, above: readonly Certificate[], issuer: CertIdIssuer): Generator<RevocationRequest, Signed, RevocationResponse> {
    const signature = { algorithm: basic.signatureAlgorithm.raw, data: basic.tbsResponseData, signature: basic.signature }
    let worst: Signed = { code: 'ocsp/unauthorized-responder', details: { responder: responderText(basic) } }
    if (isMeant(basic, issuer)) {
      const [outcome] = yield* this.#signers.check([{ ...signature, spki: issuer.publicKey }])
      if (outcome?.ok === true) return { signer: above, until: Infinity }
      worst = { code: 'ocsp/invalid-signature', details: { responder: responderText(basic) } }
    }
    for (const delegate of this.#delegates(basic, issuer)) {
      const details = { responder: responderText(basic), certificate: delegate.fingerprint }
      const path = [delegate, ...above]
      // The issuer’s own key must have signed it: the path is the one at hand, with the responder in the leaf’s place.
      if (!(yield* this.#signers.stands(path))) continue
      const [outcome] = yield* this.#signers.check([{ ...signature, spki: internals(delegate).spkiBytes }])
      if (outcome?.ok !== true) {
        worst = { code: 'ocsp/invalid-signature', details }
        continue
      }
      const { status, until } = delegate.get('ocspNoCheck') === true ? unchecked : yield* this.#settleDelegate(delegate, above)
      if (status === 'good') return { signer: path, until: Math.min(until, internals(delegate).notAfter) }
      worst = { code: status === 'revoked' ? 'ocsp/responder-revoked' : 'ocsp/responder-unsettled', details }
    }
    return worst
  }

  /**
   * Certificates of the named responder that the issuer seems to have issued for OCSP. Malformed ones are none. All of them are tried, which the budget
   * bounds: a fixed number could be used up by what a peer sends beside the true one.
   */
  #delegates(basic: BasicResponse, issuer: CertIdIssuer): readonly Certificate[] {
    const sent = basic.certificates.flatMap((der) => {
      try {
        const certificate = parseCertificate(der)
        this.#signers.chargeCandidate(certificate)
        return [certificate]
      } catch (error) {
        if (error instanceof ParseError) return []
        throw error
      }
    })
    return [...sent, ...this.#signers.candidates].filter((certificate) => {
      try {
        return isMeant(basic, { name: certificate.subject, publicKey: internals(certificate).spkiBytes }) && certificate.issuer.equals(issuer.name) &&
          certificate.get('extendedKeyUsage')?.includes(keyPurposeOids.OCSPSigning) === true &&
          (certificate.get('keyUsage')?.digitalSignature ?? true)
      } catch (error) {
        if (error instanceof ParseError) return false
        throw error
      }
    })
  }
}

/** RFC 6960 4.2.2.2.1: the issuer says that the delegate need not be checked. */
const unchecked: Standing = { status: 'good', until: Infinity }

function isMeant({ responder }: BasicResponse, { name, publicKey }: CertIdIssuer): boolean {
  return 'name' in responder ? responder.name.equals(name) : equalBytes(responder.keyHash, sha1(keyOctets(publicKey)))
}

function responderText({ responder }: BasicResponse): string {
  return 'name' in responder ? responder.name.toString().slice(0, 512) : `key ${toHex(responder.keyHash).slice(0, 64)}`
}

function sourceOf(held: HeldResponse, basic: BasicResponse, answer: SingleResponse, signer: readonly Certificate[]): RevocationSource {
  return Object.freeze({
    type: 'ocsp', ...provenanceOf(held), issuer: responderText(basic), thisUpdate: new Date(answer.thisUpdate),
    ...(answer.nextUpdate === undefined ? {} : { nextUpdate: new Date(answer.nextUpdate) }), producedAt: new Date(basic.producedAt),
    ...(answer.archiveCutoff === undefined ? {} : { archiveCutoff: new Date(answer.archiveCutoff) }), signer, sha256: held.response.sha256,
  })
}
