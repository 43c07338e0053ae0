/**
 * Puts the Worker together: node examples/edge-worker/build.mjs OUT ROOTS.pem INTERMEDIATES.pem SECRET.txt
 * Bundles worker.mjs with the built package, copies the configuration and what it embeds, and prints the size.
 */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'

const [out, roots, intermediates, secret] = process.argv.slice(2)
if (secret === undefined) {
  console.error('usage: node examples/edge-worker/build.mjs OUT ROOTS.pem INTERMEDIATES.pem SECRET.txt')
  process.exit(2)
}
const here = (name) => fileURLToPath(new URL(name, import.meta.url))
mkdirSync(out, { recursive: true })
const bundle = join(out, 'worker.mjs')
await build({ entryPoints: [here('worker.mjs')], outfile: bundle, bundle: true, minify: true, format: 'esm', target: 'es2022', conditions: ['workerd', 'worker'], logLevel: 'error' })
for (const [from, to] of [[here('config.capnp'), 'config.capnp'], [here('policy.json'), 'policy.json'], [roots, 'roots.pem'], [intermediates, 'intermediates.pem'], [secret, 'secret.txt']]) {
  copyFileSync(from, join(out, to))
}
const code = readFileSync(bundle)
console.log(`worker.mjs: ${code.length} bytes, ${brotliCompressSync(code).length} after brotli`)
