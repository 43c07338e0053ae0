/** `countersign policy`: whether a policy is well-formed, and what it can hardly mean. */
import { lintPolicy } from '../policy/index.ts'
import { escapeName, escapeText } from '../verify/escape.ts'
import { parseCommandLine } from './command-line.ts'
import { InputReader } from './input.ts'
import type { Io } from './io.ts'
import { stringifyJson } from './json.ts'
import { readPolicy } from './policy-options.ts'
import type { ExitCode } from './run.ts'
import { UsageError } from './usage-error.ts'

export async function runPolicy(argv: readonly string[], io: Io): Promise<ExitCode> {
  const line = parseCommandLine(argv, { json: { type: 'boolean' } })
  const [path, second] = line.operands
  if (path === undefined) throw new UsageError('policy: no FILE given; - is standard input')
  if (second !== undefined) throw new UsageError(`FILE ${escapeName(second, 200)}: one policy at a time`)
  const findings = lintPolicy(await readPolicy('FILE', path, new InputReader(io)))
  if (line.flag('json')) io.stdout(stringifyJson(findings))
  else if (findings.length === 0) io.stdout('nothing to report\n')
  else for (const { code, place, message } of findings) io.stdout(`${code} at ${escapeText(place, 300)}: ${escapeText(message, 400)}\n`)
  return findings.length === 0 ? 0 : 1
}
