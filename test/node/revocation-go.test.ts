/** A list that Go’s crypto/x509 made, with a program that is run here. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createVerifier } from 'countersign'
import { createRevocationChecker, parseCrl } from 'countersign/revocation'
import { parsePem } from 'countersign/x509'
import { foundAbout, has, statusOf } from './programs.ts'

const present = has('go', 'version')

describe.skipIf(!present)('a list made by Go (skipped where the program go is not installed)', () => {
  it('is read, and decides', async () => {
    const source = fileURLToPath(new URL('go/main.go', import.meta.url))
    const { stdout } = await promisify(execFile)('go', ['run', source], { env: { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' } })
    const [ca, good, revoked, held, list] = parsePem(stdout).map(({ bytes }) => bytes) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    const crl = parseCrl(list)
    expect(crl).toMatchObject({ crlNumber: 4242n, baseCrlNumber: undefined, size: 2, unknownCritical: [] })
    expect(crl.issuer.toString()).toBe('CN=Go CA')
    expect([crl.thisUpdate, crl.nextUpdate]).toEqual([Date.UTC(2026, 1, 1), Date.UTC(2026, 2, 1)])

    const verifier = createVerifier({ anchors: [ca], purpose: 'serverAuth', profile: 'rfc5280-strict', revocation: createRevocationChecker({ mode: 'hard', crls: [list] }) })
    const judge = (leaf: Uint8Array, month: number): ReturnType<typeof verifier.verify> => verifier.verify({ leaf, names: 'unchecked', time: Date.UTC(2026, month, 10) })
    expect(statusOf(await judge(good, 1))).toBe('good given-crl')
    const verdict = await judge(revoked, 1)
    expect(statusOf(verdict)).toBe('revoked keyCompromise given-crl')
    expect(foundAbout(verdict)).toMatchObject({ revocationDate: new Date(Date.UTC(2026, 0, 21)), sources: [{ number: '4242', issuer: 'CN=Go CA' }] })
    expect(statusOf(await judge(held, 1))).toBe('revoked certificateHold given-crl')
    expect(statusOf(await judge(good, 2))).toBe('undetermined crl/expired')
    expect(statusOf(await judge(good, 0))).toBe('undetermined crl/not-yet-valid')
  }, 180_000)
})
