/** What is kept of revocation: bounded, and of no influence on a verdict but by the roll-back guard. */
import { describe, expect, it } from 'vitest'
import { createVerifier } from '../../../src/verify/index.ts'
import type { Verdict, VerifyRequest } from '../../../src/verify/index.ts'
import { createRevocationChecker, parseCrl } from '../../../src/revocation/index.ts'
import { RollBackMarks, isOlder, maxMarks } from '../../../src/revocation/marks.ts'
import { RevocationMemory } from '../../../src/revocation/memory.ts'
import { ParsedLists, maxParsedLists } from '../../../src/revocation/parsed-lists.ts'
import { bc, ku, makeKeys, name, uri } from '../../../fixtures/issue.ts'
import { crldp, idp, makeCrl, makeResponse, mustStaple } from '../../../fixtures/revoke.ts'

import { ca, caCrl, caKeys, certificate, leafWith, now, revokedCrl, root, rootCrl, rootKeys } from './world.ts'
import { Random, shuffled } from '../../support/random.ts'

describe('roll-back marks', () => {
  it('order by number where both have one, else by date', () => {
    expect(isOlder({ number: 1n, time: 9 }, { number: 2n, time: 1 })).toBe(true)
    expect(isOlder({ number: undefined, time: 1 }, { number: 2n, time: 2 })).toBe(true)
    expect(isOlder({ number: 2n, time: 2 }, { number: 2n, time: 1 })).toBe(false)
  })

  it('never go back, and are bounded: the one heard of longest ago is forgotten', () => {
    const marks = new RollBackMarks()
    const at = (time: number): { number: undefined, time: number } => ({ number: undefined, time })
    for (let i = 0; i < maxMarks; i++) marks.raise(`scope ${i}`, at(5))
    marks.raise('scope 0', at(3))
    expect(marks.isRolledBack('scope 0', at(4))).toBe(true)
    expect(marks.isRolledBack('scope 0', at(5))).toBe(false)
    marks.raise('one more', at(5))
    expect(marks.isRolledBack('scope 0', at(4))).toBe(true)
    expect(marks.isRolledBack('scope 1', at(4))).toBe(false)
  })
})

describe('parsed lists', () => {
  it('the same bytes from the same address are one list, others another', () => {
    const lists = new ParsedLists()
    const first = lists.parse('http://a.example/', caCrl())
    expect(lists.parse('http://a.example/', caCrl())).toBe(first)
    expect(lists.parse('http://b.example/', caCrl())).not.toBe(first)
    const changed = caCrl({ number: 11 })
    expect(lists.parse('http://a.example/', changed).crlNumber).toBe(11n)
    expect(() => lists.parse('http://a.example/', changed.slice(0, -1))).toThrow('asn1/truncated')
    for (let i = 0; i < maxParsedLists; i++) lists.parse(`http://${i}.example/`, caCrl())
    expect(lists.parse('http://a.example/', changed)).not.toBe(first)
  })

  it('a signature is remembered with its list and its key', () => {
    const memory = new RevocationMemory()
    const [list, twin] = [parseCrl(caCrl()), parseCrl(caCrl())]
    memory.rememberSigner(list, caKeys.spki)
    expect([memory.isSignedBy(list, caKeys.spki), memory.isSignedBy(list, rootKeys.spki), memory.isSignedBy(twin, caKeys.spki)]).toEqual([true, false, false])
  })
})

it('no verdict, and no cost, depends on what was verified before', async () => {
  const signerKeys = makeKeys('list signer')
  const signer = certificate('CA', 'Root', signerKeys, rootKeys, [bc(false), ku(0x40)], 7)
  const crls = [
    rootCrl, caCrl({ entries: [{ serial: 0x99, reason: 1 }] }), caCrl({ signer: signerKeys, extensions: [idp({ user: true })] }),
    revokedCrl({ extensions: [idp({ names: [uri('http://a.example/')] })] }), makeCrl({ issuer: name('CA'), signer: caKeys, number: 12, base: 10 }),
  ]
  const leaves = [leafWith(), leafWith(crldp({ names: [uri('http://a.example/')] })), leafWith(mustStaple)]
  const requests: VerifyRequest[] = leaves.flatMap((leaf) => [undefined, 'good', 'unknown', 'revoked'].flatMap((answer) => [[ca], [ca, signer], [signer]].map((intermediates): VerifyRequest => ({
    leaf, intermediates, names: 'unchecked', time: now,
    ...(answer === undefined ? {} : { ocspResponse: makeResponse({ signer: caKeys, answers: [{ about: leaf, issuer: ca, status: answer === 'revoked' ? { revoked: new Date(now - 1), reason: 4 } : answer as 'good' }] }) }),
  }))))
  const make = (): ReturnType<typeof createVerifier> =>
    createVerifier({ anchors: [root], purpose: 'serverAuth', revocation: createRevocationChecker({ mode: 'hard', crls }) })
  const fresh: Verdict[] = []
  for (const request of requests) fresh.push(await make().verify(request))
  expect(new Set(fresh.map((verdict) => (verdict.ok ? 'ok' : verdict.code))).size).toBeGreaterThan(3)
  const warm = make()
  for (let round = 0; round < 3; round++) {
    for (const i of shuffled(new Random(round + 1), requests.map((_, at) => at))) {
      expect(JSON.stringify(await warm.verify(requests[i]!))).toBe(JSON.stringify(fresh[i]))
    }
  }
})
