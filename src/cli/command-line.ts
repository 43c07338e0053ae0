/**
 * Options and operands of one command. `node:util` splits the arguments; what it lets pass in its lenient mode is
 * refused here, with a message that names the argument and, for a typing error, the option that was meant.
 */
import { parseArgs } from 'node:util'
import { escapeName } from '../verify/escape.ts'
import { UsageError } from './usage-error.ts'

export interface OptionSpec {
  readonly type: 'boolean' | 'string'
  readonly multiple?: boolean
  readonly short?: string
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

export interface CommandLine {
  /** All values of an option, in order; empty where it was not given. */
  values(name: string): readonly string[]
  value(name: string): string | undefined
  flag(name: string): boolean
  readonly operands: readonly string[]
}

export function parseCommandLine(argv: readonly string[], specs: OptionSpecs): CommandLine {
  const options = Object.fromEntries(Object.entries(specs).map(([name, { type, short }]) =>
    [name, short === undefined ? { type, multiple: true } : { type, short, multiple: true }]))
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true, allowPositionals: true })
  const found = new Map<string, string[]>()
  const operands: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name]! : unknownOption(token.rawName, specs)
    const option = `--${token.name}`
    const before = found.get(token.name)
    if (before !== undefined && spec.multiple !== true && spec.type === 'string') {
      throw new UsageError(`${option}: given twice`)
    }
    const value = token.value
    if (spec.type === 'boolean') {
      if (value !== undefined) throw new UsageError(`${option}: takes no value`)
      found.set(token.name, ['true'])
      continue
    }
    // `--at --json` means a forgotten value; a value that does begin with a dash can be written `--at=-…`.
    if (value === undefined || value === '' || (!token.inlineValue && value.startsWith('-') && value !== '-')) {
      throw new UsageError(`${option}: needs a value`)
    }
    found.set(token.name, [...before ?? [], value])
  }
  return {
    values: (name) => found.get(name) ?? [],
    value: (name) => found.get(name)?.[0],
    flag: (name) => found.has(name),
    operands,
  }
}

function unknownOption(rawName: string, specs: OptionSpecs): never {
  const meant = nearest(rawName.replace(/^-+/, ''), Object.keys(specs))
  throw new UsageError(`${escapeName(rawName, 60)}: unknown option${meant === undefined ? '' : `; did you mean --${meant}?`}`)
}

/** The candidate that is few edits away, the first of equals; undefined where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  // A third of the word may be wrong, and a word of one letter means nothing.
  let bestDistance = Math.min(Math.max(2, Math.floor(word.length / 3)), word.length - 1) + 1
  for (const candidate of candidates) {
    const distance = word.length > 1 && candidate.startsWith(word) ? 1 : editDistance(word.slice(0, 40), candidate)
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
