/** Every pair of modes, against what can be known of the leaf and of its CA: a proven revocation refuses under all of them. */
import { describe, expect, it } from 'vitest'
import { makeCrl, makeResponse } from '../../../fixtures/revoke.ts'
import { name } from '../../../fixtures/issue.ts'
import type { Bytes } from '../../../fixtures/issue.ts'
import { ask, ca, caCrl, day, leaf, now, revokedCrl, root, rootCrl, rootKeys, strangerKeys } from './world.ts'

const modes = ['hard', 'soft'] as const
const revokedCa = makeCrl({ issuer: name('Root'), signer: rootKeys, entries: [{ serial: 2, reason: 2 }] })
const leafLists = { good: [caCrl()], revoked: [revokedCrl()], held: [revokedCrl({ reason: 6 })], unsettled: [] } as const
const caLists = { good: [rootCrl], revoked: [revokedCa], unsettled: [] } as const

describe.each(modes)('leaf %s', (leafMode) => {
  describe.each(modes)('CA %s', (caMode) => {
    it.each(Object.keys(leafLists).flatMap((ofLeaf) => Object.keys(caLists).map((ofCa) => [ofLeaf as keyof typeof leafLists, ofCa as keyof typeof caLists] as const)))('leaf %s, CA %s', async (ofLeaf, ofCa) => {
      const verdict = await ask({ mode: { leaf: leafMode, ca: caMode }, crls: leafLists[ofLeaf], rootLists: caLists[ofCa] })
      // What is proven is said, also below a CA that is open in hard mode.
      const isOpen = (ofCa === 'unsettled' && caMode === 'hard') || (ofLeaf === 'unsettled' && leafMode === 'hard')
      const refusal = ofCa === 'revoked' || ofLeaf === 'revoked' || ofLeaf === 'held' ? 'revocation/revoked' : isOpen ? 'revocation/undetermined' : undefined
      expect(verdict.ok ? undefined : verdict.code).toBe(refusal)
      if (!verdict.ok) return
      expect(verdict.warnings.map(({ code, severity, certificate }) => [code, severity, certificate?.subject])).toEqual([
        ...(ofLeaf === 'unsettled' ? [['revocation/undetermined', 'warning', 'CN=leaf']] : []), ...(ofCa === 'unsettled' ? [['revocation/undetermined', 'warning', 'CN=CA']] : []),
      ])
    })
  })
})

describe('soft mode, and each kind of thing that settles nothing', () => {
  const response = (more: Partial<Parameters<typeof makeResponse>[0]>): Bytes => makeResponse({ signer: rootKeys, answers: [{ about: ca, issuer: root }], ...more })
  it.each<readonly [string, Partial<Parameters<typeof ask>[0]>, string]>([
    ['a list of another key', { crls: [caCrl({ signer: strangerKeys })] }, 'crl/invalid-signature'],
    ['an expired list', { crls: [caCrl({ nextUpdate: new Date(now - 1) })] }, 'crl/expired'],
    ['a list to come', { crls: [caCrl({ thisUpdate: new Date(now + day) })] }, 'crl/not-yet-valid'],
    ['a list with an unknown critical extension', { crls: [caCrl({ extensions: [['1.2.3', true, Uint8Array.of(5, 0)]] })] }, 'crl/unknown-critical-extension'],
    ['a list without an end', { crls: [caCrl({ nextUpdate: null })] }, 'crl/no-next-update'],
    ['a stapled answer that is none', { stapled: Uint8Array.of(0x30, 0) }, 'ocsp/malformed'],
    ['a stapled answer of a stranger', { stapled: makeResponse({ signer: strangerKeys, answers: [{ about: leaf, issuer: ca }] }) }, 'ocsp/unauthorized-responder'],
    ['a stapled answer about another', { stapled: response({}) }, 'ocsp/no-answer'],
  ])('%s', async (_, question, code) => {
    const soft = await ask({ mode: 'soft', ...question })
    expect(soft.ok && soft.warnings.map((warning) => [warning.code, JSON.stringify(warning.details).includes(code)])).toEqual([['revocation/undetermined', true]])
    const hard = await ask({ mode: 'hard', ...question })
    expect(!hard.ok && [hard.code, JSON.stringify(hard.issues[0]!.details).includes(code)]).toEqual(['revocation/undetermined', true])
    // Whatever stands beside it, a revocation binds.
    const revoked = await ask({ mode: 'soft', ...question, crls: [...question.crls ?? [], revokedCrl({ number: 11 })] })
    expect(revoked).toMatchObject({ ok: false, code: 'revocation/revoked' })
  })
})
