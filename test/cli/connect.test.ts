import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { plainCertificates } from '../../src/cli/plain-certificates.ts'
import { issue } from './pki.ts'
import type { Issued } from './pki.ts'
import { countersign, makeFolder } from './world.ts'
import type { Folder } from './world.ts'

// A live server has the clock of this machine.
const hour = 3_600_000
const current = { notBefore: new Date(Date.now() - 24 * hour), notAfter: new Date(Date.now() + 24 * hour) }
const hasOpenssl = spawnSync('openssl', ['version']).status === 0

let folder: Folder
let root: Issued
let middle: Issued
let rootFile: string
const children: ChildProcess[] = []
const servers: Server[] = []

beforeAll(() => {
  folder = makeFolder()
  root = issue({ commonName: 'Live Root', ca: true, ...current })
  middle = issue({ commonName: 'Live Issuing CA', ca: true, issuer: root, ...current })
  rootFile = folder.write('root.pem', root.pem)
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill()
  for (const server of servers.splice(0)) server.close()
})

afterAll(() => { folder.remove() })

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** A real `openssl s_server`; resolves with its port once it listens. */
async function opensslServer(leaf: Issued, chain: readonly Issued[], more: readonly string[] = []): Promise<number> {
  const port = await freePort()
  const certificate = folder.write(`leaf-${port}.pem`, leaf.pem)
  const key = folder.write(`key-${port}.pem`, leaf.keyPem)
  const chainArgs = chain.length === 0 ? [] : ['-cert_chain', folder.write(`chain-${port}.pem`, chain.map(({ pem }) => pem).join(''))]
  const child = spawn('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, '-cert', certificate, '-key', key, ...chainArgs, '-quiet', ...more])
  children.push(child)
  let log = ''
  child.stderr.on('data', (text: Buffer) => { log += text.toString() })
  for (let i = 0; i < 100; i++) {
    if (child.exitCode !== null) throw new Error(`openssl s_server ended: ${log}`)
    if (await isListening(port)) return port
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`openssl s_server does not listen: ${log}`)
}

async function isListening(port: number): Promise<boolean> {
  const { connect } = await import('node:net')
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => { socket.destroy(); resolve(true) })
    socket.on('error', () => { resolve(false) })
  })
}

/** A TCP server that answers every connection in its own way. */
async function rawServer(answer: (socket: import('node:net').Socket) => void): Promise<number> {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    answer(socket)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const record = (type: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(type, 3, 3, body.length >> 8, body.length & 0xff), body])
}
const vector = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.of(bytes.length >> 16, (bytes.length >> 8) & 0xff, bytes.length & 0xff), bytes])
const message = (type: number, body: Uint8Array): Buffer => Buffer.concat([Buffer.of(type), vector(body)])

/** A ServerHello for TLS 1.2 and a Certificate message with any bytes at all as the leaf. */
function helloWith(leaf: Uint8Array): Buffer {
  const hello = Buffer.concat([Buffer.of(3, 3), Buffer.alloc(32, 7), Buffer.of(0), Buffer.of(0xc0, 0x2b), Buffer.of(0), Buffer.of(0, 5, 0xff, 0x01, 0, 1, 0)])
  return record(22, message(2, hello), message(11, vector(vector(leaf))))
}

describe.skipIf(!hasOpenssl)('a real openssl s_server (skipped where openssl is absent)', () => {
  test.each([['-tls1_2'], ['-tls1_3']])('%s: accepted: the chain as sent, the name of the host', async (version) => {
    const leaf = issue({ commonName: 'live', issuer: middle, dns: ['localhost'], ...current })
    const port = await opensslServer(leaf, [middle], [version])
    const { code, stdout, stderr } = await countersign(['verify', '--connect', `127.0.0.1:${port}`, '--servername', 'localhost', '--anchors', rootFile])
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^127\.0\.0\.1:\d+ sent 2 certificates \(TLSv1\.[23], \w+[\w-]*\)\nACCEPTED {2}for serverAuth\n/)
    expect(stdout).toContain('issued by    CN=Live Issuing CA')
    expect(code).toBe(0)
  })

  test('refused: another name, no intermediate, no anchor among the roots of the system', async () => {
    const leaf = issue({ commonName: 'live', issuer: middle, dns: ['localhost'], ...current })
    const port = await opensslServer(leaf, [])
    const connect = ['verify', '--connect', `127.0.0.1:${port}`]
    const intermediate = folder.write('middle.pem', middle.pem)
    const byHost = await countersign([...connect, '--anchors', rootFile, '--intermediates', intermediate])
    expect(byHost.stdout).toContain('REFUSED  path/name-mismatch')
    expect(byHost.code).toBe(1)
    const alone = await countersign([...connect, '--anchors', rootFile, '--any-name', '--json'])
    expect(JSON.parse(alone.stdout)).toMatchObject({ ok: false, code: 'path/no-anchor' })
    expect(alone.code).toBe(1)
    const system = await countersign([...connect, '--name', 'localhost'])
    expect(system.stdout).toContain('REFUSED  path/no-anchor')
    expect(system.code).toBe(1)
    const helped = await countersign([...connect, '--anchors', rootFile, '--intermediates', intermediate, '--name', 'localhost'])
    expect(helped.code).toBe(0)
  }, 20_000)

  test('refused: expired, by the clock and by --at', async () => {
    const leaf = issue({ commonName: 'live', issuer: root, dns: ['localhost'], ...current, notAfter: new Date(Date.now() - hour) })
    const port = await opensslServer(leaf, [])
    const args = ['verify', '--connect', `127.0.0.1:${port}`, '--anchors', rootFile, '--any-name']
    const late = await countersign([...args, '--explain'])
    expect(late.stdout).toContain('REFUSED: path/expired')
    expect(late.code).toBe(1)
    expect((await countersign([...args, '--at', new Date(Date.now() - 2 * hour).toISOString()])).code).toBe(0)
  })

  test('a leaf that openssl takes and DER forbids: refused with the parse code', async () => {
    const leaf = issue({
      commonName: 'live', issuer: root, dns: ['localhost'], ...current,
      // A BOOLEAN true that is not FF: BER, not DER.
      patchTbs: (tbs) => {
        const copy = new Uint8Array(tbs)
        copy[Buffer.from(copy).indexOf(Buffer.of(1, 1, 0xff)) + 2] = 1
        return copy
      },
    })
    const port = await opensslServer(leaf, [])
    const { code, stdout } = await countersign(['verify', '--connect', `127.0.0.1:${port}`, '--anchors', rootFile, '--any-name', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, code: 'asn1/invalid-boolean' })
    expect(code).toBe(1)
  })
})

describe('a peer that misbehaves', () => {
  test('a leaf that is no certificate at all: refused with the parse code', async () => {
    const port = await rawServer((socket) => { socket.once('data', () => socket.write(helloWith(Uint8Array.of(0x30, 0x03, 0x02, 0x01)))) })
    const { code, stdout, stderr } = await countersign(['verify', '--connect', `127.0.0.1:${port}`, '--anchors', rootFile, '--any-name'])
    expect(stderr).toBe('')
    expect(stdout).toContain('REFUSED  asn1/truncated: ')
    expect(code).toBe(1)
  })

  test('a good certificate without a handshake proves nothing', async () => {
    const leaf = issue({ commonName: 'live', issuer: root, dns: ['localhost'], ...current })
    const port = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write(helloWith(leaf.der))
        socket.end(record(21, Buffer.of(2, 40)))
      })
    })
    const { code, stdout, stderr } = await countersign(['verify', '--connect', `127.0.0.1:${port}`, '--anchors', rootFile, '--any-name'])
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^countersign: --connect 127\.0\.0\.1:\d+: [^\n]+\n$/)
    expect(code).toBe(2)
  })

  test.each<[string, (socket: import('node:net').Socket) => void, RegExp]>([
    ['hangs up', (socket) => { socket.end() }, /closed|reset|disconnected|ECONNRESET/],
    ['talks another protocol', (socket) => { socket.end('HTTP/1.1 400 Bad Request\r\n\r\n') }, /TLS failed/],
  ])('%s: exit code 2', async (_, answer, reason) => {
    const port = await rawServer(answer)
    const { code, stdout, stderr } = await countersign(['verify', '--connect', `127.0.0.1:${port}`, '--anchors', rootFile])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^countersign: --connect 127\.0\.0\.1:\d+: [^\n]+\n$/)
    expect(stderr).toMatch(reason)
  })

  test('nobody there: exit code 2', async () => {
    const port = await freePort()
    const { code, stdout, stderr } = await countersign(['verify', '--connect', `127.0.0.1:${port}`, '--anchors', rootFile])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toBe(`countersign: --connect 127.0.0.1:${port}: connection refused\n`)
  })

  test('says nothing: exit code 2 after ten seconds', async () => {
    const port = await rawServer(() => undefined)
    const start = Date.now()
    const { code, stderr } = await countersign(['verify', '--connect', `127.0.0.1:${port}`, '--anchors', rootFile])
    expect(code).toBe(2)
    expect(stderr).toContain('no TLS handshake within 10 seconds')
    expect(Date.now() - start).toBeLessThan(15_000)
  }, 20_000)
})

describe('plainCertificates', () => {
  test('reads a message that is spread over records, and nothing from other bytes', () => {
    const list = message(11, vector(Buffer.concat([vector(Uint8Array.of(1, 2, 3)), vector(Uint8Array.of(4))])))
    const spread = Buffer.concat([record(22, message(2, Buffer.alloc(40))), record(22, list.subarray(0, 9)), record(22, list.subarray(9))])
    expect(plainCertificates(spread)).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(4)])
    expect(plainCertificates(spread.subarray(0, spread.length - 1))).toEqual([])
    expect(plainCertificates(new Uint8Array(100))).toEqual([])
    expect(plainCertificates(Buffer.from('HTTP/1.1 400\r\n\r\n'))).toEqual([])
  })
})
