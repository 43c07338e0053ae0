/** A section of bench/results.md that has a command of its own: kept when the rest is written anew. */
import { readFileSync, writeFileSync } from 'node:fs'

const results = new URL('./results.md', import.meta.url)

/** The section as it stands in a text, marks included; empty where there is none. */
export function sectionOf(text: string, name: string): string {
  const [begin, end] = marks(name)
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  return from < 0 || to < from ? '' : text.slice(from, to + end.length)
}

/** All sections of a text, one below the other. */
export function sectionsOf(text: string): string {
  return [...text.matchAll(/<!-- bench:(\w+) -->/g)].map(([, name]) => sectionOf(text, name!)).join('\n\n')
}

export function replaceSection(text: string, name: string, content: string): string {
  const [begin, end] = marks(name)
  const section = `${begin}\n${content}\n${end}`
  const old = sectionOf(text, name)
  return old === '' ? `${text.trimEnd()}\n\n${section}\n` : text.replace(old, () => section)
}

/** Writes a section into bench/results.md. */
export function writeSection(name: string, content: string): void {
  writeFileSync(results, replaceSection(readFileSync(results, 'utf8'), name, content))
}

function marks(name: string): readonly [string, string] {
  return [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
}
