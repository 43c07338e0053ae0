/**
 * What must hold for any lists and responses: what is added never turns “revoked” into “good”, the order of sources decides
 * nothing, in both drivers alike, and no changed list or response speaks for a revoked certificate.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ParseError, createVerifier, parseCertificate } from 'countersign'
import type { Verdict, Verifier } from 'countersign'
import { verifySync } from 'countersign/node'
import { createRevocationChecker, parseCrl, parseOcspResponse } from 'countersign/revocation'
import type { RevocationCheckerOptions } from 'countersign/revocation'
import { encodeInteger } from '../../src/asn1/index.ts'
import { aki, bc, eku, issue, ku, makeKeys, name, uri } from '../../fixtures/issue.ts'
import type { Bytes, Ext, Keys } from '../../fixtures/issue.ts'
import { crldp, day, idp, makeCrl, makeResponse, noCheck, now } from '../../fixtures/revoke.ts'
import type { CrlTemplate, ScopeTemplate } from '../../fixtures/revoke.ts'

const rootKeys = makeKeys('property root'), leafKeys = makeKeys('property leaf'), listKeys = makeKeys('property lists')
const delegateKeys = makeKeys('property responder'), strangerKeys = makeKeys('property stranger')
const serial = 0x1234
const places = [uri('http://a.example/1'), uri('http://a.example/2')]

function make(subject: string, keys: Keys, signer: Keys, number: number, extensions: readonly Ext[]): Bytes {
  return issue({ subject: name(subject), issuer: name('Root'), keys, signer, serial: encodeInteger(number), extensions })
}
const root = make('Root', rootKeys, rootKeys, 1, [bc(true), ku(0x60)])
const leaf = make('leaf', leafKeys, rootKeys, serial, [ku(1), crldp({ names: places })])
/** Another key of the root’s name, for lists alone. */
const listSigner = make('Root', listKeys, rootKeys, 2, [bc(false), ku(0x40)])
const delegate = make('Responder', delegateKeys, rootKeys, 3, [ku(1), eku('1.3.6.1.5.5.7.3.9'), noCheck])

const anchors = [parseCertificate(root)]
const request = { leaf: parseCertificate(leaf), intermediates: [], names: 'unchecked', time: now } as const

type Sources = Pick<RevocationCheckerOptions, 'crls' | 'ocspResponses'>

/** One that has seen nothing yet, so that nothing is rolled back. */
function verifierFor(sources: Sources): Verifier {
  const revocation = createRevocationChecker({ mode: 'hard', certificates: [listSigner], ...sources })
  return createVerifier({ anchors, purpose: 'any', revocation })
}

function judge(sources: Sources, stapled?: Bytes): Verdict {
  return verifySync(verifierFor(sources), { ...request, ...(stapled && { ocspResponse: stapled }) })
}

const codeOf = (verdict: Verdict): string => verdict.ok ? 'good' : verdict.code
/** By reason: a hold can end, everything else cannot. */
const isRevokedForGood = (verdict: Verdict): boolean => !verdict.ok &&
  verdict.issues.some(({ code, details }) => code === 'revocation/revoked' && details['reason'] !== 'certificateHold')

const at = (days: number): Date => new Date(now + days * day)
const entry = fc.constantFrom(...[undefined, 0, 1, 4, 6, 6, 8].map((reason) => (reason === undefined ? [] : [{ serial, reason }])), [{ serial }], [{ serial: 7, reason: 1 }])
const scope = fc.constantFrom<ScopeTemplate | undefined>(
  undefined, undefined, { user: true }, { ca: true }, { reasons: 0b0_0001_1110 }, { reasons: 0b1_1110_0000 }, { names: [places[0]!] }, { names: [places[1]!], user: true },
  { names: [uri('http://b.example/')] })

/** A list about the leaf, of any kind: complete or delta, by one of three keys, of any scope, fresh or not. */
const listOf = (scope: fc.Arbitrary<ScopeTemplate | undefined>): fc.Arbitrary<Bytes> => fc.record({
  number: fc.constantFrom(8, 9, 10, 11, 12, null), base: fc.constantFrom(undefined, undefined, undefined, 9, 10), entries: entry, scope,
  signer: fc.constantFrom(rootKeys, rootKeys, rootKeys, listKeys, strangerKeys), identified: fc.boolean(),
  thisUpdate: fc.constantFrom(-2, -1, -1, -0.5, 1), nextUpdate: fc.constantFrom(7, 7, 7, -0.25, null),
}).map(({ number, base, entries, scope, signer, identified, thisUpdate, nextUpdate }): Bytes => makeCrl({
  issuer: name('Root'), signer, number, entries, thisUpdate: at(thisUpdate), nextUpdate: nextUpdate === null ? null : at(nextUpdate),
  ...(base !== undefined && { base }), extensions: [...(identified ? [aki(signer.id)] : []), ...(scope === undefined ? [] : [idp(scope)])],
} satisfies CrlTemplate))
const list = listOf(scope)

function held(scope: ScopeTemplate | undefined): Bytes {
  return makeCrl({ issuer: name('Root'), signer: rootKeys, number: 10, entries: [{ serial, reason: 6 }], extensions: scope === undefined ? [] : [idp(scope)] })
}

/** What ends that hold: the next list of its scope, or a delta. */
function enderOf(scope: ScopeTemplate | undefined): fc.Arbitrary<Bytes> {
  return fc.constantFrom({ number: 11 }, { number: 12, base: 9, entries: [{ serial, reason: 8 }] }).map((more) => makeCrl({
    issuer: name('Root'), signer: rootKeys, thisUpdate: at(-0.5), ...more, extensions: scope === undefined ? [] : [idp(scope)],
  }))
}

const response = fc.record({
  status: fc.constantFrom('good' as const, 'good' as const, 'unknown' as const, { revoked: at(-2), reason: 1 }, { revoked: at(-2), reason: 6 }),
  signer: fc.constantFrom(rootKeys, delegateKeys, strangerKeys), thisUpdate: fc.constantFrom(-2, -1, 1), hash: fc.constantFrom('sha1' as const, 'sha256' as const),
}).map(({ signer, ...answer }): Bytes => makeResponse({
  signer, certificates: [delegate], answers: [{ about: leaf, issuer: root, ...answer, thisUpdate: at(answer.thisUpdate) }],
}))

const lists = fc.array(list, { maxLength: 4 })
const responses = fc.array(response, { maxLength: 2 })

describe('what is added', () => {
  test('never turns a revocation for good into anything else', () => {
    let revoked = 0
    fc.assert(fc.property(lists, responses, fc.array(list, { maxLength: 2 }), responses, (crls, ocspResponses, more, moreResponses) => {
      if (!isRevokedForGood(judge({ crls, ocspResponses }))) return
      revoked++
      expect(isRevokedForGood(judge({ crls: [...crls, ...more], ocspResponses: [...ocspResponses, ...moreResponses] }))).toBe(true)
    }), { numRuns: 200 })
    expect(revoked).toBeGreaterThan(20)
  })

  test('ends a hold only where it is a newer list of its key and scope, or a delta that removes it', () => {
    let ended = 0
    const near = fc.constantFrom<ScopeTemplate | undefined>(undefined, { user: true }, { names: [places[0]!] })
      .chain((scope) => fc.tuple(fc.constant(scope), fc.array(fc.oneof(enderOf(scope), listOf(fc.constant(scope)), list), { minLength: 1, maxLength: 3 })))
    fc.assert(fc.property(near, ([scope, more]) => {
      const before = held(scope)
      expect(codeOf(judge({ crls: [before] }))).toBe('revocation/revoked')
      if (!judge({ crls: [before, ...more] }).ok) return
      ended++
      const text = (bytes: Bytes): string => JSON.stringify(parseCrl(bytes).issuingDistributionPoint ?? null)
      const enders = more.filter((bytes) => {
        const crl = parseCrl(bytes)
        return text(bytes) === text(before) && crl.find('1234', crl.issuer.key)?.reason !== 6 &&
          (crl.baseCrlNumber === undefined ? crl.crlNumber === undefined || crl.crlNumber >= 10n : crl.crlNumber !== undefined && crl.crlNumber > 10n)
      })
      expect(enders).not.toEqual([])
      // It is they that end it: without them it stands.
      expect(judge({ crls: [before, ...more.filter((bytes) => !enders.includes(bytes))] }).ok).toBe(false)
    }), { numRuns: 200 })
    expect(ended).toBeGreaterThan(10)
  })
})

test('the order of sources decides nothing, to the last octet of the verdict, in both drivers', async () => {
  const shuffledOf = <T>(values: fc.Arbitrary<T[]>): fc.Arbitrary<readonly [T[], T[]]> =>
    values.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })))
  const seen = new Map<string, number>()
  await fc.assert(fc.asyncProperty(shuffledOf(lists), shuffledOf(responses), async ([crls, mixed], [ocspResponses, mixedResponses]) => {
    const verdict = judge({ crls, ocspResponses })
    seen.set(codeOf(verdict), (seen.get(codeOf(verdict)) ?? 0) + 1)
    const text = JSON.stringify(verdict)
    expect(JSON.stringify(judge({ crls: mixed, ocspResponses: mixedResponses }))).toBe(text)
    expect(JSON.stringify(judge({ crls: [...mixed, ...crls], ocspResponses: [...mixedResponses, ...ocspResponses] }))).toBe(text)
    expect(JSON.stringify(await verifierFor({ crls: mixed, ocspResponses: mixedResponses }).verify(request))).toBe(text)
  }), { numRuns: 100 })
  expect([...seen.keys()].sort()).toEqual(['good', 'revocation/revoked', 'revocation/undetermined'])
})

describe('every single-bit change', () => {
  /** The verdict by what a bit was changed of; undefined where it cannot be read any more. */
  function judgeChanged(parse: (bytes: Bytes) => unknown, bytes: Bytes, bit: number, ask: (changed: Bytes) => Verdict): Verdict | undefined {
    const changed = bytes.slice()
    changed[bit >> 3]! ^= 0x80 >> (bit & 7)
    try {
      parse(changed)
    } catch (error) {
      if (error instanceof ParseError) return undefined
      throw error
    }
    return ask(changed)
  }

  test('of a list leaves nobody good', () => {
    const bytes = makeCrl({ issuer: name('Root'), signer: rootKeys, entries: [{ serial, reason: 1 }] })
    expect(codeOf(judge({ crls: [bytes] }))).toBe('revocation/revoked')
    let readable = 0
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const verdict = judgeChanged(parseCrl, bytes, bit, (changed) => judge({ crls: [changed] }))
      if (verdict !== undefined) readable++
      expect(verdict?.ok ?? false, `bit ${bit}`).toBe(false)
    }
    expect(readable).toBeGreaterThan(500)
  })

  test('of a stapled response leaves nobody good', () => {
    const bytes = makeResponse({ signer: rootKeys, answers: [{ about: leaf, issuer: root, status: { revoked: at(-2), reason: 1 } }] })
    expect(codeOf(judge({ ocspResponses: [bytes] }))).toBe('revocation/revoked')
    let readable = 0
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const verdict = judgeChanged(parseOcspResponse, bytes, bit, (changed) => judge({}, changed))
      if (verdict !== undefined) readable++
      expect(verdict?.ok ?? false, `bit ${bit}`).toBe(false)
    }
    expect(readable).toBeGreaterThan(500)
  })
})
