/**
 * The TypeScript in README.md and docs/ compiles against the built declarations, in the strictest setting and in either way of resolving packages.
 *
 * What a snippet does not declare is a value of the reader’s, and of any type; but what this package exports is that.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const settings: ts.CompilerOptions = {
  strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: true,
  target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: ['node'],
}
/** “Cannot find name”, and the same of a member’s short form. */
const unknownNames = new Set([2304, 2552, 18004])

/** By name, the part of the package that exports it; of two the first. */
const exported = new Map<string, string>()
for (const part of ['', '/revocation', '/policy', '/edge', '/node', '/x509', '/path'] as const) {
  for (const name of Object.keys(await import(`countersign${part}`) as object)) if (!exported.has(name)) exported.set(name, part)
}

interface Snippet { readonly file: string, readonly line: number, readonly code: string }

const files = ['README.md', ...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]
const snippets: readonly Snippet[] = files.flatMap((file) => {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => ({ file, line: text.slice(0, match.index).split('\n').length, code: match[1]!.replaceAll("'npm:", "'") }))
})

/** The snippet as a module, with imports of what it uses without. */
function moduleOf(code: string): string {
  const own = ts.createSourceFile('snippet.ts', code, ts.ScriptTarget.Latest, true)
  const [used, declared] = [new Set<string>(), new Set<string>()]
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node
      const declares = (ts.isVariableDeclaration(parent) || ts.isBindingElement(parent) || ts.isImportSpecifier(parent) || ts.isParameter(parent)) && parent.name === node
      if (declares) declared.add(node.text)
      else if (!(ts.isPropertyAccessExpression(parent) && parent.name === node) && !(ts.isPropertyAssignment(parent) && parent.name === node)) used.add(node.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(own)
  const missing = [...used].filter((name) => exported.has(name) && !declared.has(name))
  return `${missing.map((name) => `import { ${name} } from 'countersign${exported.get(name)}'`).join('; ')}; export {}\n${code}`
}

function problemsOf(modules: readonly string[], options: ts.CompilerOptions): readonly (readonly string[])[] {
  const host = ts.createCompilerHost(options)
  const names = modules.map((_, i) => join(root, 'test', `snippet-${i}.ts`))
  const texts = new Map(names.map((name, i) => [name, modules[i]!]))
  const { getSourceFile, fileExists, readFile } = host
  host.getSourceFile = (name, ...rest) => (texts.has(name) ? ts.createSourceFile(name, texts.get(name)!, rest[0]) : getSourceFile(name, ...rest))
  host.fileExists = (name) => texts.has(name) || fileExists(name)
  host.readFile = (name) => texts.get(name) ?? readFile(name)
  host.getCurrentDirectory = () => dirname(names[0]!)
  const program = ts.createProgram(names, options, host)
  return names.map((name) => {
    const source = program.getSourceFile(name)!
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].filter(({ code }) => !unknownNames.has(code))
      .map(({ code, start, messageText }) => `line ${source.getLineAndCharacterOfPosition(start!).line}: TS${code} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
  })
}

describe.each([
  ['nodenext', settings],
  ['bundler', { ...settings, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }],
])('%s', (_, options) => {
  // The last is a mistake, so that this would notice one.
  const found = problemsOf([...snippets.map(({ code }) => moduleOf(code)), moduleOf('decisionOf(request).principal.value')], options)

  it.each(snippets.map(({ file, line }, i) => [`${file}:${line}`, i] as const))('%s', (_, i) => {
    expect(found[i]).toEqual([])
  })

  it('notices a mistake', () => {
    expect(found.at(-1)!.join()).toContain('possibly \'undefined\'')
  })
})
