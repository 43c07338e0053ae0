// Mutants of a layer: each of its rules broken in the sources, in a copy, on which the tests of the layer are run. Yields what
// noticed each, the name of the first test that failed; undefined where none did.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * `mutants`: rows of what is broken, in which file of `src/LAYER`, from which text, to which. `tests`: the files and folders to run.
 * Throws where the text to patch is gone, or the tests fail without a mutant.
 */
export function* sourceMutants(root, layer, tests, mutants) {
  const copy = mkdtempSync(join(tmpdir(), `countersign-${layer}-`))
  try {
    for (const name of ['package.json', 'policy.schema.json', 'tsconfig.json', 'vitest.config.ts', 'src', 'test', 'fixtures', 'dist']) {
      cpSync(join(root, name), join(copy, name), { recursive: true })
    }
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    const unchanged = firstFailure(copy, tests)
    if (unchanged !== undefined) throw new Error(`the unchanged layer ${layer} fails ${unchanged}`)
    for (const [code, file, from, to] of mutants) {
      const path = join(copy, 'src', layer, `${file}.ts`)
      const text = readFileSync(path, 'utf8')
      if (text.split(from).length !== 2) throw new Error(`${file}.ts: expected exactly one ${JSON.stringify(from)}`)
      writeFileSync(path, text.replace(from, () => to))
      yield { code: `${layer}, ${code}`, noticed: firstFailure(copy, tests) }
      writeFileSync(path, text)
    }
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** The name of the first test of the layer that fails. What is dear comes last in `tests`, and is run only where the rest passes. */
function firstFailure(copy, tests) {
  for (const files of tests) {
    const failure = failureOf(copy, files)
    if (failure !== undefined) return failure
  }
  return undefined
}

function failureOf(copy, files) {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  // Under CI the configuration writes a report of its own, elsewhere.
  const { CI: _, ...env } = process.env
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--bail', '1', '--reporter', 'json', '--outputFile', report, files],
    { cwd: copy, env, stdio: 'ignore', timeout: 120_000 })
  if (status === 0) return undefined
  if (!existsSync(report)) return 'a run that broke off'
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  const failed = testResults.flatMap(({ assertionResults }) => assertionResults).find(({ status: outcome }) => outcome === 'failed')
  return failed?.fullName ?? 'a file that did not load'
}
