/**
 * The benchmark: `npm run -s bench`, with
 *
 *   --quick   fewer and shorter rounds: under 40 seconds, nothing written
 *   --json    prints one JSON array of rows `{ group, case, subject, us }`, and nothing else
 *
 * It measures the built package. All subjects of a case are measured in one run, taking turns.
 */
import { createParsing } from './parsing.ts'
import { timeTogether } from './timing.ts'
import type { Plan, Subject, Timed } from './timing.ts'
import { coldSubjects, createWorld, togetherSubjects, verificationKinds, warmSubjects } from './verification.ts'
import { consoleTable, rowsOf } from './table.ts'
import type { MeasuredCase } from './table.ts'

const flags = new Set(process.argv.slice(2))
const known = ['--quick', '--json']
for (const flag of flags) {
  if (known.includes(flag)) continue
  console.error(`unknown argument ${flag}; known: ${known.join(' ')}`)
  process.exit(2)
}
const quick = flags.has('--quick')
const json = flags.has('--json')

const plan: Plan = quick ? { rounds: 11, turnMs: 15, maxOperations: 256 } : { rounds: 41, turnMs: 30, maxOperations: 512 }
const parsePlan: Plan = { ...(quick ? { rounds: 7, turnMs: 10 } : { rounds: 15, turnMs: 50 }), maxOperations: 1e6 }

const cases: MeasuredCase[] = []
async function measure(group: string, name: string, subjects: readonly Subject[], how: Plan): Promise<void> {
  if (!json) process.stderr.write(`${group} ${name}\n`)
  const timed: readonly Timed[] = await timeTogether(group, subjects, how)
  cases.push({ group, case: name, timed })
}

for (const kind of verificationKinds) {
  const world = await createWorld(kind, { authorities: quick ? 4 : 8, leaves: plan.maxOperations + 1 })
  await measure('verify-cold', kind, coldSubjects(world), plan)
  await measure('verify-warm', kind, await warmSubjects(world), plan)
  await measure('verify-64', kind, await togetherSubjects(world, 64), plan)
}
const parsing = createParsing(quick ? 4 : 1)
await measure('parse', 'roots', parsing.parse, parsePlan)
await measure('parse-all', 'roots', parsing.parseAll, parsePlan)

console.log(json ? JSON.stringify(rowsOf(cases)) : consoleTable(cases, parsing))
