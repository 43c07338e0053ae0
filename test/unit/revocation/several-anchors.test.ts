/** A revocation that is proven on the path to one anchor, and cannot be on the path to another: it binds on both. */
import { describe, expect, it } from 'vitest'
import { encodeInteger } from '../../../src/asn1/index.ts'
import { verifySync } from '../../../src/node/index.ts'
import { createRevocationChecker } from '../../../src/revocation/index.ts'
import { createVerifier } from '../../../src/verify/index.ts'
import type { RevocationCheckerOptions } from '../../../src/revocation/index.ts'
import type { Verdict, Verifier } from '../../../src/verify/index.ts'
import { bc, eku, issue, ku, makeKeys, name, nc, ski, time, uri } from '../../../fixtures/issue.ts'
import type { Bytes, Ext } from '../../../fixtures/issue.ts'
import { certificateIssuer, crldp, directory, idp, makeCrl, makeResponse, noCheck } from '../../../fixtures/revoke.ts'
import { ca, caCrl, caKeys, certificate, day, leaf, leafKeys, leafSerial, leafWith, now, ocspSigning, revokedCrl, root, rootCrl, rootKeys, strangerKeys } from './world.ts'

const otherKeys = makeKeys('other root')
const listKeys = makeKeys('lists under one root')
const responderKeys = makeKeys('responder under one root')
const subKeys = makeKeys('sub under two roots')
const otherRoot = certificate('Other', 'Other', otherKeys, otherKeys, [bc(true), ku(0x60)], 1)
const otherCrl = makeCrl({ issuer: name('Other'), signer: otherKeys })

/** The CA as Other certifies it. The one that ends later is tried first; the CA of Root ends in 2040. */
const otherCa = (order: 'first' | 'last', ...more: readonly Ext[]): Bytes =>
  certificate('CA', 'Other', caKeys, otherKeys, more, 2, { notAfter: time(order === 'first' ? 2045 : 2035) })
const sound: readonly Ext[] = [bc(true), ku(0x60)]
const withoutCrlSign: readonly Ext[] = [bc(true), ku(0x20)]

const place = [uri('http://lists.example/')]
const lists = certificate('Lists', 'Root', listKeys, rootKeys, [bc(false), ku(0x40)], 6)
const byLists = (revoked: boolean): Bytes => makeCrl({
  issuer: name('Lists'), signer: listKeys, extensions: [idp({ names: place, indirect: true })],
  entries: revoked ? [{ serial: leafSerial, reason: 1, extensions: [certificateIssuer(name('CA'))] }] : [],
})
const asking = leafWith(crldp({ names: place, crlIssuer: [directory(name('Lists'))] }))

const responder = issue({
  subject: name('Responder'), issuer: name('CA'), keys: responderKeys, signer: caKeys, extensions: [eku(ocspSigning), ku(1), noCheck], serial: encodeInteger(0x55),
})
const answer = (revoked: boolean): Bytes => makeResponse({
  signer: responderKeys, responder: name('Responder'), certificates: [responder],
  answers: [{ about: leaf, issuer: ca, ...(revoked ? { status: { revoked: new Date(now - day), reason: 1 } } : {}) }],
})

interface Question {
  readonly mode: RevocationCheckerOptions['mode']
  readonly leaf?: Bytes
  readonly intermediates: readonly Bytes[]
  readonly crls?: readonly Bytes[]
  readonly responses?: readonly Bytes[]
}

/** Asks with candidates, anchors and lists in both orders, in both drivers: the verdict is one. */
async function ask(question: Question): Promise<Verdict> {
  const ask = (turn: <T>(list: readonly T[]) => readonly T[]): [Verifier, Parameters<Verifier['verify']>[0]] => [createVerifier({
    anchors: turn([root, otherRoot]), purpose: 'serverAuth',
    revocation: createRevocationChecker({ mode: question.mode, crls: turn([rootCrl, otherCrl, ...question.crls ?? []]), ocspResponses: question.responses ?? [] }),
  }), { leaf: question.leaf ?? leaf, intermediates: turn(question.intermediates), names: 'unchecked', time: now }]
  const verdicts: Verdict[] = []
  for (const turn of [<T>(list: readonly T[]) => list, <T>(list: readonly T[]) => [...list].reverse()]) {
    const [verifier, request] = ask(turn)
    // The second time with what was remembered the first.
    verdicts.push(await verifier.verify(request), await verifier.verify(request), verifySync(ask(turn)[0], request))
  }
  expect(new Set(verdicts.map((verdict) => JSON.stringify(verdict))).size).toBe(1)
  return verdicts[0]!
}

/** By whom, and with what said: `Root`, `Other revocation/undetermined`, or the code of a refusal. */
async function outcome(question: Question): Promise<string> {
  const verdict = await ask(question)
  return verdict.ok ? [String(verdict.anchor.name).replace('CN=', ''), ...verdict.warnings.map(({ code }) => code)].join(' ') : verdict.code
}

describe.each<readonly [string, (revoked: boolean, order: 'first' | 'last') => Omit<Question, 'mode'>]>([
  ['an indirect list whose signer only Root certifies', (revoked, order) =>
    ({ leaf: asking, intermediates: [ca, otherCa(order, ...sound), lists], crls: [byLists(revoked)] })],
  ['a list of a CA that only Root lets sign lists', (revoked, order) =>
    ({ intermediates: [ca, otherCa(order, ...withoutCrlSign)], crls: [revoked ? revokedCrl() : caCrl()] })],
  ['an answer of a responder whose name Other does not let the CA give', (revoked, order) =>
    ({ intermediates: [ca, otherCa(order, ...sound, nc([directory(name('leaf'))]))], responses: [answer(revoked)] })],
])('%s', (_, question) => {
  it('is believed on the path to Root alone', async () => {
    const { intermediates, ...rest } = question(false, 'last')
    expect(await outcome({ mode: 'hard', ...rest, intermediates })).toBe('Root')
    expect(await outcome({ mode: 'hard', ...rest, intermediates: intermediates.slice(1) })).toBe('revocation/undetermined')
    expect(await outcome({ mode: 'soft', ...rest, intermediates: intermediates.slice(1) })).toBe('Other revocation/undetermined')
  })

  it.each(['hard', 'soft'] as const)('refuses by its revocation, in %s mode, whatever other path is tried after it', async (mode) => {
    expect(await outcome({ mode, ...question(false, 'last') })).toBe('Root')
    expect(await outcome({ mode, ...question(true, 'last') })).toBe('revocation/revoked')
  })
})

describe('a list beside it that is believed everywhere, and says good', () => {
  it.each(['hard', 'soft'] as const)('does not take the revocation back, in %s mode', async (mode) => {
    const intermediates = [ca, otherCa('last', ...sound), lists]
    expect(await outcome({ mode, leaf: asking, intermediates, crls: [caCrl(), byLists(false)] })).toBe('Root')
    expect(await outcome({ mode, leaf: asking, intermediates, crls: [caCrl(), byLists(true)] })).toBe('revocation/revoked')
    // By itself it settles the leaf under Other.
    expect(await outcome({ mode, leaf: asking, intermediates: intermediates.slice(1), crls: [caCrl(), byLists(true)] })).toBe('Other')
  })
})

describe('an intermediate that is proven revoked under Root', () => {
  const sub = (signer: typeof caKeys, serial: number, more: readonly Ext[] = []): Bytes =>
    certificate('Sub', 'CA', subKeys, signer, [...sound, ...more], serial, { notAfter: time(signer === caKeys ? 2040 : 2035) })
  const below = certificate('leaf', 'Sub', leafKeys, subKeys, [ku(1), eku('1.3.6.1.5.5.7.3.1')], leafSerial)
  const crls = [caCrl({ entries: [{ serial: 5, reason: 2 }] })]
  const silent = otherCa('last', ...withoutCrlSign)
  const question = { mode: 'soft', leaf: below, intermediates: [ca, silent, sub(caKeys, 5)], crls } as const

  it('is revoked under Other as well', async () => {
    expect(await outcome({ ...question, crls: [caCrl()] })).toBe('Root revocation/undetermined')
    expect(await outcome(question)).toBe('revocation/revoked')
    expect(await outcome({ ...question, intermediates: question.intermediates.slice(1) })).toBe('Other revocation/undetermined revocation/undetermined')
  })

  it('and so is another of the same issuer and serial number, but none of another number', async () => {
    const copy = sub(caKeys, 5, [ski(subKeys.id)])
    expect(await outcome({ ...question, intermediates: [...question.intermediates, copy] })).toBe('revocation/revoked')
    const anew = sub(caKeys, 7, [ski(subKeys.id)])
    expect(await outcome({ ...question, intermediates: [...question.intermediates, anew] })).toBe('Root revocation/undetermined')
  })

  it('but not one of another CA of that name', async () => {
    const namesake = certificate('CA', 'Other', strangerKeys, otherKeys, sound, 3)
    const intermediates = [...question.intermediates, namesake, sub(strangerKeys, 5)]
    expect(await outcome({ ...question, intermediates })).toBe('Other revocation/undetermined revocation/undetermined')
    expect(await outcome({ ...question, intermediates, crls: [...crls, caCrl({ signer: strangerKeys, entries: [{ serial: 5, reason: 2 }] })] })).toBe('revocation/revoked')
  })
})

it('a signer of lists that is proven revoked under Root is believed under Other no more', async () => {
  const ofCa = certificate('Lists', 'CA', listKeys, caKeys, [bc(false), ku(0x40)], 6)
  const silent = otherCa('last', ...withoutCrlSign)
  // What is not known of a signer is forgiven, and of the leaf not.
  const question = { mode: { leaf: 'hard', ca: 'soft' }, leaf: asking, intermediates: [ca, silent, ofCa], crls: [byLists(false)] } as const
  const revoked = caCrl({ entries: [{ serial: 6, reason: 1 }], extensions: [idp({ names: [uri('http://signers.example/')] })] })
  const pointed = certificate('Lists', 'CA', listKeys, caKeys, [bc(false), ku(0x40), crldp({ names: [uri('http://signers.example/')] })], 6)
  expect(await outcome(question)).toBe('Root')
  expect(await outcome({ ...question, intermediates: [silent, pointed], crls: [byLists(false), revoked] })).toBe('Other')
  expect(await outcome({ ...question, intermediates: [ca, silent, pointed], crls: [byLists(false), revoked] })).toBe('revocation/undetermined')
})

it('says on the second path what proved it on the first', async () => {
  const verdict = await ask({ mode: 'soft', leaf: asking, intermediates: [ca, otherCa('last', ...sound), lists], crls: [byLists(true)] })
  expect(verdict.ok ? [] : verdict.attempts.map(({ anchor, revocation }) => [anchor!.subject, revocation![0]!.status, revocation![0]!.sources[0]!.issuer])).toEqual([
    ['CN=Root', 'revoked', 'CN=Lists'], ['CN=Other', 'revoked', 'CN=Lists'],
  ])
})

it('a path that is accepted ends the search: what only another would prove is not heard', async () => {
  const question = { mode: 'soft', leaf: asking, crls: [byLists(true)] } as const
  expect(await outcome({ ...question, intermediates: [ca, otherCa('first', ...sound), lists] })).toBe('Other revocation/undetermined')
  expect(await outcome({ ...question, intermediates: [ca, otherCa('last', ...sound), lists] })).toBe('revocation/revoked')
})
