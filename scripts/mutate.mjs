/**
 * Switches the rules off one at a time, in a copy, and shows the fixture that then fails.
 * It runs on `dist`, so build first. A code without a fixture is printed as SURVIVED. Exit 1 if any mutant survived.
 */
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const cases = join(root, 'fixtures/cases')
const fixtures = readdirSync(cases).map((entry) => JSON.parse(readFileSync(join(cases, entry, 'case.json'), 'utf8')))
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'))

/** The first fixture that fails with the library in `dist`, or undefined. */
async function failing(dist) {
  const { createVerifier } = await import(pathToFileURL(join(dist, 'verify/index.js')).href)
  for (const fixture of fixtures) {
    for (const side of ['refused', 'accepted']) {
      const chain = fixture[side]
      const verifier = createVerifier({
        anchors: chain.anchors.map(bytes), purpose: fixture.purpose, revocation: 'none', profile: fixture.profile,
        clock: () => new Date(fixture.time), ...(fixture.policies ? { policies: fixture.policies } : {}),
      })
      const verdict = await verifier.verify({ leaf: bytes(chain.leaf), intermediates: chain.intermediates.map(bytes), names: fixture.names })
      const got = verdict.ok ? 'accepted' : verdict.code
      if (got !== (side === 'refused' ? fixture.code : 'accepted')) return `${fixture.code} ${side} (got ${got})`
    }
  }
  return undefined
}

/** A copy of the built library with one patch; fails loudly where the text to patch is gone. */
async function mutant(file, from, to) {
  const copy = mkdtempSync(join(tmpdir(), 'countersign-mutant-'))
  try {
    writeFileSync(join(copy, 'package.json'), '{"type":"module"}')
    cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    const path = join(copy, 'dist', file)
    const text = readFileSync(path, 'utf8')
    if (text.split(from).length !== 2) throw new Error(`${file}: expected exactly one ${JSON.stringify(from)}`)
    writeFileSync(path, text.replace(from, () => to))
    return await failing(join(copy, 'dist'))
  } finally {
    rmSync(copy, { recursive: true })
  }
}

const unchanged = await failing(join(root, 'dist'))
if (unchanged !== undefined) throw new Error(`the unchanged library fails ${unchanged}`)

const tables = ['certificate-rules', 'webpki-rules', 'spiffe-rules']
const mutants = tables.flatMap((table) =>
  [...readFileSync(join(root, `dist/path/${table}.js`), 'utf8').matchAll(/code: '([^']+)'/g)].map(([, code]) => ({
    code, file: 'path/certificate-rules.js', from: 'allRules.filter(', to: `allRules.filter(({ code }) => code !== '${code}').filter(`,
  })))
const inPath = new Set([...readFileSync(join(root, 'dist/path/validate.js'), 'utf8').matchAll(/add\('([^']+)'/g)].map(([, code]) => code))
for (const code of [...inPath, 'path/name-excluded', 'path/name-not-permitted', 'path/name-constraint-malformed', 'path/name-constraint-unsupported', 'path/name-malformed']) {
  mutants.push({ code, file: 'path/validate.js', from: '        findings.push({ code, details, certificate, role });', to: `        if (code !== '${code}') findings.push({ code, details, certificate, role });` })
}

mutants.push({ code: 'crypto/invalid-signature', file: 'verify/core.js', from: 'return outcome.ok ?', to: 'return true ?' })

let killed = 0
for (const { code, file, from, to } of mutants) {
  const test = await mutant(file, from, to)
  if (test !== undefined) killed++
  console.log(test === undefined ? `SURVIVED ${code}` : `KILLED ${code} by ${test}`)
}
console.log(`${killed} killed, ${mutants.length - killed} survived`)
process.exitCode = killed === mutants.length ? 0 : 1
