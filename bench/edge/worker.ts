/** Three handlers in one: /kit with the edge kit, /signature with one bare check of a signature, the rest with neither. Bundled for Node and workerd alike. */
import { createVerifier } from '../../dist/verify/index.js'
import type { Verifier } from '../../dist/verify/index.js'
import { fromRfc9440, verifiedClient, withMutualAuth } from '../../dist/edge/index.js'
import { parsePolicy } from '../../dist/policy/index.js'
import { decodeBase64 } from '../../dist/x509/index.js'
/** The same as in material.ts, which holds a CA and is not for a bundle. */
const secret = 'correct-horse-battery-staple'

export interface Env {
  /** The anchor, base64 DER. */
  readonly ROOT: string
}

const answer = (): Response => new Response('ok')

const ecdsa = { name: 'ECDSA', hash: 'SHA-256' }
let signed: Promise<() => Promise<boolean>> | undefined

/** A check of a P-256 signature, which is made once. */
async function makeSigned(): Promise<() => Promise<boolean>> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']) as CryptoKeyPair
  const data = new Uint8Array(400)
  const signature = await crypto.subtle.sign(ecdsa, privateKey, data)
  return () => crypto.subtle.verify(ecdsa, publicKey, signature, data)
}

async function afterSignature(): Promise<Response> {
  const check = await (signed ??= makeSigned())
  if (!await check()) throw new Error('a good signature was refused')
  return answer()
}

let kit: ((request: Request) => Promise<Response>) | undefined

export function makeKit(root: string, on: (verifier: Verifier) => Verifier = (verifier) => verifier): (request: Request) => Promise<Response> {
  const verifier = createVerifier({ anchors: [decodeBase64(root)], purpose: 'clientAuth', revocation: 'none' })
  return withMutualAuth(answer, {
    source: fromRfc9440(), trust: { name: 'front', verifiedBy: 'nobody', proof: { header: 'x-proxy-secret', secret } }, verify: verifiedClient(on(verifier), 'unchecked'),
    policy: parsePolicy({ version: 1, identity: [{ from: 'san.uri', as: 'spiffe' }], rules: [{ id: 'bank', effect: 'allow', when: { 'san.uri': { spiffe: 'spiffe://bank.example/**' } }, to: { paths: ['/kit'] } }] }),
    onRefused: ({ error }) => { throw error },
  })
}

export default {
  fetch(request: Request, env: Env): Response | Promise<Response> {
    if (request.url.endsWith('/signature')) return afterSignature()
    if (!request.url.endsWith('/kit')) return answer()
    return (kit ??= makeKit(env.ROOT))(request)
  },
}
