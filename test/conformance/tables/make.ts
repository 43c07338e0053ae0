/**
 * Writes test/conformance/portable/tables.json: the vectors of our own input tables. Run:
 * `node --import tsx test/conformance/tables/make.ts`. All numbers come from fixed seeds, so it writes the same again.
 */
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { TableFile } from '../portable/tables.ts'
import { ecTables } from './ec-cases.ts'
import { edwardsTables } from './edwards-cases.ts'
import { rsaTables } from './rsa-cases.ts'

export function makeTables(): string {
  const file: TableFile = { cases: [...rsaTables(), ...ecTables(), ...edwardsTables()].flatMap(({ cases }) => cases) }
  return `{"cases":[\n${file.cases.map((entry) => JSON.stringify(entry)).join(',\n')}\n]}\n`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(new URL('../portable/tables.json', import.meta.url), makeTables())
}
