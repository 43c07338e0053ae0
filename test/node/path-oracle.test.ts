/**
 * Paths, built and judged here, by Go’s crypto/x509 and by OpenSSL over the same bytes. Where two differ, a rule must say why: it names
 * what in the scenario they see differently, and without that (the twin) they must agree. `docs/path-differences.md` explains each.
 */
import { execFile, execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createVerifier } from 'countersign'
import type { Verifier, VerifierOptions } from 'countersign'
import { verifySync } from 'countersign/node'
import { encodePem } from 'countersign/x509'
import { explainDifference, inTurns } from '../support/differences.ts'
import type { Rule } from '../support/differences.ts'
import { goRules, opensslRules } from '../support/path-differences.ts'
import { anyPolicy, makeScenario, materialOf, roots } from '../support/path-scenarios.ts'
import type { Scenario } from '../support/path-scenarios.ts'
import { Random } from '../support/random.ts'
import { has } from './programs.ts'

const now = Date.UTC(2026, 5, 1)
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-paths-'))
  writeFileSync(join(folder, 'roots.pem'), roots.map((root) => encodePem('CERTIFICATE', root)).join(''))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const versionOf = (program: string): string => execFileSync(program, ['version'], { encoding: 'utf8' })

/** Whether this library accepts. */
function judgeWith(more: (scenario: Scenario) => Partial<VerifierOptions>): (scenario: Scenario) => boolean {
  const verifiers = new Map<string, Verifier>()
  return (scenario) => {
    const key = scenario.policy ?? ''
    let verifier = verifiers.get(key)
    if (verifier === undefined) verifiers.set(key, verifier = createVerifier({ anchors: [...roots], purpose: 'serverAuth', revocation: 'none', ...more(scenario) }))
    return verifySync(verifier, { ...materialOf(scenario), names: { anyOf: [{ dns: scenario.host }] }, time: now }).ok
  }
}

/** Draws scenarios, has both judge them, and gives back how they differ: how often under which rules, and what no rule explains. */
async function compare(
  count: number, seed: number, ours: (scenario: Scenario) => boolean, theirs: (scenario: Scenario, id: string) => Promise<boolean>, rules: readonly Rule<Scenario>[],
): Promise<{ readonly accepted: number; readonly refused: number; readonly classes: readonly string[]; readonly unexplained: readonly string[] }> {
  const random = new Random(seed)
  const scenarios = Array.from({ length: count }, () => makeScenario(random))
  const agreed = { true: 0, false: 0 }
  const classes = new Set<string>()
  const unexplained: string[] = []
  await inTurns(scenarios, async (scenario, i) => {
    const [mine, other] = [ours(scenario), await theirs(scenario, String(i))]
    if (mine === other) {
      agreed[`${mine}`]++
      return
    }
    const names = await explainDifference(scenario, rules, async (twin, id) => ours(twin) === await theirs(twin, `${i}-${id}`))
    if (names === undefined) unexplained.push(JSON.stringify({ mine, other, scenario }))
    for (const name of names ?? []) classes.add(name)
  })
  return { accepted: agreed.true, refused: agreed.false, classes: [...classes].sort(), unexplained }
}

/** `version`: what the other says of itself; `known`: how that begins where every rule is known to be needed. */
function expectExplained(
  found: Awaited<ReturnType<typeof compare>>, count: number, rules: readonly Rule<Scenario>[], version: string, known: string,
): void {
  expect(found.unexplained).toEqual([])
  // Neither refuses everything, nor accepts it, and they differ seldom.
  expect(Math.min(found.accepted, found.refused)).toBeGreaterThan(count / 5)
  expect(found.accepted + found.refused).toBeGreaterThan(count * 0.9)
  // A rule that explains nothing any more is taken out; another version may need fewer.
  if (version.startsWith(known)) expect(found.classes).toEqual(rules.map(({ name }) => name).sort())
}

describe.skipIf(!has('go', 'version'))('paths, judged by Go as well (skipped where the program go is not installed)', () => {
  let program: ChildProcess
  const waiting: ((answer: string) => void)[] = []
  beforeAll(() => {
    const file = join(folder, 'judge')
    execFileSync('go', ['build', '-o', file, fileURLToPath(new URL('go/path/main.go', import.meta.url))], { env: { ...process.env, GO111MODULE: 'off', GOPROXY: 'off', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' } })
    program = spawn(file, { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface(program.stdout!).on('line', (line) => waiting.shift()!(line))
  }, 180_000)
  afterAll(() => program?.kill())

  const theirs = (scenario: Scenario): Promise<boolean> => new Promise((resolve) => {
    const { leaf, intermediates } = materialOf(scenario)
    waiting.push((answer) => resolve(answer === 'accepted'))
    program.stdin!.write(`${JSON.stringify({
      roots: roots.map(base64), intermediates: intermediates.map(base64), leaf: base64(leaf), host: scenario.host, seconds: now / 1000, policy: scenario.policy ?? '',
    })}\n`)
  })

  test('5000 scenarios: agreement, or a difference that is written down', async () => {
    const ours = judgeWith(({ policy }) => (policy === undefined ? {} : { policies: { initialPolicySet: [policy] } }))
    expectExplained(await compare(5000, 1, ours, theirs, goRules), 5000, goRules, versionOf('go'), 'go version go1.26')
  }, 180_000)
})

describe.skipIf(!has('openssl', 'version'))('paths, judged by OpenSSL as well (skipped where the program openssl is not installed)', () => {
  const theirs = (scenario: Scenario, id: string): Promise<boolean> => {
    const { leaf, intermediates } = materialOf(scenario)
    const [leafFile, chainFile] = [join(folder, `${id}.leaf`), join(folder, `${id}.chain`)]
    writeFileSync(leafFile, encodePem('CERTIFICATE', leaf))
    writeFileSync(chainFile, intermediates.map((bytes) => encodePem('CERTIFICATE', bytes)).join(''))
    return new Promise((resolve) => execFile('openssl', [
      'verify', '-no-CApath', '-no-CAstore', '-attime', String(now / 1000), '-purpose', 'sslserver', '-verify_hostname', scenario.host,
      '-policy_check', '-policy', scenario.policy ?? anyPolicy, ...(scenario.policy === undefined ? [] : ['-explicit_policy']),
      '-CAfile', join(folder, 'roots.pem'), '-untrusted', chainFile, leafFile,
    ], (error) => resolve(error === null)))
  }

  test('1000 scenarios: agreement, or a difference that is written down', async () => {
    // Its purpose for servers asks for a key usage as well.
    const ours = judgeWith(({ policy }) => ({
      keyUsage: ['digitalSignature'], ...(policy === undefined ? {} : { policies: { initialPolicySet: [policy], requireExplicitPolicy: true } }),
    }))
    expectExplained(await compare(1000, 7, ours, theirs, opensslRules), 1000, opensslRules, versionOf('openssl'), 'OpenSSL 3.0.')
  }, 180_000)
})

test('each rule has its section in the document, and each section its rule', () => {
  const text = readFileSync(new URL('../../docs/path-differences.md', import.meta.url), 'utf8')
  const names = new Set([...goRules, ...opensslRules].map(({ name }) => name))
  expect([...text.matchAll(/^## `(\S+)`$/gm)].map(([, name]) => name).sort()).toEqual([...names].sort())
})
