/**
 * Each limit reached, and the same world one step below it. That every limit counts at all, the fixtures show with
 * small ones (`fixtures/cases/budget__*`); here are the defaults, and limits fitted to what a world costs.
 */
import { describe, expect, test } from 'vitest'
import { defaultBudget } from 'countersign'
import type { BudgetLimits, Cost, Verdict, VerifierOptions } from 'countersign'
import { attribute, dns, name, san } from '../../fixtures/issue.ts'
import {
  ca, everyToEvery, goodChain, hostName, leafKeys, leafUnderCa, longChain, longNamedLeaf, make, manyNames, mappedPolicies, mesh,
  namesAndConstraints, oneNameManyKeys, rootKeys,
} from '../support/hostile-worlds.ts'
import type { World } from '../support/hostile-worlds.ts'
import { ask, codeOf } from './ask.ts'

function expectWithin(verdict: Verdict, limits: BudgetLimits = defaultBudget): void {
  for (const [name, spent] of Object.entries(verdict.cost)) {
    expect(spent, name).toBeLessThanOrEqual(limits[name as keyof Cost])
  }
}

interface Twins {
  readonly limit: keyof BudgetLimits
  /** At the default limit. */
  readonly below: World
  /** What becomes of it there. */
  readonly judged?: string
  /** One step more. */
  readonly beyond: World
}

const good = goodChain()
const used = [good.leaf, ...good.intermediates].reduce((sum, { length }) => sum + length, 0)
const candidates = (count: number): World => ({ leaf: good.leaf, intermediates: Array.from({ length: count }, () => good.intermediates[0]!) })
const octets = (count: number): World => ({ leaf: good.leaf, intermediates: [...good.intermediates, new Uint8Array(count - used)] })

describe('the default limits', () => {
  test.each<Twins>([
    // Each CA of the name costs two signatures: its own, and the leaf’s under its key.
    { limit: 'signatures', below: oneNameManyKeys(50, false), judged: 'crypto/invalid-signature', beyond: oneNameManyKeys(51, false) },
    // The leaf’s subject is a name as well; 2 500 names of 100 subtrees.
    { limit: 'nameComparisons', below: namesAndConstraints(2499, 100), beyond: namesAndConstraints(2500, 100) },
    { limit: 'pathCertificates', below: longChain(20), beyond: longChain(21) },
    { limit: 'candidates', below: candidates(2_000), beyond: candidates(2_001) },
    { limit: 'bytes', below: octets(4 * 1024 * 1024), beyond: octets(4 * 1024 * 1024 + 1) },
  ])('$limit at its default, and one step more', async ({ limit, below, judged = 'accepted', beyond }) => {
    const code = { signatures: 'signatures', nameComparisons: 'name-constraints', pathCertificates: 'path-certificates' }[limit as string] ?? limit
    const passed = await ask(below)
    expect(codeOf(passed)).toBe(judged)
    expectWithin(passed)
    if (limit === 'signatures' || limit === 'nameComparisons') expect(passed.cost[limit]).toBe(defaultBudget[limit])
    const refused = await ask(beyond)
    expect(codeOf(refused)).toBe(`budget/${code}`)
    expectWithin(refused)
  })

  test('searchSteps: 20 CAs that signed each other, and 4', async () => {
    const refused = await ask(mesh(20, 'forged'))
    expect(codeOf(refused)).toBe('budget/search-steps')
    expect(refused.cost.searchSteps).toBe(defaultBudget.searchSteps)
    expect(codeOf(await ask(mesh(4, 'forged')))).toBe('crypto/invalid-signature')
  })

  test('policyNodes: every policy mapped to every other, 40 wide and 3 wide', async () => {
    const options: Partial<VerifierOptions> = { policies: { requireExplicitPolicy: true } }
    const refused = await ask(mappedPolicies(12, 40, everyToEvery), options)
    expect(codeOf(refused)).toBe('budget/policy-nodes')
    expect(refused.cost.policyNodes).toBe(defaultBudget.policyNodes)
    expect(codeOf(await ask(mappedPolicies(12, 3, everyToEvery), options))).toBe('accepted')
  })
})

describe('a limit of exactly what the world costs is enough, and one less is not', () => {
  const worlds: readonly (readonly [keyof Cost, string, World, Partial<VerifierOptions>])[] = [
    ['signatures', 'signatures', longChain(12), {}],
    ['signatures', 'signatures', oneNameManyKeys(30, true), {}],
    ['searchSteps', 'search-steps', mesh(5, 'open'), {}],
    ['searchSteps', 'search-steps', oneNameManyKeys(30, true), {}],
    ['searchSteps', 'search-steps', longNamedLeaf(5_000), {}],
    ['nameComparisons', 'name-constraints', namesAndConstraints(50, 20), {}],
    ['policyNodes', 'policy-nodes', mappedPolicies(4, 5, everyToEvery), { policies: { requireExplicitPolicy: true } }],
  ]
  test.each(worlds.map(([limit, code, world, options], i) => ({ limit, code, world, options, i })))('$limit ($i)', async ({ limit, code, world, options }) => {
    const free = await ask(world, options)
    expect(codeOf(free)).toBe('accepted')
    const enough = free.cost[limit]
    expect(enough).toBeGreaterThan(1)
    const fitted = await ask(world, { ...options, budget: { [limit]: enough } })
    expect(JSON.stringify(fitted)).toBe(JSON.stringify(free))
    const short = await ask(world, { ...options, budget: { [limit]: enough - 1 } })
    expect(codeOf(short)).toBe(`budget/${code}`)
    expect(short.cost[limit]).toBe(enough - 1)
  })
})

test('the names of a leaf cost a search step for every 64 octets above 128', async () => {
  const stepsOf = async (octets: number): Promise<number> => (await ask(longNamedLeaf(octets))).cost.searchSteps
  const free = (await ask(good)).cost.searchSteps
  expect(await stepsOf(128)).toBe(free)
  expect(await stepsOf(129)).toBe(free + 1)
  expect(await stepsOf(128 + 64)).toBe(free + 1)
  expect(await stepsOf(128 + 65)).toBe(free + 2)
  // More than the default allows ends before the name is decoded.
  const attributes = Array.from({ length: 16_000 }, (_, i) => attribute('2.5.4.10', `a name of many octets, number ${i + 10_000}`))
  const huge = await ask({ leaf: leafUnderCa([hostName], { subject: name('leaf', ...attributes) }), intermediates: [ca] })
  expect(codeOf(huge)).toBe('budget/search-steps')
  expect(huge.cost.searchSteps).toBe(defaultBudget.searchSteps)
})

test('the extensions of a candidate cost a search step for every 128 octets above 256, those of a leaf none', async () => {
  const stepsOf = async (leaf: World['leaf'], stranger: World['leaf']): Promise<number> => (await ask({ leaf, intermediates: [...good.intermediates, stranger] })).cost.searchSteps
  // The value is a SAN with one name, of 4 octets more than the name (5 from 128 on, 8 from 256); 12 octets are for the wrapping.
  const stranger = (octets: number): World['leaf'] => make('stranger', 'Root', leafKeys, rootKeys, [san(dns('a'.repeat(octets - 12 - (octets - 12 < 260 ? 6 : 8))))])
  const free = await stepsOf(good.leaf, stranger(200))
  expect(await stepsOf(good.leaf, stranger(256))).toBe(free)
  expect(await stepsOf(good.leaf, stranger(257))).toBe(free + 1)
  expect(await stepsOf(good.leaf, stranger(256 + 128))).toBe(free + 1)
  expect(await stepsOf(good.leaf, stranger(256 + 129))).toBe(free + 2)
  expect(await stepsOf(manyNames(1000).leaf, stranger(200))).toBe(free)
})

test('a limit of nothing refuses by that limit', async () => {
  const cases: readonly (readonly [keyof BudgetLimits, string])[] = [
    ['signatures', 'signatures'], ['searchSteps', 'search-steps'], ['pathCertificates', 'path-certificates'], ['candidates', 'candidates'], ['bytes', 'bytes'],
  ]
  for (const [limit, code] of cases) expect(codeOf(await ask(good, { budget: { [limit]: 0 } })), limit).toBe(`budget/${code}`)
})
