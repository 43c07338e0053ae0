/** Who checks the peers: Node by itself, or the adapter, both with the same certificates, and without session tickets. */
import { constants } from 'node:crypto'
import tls, { type SecureContext, type TLSSocket } from 'node:tls'
import { connect, createServer } from 'countersign/node'
import { createVerifier } from 'countersign'
import { parsePolicy } from 'countersign/policy'

/** PEM, as a file or a message between processes carries it. */
export interface World {
  readonly root: string
  readonly server: { readonly cert: string, readonly key: string }
  readonly clients: readonly { readonly cert: string, readonly key: string }[]
}

export interface Subject {
  readonly name: string
  serve(world: World, onSocket: (socket: TLSSocket) => void): tls.Server
  /**
   * The clients of a round, made anew for each: a function that connects as one of them, and resolves when the server was
   * accepted. Their keys are read before, as whoever connects often does.
   */
  clientsOf(world: World): (port: number, index: number) => Promise<TLSSocket>
}

const secureOptions = constants.SSL_OP_NO_TICKET

const builtIn: Subject = {
  name: 'rejectUnauthorized',
  serve: ({ root, server }, onSocket) => tls.createServer({ ...server, ca: root, requestCert: true, rejectUnauthorized: true, secureOptions }, onSocket),
  clientsOf({ root, clients }) {
    const contexts = clients.map((client) => tls.createSecureContext({ ...client, ca: root, secureOptions }))
    return (port, index) => new Promise((resolve, reject) => {
      const socket = tls.connect({ host: '127.0.0.1', port, servername: 'localhost', secureContext: pick(contexts, index), rejectUnauthorized: true })
      socket.once('secureConnect', () => resolve(socket)).once('error', reject)
    })
  },
}

const payers = { version: 1, identity: [{ from: 'san.uri', as: 'spiffe' }], rules: [{ id: 'pay', effect: 'allow', when: { 'san.uri': { spiffe: 'spiffe://bank.example/**' } } }] }
const locals = { version: 1, identity: 'none', rules: [{ id: 'local', effect: 'allow', when: { 'san.dns': { exact: 'localhost' } } }] }

function countersign(name: string, drive: 'sync' | 'async', decides: boolean): Subject {
  return {
    name,
    serve({ root, server }, onSocket) {
      const verifier = createVerifier({ anchors: [derOf(root)], purpose: 'clientAuth', revocation: 'none' })
      return createServer({ ...server, verifier, names: 'unchecked', drive, ...(decides ? { policy: parsePolicy(payers) } : {}) }, onSocket)
    },
    clientsOf({ root, clients }) {
      const contexts = clients.map((client) => tls.createSecureContext({ ...client, secureOptions }))
      const verifier = createVerifier({ anchors: [derOf(root)], purpose: 'serverAuth', revocation: 'none' })
      const policy = decides ? { policy: parsePolicy(locals) } : {}
      return (port, index) => connect({ host: '127.0.0.1', port, servername: 'localhost', secureContext: pick(contexts, index), verifier, drive, ...policy })
    },
  }
}

function pick(contexts: readonly SecureContext[], index: number): SecureContext {
  return contexts[index % contexts.length]!
}

function derOf(pem: string): Uint8Array {
  return new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'))
}

export const subjects: readonly Subject[] = [
  builtIn, countersign('countersign', 'sync', false), countersign('countersign, with a policy', 'sync', true), countersign('countersign, asynchronous', 'async', false),
]
