/**
 * What a good verification suffers while hostile ones run beside it: its time with 64 of them in flight, divided by
 * its time alone. Medians of several runs, the two measured in turn.
 *
 * Two ways of meeting them. `burst`: the hostile ones are started, and the good one in the same turn. `steady`: each
 * hostile one starts again when it ends, and the good one comes in between, so that the work at the entrance (parsing)
 * stands in its way as well.
 */
import { fileURLToPath } from 'node:url'
import { createVerifier } from '../src/verify/index.ts'
import type { Verifier, VerifyRequest } from '../src/verify/index.ts'
import {
  bigCas, everyToEvery, goodChain, host, longChain, manyNames, mappedPolicies, mesh, namesAndConstraints, now,
  oneNameManyKeys, root,
} from '../test/support/hostile-worlds.ts'
import type { World } from '../test/support/hostile-worlds.ts'

/**
 * What the default budget lets a peer ask for, by the limit that it leans on. Each costs some hundred times what the
 * good one costs; larger ones would show the same, and take a bench of minutes.
 */
function hostileWorlds(): Readonly<Record<string, World>> {
  return {
    'signatures: 500 CAs of one name': oneNameManyKeys(500, false),
    'search: 20 CAs that signed each other': mesh(20, 'forged'),
    'names: 600 under 100 constraints': namesAndConstraints(600, 100),
    'policies: 12 levels, 40 to 40': mappedPolicies(12, 40, everyToEvery),
    'candidates: a chain of 500': longChain(500),
    'bytes: 10 000 names': manyNames(10_000),
    'bytes: 5 CAs of 200 kB': bigCas(5, 200_000),
  }
}

export interface HostileResult {
  readonly mode: 'burst' | 'steady'
  readonly hostile: string
  /** Microseconds, medians. */
  readonly alone: number
  readonly beside: number
  readonly ratio: number
  /** What one hostile verification takes alone, in microseconds, and what it ends in. */
  readonly hostileAlone: number
  readonly outcome: string
}

export interface HostileOptions {
  /** How many hostile verifications are in flight. Default 64. */
  readonly count?: number
  /** Measurements of each kind. Default 9; at least 3 are made, and no more once a kind has taken 5 seconds. */
  readonly runs?: number
  /** Only all of them mixed, not each by itself. */
  readonly mixedOnly?: boolean
  /** Called with each result when it is there. */
  report?(result: HostileResult): void
}

const patience = 5000

const names = { anyOf: [{ dns: host }] } as const
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

function newVerifier(): Verifier {
  return createVerifier({ anchors: [root], purpose: 'serverAuth', revocation: 'none', clock: () => now })
}

async function timed(verifier: Verifier, request: VerifyRequest, expected: boolean): Promise<number> {
  const start = performance.now()
  const verdict = await verifier.verify(request)
  const time = performance.now() - start
  if (verdict.ok !== expected) throw new Error(`the good chain was answered ${verdict.ok ? 'accepted' : verdict.code}`)
  return time * 1000
}

/** Runs every hostile world by itself, and all of them mixed. */
export async function measureHostile({ count = 64, runs = 9, mixedOnly = false, report = () => undefined }: HostileOptions = {}): Promise<readonly HostileResult[]> {
  const worlds = Object.entries(hostileWorlds())
  const sets: (readonly [string, readonly World[]])[] = [
    ...(mixedOnly ? [] : worlds.map(([title, world]) => [title, [world]] as const)),
    ['all of them, mixed', worlds.map(([, world]) => world)],
  ]
  const good: VerifyRequest = { ...goodChain(), names }
  const results: HostileResult[] = []
  for (const [hostile, set] of sets) {
    const requestAt = (i: number): VerifyRequest => ({ ...set[i % set.length]!, names })
    for (const mode of ['burst', 'steady'] as const) {
      const alone: number[] = []
      const beside: number[] = []
      const own: number[] = []
      let outcome = 'several'
      const begun = performance.now()
      for (let run = -1; run < runs && (run < 3 || performance.now() - begun < patience); run++) {
        // A verifier of its own for each side of each run: both meet the same cold caches. Run -1 warms the engine up.
        const cold = await timed(newVerifier(), good, true)
        const verifier = newVerifier()
        const start = performance.now()
        const verdict = await newVerifier().verify(requestAt(run < 0 ? 0 : run))
        const ownTime = (performance.now() - start) * 1000
        if (set.length === 1) outcome = verdict.ok ? 'accepted' : verdict.code
        const time = await (mode === 'burst' ? inBurst : inSteady)(verifier, requestAt, good, run < 0 ? 1 : count)
        if (run < 0) continue
        alone.push(cold)
        own.push(ownTime)
        beside.push(time)
      }
      const result: HostileResult = {
        mode, hostile, alone: median(alone), beside: median(beside), ratio: median(beside) / median(alone),
        hostileAlone: median(own), outcome,
      }
      results.push(result)
      report(result)
    }
  }
  return results
}

/** The good one starts in the turn in which the hostile ones have started. */
async function inBurst(verifier: Verifier, requestAt: (i: number) => VerifyRequest, good: VerifyRequest, count: number): Promise<number> {
  const controllers = Array.from({ length: count }, () => new AbortController())
  const hostile = controllers.map(({ signal }, i) => verifier.verify({ ...requestAt(i), signal }))
  const time = await timed(verifier, good, true)
  // What is still under way has done its part.
  controllers.forEach((controller) => controller.abort())
  await Promise.allSettled(hostile)
  return time
}

/** The good one comes while `count` hostile ones are always in flight. */
async function inSteady(verifier: Verifier, requestAt: (i: number) => VerifyRequest, good: VerifyRequest, count: number): Promise<number> {
  const controllers = Array.from({ length: count }, () => new AbortController())
  const keepBusy = async ({ signal }: AbortController, i: number): Promise<void> => {
    while (!signal.aborted) {
      await verifier.verify({ ...requestAt(i), signal })
      // A new request arrives as an event of its own, never in the turn in which the last one was answered.
      await pause(0)
    }
  }
  const hostile = controllers.map(keepBusy)
  await pause(20)
  const time = await timed(verifier, good, true)
  controllers.forEach((controller) => controller.abort())
  await Promise.allSettled(hostile)
  return time
}

const columns = ['mode', 'hostile', 'ends in', 'hostile µs', 'alone µs', 'beside µs', 'ratio'] as const
const widths = [6, 40, 24, 10, 9, 10, 8] as const

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join('  ')
}

/** One line of the table. */
export function hostileLine({ mode, hostile, alone, beside, ratio, hostileAlone, outcome }: HostileResult): string {
  return line([mode, hostile, outcome, ...[hostileAlone, alone, beside].map((value) => String(Math.round(value))), ratio.toFixed(2)])
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(line(columns))
  await measureHostile({
    ...(process.argv.includes('--quick') ? { runs: 3, mixedOnly: true } : {}), report: (result) => console.log(hostileLine(result)),
  })
}
