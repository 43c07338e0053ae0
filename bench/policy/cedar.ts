/**
 * Cedar in a process of its own: the compiler of Node 20 was seen to end the process of the benchmark in the glue of its WebAssembly.
 * Prints the microseconds of a decision, one line a round.
 */
import * as cedar from '@cedar-policy/cedar-wasm/nodejs'
import { askedOf, cedarPolicy } from './rules.ts'

const rules = Number(process.argv[2])
const cases = askedOf(rules)
const parsed = cedar.preparsePolicySet('bench', { staticPolicies: cedarPolicy(rules) })
if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed))

for (let round = 0; round < 9; round++) {
  const begun = performance.now()
  let count = 0
  while (performance.now() - begun < 150) {
    for (const { asked: { method, ...context }, allowed } of cases) {
      count++
      const answer = cedar.statefulIsAuthorized({
        principal: { type: 'User', id: 'peer' }, action: { type: 'Action', id: method }, resource: { type: 'Path', id: 'x' }, context,
        preparsedPolicySetId: 'bench', entities: [],
      })
      if (answer.type !== 'success' || (answer.response.decision === 'allow') !== allowed) throw new Error(JSON.stringify(answer))
    }
  }
  // The first rounds are the compiler’s.
  if (round > 1) console.log(((performance.now() - begun) * 1000) / count)
}
