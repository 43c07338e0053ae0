#!/usr/bin/env node
// Checks that each folder of src/ imports only from the layers above it, that no module is in a cycle, and that the
// core neither names Node nor any package. Run by `npm run check`.
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = resolve(dirname(fileURLToPath(import.meta.url)), '../src')

/** Layers in order; a layer may import from itself and from those before it. */
const layers = ['asn1', 'x509', 'crypto', 'path', 'revocation', 'verify', 'policy', 'edge', 'stores', 'node', 'deno', 'bun', 'cli', 'demo']
/** Layers that run in every runtime: no Node module, no package. */
const portable = new Set(['asn1', 'x509', 'crypto', 'path', 'revocation', 'verify', 'policy', 'edge', 'stores'])

const files = readdirSync(source, { recursive: true }).map(String).filter((name) => name.endsWith('.ts')).sort()
const imports = new Map()
const problems = []

for (const file of files) {
  const text = readFileSync(join(source, file), 'utf8')
  const layer = file.split(/[\\/]/)[0]
  if (!layers.includes(layer)) problems.push(`${file}: src/${layer} is not in the list of layers`)
  const targets = []
  const statement = /^\s*(import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm
  for (const match of text.matchAll(statement)) {
    const specifier = match[3] ?? match[4]
    if (!specifier.startsWith('.')) {
      if (portable.has(layer)) problems.push(`${file}: a portable layer imports ${specifier}`)
      continue
    }
    const target = relative(source, resolve(source, dirname(file), specifier)).replaceAll('\\', '/')
    const targetLayer = target.split('/')[0]
    if (layers.indexOf(targetLayer) > layers.indexOf(layer)) problems.push(`${file}: ${layer} must not import ${targetLayer} (${specifier})`)
    // A type is no dependency at run time, and may close a circle.
    if (match[2] === undefined) targets.push(target)
  }
  imports.set(file.replaceAll('\\', '/'), targets)
}

const state = new Map()
function visit(file, trail) {
  if (state.get(file) === 'done') return
  if (state.get(file) === 'open') {
    problems.push(`cycle: ${[...trail.slice(trail.indexOf(file)), file].join(' -> ')}`)
    return
  }
  state.set(file, 'open')
  for (const target of imports.get(file) ?? []) visit(target, [...trail, file])
  state.set(file, 'done')
}
for (const file of imports.keys()) visit(file, [])

if (problems.length > 0) {
  console.error(problems.join('\n'))
  process.exit(1)
}
console.log(`layers: ${files.length} modules, no import against the order, no cycle`)
