/** What a caller may give, and what they are told where it is none of that. */
import { describe, expect, it } from 'vitest'
import { createVerifier, encodePem, parseCertificate } from '../../../src/verify/index.ts'
import { createGuardedFetch, verifySync } from '../../../src/node/index.ts'
import { createRevocationChecker, parseCrl, parseCrls, parseOcspResponse } from '../../../src/revocation/index.ts'
import { errorResponse } from '../../../fixtures/revoke.ts'
import { ca, caCrl, leaf, now, revokedCrl, root, rootCrl } from './world.ts'

const pem = encodePem('X509 CRL', caCrl())
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('createRevocationChecker', () => {
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['nothing', undefined, /^options: required/],
    ['no mode', {}, /^options\.mode: required/],
    ['a mode of its own', { mode: 'medium' }, /^options\.mode: required/],
    ['half a mode', { mode: { leaf: 'hard' } }, /^options\.mode: required/],
    ['an unknown option', { mode: 'hard', crl: [] }, /^options\.crl: no such option/],
    ['one list and no array', { mode: 'hard', crls: caCrl() }, /^options\.crls: expected an array/],
    ['PEM text', { mode: 'hard', crls: [pem] }, /^options\.crls\[0\]: PEM text is read by parseCrls/],
    ['PEM as bytes', { mode: 'hard', crls: [caCrl(), bytesOf(pem)] }, /^options\.crls\[1\]: .*a dash, as of PEM text, which parsePem reads/],
    ['a certificate', { mode: 'hard', crls: [parseCertificate(root)] }, /^options\.crls\[0\]: this is a certificate/],
    ['the bytes of a certificate', { mode: 'hard', crls: [root] }, /^options\.crls\[0\]: /],
    ['a list that is cut off', { mode: 'hard', crls: [caCrl().slice(0, -1)] }, /^options\.crls\[0\]: asn1\/truncated/],
    ['a list as a response', { mode: 'hard', ocspResponses: [caCrl()] }, /^options\.ocspResponses\[0\]: /],
    ['a response that is an error', { mode: 'hard', ocspResponses: [errorResponse(3)] }, /^options\.ocspResponses\[0\]: the responder gave no answer but tryLater/],
    ['text as a response', { mode: 'hard', ocspResponses: [pem] }, /^options\.ocspResponses\[0\]: expected a Uint8Array of DER bytes, got String; parsePem reads PEM text$/],
    ['nothing for a response', { mode: 'hard', ocspResponses: [undefined] }, /^options\.ocspResponses\[0\]: expected a Uint8Array/],
    ['a number for a list', { mode: 'hard', crls: [5] }, /^options\.crls\[0\]: expected a Uint8Array/],
    ['text as a certificate', { mode: 'hard', certificates: [pem] }, /^options\.certificates\[0\]: expected a Uint8Array/],
    ['a certificate that is none', { mode: 'hard', certificates: [Uint8Array.of(0)] }, /^options\.certificates\[0\]: /],
    ['the runtime’s fetch itself', { mode: 'hard', fetch }, /^options\.fetch\.allowedHosts: required/],
    ['true for a fetch', { mode: 'hard', fetch: true }, /^options\.fetch: expected what createGuardedFetch/],
    ['a fetch that anybody could lead anywhere', { mode: 'hard', fetch: { fetch } }, /^options\.fetch\.allowedHosts: required/],
    ['a cache that is none', { mode: 'hard', cache: {} }, /^options\.cache: /],
    ['an age of minus one', { mode: 'hard', maxAge: -1 }, /^options\.maxAge: /],
    ['a preference for neither', { mode: 'hard', prefer: 'both' }, /^options\.prefer: /],
    ['another hash', { mode: 'hard', certIdHash: 'md5' }, /^options\.certIdHash: /],
    ['a nonce of one’s own', { mode: 'hard', nonce: Uint8Array.of(1) }, /^options\.nonce: /],
  ]
  it.each(cases)('%s', (_, options, message) => {
    expect(() => createRevocationChecker(options as never)).toThrow(TypeError)
    expect(() => createRevocationChecker(options as never)).toThrow(message)
  })

  it('takes a guarded fetch by itself, or among its limits', () => {
    expect(createRevocationChecker({ mode: 'soft', fetch: createGuardedFetch() }).mode.leaf).toBe('soft')
    expect(createRevocationChecker({ mode: 'soft', fetch: { fetch: createGuardedFetch(), timeout: 1000 } }).mode.leaf).toBe('soft')
  })

  it('takes parsed lists and responses, and bytes', () => {
    expect(createRevocationChecker({ mode: 'hard', crls: [...parseCrls(pem), parseCrl(caCrl()), caCrl()] }).mode).toEqual({ leaf: 'hard', ca: 'hard' })
    // RFC 7468 6: the old label means the same.
    expect(parseCrls(pem + encodePem('CRL', caCrl())).map(({ size }) => size)).toEqual([0, 0])
    for (const label of ['CERTIFICATE', 'X509 CRLS', 'crl']) expect(() => parseCrls(pem + encodePem(label, caCrl()))).toThrow(/^x509\/wrong-pem-label/)
    expect(parseOcspResponse(errorResponse(3)).status).toBe('tryLater')
  })
})

describe('setCrls', () => {
  it('renews the lists of a checker that verifiers hold, in both drivers', async () => {
    const checker = createRevocationChecker({ mode: 'hard', crls: [rootCrl, caCrl()] })
    const verifier = createVerifier({ anchors: [root], purpose: 'any', revocation: checker, clock: () => now })
    const request = { leaf, intermediates: [ca], names: 'unchecked' as const }
    const codes = async (): Promise<readonly string[]> => [await verifier.verify(request), verifySync(verifier, request)].map((verdict) => verdict.ok ? 'accepted' : verdict.code)
    expect(await codes()).toEqual(['accepted', 'accepted'])
    checker.setCrls([rootCrl, revokedCrl()])
    expect(await codes()).toEqual(['revocation/revoked', 'revocation/revoked'])
    checker.setCrls([rootCrl])
    expect(await codes()).toEqual(['revocation/undetermined', 'revocation/undetermined'])
  })

  it('keeps what it had where the new ones cannot be read', () => {
    const checker = createRevocationChecker({ mode: 'hard', crls: [rootCrl, revokedCrl()] })
    const verifier = createVerifier({ anchors: [root], purpose: 'any', revocation: checker, clock: () => now })
    for (const [crls, message] of [[undefined, /^crls: required/], [pem, /^crls: expected an array; PEM/], [[caCrl(), caCrl().slice(0, -1)], /^crls\[1\]: asn1/]] as const) {
      expect(() => checker.setCrls(crls as never)).toThrow(message)
      expect(verifySync(verifier, { leaf, intermediates: [ca], names: 'unchecked' })).toMatchObject({ code: 'revocation/revoked' })
    }
  })

  it('lets no list roll back what a verifier has accepted', async () => {
    const checker = createRevocationChecker({ mode: 'hard', crls: [rootCrl, caCrl({ number: 7 })] })
    const verifier = createVerifier({ anchors: [root], purpose: 'any', revocation: checker, clock: () => now })
    const request = { leaf, intermediates: [ca], names: 'unchecked' as const }
    expect((await verifier.verify(request)).ok).toBe(true)
    checker.setCrls([rootCrl, caCrl({ number: 6 })])
    expect(await verifier.verify(request)).toMatchObject({ code: 'revocation/undetermined' })
  })
})

describe('createVerifier', () => {
  it.each(['-----BEGIN', root, parseCertificate(root), Promise.resolve([root])])('says what reads anchors, given %o', (anchors) => {
    expect(() => createVerifier({ anchors: anchors as never, purpose: 'any', revocation: 'none' })).toThrow(/^options\.anchors: .* in an array, such as parseCertificates returns/)
    expect(() => createVerifier({ anchors: [root], purpose: 'any', revocation: 'none' })).not.toThrow()
  })

  it.each([undefined, 'hard', { mode: 'hard' }, null])('takes no %o as revocation', (revocation) => {
    expect(() => createVerifier({ anchors: [root], purpose: 'any', revocation: revocation as never })).toThrow(/^options\.revocation: required/)
  })
})
