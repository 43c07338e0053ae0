/**
 * Decisions by lists, and those of OpenSSL over the same bytes. Where the two differ, a rule must say why: it names what in
 * the scenario they see differently, and without that (the twin) they must agree. `docs/openssl-differences.md` explains each.
 */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createVerifier } from 'countersign'
import { verifySync } from 'countersign/node'
import { createRevocationChecker } from 'countersign/revocation'
import { isDelta, makeScenario, materialOf, rootCertificate } from '../support/crl-scenarios.ts'
import type { ListSpec, Scenario } from '../support/crl-scenarios.ts'
import { Random } from '../support/random.ts'
import { now } from '../../fixtures/revoke.ts'

type Status = 'good' | 'revoked' | 'undetermined'

const count = 800
const present = spawnSync('openssl', ['version']).status === 0
if (!present) console.warn('skipped: the program openssl is not on this machine')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-lists-'))
  writeFileSync(join(folder, 'root.pem'), pem('CERTIFICATE', rootCertificate))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function pem(label: string, bytes: Uint8Array): string {
  return `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString('base64').replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`
}

function ours(scenario: Scenario): Status {
  const { leaf, intermediates, lists } = materialOf(scenario)
  const revocation = createRevocationChecker({ mode: 'hard', crls: lists })
  const verdict = verifySync(createVerifier({ anchors: [rootCertificate], purpose: 'any', revocation }), { leaf, intermediates, names: 'unchecked', time: now })
  if (verdict.ok) return 'good'
  if (verdict.code === 'revocation/revoked') return 'revoked'
  if (verdict.code !== 'revocation/undetermined') throw new Error(`refused for something else: ${verdict.code}`)
  return 'undetermined'
}

/** The first error that OpenSSL reports decides: after it, its command line goes on as if there had been none. */
async function theirs(scenario: Scenario, id: string): Promise<Status> {
  const { leaf, intermediates, lists, subject } = materialOf(scenario)
  const file = (kind: string, text: string): string => {
    const path = join(folder, `${id}.${kind}.pem`)
    writeFileSync(path, text)
    return path
  }
  const output = await new Promise<string>((resolve) => {
    execFile('openssl', [
      'verify', '-no-CApath', '-no-CAstore', '-crl_check_all', '-extended_crl', '-use_deltas', '-attime', String(now / 1000),
      '-CAfile', join(folder, 'root.pem'), '-untrusted', file('chain', intermediates.map((bytes) => pem('CERTIFICATE', bytes)).join('')),
      '-CRLfile', file('lists', lists.map((bytes) => pem('X509 CRL', bytes)).join('')), file('leaf', pem('CERTIFICATE', leaf)),
    ], (error, stdout, stderr) => resolve(`${error === null ? 'accepted' : ''}\n${stderr}${stdout}`))
  })
  if (output.startsWith('accepted')) return 'good'
  const first = /^(?:CN ?= ?(\S+)\n)?error (\d+) at/m.exec(output)
  if (first === null) throw new Error(output)
  // 23 is X509_V_ERR_CERT_REVOKED; that of a signer leaves ours open.
  return first[2] === '23' && first[1] === subject ? 'revoked' : 'undetermined'
}
/*RULES*/
async function inTurns<T, R>(items: readonly T[], work: (item: T, i: number) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  await Promise.all(Array.from({ length: 3 }, async () => {
    while (next < items.length) {
      const i = next++
      results[i] = await work(items[i]!, i)
    }
  }))
  return results
}

describe.skipIf(!present)('lists, judged by OpenSSL as well', () => {
  test('scout', async () => {
    const random = new Random(5)
    const scenarios = Array.from({ length: count }, () => makeScenario(random))
    const t0 = Date.now()
    const mine = scenarios.map(ours)
    const t1 = Date.now()
    const other = await inTurns(scenarios, (s, i) => theirs(s, String(i)))
    console.log('ms ours', t1 - t0, 'theirs', Date.now() - t1)
    const table: Record<string, number> = {}
    scenarios.forEach((_, i) => { const k = `${mine[i]} ${other[i]}`; table[k] = (table[k] ?? 0) + 1 })
    console.log(table)
    writeFileSync('/tmp/h5-diffs.json', JSON.stringify(scenarios.map((s, i) => ({ i, mine: mine[i], other: other[i], s })).filter(({ mine, other }) => mine !== other)))
  })
})
