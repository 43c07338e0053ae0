/** Load balancers and platforms of cloud providers. */
import { bounded, fromBase64, fromPem, fromPercent, sha256Text } from './decode.ts'
import { EdgeError, malformed } from './error.ts'
import { takeName } from './fields.ts'
import { readByteSequence, readByteSequences } from './rfc9440.ts'
import { fromChain, fromNginx, sourceOf, type FieldNames } from './sources.ts'
import type { CertificateSource } from './types.ts'

/**
 * AWS Application Load Balancer. In `passthrough` nobody has verified the chain; in `verify` the leaf was. `header`: the operator’s own name.
 * Percent-encoded PEM in which `+`, `=` and `/` stand for themselves.
 */
export function fromAwsAlb({ mode, header }: { readonly mode: 'verify' | 'passthrough'; readonly header?: string }): CertificateSource {
  const verification = takeMode(mode)
  const name = header === undefined ? `x-amzn-mtls-clientcert${mode === 'verify' ? '-leaf' : ''}` : takeName(header, 'header')
  return sourceOf({
    headers: [name], verification, platform: false,
    read(fields) {
      const text = fields.one(name)
      return text === undefined ? undefined : fromChain(fromPem(fromPercent(text, name), name))
    },
  })
}

/**
 * AWS CloudFront viewer mTLS: `CloudFront-Viewer-Cert-Present`, `-Sha256` and `-Pem`. `verify` stands for its modes `required` and `optional`;
 * in `passthrough` it sends the same fields, and has verified nothing.
 */
export function fromCloudFront({ mode }: { readonly mode: 'verify' | 'passthrough' }): CertificateSource {
  const verification = takeMode(mode)
  const [present, hash, pem] = ['cloudfront-viewer-cert-present', 'cloudfront-viewer-cert-sha256', 'cloudfront-viewer-cert-pem'] as const
  return sourceOf({
    headers: [present, hash, pem], verification, platform: false,
    read(fields) {
      const flag = fields.one(present)
      if (flag !== undefined && flag !== '0' && flag !== '1') malformed(present, '0 or 1')
      const digest = fields.one(hash)
      const text = fields.one(pem)
      if (flag === '0' || (digest === undefined && text === undefined)) return undefined
      const fingerprint = digest === undefined ? {} : { 'certificate.sha256': [sha256Text(digest, hash)] }
      return fromChain(text === undefined ? [] : fromPem(fromPercent(text, pem), pem), undefined, fingerprint)
    },
  })
}

/** AWS API Gateway: the `requestContext` of a REST (`identity.clientCert`) or HTTP API (`authentication.clientCert`). Revocation is not checked by it. */
export function fromApiGateway(): CertificateSource {
  const field = 'requestContext'
  return sourceOf({
    headers: [], verification: 'configured', platform: true,
    read(_, { event }) {
      const context = member(event, 'requestContext')
      const found = member(member(context, 'identity'), 'clientCert') ?? member(member(context, 'authentication'), 'clientCert')
      if (found === undefined || found === null) return undefined
      const pem = member(found, 'clientCertPem')
      return typeof pem === 'string' ? fromChain(fromPem(pem, field)) : malformed(field, 'clientCertPem')
    },
  })
}

/**
 * Azure. App Service: base64 DER in `X-ARR-ClientCert`, of whatever was presented. Application Gateway: PEM, `{var_client_certificate}`, and
 * `{var_client_certificate_verification}`, in the fields of your rewrite rule; in its pass-through mode certificates arrive that it did not verify.
 */
export function fromAzure(options: { readonly product: 'app-service' } | ({ readonly product: 'application-gateway' } & Omit<FieldNames, 'chain'>)): CertificateSource {
  if (options.product === 'application-gateway') return fromNginx(options)
  if (options.product !== 'app-service') throw new TypeError("product: expected 'app-service' or 'application-gateway'")
  const name = 'x-arr-clientcert'
  return sourceOf({
    headers: [name], verification: 'never', platform: false,
    read(fields) {
      const text = fields.one(name)
      return text === undefined ? undefined : fromChain([fromBase64(text, name)])
    },
  })
}

/**
 * Google Cloud Application Load Balancer: custom fields with `{client_cert_leaf}`, `{client_cert_chain}` and `{client_cert_chain_verified}`, and
 * `{client_cert_present}`. Certificates arrive where they were verified, and are not too large; otherwise their fields are empty, and without
 * the leaf that is a refusal.
 */
export function fromGoogleCloud(names: { readonly leaf: string; readonly chain?: string; readonly verified: string; readonly present: string }): CertificateSource {
  const [leaf, verified, present] = [takeName(names.leaf, 'leaf'), takeName(names.verified, 'verified'), takeName(names.present, 'present')]
  const chain = names.chain === undefined ? undefined : takeName(names.chain, 'chain')
  return sourceOf({
    headers: [leaf, verified, present, ...(chain === undefined ? [] : [chain])], verification: 'said', platform: false,
    read(fields) {
      const isPresent = fields.one(present)
      if (isPresent === 'false' || isPresent === undefined) return undefined
      if (isPresent !== 'true') malformed(present, 'true or false')
      const text = fields.one(leaf)
      const isVerified = fields.one(verified) === 'true'
      if (text === undefined) throw new EdgeError(isVerified ? 'edge/oversized-header' : 'edge/not-verified', 'a certificate was presented, and is not here', leaf)
      const above = chain === undefined ? undefined : fields.list(chain)
      return fromChain([readByteSequence(text, leaf), ...(above === undefined ? [] : readByteSequences(above, chain!))], isVerified)
    },
  })
}

/**
 * Cloudflare Workers: `request.cf.tlsClientAuth`. It is filled in for certificates that do not verify, too, and the managed CA is shared by
 * all customers: that a certificate verified says nothing about whose it is.
 */
export function fromCloudflare(): CertificateSource {
  const field = 'cf.tlsClientAuth'
  return sourceOf({
    headers: [], verification: 'said', platform: true,
    read(_, { cf }) {
      const auth = member(cf, 'tlsClientAuth')
      const text = (name: string): string => {
        const value = member(auth, name)
        return value === undefined || typeof value === 'string' ? value ?? '' : malformed(field, `${name} as a text`)
      }
      if (text('certPresented') !== '1') return undefined
      if (member(auth, 'certRFC9440TooLarge') === true) throw new EdgeError('edge/oversized-header', 'a certificate was presented, and is not here', field)
      const [leaf, chain, hash] = [text('certRFC9440'), text('certChainRFC9440'), text('certFingerprintSHA256')]
      if (leaf === '' && chain !== '') throw new EdgeError('edge/chain-without-leaf', 'a chain, and no certificate', field)
      const fingerprint = hash === '' ? {} : { 'certificate.sha256': [sha256Text(hash, field)] }
      // What was too large is left out: a verifier may know the issuers by itself.
      return fromChain(
        bounded([...(leaf === '' ? [] : [readByteSequence(leaf, field)]), ...(chain === '' ? [] : readByteSequences(chain, field))], field),
        text('certVerified') === 'SUCCESS' && text('certRevoked') === '0',
        fingerprint,
      )
    },
  })
}

function takeMode(mode: unknown): CertificateSource['verification'] {
  if (mode !== 'verify' && mode !== 'passthrough') throw new TypeError("mode: expected 'verify' or 'passthrough'")
  return mode === 'verify' ? 'configured' : 'never'
}

function member(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null && Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined
}
