/**
 * Peers that are not Node: the command-line client and server of OpenSSL.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, createServer, createSessionStore, type ServerOptions } from 'countersign/node'
import { freePort, has, start, type Program } from './programs.ts'
import { at, clientNames, collectRefusals, failure, later, listen, pki, versions } from './support.ts'

const present = has('openssl', 'version')

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-'))
  const all = await pki()
  for (const who of ['server', 'otherServer', 'client', 'otherClient'] as const) {
    writeFileSync(join(folder, `${who}.pem`), all[who].cert)
    writeFileSync(join(folder, `${who}.key`), all[who].key, { mode: 0o600 })
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function credential(who: string): string[] {
  const chain = join(folder, `${who}.pem`)
  return ['-cert', chain, '-cert_chain', chain, '-key', join(folder, `${who}.key`)]
}

function openssl(...args: string[]): Program {
  const program = start('openssl', args)
  later(() => program.process.kill('SIGKILL'))
  return program
}

const flag = { 'TLSv1.2': '-tls1_2', 'TLSv1.3': '-tls1_3' } as const

function client(port: number, version: (typeof versions)[number], ...args: string[]): Program {
  return openssl('s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', flag[version], ...args)
}

describe.skipIf(!present).each(versions)('openssl, %s', (version) => {
  async function serve(options: Partial<ServerOptions> = {}) {
    const { server, toClient } = await pki()
    const refusals = collectRefusals()
    let entered = 0
    const port = await listen(createServer({
      cert: server.cert, key: server.key, verifier: toClient, names: clientNames, onRefused: refusals.onRefused, ...options,
    }, (socket) => {
      entered++
      socket.on('error', () => undefined)
      socket.write('welcome\n')
      socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`))
    }))
    return { port, refusals, entered: () => entered }
  }

  it('s_client of our authority gets in; of another authority, or without a certificate, not', async () => {
    const { port, refusals, entered } = await serve()
    const good = client(port, version, ...credential('client'))
    await good.until(/welcome/)
    good.process.stdin.write('one\n')
    await good.until(/echo one/)
    good.process.kill('SIGKILL')

    const foreign = client(port, version, ...credential('otherClient'))
    foreign.process.stdin.write('at once\n')
    expect(await foreign.ended).not.toMatch(/welcome|echo/)
    expect((await refusals.next()).verdict?.code).toBe('path/no-anchor')

    expect(await client(port, version).ended).not.toMatch(/welcome/)
    expect((await refusals.next()).code).toBe('node/no-peer-certificate')
    expect(entered()).toBe(1)
  })

  it('s_client resumes nothing by default, and with a store in TLS 1.3', async () => {
    const plain = await serve()
    const stored = await serve({ sessions: createSessionStore() })
    const places = version === 'TLSv1.3' ? [[plain, 'New'], [stored, 'Reused']] as const : [[plain, 'New']] as const
    for (const [{ port }, word] of places) {
      const file = join(folder, `session-${port}`)
      const first = client(port, version, ...credential('client'), '-sess_out', file)
      await first.until(/welcome/)
      first.process.stdin.end('Q\n')
      await first.ended
      const second = client(port, version, ...credential('client'), '-sess_in', file)
      await second.until(/welcome/)
      expect(second.output()).toMatch(new RegExp(`^${word}, TLSv1`, 'm'))
      second.process.kill('SIGKILL')
    }
  })

  it('our client accepts s_server of our authority, and no other', async () => {
    const { client: own, toServer } = await pki()
    for (const [who, code] of [['server', undefined], ['otherServer', 'path/no-anchor']] as const) {
      const port = await freePort()
      const server = openssl('s_server', '-accept', `127.0.0.1:${port}`, '-Verify', '4', flag[version], ...credential(who))
      await server.until(/ACCEPT/)
      const attempt = connect({ ...at(port), cert: own.cert, key: own.key, verifier: toServer })
      if (code === undefined) {
        const socket = await attempt
        socket.write('over openssl\n')
        await server.until(/over openssl/)
        expect(server.output()).toMatch(/CN\s*=\s*pay/)
        socket.destroy()
      } else {
        expect((await failure(attempt)).verdict?.code).toBe(code)
      }
    }
  })
})

describe.skipIf(!present)('renegotiation (TLS 1.2)', () => {
  it('a client cannot start one; with Node’s own server it can', async () => {
    const { server, toClient } = await pki()
    const greet = (socket: tls.TLSSocket): void => {
      socket.on('error', () => undefined)
      socket.write('welcome\n')
    }
    const ours = await listen(createServer({ cert: server.cert, key: server.key, verifier: toClient, names: clientNames }, greet))
    const nodes = await listen(tls.createServer({ cert: server.cert, key: server.key, requestCert: true, rejectUnauthorized: false }, greet))
    for (const [port, refused] of [[ours, true], [nodes, false]] as const) {
      const program = client(port, 'TLSv1.2', ...credential('client'))
      await program.until(/welcome/)
      program.process.stdin.write('R\n')
      await program.until(refused ? /no renegotiation/i : /RENEGOTIATING[\s\S]*(verify return|depth=)/)
      program.process.kill('SIGKILL')
    }
  })

  it('a server cannot start one', async () => {
    const { client: own, toServer } = await pki()
    const port = await freePort()
    const server = openssl('s_server', '-accept', `127.0.0.1:${port}`, '-tls1_2', ...credential('server'))
    await server.until(/ACCEPT/)
    const socket = await connect({ ...at(port), cert: own.cert, key: own.key, verifier: toServer })
    socket.on('error', () => undefined)
    await server.until(/Secure Renegotiation IS supported/)
    // `R` makes s_server ask for a renegotiation with a client certificate, which was not asked for at first.
    server.process.stdin.write('R\n')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(server.output()).not.toMatch(/CN\s*=\s*pay/)
    socket.destroy()
  })
})
