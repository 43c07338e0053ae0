// What the mutants of a layer share: a copy of the project, one text in it broken at a time, and the first test that notices.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Copies these files and folders of the project, and calls `use` with the copy, which is gone afterwards. */
export function* inCopy(root, label, names, use) {
  const copy = mkdtempSync(join(tmpdir(), `countersign-${label}-`))
  try {
    for (const name of names) cpSync(join(root, name), join(copy, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
    yield* use(copy)
  } finally {
    rmSync(copy, { recursive: true })
  }
}

/** What `check` answers while a file says `to` instead of `from`. Throws where the text to patch does not stand there exactly once. */
export function whileBroken(path, from, to, check) {
  const text = readFileSync(path, 'utf8')
  if (text.split(from).length !== 2) throw new Error(`${path}: expected exactly one ${JSON.stringify(from)}`)
  writeFileSync(path, text.replace(from, () => to))
  try {
    return check()
  } finally {
    writeFileSync(path, text)
  }
}

/** The name of the first test that fails in this file, or these; undefined where none does. */
export function failureOf(copy, files, ...options) {
  const report = join(copy, 'report.json')
  rmSync(report, { force: true })
  // Under CI the configuration writes a report of its own, elsewhere.
  const { CI: _, ...env } = process.env
  const { status } = spawnSync(process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--bail', '1', ...options, '--reporter', 'json', '--outputFile', report, ...[files].flat()], { cwd: copy, env, stdio: 'ignore', timeout: 120_000 })
  if (status === 0) return undefined
  if (!existsSync(report)) return 'a run that broke off'
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  const failed = testResults.flatMap(({ assertionResults }) => assertionResults).find(({ status: outcome }) => outcome === 'failed')
  return failed?.fullName ?? 'an error outside the tests'
}
