/**
 * `npm run fuzz -- SECONDS [--seed N] [--from N]`: executes changed certificates, chains and texts until the time is over.
 *
 * Execution i of a seed is always the same, whatever the machine: `--seed N --from i` begins with it. Exit 1 on the first
 * finding, with a reproducer; 2 on a wrong call.
 */
import { Random } from '../test/support/random.ts'
import { makeCorpus } from './corpus.ts'
import { choose, execute } from './execute.ts'
import type { Execution } from './execute.ts'
import { shrink } from './shrink.ts'

const usage = 'usage: npm run fuzz -- SECONDS [--seed N] [--from N]'

function readArguments(args: readonly string[]): { seconds: number, seed: number, from: number } {
  const values = { seconds: NaN, seed: Math.floor(Math.random() * 2 ** 31), from: 0 }
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!
    if (argument === '--seed') values.seed = Number(args[++i])
    else if (argument === '--from') values.from = Number(args[++i])
    else values.seconds = Number(argument)
  }
  if (!(values.seconds > 0) || ![values.seed, values.from].every((value) => Number.isSafeInteger(value) && value >= 0)) {
    console.error(usage)
    process.exit(2)
  }
  return values
}

function reproducer(execution: Execution): string {
  return JSON.stringify(execution, (key, value: unknown) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
    if (key === 'anchors') return (value as { certificate?: { toDer(): Uint8Array } }[]).map(({ certificate }) => Buffer.from(certificate?.toDer() ?? []).toString('base64'))
    return value
  })
}

const { seconds, seed, from } = readArguments(process.argv.slice(2))
const corpus = makeCorpus(true)
console.log(`seed ${seed}; ${corpus.certificates.length} certificates, ${corpus.chains.length} chains`)
for (const what of corpus.missing) console.log(`without ${what}`)

const unheard = (error: unknown): never => {
  console.log(`FINDING unhandled rejection: ${String(error)}; seed ${seed}`)
  process.exit(1)
}
process.on('unhandledRejection', unheard)

const start = performance.now()
const counts = { parse: 0, pem: 0, verify: 0, revocation: 0 }
let i = from
for (; performance.now() - start < seconds * 1000; i++) {
  // An odd constant spreads neighbouring executions over the generator’s states.
  const execution = choose(new Random((seed + Math.imul(i, 0x9e3779b1)) >>> 0), corpus)
  counts[execution.kind]++
  try {
    await execute(execution)
  } catch (error) {
    console.log(`FINDING ${(error as Error).message}`)
    console.log(`again: npm run fuzz -- 1 --seed ${seed} --from ${i}`)
    console.log(`reproducer: ${reproducer(await shrink(execution))}`)
    console.log((error as { cause?: Error }).cause?.stack ?? (error as Error).stack)
    process.exit(1)
  }
}
const spent = (performance.now() - start) / 1000
console.log(`${i - from} executions (${counts.parse} parsed, ${counts.pem} texts, ${counts.verify} verified, ${counts.revocation} revoked) in ${spent.toFixed(1)} s: ` +
  `${Math.round((i - from) / spent)} a second, 0 findings`)
