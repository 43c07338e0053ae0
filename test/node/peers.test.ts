/**
 * Peers that nobody here wrote, in both directions: `curl`, `openssl s_client` and `s_server`, a client and a server of Go.
 * Certificates of two roots of OpenSSL, below one of them an intermediate. Each is accepted, refused with an explanation,
 * denied by a policy, and refused after it was revoked during a connection that was kept.
 */
import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVerifier, explain, type Verifier } from 'countersign'
import {
  acceptedVerdict, connect, createHttp2SecureServer, createHttpsAgent, createHttpsServer, createServer, decisionOf,
  type HttpsServerOptions, type OnRefused,
} from 'countersign/node'
import { explainDecision, parsePolicy } from 'countersign/policy'
import { checkerOnLoopback, freePort, has, makeFolder, OpensslCa, start, type Issued, type Program } from './programs.ts'
import { at, collectRefusals, failure, later, listen, socketOf } from './support.ts'

const openssl = has('openssl', 'version')
const curl = openssl && has('curl', '--version')
const go = openssl && has('go', 'version')

const folder = makeFolder()
let lists: http.Server
let rootA: OpensslCa
let rootB: OpensslCa
let intermediate: OpensslCa
let toClient: Verifier
let toServer: Verifier

/** A certificate with its chain in one file, and its key. */
interface Peer extends Issued { readonly chain: string, readonly ca: string, readonly issuer: OpensslCa, readonly name: string }

let count = 0
const issued = new Map<string, OpensslCa>()

/** `below` the intermediate, or by the root itself. Its list is served on loopback, as it is at the time. */
function issue(issuer: OpensslCa, root: OpensslCa, usage: 'clientAuth' | 'serverAuth', san: string): Peer {
  const name = `peer${++count}`
  issued.set(name, issuer)
  const { port } = lists.address() as import('node:net').AddressInfo
  const made = issuer.issue(name, [
    'keyUsage = critical,digitalSignature', `extendedKeyUsage = ${usage}`, `subjectAltName = ${san}`, `crlDistributionPoints = URI:http://127.0.0.1:${port}/${name}`,
  ])
  const chain = join(folder.path, `${name}-chain.pem`)
  writeFileSync(chain, readFileSync(made.pem, 'utf8') + (issuer === root ? '' : readFileSync(issuer.pem, 'utf8')))
  return { ...made, chain, ca: root.pem, issuer, name }
}

const payClient = (issuer = intermediate, root = rootA): Peer => issue(issuer, root, 'clientAuth', 'URI:spiffe://bank.example/pay')
const localServer = (issuer = intermediate, root = rootA): Peer => issue(issuer, root, 'serverAuth', 'DNS:localhost')

function credential({ chain, key }: Peer): { cert: string, key: string } {
  return { cert: readFileSync(chain, 'utf8'), key: readFileSync(key, 'utf8') }
}

/** What is fetched is asked for anew each time: a list is good for days, and here it changes. */
const forgetful = { get: async () => undefined, set: async () => undefined }

beforeAll(async () => {
  if (!openssl) return
  lists = http.createServer((request, response) => response.end(issued.get(request.url!.slice(1))?.crl())).listen(0, '127.0.0.1')
  await once(lists, 'listening')
  rootA = new OpensslCa(folder.path, 'rootA')
  rootB = new OpensslCa(folder.path, 'rootB')
  intermediate = new OpensslCa(folder.path, 'intermediateA', rootA)
  const verifier = (purpose: 'clientAuth' | 'serverAuth'): Verifier => createVerifier({
    anchors: [rootA.der], purpose, revocation: checkerOnLoopback({ mode: { leaf: 'hard', ca: 'soft' }, cache: forgetful }),
  })
  toClient = verifier('clientAuth')
  toServer = verifier('serverAuth')
})
afterAll(() => {
  lists?.close()
  folder.remove()
})

/** GET on what is public; the rest for payers alone. */
const policy = parsePolicy({
  version: 1,
  identity: [{ from: 'san.uri', as: 'spiffe' }],
  rules: [
    { id: 'public', effect: 'allow', when: { 'request.path': { path: '/public/**' } } },
    { id: 'pay', effect: 'allow', when: { allOf: [{ 'san.uri': { spiffe: 'spiffe://bank.example/pay' } }, { 'request.path': { prefix: '/payments/' } }] } },
  ],
})

const payers = parsePolicy({ version: 1, identity: 'none', rules: [{ id: 'pay', effect: 'allow', when: { 'san.uri': { spiffe: 'spiffe://bank.example/pay' } } }] })
const locals = parsePolicy({ version: 1, identity: 'none', rules: [{ id: 'local', effect: 'allow', when: { 'san.dns': { exact: 'localhost' } } }] })
const strangers = parsePolicy({ version: 1, identity: 'none', rules: [{ id: 'other', effect: 'allow', when: { 'san.dns': { exact: 'other.example' } } }] })

/** An HTTPS server; a request for `/revoke` below either path revokes `victim` before it is answered. */
async function serveHttps(victim: Peer | undefined, options: Partial<HttpsServerOptions> = {}, create: typeof createHttpsServer = createHttpsServer) {
  const refusals = collectRefusals()
  const served: string[] = []
  const denied: string[] = []
  const port = await listen(create({
    ...credential(localServer()), verifier: toClient, names: 'unchecked', recheckAfter: 1, onRefused: refusals.onRefused,
    ...(options.policy === undefined ? {} : { onDenied: (decision: import('countersign/policy').Decision | undefined) => denied.push(explainDecision(decision!)) }),
    ...options,
  } as HttpsServerOptions, (request, response) => {
    served.push(request.url!)
    if (request.url!.endsWith('/revoke')) victim!.issuer.revoke(victim!)
    setTimeout(() => response.end(decisionOf(request)?.principal?.value ?? acceptedVerdict(request)!.identities[0]!.value), 5)
  }))
  return { port, refusals, served, denied }
}

/** Runs curl over the URLs in turn, on one connection if it can; gives the statuses, and its exit status. */
async function runCurl(port: number, peer: Peer, ...paths: string[]): Promise<string[]> {
  const args = ['-sS', '--resolve', `localhost:${port}:127.0.0.1`, '--cacert', rootA.pem, '--cert', peer.chain, '--key', peer.key, '-w', '\n%{http_code}\n', '--max-time', '20']
  const { stdout } = await promisify(execFile)('curl', [...args, ...paths.map((path) => `https://localhost:${port}${path}`)])
    .catch((error: { stdout: string }) => error)
  return stdout.split('\n').filter((line) => line !== '')
}

describe.skipIf(!curl)('curl (skipped where the program curl or openssl is not installed)', () => {
  it('is let in below the root and the intermediate, and not below another root', async () => {
    const { port, refusals, served } = await serveHttps(undefined)
    expect(await runCurl(port, payClient(), '/1', '/2')).toEqual(['spiffe://bank.example/pay', '200', 'spiffe://bank.example/pay', '200'])
    expect(await runCurl(port, payClient(rootA), '/3')).toEqual(['spiffe://bank.example/pay', '200'])
    expect(await runCurl(port, payClient(rootB, rootB), '/4')).toEqual(['000'])
    const error = await refusals.next()
    expect(error.verdict?.code).toBe('path/no-anchor')
    expect(explain(error.verdict!)).toMatch(/rootB/)
    expect(served).toEqual(['/1', '/2', '/3'])
  })

  it.each(['HTTP/1.1', 'HTTP/2'])('is put out when it was revoked meanwhile (%s)', async (protocol) => {
    const peer = payClient()
    const create = (protocol === 'HTTP/2' ? createHttp2SecureServer : createHttpsServer) as typeof createHttpsServer
    const { port, refusals, served } = await serveHttps(peer, {}, create)
    expect(await runCurl(port, peer, '/1', '/revoke', '/3')).toEqual(['spiffe://bank.example/pay', '200', 'spiffe://bank.example/pay', '200', '000'])
    expect(served).toEqual(['/1', '/revoke'])
    const error = await refusals.next()
    expect(error.verdict?.code).toBe('revocation/revoked')
    expect(explain(error.verdict!)).toMatch(/revoked/)
    // A new handshake fares no better.
    expect(await runCurl(port, peer, '/4')).toEqual(['000'])
  })

  it('is allowed and denied by the policy, request by request', async () => {
    const { port, served, denied } = await serveHttps(undefined, { policy })
    const other = issue(intermediate, rootA, 'clientAuth', 'URI:spiffe://bank.example/other')
    const answers = await runCurl(port, other, '/public/1', '/payments/1', '/public/2')
    expect(answers.filter((line) => /^\d{3}$/.test(line))).toEqual(['200', '403', '200'])
    expect(answers.join('')).toContain('{"type":"about:blank","title":"Forbidden","status":403}')
    expect(await runCurl(port, payClient(), '/payments/1')).toEqual(['spiffe://bank.example/pay', '200'])
    expect(served).toEqual(['/public/1', '/public/2', '/payments/1'])
    expect(denied.join('')).toMatch(/spiffe:\/\/bank.example\/other/)
  })
})

/** What is the same for each server that is not ours. */
interface ForeignServer { readonly port: number, readonly program: Program }

describe.skipIf(!openssl)('openssl', () => {
  const chainOf = ({ chain, key }: Peer): string[] => ['-cert', chain, '-cert_chain', chain, '-key', key]

  function run(...args: string[]): Program {
    const program = start('openssl', args)
    later(() => program.process.kill('SIGKILL'))
    return program
  }

  async function serve(onRefused: OnRefused) {
    return listen(createServer({
      ...credential(localServer()), verifier: toClient, names: 'unchecked', policy: payers, recheckAfter: 100, onRefused,
    }, (socket) => {
      socket.on('error', () => undefined)
      socket.write('welcome\n')
      socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`))
    }))
  }

  it('s_client is let in, denied by the policy, and put out when it was revoked', async () => {
    const refusals = collectRefusals()
    const port = await serve(refusals.onRefused)
    const visit = (peer: Peer): Program => run('s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', ...chainOf(peer))
    const peer = payClient()
    const good = visit(peer)
    await good.until(/welcome/)
    await new Promise((resolve) => setTimeout(resolve, 250))
    good.process.stdin.write('still\n')
    await good.until(/echo still/)

    expect(await visit(issue(intermediate, rootA, 'clientAuth', 'URI:spiffe://bank.example/other')).ended).not.toMatch(/welcome/)
    const denied = await refusals.next()
    expect(denied.code).toBe('node/policy-refused')
    expect(explainDecision(denied.decision!)).toMatch(/spiffe:\/\/bank.example\/other/)

    peer.issuer.revoke(peer)
    await good.ended
    expect((await refusals.next()).verdict?.code).toBe('revocation/revoked')
  })

  it('s_server is accepted, denied by the policy, refused below another root, and left when it was revoked', async () => {
    const serveWith = async (peer: Peer): Promise<ForeignServer> => {
      const port = await freePort()
      const program = run('s_server', '-accept', `127.0.0.1:${port}`, '-Verify', '4', '-CAfile', rootA.pem, ...chainOf(peer))
      await program.until(/ACCEPT/)
      return { port, program }
    }
    const peer = localServer()
    const { port, program } = await serveWith(peer)
    const wanted = { ...credential(payClient()), verifier: toServer }
    expect(await failure(connect({ ...at(port), ...wanted, policy: strangers }))).toMatchObject({ code: 'node/policy-refused' })
    const socket = await connect({ ...at(port), ...wanted, policy: locals, recheckAfter: 100 })
    socket.write('over openssl\n')
    await program.until(/over openssl/)
    const ended = once(socket, 'error')
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(socket.destroyed).toBe(false)
    peer.issuer.revoke(peer)
    expect((await ended)[0]).toMatchObject({ code: 'node/verifier-refused', verdict: { code: 'revocation/revoked' } })

    const foreign = await serveWith(localServer(rootB, rootB))
    expect((await failure(connect({ ...at(foreign.port), ...wanted }))).verdict?.code).toBe('path/no-anchor')
  })
})

describe.skipIf(!go)('Go (skipped where the program go or openssl is not installed)', () => {
  let peerProgram: string
  beforeAll(() => {
    peerProgram = join(folder.path, 'peer')
    const source = fileURLToPath(new URL('go/peer/main.go', import.meta.url))
    execFileSync('go', ['build', '-o', peerProgram, source], { env: { ...process.env, GO111MODULE: 'off', GOPROXY: 'off', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' } })
  }, 300_000)

  async function ask(port: number, peer: Peer, http2: boolean, ...paths: string[]): Promise<string[]> {
    const program = start(peerProgram, ['client', rootA.pem, peer.chain, peer.key, ...paths.map((path) => `https://127.0.0.1:${port}${path}`)], undefined,
      { ...process.env, ...(http2 ? { PEER_HTTP2: '1' } : {}) })
    return (await program.ended).trim().split('\n')
  }

  it.each(['HTTP/1.1', 'HTTP/2.0'])('a client is let in, allowed and denied, and put out when it was revoked (%s)', async (protocol) => {
    const peer = payClient()
    const create = (protocol === 'HTTP/2.0' ? createHttp2SecureServer : createHttpsServer) as typeof createHttpsServer
    const { port, refusals, served, denied } = await serveHttps(peer, { policy }, create)
    const answers = await ask(port, peer, protocol === 'HTTP/2.0', '/payments/1', '/admin', '/payments/revoke', '/payments/3')
    expect(answers.slice(0, 3)).toEqual([
      `200 ${protocol} spiffe://bank.example/pay`, `403 ${protocol} {"type":"about:blank","title":"Forbidden","status":403}`, `200 ${protocol} spiffe://bank.example/pay`,
    ])
    expect(answers[3]).toMatch(/^failed /)
    expect(served).toEqual(['/payments/1', '/payments/revoke'])
    expect(denied.length).toBe(1)
    expect((await refusals.next()).verdict?.code).toBe('revocation/revoked')

    const other = await ask(port, payClient(rootB, rootB), false, '/payments/1')
    expect(other[0]).toMatch(/^failed /)
    while (!refusals.errors.some(({ verdict }) => verdict?.code === 'path/no-anchor')) await new Promise((resolve) => setTimeout(resolve, 20))
  })

  it('a server is accepted, denied by the policy, refused below another root, and left when it was revoked', async () => {
    const serveWith = async (peer: Peer): Promise<ForeignServer> => {
      const program = start(peerProgram, ['server', rootA.pem, peer.chain, peer.key])
      later(() => program.process.kill('SIGKILL'))
      await program.until(/port \d+/)
      return { port: Number(/port (\d+)/.exec(program.output())![1]), program }
    }
    const server = localServer()
    const { port, program } = await serveWith(server)
    const own = { ...credential(payClient()), verifier: toServer, keepAlive: true, recheckAfter: 1 }
    const agentOf = (more: object): https.Agent => {
      const agent = createHttpsAgent({ ...own, ...more })
      later(() => agent.destroy())
      return agent
    }
    const agent = agentOf({ policy: locals })
    const visit = (path: string, through: https.Agent, where = port): Promise<unknown> => socketOf(https.get({ ...at(where), path, agent: through }))
    const first = await visit('/1', agent)
    expect(await visit('/2', agent) === first).toBe(true)
    await expect(visit('/denied', agentOf({ policy: strangers }))).rejects.toMatchObject({ code: 'node/policy-refused' })
    const foreign = await serveWith(localServer(rootB, rootB))
    await expect(visit('/foreign', agent, foreign.port)).rejects.toMatchObject({ verdict: { code: 'path/no-anchor' } })
    server.issuer.revoke(server)
    await expect(visit('/3', agent)).rejects.toMatchObject({ verdict: { code: 'revocation/revoked' } })
    expect(program.output().match(/served \S+ \S+/g)).toEqual([expect.stringMatching(/^served peer\d+ \/1$/), expect.stringMatching(/ \/2$/)])
    expect(foreign.program.output()).not.toMatch(/served/)
  })
})
