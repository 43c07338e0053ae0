/** `openssl ocsp` as the responder of a CA of OpenSSL: what our checker makes of its answers. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RevocationCheckerOptions } from 'countersign/revocation'
import { OpensslCa, foundAbout, freePort, has, judge, makeFolder, start, statusOf, verifierOnLoopback, type Issued, type Program } from './programs.ts'

const present = has('openssl', 'version')

/** Nobody is there. */
const delegateList = 'http://127.0.0.1:9/responders.crl'

describe.skipIf(!present)('the responder of openssl', () => {
  const folder = makeFolder()
  let port: number
  let ca: OpensslCa
  let other: OpensslCa
  let good: Issued
  let revoked: Issued
  let held: Issued
  let delegates: Record<'plain' | 'noCheck' | 'withoutUsage' | 'foreign' | 'revoked', Issued>
  let emptyIndex: string

  beforeAll(async () => {
    port = await freePort()
    ca = new OpensslCa(folder.path, 'ca')
    other = new OpensslCa(folder.path, 'other')
    const leaf = ['extendedKeyUsage = serverAuth', `authorityInfoAccess = OCSP;URI:http://127.0.0.1:${port}/`]
    const delegate = ['keyUsage = digitalSignature', 'extendedKeyUsage = OCSPSigning']
    good = ca.issue('good', leaf)
    revoked = ca.issue('revoked', leaf)
    held = ca.issue('held', leaf)
    delegates = {
      plain: ca.issue('delegate', [...delegate, `crlDistributionPoints = URI:${delegateList}`]),
      noCheck: ca.issue('unchecked', [...delegate, 'noCheck = ignored']),
      withoutUsage: ca.issue('usual', ['keyUsage = digitalSignature', 'extendedKeyUsage = serverAuth']),
      foreign: other.issue('foreign', [...delegate, 'noCheck = ignored']),
      revoked: ca.issue('fallen', [...delegate, `crlDistributionPoints = URI:${delegateList}`]),
    }
    ca.revoke(revoked, '-crl_reason', 'keyCompromise')
    ca.revoke(held, '-crl_reason', 'certificateHold')
    ca.revoke(delegates.revoked, '-crl_reason', 'superseded')
    emptyIndex = join(folder.path, 'empty.txt')
    writeFileSync(emptyIndex, '')
  })
  afterAll(() => folder.remove())

  let responder: Program | undefined
  afterEach(() => responder?.stop())

  /** Starts the responder, by the CA itself where nothing else is said. */
  async function respond(signer: Issued = ca, ...options: string[]): Promise<void> {
    await responder?.stop()
    responder = start('openssl', ca.responder(port, signer, ...options))
    await responder.until(/ACCEPT/)
  }

  async function ask(leaf: Issued, options: Partial<RevocationCheckerOptions> = {}, time?: number): Promise<string> {
    return statusOf(await judge(verifierOnLoopback(ca, options), leaf, time === undefined ? {} : { time }))
  }

  const forms: [string, Partial<RevocationCheckerOptions>][] = [
    ['POST', {}], ['GET', { fetch: { ocspGet: true } as RevocationCheckerOptions['fetch'] & object }], ['SHA-256', { certIdHash: 'sha256' }], ['nonce', { nonce: true }],
  ]
  it.each(forms)('says good, and revoked with its reason (%s)', async (_, options) => {
    await respond(ca, '-ndays', '1')
    expect(await ask(good, options)).toBe('good fetched-ocsp')
    expect(await ask(revoked, options)).toBe('revoked keyCompromise fetched-ocsp')
    expect(await ask(held, options)).toBe('revoked certificateHold fetched-ocsp')
  })

  it('is named in the verdict, with its dates', async () => {
    await respond(ca, '-nmin', '30')
    const verdict = await judge(verifierOnLoopback(ca), good)
    const [source] = foundAbout(verdict).sources
    expect(source).toMatchObject({ type: 'ocsp', origin: 'fetched', address: `http://127.0.0.1:${port}/`, issuer: 'CN=ca' })
    expect(source!.nextUpdate!.getTime() - source!.thisUpdate.getTime()).toBe(30 * 60_000)
    expect(verdict.ok && verdict.validUntil).toEqual(source!.nextUpdate)
    const refused = await judge(verifierOnLoopback(ca), revoked)
    expect(refused).toMatchObject({ ok: false, code: 'revocation/revoked' })
    expect(foundAbout(refused).revocationDate!.getTime()).toBeLessThanOrEqual(Date.now())
  })

  it('is named by its key as well', async () => {
    await respond(ca, '-ndays', '1', '-resp_key_id')
    const verdict = await judge(verifierOnLoopback(ca), good)
    expect(statusOf(verdict)).toBe('good fetched-ocsp')
    expect(foundAbout(verdict).sources[0]!.issuer).toMatch(/^key [0-9a-f]{40}$/)
  })

  it('that does not know the certificate settles nothing', async () => {
    await respond(ca, '-index', emptyIndex, '-ndays', '1')
    expect(await ask(good)).toBe('undetermined ocsp/unknown-certificate')
    expect(await judge(verifierOnLoopback(ca), good)).toMatchObject({ ok: false, code: 'revocation/undetermined' })
    const soft = await judge(verifierOnLoopback(ca, { mode: 'soft' }), good)
    expect(soft).toMatchObject({ ok: true, warnings: [{ code: 'revocation/undetermined' }] })
  })

  it('of another CA settles nothing', async () => {
    await respond(other, '-ndays', '1')
    expect(await ask(good)).toBe('undetermined ocsp/unauthorized-responder')
    expect(await ask(revoked)).toBe('undetermined ocsp/unauthorized-responder')
  })

  it('whose signature is broken settles nothing', async () => {
    await respond(ca, '-ndays', '1', '-badsig')
    expect(await ask(good)).toBe('undetermined ocsp/invalid-signature')
  })

  it('that is delegated counts with the usage of the same CA, and its own status settled', async () => {
    await respond(delegates.noCheck, '-ndays', '1')
    expect(await ask(good)).toBe('good fetched-ocsp')
    expect(await ask(revoked)).toBe('revoked keyCompromise fetched-ocsp')
    // It sends no certificate: the caller has it.
    await respond(delegates.noCheck, '-ndays', '1', '-resp_no_certs')
    expect(await ask(good)).toBe('undetermined ocsp/unauthorized-responder')
    expect(await ask(good, { certificates: [delegates.noCheck.der] })).toBe('good fetched-ocsp')

    await respond(delegates.plain, '-ndays', '1')
    expect(await ask(good)).toBe('undetermined ocsp/responder-unsettled')
    expect(await ask(good, { mode: { leaf: 'hard', ca: 'soft' } })).toBe('good fetched-ocsp')
    // A list about responders, which says nothing about leaves.
    const crls = [ca.crl(['issuingDistributionPoint = critical,@scope', '[scope]', `fullname = URI:${delegateList}`])]
    expect(await ask(good, { crls })).toBe('good fetched-ocsp crl/not-in-scope')
    expect(await ask(revoked, { crls })).toBe('revoked keyCompromise fetched-ocsp crl/not-in-scope')
    await respond(delegates.revoked, '-ndays', '1')
    expect(await ask(good, { crls })).toBe('undetermined crl/not-in-scope ocsp/responder-revoked')
    expect(await ask(good, { crls, mode: { leaf: 'hard', ca: 'soft' } })).toBe('undetermined crl/not-in-scope ocsp/responder-revoked')
  })

  it.each(['withoutUsage', 'foreign'] as const)('that is a stranger settles nothing: %s', async (who) => {
    await respond(delegates[who], '-ndays', '1')
    expect(await ask(good)).toBe('undetermined ocsp/unauthorized-responder')
    expect(await ask(revoked)).toBe('undetermined ocsp/unauthorized-responder')
  })

  it('is heard no longer than it says', async () => {
    await respond(ca, '-nmin', '5')
    const minute = 60_000
    expect(await ask(good, {}, Date.now() + 4 * minute)).toBe('good fetched-ocsp')
    expect(await ask(good, {}, Date.now() + 6 * minute)).toBe('undetermined ocsp/expired')
    // It dates its answers by its own clock, after the verification began.
    expect(await ask(good, {}, Date.now() - 2000)).toBe('good fetched-ocsp')
    expect(await ask(good, {}, Date.now() - 2 * minute)).toBe('undetermined ocsp/not-yet-valid')
    expect(await ask(good, { clockSkew: 180 }, Date.now() - 2 * minute)).toBe('good fetched-ocsp')
    expect(await ask(good, { clockSkew: 120 }, Date.now() + 6 * minute)).toBe('good fetched-ocsp')
    expect(await ask(good, { maxAge: 60 }, Date.now() + 4 * minute)).toBe('undetermined ocsp/too-old')
  })

  it('that names no end is heard only with a limit of ours', async () => {
    await respond()
    expect(await ask(good)).toBe('undetermined ocsp/no-next-update')
    expect(await ask(good, { maxAge: 3600 })).toBe('good fetched-ocsp')
    expect(await ask(revoked, { maxAge: 3600 })).toBe('revoked keyCompromise fetched-ocsp')
  })

  it('that is not there is an attempt that failed', async () => {
    expect(await ask(good)).toBe('undetermined fetch/network')
  })

  it('says to the client of openssl what it says to us', async () => {
    await respond(ca, '-ndays', '1')
    for (const [leaf, word] of [[good, 'good'], [revoked, 'revoked']] as const) {
      const said = ca.run('ocsp', '-issuer', ca.pem, '-cert', leaf.pem, '-url', `http://127.0.0.1:${port}/`, '-CAfile', ca.pem).toString()
      expect(said).toContain(`: ${word}`)
      expect(await ask(leaf)).toMatch(new RegExp(`^${word} `))
    }
  })
})
