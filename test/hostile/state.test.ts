/**
 * A verdict depends on the request and the options alone: not on what this verifier, or another one, was asked before.
 * Verdicts are compared whole, as JSON, with their costs.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createVerifier, parseCertificate, trustAnchorFromCertificate } from 'countersign'
import type { Verifier, VerifierOptions, VerifyRequest } from 'countersign'
import { verifySync } from 'countersign/node'
import { makeKeys } from '../../fixtures/issue.ts'
import { chainCase } from '../support/chain-cases.ts'
import { caExtensions, goodChain, longChain, make, now, oneNameManyKeys, root } from '../support/hostile-worlds.ts'
import { suiteCases } from '../support/limbo-cases.ts'
import { Random, shuffled } from '../support/random.ts'
import { codeOf, hostNamed, verifierWith } from './ask.ts'

const good: VerifyRequest = { ...goodChain(), names: hostNamed }
const text = async (verifier: Verifier, request: VerifyRequest): Promise<string> => JSON.stringify(await verifier.verify(request))

afterEach(() => vi.restoreAllMocks())

/** For each limit of so much one verifier, which all cases of that cost are put to, among those of one more and one less. */
async function checkFitted(options: VerifierOptions, requests: readonly VerifyRequest[], random: Random): Promise<void> {
  const verifiers = new Map<string, Verifier>()
  const shared = (limit: 'signatures' | 'searchSteps', value: number): Verifier => {
    const key = `${limit} ${value}`
    if (!verifiers.has(key)) verifiers.set(key, createVerifier({ ...options, budget: { [limit]: value } }))
    return verifiers.get(key)!
  }
  for (const request of shuffled(random, requests)) {
    const verdict = await createVerifier(options).verify(request)
    for (const limit of ['signatures', 'searchSteps'] as const) {
      const enough = verdict.cost[limit]
      // An anchor that is the leaf costs nothing, and has no less.
      if (enough === 0) continue
      const wide = shared(limit, enough), narrow = shared(limit, enough - 1)
      // Before and after each other, cold at first and warm later.
      for (const verifier of shuffled(random, [wide, narrow, wide, narrow])) {
        const found = await verifier.verify(request)
        if (verifier === wide) expect(JSON.stringify(found)).toBe(JSON.stringify(verdict))
        else expect(codeOf(found)).toBe(limit === 'signatures' ? 'budget/signatures' : 'budget/search-steps')
      }
    }
  }
}

describe('one verifier, asked in any order, answers as fresh ones do', () => {
  /** Asks all on fresh verifiers, and then twice, in two orders, on one; also by the synchronous driver. */
  async function compare(options: VerifierOptions, requests: readonly VerifyRequest[], random: Random): Promise<{ accepted: readonly VerifyRequest[] }> {
    const fresh = new Map<VerifyRequest, string>()
    for (const request of requests) fresh.set(request, await text(createVerifier(options), request))
    const warm = createVerifier(options)
    for (let round = 0; round < 2; round++) {
      for (const request of shuffled(random, requests)) expect(await text(warm, request)).toBe(fresh.get(request))
    }
    for (const request of shuffled(random, requests)) expect(JSON.stringify(verifySync(warm, request))).toBe(fresh.get(request))
    // All at once: none of them sees another one's work.
    const together = await Promise.all(shuffled(random, requests).slice(0, 200).map(async (request) => [request, await text(warm, request)] as const))
    for (const [request, verdict] of together) expect(verdict).toBe(fresh.get(request))
    return { accepted: requests.filter((request) => fresh.get(request)!.startsWith('{"ok":true')) }
  }

  const options: VerifierOptions = { anchors: [root], purpose: 'serverAuth', revocation: 'none', clock: () => now }

  /** Some ask for no name, so that a CA may pass as a leaf. */
  const chainRequests = (random: Random, count: number): VerifyRequest[] => Array.from({ length: count }, (_, i) =>
    ({ ...chainCase(random), names: i % 4 === 0 ? 'unchecked' : hostNamed }))

  test('1 000 chains that share CAs, sound and flawed', async () => {
    const random = new Random(1)
    const { accepted } = await compare(options, chainRequests(random, 1000), random)
    expect(accepted.length).toBeGreaterThan(200)
    expect(accepted.length).toBeLessThan(800)
  })

  test.each<Partial<VerifierOptions>>([
    { profile: 'rfc5280-strict' }, { profile: 'webpki' }, { purpose: 'any', policies: { requireExplicitPolicy: true } }, { purpose: 'any', maxPathLength: 1 },
    { purpose: 'any', budget: { signatures: 3, searchSteps: 60 } },
  ])('150 such chains under %j', async (more) => {
    const random = new Random(6)
    await compare({ ...options, ...more }, chainRequests(random, 150), random)
  })

  test('the fixtures of each profile, under the anchors of all', async () => {
    const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
    const folder = new URL('../../fixtures/cases/', import.meta.url)
    const groups = new Map<string, { anchors: Uint8Array[], requests: VerifyRequest[], profile: VerifierOptions['profile'] }>()
    for (const entry of readdirSync(folder)) {
      const { profile, accepted, refused, names, time } = JSON.parse(readFileSync(new URL(`${entry}/case.json`, folder), 'utf8'))
      const key = JSON.stringify(profile)
      if (!groups.has(key)) groups.set(key, { anchors: [], requests: [], profile })
      const group = groups.get(key)!
      for (const side of [accepted, refused]) {
        group.anchors.push(...side.anchors.map(bytes))
        group.requests.push({ leaf: bytes(side.leaf), intermediates: side.intermediates.map(bytes), names, time: new Date(time) })
      }
    }
    expect(groups.size).toBeGreaterThan(3)
    for (const { anchors, requests, profile } of groups.values()) {
      await compare({ anchors, purpose: 'serverAuth', revocation: 'none', profile: profile! }, requests, new Random(2))
    }
  })

  for (const suite of ['limbo', 'bettertls'] as const) {
    const cases = suiteCases(suite)
    test.skipIf(cases === undefined)(`${suite}, under the anchors of all (skipped where ../shared is absent)`, async () => {
      const random = new Random(3)
      // Of the 3 000 of BetterTLS every one is verified in `conformance`; here a sample is enough.
      const chosen = shuffled(random, cases!).slice(0, 400)
      // Parsed once: a fresh verifier for each case reads none of them anew.
      const distinct = new Map(chosen.flatMap(({ anchors }) => anchors).map((der) => [Buffer.from(der).toString('base64'), der]))
      const anchors = [...distinct.values()].flatMap((der) => {
        try {
          return [trustAnchorFromCertificate(der)]
        } catch {
          return []
        }
      })
      const requests = chosen.map(({ leaf, intermediates, time }): VerifyRequest =>
        ({ leaf, intermediates, names: 'unchecked', ...(time === undefined ? {} : { time }) }))
      const suiteOptions: VerifierOptions = { ...options, purpose: 'any', anchors }
      const { accepted } = await compare(suiteOptions, requests, random)
      expect(accepted.length).toBeGreaterThan(10)
      await checkFitted(suiteOptions, accepted, random)
    })
  }
})

describe('budgets just enough, and one too small, warm or cold alike', () => {
  test('300 chains by signatures and by search steps', async () => {
    const random = new Random(4)
    const accepted: VerifyRequest[] = []
    for (let i = 0; i < 300; i++) {
      const request: VerifyRequest = { ...chainCase(random), names: hostNamed }
      if ((await verifierWith().verify(request)).ok) accepted.push(request)
    }
    expect(accepted.length).toBeGreaterThan(50)
    await checkFitted({ anchors: [root], purpose: 'serverAuth', revocation: 'none', clock: () => now }, accepted, random)
  })

  test('what was verified for less does not help a chain over its budget', async () => {
    const { leaf, intermediates } = longChain(6)
    const verifier = verifierWith({ budget: { signatures: 5 } })
    // Every CA of the chain as a leaf of its own: all signatures but the last are known to be good then.
    for (let i = 0; i < intermediates.length; i++) {
      for (let again = 0; again < 2; again++) {
        expect(codeOf(await verifier.verify({ leaf: intermediates[i]!, intermediates: intermediates.slice(0, i), names: 'unchecked' }))).toBe('accepted')
      }
    }
    for (let again = 0; again < 2; again++) expect(codeOf(await verifier.verify({ leaf, intermediates, names: hostNamed }))).toBe('budget/signatures')
    expect(codeOf(await verifierWith({ budget: { signatures: 6 } }).verify({ leaf, intermediates, names: hostNamed }))).toBe('accepted')
  })

  test('candidates that failed on signatures cost the same again', async () => {
    const world = oneNameManyKeys(20, true)
    const verifier = verifierWith()
    const first = await text(verifier, { ...world, names: hostNamed })
    for (let again = 0; again < 3; again++) expect(await text(verifier, { ...world, names: hostNamed })).toBe(first)
  })
})

describe('what was good once is good for nothing else', () => {
  test('a signature is remembered with all of its bytes', async () => {
    const verifier = verifierWith()
    const request = { ...goodChain(), names: hostNamed }
    for (let again = 0; again < 3; again++) expect(codeOf(await verifier.verify(request))).toBe('accepted')
    for (const which of ['leaf', 'intermediate'] as const) {
      const sound = which === 'leaf' ? request.leaf : request.intermediates[0]!
      for (let bit = 0; bit < sound.length * 8; bit += 5) {
        const changed = sound.slice()
        changed[bit >> 3]! ^= 0x80 >> (bit & 7)
        const verdict = await verifier.verify(which === 'leaf' ? { ...request, leaf: changed } : { ...request, intermediates: [changed] })
        expect(verdict.ok, `${which}, bit ${bit}`).toBe(false)
      }
    }
    expect(codeOf(await verifier.verify(request))).toBe('accepted')
  })

  test('time, names and order are judged anew', async () => {
    const verifier = verifierWith()
    for (let again = 0; again < 3; again++) expect(codeOf(await verifier.verify(good))).toBe('accepted')
    expect(codeOf(await verifier.verify({ ...good, time: Date.UTC(2041, 0) }))).toBe('path/expired')
    expect(codeOf(await verifier.verify({ ...good, time: Date.UTC(2019, 0) }))).toBe('path/not-yet-valid')
    expect(codeOf(await verifier.verify({ ...good, names: { anyOf: [{ dns: 'other.example' }] } }))).toBe('path/name-mismatch')
    expect(codeOf(await verifier.verify({ ...good, intermediates: [] }))).toBe('path/no-anchor')
    expect(codeOf(await verifier.verify(good))).toBe('accepted')
  })

  test('a verified certificate under a name and key of another issuer', async () => {
    const verifier = verifierWith()
    for (let again = 0; again < 3; again++) expect(codeOf(await verifier.verify(good))).toBe('accepted')
    // The same CA name with another key, signed by the same root: the leaf's good signature says nothing about it.
    const other = make('CA', 'Root', makeKeys('impostor'), makeKeys('root'), caExtensions)
    expect(codeOf(await verifier.verify({ ...good, intermediates: [other] }))).toBe('crypto/invalid-signature')
  })

  test('the caller’s buffer is not what is remembered', async () => {
    const verifier = verifierWith()
    const leaf = good.leaf as Uint8Array
    const buffer = leaf.slice()
    for (let again = 0; again < 3; again++) expect(codeOf(await verifier.verify({ ...good, leaf: buffer }))).toBe('accepted')
    buffer.fill(0)
    expect(codeOf(await verifier.verify({ ...good, leaf: buffer }))).not.toBe('accepted')
    expect(codeOf(await verifier.verify(good))).toBe('accepted')
  })
})

describe('between verifiers', () => {
  test('nothing crosses: a second one asks WebCrypto as much as the first', async () => {
    const verify = vi.spyOn(crypto.subtle, 'verify'), importKey = vi.spyOn(crypto.subtle, 'importKey')
    const counts = async (verifier: Verifier): Promise<number[]> => {
      verify.mockClear()
      importKey.mockClear()
      expect(codeOf(await verifier.verify(good))).toBe('accepted')
      return [verify.mock.calls.length, importKey.mock.calls.length]
    }
    const first = verifierWith()
    const cold = await counts(first)
    expect(cold).toEqual([2, 2])
    await counts(first)
    expect(await counts(verifierWith())).toEqual(cold)
  })

  test('anchors, purpose and algorithms of one say nothing to another', async () => {
    const trusting = verifierWith()
    const others: readonly (readonly [Partial<VerifierOptions>, string])[] = [
      [{ anchors: [make('Root', 'Root', makeKeys('other root'), makeKeys('other root'), caExtensions)] }, 'crypto/invalid-signature'],
      [{ anchors: [make('Elsewhere', 'Elsewhere', makeKeys('other root'), makeKeys('other root'), caExtensions)] }, 'path/no-anchor'],
      [{ purpose: 'clientAuth' }, 'path/extended-key-usage'],
      [{ budget: { signatures: 1 } }, 'budget/signatures'],
    ]
    for (const [options, code] of others) {
      const strict = verifierWith(options)
      for (let again = 0; again < 3; again++) {
        expect(codeOf(await trusting.verify(good))).toBe('accepted')
        expect(codeOf(await strict.verify(good))).toBe(code)
      }
    }
  })

  test('a parsed certificate that two verifiers share carries nothing over', async () => {
    const request = { leaf: parseCertificate(good.leaf as Uint8Array), intermediates: good.intermediates!.map((der) => parseCertificate(der as Uint8Array)), names: hostNamed }
    const trusting = verifierWith(), strict = verifierWith({ anchors: [make('Root', 'Root', makeKeys('other root'), makeKeys('other root'), caExtensions)] })
    for (let again = 0; again < 3; again++) {
      expect(codeOf(await trusting.verify(request))).toBe('accepted')
      expect(codeOf(await strict.verify(request))).toBe('crypto/invalid-signature')
    }
  })
})
