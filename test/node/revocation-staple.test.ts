/** Stapling, with the server and the client of openssl at the other end, and with ours at both. */
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import tls from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createVerifier, type Verifier } from 'countersign'
import { acceptedVerdict, connect, createServer, verifyPeer, type ServerOptions } from 'countersign/node'
import { createRevocationChecker, type RevocationMode } from 'countersign/revocation'
import { OpensslCa, freePort, has, makeFolder, start, statusOf, type Issued, type Program } from './programs.ts'
import { at, clientNames, failure, listen, pki, versions } from './support.ts'

const present = has('openssl', 'version')

describe.skipIf(!present).each(versions)('stapling, with openssl at the other end, %s', (version) => {
  const folder = makeFolder()
  const flag = version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3'
  let ca: OpensslCa
  let leaves: Record<'good' | 'revoked' | 'must' | 'mustRevoked', Issued>
  let programs: Program[] = []

  beforeAll(() => {
    ca = new OpensslCa(folder.path, 'ca')
    const server = ['extendedKeyUsage = serverAuth', 'subjectAltName = DNS:localhost']
    const must = [...server, 'tlsfeature = status_request']
    leaves = { good: ca.issue('good', server), revoked: ca.issue('revoked', server), must: ca.issue('must', must), mustRevoked: ca.issue('fallen', must) }
    ca.revoke(leaves.revoked, '-crl_reason', 'superseded')
    ca.revoke(leaves.mustRevoked, '-crl_reason', 'keyCompromise')
  })
  afterAll(() => folder.remove())
  afterEach(async () => {
    for (const program of programs) await program.stop()
    programs = []
  })

  function run(...args: string[]): Program {
    const program = start('openssl', [...args, flag])
    programs.push(program)
    return program
  }

  /** `openssl s_server` with a leaf, and a response to staple. */
  async function serve(leaf: Issued, response?: Uint8Array): Promise<number> {
    const port = await freePort()
    const file = join(folder.path, 'response.der')
    if (response !== undefined) writeFileSync(file, response)
    const server = run('s_server', '-accept', `127.0.0.1:${port}`, '-cert', leaf.pem, '-key', leaf.key, ...(response === undefined ? [] : ['-status_file', file]))
    await server.until(/ACCEPT/)
    return port
  }

  const verifierWith = (mode: RevocationMode, crls: readonly Uint8Array[] = []): Verifier =>
    createVerifier({ anchors: [ca.der], purpose: 'serverAuth', revocation: createRevocationChecker({ mode, crls }) })

  it.each(['sync', 'async'] as const)('our client takes what s_server staples: %s', async (drive) => {
    const socket = await connect({ ...at(await serve(leaves.good, ca.answer(leaves.good))), verifier: verifierWith('hard'), drive })
    expect(statusOf(acceptedVerdict(socket)!)).toBe('good stapled-ocsp')
    socket.destroy()

    const revoked = await failure(connect({ ...at(await serve(leaves.revoked, ca.answer(leaves.revoked))), verifier: verifierWith('soft'), drive }))
    expect(revoked.verdict?.code).toBe('revocation/revoked')
    expect(statusOf(revoked.verdict!)).toBe('revoked superseded stapled-ocsp')
  })

  it('none, or one about another, settles nothing', async () => {
    for (const [response, code] of [[undefined, undefined], [ca.answer(leaves.must), 'ocsp/no-answer'], [Uint8Array.of(0x30, 0x03, 0x0a, 0x01, 0x03), 'ocsp/error-status']] as const) {
      const port = await serve(leaves.good, response)
      const refused = await failure(connect({ ...at(port), verifier: verifierWith('hard') }))
      expect(refused.verdict?.code).toBe('revocation/undetermined')
      expect(statusOf(refused.verdict!)).toBe(code === undefined ? 'undetermined' : `undetermined ${code}`)
      const socket = await connect({ ...at(port), verifier: verifierWith('soft') })
      expect(acceptedVerdict(socket)?.warnings).toMatchObject([{ code: 'revocation/undetermined' }])
      socket.destroy()
    }
  })

  it('a certificate that asks for it must come with one, whatever else is known', async () => {
    const list = ca.crl()
    const port = await serve(leaves.must)
    for (const verifier of [verifierWith('soft'), verifierWith('hard', [list])]) {
      expect((await failure(connect({ ...at(port), verifier }))).verdict?.code).toBe('revocation/must-staple')
    }
    const usual = await connect({ ...at(await serve(leaves.good)), verifier: verifierWith('hard', [list]) })
    usual.destroy()
    const socket = await connect({ ...at(await serve(leaves.must, ca.answer(leaves.must))), verifier: verifierWith('hard') })
    expect(statusOf(acceptedVerdict(socket)!)).toBe('good stapled-ocsp')
    socket.destroy()
    const fallen = await failure(connect({ ...at(await serve(leaves.mustRevoked, ca.answer(leaves.mustRevoked))), verifier: verifierWith('soft') }))
    expect(fallen.verdict?.code).toBe('revocation/revoked')
  })

  it('verifyPeer hears the response that its caller took from the socket', async () => {
    for (const [leaf, code] of [[leaves.must, undefined], [leaves.mustRevoked, 'revocation/revoked']] as const) {
      const port = await serve(leaf, ca.answer(leaf))
      for (const handOver of [true, false]) {
        const wanted = { ...at(port), rejectUnauthorized: false, requestOCSP: true }
        const socket = tls.connect(wanted)
        socket.on('error', () => undefined)
        let ocspResponse: Buffer | undefined
        socket.once('OCSPResponse', (response: Buffer) => { ocspResponse = response })
        await once(socket, 'secureConnect')
        const verdict = await verifyPeer(socket, { verifier: verifierWith('soft'), names: { anyOf: [{ dns: 'localhost' }] }, ...(handOver && { ocspResponse: ocspResponse! }) })
        expect(verdict.ok ? undefined : verdict.code).toBe(handOver ? code : 'revocation/must-staple')
        socket.destroy()
      }
    }
    await expect(verifyPeer({} as never, { verifier: verifierWith('soft'), names: 'unchecked', ocspResponse: 'text' as never })).rejects.toThrow(/^ocspResponse: /)
  })

  async function listenWith(leaf: Issued, ocspResponse: ServerOptions['ocspResponse']): Promise<number> {
    const { toClient } = await pki()
    return await listen(createServer({
      cert: readFileSync(leaf.pem), key: readFileSync(leaf.key), verifier: toClient, names: clientNames, ...(ocspResponse && { ocspResponse }),
    }, (socket) => {
      socket.on('error', () => undefined)
      socket.write('welcome\n')
    }))
  }

  it('our server staples for s_client, which finds it good', async () => {
    const { client } = await pki()
    const [cert, key] = [join(folder.path, 'client.pem'), join(folder.path, 'client.key')]
    writeFileSync(cert, client.cert)
    writeFileSync(key, client.key, { mode: 0o600 })
    const ask = async (ocspResponse: ServerOptions['ocspResponse']): Promise<string> => {
      const program = run('s_client', '-connect', `127.0.0.1:${await listenWith(leaves.good, ocspResponse)}`, '-servername', 'localhost', '-status',
        '-CAfile', ca.pem, '-cert', cert, '-cert_chain', cert, '-key', key)
      await program.until(/welcome/)
      return program.output()
    }
    const response = ca.answer(leaves.good)
    for (const give of [() => response, async () => response]) {
      const said = await ask(give)
      expect(said).toMatch(/OCSP Response Status: successful[\s\S]*Cert Status: good/)
      expect(said).toMatch(/Verify return code: 0/)
    }
    for (const give of [undefined, () => undefined, () => { throw new Error('none') }, () => Promise.reject(new Error('none'))]) {
      expect(await ask(give)).toMatch(/OCSP response: no response sent/)
    }
  })

  it('our client takes what our server staples', async () => {
    const { client } = await pki()
    const response = ca.answer(leaves.must)
    const socket = await connect({ ...at(await listenWith(leaves.must, async () => response)), cert: client.cert, key: client.key, verifier: verifierWith('hard') })
    expect(statusOf(acceptedVerdict(socket)!)).toBe('good stapled-ocsp')
    socket.destroy()
    const none = await failure(connect({ ...at(await listenWith(leaves.must, () => undefined)), cert: client.cert, key: client.key, verifier: verifierWith('soft') }))
    expect(none.verdict?.code).toBe('revocation/must-staple')
    const gone = ca.answer(leaves.revoked)
    const revoked = await failure(connect({ ...at(await listenWith(leaves.revoked, () => gone)), cert: client.cert, key: client.key, verifier: verifierWith('soft') }))
    expect(revoked.verdict?.code).toBe('revocation/revoked')
  })
})
