import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rootCertificates } from 'node:tls'
import fc from 'fast-check'
import { encode, encodeContextPrimitive, encodeInteger, encodeOctetString, encodeOid, encodeSequence, encodeString } from '../../src/asn1/index.ts'
import { dumpAsn1 } from '../../src/cli/asn1-dump.ts'
import { run } from '../../src/cli/run.ts'
import { guessStructure, walkTlv } from '../../src/cli/tlv.ts'
import { encodePem } from '../../src/x509/index.ts'
import { bundleDer, crlDer, extension, issue, now, requestDer, serverAuth } from './pki.ts'
import type { Issued } from './pki.ts'
import { countersign, makeFolder, memoryIo } from './world.ts'
import type { Folder } from './world.ts'

let folder: Folder
let root: Issued
let leaf: Issued
const ascii = new TextEncoder()

beforeAll(() => {
  folder = makeFolder()
  root = issue({ commonName: 'Test Root', ca: true })
  leaf = issue({
    commonName: 'www', issuer: root, dns: ['www.example.com'], purposes: [serverAuth, '1.2.3.4'],
    extensions: [
      extension('2.5.29.32', encodeSequence(encodeSequence(encodeOid('1.2.3'), encodeSequence(encodeSequence(encodeOid('1.3.6.1.5.5.7.2.2'),
        encodeSequence(encodeString(0x0c, 'Note </pre><script>\u001b[31m'))))))),
      extension('2.5.29.30', encodeSequence(encode(0xa0, encodeSequence(encodeContextPrimitive(7, Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0)))))),
      extension('1.2.3.4.5', encodeOctetString(Uint8Array.of(1, 2, 3))),
    ],
  })
})

afterAll(() => { folder.remove() })

/** Runs inspect in this process. */
async function inspect(content: string | Uint8Array, options: readonly string[] = [], overrides: Parameters<typeof memoryIo>[0] = {}):
Promise<{ code: number, out: string, err: string }> {
  const io = memoryIo({ readStdin: async () => (typeof content === 'string' ? ascii.encode(content) : content), ...overrides })
  const code = await run(['inspect', '-', ...options], io)
  return { code, out: io.out(), err: io.err() }
}

describe('what the strict reader reads', () => {
  test('a certificate, with every field and extension', async () => {
    const { code, out, err } = await inspect(leaf.pem)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    for (const part of ['standard input: PEM CERTIFICATE, ', '  kind: certificate\n  version: 3\n  serialNumber: ', '  issuer: CN=Test Root\n', '  subject: CN=www\n',
      `  notBefore: ${new Date(now.getTime() - 8_640_000_000).toISOString()}`, '    curve: p256\n',
      'basicConstraints (2.5.29.19) critical:', 'keyUsage (2.5.29.15) critical: digitalSignature\n',
      'extendedKeyUsage (2.5.29.37): serverAuth (1.3.6.1.5.5.7.3.1), 1.2.3.4\n', '- dNSName: www.example.com\n', '- iPAddress: 10.0.0.0/255.0.0.0\n',
      'explicitText: Note \\u{3C}/pre\\u{3E}\\u{3C}script\\u{3E}\\u{1B}[31m\n', 'unknown (1.2.3.4.5):\n      bytes: 0403010203\n',
      'signatureAlgorithm: ecdsaWithSHA256 (1.2.840.10045.4.3.2)\n', '  sha256: ']) expect(out).toContain(part)
    expect(out).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}<>&]/u)
  })

  test.each([
    ['a request, PEM', () => encodePem('CERTIFICATE REQUEST', requestDer(leaf)), 'certification request', '- dNSName: request.example'],
    ['a request, DER', () => requestDer(leaf), 'certification request', 'requestedExtensions:'],
    ['a revocation list, PEM', () => encodePem('X509 CRL', crlDer(root)), 'certificate revocation list', 'reasonCode (2.5.29.21): keyCompromise'],
    ['a revocation list, DER', () => crlDer(root), 'certificate revocation list', 'cRLNumber (2.5.29.20): 07'],
    ['a bundle, PEM', () => encodePem('PKCS7', bundleDer([leaf.der, root.der])), 'PKCS#7 bundle', 'subject: CN=Test Root'],
    ['a bundle, DER', () => bundleDer([leaf.der, root.der]), 'PKCS#7 bundle', 'subject: CN=www'],
    ['a public key, PEM', () => encodePem('PUBLIC KEY', leaf.spki), 'public key', 'parameters: P-256 (1.2.840.10045.3.1.7)'],
    ['a public key, DER', () => leaf.spki, 'public key', 'type: ec'],
    ['a certificate, DER', () => root.der, 'certificate', 'cA: yes'],
  ])('%s', async (_, content, kind, part) => {
    const { code, out } = await inspect(content())
    expect(code).toBe(0)
    expect(out).toContain(`kind: ${kind}\n`)
    expect(out).toContain(part)
    const [json] = JSON.parse((await inspect(content(), ['--json'])).out) as [{ kind: string }]
    expect(json.kind).toBe(kind)
  })

  test('several files and blocks, and the exit code of a process', async () => {
    const { code, stdout, stderr } = await countersign(['inspect', folder.write('two.pem', leaf.pem + root.pem), folder.write('root.der', root.der)])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.match(/kind: certificate/g)).toHaveLength(3)
    expect(stdout).toContain('two.pem, block 2: PEM CERTIFICATE')
  })

  test('every root certificate of Node', async () => {
    const { code, out } = await inspect(rootCertificates.join('\n'))
    expect(code).toBe(0)
    expect(out.match(/kind: certificate/g)).toHaveLength(rootCertificates.length)
    expect(out).not.toContain('malformed')
  })

  test('elements on demand', async () => {
    const { code, out } = await inspect(leaf.der, ['--asn1'])
    expect(code).toBe(0)
    expect(out).toContain('     0  SEQUENCE (')
    expect(out).toContain('UTF8String (3 octets) "www"')
  })
})

describe('what it refuses: where and why, and the elements all the same', () => {
  test('a boolean that is not DER', async () => {
    const der = new Uint8Array(leaf.der)
    const at = Buffer.from(der).indexOf(Buffer.of(1, 1, 0xff))
    der[at + 2] = 1
    const { code, out } = await inspect(der)
    expect(code).toBe(1)
    expect(out).toContain(`Refused as a certificate by the strict reader: asn1/invalid-boolean in extensions at offset ${at}: `)
    expect(out).toMatch(new RegExp(`^ *${at} +BOOLEAN \\(1 octet\\) TRUE as 0x01 {3}<-- refused here$`, 'm'))
    const [json] = JSON.parse((await inspect(der, ['--json'])).out) as [{ refused: { code: string, offset: number } }]
    expect(json.refused).toMatchObject({ code: 'asn1/invalid-boolean', offset: at })
  })

  test('an indefinite length, through asn1js', async () => {
    const { code, out } = await inspect(Uint8Array.of(0x30, 0x80, 0x30, 0x80, 0x02, 0x81, 0x01, 0x05, 0, 0, 0x30, 0, 0x03, 1, 0, 0, 0))
    expect(code).toBe(0)
    expect(out).toContain('No structure that this command knows')
    expect(out).toContain('SEQUENCE (indefinite length)')
    expect(out).toContain('INTEGER (1 octet) 5')
  })

  test('without asn1js: says how to get it, and goes as far as it can', async () => {
    const loadAsn1js = (): Promise<never> => Promise.reject(new Error('Cannot find package'))
    const { code, out } = await inspect(leaf.der.subarray(0, 200), [], { loadAsn1js })
    expect(code).toBe(1)
    expect(out).toContain('asn1/truncated')
    expect(out).toContain('npm install asn1js')
    expect(out).toContain('UTF8String (9 octets) "Test Root"')
    expect(out).toMatch(/! \d+ content octets announced, \d+ there/)
  })

  test('a malformed extension is shown beside its bytes', async () => {
    const bad = issue({ commonName: 'bad', extensions: [extension('2.5.29.54', encodeSequence())] })
    const { code, out } = await inspect(bad.der)
    expect(code).toBe(1)
    expect(out).toContain('inhibitAnyPolicy (2.5.29.54):\n      malformed:\n        code: asn1/unexpected-tag\n')
    expect(out).toContain('bytes: 3000')
  })

  test('trailing bytes', async () => {
    const { code, out } = await inspect(Buffer.concat([leaf.der, Buffer.of(0, 0)]))
    expect(code).toBe(1)
    expect(out).toContain(`asn1/trailing-data in Certificate at offset ${leaf.der.length}`)
  })
})

describe('wrong usage or unreadable input: exit code 2', () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ['an empty file', '', /^countersign: FILE standard input: the file is empty\n$/],
    ['text', 'hello\n', /^countersign: FILE standard input: x509\/empty-pem/],
    ['bytes', Uint8Array.of(0, 1, 2), /^countersign: FILE standard input: neither PEM nor DER/],
  ])('%s', async (_, content, message) => {
    const { code, out, err } = await inspect(content)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(message)
  })

  test('a private key, in PEM or DER, is not printed', async () => {
    for (const content of [leaf.keyPem, leaf.key.export({ format: 'der', type: 'pkcs8' }), leaf.key.export({ format: 'der', type: 'sec1' })]) {
      const { code, out, err } = await inspect(content as string | Uint8Array)
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(err).toContain('private key')
    }
  })

  test('no file, an unknown option, a missing file', async () => {
    for (const [args, message] of [[[], 'no FILE given'], [['x', '--jsn'], 'did you mean --json?'], [['/nothing/here'], 'no such file']] as const) {
      const { code, stdout, stderr } = await countersign(['inspect', ...args])
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain(message)
    }
  })
})

describe('bounds', () => {
  test('10 000 nested sequences', async () => {
    let der: Uint8Array = encodeInteger(1)
    const headers: Uint8Array[] = []
    let length = der.length
    for (let i = 0; i < 10_000; i++) {
      const header = encode(0x30, new Uint8Array(length)).subarray(0, length < 128 ? 2 : length < 256 ? 3 : length < 65536 ? 4 : 5)
      headers.push(header)
      length += header.length
    }
    der = Buffer.concat([...headers.reverse(), der])
    const { code, out } = await inspect(der)
    expect([0, 1]).toContain(code)
    expect(out).toContain('nested deeper than 64')
    expect(out.length).toBeLessThan(100_000)
  })

  test('100 000 elements', async () => {
    const { out } = await inspect(encode(0x30, new Uint8Array(200_000).map((_, i) => (i % 2 === 0 ? 5 : 0))))
    expect(out).toContain('only the first 4000 elements are shown')
  })

  test('a file that is too large', async () => {
    const { stdout, stderr, code } = await countersign(['inspect', folder.write('big.der', new Uint8Array(129 * 1024 * 1024).fill(0x30))])
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 })
    expect(stderr).toMatch(/larger than 134217728 bytes/)
  })

  test('any bytes: no throw, only safe text', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('leaf', 'root')).map(([at, value, which]) => {
        const der = new Uint8Array((which === 'leaf' ? leaf : root).der)
        der[at % der.length] = value
        return der
      }),
    )
    await fc.assert(fc.asyncProperty(bytes, async (der) => {
      for (const _ of walkTlv(der, 16)) { /* to the end */ }
      guessStructure(der)
      const { lines, remarks } = await dumpAsn1(der, memoryIo())
      expect([...lines, ...remarks].join('')).not.toMatch(/[\p{Cc}\p{Cf}<>&]/u)
      const { code, out, err } = await inspect(der)
      expect([0, 1, 2]).toContain(code)
      expect(err).not.toContain('unexpected error')
      expect(out).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
    }), { numRuns: 300 })
  })
})
