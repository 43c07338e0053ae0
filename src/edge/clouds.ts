/** Load balancers and platforms of cloud providers. */
import { bounded, fromBase64, fromPem, fromPercent, sha256Text } from './decode.ts'
import { EdgeError, malformed } from './error.ts'
import { takeName } from './fields.ts'
import { readByteSequence, readByteSequences } from './rfc9440.ts'
import { fromChain, sourceOf } from './sources.ts'
import type { CertificateSource } from './types.ts'

/**
 * AWS Application Load Balancer. In `passthrough` nobody has verified the chain; in `verify` the leaf was. `header`: the operator’s own name.
 * Percent-encoded PEM in which `+`, `=` and `/` stand for themselves.
 */
export function fromAwsAlb({ mode, header }: { readonly mode: 'verify' | 'passthrough'; readonly header?: string }): CertificateSource {
  if (mode !== 'verify' && mode !== 'passthrough') throw new TypeError("mode: expected 'verify' or 'passthrough'")
  const name = header === undefined ? `x-amzn-mtls-clientcert${mode === 'verify' ? '-leaf' : ''}` : takeName(header, 'header')
  return sourceOf({
    headers: [name], verification: mode === 'verify' ? 'configured' : 'never', platform: false,
    read(fields) {
      const text = fields.one(name)
      return text === undefined ? undefined : fromChain(fromPem(fromPercent(text, name), name), undefined)
    },
  })
}

/** AWS CloudFront viewer mTLS: `CloudFront-Viewer-Cert-Present`, `-Sha256` and `-Pem`. */
export function fromCloudFront(): CertificateSource {
  const [present, hash, pem] = ['cloudfront-viewer-cert-present', 'cloudfront-viewer-cert-sha256', 'cloudfront-viewer-cert-pem'] as const
  return sourceOf({
    headers: [present, hash, pem], verification: 'configured', platform: false,
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
      return typeof pem === 'string' ? fromChain(fromPem(pem, field), undefined) : malformed(field, 'clientCertPem')
    },
  })
}

/** Azure: `X-ARR-ClientCert`; base64 DER from App Service, which verifies nothing, PEM from Application Gateway. */
export function fromAzure({ product }: { readonly product: 'app-service' | 'application-gateway' }): CertificateSource {
  if (product !== 'app-service' && product !== 'application-gateway') throw new TypeError("product: expected 'app-service' or 'application-gateway'")
  const name = 'x-arr-clientcert'
  return sourceOf({
    headers: [name], verification: product === 'app-service' ? 'never' : 'configured', platform: false,
    read(fields) {
      const text = fields.one(name)
      if (text === undefined) return undefined
      return fromChain(product === 'app-service' ? [fromBase64(text, name)] : fromPem(fromPercent(text, name), name), undefined)
    },
  })
}

/**
 * Google Cloud Application Load Balancer: custom fields with `{client_cert_leaf}`, `{client_cert_chain}` and `{client_cert_chain_verified}`, and
 * `{client_cert_present}`. A certificate that was too large arrives empty, and is then a refusal.
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
      if (text === undefined) throw new EdgeError('edge/oversized-header', 'a certificate was presented, and is not here', leaf)
      const above = chain === undefined ? undefined : fields.list(chain)
      return fromChain([readByteSequence(text, leaf), ...(above === undefined ? [] : readByteSequences(above, chain!))], fields.one(verified) === 'true')
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
      if (auth === undefined || auth === null || text('certPresented') !== '1') return undefined
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

function member(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null && Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined
}
