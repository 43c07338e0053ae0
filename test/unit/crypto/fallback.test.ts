/** RSA and ECDSA in big integers: in a runtime that imports no key, everything comes out as in one that does. */
import { webcrypto } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createSignatureVerifier } from '../../../src/crypto/index.ts'
import type { Subtle } from '../../../src/crypto/index.ts'
import { checkOf, policyOf } from '../../conformance/portable/tables.ts'
import type { TableFile } from '../../conformance/portable/tables.ts'
import { widePolicy, wycheproofCases } from '../../conformance/portable/wycheproof.ts'
import type { WycheproofFile } from '../../conformance/portable/wycheproof.ts'

const subtle = webcrypto.subtle as unknown as SubtleCrypto
const digest = subtle.digest.bind(subtle)
const unable: Subtle = {
  importKey: (() => Promise.reject(new Error('no'))) as unknown as Subtle['importKey'],
  verify: () => Promise.reject(new Error('no')), digest,
}
/** Imports everything, and says no to everything: what runtimes do that mangle an algorithm silently. */
const denying: Subtle = { importKey: subtle.importKey.bind(subtle) as Subtle['importKey'], verify: () => Promise.resolve(false), digest }

const tables = (JSON.parse(readFileSync(new URL('../../conformance/portable/tables.json', import.meta.url), 'utf8')) as TableFile).cases
  .filter(({ row, policy }) => policy !== 'lacking' && !/ed25519|ed448|ml-dsa|x25519/i.test(row))

describe('a runtime without RSA and ECDSA', () => {
  it('decides our tables as any other does', async () => {
    for (const entry of tables) {
      const [outcome] = await createSignatureVerifier({ policy: policyOf(entry.policy), subtle: unable }).verifyAll([checkOf(entry)])
      const { expected } = entry
      expect([entry.row, entry.name, outcome]).toMatchObject([entry.row, entry.name, expected === 'accepted' ? { ok: true } : { ok: false, code: expected.code }])
    }
  })
  it('is found out by a no as well, where the key or the pair of curve and hash is uncommon', async () => {
    const rows = /^(RSA above|RSA exponent|P-384 with SHA-1|compressed)/
    for (const entry of tables.filter(({ row, name }) => rows.test(row) && !/^(4096 bits|exponent 3,)/.test(name))) {
      const [outcome] = await createSignatureVerifier({ policy: policyOf(entry.policy), subtle: denying }).verifyAll([checkOf(entry)])
      expect([entry.name, outcome!.ok]).toEqual([entry.name, entry.expected === 'accepted'])
    }
  })
  it('gives the typed refusal where it cannot hash either', async () => {
    const entry = tables.find(({ row, expected }) => row.startsWith('P-384') && expected === 'accepted')!
    const refusal = { ok: false, code: 'crypto/unsupported-algorithm', details: { reason: 'runtime' } }
    for (const broken of [{ ...unable, digest: () => Promise.reject(new Error('no')) }]) {
      expect(await createSignatureVerifier({ policy: policyOf('wide'), subtle: broken }).verifyAll([checkOf(entry)])).toMatchObject([refusal])
    }
  })
})

const folder = fileURLToPath(new URL('../../../../shared/vectors/wycheproof/', import.meta.url))
const present = existsSync(folder)
// The files of one curve or size with one hash each: the arithmetic of the others is the same.
const names = present ? readdirSync(folder).filter((name) => /^(ecdsa_secp(256r1_sha512|384r1_sha512|521r1)|rsa_pss_(2048|misc_test)|rsa_signature_2048)/.test(name)).sort() : []

describe.skipIf(!present)('wycheproof without RSA and ECDSA (needs ../shared/vectors)', () => {
  it.each(names)('%s', async (name) => {
    const file = JSON.parse(gunzipSync(readFileSync(folder + name)).toString()) as WycheproofFile
    const verifier = createSignatureVerifier({ policy: widePolicy(), subtle: unable })
    const cases = wycheproofCases(file, name)
    const outcomes = await verifier.verifyAll(cases.map(({ check }) => check))
    expect(cases.map(({ judge }, i) => judge(outcomes[i]!)).filter(({ tally }) => tally === undefined)).toEqual([])
  }, 120_000)
})
