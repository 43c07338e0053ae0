/** Attacks on the revocation layer, each with what must come of it. */
import { describe, expect, it } from 'vitest'
import { encodeInteger } from '../../../src/asn1/index.ts'
import { verifySync } from '../../../src/node/index.ts'
import { createRevocationChecker, parseOcspResponse } from '../../../src/revocation/index.ts'
import type { OcspResponse } from '../../../src/revocation/index.ts'
import { createVerifier } from '../../../src/verify/index.ts'
import { extensionOids } from '../../../src/x509/oids.ts'
import { bc, eku, ku, makeKeys, name, time, uri } from '../../../fixtures/issue.ts'
import type { Bytes, Ext, Keys } from '../../../fixtures/issue.ts'
import { crldp, day, idp, makeCrl, makeResponse, noCheck } from '../../../fixtures/revoke.ts'
import { ask, ca, caCrl, caKeys, certificate, leaf, leafSerial, leafWith, now, ocspSigning, root, rootCrl, rootKeys, statusOf, strangerKeys, verifierFor } from './world.ts'

const responderKeys = makeKeys('ocsp responder')
const junk = encodeInteger(5)

describe('a delegate with a malformed extension', () => {
  it.each(['1.3.6.1.5.5.7.48.1.5', '2.5.29.31', '2.5.29.46', '1.3.6.1.5.5.7.1.1', '2.5.29.35', '2.5.29.14'])('%s is no responder', async (oid) => {
    const extensions: readonly Ext[] = [eku(ocspSigning), ku(1), [oid, false, junk]]
    const delegate = certificate('Responder', 'CA', responderKeys, caKeys, extensions, 0x55)
    const stapled = makeResponse({ signer: responderKeys, responder: name('Responder'), certificates: [delegate], answers: [{ about: leaf, issuer: ca }] })
    expect(await statusOf({ stapled })).toMatch(/^undetermined ocsp\//)
  })
})

describe('a sub-CA of the same anchor that takes the name of the issuer', () => {
  const evilKeys = makeKeys('evil sub')
  const evil = certificate('Evil', 'Root', evilKeys, rootKeys, [bc(true), ku(0x60)], 77)
  const namesake = certificate('CA', 'Evil', strangerKeys, evilKeys, [bc(true), ku(0x60)], 78)
  it('does not speak for it', async () => {
    const verdict = await ask({ more: [evil, namesake], crls: [caCrl({ signer: strangerKeys }), caCrl({ issuer: name('Evil'), signer: evilKeys })] })
    expect(verdict.ok).toBe(false)
  })
})

const crlKeys = makeKeys('another crl signer')
/** What is no value of that extension. */
const junkFor = (oid: string): Bytes => (oid === extensionOids.inhibitAnyPolicy ? Uint8Array.of(5, 0) : junk)
const everyExtension = [...Object.values(extensionOids).filter((oid) => !oid.startsWith('1.3.6.1.4.1.311.')), '2.5.29.56']

describe('a malformed extension', () => {
  const signerWith = (extra: readonly Ext[], usage: readonly Ext[]): Bytes => certificate('CA', 'Root', crlKeys, rootKeys, [...usage, ...extra], 4)
  const byAnother = caCrl({ signer: crlKeys })
  it('the twin: a signer without one', async () => {
    expect(await statusOf({ crls: [byAnother], more: [signerWith([], [bc(false), ku(0x40)])] })).toBe('good')
  })

  it.each(everyExtension)('%s makes its bearer no signer of lists, and hurts no other', async (oid) => {
    const usage = [bc(false), ku(0x40)].filter(([known]) => known !== oid)
    for (const critical of [true, false]) {
      const broken = signerWith([[oid, critical, junkFor(oid)]], usage)
      // id-ce-noRevAvail is read by its presence (RFC 9608).
      if (!(await statusOf({ crls: [byAnother], more: [broken] })).match(/^undetermined crl\//)) expect([oid, critical]).toEqual(['2.5.29.56', false])
      expect(await statusOf({ crls: [byAnother], more: [broken, signerWith([], [bc(false), ku(0x40)])] })).toMatch(/^good/)
      expect(await statusOf({ crls: [caCrl()], more: [broken] })).toBe('good')
    }
  })

  it.each(everyExtension)('%s in an anchor is said when it is made, or does not count', async (oid) => {
    const usage = [bc(true), ku(0x60)].filter(([known]) => known !== oid)
    const broken = certificate('Root', 'Root', rootKeys, rootKeys, [...usage, [oid, false, junkFor(oid)]], 1)
    const sound = certificate('Root', 'Root', rootKeys, rootKeys, [bc(true), ku(0x60)], 9)
    for (const anchors of [[broken], [broken, sound], [sound, broken]]) {
      let verifier
      try {
        verifier = (): ReturnType<typeof createVerifier> => createVerifier({ anchors, purpose: 'any', revocation: createRevocationChecker({ mode: 'hard', crls: [rootCrl, caCrl()] }) })
        verifier()
      } catch (error) {
        expect(String(error)).toMatch(/^ParseError: /)
        continue
      }
      const request = { leaf, intermediates: [ca], names: 'unchecked', time: now } as const
      const verdict = await verifier().verify(request)
      expect(JSON.stringify(verifySync(verifier(), request))).toBe(JSON.stringify(verdict))
      // By an anchor whose extensions about keys cannot be read nobody signs lists; of any other RFC 5280 6.1.1 (d) takes name and key.
      const aboutKeys = oid === extensionOids.keyUsage || oid === extensionOids.subjectKeyIdentifier
      expect(verdict.ok ? 'good' : verdict.code, oid).toBe(aboutKeys && anchors.length === 1 ? 'revocation/undetermined' : 'good')
    }
  })
})

describe('a signer of lists that is revoked by a list of another scope', () => {
  const signer = certificate('CA', 'CA', crlKeys, caKeys, [bc(false), ku(0x40), crldp({ names: [uri('http://signers.example/')] })], 5)
  const signers = (entries: Parameters<typeof caCrl>[0] = {}): Bytes => caCrl({ extensions: [idp({ names: [uri('http://signers.example/')] })], ...entries })
  const asking = leafWith(crldp({ names: [uri('http://leaves.example/')] }))
  // The leaf’s own point gives a list of no use, so that all that is at hand is heard a second time.
  const fetch = { fetch: () => Promise.resolve(new Response(caCrl({ extensions: [idp({ user: true, names: [uri('http://others.example/')] })] }).slice())), allowedHosts: ['.example'], retries: 0 }
  const question = { leaf: asking, more: [signer], fetch }

  it('is believed no more when it is heard again', async () => {
    const lists = [caCrl({ signer: crlKeys })]
    expect(await statusOf({ ...question, crls: [...lists, signers()] })).toMatch(/^good/)
    expect(await statusOf({ ...question, crls: [...lists, signers({ entries: [{ serial: 5, reason: 1 }] })] })).toMatch(/^undetermined .*crl\/signer-revoked/)
    expect(await statusOf({ leaf: asking, more: [signer], crls: [...lists, signers({ entries: [{ serial: 5, reason: 1 }] })] })).toMatch(/^undetermined .*crl\/signer-revoked/)
  })
})

describe('what a peer sends beside its path', () => {
  const responder = (keys = responderKeys, signer = caKeys, serial = 0x55): Bytes => certificate('Responder', 'CA', keys, signer, [eku(ocspSigning), ku(1), noCheck], serial)
  const revocation = { revoked: new Date(now - day), reason: 1 }

  it.each<readonly [string, { responder?: Bytes }, Keys]>([
    ['named', { responder: name('Responder') }, strangerKeys], ['known by its key', {}, responderKeys],
  ])('does not crowd out a responder who is %s', async (_, by, keys) => {
    const answer = (status?: typeof revocation): Bytes => makeResponse({ signer: responderKeys, ...by, answers: [{ about: leaf, issuer: ca, ...(status && { status }) }] })
    const more = Array.from({ length: 12 }, (__, i) => responder(keys, strangerKeys, i + 1))
    for (const certificates of [[responder()], []]) {
      const own = { certificates, ...(certificates.length === 0 ? { more: [...more, responder()] } : { more }) }
      expect(await statusOf({ mode: 'soft', ocspResponses: [answer(revocation)], ...own })).toBe('revoked keyCompromise')
      expect(await statusOf({ mode: 'soft', ocspResponses: [answer()], ...own })).toBe('good')
    }
    // Without the true one nobody has spoken.
    expect(await statusOf({ mode: 'soft', ocspResponses: [answer(revocation)], more })).toMatch(/^undetermined ocsp\//)
  })

  it('costs nothing where it is what the caller has given already', async () => {
    const ocspResponses = [makeResponse({ signer: strangerKeys, responder: name('Responder'), answers: [{ about: leaf, issuer: ca }] })]
    const [alone, sentToo] = await Promise.all([[], [responder()]].map((more) => ask({ mode: 'soft', ocspResponses, certificates: [responder()], more })))
    expect(JSON.stringify(sentToo)).toBe(JSON.stringify(alone))
  })

  it('ends at the budget, and not with an acceptance', async () => {
    const more = Array.from({ length: 120 }, (_, i) => responder(responderKeys, strangerKeys, i + 1))
    const ocspResponses = [makeResponse({ signer: responderKeys, answers: [{ about: leaf, issuer: ca, status: revocation }] })]
    expect(await ask({ mode: 'soft', ocspResponses, more })).toMatchObject({ ok: false, code: 'budget/signatures' })
    // What the caller has given is tried before, also where the peer sends it as well.
    for (const sent of [more, [...more, responder()]]) {
      expect(await ask({ mode: 'soft', ocspResponses, more: sent, certificates: [responder()] })).toMatchObject({ ok: false, code: 'revocation/revoked' })
    }
  })

  it.each([2035, 2045])('is not in the way of a signer of lists: a revoked certificate of the CA’s key that ends in %s', async (year) => {
    const signer = certificate('CA', 'CA', crlKeys, caKeys, [bc(false), ku(0x40)], 30)
    const twin = certificate('CA', 'Root', caKeys, rootKeys, [bc(true), ku(0x60)], 3, { notAfter: time(year) })
    const rootLists = [makeCrl({ issuer: name('Root'), signer: rootKeys, entries: [{ serial: 3, reason: 4 }] })]
    const given = { rootLists, certificates: [signer], crls: [caCrl({ signer: crlKeys, entries: [{ serial: leafSerial, reason: 1 }] })] }
    for (const mode of ['soft', 'hard', { leaf: 'soft', ca: 'hard' }] as const) {
      for (const more of [[], [twin]]) expect(await ask({ ...given, mode, more })).toMatchObject({ ok: false, code: 'revocation/revoked' })
      expect(await ask({ ...given, crls: [caCrl({ signer: crlKeys })], mode, more: [twin] })).toMatchObject({ ok: true })
    }
  })

  it('is not in the way of one either, where another CA certifies the CA’s key', async () => {
    const [upperKeys, otherKeys] = [makeKeys('upper'), makeKeys('other')]
    const usage = [bc(true), ku(0x60)]
    const upper = certificate('Upper', 'Root', upperKeys, rootKeys, usage, 10)
    const other = certificate('Other', 'Root', otherKeys, rootKeys, usage, 11)
    const issuing = certificate('CA', 'Upper', caKeys, upperKeys, usage, 20)
    const twin = certificate('CA', 'Other', caKeys, otherKeys, usage, 21, { notAfter: time(2049) })
    const signer = certificate('CA', 'CA', crlKeys, caKeys, [bc(false), ku(0x40)], 30)
    const lists = (entries: { readonly serial: number, readonly reason: number }[]): readonly Bytes[] => [
      makeCrl({ issuer: name('Upper'), signer: upperKeys }), caCrl({ signer: crlKeys, entries }),
    ]
    for (const mode of ['soft', { leaf: 'soft', ca: 'hard' }] as const) {
      for (const more of [[upper], [upper, other, twin]]) {
        expect(await ask({ mode, ca: issuing, more, certificates: [signer], crls: lists([{ serial: leafSerial, reason: 1 }]) })).toMatchObject({ ok: false, code: 'revocation/revoked' })
        expect(await ask({ mode, ca: issuing, more, certificates: [signer], crls: lists([]) })).toMatchObject({ ok: true })
      }
    }
  })

  it('does not change whom a signer of lists is known by: the certificates of the path itself come first', async () => {
    const signer = certificate('CA', 'CA', crlKeys, caKeys, [bc(false), ku(0x40)], 30)
    // Of longer life, but for clients alone: a signer could go by it, the leaf cannot.
    const twin = certificate('CA', 'Root', caKeys, rootKeys, [bc(true), ku(0x60), eku('1.3.6.1.5.5.7.3.2')], 3, { notAfter: time(2049) })
    for (const more of [[], [twin]]) {
      const verdict = await ask({ mode: 'soft', more, certificates: [signer], crls: [caCrl({ signer: crlKeys })] })
      const [settled] = verdict.ok && verdict.revocation !== 'none' ? verdict.revocation : []
      expect(settled!.sources[0]!.signer.map((one) => one.serialNumber)).toEqual(['1e', '02'])
    }
  })

  it('is not in the way of one whose issuer has two names: another path is tried where the first has a revoked certificate', async () => {
    const usage = [bc(true), ku(0x60)]
    const signer = certificate('CA', 'Old', crlKeys, caKeys, [bc(false), ku(0x40)], 30)
    const old = certificate('Old', 'Root', caKeys, rootKeys, usage, 3)
    const twin = certificate('Old', 'Root', caKeys, rootKeys, usage, 4, { notAfter: time(2049) })
    const rootLists = [makeCrl({ issuer: name('Root'), signer: rootKeys, entries: [{ serial: 4, reason: 4 }] })]
    const given = { mode: 'soft', rootLists, certificates: [signer], crls: [caCrl({ signer: crlKeys, entries: [{ serial: leafSerial, reason: 1 }] })] } as const
    for (const more of [[old], [old, twin]]) expect(await statusOf({ ...given, more })).toBe('revoked keyCompromise')
    expect(await statusOf({ ...given, more: [twin] })).toBe('undetermined crl/signer-revoked')
  })
})

it('a signer off the path is believed once it is settled itself, in hard mode', async () => {
  const signer = certificate('CA', 'Root', crlKeys, rootKeys, [bc(false), ku(0x40)], 4)
  const answers = [{ about: ca, issuer: root }]
  const given = { rootLists: [], certificates: [signer], crls: [caCrl({ signer: crlKeys })] }
  expect(await statusOf({ ...given, ocspResponses: [makeResponse({ signer: rootKeys, answers })] })).toMatch(/^undetermined crl.signer-unsettled/)
  expect(await statusOf({ ...given, ocspResponses: [makeResponse({ signer: rootKeys, answers: [...answers, { about: signer, issuer: root }] })] })).toBe('good')
})

describe('a parsed response in other hands', () => {
  const parse = (): OcspResponse => parseOcspResponse(makeResponse({ signer: caKeys, answers: [{ about: leaf, issuer: ca, status: { revoked: new Date(now - day), reason: 1 } }] }))
  it('cannot be changed', () => {
    const response = parse()
    expect(Reflect.set(response, 'basic', { ...response.basic, responses: [] })).toBe(false)
    expect(Reflect.set(response.basic!.responses[0]!, 'status', 'good')).toBe(false)
    expect(Reflect.set(response.basic!.responder, 'keyHash', new Uint8Array(20))).toBe(false)
  })
  it('is not what a checker goes by: its octets may be written over', async () => {
    const response = parse()
    const verifier = verifierFor({ mode: 'soft', ocspResponses: [response] })
    const request = { leaf, intermediates: [ca], names: 'unchecked' as const, time: now }
    expect(await verifier.verify(request)).toMatchObject({ ok: false, code: 'revocation/revoked' })
    const { tbsResponseData, signature, responses: [answer] } = response.basic!
    for (const octets of [tbsResponseData, signature, answer!.certId.issuerKeyHash]) octets.fill(0)
    expect(await verifier.verify(request)).toMatchObject({ ok: false, code: 'revocation/revoked' })
  })
})
