/**
 * Breaks the checks of the DER layer one at a time, in a copy: each condition before a refusal made false, each part of it
 * made to decide nothing, and each comparison moved by one. The table of the unit tests must notice.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Mutants that no input tells from the library, each with the reason. */
const equivalent = new Map([
  ['unusedBits > 7 || false', 'a lone count of 1 to 7 has one of its own low bits set, which the next check refuses with the same code'],
])
const skipped = new Set()

const files = ['reader', 'primitives', 'time', 'oid', 'strings']

/** The index after the parenthesis that closes the one before `from`. */
function closing(text, from) {
  let depth = 1
  let i = from
  for (; depth > 0; i++) {
    if (text[i] === '(') depth++
    if (text[i] === ')') depth--
  }
  return i
}

/** Splits at an operator that stands in no parentheses. */
function split(condition, operator) {
  const parts = []
  let depth = 0
  let start = 0
  for (let i = 0; i < condition.length; i++) {
    if (condition[i] === '(') depth++
    else if (condition[i] === ')') depth--
    else if (depth === 0 && condition.startsWith(operator, i)) {
      parts.push(condition.slice(start, i))
      start = i + operator.length
    }
  }
  return [...parts, condition.slice(start)]
}

/** Every condition that differs from this one in one place. */
function variants(condition) {
  const inner = condition.trim()
  if (inner.startsWith('(') && closing(inner, 1) === inner.length) return variants(inner.slice(1, -1)).map((text) => `(${text})`)
  for (const [operator, neutral] of [['||', 'false'], ['&&', 'true']]) {
    const parts = split(inner, operator)
    if (parts.length === 1) continue
    return parts.flatMap((part, i) => [neutral, ...variants(part)].map((text) =>
      [...parts.slice(0, i), ` ${text} `, ...parts.slice(i + 1)].join(operator)))
  }
  const moved = /^(.*[^<>=!]) (<=?|>=?) ([^<>=].*)$/s.exec(inner)
  return moved === null ? [] : [`${moved[1]} ${moved[2].endsWith('=') ? moved[2][0] : `${moved[2]}=`} ${moved[3]}`]
}

function mutantsOf(file, text) {
  const mutants = []
  for (const { index } of text.matchAll(/if \(/g)) {
    const start = index + 4
    const stop = closing(text, start) - 1
    if (!/(fail|invalid|expect)\(/.test(text.slice(stop, stop + 400).split(';')[0])) continue
    const condition = text.slice(start, stop)
    for (const to of new Set(['false', ...variants(condition)])) {
      if (equivalent.has(flat(to))) {
        skipped.add(flat(to))
        continue
      }
      const line = text.slice(0, start).split('\n').length
      mutants.push({ file, name: `asn1/${file}.js:${line}: ${flat(condition)} -> ${flat(to)}`, text: text.slice(0, start) + to + text.slice(stop) })
    }
  }
  return mutants
}

const flat = (text) => text.replace(/\s+/g, ' ').trim()

/** Runs every mutant. Yields `{ code, noticed }`; `noticed` is undefined for a survivor. */
export async function* asn1Mutants(built) {
  const { firstFailure } = await import('../test/unit/asn1/refusals.ts')
  const sources = new Map(files.map((file) => [file, readFileSync(join(built, 'asn1', `${file}.js`), 'utf8')]))
  const load = async (folder) => firstFailure(await import(pathToFileURL(join(folder, 'index.js')).href))
  const unchanged = await load(join(built, 'asn1'))
  if (unchanged !== undefined) throw new Error(`the unchanged library fails ${unchanged}`)
  const mutants = files.flatMap((file) => mutantsOf(file, sources.get(file)))
  for (const text of equivalent.keys()) {
    if (!skipped.has(text)) throw new Error(`no such mutant any more: ${text}`)
  }
  for (const mutant of mutants) {
    const copy = mkdtempSync(join(tmpdir(), 'countersign-asn1-'))
    try {
      cpSync(join(built, 'asn1'), copy, { recursive: true })
      writeFileSync(join(copy, 'package.json'), '{ "type": "module" }')
      writeFileSync(join(copy, `${mutant.file}.js`), mutant.text)
      yield { code: mutant.name, noticed: await load(copy) }
    } finally {
      rmSync(copy, { recursive: true })
    }
  }
}
