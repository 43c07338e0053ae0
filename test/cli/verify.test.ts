import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodePem, parseCertificate } from '../../src/x509/index.ts'
import { run } from '../../src/cli/run.ts'
import { checkXml } from '../unit/verify/xml.ts'
import { bundleDer, crlDer, day, issue, now, requestDer } from './pki.ts'
import type { Issued } from './pki.ts'
import { countersign, makeFolder, memoryIo } from './world.ts'
import type { Folder } from './world.ts'

let folder: Folder
let root: Issued
let middle: Issued
let leaf: Issued
const file: Record<string, string> = {}
const evil = '</svg><script>alert(1)</script>\u001b[31m\u202e'

/** Everything but the chain, the anchors and the name. */
const usual = ['--purpose', 'serverAuth', '--at', now.toISOString()]

beforeAll(() => {
  folder = makeFolder()
  root = issue({ commonName: 'Test Root', ca: true })
  middle = issue({ commonName: 'Test Issuing CA', ca: true, issuer: root })
  leaf = issue({ commonName: 'www', issuer: middle, dns: ['www.example.com', 'example.com'] })
  const stranger = issue({ commonName: 'Stranger', ca: true })
  const expired = issue({ commonName: 'old', issuer: middle, dns: ['www.example.com'], notAfter: new Date(now.getTime() - day) })
  // A common name that would clear a terminal line, and a SAN that would close the picture.
  const hostile = issue({ commonName: `\u001b[2K\r${evil}`, issuer: middle, dns: ['</svg><script>alert(1)</script>'] })
  const files = {
    'root.pem': root.pem, 'stranger.pem': stranger.pem, 'chain.pem': leaf.pem + middle.pem, 'leaf.pem': leaf.pem, 'middle.pem': middle.pem,
    'expired.pem': expired.pem + middle.pem, 'hostile.pem': hostile.pem + middle.pem,
    'marked.pem': `\ufeff${leaf.pem}${middle.pem}`, 'indented.pem': (leaf.pem + middle.pem).replace(/^/gm, '  '), 'returns.pem': (leaf.pem + middle.pem).replaceAll('\n', '\r'),
    'commented.pem': `A note.\nSubject: CN=www\n${leaf.pem}\n`,
    'leaf.der': leaf.der, 'root.der': root.der, 'trailing.der': Buffer.concat([leaf.der, Buffer.of(0)]),
    'bundle.p7b': bundleDer([leaf.der, middle.der]), 'empty.p7b': bundleDer([]),
    'empty.pem': '', 'blank.pem': '\n\n', 'text.pem': 'no certificate here\n', 'key.pem': leaf.keyPem,
    'request.pem': encodePem('CERTIFICATE REQUEST', requestDer(leaf)), 'crl.pem': encodePem('X509 CRL', crlDer(middle)),
    'mixed.pem': leaf.pem + leaf.keyPem, 'binary.bin': Uint8Array.of(1, 2, 3, 4), 'keys.p12': Uint8Array.of(0x30, 5, 2, 1, 3, 0x30, 0),
    'open.pem': leaf.pem.replace(/-----END.*/, ''), 'base64.pem': leaf.pem.replace(/\nM/, '\n*'),
    'garbage.pem': encodePem('CERTIFICATE', Uint8Array.of(0x30, 3, 2, 1, 5)),
    'misnamed.der': Buffer.from(Buffer.from(root.der).toString('latin1').replaceAll('Test Root', '\xffest Root'), 'latin1'),
  }
  for (const [name, content] of Object.entries(files)) file[name] = folder.write(name, content)
  mkdirSync(join(folder.path, 'folder'))
})

afterAll(() => { folder.remove() })

const f = (name: string): string => file[name] ?? join(folder.path, name)

describe('accepted: exit code 0', () => {
  test('a chain in one file', async () => {
    const { code, stdout, stderr } = await countersign(['verify', f('chain.pem'), '--anchors', f('root.pem'), ...usual, '--name', 'www.example.com'])
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toBe(`ACCEPTED  for serverAuth
  subject      CN=www
  issued by    CN=Test Issuing CA
  anchor       CN=Test Root
  names        dns: www.example.com, dns: example.com
  valid until  ${new Date(now.getTime() + 3650 * day).toISOString()}
  revocation   not checked
`)
  })

  test.each([
    ['several files', () => [f('leaf.pem'), f('middle.pem')]],
    ['PEM behind a byte order mark', () => [f('marked.pem')]],
    ['indented PEM', () => [f('indented.pem')]],
    ['lines that end in CR', () => [f('returns.pem')]],
    ['DER files', () => [f('leaf.der'), '--intermediates', f('middle.pem')]],
    ['a PKCS#7 bundle', () => [f('bundle.p7b')]],
    ['text before the block', () => [f('commented.pem'), f('middle.pem')]],
    ['strangers among the candidates', () => [f('chain.pem'), f('stranger.pem'), f('expired.pem')]],
    ['several anchor files', () => [f('chain.pem'), '--anchors', f('stranger.pem')]],
  ])('%s', async (_, args) => {
    const { code, stdout } = await countersign(['verify', ...args(), '--anchors', f('root.pem'), ...usual, '--any-name'])
    expect(stdout).toMatch(/^ACCEPTED/)
    expect(code).toBe(0)
  })

  test('standard input, PEM and DER', async () => {
    for (const input of [leaf.pem + middle.pem, bundleDer([leaf.der, middle.der])]) {
      const { code } = await countersign(['verify', '-', '--anchors', f('root.der'), ...usual, '--name', 'dns:example.com', '--revocation', 'none'], input)
      expect(code).toBe(0)
    }
  })

  test('several names: one is enough', async () => {
    const { code } = await countersign(['verify', f('chain.pem'), '--anchors', f('root.pem'), ...usual, '--name', 'other.example', '--name', 'example.com'])
    expect(code).toBe(0)
  })

  test('--json is the verdict', async () => {
    const { code, stdout } = await countersign(['verify', f('chain.pem'), '--anchors', f('root.pem'), ...usual, '--any-name', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true, revocation: 'none', anchor: { role: 'anchor', subject: 'CN=Test Root' },
      path: [{ role: 'leaf', subject: 'CN=www', sha256: parseCertificate(leaf.der).fingerprint }, { role: 'intermediate' }],
    })
  })

  test('--explain and --graph', async () => {
    const svg = join(folder.path, 'accepted.svg')
    const { code, stdout } = await countersign(['verify', f('chain.pem'), '--anchors', f('root.pem'), ...usual, '--any-name', '--explain', '--graph', svg])
    expect(code).toBe(0)
    expect(stdout).toContain('  ● CN=www  (leaf')
    expect(stdout).toContain('  ◆ CN=Test Root  (trust anchor')
    expect(stdout).toContain('Revocation: not checked')
    const picture = readFileSync(svg, 'utf8')
    checkXml(picture)
    expect(picture).toContain('ACCEPTED')
  })

  test('the same output every time', async () => {
    const args = ['verify', f('chain.pem'), '--anchors', f('root.pem'), ...usual, '--any-name', '--json']
    expect((await countersign(args)).stdout).toBe((await countersign(args)).stdout)
  })
})

describe('refused: exit code 1, the reason on standard output', () => {
  test.each([
    ['another name', () => [f('chain.pem'), '--anchors', f('root.pem'), '--name', 'evil.example'], 'path/name-mismatch'],
    ['an expired leaf', () => [f('expired.pem'), '--anchors', f('root.pem'), '--any-name'], 'path/expired'],
    ['another authority', () => [f('chain.pem'), '--anchors', f('stranger.pem'), '--any-name'], 'path/no-anchor'],
    ['no intermediate', () => [f('leaf.pem'), '--anchors', f('root.pem'), '--any-name'], 'path/no-anchor'],
    ['not among the roots of the system', () => [f('chain.pem'), '--anchors', 'system', '--any-name'], 'path/no-anchor'],
  ])('%s', async (_, args, reason) => {
    const { code, stdout, stderr } = await countersign(['verify', ...args(), ...usual])
    expect(stderr).toBe('')
    expect(stdout).toMatch(new RegExp(`^REFUSED  ${reason}: `))
    expect(stdout).toContain('revocation')
    expect(code).toBe(1)
    const json = await countersign(['verify', ...args(), ...usual, '--json'])
    expect(json.code).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, code: reason })
  })

  test('another purpose', async () => {
    const { code, stdout } = await countersign(['verify', f('chain.pem'), '--anchors', f('root.pem'), '--purpose', 'clientAuth', '--at', now.toISOString(), '--any-name'])
    expect(stdout).toMatch(/^REFUSED {2}path\/extended-key-usage: /)
    expect(code).toBe(1)
  })

  test('a stricter profile', async () => {
    const chain = folder.write('plain.pem', issue({ commonName: 'plain', issuer: middle, dns: ['plain.example'], purposes: [] }).pem + middle.pem)
    const args = ['verify', chain, '--anchors', f('root.pem'), ...usual, '--any-name']
    expect((await countersign(args)).code).toBe(0)
    const { code, stdout } = await countersign([...args, '--profile', 'webpki'])
    expect(code).toBe(1)
    expect(stdout).toContain('webpki/')
  })
})

describe('names made to do harm', () => {
  const unsafe = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>&]/u

  test.each([[[]], [['--explain']]])('text %j', async (options) => {
    for (const name of ['--any-name', '--name=victim.example']) {
      const { stdout, stderr } = await countersign(['verify', f('hostile.pem'), '--anchors', f('root.pem'), ...usual, name, ...options])
      expect(stderr).toBe('')
      expect(stdout).not.toMatch(unsafe)
      expect(stdout.length).toBeGreaterThan(100)
    }
  })

  test('--json keeps the text, as JSON escapes', async () => {
    const { stdout } = await countersign(['verify', f('hostile.pem'), '--anchors', f('root.pem'), ...usual, '--name', 'victim.example', '--json'])
    expect(stdout).not.toMatch(unsafe)
    expect(JSON.stringify(JSON.parse(stdout))).toContain('\\\\<script\\\\>')
  })

  test.each(['svg', 'mmd'])('--graph %s', async (format) => {
    const path = join(folder.path, `hostile.${format}`)
    await countersign(['verify', f('hostile.pem'), '--anchors', f('root.pem'), ...usual, '--name', 'victim.example', '--graph', path])
    const picture = readFileSync(path, 'utf8')
    expect(picture).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
    expect(picture).not.toContain('<script')
    if (format === 'svg') {
      checkXml(picture)
      expect(picture.match(/<\/svg>/g)).toHaveLength(1)
    }
  })

  test('in a file name', async () => {
    const { code, stderr } = await countersign(['verify', `x${evil}.pem`, '--anchors', f('root.pem'), ...usual, '--any-name'])
    expect(code).toBe(2)
    expect(stderr).not.toMatch(unsafe)
  })
})

describe.concurrent('wrong usage or unreadable input: exit code 2, one line that names the argument', () => {
  const whole = ['--anchors', 'ROOT', '--purpose', 'serverAuth', '--any-name']
  test.each<[string, string[], RegExp]>([
    ['no purpose', ['chain.pem', '--anchors', 'ROOT', '--any-name'], /^--purpose: missing/],
    ['a purpose that is none', ['chain.pem', '--anchors', 'ROOT', '--any-name', '--purpose', 'server'], /^--purpose server: not a purpose/],
    ['no anchors', ['chain.pem', '--purpose', 'serverAuth', '--any-name'], /^--anchors: missing/],
    ['no name', ['chain.pem', '--anchors', 'ROOT', '--purpose', 'serverAuth'], /^--name: missing.*--any-name/],
    ['a name and any name', ['chain.pem', ...whole, '--name', 'a.example'], /^--any-name, --name: choose one/],
    ['a malformed name', ['chain.pem', '--anchors', 'ROOT', '--purpose', 'serverAuth', '--name', 'a b'], /^--name a b: not a host name/],
    ['a wildcard for a name', ['chain.pem', '--anchors', 'ROOT', '--purpose', 'serverAuth', '--name', '*.a.example'], /^--name \*\.a\.example: not a host name \(give the host itself/],
    ['an authority for a name', ['chain.pem', '--anchors', 'ROOT', '--purpose', 'serverAuth', '--name', 'a.example:443'], /^--name a\.example:443: not a host name \(give the host alone/],
    ['an empty label in a name', ['chain.pem', '--anchors', 'ROOT', '--purpose', 'serverAuth', '--name', 'a..b'], /^--name: not a host name/],
    ['a time that is none', ['chain.pem', ...whole, '--at', 'tomorrow'], /^--at tomorrow: not a time/],
    ['a time without a zone', ['chain.pem', ...whole, '--at', '2026-01-01T00:00:00'], /^--at .*: not a time/],
    ['an unknown profile', ['chain.pem', ...whole, '--profile', 'webpkii'], /^--profile webpkii: not a profile; one of rfc5280/],
    ['revocation by CRL', ['chain.pem', ...whole, '--revocation', 'crl'], /^--revocation crl: not a mode; one of hard, soft, none/],
    ['an unknown option', ['chain.pem', ...whole, '--explian'], /^--explian: unknown option; did you mean --explain\?/],
    ['an option without its value', ['chain.pem', ...whole, '--at'], /^--at: needs a value/],
    ['two kinds of output', ['chain.pem', ...whole, '--json', '--explain'], /^--json, --explain: choose one/],
    ['a picture of no known kind', ['chain.pem', ...whole, '--graph', 'x.png'], /^--graph x\.png: the name must end in \.svg or \.mmd/],
    ['a picture that cannot be written', ['chain.pem', ...whole, '--graph', 'MISSING/x.svg'], /^--graph .*x\.svg: cannot be written: no such file/],
    ['no chain', [...whole], /^CHAIN: missing/],
    ['--servername without --connect', ['chain.pem', ...whole, '--servername', 'a.example'], /^--servername: only together with --connect/],
    ['a chain and --connect', ['chain.pem', ...whole, '--connect', 'localhost:1'], /^CHAIN .*: not together with --connect/],
    ['an address that is none', [...whole, '--connect', 'https://x/'], /^--connect https:\/\/x\/: not an address/],
    ['a missing file', ['missing.pem', ...whole], /^CHAIN .*missing\.pem: cannot be read: no such file/],
    ['a folder', ['folder', ...whole], /^CHAIN .*folder: cannot be read: is a directory/],
    ['an anchor whose name cannot be read', ['chain.pem', '--anchors', 'MISNAMED', '--purpose', 'serverAuth', '--any-name'], /^--anchors: asn1\/invalid-string in options\.anchors\[0\]/],
    ['a missing anchor file', ['chain.pem', '--anchors', 'MISSING', '--purpose', 'serverAuth', '--any-name'], /^--anchors .*: cannot be read: no such file/],
    ['a missing file of intermediates', ['chain.pem', ...whole, '--intermediates', 'MISSING'], /^--intermediates .*: cannot be read/],
    ['an empty file', ['empty.pem', ...whole], /^CHAIN .*empty\.pem: the file is empty/],
    ['a blank file', ['blank.pem', ...whole], /^CHAIN .*blank\.pem: x509\/empty-pem/],
    ['text', ['text.pem', ...whole], /^CHAIN .*text\.pem: x509\/empty-pem/],
    ['bytes', ['binary.bin', ...whole], /^CHAIN .*binary\.bin: neither PEM nor DER/],
    ['PKCS#12', ['keys.p12', ...whole], /^CHAIN .*keys\.p12: this is PKCS#12; take the certificates out of it first/],
    ['a private key', ['key.pem', ...whole], /^CHAIN .*key\.pem: expected a CERTIFICATE, found a PRIVATE KEY/],
    ['a request', ['request.pem', ...whole], /^CHAIN .*: expected a CERTIFICATE, found a CERTIFICATE REQUEST/],
    ['a revocation list', ['crl.pem', ...whole], /^CHAIN .*: expected a CERTIFICATE, found an X509 CRL/],
    ['a key beside the certificate', ['mixed.pem', ...whole], /^CHAIN .*mixed\.pem, block 2: expected a CERTIFICATE, found a PRIVATE KEY/],
    ['a key as an anchor', ['chain.pem', '--anchors', 'KEY', '--purpose', 'serverAuth', '--any-name'], /^--anchors .*: expected a CERTIFICATE/],
    ['trailing bytes', ['trailing.der', ...whole], /^CHAIN .*trailing\.der: asn1\/trailing-data .*at offset \d+/],
    ['a block without an end', ['open.pem', ...whole], /^CHAIN .*: x509\/malformed-pem/],
    ['bad base64', ['base64.pem', ...whole], /^CHAIN .*: x509\/malformed-pem/],
    ['a certificate that is none', ['garbage.pem', ...whole], /^CHAIN .*garbage\.pem: asn1\/unexpected-tag/],
    ['a bundle without a leaf', ['empty.p7b', ...whole], /^CHAIN .*: holds no certificate, so there is no leaf/],
    ['a bundle without anchors', ['chain.pem', '--anchors', 'BUNDLE', '--purpose', 'serverAuth', '--any-name'], /^--anchors .*: holds no certificate/],
    ['standard input twice', ['-', ...whole, '--intermediates', '-'], /^CHAIN standard input: |^--intermediates standard input: can be read only once/],
  ])('%s', async (_, args, message) => {
    const places: Record<string, string> = {
      ROOT: f('root.pem'), KEY: f('key.pem'), BUNDLE: f('empty.p7b'), MISNAMED: f('misnamed.der'), MISSING: join(folder.path, 'nothing'),
      'MISSING/x.svg': join(folder.path, 'nothing', 'x.svg'),
    }
    const argv = args.map((arg) => places[arg] ?? file[arg] ?? (/^(missing\.pem|folder)$/.test(arg) ? join(folder.path, arg) : arg))
    const { code, stdout, stderr } = await countersign(['verify', ...argv], leaf.pem)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^countersign: [^\n]+\n$/)
    expect(stderr.slice('countersign: '.length)).toMatch(message)
    expect(stderr).not.toMatch(/\bat .*\.(js|ts):\d+/)
  })
})

describe('the command itself', () => {
  test('--version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
    expect(await countersign(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test.each([[['--help'], 'Usage'], [['help'], 'Usage'], [['verify', '--help'], '--anchors FILE'], [['help', 'verify'], '--anchors FILE'],
    [['inspect', '-h'], '--asn1'], [['verify', 'x', '--help'], '--anchors FILE']])('%j', async (args, part) => {
    const { code, stdout, stderr } = await countersign(args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(part)
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
  })

  test.each([[[], /^countersign: X\.509/], [['verfy'], /did you mean verify\?/], [['help', 'x'], /x: unknown command/], [['--verson'], /did you mean --version\?/],
    [['toString'], /unknown command/]])('%j: exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await countersign(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(message)
  })

  test('a reader that leaves early changes nothing', async () => {
    const { spawnSync } = await import('node:child_process')
    const roots = folder.write('many.pem', root.pem.repeat(400))
    const main = new URL('../../dist/cli/main.js', import.meta.url).pathname
    const result = spawnSync('bash', ['-c', `"$1" "$2" inspect "$3" | head -n 1; echo "code \${PIPESTATUS[0]}"`, 'bash', process.execPath, main, roots], { encoding: 'utf8' })
    expect(result.stderr).toBe('')
    expect(result.stdout.trimEnd().split('\n').at(-1)).toBe('code 0')
  })

  test('colour only where asked for', async () => {
    const args = ['verify', f('chain.pem'), '--anchors', f('root.pem'), ...usual, '--any-name']
    const colored = memoryIo({ color: true })
    expect(await run(args, colored)).toBe(0)
    expect(colored.out()).toMatch(/^\u001b\[1;32mACCEPTED\u001b\[0m/)
    const plain = memoryIo()
    expect(await run(args, plain)).toBe(0)
    expect(plain.out()).not.toContain('\u001b')
  })

  test('an unexpected error is one line and no acceptance', async () => {
    const io = memoryIo({ readFile: () => Promise.reject(new Error('disk\u001b[31m on fire')) })
    expect(await run(['verify', 'x', '--anchors', 'y', ...usual, '--any-name'], io)).toBe(2)
    expect(io.err()).toBe('countersign: --anchors y: cannot be read: disk\\u{1B}[31m on fire\n')
  })
})
