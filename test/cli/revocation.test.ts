/** Revocation on the command line, with what a CA of openssl makes: certificates, lists, answers and a responder. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { serveHttp } from '../node/fetch-server.ts'
import { OpensslCa, freePort, has, makeFolder, start, type Issued, type Program } from '../node/programs.ts'
import { run } from '../../src/cli/run.ts'
import { countersign, memoryIo } from './world.ts'

const present = has('openssl', 'version')

describe.skipIf(!present)('revocation on the command line, with files of openssl', () => {
  const folder = makeFolder()
  const f = (name: string): string => join(folder.path, name)
  let ca: OpensslCa
  let other: OpensslCa
  let port: number
  let good: Issued
  let revoked: Issued
  let usual: string[]

  beforeAll(async () => {
    ca = new OpensslCa(folder.path, 'ca')
    other = new OpensslCa(folder.path, 'other')
    port = await freePort()
    const leaf = ['extendedKeyUsage = serverAuth', 'subjectAltName = DNS:localhost', `authorityInfoAccess = OCSP;URI:http://127.0.0.1:${port}/`]
    good = ca.issue('good', leaf)
    revoked = ca.issue('revoked', leaf)
    ca.revoke(revoked, '-crl_reason', 'keyCompromise')
    usual = ['--anchors', ca.pem, '--purpose', 'serverAuth', '--name', 'localhost']
    const files = {
      'ca.crl': ca.crl(), 'ca.crl.pem': readFileSync(join(ca.folder, 'list.pem')), 'other.crl': other.crl(), 'good.ocsp': ca.answer(good), 'revoked.ocsp': ca.answer(revoked),
      // An error status: tryLater.
      'later.ocsp': Uint8Array.of(0x30, 3, 10, 1, 3), 'empty.pem': '', 'garbage.bin': Uint8Array.of(1, 2, 3, 4),
    }
    for (const [name, content] of Object.entries(files)) writeFileSync(f(name), content)
    ca.run('crl2pkcs7', '-nocrl', '-outform', 'DER', '-out', f('empty.p7b'))
  })
  afterAll(() => folder.remove())

  let responder: Program | undefined
  afterEach(() => responder?.stop())

  /** In this process, which is quicker; the built command is run once for each subcommand. */
  async function quick(...args: string[]): Promise<{ code: number, stdout: string, stderr: string }> {
    const io = memoryIo()
    const code = await run(args, io)
    return { code, stdout: io.out(), stderr: io.err() }
  }

  test('verify --crl: 0 for a good certificate, 1 for a revoked one', async () => {
    const accepted = await countersign(['verify', good.pem, ...usual, '--crl', f('ca.crl')])
    expect(accepted).toMatchObject({ code: 0, stderr: '' })
    expect(accepted.stdout).toMatch(/^ACCEPTED {2}for serverAuth\n[\s\S]*\n {2}revocation {3}CN=good: good, by given crl 10 of CN=ca, /)
    const refused = await countersign(['verify', revoked.pem, ...usual, '--crl', f('ca.crl.pem')])
    expect(refused).toMatchObject({ code: 1, stderr: '' })
    expect(refused.stdout).toMatch(/^REFUSED {2}revocation\/revoked: The certificate was revoked\.\n {2}certificate {5}CN=revoked \(leaf\)\n[\s\S]*\n {2}reason {10}keyCompromise\n/)
    const explained = await quick('verify', revoked.pem, ...usual, '--crl', f('ca.crl'), '--explain')
    expect(explained.stdout).toMatch(/\n {4}CN=revoked: revoked \(keyCompromise\) since \S+, by given crl 10 of CN=ca, /)
  })

  test('verify --ocsp, and both together: a revocation in any of them binds', async () => {
    expect((await quick('verify', good.pem, ...usual, '--ocsp', f('good.ocsp'))).stdout).toMatch(/CN=good: good, by given ocsp of CN=ca/)
    expect((await quick('verify', good.pem, ...usual, '--ocsp', f('good.ocsp'), '--crl', f('ca.crl'))).code).toBe(0)
    const refused = await quick('verify', revoked.pem, ...usual, '--ocsp', f('good.ocsp'), '--ocsp', f('revoked.ocsp'), '--revocation', 'soft')
    expect(refused.code).toBe(1)
    expect(refused.stdout).toMatch(/^REFUSED {2}revocation\/revoked/)
  })

  test('verify: what settles nothing is refused, or a warning', async () => {
    for (const sources of [[], ['--crl', f('other.crl')], ['--ocsp', f('revoked.ocsp')]]) {
      const hard = await quick('verify', good.pem, ...usual, '--revocation', 'hard', ...sources)
      expect(hard.code).toBe(1)
      expect(hard.stdout).toMatch(/^REFUSED {2}revocation\/undetermined: Nothing settles whether the certificate was revoked\.\n[\s\S]*\n {2}attempts {5}(none|type ocsp, origin given, code ocsp\/no-answer)\n/)
      const soft = await quick('verify', good.pem, ...usual, '--revocation', 'soft', ...sources)
      expect(soft.code).toBe(0)
      expect(soft.stdout).toMatch(/\n {2}revocation {3}CN=good: undetermined\n {2}warning {6}revocation\/undetermined: /)
    }
    expect((await quick('verify', good.pem, ...usual)).stdout).toMatch(/\n {2}revocation {3}not checked\n/)
    expect((await quick('verify', revoked.pem, ...usual, '--revocation', 'none')).code).toBe(0)
  })

  test('verify --fetch asks, on loopback only where --allow says so', async () => {
    responder = start('openssl', ca.responder(port, ca, '-ndays', '1'))
    await responder.until(/ACCEPT/)
    const allow = ['--fetch', '--allow', `127.0.0.1/32:${port}`]
    const accepted = await countersign(['verify', good.pem, ...usual, ...allow])
    expect(accepted.stdout).toMatch(/CN=good: good, by fetched ocsp of CN=ca/)
    expect(accepted).toMatchObject({ code: 0, stderr: '' })
    expect((await quick('verify', revoked.pem, ...usual, ...allow)).stdout).toMatch(/^REFUSED {2}revocation\/revoked: [\s\S]*\n {2}origin {10}fetched\n/)
    for (const less of [['--fetch'], ['--fetch', '--allow', '10.0.0.0/8'], ['--fetch', '--allow', `127.0.0.1/32:${port - 1}`]]) {
      const { code, stdout } = await quick('verify', good.pem, ...usual, ...less)
      expect(code).toBe(1)
      expect(stdout).toMatch(/\n {2}attempts {5}type ocsp, origin fetched, address http:\/\/127\.0\.0\.1:\d+\/, code fetch\/blocked-(port|address), /)
    }
  })

  test('verify --fetch takes a list', async () => {
    const { origin } = await serveHttp((_, response) => response.end(readFileSync(f('ca.crl'))))
    const leaf = ca.issue('listed', ['extendedKeyUsage = serverAuth', 'subjectAltName = DNS:localhost', `crlDistributionPoints = URI:${origin}/ca.crl`])
    const { code, stdout } = await quick('verify', leaf.pem, ...usual, '--fetch', '--allow', '127.0.0.0/8')
    expect(stdout).toMatch(/CN=listed: good, by fetched crl 10 of CN=ca/)
    expect(code).toBe(0)
  })

  test('verify --connect hears what the server staples', async () => {
    const must = ca.issue('must', ['extendedKeyUsage = serverAuth', 'subjectAltName = DNS:localhost', 'tlsfeature = status_request'])
    writeFileSync(f('must.ocsp'), ca.answer(must))
    for (const [leaf, staple, code, text] of [
      [must, ['-status_file', f('must.ocsp')], 0, /CN=must: good, by stapled ocsp of CN=ca/], [must, [], 1, /^\S+ sent 1 certificate .*\nREFUSED {2}revocation\/must-staple/],
      [revoked, ['-status_file', f('revoked.ocsp')], 1, /REFUSED {2}revocation\/revoked[\s\S]*\n {2}origin {10}stapled\n/],
    ] as const) {
      const at = await freePort()
      responder = start('openssl', ['s_server', '-accept', `127.0.0.1:${at}`, '-cert', leaf.pem, '-key', leaf.key, ...staple])
      await responder.until(/ACCEPT/)
      const result = await quick('verify', '--connect', `127.0.0.1:${at}`, '--servername', 'localhost', '--anchors', ca.pem, '--crl', f('other.crl'), '--crl', f('ca.crl'))
      expect(result.stdout).toMatch(text)
      expect(result.code).toBe(code)
      await responder.stop()
    }
  })

  test('crl prints a list, and looks for serial numbers', async () => {
    const { code, stdout, stderr } = await countersign(['crl', f('ca.crl')])
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^kind: certificate revocation list\nissuer: CN=ca\nnumber: 10\nthisUpdate: \S+\nnextUpdate: \S+\nrevokedCount: 1\nscope: all certificates of the issuer\nsha256: [0-9a-f]{64}\n$/)
    const found = await quick('crl', f('ca.crl.pem'), '--serial', '10:01', '--serial', '0x1000')
    expect(found.code).toBe(1)
    expect(found.stdout).toMatch(/ {2}- serialNumber: 1001\n {4}listed: yes\n {4}reason: keyCompromise\n {4}revocationDate: \S+\n {2}- serialNumber: 1000\n {4}listed: no\n$/)
    const json = await quick('crl', f('ca.crl'), '--serial', '1000', '--json')
    expect(json.code).toBe(0)
    expect(JSON.parse(json.stdout)).toMatchObject({ issuer: 'CN=ca', number: '10', revokedCount: 1, serials: [{ serialNumber: '1000', listed: false }] })
  })

  test('ocsp request writes what openssl reads, and its answer is checked', async () => {
    const { code, stdout, stderr } = await countersign(['ocsp', 'request', good.pem, revoked.pem, '--issuer', ca.pem, '--out', f('request.der'), '--hash', 'sha256', '--nonce'])
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' })
    const said = ca.run('ocsp', '-reqin', f('request.der'), '-req_text').toString()
    expect(said).toMatch(/Hash Algorithm: sha256[\s\S]*Serial Number: 1000[\s\S]*Hash Algorithm: sha256[\s\S]*Serial Number: 1001[\s\S]*OCSP Nonce:/)
    ca.run('ocsp', '-index', 'index.txt', '-CA', ca.pem, '-rsigner', ca.pem, '-rkey', ca.key, '-ndays', '1', '-reqin', f('request.der'), '-respout', f('both.ocsp'))
    const accepted = await countersign(['ocsp', 'check', f('both.ocsp'), good.pem, '--issuer', ca.pem])
    expect(accepted).toMatchObject({ code: 0, stderr: '' })
    expect(accepted.stdout).toMatch(/^ACCEPTED\n[\s\S]*\n {2}CN=good: good, by given ocsp of CN=ca, /)
    const refused = await quick('ocsp', 'check', f('both.ocsp'), revoked.pem, '--issuer', ca.pem)
    expect(refused.code).toBe(1)
    expect(refused.stdout).toMatch(/^REFUSED: revocation\/revoked\n/)
  })

  test('ocsp check: what settles nothing is no acceptance', async () => {
    expect(await quick('ocsp', 'check', f('good.ocsp'), revoked.pem, '--issuer', ca.pem)).toMatchObject({ code: 1, stdout: expect.stringMatching(/^REFUSED: revocation\/undetermined\n/) })
    const late = await quick('ocsp', 'check', f('good.ocsp'), good.pem, '--issuer', ca.pem, '--at', `@${Math.floor(Date.now() / 1000) + 2 * 86_400}`, '--json')
    expect(late.code).toBe(1)
    expect(JSON.parse(late.stdout)).toMatchObject({ ok: false, code: 'revocation/undetermined', attempts: [{ revocation: [{ attempts: [{ code: 'ocsp/expired' }] }] }] })
    const old = await quick('ocsp', 'check', f('good.ocsp'), good.pem, '--issuer', ca.pem, '--at', `@${Math.floor(Date.now() / 1000) + 600}`, '--max-age', '60')
    expect(old.code).toBe(1)
    expect(old.stdout).toContain('ocsp/too-old')
  })

  const problems: [string, (verify: readonly string[]) => readonly string[], RegExp][] = [
    ['no such list', (verify) => [...verify, '--crl', f('nothing.crl')], /^--crl .*nothing\.crl: cannot be read: no such file$/],
    ['a certificate as a list', (verify) => [...verify, '--crl', good.pem], /^--crl .*: expected an X509 CRL, found CERTIFICATE$/],
    ['an answer as a list', (verify) => [...verify, '--crl', f('good.ocsp')], /^--crl .*good\.ocsp: asn1\/unexpected-tag in CertificateList /],
    ['a list as an answer', (verify) => [...verify, '--ocsp', f('ca.crl')], /^--ocsp .*ca\.crl: asn1\/unexpected-tag in OCSPResponse /],
    ['a PEM list as an answer', (verify) => [...verify, '--ocsp', f('ca.crl.pem')], /^--ocsp .*: expected an OCSP response in DER, found X509 CRL$/],
    ['an error of a responder', (verify) => [...verify, '--ocsp', f('later.ocsp')], /^--ocsp .*later\.ocsp: the responder gave no answer but tryLater$/],
    ['an empty list', (verify) => [...verify, '--crl', f('empty.pem')], /^--crl .*empty\.pem: the file is empty$/],
    ['a mode that is none', (verify) => [...verify, '--revocation', 'maybe'], /^--revocation maybe: not a mode; one of hard, soft, none$/],
    ['none, and a list', (verify) => [...verify, '--revocation', 'none', '--crl', f('ca.crl')], /^--revocation none, --crl: choose one$/],
    ['--allow without --fetch', (verify) => [...verify, '--allow', '10.0.0.0/8'], /^--allow: only together with --fetch$/],
    ...['10.0.0.0', '10.0.0.0/33', '999.0.0.0/8', '10.0.0.0/8:0', '10.0.0.0/8:65536', 'localhost/8', 'fd00::/129'].map((network): (typeof problems)[number] =>
      [`--allow ${network}`, (verify) => [...verify, '--fetch', '--allow', network], /^--allow \S+: not a network; write /]),
    ['crl without a file', () => ['crl'], /^crl: no FILE given/],
    ['crl of two files', () => ['crl', f('ca.crl'), f('ca.crl')], /^FILE .*: one list at a time$/],
    ['crl of a certificate', () => ['crl', good.pem], /^FILE .*: expected an X509 CRL, found CERTIFICATE$/],
    ['crl of garbage', () => ['crl', f('garbage.bin')], /^FILE .*garbage\.bin: neither PEM nor DER: /],
    ['a serial number that is none', () => ['crl', f('ca.crl'), '--serial', 'xyz'], /^--serial xyz: not a hexadecimal number$/],
    ['ocsp without an action', () => ['ocsp'], /^ocsp: say request or check$/],
    ['another action', () => ['ocsp', 'ask'], /^ocsp ask: say request or check$/],
    ['a request to nowhere', () => ['ocsp', 'request', good.pem, '--issuer', ca.pem], /^--out: missing/],
    ['a request of nobody', () => ['ocsp', 'request', good.pem, '--out', f('x.der')], /^--issuer: missing/],
    ['a request about nothing', () => ['ocsp', 'request', '--issuer', ca.pem, '--out', f('x.der')], /^CERTIFICATE: missing/],
    ['a request about an empty bundle', () => ['ocsp', 'request', f('empty.p7b'), '--issuer', ca.pem, '--out', f('x.der')], /^CERTIFICATE .*empty\.p7b: holds no certificate$/],
    ['a request to another issuer', () => ['ocsp', 'request', good.pem, '--issuer', other.pem, '--out', f('x.der')], /^CERTIFICATE .*: names another issuer than that of --issuer$/],
    ['a request by another hash', () => ['ocsp', 'request', good.pem, '--issuer', ca.pem, '--out', f('x.der'), '--hash', 'md5'], /^--hash md5: not a hash for CertIDs; one of sha1, sha256$/],
    ['a request that cannot be written', () => ['ocsp', 'request', good.pem, '--issuer', ca.pem, '--out', f('no/where.der')], /^--out .*: cannot be written: no such file$/],
    ['a check of one file', () => ['ocsp', 'check', f('good.ocsp'), '--issuer', ca.pem], /^ocsp check: expected RESPONSE CERTIFICATE$/],
    ['a check of an error', () => ['ocsp', 'check', f('later.ocsp'), good.pem, '--issuer', ca.pem], /^RESPONSE .*later\.ocsp: the responder gave no answer but tryLater$/],
    ['a check of a list', () => ['ocsp', 'check', f('ca.crl'), good.pem, '--issuer', ca.pem], /^RESPONSE .*: asn1\/unexpected-tag in OCSPResponse /],
    ['a check about an empty bundle', () => ['ocsp', 'check', f('good.ocsp'), f('empty.p7b'), '--issuer', ca.pem], /^CERTIFICATE .*empty\.p7b: holds no certificate$/],
    ['a check with another issuer', () => ['ocsp', 'check', f('good.ocsp'), good.pem, '--issuer', other.pem], /^CERTIFICATE .*: names another issuer than that of --issuer$/],
    ['a check by an empty bundle', () => ['ocsp', 'check', f('good.ocsp'), good.pem, '--issuer', f('empty.p7b')], /^--issuer .*empty\.p7b: holds no certificate$/],
    ['an age that is none', () => ['ocsp', 'check', f('good.ocsp'), good.pem, '--issuer', ca.pem, '--max-age', 'soon'], /^--max-age soon: not a number of seconds$/],
  ]
  test.each(problems)('exit code 2 and one line: %s', async (_, args, message) => {
    const { code, stdout, stderr } = await quick(...args(['verify', good.pem, ...usual]))
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^countersign: [^\n]+\n$/)
    expect(stderr.slice('countersign: '.length, -1)).toMatch(message)
    expect(code).toBe(2)
  })
})
