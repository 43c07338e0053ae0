/** The chains of the public suites, where they are present: as bytes, without their expectations. */
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { LimboCase, LimboFile } from '../conformance/portable/limbo.ts'
import type { Bytes } from '../../fixtures/issue.ts'

export interface SuiteCase {
  readonly id: string
  readonly anchors: readonly Bytes[]
  readonly leaf: Bytes
  readonly intermediates: readonly Bytes[]
  readonly time: number | undefined
}

const vectors = new URL('../../../shared/vectors/', import.meta.url)

/** The cases of a suite that bear no revocation lists, or undefined where the file is absent. */
export function suiteCases(suite: 'limbo' | 'bettertls'): readonly SuiteCase[] | undefined {
  const file = new URL(`${suite}.json.gz`, vectors)
  if (!existsSync(file)) return undefined
  const { testcases } = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as LimboFile
  return testcases.filter(({ crls }) => crls.length === 0).map((testcase: LimboCase) => ({
    id: testcase.id, anchors: testcase.trusted_certs.map(derOf), leaf: derOf(testcase.peer_certificate),
    intermediates: testcase.untrusted_intermediates.map(derOf),
    time: testcase.validation_time === null ? undefined : Date.parse(testcase.validation_time),
  }))
}

function derOf(pem: string): Bytes {
  return Uint8Array.from(Buffer.from(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(pem)?.[1] ?? '', 'base64'))
}
