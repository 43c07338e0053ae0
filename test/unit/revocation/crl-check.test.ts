/** Lists, decided (RFC 5280 6.3.3): each refusal beside its valid twin. */
import { describe, expect, it } from 'vitest'
import { encodeNull, encodeTime } from '../../../src/asn1/index.ts'
import { bc, ecdsaSha384, ku, makeKeys, name, time, uri } from '../../../fixtures/issue.ts'
import { aia, certificateIssuer, crldp, directory, idp, makeCrl } from '../../../fixtures/revoke.ts'
import { ask, caCrl, caKeys, certificate, day, foundAbout, leafSerial, leafWith, now, revokedCrl, rootKeys, statusOf, strangerKeys } from './world.ts'

const at = (days: number): Date => new Date(now + days * day)
const unknownCritical = ['1.3.6.1.4.1.55555.1', true, encodeNull()] as const

describe('one list', () => {
  const cases: readonly (readonly [string, Parameters<typeof caCrl>[0], string])[] = [
    ['that names nobody', {}, 'good'],
    ['that names the leaf', { entries: [{ serial: leafSerial, reason: 1 }] }, 'revoked keyCompromise'],
    ['that names it without a reason', { entries: [{ serial: leafSerial }] }, 'revoked unspecified'],
    ['that names another', { entries: [{ serial: leafSerial + 1 }] }, 'good'],
    ['that holds it', { entries: [{ serial: leafSerial, reason: 6 }] }, 'revoked certificateHold'],
    ['that names it, out of order and twice', { entries: [{ serial: 0x7777 }, { serial: leafSerial, reason: 4 }, { serial: 1 }, { serial: leafSerial, reason: 4 }] }, 'revoked superseded'],
    ['with removeFromCRL, which only a delta may hold', { entries: [{ serial: leafSerial, reason: 8 }] }, 'revoked removeFromCRL'],
    ['of the right name and another key', { signer: strangerKeys }, 'undetermined crl/invalid-signature'],
    ['whose signature is broken', { breakSignature: true }, 'undetermined crl/invalid-signature'],
    ['whose two algorithms differ', { innerAlgorithm: ecdsaSha384 }, 'undetermined crl/algorithm-mismatch'],
    ['of another issuer', { issuer: name('Other'), signer: caKeys }, 'undetermined'],
    ['of tomorrow', { thisUpdate: at(1), nextUpdate: at(2) }, 'undetermined crl/not-yet-valid'],
    ['of yesterday, ended', { thisUpdate: at(-3), nextUpdate: at(-1) }, 'undetermined crl/expired'],
    ['without an end', { nextUpdate: null }, 'undetermined crl/no-next-update'],
    ['without a number', { number: null }, 'good'],
    ['with an unknown critical extension', { extensions: [unknownCritical] }, 'undetermined crl/unknown-critical-extension'],
    ['with an unknown extension', { extensions: [['1.3.6.1.4.1.55555.1', false, encodeNull()]] }, 'good'],
    ['with an unknown critical extension on an entry of another', { entries: [{ serial: 1, extensions: [unknownCritical] }] }, 'undetermined crl/unknown-critical-extension'],
    ['for user certificates', { extensions: [idp({ user: true })] }, 'good'],
    ['for CA certificates', { extensions: [idp({ ca: true })] }, 'undetermined crl/not-in-scope'],
    ['for attribute certificates', { extensions: [idp({ attribute: true })] }, 'undetermined crl/not-in-scope'],
    ['for some reasons', { extensions: [idp({ reasons: 0b10 })] }, 'undetermined some'],
    ['for some reasons, one of which holds', { extensions: [idp({ reasons: 0b10 })], entries: [{ serial: leafSerial, reason: 1 }] }, 'revoked keyCompromise'],
    ['of a distribution point that the leaf does not name', { extensions: [idp({ names: [uri('http://a.example/1')] })] }, 'undetermined crl/not-in-scope'],
  ]
  it.each(cases)('%s', async (_, template, expected) => {
    expect(await statusOf({ crls: [caCrl(template)] })).toBe(expected)
  })

  it('none at all', async () => expect(await statusOf({})).toBe('undetermined'))

  it('for user certificates says nothing of a CA, its twin for CAs does', async () => {
    const rootList = (scope: Parameters<typeof idp>[0]): Uint8Array => makeCrl({ issuer: name('Root'), signer: rootKeys, extensions: [idp(scope)] })
    expect((await ask({ crls: [caCrl()], rootLists: [rootList({ user: true })] })).ok).toBe(false)
    expect((await ask({ crls: [caCrl()], rootLists: [rootList({ ca: true })] })).ok).toBe(true)
  })
})

describe('dates', () => {
  it('clock skew lets a list of a moment ago, or to come, pass', async () => {
    expect(await statusOf({ crls: [caCrl({ thisUpdate: at(-3), nextUpdate: new Date(now - 1000) })], clockSkew: 2 })).toBe('good')
    expect(await statusOf({ crls: [caCrl({ thisUpdate: at(-3), nextUpdate: new Date(now - 3000) })], clockSkew: 2 })).toBe('undetermined crl/expired')
    expect(await statusOf({ crls: [caCrl({ thisUpdate: new Date(now + 90_000) })], clockSkew: 90 })).toBe('good')
    expect(await statusOf({ crls: [caCrl({ thisUpdate: new Date(now + 91_000) })], clockSkew: 90 })).toBe('undetermined crl/not-yet-valid')
  })

  it('are of now if they were made while the verification went on', async () => {
    expect(await statusOf({ crls: [caCrl({ thisUpdate: new Date(now + 60_000) })] })).toBe('good')
    expect(await statusOf({ crls: [revokedCrl({ thisUpdate: new Date(now + 60_000) })] })).toBe('revoked keyCompromise')
    expect(await statusOf({ crls: [caCrl({ thisUpdate: new Date(now + 61_000) })] })).toBe('undetermined crl/not-yet-valid')
  })

  it('maxAge bounds every list, and lets one without an end pass', async () => {
    const options = { maxAge: 2 * 86_400 }
    expect(await statusOf({ crls: [caCrl({ nextUpdate: null })], ...options })).toBe('good')
    expect(await statusOf({ crls: [caCrl({ nextUpdate: null, thisUpdate: at(-3) })], ...options })).toBe('undetermined crl/too-old')
    expect(await statusOf({ crls: [caCrl({ thisUpdate: at(-3) })], ...options })).toBe('undetermined crl/too-old')
  })

  it('the acceptance ends with the first list that it rests on', async () => {
    const verdict = await ask({ crls: [caCrl({ nextUpdate: at(2) })] })
    expect(verdict.ok && verdict.validUntil).toEqual(at(2))
    const halves = [caCrl({ nextUpdate: at(2), extensions: [idp({ reasons: 0b0_0001_1110 })] }), caCrl({ nextUpdate: at(1), extensions: [idp({ reasons: 0b1_1110_0000 })] })]
    for (const crls of [halves, [...halves].reverse()]) {
      const both = await ask({ crls })
      expect(both.ok && both.validUntil).toEqual(at(1))
      expect(foundAbout(both)!.sources).toHaveLength(2)
    }
  })

  it('or by maxAge, or with what proves the signer: its certificate, and its own list', async () => {
    const until = async (question: Parameters<typeof ask>[0]): Promise<Date | false> => {
      const verdict = await ask(question)
      return verdict.ok && verdict.validUntil
    }
    // The lists are of yesterday.
    expect(await until({ crls: [caCrl({ nextUpdate: null })], maxAge: 3 * 86_400 })).toEqual(at(2))
    expect(await until({ crls: [caCrl({ nextUpdate: at(1) })], maxAge: 3 * 86_400 })).toEqual(at(1))
    const keys = makeKeys('crl signer')
    const signer = (notAfter: Date, serial = 4): Uint8Array => certificate('CA', 'Root', keys, rootKeys, [bc(false), ku(0x40)], serial, { notAfter: encodeTime(notAfter) })
    const crls = [caCrl({ signer: keys, nextUpdate: at(6) })]
    expect(await until({ crls, more: [signer(at(30))] })).toEqual(at(6))
    expect(await until({ crls, more: [signer(at(2))] })).toEqual(at(2))
    // Its own status stands on a list of the root that only such signers are on.
    const forSigners = [uri('http://signers.example/')]
    const named = certificate('CA', 'Root', keys, rootKeys, [bc(false), ku(0x40), crldp({ names: forSigners })], 4)
    const rootLists = [makeCrl({ issuer: name('Root'), signer: rootKeys, extensions: [idp({ ca: true })] }), makeCrl({ issuer: name('Root'), signer: rootKeys, nextUpdate: at(1), extensions: [idp({ names: forSigners })] })]
    expect(await until({ crls, more: [named], rootLists })).toEqual(at(1))
  })
})

describe('scopes', () => {
  const here = uri('http://a.example/1'), there = uri('http://a.example/2')
  it('a list of one of the leaf’s distribution points', async () => {
    const leaf = leafWith(crldp({ names: [here] }))
    expect(await statusOf({ leaf, crls: [caCrl({ extensions: [idp({ names: [here] })] })] })).toBe('good')
    expect(await statusOf({ leaf, crls: [caCrl({ extensions: [idp({ names: [there] })] })] })).toBe('undetermined crl/not-in-scope')
    expect(await statusOf({ leaf, crls: [caCrl({ extensions: [idp({ names: [there, here] })] })] })).toBe('good')
  })

  it('reasons are gathered until all are covered', async () => {
    const some = (reasons: number, more: Parameters<typeof caCrl>[0] = {}): Uint8Array => caCrl({ extensions: [idp({ reasons })], ...more })
    expect(await statusOf({ crls: [some(0b0_0000_1110), some(0b1_1111_0000)] })).toBe('good')
    expect(await statusOf({ crls: [some(0b0_0000_1110), some(0b1_1110_0000)] })).toBe('undetermined some')
    expect(await statusOf({ crls: [some(0b0_0000_1110), some(0b1_1111_0000, { entries: [{ serial: leafSerial, reason: 5 }] })] })).toBe('revoked cessationOfOperation')
  })

  it('the reasons of the distribution point bound those of its list', async () => {
    const leaf = leafWith(crldp({ names: [here], reasons: 0b10 }))
    const list = caCrl({ extensions: [idp({ names: [here] })] })
    expect(await statusOf({ leaf, crls: [list] })).toBe('undetermined some')
    expect(await statusOf({ leaf, crls: [list, caCrl()] })).toBe('good')
  })
})

describe('signers', () => {
  it('a key without cRLSign signs no list, its twin does', async () => {
    const judge = (usage: number): Promise<string> =>
      statusOf({ ca: certificate('CA', 'Root', caKeys, rootKeys, [bc(true), ku(usage)], 3), crls: [caCrl()] })
    expect(await judge(0x20)).toBe('undetermined crl/signer-key-usage')
    expect(await judge(0x60)).toBe('good')
  })

  const crlKeys = makeKeys('crl signer')
  const byAnother = (more: Parameters<typeof caCrl>[0] = {}): Uint8Array => caCrl({ signer: crlKeys, ...more })

  it('another key of the issuer signs, if its own path leads to the anchor', async () => {
    const signer = certificate('CA', 'Root', crlKeys, rootKeys, [bc(false), ku(0x40)], 4)
    expect(await statusOf({ crls: [byAnother()], more: [signer] })).toBe('good')
    expect(await statusOf({ crls: [byAnother()], certificates: [signer] })).toBe('good')
    expect(await statusOf({ crls: [byAnother()] })).toBe('undetermined crl/invalid-signature')
    const unsigned = certificate('CA', 'Root', crlKeys, strangerKeys, [bc(false), ku(0x40)], 4)
    expect(await statusOf({ crls: [byAnother()], more: [unsigned] })).toBe('undetermined crl/no-signer')
    const ended = certificate('CA', 'Root', crlKeys, rootKeys, [bc(false), ku(0x40)], 4, { notAfter: time(2025) })
    expect(await statusOf({ crls: [byAnother()], more: [ended] })).toBe('undetermined crl/no-signer')
  })

  it('a signer that is itself revoked, or not settled, is none', async () => {
    const signer = certificate('CA', 'Root', crlKeys, rootKeys, [bc(false), ku(0x40)], 4)
    const newer = makeCrl({ issuer: name('Root'), signer: rootKeys, number: 11, entries: [{ serial: 4, reason: 1 }] })
    expect(await statusOf({ crls: [byAnother(), newer], more: [signer] })).toBe('undetermined crl/signer-revoked')
    const under = certificate('CA', 'CA', crlKeys, caKeys, [bc(false), ku(0x40)], 5)
    // Its own status stands on the list that it signs: it is taken at its word (NIST PKITS 4.14.30), which may be that it is revoked.
    expect(await statusOf({ crls: [byAnother()], more: [under] })).toBe('good')
    expect(await statusOf({ crls: [byAnother({ entries: [{ serial: 5, reason: 1 }] })], more: [under] })).toBe('undetermined crl/signer-revoked')
  })

  it('an indirect list of another issuer binds where the certificate names it', async () => {
    const issuer = certificate('Lists', 'Root', crlKeys, rootKeys, [bc(false), ku(0x40)], 6)
    const names = [uri('http://lists.example/')]
    const leaf = leafWith(crldp({ names, crlIssuer: [directory(name('Lists'))] }))
    const list = (more: object, entries: Parameters<typeof caCrl>[0] = {}): Uint8Array =>
      makeCrl({ issuer: name('Lists'), signer: crlKeys, extensions: [idp({ names, ...more })], ...entries })
    const ours = { entries: [{ serial: 1 }, { serial: 9, extensions: [certificateIssuer(name('CA'))] }, { serial: leafSerial, reason: 1 }] }
    const theirs = { entries: [{ serial: leafSerial, reason: 1 }, { serial: 9, extensions: [certificateIssuer(name('Other'))] }, { serial: leafSerial }] }
    expect(await statusOf({ leaf, crls: [list({ indirect: true })], more: [issuer] })).toBe('good')
    expect(await statusOf({ leaf, crls: [list({ indirect: true }, ours)], more: [issuer] })).toBe('revoked keyCompromise')
    expect(await statusOf({ leaf, crls: [list({ indirect: true }, theirs)], more: [issuer] })).toBe('good')
    expect(await statusOf({ leaf, crls: [list({})], more: [issuer] })).toBe('undetermined crl/not-in-scope')
    // A leaf that does not name it never asks for it.
    expect(await statusOf({ crls: [list({ indirect: true })], more: [issuer] })).toBe('undetermined')
  })
})

describe('deltas', () => {
  const delta = (more: Parameters<typeof caCrl>[0] = {}): Uint8Array => caCrl({ number: 12, base: 10, ...more })
  const held = revokedCrl({ reason: 6 })
  it.each([
    ['adds a revocation', [caCrl(), delta({ entries: [{ serial: leafSerial, reason: 1 }] })], 'revoked keyCompromise'],
    ['adds nothing', [caCrl(), delta()], 'good'],
    ['ends a hold', [held, delta({ entries: [{ serial: leafSerial, reason: 8 }] })], 'good'],
    ['says nothing of a hold', [held, delta()], 'revoked certificateHold'],
    ['cannot end a compromise', [revokedCrl(), delta({ entries: [{ serial: leafSerial, reason: 8 }] })], 'revoked keyCompromise'],
    ['cannot end a compromise that the list names beside a hold', [caCrl({ entries: [{ serial: leafSerial, reason: 6 }, { serial: leafSerial, reason: 1 }] }), delta({ entries: [{ serial: leafSerial, reason: 8 }] })], 'revoked keyCompromise'],
    ['without its base', [delta({ entries: [{ serial: leafSerial, reason: 1 }] })], 'undetermined crl/delta-without-base'],
    ['of a base that is too new', [caCrl({ number: 9 }), delta({ entries: [{ serial: leafSerial, reason: 1 }] })], 'good crl/delta-without-base'],
    ['of the number of its base, which it cannot change', [revokedCrl({ reason: 6, number: 12 }), delta({ entries: [{ serial: leafSerial, reason: 8 }] })], 'revoked certificateHold crl/delta-without-base'],
    ['of another scope', [caCrl(), delta({ extensions: [idp({ user: true })], entries: [{ serial: leafSerial, reason: 1 }] })], 'good crl/delta-without-base'],
    ['of another key', [held, delta({ signer: strangerKeys, entries: [{ serial: leafSerial, reason: 8 }] })], 'revoked certificateHold crl/invalid-signature'],
    ['that has ended', [held, delta({ nextUpdate: new Date(now - 1), entries: [{ serial: leafSerial, reason: 8 }] })], 'revoked certificateHold crl/expired'],
    ['without a number', [held, delta({ number: null, entries: [{ serial: leafSerial, reason: 8 }] })], 'revoked certificateHold crl/delta-without-base'],
  ] as const)('%s', async (_, crls, expected) => {
    expect(await statusOf({ crls: [...crls] })).toBe(expected)
  })
})

describe('several lists of one scope', () => {
  const older = { number: 9, thisUpdate: at(-2) }
  it.each([
    ['a newer list ends a hold', [revokedCrl({ ...older, reason: 6 }), caCrl()], 'good'],
    ['an older one does not', [caCrl(older), revokedCrl({ reason: 6 })], 'revoked certificateHold'],
    ['a newer list ends no compromise', [revokedCrl(older), caCrl()], 'revoked keyCompromise'],
    ['a newer one of another scope ends no hold', [revokedCrl({ ...older, reason: 6 }), caCrl({ extensions: [idp({ user: true })] })], 'revoked certificateHold'],
    ['a newer one of a stranger ends no hold', [revokedCrl({ ...older, reason: 6 }), caCrl({ signer: strangerKeys })], 'revoked certificateHold crl/invalid-signature'],
  ] as const)('%s', async (_, crls, expected) => {
    expect(await statusOf({ crls: [...crls] })).toBe(expected)
    expect(await statusOf({ crls: [...crls].reverse() })).toBe(expected)
  })
})

describe('modes', () => {
  it('soft: what cannot be settled is a warning, a revocation is still a refusal', async () => {
    const open = await ask({ mode: 'soft' })
    expect(open.ok && open.warnings.map(({ code, severity }) => [code, severity])).toEqual([['revocation/undetermined', 'warning']])
    expect(await ask({ mode: 'soft', crls: [revokedCrl()] })).toMatchObject({ ok: false, code: 'revocation/revoked' })
  })

  it('hard: it is the refusal, and says what was tried', async () => {
    const verdict = await ask({ crls: [caCrl({ breakSignature: true })] })
    expect(verdict).toMatchObject({ ok: false, code: 'revocation/undetermined' })
    expect(!verdict.ok && verdict.issues[0]!.details).toMatchObject({ attempts: [{ type: 'crl', origin: 'given', code: 'crl/invalid-signature' }] })
  })

  it('one for the leaf, another for CAs', async () => {
    expect((await ask({ mode: { leaf: 'hard', ca: 'soft' }, crls: [caCrl()], rootLists: [] })).ok).toBe(true)
    expect((await ask({ mode: { leaf: 'soft', ca: 'hard' }, crls: [caCrl()], rootLists: [] })).ok).toBe(false)
  })

  it('a certificate without revocation information is exempt, a CA’s is not (RFC 9608)', async () => {
    const noRevAvail = ['2.5.29.56', false, encodeNull()] as const
    expect(await statusOf({ leaf: leafWith(noRevAvail) })).toBe('exempt')
    expect(await statusOf({ leaf: leafWith(noRevAvail, crldp({ names: [uri('http://a.example/1')] })) })).toBe('undetermined')
    expect(await statusOf({ leaf: leafWith(noRevAvail, aia([uri('http://a.example/')])) })).toBe('undetermined')
    const exemptCa = certificate('CA', 'Root', caKeys, rootKeys, [bc(true), ku(0x60), noRevAvail], 2)
    expect((await ask({ ca: exemptCa, crls: [caCrl()], rootLists: [] })).ok).toBe(false)
  })
})
