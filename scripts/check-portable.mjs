#!/usr/bin/env node
// Proves that `countersign`, `/path`, `/x509` and `/asn1` need nothing that only some runtimes have. Run by `npm run check`.
//
//   graph         the emitted modules that these entry points reach import each other only, and name no Node global
//   declarations  the emitted types that they reach are complete without @types/node, in a page and in a worker
//   sources       so are the sources, with the library of ES2022; what they take from the web's APIs is on a list
//
// `check-portable.mjs [ROOT] [--only PART]`: another package root and one part, to see the check fail.
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import ts from 'typescript'

const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true })
const root = resolve(positionals[0] ?? join(dirname(fileURLToPath(import.meta.url)), '..'))

const layers = ['asn1', 'x509', 'crypto', 'path', 'revocation', 'verify', 'policy', 'edge']
const entryPoints = ['.', './path', './revocation', './x509', './asn1', './policy', './edge']
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const entriesOf = (condition) => entryPoints.map((name) => join(root, manifest.exports[name][condition]))

/** Globals of Node, some of which other runtimes have too. */
const nodeGlobals = new Set(['Buffer', 'process', 'global', 'require', 'module', '__dirname', '__filename', 'setImmediate', 'clearImmediate'])

/** Everything that the core takes from outside ECMAScript 2022. Node 20, Deno, Bun, workerd, edge runtimes and browsers have it. */
const webApis = new Set([
  'crypto', 'Crypto.subtle', 'SubtleCrypto.digest', 'SubtleCrypto.importKey', 'SubtleCrypto.sign', 'SubtleCrypto.verify', 'CryptoKey.type',
  'AbortSignal.addEventListener', 'AbortSignal.reason', 'AbortSignal.removeEventListener', 'AbortSignal.throwIfAborted',
  'setTimeout', 'clearTimeout', 'atob', 'btoa',
  // The next turn of the event loop; where there is no MessageChannel, setTimeout does.
  'MessageChannel', 'MessageChannel.port1', 'MessageChannel.port2', 'MessageEventTarget.onmessage', 'MessagePort.close', 'MessagePort.postMessage',
  'TextDecoder', 'TextDecoder.decode', 'TextEncoder', 'TextEncoder.encode',
  // Fetching what settles a revocation; `fetch` itself is the caller’s.
  'AbortController', 'AbortController.abort', 'AbortController.signal', 'AbortSignal.aborted', 'Crypto.getRandomValues',
  'Body.body', 'Headers.get', 'ReadableStream.cancel', 'ReadableStream.getReader', 'ReadableStreamDefaultReader.read',
  'ReadableStreamGenericReader.cancel', 'Response.headers', 'Response.redirected',
  // A handler’s request and response.
  'Headers.delete', 'Headers.keys', 'Headers.set', 'Request', 'Request.headers', 'Response', 'structuredClone',
  'URL', 'URL.hash', 'URL.hostname', 'URL.href', 'URL.password', 'URL.port', 'URL.username',
])

const problems = []
const shown = (file) => relative(root, file).replaceAll('\\', '/')
const isOwn = (file, folder) => layers.some((layer) => shown(file).startsWith(`${folder}/${layer}/`))

function checkGraph() {
  const seen = new Set()
  const queue = entriesOf('default')
  for (const file of queue) {
    if (seen.has(file)) continue
    seen.add(file)
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true)
    const follow = (specifier) => {
      const target = resolve(dirname(file), specifier)
      if (/^\.\.?\//.test(specifier) && isOwn(target, 'dist')) queue.push(target)
      else problems.push(`${shown(file)} imports ${specifier}`)
    }
    const visit = (node) => {
      if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) follow(node.moduleSpecifier.text)
      // What a dynamic import loads is not known here, and edge runtimes run classic scripts, which have no `import.meta`.
      if (node.kind === ts.SyntaxKind.ImportKeyword && !ts.isImportDeclaration(node.parent)) {
        problems.push(`${shown(file)} has a dynamic import or import.meta`)
      }
      if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) problems.push(`${shown(file)} has import.meta`)
      if (ts.isIdentifier(node) && nodeGlobals.has(node.text) && !isMember(node)) problems.push(`${shown(file)} names ${node.text}`)
      ts.forEachChild(node, visit)
    }
    visit(source)
  }
  return `${seen.size} modules`
}

/** A name after a dot, or of a method or property: what stands before it decides. `globalThis.process` is the global. */
function isMember(node) {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node && parent.expression.getText() !== 'globalThis'
  return (ts.isMethodDeclaration(parent) || ts.isPropertyAssignment(parent)) && parent.name === node
}

/** The globals of a page, and of a worker. */
const environments = [['dom', 'dom.iterable'], ['webworker']]

/** Files are parsed once; the four programs share most of them. */
const parsed = new Map()

function programOf(files, lib) {
  const options = {
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['es2022', ...lib].map((name) => `lib.${name}.d.ts`), types: [], typeRoots: [], noEmit: true, strict: true,
    noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, allowImportingTsExtensions: true,
    // The web's own library is not on trial.
    skipDefaultLibCheck: true,
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile } = host
  host.getSourceFile = (name, ...rest) => {
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, ...rest))
    return parsed.get(name)
  }
  return ts.createProgram(files, options, host)
}

/** Type-checks, and looks at every file that the program came to consist of. */
function checkProgram(program, folder, what) {
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program)) {
    const line = file === undefined ? '' : `${shown(file.fileName)}:${file.getLineAndCharacterOfPosition(start).line + 1} `
    problems.push(`${line}(${what}) ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
  }
  const own = []
  for (const file of program.getSourceFiles()) {
    if (program.isSourceFileDefaultLibrary(file)) continue
    if (isOwn(file.fileName, folder)) own.push(file)
    else problems.push(`(${what}) reaches ${shown(file.fileName)}`)
  }
  return own
}

function checkDeclarations() {
  const files = environments.map((lib) => checkProgram(programOf(entriesOf('types'), lib), 'dist', `types, ${lib[0]}`))
  return `${files[0].length} declarations`
}

function checkSources() {
  const sourceOf = (file) => join(root, 'src', relative(join(root, 'dist'), file).replace(/\.js$/, '.ts'))
  const used = new Set()
  let count = 0
  for (const lib of environments) {
    const program = programOf(entriesOf('default').map(sourceOf), lib)
    const files = checkProgram(program, 'src', `sources, ${lib[0]}`)
    count = files.length
    const checker = program.getTypeChecker()
    for (const file of files) {
      const visit = (node) => {
        if (ts.isTypeNode(node)) return
        const api = ts.isIdentifier(node) ? webApiOf(node, checker) : undefined
        if (api !== undefined) {
          used.add(api)
          if (!webApis.has(api)) problems.push(`${shown(file.fileName)} (sources, ${lib[0]}) uses ${api}, which is not on the list of web APIs`)
        }
        ts.forEachChild(node, visit)
      }
      visit(file)
    }
  }
  for (const api of webApis) if (!used.has(api)) problems.push(`${api} is on the list of web APIs, and not used`)
  return `${count} sources, ${used.size} web APIs`
}

/** `crypto`, or `SubtleCrypto.verify`, where the identifier is a value that only the web's libraries declare. */
function webApiOf(node, checker) {
  const symbol = checker.getSymbolAtLocation(node)
  if (symbol === undefined || (symbol.flags & ts.SymbolFlags.Value) === 0) return undefined
  const declarations = symbol.declarations ?? []
  const isWeb = ({ fileName }) => /\/lib\.(dom|webworker)(\.\w+)?\.d\.ts$/.test(fileName)
  if (declarations.length === 0 || !declarations.every((declaration) => isWeb(declaration.getSourceFile()))) return undefined
  const { parent } = declarations[0]
  return ts.isInterfaceDeclaration(parent) ? `${parent.name.text}.${symbol.name}` : symbol.name
}

const parts = { graph: checkGraph, declarations: checkDeclarations, sources: checkSources }
if (values.only !== undefined && !Object.hasOwn(parts, values.only)) {
  console.error(`--only ${values.only}: no such part; known: ${Object.keys(parts).join(', ')}`)
  process.exit(2)
}
const summary = Object.entries(parts).filter(([name]) => name === (values.only ?? name)).map(([, check]) => check())
if (problems.length > 0) {
  console.error([...new Set(problems)].slice(0, 40).join('\n'))
  process.exit(1)
}
console.log(`portable: ${summary.join(', ')}; nothing of Node’s`)
