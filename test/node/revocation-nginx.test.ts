/** Lists, stored answers and issuers of a CA of OpenSSL, as nginx serves them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVerifier } from 'countersign'
import type { RevocationCheckerOptions } from 'countersign/revocation'
import { createGuardedFetch } from 'countersign/node'
import {
  OpensslCa, checkerOnLoopback, foundAbout, freePort, has, judge, makeFolder, startNginx, statusOf, verifierOnLoopback, type Issued, type Program,
} from './programs.ts'

const present = has('openssl', 'version') && has('nginx', '-v')

describe.skipIf(!present)('what nginx serves for a CA of openssl', () => {
  const folder = makeFolder()
  let origin: string
  let root: OpensslCa
  let ca: OpensslCa
  let nginx: Program
  let leaves: Record<'listed' | 'revoked' | 'held', Issued>
  let count = 0

  beforeAll(async () => {
    const port = await freePort()
    origin = `http://127.0.0.1:${port}`
    root = new OpensslCa(folder.path, 'root')
    ca = new OpensslCa(folder.path, 'ca', root, [`crlDistributionPoints = URI:${origin}/root.crl`])
    leaves = { listed: leafAt('/ca.crl'), revoked: leafAt('/ca.crl'), held: leafAt('/ca.crl') }
    ca.revoke(leaves.revoked, '-crl_compromise', '20260101000000Z')
    ca.revoke(leaves.held, '-crl_hold', 'holdInstructionReject')
    nginx = await startNginx(folder.path, port, `
      location = /moved.crl { return 302 /ca.crl; }
      location = /far.crl { return 301 http://10.1.2.3/ca.crl; }
      location = /elsewhere.crl { return 307 https://127.0.0.1:${port}/ca.crl; }
      location = /loop.crl { return 302 /back.crl; }
      location = /back.crl { return 302 /loop.crl; }
      location = /missing.crl { return 404; }
      location = /busy.crl { return 503; }
      location /stored/ { error_page 405 =200 $uri; try_files $uri /answer.der; }
      location = /stored { error_page 405 =200 /answer.der; return 405; }`)
    write('root.crl', root.crl())
    write('ca.crl', ca.crl())
    write('ca.der', ca.der)
  })
  afterAll(async () => {
    await nginx?.stop()
    folder.remove()
  })

  function write(name: string, bytes: Uint8Array): void {
    mkdirSync(join(folder.path, 'www'), { recursive: true })
    writeFileSync(join(folder.path, 'www', name), bytes)
  }

  function leafAt(path: string, ...more: string[]): Issued {
    return ca.issue(`leaf${count++}`, ['extendedKeyUsage = serverAuth', `crlDistributionPoints = URI:${origin}${path}`, ...more])
  }

  async function ask(leaf: Issued, options: Partial<RevocationCheckerOptions> = {}): Promise<string> {
    return statusOf(await judge(verifierOnLoopback(root, options), leaf, { intermediates: [ca.der] }))
  }

  it('lists settle good, revoked and held certificates, of the leaf and of its CA', async () => {
    expect(await ask(leaves.listed)).toBe('good fetched-crl')
    expect(await ask(leaves.revoked)).toBe('revoked keyCompromise fetched-crl')
    expect(await ask(leaves.held)).toBe('revoked certificateHold fetched-crl')
    const verdict = await judge(verifierOnLoopback(root), leaves.revoked, { intermediates: [ca.der] })
    const found = foundAbout(verdict)
    expect(found.invalidityDate?.toISOString()).toBe('2026-01-01T00:00:00.000Z')
    expect(found.sources).toMatchObject([{ address: `${origin}/ca.crl`, issuer: 'CN=ca' }])
    expect(verdict.ok ? [] : verdict.attempts[0]!.revocation).toMatchObject([{ status: 'revoked' }, { status: 'good', sources: [{ address: `${origin}/root.crl`, issuer: 'CN=root' }] }])
  })

  it('a verifier asks once for what it has', async () => {
    const leaf = leafAt('/once.crl')
    write('once.crl', ca.crl())
    const verifier = verifierOnLoopback(root)
    for (const word of ['fetched', 'cached', 'cached']) expect(statusOf(await judge(verifier, leaf, { intermediates: [ca.der] }))).toBe(`good ${word}-crl`)
    const log = readFileSync(join(folder.path, 'access.log'), 'utf8')
    expect(log.match(/GET \/once\.crl/g)).toHaveLength(1)
  })

  it('a redirect to another path is followed', async () => expect(await ask(leafAt('/moved.crl'))).toBe('good fetched-crl'))

  it.each([
    ['/missing.crl', 'fetch/status'], ['/busy.crl', 'fetch/status'], ['/loop.crl', 'fetch/redirect'],
    ['/far.crl', 'fetch/blocked-address'], ['/elsewhere.crl', 'fetch/blocked-scheme'],
  ])('%s is an attempt that failed: %s', async (path, code) => {
    expect(await ask(leafAt(path))).toBe(`undetermined ${code}`)
    const soft = await judge(verifierOnLoopback(root, { mode: { leaf: 'soft', ca: 'hard' } }), leafAt(path), { intermediates: [ca.der] })
    expect(soft).toMatchObject({ ok: true, warnings: [{ code: 'revocation/undetermined', details: { attempts: [{ code, address: origin + path }] } }] })
  })

  it('nobody is asked on loopback where that is not allowed', async () => {
    const verifier = verifierOnLoopback(root, { fetch: { fetch: createGuardedFetch() }, mode: { leaf: 'hard', ca: 'soft' } })
    expect(statusOf(await judge(verifier, leaves.listed, { intermediates: [ca.der] }))).toMatch(/^undetermined fetch\/blocked-(address|port)$/)
  })

  it('what is no list, or not the whole of one, or another’s, settles nothing', async () => {
    const whole = ca.crl()
    const changed = whole.slice()
    changed[changed.length - 1]! ^= 1
    for (const [name, bytes, code] of [
      ['cut.crl', whole.subarray(0, whole.length - 20), 'crl/malformed'], ['empty.crl', new Uint8Array(), 'crl/malformed'],
      ['text.crl', new TextEncoder().encode('<html>not here</html>'), 'crl/malformed'], ['certificate.crl', ca.der, 'crl/malformed'],
      ['more.crl', Buffer.concat([whole, Buffer.of(0)]), 'crl/malformed'], ['changed.crl', changed, 'crl/invalid-signature'],
    ] as const) {
      write(name, bytes)
      expect(await ask(leafAt(`/${name}`)), name).toBe(`undetermined ${code}`)
    }
    write('other.crl', new OpensslCa(folder.path, 'other').crl())
    expect(await ask(leafAt('/other.crl'))).toMatch(/^undetermined crl\//)
  })

  it('a list that has ended settles nothing', async () => {
    write('old.crl', ca.crl([], '-crlsec', '3600'))
    const leaf = leafAt('/old.crl')
    const at = (time: number): Promise<string> => judge(verifierOnLoopback(root), leaf, { intermediates: [ca.der], time }).then(statusOf)
    expect(await at(Date.now() + 3_000_000)).toBe('good fetched-crl')
    expect(await at(Date.now() + 4_000_000)).toBe('undetermined crl/expired')
  })

  it('the second distribution point is asked where the first gives nothing', async () => {
    const both = ca.issue(`leaf${count++}`, ['extendedKeyUsage = serverAuth', `crlDistributionPoints = URI:${origin}/missing.crl, URI:${origin}/ca.crl`])
    expect(await ask(both)).toBe('good fetched-crl fetch/status')
  })

  it('a delta is heard with its base, and ends a hold', async () => {
    const shards = (path: string): string[] => ['issuingDistributionPoint = critical,@scope', '[scope]', `fullname = URI:${origin}${path}`]
    const leaf = leafAt('/base.crl', `freshestCRL = URI:${origin}/delta.crl`)
    const hold = leafAt('/base.crl', `freshestCRL = URI:${origin}/delta.crl`)
    ca.revoke(hold, '-crl_hold', 'holdInstructionReject')
    const base = ca.crl(shards('/base.crl'))
    write('base.crl', base)
    const number = Number.parseInt(readFileSync(join(ca.folder, 'crlnumber'), 'utf8'), 16) - 1
    expect(await ask(leaf)).toMatch(/^good fetched-crl/)
    expect(await ask(hold)).toMatch(/^revoked certificateHold fetched-crl/)
    ca.revoke(leaf, '-crl_reason', 'superseded')
    ca.release(hold)
    write('delta.crl', ca.crl([`2.5.29.27 = critical,ASN1:INTEGER:${number}`, ...shards('/base.crl')]))
    expect(await ask(leaf)).toBe('revoked superseded fetched-delta-crl')
    expect(await ask(hold)).toBe('good fetched-crl fetched-delta-crl')
    // Of a base that is newer than ours, it says nothing.
    write('delta.crl', ca.crl([`2.5.29.27 = critical,ASN1:INTEGER:${number + 1}`, ...shards('/base.crl')]))
    expect(await ask(hold)).toMatch(/^revoked certificateHold fetched-crl/)
  })

  it('stored answers of openssl ocsp are heard, by POST and by GET, and never with a nonce of ours', async () => {
    const leaf = ca.issue(`leaf${count++}`, ['extendedKeyUsage = serverAuth', `authorityInfoAccess = OCSP;URI:${origin}/stored`])
    write('answer.der', ca.answer(leaf))
    const byGet = { fetch: { fetch: createGuardedFetch({ allow: [{ network: '127.0.0.0/8', ports: 'any' }] }), ocspGet: true } }
    expect(await ask(leaf)).toBe('good fetched-ocsp')
    expect(await ask(leaf, byGet)).toBe('good fetched-ocsp')
    expect(await ask(leaf, { nonce: true })).toBe('undetermined ocsp/nonce')
    // With the nonce of somebody else’s request.
    write('answer.der', ca.answer(leaf, '-nonce'))
    expect(await ask(leaf, { nonce: true })).toBe('undetermined ocsp/nonce')
    expect(await ask(leaf)).toBe('good fetched-ocsp')
    const old = ca.answer(leaf)
    write('answer.der', old.subarray(0, old.length - 9))
    expect(await ask(leaf)).toBe('undetermined ocsp/malformed')
    write('answer.der', ca.answer(leaves.listed))
    expect(await ask(leaf)).toBe('undetermined ocsp/no-answer')
    // An old “good” after the revocation: of no use to whoever has the newer list.
    ca.revoke(leaf, '-crl_reason', 'keyCompromise')
    write('answer.der', old)
    expect(await ask(leaf)).toBe('good fetched-ocsp')
    expect(await ask(leaf, { crls: [ca.crl()] })).toBe('revoked keyCompromise given-crl')
    expect(await ask(leaf, { crls: [ca.crl()], ocspResponses: [old] })).toBe('revoked keyCompromise given-crl')
  })

  it('issuers that a peer did not send are fetched, in DER and in CMS', async () => {
    ca.run('crl2pkcs7', '-nocrl', '-certfile', ca.pem, '-certfile', root.pem, '-outform', 'DER', '-out', 'issuers.p7c')
    write('issuers.p7c', readFileSync(join(ca.folder, 'issuers.p7c')))
    for (const [path, outcome] of [['/ca.der', 'good fetched-crl'], ['/issuers.p7c', 'good fetched-crl'], ['/missing.crl', undefined], ['/root.crl', undefined]] as const) {
      const leaf = leafAt('/ca.crl', `authorityInfoAccess = caIssuers;URI:${origin}${path}`)
      const verdict = await judge(verifierOnLoopback(root), leaf)
      if (outcome === undefined) expect(verdict, path).toMatchObject({ ok: false, code: 'path/no-anchor' })
      else expect(statusOf(verdict), path).toBe(outcome)
      const none = createVerifier({ anchors: [root.der], purpose: 'serverAuth', revocation: checkerOnLoopback({ fetchIssuers: false }) })
      expect(await judge(none, leaf), path).toMatchObject({ ok: false, code: 'path/no-anchor' })
    }
  })
})
