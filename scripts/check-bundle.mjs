#!/usr/bin/env node
// Checks what a user ships of each part: bundled from the built package, minified, it weighs at most so many bytes after
// brotli, and holds no layer that it has no business with, no other package and no Node module.
// Run by `npm run check`. `--ceiling BYTES` and `--entry FILE` replace what is checked of the verifier, to see the check fail.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'esbuild'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
/** Of the verify path: its own layers, and of revocation no more than how a checker is known. */
const verifyPath = '(asn1|x509|crypto|path|verify)/[^/]+|revocation/registry'
/** The evaluator takes small tables and texts from the layers above it, and neither parser nor cryptography. */
const evaluator = 'policy/[^/]+|asn1/(bytes|oid)|path/(clip-text|dns-name|ip-address|options)|x509/(oids|general-name)'

/** The readers of all sources, and Base64. */
const edge = 'edge/[^/]+|x509/pem|asn1/(errors|strings)'
const sources = ['Rfc9440', 'Nginx', 'Apache', 'Haproxy', 'Caddy', 'Envoy', 'Traefik', 'AwsAlb', 'CloudFront', 'ApiGateway', 'Azure', 'GoogleCloud', 'Cloudflare'].map((name) => `from${name}`).join(', ')

/**
 * What is bundled, what it may consist of, and its ceiling: what is reached now, rounded up, so that it can only go down. Less code can compress to
 * some 70 bytes more, so that a ceiling just above what is reached would forbid changes that make it smaller.
 */
const bundles = [
  // The goal is 25 000 bytes, which is not reached.
  { name: 'verifier', contents: "export { createVerifier, explain, parseCertificate, parseCertificates } from 'countersign'", own: verifyPath, ceiling: 40_000 },
  { name: 'evaluator', contents: "export { evaluatePolicy } from 'countersign/policy'", own: evaluator, ceiling: 5_000 },
  { name: 'evaluator and reading of policies', contents: "export { evaluatePolicy, parsePolicy } from 'countersign/policy'", own: evaluator, ceiling: 9_470 },
  { name: 'edge kit on a proxy’s word', own: `${edge}|${evaluator}`, ceiling: 10_000, contents: `export { ${sources}, withMutualAuth } from 'countersign/edge'` },
  {
    name: 'edge kit on a proxy’s word and reading of policies', own: `${edge}|${evaluator}`, ceiling: 14_220,
    contents: `export { ${sources}, withMutualAuth } from 'countersign/edge'; export { parsePolicy } from 'countersign/policy'`,
  },
  {
    // The goal is 34 000 bytes, which the verifier alone does not reach.
    name: 'edge kit with the verifier', own: `edge/[^/]+|policy/[^/]+|${verifyPath}`, ceiling: 47_650,
    contents: "export { fromNginx, verifiedClient, withMutualAuth } from 'countersign/edge'; export { parsePolicy } from 'countersign/policy'; export { createVerifier } from 'countersign'",
  },
]

const { values } = parseArgs({ options: { ceiling: { type: 'string' }, entry: { type: 'string' } } })
if (values.ceiling !== undefined || values.entry !== undefined) {
  const [verifier] = bundles.splice(0)
  bundles.push({
    ...verifier,
    ceiling: values.ceiling === undefined ? verifier.ceiling : Number(values.ceiling),
    contents: values.entry === undefined ? verifier.contents : readFileSync(values.entry, 'utf8'),
  })
}

const problems = new Set()
for (const bundle of bundles) await check(bundle)

async function check({ name, contents, own, ceiling }) {
  const ownModule = new RegExp(`^dist/(?:${own})\\.js$`)
  try {
    const { metafile, outputFiles } = await build({
      stdin: { contents, resolveDir: root, sourcefile: 'entry.js' },
      absWorkingDir: root, bundle: true, minify: true, format: 'esm', platform: 'neutral', target: 'es2022',
      // Packages of the main field too, so that a foreign one is found and named, not merely unresolved.
      mainFields: ['module', 'main'], external: ['node:*'], write: false, metafile: true, logLevel: 'silent',
    })
    const [{ inputs }] = Object.values(metafile.outputs)
    for (const [file, { imports }] of Object.entries(metafile.inputs)) {
      // What is imported and left out again weighs nothing; a foreign package is named once, not with each of its files.
      const weighs = (inputs[file]?.bytesInOutput ?? 0) > 0
      if (weighs && file !== 'entry.js' && !ownModule.test(file)) problems.add(`in the bundle of the ${name}: ${/^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? file}`)
      for (const { path, external } of imports) if (external) problems.add(`${file} imports ${path} from outside the bundle`)
    }
    const code = outputFiles[0].contents
    const brotli = brotliCompressSync(code, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: code.length },
    }).length
    console.log(`bundle, ${name}: ${code.length} bytes minified, ${brotli} after brotli, of at most ${ceiling}`)
    if (!(brotli <= ceiling)) problems.add(`the bundle of the ${name} is too large: ${brotli} bytes after brotli, at most ${ceiling}`)
  } catch (error) {
    for (const text of error.errors?.map((one) => one.text) ?? [String(error)]) problems.add(text)
  }
}

if (problems.size > 0) {
  console.error([...problems].join('\n'))
  process.exit(1)
}
