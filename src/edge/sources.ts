/**
 * The proxies that hand certificates on in header fields. Which names they use is the operator’s choice where no default is given.
 */
import { bounded, fromBase64, fromConcatenated, fromPem, fromPercent, sha256Text } from './decode.ts'
import { EdgeError, malformed } from './error.ts'
import { takeName, type Fields } from './fields.ts'
import { readByteSequence, readByteSequences } from './rfc9440.ts'
import type { CertificateSource, Presented } from './types.ts'
import { parseXfcc } from './xfcc.ts'

/** Made of what a source reads; nothing is added later. */
export function sourceOf(source: CertificateSource): CertificateSource {
  return Object.freeze({ ...source, headers: Object.freeze([...source.headers]) })
}

function presented(leaf: Uint8Array | undefined, chain: readonly Uint8Array[], verified?: boolean, fields: Presented['fields'] = {}): Presented {
  return { leaf, chain, verified, fields }
}

/** The first of the certificates is the leaf. */
export function fromChain([leaf, ...chain]: readonly Uint8Array[], verified?: boolean, fields?: Presented['fields']): Presented {
  return presented(leaf, chain, verified, fields)
}

/** A chain is nothing without the certificate that it is for. */
function needsLeaf(fields: Fields, leaf: string, chain: string | undefined): void {
  if (chain !== undefined && fields.one(leaf) === undefined && fields.list(chain) !== undefined) throw new EdgeError('edge/chain-without-leaf', 'a chain, and no certificate', chain)
}

const defined = (...names: readonly (string | undefined)[]): readonly string[] => names.filter((name) => name !== undefined)

/** Names of the fields that an operator configured. */
export interface FieldNames {
  readonly certificate: string
  /** The field of the proxy’s verification result; needed where its word is to be taken. */
  readonly verify?: string
  readonly chain?: string
}

function takeNames(names: FieldNames): { readonly certificate: string; readonly verify: string | undefined; readonly chain: string | undefined } {
  if (typeof names !== 'object' || names === null) throw new TypeError('source: expected the names of header fields')
  const optional = (name: 'verify' | 'chain'): string | undefined => (names[name] === undefined ? undefined : takeName(names[name], name))
  return { certificate: takeName(names.certificate, 'certificate'), verify: optional('verify'), chain: optional('chain') }
}

/** RFC 9440: `Client-Cert` and `Client-Cert-Chain`. A proxy that sends them has verified the certificate, or says how it is known (RFC 9440 1). */
export function fromRfc9440(): CertificateSource {
  return sourceOf({
    headers: ['client-cert', 'client-cert-chain'], verification: 'configured', platform: false,
    read(fields) {
      needsLeaf(fields, 'client-cert', 'client-cert-chain')
      const leaf = fields.one('client-cert')
      const chain = fields.list('client-cert-chain')
      return leaf === undefined ? undefined
        : presented(readByteSequence(leaf, 'client-cert'), chain === undefined ? [] : readByteSequences(chain, 'client-cert-chain'))
    },
  })
}

/** nginx: `$ssl_client_escaped_cert` and `$ssl_client_verify`. The leaf alone. */
export function fromNginx(names: FieldNames): CertificateSource {
  const { certificate, verify } = takeNames(names)
  return sourceOf({
    headers: defined(certificate, verify), verification: verify === undefined ? 'never' : 'said', platform: false,
    read(fields) {
      const result = verify === undefined ? undefined : fields.one(verify)
      const leaf = fields.one(certificate)
      if (leaf === undefined || result === 'NONE') return undefined
      return fromChain(fromPem(fromPercent(leaf, certificate), certificate), result === 'SUCCESS')
    },
  })
}

/** Apache httpd: `%{SSL_CLIENT_CERT}s`, PEM with spaces for line breaks, `%{SSL_CLIENT_VERIFY}s`, and `%{SSL_CLIENT_CERT_CHAIN_n}s` under names that end in n. */
export function fromApache(names: FieldNames & { readonly chainLength?: number }): CertificateSource {
  const { certificate, verify, chain } = takeNames(names)
  const { chainLength = 4 } = names
  const chainNames = chain === undefined ? [] : Array.from({ length: chainLength }, (_, i) => `${chain}${i}`)
  // What is not set is written as (null).
  const value = (fields: Fields, name: string): string | undefined => {
    const text = fields.one(name)
    return text === '(null)' ? undefined : text
  }
  return sourceOf({
    headers: [...defined(certificate, verify), ...chainNames], verification: verify === undefined ? 'never' : 'said', platform: false,
    read(fields) {
      const above = chainNames.map((name) => ({ name, text: value(fields, name) }))
      const leaf = value(fields, certificate)
      const result = verify === undefined ? undefined : value(fields, verify)
      if (leaf === undefined || result === 'NONE') {
        if (leaf === undefined && above.some(({ text }) => text !== undefined)) throw new EdgeError('edge/chain-without-leaf', 'a chain, and no certificate', chain)
        return undefined
      }
      return fromChain([...fromPem(leaf, certificate), ...above.flatMap(({ name, text }) => (text === undefined ? [] : fromPem(text, name)))], result === 'SUCCESS')
    },
  })
}

/** HAProxy: `%[ssl_c_der,base64]`, `%[ssl_c_verify]` (0 is good), `%[ssl_c_chain_der,base64]`. */
export function fromHaproxy(names: FieldNames): CertificateSource {
  const { certificate, verify, chain } = takeNames(names)
  return sourceOf({
    headers: defined(certificate, verify, chain), verification: verify === undefined ? 'never' : 'said', platform: false,
    read(fields) {
      needsLeaf(fields, certificate, chain)
      const leaf = fields.one(certificate)
      if (leaf === undefined) return undefined
      const above = chain === undefined ? undefined : fields.one(chain)
      return presented(fromBase64(leaf, certificate), above === undefined ? [] : fromConcatenated(fromBase64(above, chain!), chain!), verify === undefined ? undefined : fields.one(verify) === '0')
    },
  })
}

/** Caddy: `{http.request.tls.client.certificate_der_base64}`. The leaf alone; with `require_and_verify` it is verified. */
export function fromCaddy(names: Pick<FieldNames, 'certificate'>): CertificateSource {
  const { certificate } = takeNames(names)
  return sourceOf({
    headers: [certificate], verification: 'configured', platform: false,
    read(fields) {
      const leaf = fields.one(certificate)
      return leaf === undefined ? undefined : presented(fromBase64(leaf, certificate), [])
    },
  })
}

/**
 * Envoy: `X-Forwarded-Client-Cert`. `hops`, required: which element counts, from the right; 1 is the proxy that this server talks to.
 * Envoy quotes no URI or DNS name: who can have a certificate with a comma in such a name from a CA of yours can write
 * elements. Where Envoy sends the certificate (`Cert`), let this kit verify it.
 */
export function fromEnvoy({ hops }: { readonly hops: number }): CertificateSource {
  if (!Number.isSafeInteger(hops) || hops < 1) throw new TypeError('hops: expected an integer of 1 or more')
  const name = 'x-forwarded-client-cert'
  return sourceOf({
    headers: [name], verification: 'configured', platform: false,
    read(fields) {
      const text = fields.list(name)
      if (text === undefined) return undefined
      const element = parseXfcc(text, name).at(-hops)
      if (element === undefined) malformed(name, `at least ${hops} elements`)
      const [hash] = element.get('hash') ?? []
      const fingerprint = hash === undefined ? {} : { 'certificate.sha256': [sha256Text(hash, name)] }
      const pem = (key: string): readonly Uint8Array[] => (element.get(key) ?? []).filter((one) => one !== '').flatMap((one) => fromPem(fromPercent(one, name), name))
      const [leaf] = pem('cert')
      // `Chain` includes the leaf.
      const [first, ...chain] = pem('chain')
      const names = (key: string): readonly string[] => (element.get(key) ?? []).filter((one) => one !== '')
      if (leaf === undefined && first === undefined && hash === undefined && names('uri').length === 0) return undefined
      return presented(leaf ?? first, chain, undefined, {
        ...fingerprint,
        'san.uri': names('uri'), 'san.dns': names('dns').map((host) => host.toLowerCase()),
      })
    },
  })
}

/**
 * Traefik: `X-Forwarded-Tls-Client-Cert`, the base64 of each certificate, split by commas, the leaf first; version 2 percent-encoded each. Its
 * `-Info` field is not read: the values in it are not quoted.
 */
export function fromTraefik(): CertificateSource {
  const name = 'x-forwarded-tls-client-cert'
  return sourceOf({
    headers: [name, `${name}-info`], verification: 'configured', platform: false,
    read(fields) {
      const text = fields.list(name)
      return text === undefined ? undefined : fromChain(bounded(text.split(',').map((body) => fromBase64(fromPercent(body, name), name)), name))
    },
  })
}
