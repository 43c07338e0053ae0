/** OCSP responses, decided (RFC 6960): each refusal beside its valid twin. */
import { describe, expect, it } from 'vitest'
import { encodeGeneralizedTime, encodeNull } from '../../../src/asn1/index.ts'
import { bc, ecdsaSha384, eku, ku, makeKeys, name, time } from '../../../fixtures/issue.ts'
import type { Bytes } from '../../../fixtures/issue.ts'
import { errorResponse, makeResponse, mustStaple, noCheck } from '../../../fixtures/revoke.ts'
import type { AnswerTemplate, ResponseTemplate } from '../../../fixtures/revoke.ts'
import { ask, ca, caCrl, caKeys, certificate, day, foundAbout, leaf, leafSerial, leafWith, now, ocspSigning, revokedCrl, rootKeys, statusOf, strangerKeys, verifierFor } from './world.ts'

const at = (days: number): Date => new Date(now + days * day)
const responderKeys = makeKeys('ocsp responder')
const unknownCritical = ['1.3.6.1.4.1.55555.1', true, encodeNull()] as const
const revoked = { revoked: at(-2), reason: 1 } as const

function response(answer: Partial<AnswerTemplate> = {}, more: Partial<ResponseTemplate> = {}): Bytes {
  return makeResponse({ signer: caKeys, answers: [{ about: leaf, issuer: ca, ...answer }], ...more })
}

function delegate(extensions = [eku(ocspSigning), ku(1), noCheck], signer = caKeys, issuer = 'CA', more = {}): Bytes {
  return certificate('Responder', issuer, responderKeys, signer, extensions, 0x55, more)
}

function delegated(certificates: readonly Bytes[], answer: Partial<AnswerTemplate> = {}, more: Partial<ResponseTemplate> = {}): Bytes {
  return response(answer, { signer: responderKeys, responder: name('Responder'), certificates, ...more })
}

describe('one response', () => {
  const other = certificate('other', 'CA', responderKeys, caKeys, [ku(1)], leafSerial + 1)
  const cases: readonly (readonly [string, Bytes, string])[] = [
    ['good, by the key of the issuer', response(), 'good'],
    ['good, by the name of the issuer', response({}, { responder: name('CA') }), 'good'],
    ['good, under SHA-256', response({ hash: 'sha256' }), 'good'],
    ['revoked', response({ status: revoked }), 'revoked keyCompromise'],
    ['revoked without a reason', response({ status: { revoked: at(-2) } }), 'revoked unspecified'],
    ['held', response({ status: { revoked: at(-2), reason: 6 } }), 'revoked certificateHold'],
    ['unknown', response({ status: 'unknown' }), 'undetermined ocsp/unknown-certificate'],
    ['about another serial', response({ about: other }), 'undetermined ocsp/no-answer'],
    ['about another issuer of the same name', response({ issuer: certificate('CA', 'Root', strangerKeys, rootKeys, [bc(true)], 9) }), 'undetermined ocsp/no-answer'],
    ['about several, ours among them', makeResponse({ signer: caKeys, answers: [{ about: other, issuer: ca }, { about: leaf, issuer: ca, status: revoked }] }), 'revoked keyCompromise'],
    ['about us twice, once revoked', makeResponse({ signer: caKeys, answers: [{ about: leaf, issuer: ca }, { about: leaf, issuer: ca, status: revoked }] }), 'revoked keyCompromise'],
    ['by a stranger', response({}, { signer: strangerKeys }), 'undetermined ocsp/unauthorized-responder'],
    ['by a stranger under the issuer’s name', response({}, { signer: strangerKeys, responder: name('CA') }), 'undetermined ocsp/invalid-signature'],
    ['with a broken signature', response({}, { breakSignature: true }), 'undetermined ocsp/invalid-signature'],
    ['with a swapped signature algorithm', response({}, { algorithm: ecdsaSha384 }), 'undetermined ocsp/invalid-signature'],
    ['of tomorrow', response({ thisUpdate: at(1), nextUpdate: at(2) }), 'undetermined ocsp/not-yet-valid'],
    ['produced while the verification went on', response({ thisUpdate: new Date(now + 60_000) }, { producedAt: new Date(now + 60_000) }), 'good'],
    ['produced tomorrow', response({}, { producedAt: at(1) }), 'undetermined ocsp/not-yet-valid'],
    ['that has ended', response({ thisUpdate: at(-3), nextUpdate: at(-1) }), 'undetermined ocsp/expired'],
    ['without an end', response({ nextUpdate: null }), 'undetermined ocsp/no-next-update'],
    ['with an unknown critical extension', response({}, { extensions: [unknownCritical] }), 'undetermined ocsp/unknown-critical-extension'],
    ['with one on the answer', response({ extensions: [unknownCritical] }), 'undetermined ocsp/unknown-critical-extension'],
    ['with an archive cutoff', response({ extensions: [['1.3.6.1.5.5.7.48.1.6', false, encodeGeneralizedTime(at(-400))]] }), 'good'],
  ]
  it.each(cases)('%s', async (_, bytes, expected) => {
    expect(await statusOf({ ocspResponses: [bytes] })).toBe(expected)
  })

  it('without an end counts under maxAge, until it is too old', async () => {
    expect(await statusOf({ ocspResponses: [response({ nextUpdate: null })], maxAge: 2 * 86_400 })).toBe('good')
    expect(await statusOf({ ocspResponses: [response({ nextUpdate: null, thisUpdate: at(-3) }, { producedAt: at(-3) })], maxAge: 2 * 86_400 })).toBe('undetermined ocsp/too-old')
  })

  it('the verdict says who answered, and the archive cutoff', async () => {
    const verdict = await ask({ ocspResponses: [delegated([delegate()], { extensions: [['1.3.6.1.5.5.7.48.1.6', false, encodeGeneralizedTime(at(-400))]] })] })
    expect(foundAbout(verdict)!.sources[0]).toMatchObject({ type: 'ocsp', origin: 'given', issuer: 'CN=Responder', thisUpdate: at(-1), nextUpdate: at(1), archiveCutoff: at(-400) })
    expect(foundAbout(verdict)!.sources[0]!.signer.map(({ subject }) => subject.toString())).toEqual(['CN=Responder', 'CN=CA'])
  })
})

describe('a delegated responder', () => {
  const cases: readonly (readonly [string, Bytes, string])[] = [
    ['that the issuer has authorised', delegate(), 'good'],
    ['without a key usage', delegate([eku(ocspSigning), noCheck]), 'good'],
    ['without the extended key usage', delegate([eku('1.3.6.1.5.5.7.3.1'), ku(1), noCheck]), 'undetermined ocsp/unauthorized-responder'],
    ['with any extended key usage only', delegate([eku('2.5.29.37.0'), ku(1), noCheck]), 'undetermined ocsp/unauthorized-responder'],
    ['without any extended key usage', delegate([ku(1), noCheck]), 'undetermined ocsp/unauthorized-responder'],
    ['whose key may not sign', delegate([eku(ocspSigning), ku(4), noCheck]), 'undetermined ocsp/unauthorized-responder'],
    ['of the root, not of the issuer', delegate(undefined, rootKeys, 'Root'), 'undetermined ocsp/unauthorized-responder'],
    ['of a stranger under the issuer’s name', delegate(undefined, strangerKeys), 'undetermined ocsp/unauthorized-responder'],
    ['that has expired', delegate(undefined, caKeys, 'CA', { notAfter: time(2025) }), 'undetermined ocsp/unauthorized-responder'],
    ['with an unknown critical extension', delegate([eku(ocspSigning), noCheck, unknownCritical as never]), 'undetermined ocsp/unauthorized-responder'],
  ]
  it.each(cases)('%s', async (_, certificateOfResponder, expected) => {
    expect(await statusOf({ ocspResponses: [delegated([certificateOfResponder])] })).toBe(expected)
  })

  it('whose certificate does not come with the response may come from elsewhere', async () => {
    expect(await statusOf({ ocspResponses: [delegated([])] })).toBe('undetermined ocsp/unauthorized-responder')
    expect(await statusOf({ ocspResponses: [delegated([])], certificates: [delegate()] })).toBe('good')
  })

  it('that signs with another key than its certificate’s', async () => {
    expect(await statusOf({ ocspResponses: [delegated([delegate()], {}, { breakSignature: true })] })).toBe('undetermined ocsp/invalid-signature')
  })

  it('without no-check is itself settled by a list', async () => {
    const checked = delegate([eku(ocspSigning), ku(1)])
    const ocspResponses = [delegated([checked])]
    // The list must not settle the leaf by itself: it is one for some reasons alone that leaves the leaf out … so the leaf is asked about here.
    expect(await statusOf({ ocspResponses })).toBe('undetermined ocsp/responder-unsettled')
    expect(await statusOf({ ocspResponses, crls: [caCrl()] })).toBe('good')
    expect(await statusOf({ ocspResponses, crls: [caCrl({ entries: [{ serial: 0x55, reason: 1 }] })] })).toBe('good ocsp/responder-revoked')
  })
})

describe('several sources', () => {
  it('a revocation in any of them binds, in any order', async () => {
    const both = { ocspResponses: [response()], crls: [revokedCrl()] }
    expect(await statusOf(both)).toBe('revoked keyCompromise')
    expect(await statusOf({ ...both, prefer: 'crl' })).toBe('revoked keyCompromise')
    expect(await statusOf({ ocspResponses: [response({ thisUpdate: at(-1.5) }), response({ status: revoked })] })).toBe('revoked keyCompromise')
    expect(await statusOf({ ocspResponses: [response({ status: revoked }), response()] })).toBe('revoked keyCompromise')
  })

  it('a revocation that cannot end is what is reported, before an earlier hold', async () => {
    const answers = [response({ status: revoked })]
    expect(await statusOf({ crls: [revokedCrl({ reason: 6 })] })).toBe('revoked certificateHold')
    expect(await statusOf({ crls: [revokedCrl({ reason: 6 })], ocspResponses: answers })).toBe('revoked keyCompromise')
  })

  it('an answer that knows nothing leaves it to the list', async () => {
    expect(await statusOf({ ocspResponses: [response({ status: 'unknown' })], crls: [caCrl()] })).toBe('good ocsp/unknown-certificate')
  })
})

describe('stapling', () => {
  it('a stapled response settles the leaf', async () => {
    const verdict = await ask({ stapled: response() })
    expect(verdict.ok && foundAbout(verdict)!.sources[0]!.origin).toBe('stapled')
    expect(await statusOf({ stapled: response({ status: revoked }) })).toBe('revoked keyCompromise')
  })

  it('what is none, or an error, or about another, is an attempt', async () => {
    const other = certificate('other', 'CA', responderKeys, caKeys, [ku(1)], leafSerial + 1)
    expect(await statusOf({ stapled: response({ about: other }) })).toBe('undetermined ocsp/no-answer')
    expect(await statusOf({ stapled: Uint8Array.of(0x30, 3, 10, 1, 0) })).toBe('undetermined ocsp/malformed')
    expect(await statusOf({ stapled: new Uint8Array(65_537) })).toBe('undetermined ocsp/too-large')
    expect(await statusOf({ stapled: errorResponse(3) })).toBe('undetermined ocsp/error-status')
    expect(await statusOf({ stapled: new Uint8Array() , crls: [caCrl()] })).toBe('good ocsp/malformed')
  })

  it('must be there where the certificate asks for it (RFC 7633)', async () => {
    const strict = leafWith(mustStaple)
    const good = makeResponse({ signer: caKeys, answers: [{ about: strict, issuer: ca }] })
    expect(await ask({ leaf: strict, crls: [caCrl()] })).toMatchObject({ ok: false, code: 'revocation/must-staple' })
    expect(await ask({ leaf: strict, crls: [caCrl()], ocspResponses: [good] })).toMatchObject({ ok: false, code: 'revocation/must-staple' })
    expect(await ask({ leaf: strict, crls: [caCrl()], stapled: good })).toMatchObject({ ok: true })
    // Only a TLS server can.
    expect(await ask({ leaf: strict, crls: [caCrl()], purpose: 'any' })).toMatchObject({ ok: true })
  })
})

describe('the roll-back guard', () => {
  it('an old good answer counts no more once a newer one was accepted', async () => {
    const old = response({ thisUpdate: at(-1.5) })
    const verifier = verifierFor({})
    expect(await statusOfStapled(old)).toBe('good')
    expect(await statusOfStapled(response({ status: revoked }))).toBe('revoked keyCompromise')
    expect(await statusOfStapled(old)).toBe('undetermined ocsp/rolled-back')
    expect(await statusOfStapled(response())).toBe('good')

    async function statusOfStapled(stapled: Bytes): Promise<string> {
      const verdict = await verifier.verify({ leaf, intermediates: [ca], names: 'unchecked', time: now, ocspResponse: stapled })
      const found = foundAbout(verdict)!
      return [found.status, ...found.reason === undefined ? [] : [found.reason], ...found.attempts.map(({ code }) => code)].join(' ')
    }
  })
})
