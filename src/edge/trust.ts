/**
 * The trust contract: who verified the certificate, and what proves that a request came from there. Both are written out; there is no default.
 */
import { cidrBlock } from '../policy/cidr.ts'
import { addressText } from '../policy/values.ts'
import { EdgeError } from './error.ts'
import { takeNames, type Fields } from './fields.ts'
import type { CertificateSource, EdgeInput } from './types.ts'

/** A shared secret, or several while one is being replaced. Each of at least 16 characters. */
export type Secret = string | readonly string[]

export type Proof<Args extends readonly unknown[] = readonly unknown[]> =
  /** A header field in which the proxy sends a secret that it removes from what clients send. A function, for secrets that come with the request’s environment. */
  | { readonly header: string; readonly secret: Secret | ((...args: Args) => Secret) }
  /** Networks (`10.0.0.0/8`, `::1/128`) from which nobody but the proxy connects. */
  | { readonly remoteAddress: readonly string[] }
  /** The platform puts it beside the request, where no client can write. */
  | 'platform'

export interface TrustContract<Args extends readonly unknown[] = readonly unknown[]> {
  /** What a policy calls it in `proxies`. */
  readonly name: string
  /** `'proxy'`: its word is taken. `'nobody'`: the certificate is verified here. */
  readonly verifiedBy: 'proxy' | 'nobody'
  readonly proof: Proof<Args>
}

export interface TakenTrust<Args extends readonly unknown[]> {
  readonly name: string
  readonly verifiedBy: 'proxy' | 'nobody'
  /** The field of the secret, if there is one: never shown to the handler. */
  readonly headers: readonly string[]
  /** @throws {EdgeError} `edge/untrusted-source` */
  prove(fields: Fields, input: EdgeInput, args: Args): void
}

export function takeTrust<Args extends readonly unknown[]>(trust: TrustContract<Args>, source: CertificateSource): TakenTrust<Args> {
  if (typeof trust !== 'object' || trust === null) throw new TypeError('trust: required: name, verifiedBy and proof')
  takeNames('trust', trust, [], [], ['name', 'verifiedBy', 'proof'])
  const { name, verifiedBy, proof } = trust
  if (typeof name !== 'string' || name === '') throw new TypeError('trust.name: expected a text')
  if (verifiedBy !== 'proxy' && verifiedBy !== 'nobody') throw new TypeError("trust.verifiedBy: expected 'proxy' or 'nobody'")
  if (verifiedBy === 'proxy' && source.verification === 'never') {
    throw new TypeError("trust.verifiedBy: this source does not say that the certificate was verified; name the field that does, or take 'nobody'")
  }
  return { name, verifiedBy, ...takeProof(proof, source) }
}

function takeProof<Args extends readonly unknown[]>(proof: Proof<Args>, source: CertificateSource): Pick<TakenTrust<Args>, 'headers' | 'prove'> {
  if (source.platform ? proof !== 'platform' : typeof proof !== 'object' || proof === null) {
    throw new TypeError(source.platform ? "trust.proof: expected 'platform'" : 'trust.proof: expected a header with a secret, or networks')
  }
  if (proof === 'platform') return { headers: [], prove: () => undefined }
  // Each has its own options: a secret beside networks would not be heard.
  if ('remoteAddress' in proof) {
    takeNames('trust.proof', proof, [], [], ['remoteAddress'])
    const networks = Array.isArray(proof.remoteAddress) ? proof.remoteAddress.map((one: unknown) => (typeof one === 'string' ? cidrBlock(one) : undefined)) : []
    if (networks.length === 0 || networks.includes(undefined)) throw new TypeError('trust.proof.remoteAddress: expected networks such as 10.0.0.0/8')
    return {
      headers: [],
      prove(_, { remoteAddress }) {
        const address = remoteAddress === undefined ? undefined : addressText(remoteAddress)
        if (address === undefined || !networks.some((contains) => contains!(address))) throw new EdgeError('edge/untrusted-source', 'the connection is not from the proxy')
      },
    }
  }
  const { header } = takeNames('trust.proof', proof, ['header'], [], ['secret'])
  const { secret } = proof
  const fixed = typeof secret === 'function' ? undefined : takeSecrets(secret)
  return {
    headers: [header],
    prove(fields, _, args) {
      const found = fields.one(header) ?? ''
      // All are compared, so that time does not tell which one was near.
      let good = false
      for (const one of fixed ?? takeSecrets((secret as (...given: Args) => Secret)(...args))) good = equalInConstantTime(found, one) || good
      if (!good) throw new EdgeError('edge/untrusted-source', 'the secret of the proxy is missing or wrong', header)
    },
  }
}

function takeSecrets(secret: unknown): readonly string[] {
  const secrets = (Array.isArray(secret) ? secret : [secret]) as readonly unknown[]
  if (secrets.length === 0 || !secrets.every((one) => typeof one === 'string' && /^[\x21-\x2b\x2d-\x7e]{16,}$/.test(one))) {
    throw new TypeError('trust.proof.secret: expected at least 16 printable characters, without spaces and commas')
  }
  return [...secrets as readonly string[]]
}

/** Compares in a time that depends on the length of what was found alone. */
function equalInConstantTime(found: string, secret: string): boolean {
  let difference = found.length ^ secret.length
  for (let i = 0; i < found.length; i++) difference |= found.charCodeAt(i) ^ secret.charCodeAt(i % secret.length)
  return difference === 0
}
