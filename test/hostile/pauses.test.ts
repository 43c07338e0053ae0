/** Between two turns of the event loop no more is done than a bounded amount of counted work, whatever a peer sends. */
import { expect, test, vi } from 'vitest'
import { createVerifier } from '../../src/verify/index.ts'
import { verifierInternals } from '../../src/verify/verifier.ts'
import { createSyncSignatureVerifier } from '../../src/node/sync-crypto.ts'
import { Budget } from '../../src/path/index.ts'
import { everyToEvery, host, longChain, manyNames, mappedPolicies, mesh, namesAndConstraints, now, oneNameManyKeys, root } from '../support/hostile-worlds.ts'
import type { World } from '../support/hostile-worlds.ts'

/**
 * Some ten times what lies between two questions for a pause, and the judging of one certificate of half a megabyte, which
 * is one piece.
 */
const mostWork = 12_000 + 512 * 1024 / 16

test.each<[string, () => World]>([
  ['500 CAs of one name', () => oneNameManyKeys(500, false)],
  ['20 CAs that signed each other', () => mesh(20, 'forged')],
  ['600 names under 100 constraints', () => namesAndConstraints(600, 100)],
  ['20 names under 10 000 constraints', () => namesAndConstraints(20, 10_000)],
  ['40 policies, each mapped to all', () => mappedPolicies(12, 40, everyToEvery)],
  ['a chain of 500', () => longChain(500)],
  ['10 000 names', () => manyNames(10_000)],
])('%s', (_, make) => expectPauses(make))

function expectPauses(make: () => World): void {
  let done = 0
  const { addWork, chargeSearch, chargePolicies } = Budget.prototype
  const spies = [
    vi.spyOn(Budget.prototype, 'addWork').mockImplementation(function (this: Budget, units) { done += units; addWork.call(this, units) }),
    vi.spyOn(Budget.prototype, 'chargeSearch').mockImplementation(function (this: Budget, count) { done += count * 20; chargeSearch.call(this, count) }),
    vi.spyOn(Budget.prototype, 'chargePolicies').mockImplementation(function (this: Budget, count) { done += count * 3; chargePolicies.call(this, count) }),
  ]
  try {
    const verifier = createVerifier({ anchors: [root], purpose: 'serverAuth', revocation: 'none', clock: () => now })
    const { algorithms, begin } = verifierInternals(verifier)
    const signatures = createSyncSignatureVerifier({ policy: algorithms })
    const { core } = begin({ ...make(), names: { anyOf: [{ dns: host }] } })
    let most = 0
    for (let step = core.next(undefined); step.done !== true;) {
      most = Math.max(most, done)
      done = 0
      step = core.next(step.value.kind === 'signatures' ? signatures.verifyAll(step.value.checks) : undefined)
    }
    expect(Math.max(most, done)).toBeLessThanOrEqual(mostWork)
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
