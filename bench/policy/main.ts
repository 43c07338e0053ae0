/**
 * Decisions a second beside other engines, on the same rules: `npm run -s bench:policy`. Writes its section of bench/results.md.
 *
 * OPA runs compiled to WebAssembly, which takes its own compiler: `opa` on the path, or `go` to build it with.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { evaluatePolicy, parsePolicy } from '../../dist/policy/index.js'
import { PeerFacts } from '../../dist/policy/peer-facts.js'
import { writeSection } from '../section.ts'
import { median, ratiosOf, timeTogether } from '../timing.ts'
import { askedOf, casbinModel, casbinPolicies, countersignPolicy, regoPolicy, type Asked } from './rules.ts'
import { loadPolicy } from '@open-policy-agent/opa-wasm'
import { newEnforcer, newModel, StringAdapter } from 'casbin'

type Ask = (asked: Asked) => boolean

function countersign(rules: number, fresh: boolean): Ask {
  const policy = parsePolicy(countersignPolicy(rules))
  // A connection holds the facts of its peer.
  const peers = new Map<Asked, PeerFacts>()
  const peerOf = ({ uri, keyType, rsaBits }: Asked): PeerFacts =>
    new PeerFacts({ source: 'proxy', proxy: 'bench' }, Infinity, (key) => ({ 'san.uri': [uri], 'key.type': [keyType], 'key.rsaBits': [rsaBits] })[key])
  return (asked) => {
    let peer = fresh ? undefined : peers.get(asked)
    if (peer === undefined) peers.set(asked, (peer = peerOf(asked)))
    return evaluatePolicy(policy, { peer, time: 0, request: { method: asked.method, path: asked.path } }).decision === 'allow'
  }
}

/** Microseconds a decision, a number for each round; undefined where it does not run. */
function cedarRounds(rules: number): readonly number[] | undefined {
  const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('cedar.ts', import.meta.url)), String(rules)], { encoding: 'utf8' })
  return status === 0 ? stdout.trim().split('\n').map(Number) : undefined
}

async function casbinAsk(rules: number): Promise<Ask> {
  const enforcer = await newEnforcer(newModel(casbinModel), new StringAdapter(casbinPolicies(rules).map((row) => `p, ${row.join(', ')}`).join('\n')))
  return ({ uri, path, method, keyType, rsaBits }) => enforcer.enforceSync(uri, path, method, keyType, rsaBits)
}

/** The compiler of OPA, or undefined. */
function opaCompiler(folder: string): string | undefined {
  if (spawnSync('opa', ['version']).status === 0) return 'opa'
  const { status } = spawnSync('go', ['install', 'github.com/open-policy-agent/opa@v0.70.0'], { env: { ...process.env, GOBIN: folder, CGO_ENABLED: '0' }, stdio: 'ignore' })
  return status === 0 ? join(folder, 'opa') : undefined
}

async function opaAsk(compiler: string, folder: string, rules: number): Promise<Ask> {
  writeFileSync(join(folder, 'bench.rego'), regoPolicy(rules))
  const run = (command: string, ...args: string[]): void => {
    const { status, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
  }
  run(compiler, 'build', '-t', 'wasm', '-e', 'bench/allow', 'bench.rego')
  run('tar', 'xzf', 'bundle.tar.gz', '/policy.wasm')
  const policy = await loadPolicy(readFileSync(join(folder, 'policy.wasm')), { initial: 5, maximum: 1000 })
  return (asked) => (policy.evaluate(asked) as { result: boolean }[])[0]!.result
}

function rowOf(rules: number, engine: string, us: number, ratio: string): string {
  return `| ${rules} | ${engine} | ${us.toPrecision(3)} | ${Math.round(1e6 / us).toLocaleString('en')} | ${ratio} |`
}

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
const lines = ['| rules | engine | µs a decision (median) | decisions a second | times countersign’s |', '|---|---|---|---|---|']
try {
  const compiler = opaCompiler(folder)
  if (compiler === undefined) console.error('opa: neither opa nor go here, left out')
  for (const rules of [10, 100, 1000]) {
    const engines: [string, Ask][] = [
      ['countersign', countersign(rules, false)],
      ['countersign, a new peer each time', countersign(rules, true)],
      ['casbin', await casbinAsk(rules)],
      ...(compiler === undefined ? [] : [['@open-policy-agent/opa-wasm', await opaAsk(compiler, folder, rules)] as [string, Ask]]),
    ]
    const cases = askedOf(rules)
    for (const [name, ask] of engines) {
      for (const { asked, allowed } of cases) if (ask(asked) !== allowed) throw new Error(`${name} decides otherwise on ${JSON.stringify(asked)}`)
    }
    const subjects = engines.map(([name, ask]) => ({
      name, multiple: cases.length,
      prepare: (operations: number) => () => { for (let i = 0; i < operations; i++) ask(cases[i % cases.length]!.asked) },
    }))
    const timed = await timeTogether(`${rules}`, subjects, { rounds: 15, turnMs: 60, maxOperations: 200_000, warmUpMs: 400 })
    for (const one of timed) {
      const { median: ratio, min, max } = ratiosOf(one, timed[0]!)
      const us = median(one.rounds)
      lines.push(rowOf(rules, one.subject, us, one === timed[0] ? '1' : `${ratio.toPrecision(3)} (${min.toPrecision(2)} to ${max.toPrecision(2)})`))
    }
    const cedar = cedarRounds(rules)
    if (cedar !== undefined) lines.push(rowOf(rules, '@cedar-policy/cedar-wasm, by itself', median(cedar), (median(cedar) / median(timed[0]!.rounds)).toPrecision(3)))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const table = lines.join('\n')
console.log(table)
writeSection('policy', `## Policies

\`npm run -s bench:policy\`: one decision on the same rules, the last of which applies, all engines taking turns. Each parsed its policy before; Cedar runs in a process
of its own. A trace is made only where somebody asks for it; the other engines make none.

${table}`)
