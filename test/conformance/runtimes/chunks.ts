/** The vectors of a run, cut into chunks of a size that every runtime can take as one response. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { Chunk } from '../portable/case.ts'
import type { LimboFile } from '../portable/limbo.ts'

export const suiteNames = ['tables', 'limbo', 'bettertls', 'pkits', 'wycheproof'] as const
export type SuiteName = (typeof suiteNames)[number]

const casesPerChunk = 400
/** Files of algorithms that some runtimes lack; they are run without implementations too. */
const mayBeLacking = /^(ed448|mldsa)/

export function readChunks(
  suites: readonly SuiteName[], vectors: string = fileURLToPath(new URL('../../../../shared/vectors', import.meta.url)),
): { readonly chunks: readonly Chunk[]; readonly skipped: readonly string[] } {
  const chunks: Chunk[] = []
  const skipped: string[] = []
  for (const suite of suites) {
    if (suite === 'tables') {
      chunks.push({ suite, file: 'tables.json', data: readJson(fileURLToPath(new URL('../portable/tables.json', import.meta.url))) })
      continue
    }
    const path = join(vectors, suite === 'wycheproof' ? suite : `${suite}.json.gz`)
    if (!existsSync(path)) {
      skipped.push(`${suite}: ${path} is not here`)
      continue
    }
    if (suite === 'wycheproof') chunks.push(...wycheproofChunks(path))
    else if (suite === 'pkits') chunks.push({ suite, file: 'pkits.json', data: readJson(path) })
    else {
      const { version, testcases } = readJson(path) as LimboFile
      for (let i = 0; i < testcases.length; i += casesPerChunk) {
        chunks.push({ suite, file: `${suite}.json`, data: { version, testcases: testcases.slice(i, i + casesPerChunk) } })
      }
    }
  }
  return { chunks, skipped }
}

function wycheproofChunks(folder: string): Chunk[] {
  const names = readdirSync(folder).filter((name) => /\.json(\.gz)?$/.test(name)).sort()
  return names.flatMap((name) => {
    const file = name.replace(/\.gz$/, '')
    const data = readJson(join(folder, name))
    const chunk: Chunk = { suite: 'wycheproof', file, data }
    return mayBeLacking.test(file) ? [chunk, { suite: 'wycheproof-bare', file, data }] : [chunk]
  })
}

function readJson(path: string): unknown {
  const bytes = readFileSync(path)
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'))
}
