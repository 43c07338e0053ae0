/**
 * Decisions by lists, and those of OpenSSL over the same bytes. Where the two differ, a rule must say why: it names what in
 * the scenario they see differently, and without that (the twin) they must agree. `docs/openssl-differences.md` explains each.
 */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ParseError, createVerifier } from 'countersign'
import { verifySync } from 'countersign/node'
import { createRevocationChecker, parseCrl } from 'countersign/revocation'
import { encodePem } from 'countersign/x509'
import { rules } from '../support/crl-differences.ts'
import { explainDifference, inTurns } from '../support/differences.ts'
import { makeScenario, materialOf, rootCertificate } from '../support/crl-scenarios.ts'
import type { Scenario } from '../support/crl-scenarios.ts'
import { Random } from '../support/random.ts'
import { now } from '../../fixtures/revoke.ts'

type Status = 'good' | 'revoked' | 'undetermined'

const count = 1000
const { status: code, stdout: version } = spawnSync('openssl', ['version'], { encoding: 'utf8' })
const present = code === 0
if (!present) console.warn('skipped: the program openssl is not on this machine')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-lists-'))
  writeFileSync(join(folder, 'root.pem'), encodePem('CERTIFICATE', rootCertificate))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A caller cannot even hand over what is no list: it is as if there were none. */
function isReadable(list: Uint8Array): boolean {
  try {
    parseCrl(list)
    return true
  } catch (error) {
    if (error instanceof ParseError) return false
    throw error
  }
}

function ours(scenario: Scenario): Status {
  const { leaf, intermediates, lists } = materialOf(scenario)
  const revocation = createRevocationChecker({ mode: 'hard', crls: lists.filter(isReadable) })
  const verdict = verifySync(createVerifier({ anchors: [rootCertificate], purpose: 'any', revocation }), { leaf, intermediates, names: 'unchecked', time: now })
  if (verdict.ok) return 'good'
  // Of several issuers by one name only the right one’s path stands until its revocation is judged.
  const judged = verdict.attempts.flatMap(({ revocation: found }) => (found === undefined ? [] : [found]))
  if (judged.length !== 1) throw new Error(`refused for something else: ${verdict.code}`)
  return judged[0]!.some(({ status }) => status === 'revoked') ? 'revoked' : 'undetermined'
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
      '-CAfile', join(folder, 'root.pem'), '-untrusted', file('chain', intermediates.map((bytes) => encodePem('CERTIFICATE', bytes)).join('')),
      '-CRLfile', file('lists', lists.map((bytes) => encodePem('X509 CRL', bytes)).join('')), file('leaf', encodePem('CERTIFICATE', leaf)),
    ], (error, stdout, stderr) => resolve(`${error === null ? 'accepted' : ''}\n${stderr}${stdout}`))
  })
  const first = /^(?:CN ?= ?(\S+)\n)?(?:\[CRL path\] )?error (\d+) at/m.exec(output)
  if (first === null && !output.startsWith('accepted')) throw new Error(output)
  // 23 is X509_V_ERR_CERT_REVOKED; that of a signer leaves ours open.
  return first === null ? 'good' : first[2] === '23' && first[1] === subject ? 'revoked' : 'undetermined'
}

/** The classes of the document, and how often each occurs; `agreed` is the number of scenarios without any. */
function documented(): { readonly agreed: number; readonly classes: Readonly<Record<string, number>> } {
  const text = readFileSync(new URL('../../docs/openssl-differences.md', import.meta.url), 'utf8')
  return {
    agreed: Number(/They agree on (\d+)/.exec(text)?.[1]),
    classes: Object.fromEntries([...text.matchAll(/^## `(\S+)` \((\d+)\)$/gm)].map(([, name, times]) => [name!, Number(times)])),
  }
}

describe.skipIf(!present)('lists, judged by OpenSSL as well', () => {
  test(`${count} scenarios: agreement, or a difference that is written down`, async () => {
    const random = new Random(5)
    const scenarios = Array.from({ length: count }, () => makeScenario(random))
    const found = new Map<string, number>()
    const unexplained: unknown[] = []
    const agreed: Record<Status, number> = { good: 0, revoked: 0, undetermined: 0 }
    await inTurns(scenarios, async (scenario, i) => {
      const [mine, other] = [ours(scenario), await theirs(scenario, String(i))]
      if (mine === other) {
        agreed[mine]++
        return
      }
      const names = await explainDifference(scenario, rules, async (twin, id) => ours(twin) === await theirs(twin, `${i}-${id}`))
      if (names === undefined) unexplained.push({ mine, other, scenario })
      for (const name of names ?? []) found.set(name, (found.get(name) ?? 0) + 1)
    })
    expect(unexplained.map((one) => JSON.stringify(one))).toEqual([])
    // Neither verifier refuses everything.
    expect(Math.min(...Object.values(agreed)), JSON.stringify(agreed)).toBeGreaterThan(count / 10)
    const total = Object.values(agreed).reduce((sum, times) => sum + times, 0)
    const known = documented()
    expect([...found.keys()].sort()).toEqual(Object.keys(known.classes).sort())
    expect([...found.keys()].sort()).toEqual(rules.map(({ name }) => name).sort())
    // Another OpenSSL may count otherwise.
    if (version.startsWith('OpenSSL 3.0.')) expect({ agreed: total, classes: Object.fromEntries(found) }).toEqual(known)
  }, 180_000)
})
