/** What a verifier remembers never speaks for more than it was: the exact bytes, under the exact key. */
import { describe, expect, it } from 'vitest'
import { createVerifier } from '../../../src/verify/index.ts'
import { verifierInternals } from '../../../src/verify/verifier.ts'
import { makeKeys } from '../../../fixtures/issue.ts'
import { ca, caExtensions, caKeys, host, hostName, leafKeys, leafUnderCa, make, now, root, rootKeys } from '../../support/hostile-worlds.ts'

const names = { anyOf: [{ dns: host }] } as const
const fresh = () => createVerifier({ anchors: [root], purpose: 'serverAuth', revocation: 'none', clock: () => now })
const leaf = leafUnderCa([hostName])
/** A CA of the same name with another key, that the anchor signed as well. */
const twinKeys = makeKeys('twin of the CA')
const twin = make('CA', 'Root', twinKeys, rootKeys, caExtensions)

/** A verifier that has accepted the chain as often as it takes to remember all of it. */
async function warm() {
  const verifier = fresh()
  for (let i = 0; i < 3; i++) expect((await verifier.verify({ leaf, intermediates: [ca], names })).ok).toBe(true)
  expect(verifierInternals(verifier).memory.size).toBe(2)
  return verifier
}

describe('a remembered signature', () => {
  it('is charged like one that is checked, and spares nothing but the check', async () => {
    const cold = await fresh().verify({ leaf, intermediates: [ca], names })
    const again = await (await warm()).verify({ leaf, intermediates: [ca], names })
    expect(JSON.stringify(again)).toBe(JSON.stringify(cold))
    expect(again.cost.signatures).toBe(2)
  })
  it('does not stand for another key of the same name', async () => {
    const verifier = await warm()
    const verdict = await verifier.verify({ leaf, intermediates: [twin], names })
    expect(verdict).toMatchObject({ ok: false, code: 'crypto/invalid-signature' })
    expect((await verifier.verify({ leaf, intermediates: [twin, ca], names })).ok).toBe(true)
  })
  it('does not stand for another certificate with the same end', async () => {
    const verifier = await warm()
    for (let i = 0; i < leaf.length; i += 7) {
      const changed = Uint8Array.from(leaf)
      changed[i]! ^= 1
      expect((await verifier.verify({ leaf: changed, intermediates: [ca], names })).ok).toBe(false)
    }
    const forged = make('forged', 'CA', leafKeys, caKeys, [hostName], { breakSignature: true })
    expect(await verifier.verify({ leaf: forged, intermediates: [ca], names })).toMatchObject({ code: 'crypto/invalid-signature' })
  })
  it('does not outlive the dates, the names or the purpose of its certificate', async () => {
    const verifier = await warm()
    expect(await verifier.verify({ leaf, intermediates: [ca], names, time: Date.UTC(2060, 0, 1) })).toMatchObject({ code: 'path/expired' })
    expect(await verifier.verify({ leaf, intermediates: [ca], names: { anyOf: [{ dns: 'other.example' }] } })).toMatchObject({ code: 'path/name-mismatch' })
    expect((await verifier.verify({ leaf, intermediates: [ca], names })).ok).toBe(true)
  })
  it('is not taken from a refusal', async () => {
    const verifier = fresh()
    const other = { anyOf: [{ dns: 'other.example' }] }
    for (let i = 0; i < 3; i++) expect((await verifier.verify({ leaf, intermediates: [ca], names: other })).ok).toBe(false)
    expect(verifierInternals(verifier).memory.size).toBe(0)
  })
})

describe('a signature that is started ahead', () => {
  const { subtle } = globalThis.crypto
  const counted = async (run: () => Promise<unknown>): Promise<number> => {
    let count = 0
    const verify = subtle.verify
    subtle.verify = function (this: SubtleCrypto, ...args: Parameters<SubtleCrypto['verify']>) {
      count++
      return verify.apply(subtle, args)
    } as SubtleCrypto['verify']
    try {
      await run()
    } finally {
      delete (subtle as { verify?: unknown }).verify
    }
    return count
  }

  it('is the leaf’s alone, under an issuer known to be good', async () => {
    const verifier = await warm()
    const newLeaf = make('new', 'CA', leafKeys, caKeys, [hostName])
    expect(await counted(() => verifier.verify({ leaf: newLeaf, intermediates: [ca], names }))).toBe(1)
    // Refused by a rule: one signature at most, and none where the issuer is a stranger’s.
    const wrongName = { anyOf: [{ dns: 'other.example' }] }
    const another = make('another', 'CA', leafKeys, caKeys, [hostName])
    expect(await counted(() => verifier.verify({ leaf: another, intermediates: [ca], names: wrongName }))).toBe(1)
    expect(await counted(() => fresh().verify({ leaf: another, intermediates: [ca], names: wrongName }))).toBe(0)
  })
  it('is not started for a leaf that is out of date, nor beyond the budget', async () => {
    const verifier = await warm()
    const another = make('another', 'CA', leafKeys, caKeys, [hostName])
    expect(await counted(() => verifier.verify({ leaf: another, intermediates: [ca], names, time: Date.UTC(2060, 0, 1) }))).toBe(0)
    const poor = createVerifier({ anchors: [root], purpose: 'serverAuth', revocation: 'none', clock: () => now, budget: { signatures: 0 } })
    const direct = make('direct', 'Root', leafKeys, rootKeys, [hostName])
    expect(await counted(() => poor.verify({ leaf: direct, names }))).toBe(0)
  })
  it('is under the key that the issuer had last, and costs no verdict where it is another of his', async () => {
    const verifier = await warm()
    const ofTwin = make('of the twin', 'CA', leafKeys, twinKeys, [hostName])
    const expected = JSON.stringify(await fresh().verify({ leaf: ofTwin, intermediates: [twin], names }))
    let verdict: unknown
    // One in vain, and the two of the path.
    expect(await counted(async () => (verdict = await verifier.verify({ leaf: ofTwin, intermediates: [twin], names })))).toBe(3)
    expect(JSON.stringify(verdict)).toBe(expected)
    expect(verdict).toMatchObject({ ok: true, cost: { signatures: 2 } })
    const next = make('next of the twin', 'CA', leafKeys, twinKeys, [hostName])
    expect(await counted(async () => (verdict = await verifier.verify({ leaf: next, intermediates: [twin], names })))).toBe(1)
    expect(verdict).toMatchObject({ ok: true, cost: { signatures: 2 } })
    // Both CAs are remembered now, and the twin was the last.
    const back = make('of the CA again', 'CA', leafKeys, caKeys, [hostName])
    expect(await counted(async () => (verdict = await verifier.verify({ leaf: back, intermediates: [ca], names })))).toBe(2)
    expect(verdict).toMatchObject({ ok: true, cost: { signatures: 2 } })
    expect(await verifier.verify({ leaf: ofTwin, intermediates: [ca], names })).toMatchObject({ ok: false, code: 'crypto/invalid-signature' })
  })
  it('leaves the verdict as it is without', async () => {
    const verifier = await warm()
    for (const [subject, broken] of [['sound', false], ['broken', true]] as const) {
      const one = make(subject, 'CA', leafKeys, caKeys, [hostName], { breakSignature: broken })
      const verdict = await verifier.verify({ leaf: one, intermediates: [ca], names })
      expect(JSON.stringify(verdict)).toBe(JSON.stringify(await fresh().verify({ leaf: one, intermediates: [ca], names })))
      expect(verdict.ok).toBe(!broken)
    }
  })
})
