/** Load balancers and platforms of cloud providers. */
import { fromBase64, fromPem, sha256Text } from './decode.ts'
import { EdgeError, malformed } from './error.ts'
import { takeNames } from './fields.ts'
import { readByteSequence, readByteSequences } from './rfc9440.ts'
import { escapedLeaf, fromEscapedPem, hashFact, presented, sourceOf, type FieldNames } from './sources.ts'
import type { CertificateSource } from './types.ts'

/**
 * AWS Application Load Balancer. In `passthrough` nobody has verified the chain; in `verify` the leaf was. `header`: the operator’s own name.
 * Percent-encoded PEM in which `+`, `=` and `/` stand for themselves.
 */
export function fromAwsAlb(options: { readonly mode: 'verify' | 'passthrough'; readonly header?: string }): CertificateSource {
  const { header } = takeNames('fromAwsAlb', options, [], ['header'], ['mode'])
  const verification = takeMode(options)
  const name = header ?? `x-amzn-mtls-clientcert${verification === 'never' ? '' : '-leaf'}`
  return sourceOf([name], verification, (fields) => presented(fields.one(name, fromEscapedPem) ?? []))
}

/**
 * AWS CloudFront viewer mTLS: `CloudFront-Viewer-Cert-Present`, `-Sha256` and `-Pem`. `verify` stands for its modes `required` and `optional`;
 * in `passthrough` it sends the same fields, and has verified nothing.
 */
export function fromCloudFront(options: { readonly mode: 'verify' | 'passthrough' }): CertificateSource {
  takeNames('fromCloudFront', options, [], [], ['mode'])
  const [present, hash, pem] = ['cloudfront-viewer-cert-present', 'cloudfront-viewer-cert-sha256', 'cloudfront-viewer-cert-pem'] as const
  return sourceOf([present, hash, pem], takeMode(options), (fields) => {
    const flag = fields.one(present) ?? '1'
    if (flag !== '0' && flag !== '1') malformed(present, '0 or 1')
    return flag === '0' ? undefined : presented(fields.one(pem, fromEscapedPem) ?? [], undefined, hashFact(fields.one(hash, sha256Text)))
  })
}

/** AWS API Gateway: the `requestContext` of a REST (`identity.clientCert`) or HTTP API (`authentication.clientCert`). Revocation is not checked by it. */
export function fromApiGateway(): CertificateSource {
  const field = 'requestContext'
  return sourceOf([], 'configured', (_, { event }) => {
    const context = member(event, field)
    const found = member(member(context, 'identity'), 'clientCert') ?? member(member(context, 'authentication'), 'clientCert')
    if (found === undefined || found === null) return undefined
    const pem = member(found, 'clientCertPem')
    return typeof pem === 'string' ? presented(fromPem(pem, field)) : malformed(field, 'clientCertPem')
  })
}

/**
 * Azure. App Service: base64 DER in `X-ARR-ClientCert`, of whatever was presented. Application Gateway: PEM, `{var_client_certificate}`, and
 * `{var_client_certificate_verification}`, in the fields of your rewrite rule; in its pass-through mode certificates arrive that it did not verify.
 */
export function fromAzure(options: { readonly product: 'app-service' } | ({ readonly product: 'application-gateway' } & Omit<FieldNames, 'chain'>)): CertificateSource {
  const place = 'fromAzure'
  if (options.product === 'application-gateway') return escapedLeaf(place, options, ['product'])
  takeNames(place, options, [], [], ['product'])
  if (options.product !== 'app-service') throw new TypeError("fromAzure.product: expected 'app-service' or 'application-gateway'")
  const name = 'x-arr-clientcert'
  return sourceOf([name], 'never', (fields) => presented([fields.one(name, fromBase64)]))
}

/**
 * Google Cloud Application Load Balancer: custom fields with `{client_cert_leaf}`, `{client_cert_chain}` and `{client_cert_chain_verified}`, and
 * `{client_cert_present}`. Certificates arrive where they were verified, and are not too large; otherwise their fields are empty, and without
 * the leaf that is a refusal.
 */
export function fromGoogleCloud(names: { readonly leaf: string; readonly chain?: string; readonly verified: string; readonly present: string }): CertificateSource {
  const { leaf, verified, present, chain } = takeNames('fromGoogleCloud', names, ['leaf', 'verified', 'present'], ['chain'])
  return sourceOf([leaf, verified, present, chain], 'said', (fields) => {
    const isPresent = fields.one(present) ?? 'false'
    if (isPresent === 'false') return undefined
    if (isPresent !== 'true') malformed(present, 'true or false')
    const isVerified = fields.one(verified) === 'true'
    const certificate = fields.one(leaf, readByteSequence)
    if (certificate === undefined) throw new EdgeError(isVerified ? 'edge/oversized-header' : 'edge/not-verified', 'a certificate was presented, and is not here', leaf)
    return presented([certificate, ...fields.list(chain, readByteSequences) ?? []], isVerified)
  })
}

/**
 * Cloudflare Workers: `request.cf.tlsClientAuth`. It is filled in for certificates that do not verify, too, and the managed CA is shared by
 * all customers: that a certificate verified says nothing about whose it is.
 */
export function fromCloudflare(): CertificateSource {
  const field = 'cf.tlsClientAuth'
  return sourceOf([], 'said', (_, { cf }) => {
    const auth = member(cf, 'tlsClientAuth')
    const text = (name: string): string => {
      const value = member(auth, name) ?? ''
      return typeof value === 'string' ? value : malformed(field, `${name} as a text`)
    }
    if (text('certPresented') !== '1') return undefined
    if (member(auth, 'certRFC9440TooLarge') === true) throw new EdgeError('edge/oversized-header', 'a certificate was presented, and is not here', field)
    const read = <T>(name: string, reader: (text: string, field: string) => T): T | undefined => (text(name) === '' ? undefined : reader(text(name), field))
    // A chain that was too large is left out: a verifier may know the issuers by itself.
    return presented(
      [read('certRFC9440', readByteSequence), ...read('certChainRFC9440', readByteSequences) ?? []],
      text('certVerified') === 'SUCCESS' && text('certRevoked') === '0',
      hashFact(read('certFingerprintSHA256', sha256Text)),
    )
  })
}

function takeMode({ mode }: { readonly mode: unknown }): CertificateSource['verification'] {
  if (mode !== 'verify' && mode !== 'passthrough') throw new TypeError("mode: expected 'verify' or 'passthrough'")
  return mode === 'verify' ? 'configured' : 'never'
}

function member(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null && Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined
}
