/** The public Wycheproof vectors, all files under both drivers: nothing wrong. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { runWycheproof } from '../../conformance/wycheproof.ts'
import type { WycheproofFile } from '../../conformance/wycheproof.ts'

const folder = fileURLToPath(new URL('../../../../shared/vectors/wycheproof/', import.meta.url))
const present = existsSync(folder)
const names = present ? readdirSync(folder).filter((name) => name.endsWith('.json.gz')).sort() : []

if (!present) console.log('wycheproof: ../shared/vectors is absent, so these tests are skipped')

describe.skipIf(!present)('wycheproof (needs ../shared/vectors)', () => {
  it('has files', () => expect(names.length).toBeGreaterThan(0))
  for (const name of names) {
    for (const driver of ['async', 'sync'] as const) {
      it(`${name} ${driver}`, async () => {
        const file = JSON.parse(gunzipSync(readFileSync(folder + name)).toString()) as WycheproofFile
        const report = await runWycheproof(file, driver, name)
        expect(report.wrong).toEqual([])
        expect(report.total).toBe(file.numberOfTests)
        expect(report.accepted + report.refused + report.unsupported).toBe(report.total)
        expect(report.refused + report.unsupported).toBeGreaterThan(0)
      }, 120_000)
    }
  }
})
