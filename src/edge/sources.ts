/**
 * The proxies that hand certificates on in header fields. Which names they use is the operator’s choice where no default is given.
 */
import { hostText } from '../policy/values.ts'
import { fromBase64, fromConcatenated, fromPem, fromPercent, sha256Text } from './decode.ts'
import { malformed } from './error.ts'
import { takeNames, type Fields } from './fields.ts'
import { readByteSequence, readByteSequences } from './rfc9440.ts'
import type { CertificateSource, EdgeInput, Presented } from './types.ts'
import { parseXfcc } from './xfcc.ts'

type Certificates = readonly Uint8Array[]

/** A source of header fields; with none, of what the platform puts beside the request. Nothing is added later. */
export function sourceOf(
  headers: readonly (string | undefined)[], verification: CertificateSource['verification'], read: (fields: Fields, input: EdgeInput) => Presented | undefined,
): CertificateSource {
  return Object.freeze({ headers: Object.freeze(headers.filter((name) => name !== undefined)), verification, platform: headers.length === 0, read })
}

/** The leaf and its chain, and what is said of them; undefined where that is nothing. */
export function presented(certificates: readonly (Uint8Array | undefined)[], verified?: boolean, fields: Presented['fields'] = {}): Presented | undefined {
  const [leaf, ...chain] = certificates as readonly [Uint8Array | undefined, ...Uint8Array[]]
  return leaf === undefined && [...chain, ...Object.values(fields).flat()].length === 0 ? undefined : { leaf, chain, verified, fields }
}

/** The hash beside a certificate, as the policy asks about it. */
export function hashFact(hash: string | undefined): Presented['fields'] {
  return { 'certificate.sha256': hash === undefined ? [] : [hash] }
}

/** Names of the fields that an operator configured. */
export interface FieldNames {
  readonly certificate: string
  /** The field of the proxy’s verification result; needed where its word is to be taken. */
  readonly verify?: string
  readonly chain?: string
}

const saidBy = (verify: string | undefined): CertificateSource['verification'] => (verify === undefined ? 'never' : 'said')

export function fromEscapedPem(text: string, field: string): Certificates {
  return fromPem(fromPercent(text, field), field)
}

/** RFC 9440: `Client-Cert` and `Client-Cert-Chain`. A proxy that sends them has verified the certificate, or says how it is known (RFC 9440 1). */
export function fromRfc9440(): CertificateSource {
  const [leaf, chain] = ['client-cert', 'client-cert-chain'] as const
  return sourceOf([leaf, chain], 'configured', (fields) =>
    presented([fields.one(leaf, readByteSequence), ...fields.list(chain, readByteSequences) ?? []]))
}

/** nginx: `$ssl_client_escaped_cert` and `$ssl_client_verify`. The leaf alone. */
export function fromNginx(names: Omit<FieldNames, 'chain'>): CertificateSource {
  return escapedLeaf('fromNginx', names)
}

/** The leaf as percent-encoded PEM, and what a proxy of OpenSSL says of it. `others`: options that were looked at before. */
export function escapedLeaf(place: string, names: Omit<FieldNames, 'chain'>, others: readonly string[] = []): CertificateSource {
  const { certificate, verify } = takeNames(place, names, ['certificate'], ['verify'], others)
  return sourceOf([certificate, verify], saidBy(verify), (fields) => {
    const result = fields.one(verify)
    return result === 'NONE' ? undefined : presented(fields.one(certificate, fromEscapedPem) ?? [], result === 'SUCCESS')
  })
}

/** Apache httpd: `%{SSL_CLIENT_CERT}s`, PEM with spaces for line breaks, `%{SSL_CLIENT_VERIFY}s`, and `%{SSL_CLIENT_CERT_CHAIN_n}s` under names that end in n. */
export function fromApache(names: FieldNames & { readonly chainLength?: number }): CertificateSource {
  const { certificate, verify, chain } = takeNames('fromApache', names, ['certificate'], ['verify', 'chain'], ['chainLength'])
  const length = takeInteger('fromApache.chainLength', names.chainLength ?? 4)
  const chainNames = chain === undefined ? [] : Array.from({ length }, (_, i) => `${chain}${i}`)
  // What is not set is written as (null).
  const read = (text: string, name: string): Certificates | undefined => (text === '(null)' ? undefined : fromPem(text, name))
  return sourceOf([certificate, verify, ...chainNames], saidBy(verify), (fields) => {
    const [leaf, ...above] = [certificate, ...chainNames].map((name) => fields.one(name, read))
    const result = fields.one(verify)
    return leaf !== undefined && result === 'NONE' ? undefined : presented([...leaf ?? [undefined], ...above.flatMap((one) => one ?? [])], result === 'SUCCESS')
  })
}

/** HAProxy: `%[ssl_c_der,base64]`, `%[ssl_c_verify]` (0 is good), `%[ssl_c_chain_der,base64]`. */
export function fromHaproxy(names: FieldNames): CertificateSource {
  const { certificate, verify, chain } = takeNames('fromHaproxy', names, ['certificate'], ['verify', 'chain'])
  return sourceOf([certificate, verify, chain], saidBy(verify), (fields) =>
    presented([fields.one(certificate, fromBase64), ...fields.one(chain, fromConcatenated) ?? []], fields.one(verify) === '0'))
}

/** Caddy: `{http.request.tls.client.certificate_der_base64}`. The leaf alone; with `require_and_verify` it is verified. */
export function fromCaddy(names: Pick<FieldNames, 'certificate'>): CertificateSource {
  const { certificate } = takeNames('fromCaddy', names, ['certificate'])
  return sourceOf([certificate], 'configured', (fields) => presented([fields.one(certificate, fromBase64)]))
}

function takeInteger(place: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`${place}: expected an integer of 1 or more`)
  return value
}

/**
 * Envoy: `X-Forwarded-Client-Cert`. `hops`, required: which element counts, from the right; 1 is the proxy that this server talks to.
 * Envoy quotes no URI or DNS name: who can have a certificate with a comma in such a name from a CA of yours can write
 * elements. Where Envoy sends the certificate (`Cert`), let this kit verify it.
 */
export function fromEnvoy(options: { readonly hops: number }): CertificateSource {
  takeNames('fromEnvoy', options, [], [], ['hops'])
  const hops = takeInteger('fromEnvoy.hops', options.hops)
  const name = 'x-forwarded-client-cert'
  return sourceOf([name], 'configured', (fields) => fields.list(name, (text) => {
    const element = parseXfcc(text, name).at(-hops) ?? malformed(name, `at least ${hops} elements`)
    const values = (key: string): readonly string[] => element.get(key) ?? []
    const certificates = (key: string): Certificates => values(key).flatMap((one) => fromEscapedPem(one, name))
    const [leaf] = certificates('cert')
    // `Chain` includes the leaf.
    const [first, ...chain] = certificates('chain')
    return presented([leaf ?? first, ...chain], undefined, {
      'certificate.sha256': values('hash').map((one) => sha256Text(one, name)),
      'san.uri': values('uri'), 'san.dns': values('dns').map(hostText),
    })
  }))
}

/**
 * Traefik: `X-Forwarded-Tls-Client-Cert`, the base64 of each certificate, split by commas, the leaf first; version 2 percent-encoded each. Its
 * `-Info` field is not read: the values in it are not quoted.
 */
export function fromTraefik(): CertificateSource {
  const name = 'x-forwarded-tls-client-cert'
  return sourceOf([name, `${name}-info`], 'configured', (fields) =>
    presented(fields.list(name, (text) => text.split(',').map((body) => fromBase64(fromPercent(body, name), name))) ?? []))
}
