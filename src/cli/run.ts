/** The command line as a function: arguments and a world in, an exit code out. Never throws. */
import { readFile } from 'node:fs/promises'
import { escapeName, escapeText } from '../verify/escape.ts'
import { nearest } from './command-line.ts'
import { runCrl } from './crl-command.ts'
import { helpOf, mainHelp } from './help.ts'
import { runInspect } from './inspect-command.ts'
import type { Io } from './io.ts'
import { runOcsp } from './ocsp-command.ts'
import { runPolicy } from './policy-command.ts'
import { UsageError } from './usage-error.ts'
import { runVerify } from './verify-command.ts'

/** 0: accepted. 1: refused. 2: wrong usage or unreadable. */
export type ExitCode = 0 | 1 | 2

const commands: Readonly<Record<string, (argv: readonly string[], io: Io) => Promise<ExitCode>>> = {
  verify: runVerify,
  inspect: runInspect,
  crl: runCrl,
  ocsp: runOcsp,
  policy: runPolicy,
}

/** Runs one command. What goes wrong is one line on standard error, never a stack trace. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    return await dispatch(argv, io)
  } catch (error) {
    if (error instanceof UsageError) io.stderr(`countersign: ${error.message}\n`)
    else io.stderr(`countersign: unexpected error: ${escapeText(error instanceof Error ? error.message : String(error), 300)}\n`)
    return 2
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<ExitCode> {
  const [first, ...rest] = argv
  if (first === undefined) {
    io.stderr(mainHelp)
    return 2
  }
  if (first === '--version' || first === '-V') {
    io.stdout(`${await readVersion()}\n`)
    return 0
  }
  if (first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) {
    io.stdout(mainHelp)
    return 0
  }
  const name = first === 'help' ? rest[0]! : first
  if (!Object.hasOwn(commands, name)) throw new UsageError(unknownCommand(name))
  if (first === 'help' || rest.includes('--help') || rest.includes('-h')) {
    io.stdout(helpOf[name]!)
    return 0
  }
  return commands[name]!(rest, io)
}

function unknownCommand(name: string): string {
  const isOption = name.startsWith('-')
  const meant = nearest(name.replace(/^-+/, ''), isOption ? ['help', 'version'] : [...Object.keys(commands), 'help'])
  const suggestion = meant === undefined ? '; see countersign --help' : `; did you mean ${isOption ? '--' : ''}${meant}?`
  return `${escapeName(name, 60)}: unknown ${isOption ? 'option' : 'command'}${suggestion}`
}

async function readVersion(): Promise<string> {
  // The same place from src/cli and from dist/cli.
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
