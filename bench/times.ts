/** The groups `parse`, `parse-all`, `verify-cold`, `verify-warm` and `verify-64`. */
import { createParsing } from './parsing.ts'
import type { ParsingCase } from './parsing.ts'
import type { MeasuredCase } from './table.ts'
import { timeTogether } from './timing.ts'
import type { Plan, Subject } from './timing.ts'
import { coldSubjects, coldSyncSubjects, createWorld, togetherSubjects, verificationKinds, warmSubjects, warmSyncSubjects } from './verification.ts'

export interface MeasuredTimes {
  readonly cases: readonly MeasuredCase[]
  readonly parsing: ParsingCase
}

interface Extent {
  readonly verifying: Plan
  readonly parsing: Plan
  /** Different chains of a kind of key; RSA keys take long to make. */
  readonly authorities: number
  /** Every so many-th root certificate. */
  readonly stride: number
}

const full: Extent = {
  verifying: { rounds: 101, turnMs: 6, warmUpMs: 2_000, maxOperations: 256 },
  parsing: { rounds: 15, turnMs: 50, warmUpMs: 1_000, maxOperations: 1e6 },
  authorities: 8, stride: 1,
}
const brief: Extent = {
  verifying: { rounds: 31, turnMs: 3, warmUpMs: 300, maxOperations: 128 },
  parsing: { rounds: 7, turnMs: 15, warmUpMs: 300, maxOperations: 1e6 },
  authorities: 3, stride: 4,
}

export async function measureTimes(quick: boolean, progress: (text: string) => void): Promise<MeasuredTimes> {
  const extent = quick ? brief : full
  const cases: MeasuredCase[] = []
  const measure = async (group: string, name: string, subjects: readonly Subject[], plan: Plan): Promise<void> => {
    progress(`${group} ${name}`)
    cases.push({ group, case: name, timed: await timeTogether(group, subjects, plan) })
  }
  const parsing = createParsing(extent.stride)
  await measure('parse', 'roots', parsing.parse, extent.parsing)
  await measure('parse-all', 'roots', parsing.parseAll, extent.parsing)
  for (const kind of verificationKinds) {
    const world = await createWorld(kind, { authorities: extent.authorities, leaves: extent.verifying.maxOperations + 1 })
    await measure('verify-cold', kind, coldSubjects(world), extent.verifying)
    await measure('verify-warm', kind, await warmSubjects(world), extent.verifying)
    await measure('verify-64', kind, await togetherSubjects(world, 64), extent.verifying)
    await measure('verify-cold-sync', kind, coldSyncSubjects(world), extent.verifying)
    await measure('verify-warm-sync', kind, await warmSyncSubjects(world), extent.verifying)
  }
  return { cases, parsing }
}
