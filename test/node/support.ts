/**
 * What the adapter’s tests share: two authorities, certificates of each kind, and servers that go away again.
 */
import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterEach } from 'vitest'
import { createVerifier, type Verifier } from 'countersign'
import { HandshakeError, type OnRefused } from 'countersign/node'
import { parsePolicy, type Policy } from 'countersign/policy'
import { createAuthority, issueLeaf, type Authority, type Credential, type LeafRequest } from '../../src/demo/authority.ts'

export const clientUri = 'spiffe://bank.example/pay'
export const clientNames: { readonly anyOf: readonly [{ readonly uri: string }] } = { anyOf: [{ uri: clientUri }] }

/** Lets in whom the tests’ client is. */
export function payPolicy(...more: readonly object[]): Policy {
  return parsePolicy({
    version: 1,
    identity: [{ from: 'san.uri', as: 'spiffe' }],
    rules: [{ id: 'pay', effect: 'allow', when: { 'san.uri': { spiffe: 'spiffe://bank.example/pay' } } }, ...more],
  })
}

/** Lets in the tests’ servers. */
export const serverPolicy: Policy = parsePolicy({
  version: 1,
  identity: 'none',
  rules: [{ id: 'servers', effect: 'allow', when: { 'san.dns': { exact: 'localhost' } } }],
})

export interface Pki {
  readonly root: Authority
  readonly otherRoot: Authority
  readonly intermediate: Authority
  readonly other: Authority
  readonly server: Credential
  /** A server for `localhost` of the other authority. */
  readonly otherServer: Credential
  readonly client: Credential
  readonly otherClient: Credential
  readonly expiredClient: Credential
  /** All right but for its purpose. */
  readonly serverOnlyClient: Credential
  readonly toServer: Verifier
  readonly toClient: Verifier
  readonly otherToServer: Verifier
}

let made: Promise<Pki> | undefined

export function pki(): Promise<Pki> {
  return made ??= makePki()
}

export function verifierFor(authority: Authority, purpose: 'serverAuth' | 'clientAuth'): Verifier {
  return createVerifier({ anchors: [authority.der], purpose, revocation: 'none' })
}

export function issueClient(issuer: Authority, request: Partial<LeafRequest> = {}): Promise<Credential> {
  return issueLeaf(issuer, { commonName: 'pay', uri: [clientUri], usage: ['clientAuth'], ...request })
}

export function issueServer(issuer: Authority, request: Partial<LeafRequest> = {}): Promise<Credential> {
  return issueLeaf(issuer, { commonName: 'localhost', dns: ['localhost'], usage: ['serverAuth'], ...request })
}

async function makePki(): Promise<Pki> {
  const root = await createAuthority('Root A')
  const otherRoot = await createAuthority('Root B')
  const intermediate = await createAuthority('Intermediate A', root)
  const other = await createAuthority('Intermediate B', otherRoot)
  const dayAgo = new Date(Date.now() - 86_400_000)
  return {
    root, otherRoot, intermediate, other,
    server: await issueServer(intermediate),
    otherServer: await issueServer(other),
    client: await issueClient(intermediate),
    otherClient: await issueClient(other),
    expiredClient: await issueClient(intermediate, { notBefore: new Date(dayAgo.getTime() - 86_400_000), notAfter: dayAgo }),
    serverOnlyClient: await issueClient(intermediate, { usage: ['serverAuth'] }),
    toServer: verifierFor(root, 'serverAuth'),
    toClient: verifierFor(root, 'clientAuth'),
    otherToServer: verifierFor(otherRoot, 'serverAuth'),
  }
}

/** The socket of a request through an agent, answered, and back with the agent. */
export async function socketOf(request: ClientRequest): Promise<unknown> {
  const [response] = await once(request, 'response') as [IncomingMessage]
  const { socket } = response
  response.resume()
  await once(response, 'end')
  // The agent has it back a little later.
  await new Promise((resolve) => setTimeout(resolve, 20))
  return socket
}

const cleanups: (() => void)[] = []

/** Runs when the test has ended. */
export function later(cleanup: () => void): void {
  cleanups.push(cleanup)
}

afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

/** Listens on a free port of loopback, until the test ends. */
export async function listen(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  later(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

/** Where a client connects to: the address of loopback, under the name of the server’s certificate. */
export function at(port: number, servername = 'localhost'): { host: string, port: number, servername: string } {
  return { host: '127.0.0.1', port, servername }
}

/** Collects refusals; `next()` resolves with the next one. */
export function collectRefusals(): { onRefused: OnRefused, errors: HandshakeError[], next(): Promise<HandshakeError> } {
  const errors: HandshakeError[] = []
  const waiting: ((error: HandshakeError) => void)[] = []
  let taken = 0
  return {
    errors,
    onRefused(error) {
      errors.push(error)
      if (waiting.length > 0) {
        taken++
        waiting.shift()!(error)
      }
    },
    next: () => taken < errors.length
      ? Promise.resolve(errors[taken++]!)
      : new Promise((resolve) => waiting.push(resolve)),
  }
}

/** The error of a promise that must reject. */
export async function failure(promise: Promise<unknown>): Promise<HandshakeError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof HandshakeError) return error
    throw error
  }
  throw new Error('expected a HandshakeError, but nothing was refused')
}

/** Everything until the end of the stream; an error ends it too. */
export function readAll(socket: TLSSocket | net.Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => { text += chunk.toString('latin1') })
    socket.on('error', () => resolve(text))
    socket.on('close', () => resolve(text))
  })
}

export const versions = ['TLSv1.2', 'TLSv1.3'] as const
