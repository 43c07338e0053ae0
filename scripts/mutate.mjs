/**
 * Breaks the library in one place at a time, in a copy, and shows which check notices.
 *
 * Mutants: every check of the DER layer (`asn1-mutants.mjs`), the rules of revocation, of the policy evaluator and of the edge
 * kit (`revocation-mutants.mjs`, `policy-mutants.mjs`, `edge-mutants.mjs`), the decisions of the adapters
 * (`adapter-mutants.mjs`), what is handed out and remembered (`value-mutants.mjs`), every rule switched off, every budget and key limit lifted,
 * signatures ignored, and verifiers that accept or refuse whatever they are shown; these two must fail the demonstration, the
 * adapter tests and limbo too. It runs on `dist`, so build first. Exit 1 if a mutant survived.
 *
 * `mutate.mjs GROUP` runs one group: adapter, revocation, policy, edge, values, rest.
 */
import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { adapterMutants } from './adapter-mutants.mjs'
import { asn1Mutants } from './asn1-mutants.mjs'
import { edgeMutants } from './edge-mutants.mjs'
import { policyMutants } from './policy-mutants.mjs'
import { revocationMutants } from './revocation-mutants.mjs'
import { sourceMutants } from './source-mutants.mjs'
import { pathMutants, verifyMutants, x509Mutants } from './value-mutants.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const built = join(root, 'dist')
const cases = join(root, 'fixtures/cases')
const fixtures = readdirSync(cases).map((entry) => JSON.parse(readFileSync(join(cases, entry, 'case.json'), 'utf8')))
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'))
const runLimit = 120_000

/** What the library answers to one side of a fixture. */
async function answer(createVerifier, fixture, side) {
  const { publicSuffixes } = fixture
  const chain = fixture[side]
  try {
    const verifier = createVerifier({
      anchors: chain.anchors.map(bytes), purpose: fixture.purpose, revocation: 'none', profile: fixture.profile,
      clock: () => new Date(fixture.time), ...fixture.options, ...fixture[`${side}Options`],
      ...(publicSuffixes ? { publicSuffixes: (domain) => publicSuffixes.includes(domain) } : {}),
    })
    const verdict = await verifier.verify({ leaf: bytes(chain.leaf), intermediates: chain.intermediates.map(bytes), names: fixture.names })
    return verdict.ok ? 'accepted' : verdict.code
  } catch (error) {
    return `threw ${error.name}`
  }
}

/** The first check that fails with the library in `dist`, or undefined. The fixtures named `first` are tried first. */
async function failing(dist, first) {
  const load = (file) => import(pathToFileURL(join(dist, file)).href)
  const { createVerifier } = await load('verify/index.js')
  for (const fixture of [...fixtures.filter(({ code }) => code === first), ...fixtures.filter(({ code }) => code !== first)]) {
    for (const side of ['refused', 'accepted']) {
      const got = await answer(createVerifier, fixture, side)
      if (got !== (side === 'refused' ? fixture.code : 'accepted')) return `${fixture.code}, ${side} (got ${got})`
    }
  }
  // The search offers no path whose names do not chain: this rule is asked directly.
  const { createValidationContext, trustAnchorFromCertificate, validatePath } = await load('path/index.js')
  const { parseCertificate } = await load('x509/index.js')
  const { accepted, time } = fixtures.find(({ code }) => code === 'path/expired')
  const context = createValidationContext({ time: Date.parse(time) })
  const step = validatePath([parseCertificate(bytes(accepted.leaf))], trustAnchorFromCertificate(bytes(accepted.anchors[0])), context).next()
  return step.done && step.value.findings[0]?.code === 'path/name-chaining' ? undefined : 'path/name-chaining, validatePath'
}

/** The exit status of a command; a run that does not end is stopped, and is no success. */
function run(args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd, stdio: 'ignore' })
    const timer = setTimeout(() => child.kill(), runLimit)
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      resolve(code ?? signal)
    })
  })
}

/** What must fail, beside the fixtures, with a verifier that always says the same: name and command. */
function wholeRuns() {
  const limbo = join(root, '../shared/vectors/limbo.json.gz')
  return [
    ['the demonstration', ['dist/demo/main.js']],
    ['the adapter tests', ['node_modules/vitest/vitest.mjs', 'run', 'test/node/handshake.test.ts']],
    ...(existsSync(limbo) ? [['the conformance run', ['--import', 'tsx', 'test/conformance/main.ts', 'limbo', limbo]]] : []),
  ]
}

/** Makes a copy of the built library with one patch and runs the checks on it; throws where the text to patch is gone. */
async function outcomeOf({ code, file, from, to, whole = false }) {
  const copy = mkdtempSync(join(tmpdir(), 'countersign-mutant-'))
  try {
    for (const name of ['package.json', 'tsconfig.json', 'vitest.config.ts', ...(whole ? ['src', 'test', 'fixtures'] : [])]) {
      cpSync(join(root, name), join(copy, name), { recursive: true })
    }
    cpSync(built, join(copy, 'dist'), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    const path = join(copy, 'dist', file)
    const text = readFileSync(path, 'utf8')
    if (text.split(from).length !== 2) throw new Error(`${file}: expected exactly one ${JSON.stringify(from)}`)
    writeFileSync(path, text.replace(from, () => to))
    const noticed = await failing(join(copy, 'dist'), code)
    if (noticed === undefined || !whole) return noticed
    const also = []
    for (const [name, args] of wholeRuns()) {
      if (await run(args, copy) === 0) return undefined
      also.push(name)
    }
    return `${noticed}, and by ${also.join(', ')}`
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** Judged by the time of each verification, beside the tables. */
const outsideTables = ['path/not-yet-valid', 'path/expired']

/** Every rule, switched off. */
function ruleMutants() {
  const codesIn = (file, pattern) => [...readFileSync(join(built, file), 'utf8').matchAll(pattern)].map(([, code]) => code)
  const inTables = ['certificate-rules', 'webpki-rules', 'spiffe-rules'].flatMap((table) => codesIn(`path/${table}.js`, /code: '([^']+)'/g))
    .filter((code) => !outsideTables.includes(code))
  const inPaths = new Set([...codesIn('path/validate.js', /add\('([^']+)'/g), ...codesIn('path/name-constraints.js', /'(path\/name-[^']+)'/g)])
  return [
    ...inTables.map((code) => ({
      code, file: 'path/certificate-rules.js', from: 'allRules.filter(', to: `allRules.filter(({ code }) => code !== '${code}').filter(`,
    })),
    ...[...inPaths].map((code) => ({
      code, file: 'path/validate.js', from: 'findings.push({ code, details, certificate, role });',
      to: `if (code !== '${code}') findings.push({ code, details, certificate, role });`,
    })),
  ]
}

/** Limits lifted: the comparison before the refusal made false. */
function limitMutants() {
  const lifted = (code, file, from, to) => ({ code, file, from, to })
  return [
    ...['signatures', 'search-steps', 'name-constraints', 'policy-nodes'].map((name) =>
      lifted(`budget/${name}`, 'path/budget.js', 'throw new BudgetExhausted(code, limit)',
        `if (code !== 'budget/${name}') throw new BudgetExhausted(code, limit)`)),
    lifted('budget/bytes', 'verify/core.js', 'input.bytes > settings.limits.bytes', 'false'),
    lifted('budget/candidates', 'verify/core.js', 'input.offered > settings.limits.candidates', 'false'),
    lifted('budget/path-certificates', 'path/build.js', 'stack.length + distance >= maximum', 'false'),
    lifted('path/not-yet-valid', 'path/certificate-rules.js', 'now < notBefore', 'false'),
    lifted('path/expired', 'path/certificate-rules.js', 'now > notAfter', 'false'),
    lifted('path/leaf-is-anchor', 'verify/core.js', '!this.#settings.allowLeafAsAnchor', 'false'),
    lifted('crypto/weak-key', 'crypto/key.js', 'bits < policy.rsa.minBits', 'false'),
    lifted('crypto/key-too-large', 'crypto/key.js', 'bits > maxBits', 'false'),
    lifted('crypto/explicit-curve', 'crypto/key.js', 'parameters[0] === Tag.sequence', 'false'),
    lifted('crypto/malformed-key', 'crypto/key.js', "'fault' in decoded", 'false'),
    lifted('crypto/malformed-algorithm', 'crypto/signature-algorithm.js', '!sound', 'false'),
    lifted('crypto/key-mismatch', 'crypto/signature.js', "key.type !== 'rsa' || key.usage !== 'any'", 'false'),
  ]
}

/** The verifier as a whole, broken. */
function verifierMutants() {
  const entry = 'const budget = new Budget(settings.limits);'
  const accepts = `${entry}
    const shown = readLeaf(input.leaf, memory);
    if (!(shown instanceof ParseError)) return accepted({
      path: [shown], anchor: { name: shown.issuer, publicKey: shown.subjectPublicKeyInfo.raw, constraints: {} }, policies: [],
      identities: identitiesOf(shown.get('subjectAltName') ?? []), judgedAnchor: false, warnings: [], cost: budget.cost,
    });`
  const refuses = `${entry}
    return refused([issueOf({ code: 'path/no-anchor', role: 'leaf', certificate: undefined, details: {} })], [], 0, budget.cost);`
  const file = 'verify/core.js'
  return [
    { code: 'signature outcomes ignored', file, from: 'if (!outcome.ok)', to: 'if (false)' },
    { code: 'signatures never asked for', file, from: "(yield { kind: 'signatures', checks: open.checks })", to: 'open.checks.map(() => good)' },
    { code: 'every signature taken for remembered', file: 'verify/memory.js', from: 'if (signers === undefined)\n            return false;', to: 'if (signers === undefined) return true;' },
    { code: 'accepts whatever it is shown', file, from: entry, to: accepts, whole: true },
    { code: 'refuses whatever it is shown', file, from: entry, to: refuses, whole: true },
  ]
}

/** Groups of mutants by name: each yields what noticed its mutants. The dear ones first. */
const groups = {
  adapter: () => adapterMutants(root),
  revocation: () => sourceMutants(root, 'revocation', ['test/unit/revocation'], revocationMutants),
  policy: () => sourceMutants(root, 'policy', ['test/unit/policy', 'test/properties/policy.test.ts'], policyMutants),
  edge: () => sourceMutants(root, 'edge', ['test/unit/edge'], edgeMutants),
  values: valueMutants,
  rest: restMutants,
}

async function* valueMutants() {
  const tests = ['test/unit/verify/handed-out.test.ts', 'test/unit/path', 'test/unit/verify/memory.test.ts', 'test/hostile/bounds.test.ts']
  yield* await sourceMutants(root, 'x509', [tests], x509Mutants)
  yield* await sourceMutants(root, 'path', [tests], pathMutants)
  yield* await sourceMutants(root, 'verify', [tests], verifyMutants)
}

async function* restMutants() {
  const unchanged = await failing(built)
  if (unchanged !== undefined) throw new Error(`the unchanged library fails ${unchanged}`)
  for (const [name, args] of wholeRuns()) {
    if (await run(args, root) !== 0) throw new Error(`the unchanged library fails ${name}`)
  }
  yield* asn1Mutants(built)
  for (const mutant of [...ruleMutants(), ...limitMutants(), ...verifierMutants()]) yield { code: mutant.code, noticed: await outcomeOf(mutant) }
}

/** Runs one group in this process, and says what became of each mutant. */
async function runGroup(name) {
  for await (const { code, noticed } of groups[name]()) {
    console.log(noticed === undefined ? `SURVIVED ${code}` : `KILLED ${code} by ${noticed}`)
  }
}

/** Runs each group in a process of its own, two at a time. Answers whether all of them came to their end. */
async function runAll() {
  const waiting = Object.keys(groups)
  let killed = 0
  let survived = 0
  let broken = 0
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), name], { stdio: ['ignore', 'pipe', 'inherit'] })
      for await (const line of createInterface(child.stdout)) {
        console.log(line)
        if (line.startsWith('KILLED ')) killed++
        if (line.startsWith('SURVIVED ')) survived++
      }
      if (await new Promise((resolve) => (child.exitCode === null ? child.on('exit', resolve) : resolve(child.exitCode))) !== 0) {
        console.log(`BROKEN the group ${name}`)
        broken++
      }
    }
  }
  await Promise.all([work(), work()])
  console.log(`${killed} killed, ${survived} survived`)
  return survived === 0 && broken === 0
}

const [only] = process.argv.slice(2)
if (only === undefined) process.exitCode = await runAll() ? 0 : 1
else if (Object.hasOwn(groups, only)) await runGroup(only)
else throw new Error(`unknown group ${only}; known: ${Object.keys(groups).join(', ')}`)
