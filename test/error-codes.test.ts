/** Every code that the source makes is in docs/errors.md with what to do about it, and every code there is made somewhere. */
import { readFileSync, readdirSync } from 'node:fs'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = new URL('..', import.meta.url)
const page = readFileSync(new URL('docs/errors.md', root), 'utf8')
const rows = [...page.matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(([, code, rest]) => ({ code: code!, cells: rest!.split(/(?<!\\) \| /) }))
const listed: ReadonlySet<string> = new Set(rows.map(({ code }) => code))
const families: ReadonlySet<string> = new Set([...listed].map((code) => code.split('/')[0]!))
const form = /^[a-z][a-z0-9]*\/[a-z0-9-]+$/

/** Codes in a source: those of a known family wherever a value stands, and any that an error is made with or that a `code` holds. */
function codesIn(text: string): Set<string> {
  const found = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && form.test(node.text) && !ts.isLiteralTypeNode(node.parent)) {
      const { parent } = node
      const isCode = (ts.isNewExpression(parent) && /Error$/.test(parent.expression.getText()) && parent.arguments?.[0] === node) ||
        (ts.isPropertyAssignment(parent) && parent.initializer === node && parent.name.getText() === 'code')
      if (isCode || families.has(node.text.split('/')[0]!)) found.add(node.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true))
  return found
}

const sources = readdirSync(new URL('src', root), { recursive: true }).map(String).filter((name) => name.endsWith('.ts'))
const made = new Map(sources.map((file) => [file, codesIn(readFileSync(new URL(`src/${file}`, root), 'utf8'))]))

describe('docs/errors.md', () => {
  it('lists every code that is made', () => {
    expect([...made].flatMap(([file, codes]) => [...codes].filter((code) => !listed.has(code)).map((code) => `${file}: ${code}`))).toEqual([])
    expect([...made.values()].reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(300)
  })

  it('would notice one that is not', () => {
    for (const text of ["throw new EdgeError('edge/new-one', 'text')", "throw new OtherError('other/new-one')", "const one = { code: 'other/new-one' }", "fail(address, 'fetch/new-one', {})"]) {
      expect([...codesIn(text)].filter((code) => !listed.has(code)), text).toHaveLength(1)
    }
    expect([...codesIn("type One = 'edge/new-one'; import x from '../edge/new-one.ts'; const type = 'application/ocsp-request'")]).toEqual([])
  })

  it('lists none that is not made', () => {
    const all = new Set([...made.values()].flatMap((codes) => [...codes]))
    // Freshness says the second half of these.
    const joined = /^(?:crl|ocsp)\/(?:not-yet-valid|expired|too-old|no-next-update)$/
    expect([...listed].filter((code) => !all.has(code) && !joined.test(code))).toEqual([])
  })

  it.each(['policy', 'edge', 'node', 'runtime', 'crl', 'ocsp', 'fetch', 'cache', 'snapshot'])('says of each of %s what it means and what to do', (family) => {
    const own = rows.filter(({ code }) => code.startsWith(`${family}/`))
    expect(own.length).toBeGreaterThan(1)
    for (const { code, cells } of own) {
      expect(cells.length, code).toBe(family === 'edge' ? 3 : 2)
      for (const sentence of cells.slice(-2)) expect(sentence, code).toMatch(/^[^a-z].{7,}\.$/)
    }
    expect(new Set(own.map(({ code }) => code)).size).toBe(own.length)
  })
})
