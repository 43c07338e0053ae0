/** Asks both drivers, and holds them to the same verdict. */
import { expect } from 'vitest'
import { createVerifier } from 'countersign'
import type { NameExpectation, Verdict, Verifier, VerifierOptions } from 'countersign'
import { verifySync } from 'countersign/node'
import { host, now, root } from '../support/hostile-worlds.ts'
import type { World } from '../support/hostile-worlds.ts'

export const hostNamed: NameExpectation = { anyOf: [{ dns: host }] }

export function verifierWith(options: Partial<VerifierOptions> = {}): Verifier {
  return createVerifier({ anchors: [root], purpose: 'serverAuth', revocation: 'none', clock: () => now, ...options })
}

export async function ask(world: World, options: Partial<VerifierOptions> = {}, names: NameExpectation = hostNamed): Promise<Verdict> {
  const verdict = await verifierWith(options).verify({ ...world, names })
  expect(JSON.stringify(verifySync(verifierWith(options), { ...world, names }))).toBe(JSON.stringify(verdict))
  return verdict
}

export const codeOf = (verdict: Verdict): string => verdict.ok ? 'accepted' : verdict.code
