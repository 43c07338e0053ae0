/**
 * `scripts/check-portable.mjs`, which `npm run check` runs on the package, notices what it is there for: in copies of the
 * package with things done wrong it names each of them, and nothing else.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'countersign-portable-')) })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Mistake {
  readonly what: string
  readonly file: string
  readonly addition: string
  readonly message: string
}

/** Copies the package, makes the mistakes in the copy, and returns what the check says of it. */
function complaints(part: string, mistakes: readonly Mistake[]): string[] {
  const copy = join(folder, part)
  for (const name of ['package.json', ...['asn1', 'x509', 'crypto', 'path', 'revocation', 'verify', 'policy', 'edge', 'node'].flatMap((layer) => [`src/${layer}`, `dist/${layer}`])]) {
    cpSync(join(root, name), join(copy, name), { recursive: true })
  }
  for (const { file, addition } of mistakes) appendFileSync(join(copy, file), `\n${addition}\n`)
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/check-portable.mjs'), copy, '--only', part], { encoding: 'utf8' })
  expect(status).toBe(1)
  return stderr.trim().split('\n')
}

const mistakes: Readonly<Record<string, readonly Mistake[]>> = {
  graph: [
    { what: 'a module of Node', file: 'dist/asn1/tags.js', addition: "import 'node:fs'", message: 'dist/asn1/tags.js imports node:fs' },
    { what: 'a package', file: 'dist/path/build.js', addition: "export { fromBER } from 'asn1js'", message: 'dist/path/build.js imports asn1js' },
    { what: 'a layer of Node', file: 'dist/verify/verifier.js', addition: "import '../node/index.js'", message: 'dist/verify/verifier.js imports ../node/index.js' },
    { what: 'a dynamic import', file: 'dist/x509/pem.js', addition: 'export const late = (name) => import(name)', message: 'dist/x509/pem.js has a dynamic import' },
    { what: 'the address of a module', file: 'dist/x509/name.js', addition: 'export const here = import.meta.url', message: 'dist/x509/name.js has import.meta' },
    { what: 'a global', file: 'dist/x509/pem.js', addition: 'export const buffer = Buffer.from([])', message: 'dist/x509/pem.js names Buffer' },
    { what: 'a global by way of globalThis', file: 'dist/x509/spki.js', addition: 'export const version = globalThis.process?.version', message: 'dist/x509/spki.js names process' },
  ],
  declarations: [
    { what: 'a type of Node', file: 'dist/x509/pem.d.ts', addition: 'export declare const buffer: Buffer', message: "Cannot find name 'Buffer'" },
    { what: 'a type of a Node module', file: 'dist/x509/name.d.ts', addition: "export type Socket = import('node:tls').TLSSocket", message: "Cannot find name 'node:tls'" },
    { what: 'a Node layer', file: 'dist/x509/spki.d.ts', addition: "export { takeCount } from '../node/options.js'", message: 'reaches dist/node/options.d.ts' },
  ],
  sources: [
    { what: 'a global of Node', file: 'src/x509/pem.ts', addition: 'export const pid: number = process.pid', message: "Cannot find name 'process'" },
    { what: 'an API that Node 20 lacks', file: 'src/x509/name.ts', addition: 'export const promised: unknown = Promise.withResolvers()', message: "Property 'withResolvers' does not exist" },
    { what: 'another', file: 'src/x509/spki.ts', addition: 'export const moved: unknown = new ArrayBuffer(1).transfer()', message: "Property 'transfer' does not exist" },
    { what: 'an API that Node 24 lacks', file: 'src/asn1/tags.ts', addition: "export const bytes: unknown = Uint8Array.fromBase64('')", message: "Property 'fromBase64' does not exist" },
    { what: 'an API that workers lack', file: 'src/asn1/oid.ts', addition: 'export const page: string = document.title', message: 'src/asn1/oid.ts' },
    { what: 'an API that is not on the list', file: 'src/asn1/time.ts', addition: 'export const id: string = crypto.randomUUID()', message: 'uses Crypto.randomUUID, which is not on the list' },
  ],
}

it.each(Object.keys(mistakes))('notices each mistake in the %s', (part) => {
  const expected = mistakes[part]!
  const said = complaints(part, expected)
  for (const { what, message } of expected) expect(said.filter((line) => line.includes(message)), what).not.toEqual([])
  expect(said.filter((line) => !expected.some(({ message }) => line.includes(message)))).toEqual([])
})
