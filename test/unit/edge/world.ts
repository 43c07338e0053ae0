/** A client’s certificate in every form in which a proxy hands it on. */
import { parsePolicy } from '../../../src/policy/index.ts'
import type { Policy } from '../../../src/policy/index.ts'
import type { CertificateSource } from '../../../src/edge/index.ts'
import {
  fromApache, fromApiGateway, fromAwsAlb, fromAzure, fromCaddy, fromCloudFront, fromCloudflare, fromEnvoy, fromGoogleCloud, fromHaproxy, fromNginx,
  fromRfc9440, fromTraefik,
} from '../../../src/edge/index.ts'
import { createVerifier } from '../../../src/verify/index.ts'
import type { Verifier } from '../../../src/verify/index.ts'
import { encodeBase64, encodePem } from '../../../src/x509/index.ts'
import { sha256 } from '../../../src/x509/sha256.ts'
import { toHex } from '../../../src/asn1/index.ts'
import { bc, dns, eku, issue, ku, makeKeys, name, san, uri } from '../../../fixtures/issue.ts'
import type { Bytes, Keys } from '../../../fixtures/issue.ts'

export const now: number = Date.UTC(2026, 5, 15, 12)
const [rootKeys, caKeys, leafKeys, strangerKeys]: readonly Keys[] = ['root', 'ca', 'leaf', 'stranger'].map((label) => makeKeys(`edge ${label}`))
const caExtensions = [bc(true), ku(0x60)]
export const root: Bytes = issue({ subject: name('Root'), issuer: name('Root'), keys: rootKeys!, signer: rootKeys!, extensions: caExtensions })
export const ca: Bytes = issue({ subject: name('CA'), issuer: name('Root'), keys: caKeys!, signer: rootKeys!, extensions: caExtensions })
export const leaf: Bytes = clientOf('spiffe://bank.example/ns/pay/app')
/** Says the same, and nobody vouches for it. */
export const forged: Bytes = clientOf('spiffe://bank.example/ns/pay/app', strangerKeys)

export function clientOf(id: string, signer: Keys = caKeys!): Bytes {
  return issue({
    subject: name('client'), issuer: name('CA'), keys: leafKeys!, signer,
    extensions: [ku(1), eku('1.3.6.1.5.5.7.3.2'), san(uri(id), dns('app.bank.example'))],
  })
}

export const verifier: Verifier = createVerifier({ anchors: [root], purpose: 'clientAuth', revocation: 'none', clock: () => now })

/** Lets in whoever is of the bank, on the word of the contract `front` too. */
export const policy: Policy = parsePolicy({
  version: 1, identity: [{ from: 'san.uri', as: 'spiffe' }], proxies: ['front'],
  rules: [{ id: 'bank', effect: 'allow', when: { 'san.uri': { spiffe: 'spiffe://bank.example/**' } } }],
})
export const secret = 'correct-horse-battery-staple'
export const proof: { readonly header: 'x-proxy-secret'; readonly secret: string } = { header: 'x-proxy-secret', secret }

const pem = (der: Bytes): string => encodePem('CERTIFICATE', der)
const escaped = (der: Bytes): string => encodeURIComponent(pem(der))
const albEscaped = (...ders: readonly Bytes[]): string => encodeURIComponent(ders.map(pem).join('')).replaceAll('%2B', '+').replaceAll('%3D', '=').replaceAll('%2F', '/')
const sf = (der: Bytes): string => `:${encodeBase64(der)}:`
const spaced = (der: Bytes): string => pem(der).replaceAll('\n', ' ').trim()
/** As API Gateway describes it. */
const clientCert = (text: string): object => ({
  clientCertPem: text, subjectDN: 'www.example.com', issuerDN: 'Example issuer', serialNumber: 'a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1:a1',
  validity: { notBefore: 'May 28 12:30:02 2019 GMT', notAfter: 'Aug  5 09:36:04 2021 GMT' },
})
const hash = (der: Bytes): string => toHex(sha256(der))

export interface Form {
  readonly source: CertificateSource
  /** Where the form comes from, and when that page was read. Pages of Google, AWS and Azure, and Traefik’s, were read in stored copies. */
  readonly page: string
  /** Whether the certificate is handed on only where the proxy verified it. */
  readonly ifVerified?: true
  /** Header fields, or what stands beside the request, for a leaf and its chain, verified or not. */
  make(leaf: Bytes, chain: readonly Bytes[], verified: boolean): { readonly headers?: Record<string, string>; readonly cf?: unknown; readonly event?: unknown }
  /** Whether the chain is handed on. */
  readonly chain: boolean
}

export const forms: Readonly<Record<string, Form>> = {
  'RFC 9440': {
    source: fromRfc9440(), page: 'RFC 9440, sections 2.2 and 2.3, 2026-11-24', chain: true,
    make: (one, chain) => ({ headers: { 'client-cert': sf(one), ...(chain.length > 0 ? { 'client-cert-chain': chain.map(sf).join(', ') } : {}) } }),
  },
  nginx: {
    source: fromNginx({ certificate: 'X-Client-Cert', verify: 'X-Client-Verify' }), page: 'ngx_http_ssl_module, embedded variables, 2026-11-24', chain: false,
    make: (one, _, verified) => ({ headers: { 'x-client-cert': escaped(one), 'x-client-verify': verified ? 'SUCCESS' : 'FAILED:unable to verify the first certificate' } }),
  },
  Apache: {
    source: fromApache({ certificate: 'X-Client-Cert', verify: 'X-Client-Verify', chain: 'X-Client-Chain-' }), page: 'mod_ssl, environment variables, 2026-11-24', chain: true,
    make: (one, chain, verified) => ({
      headers: {
        'x-client-cert': spaced(one), 'x-client-verify': verified ? 'SUCCESS' : 'FAILED:unable to verify the first certificate',
        ...Object.fromEntries([0, 1].map((i) => [`x-client-chain-${i}`, chain[i] === undefined ? '(null)' : spaced(chain[i])])),
      },
    }),
  },
  HAProxy: {
    source: fromHaproxy({ certificate: 'X-Client-Cert', verify: 'X-Client-Verify', chain: 'X-Client-Chain' }), page: 'HAProxy configuration manual, ssl_c_der, ssl_c_chain_der, ssl_c_verify, 2026-11-24', chain: true,
    make: (one, chain, verified) => ({
      headers: {
        'x-client-cert': encodeBase64(one), 'x-client-verify': verified ? '0' : '21',
        ...(chain.length > 0 ? { 'x-client-chain': encodeBase64(new Uint8Array(Buffer.concat(chain))) } : {}),
      },
    }),
  },
  Caddy: {
    source: fromCaddy({ certificate: 'X-Client-Cert' }), page: 'Caddy, HTTP placeholders, 2026-11-24', chain: false,
    make: (one) => ({ headers: { 'x-client-cert': encodeBase64(one) } }),
  },
  Envoy: {
    source: fromEnvoy({ hops: 1 }), page: 'Envoy, HTTP header manipulation, x-forwarded-client-cert, 2026-11-24', chain: true,
    make: (one, chain) => ({
      headers: {
        'x-forwarded-client-cert': `By=spiffe://bank.example/front;Hash=${hash(one)};Cert="${escaped(one)}";Chain="${[one, ...chain].map(escaped).join('')}";Subject="CN=client, O=\\"a;b\\"";URI=spiffe://bank.example/ns/pay/app;DNS=app.bank.example`,
      },
    }),
  },
  // Delimiters and line breaks are left out, and commas stand between certificates; the source (passtlsclientcert) says the same.
  Traefik: {
    source: fromTraefik(), page: 'Traefik PassTLSClientCert Documentation, “pem”, and pass_tls_client_cert.go of v3, 2026-11-24', chain: true,
    make: (one, chain) => ({ headers: { 'x-forwarded-tls-client-cert': [one, ...chain].map(encodeBase64).join(',') } }),
  },
  // Each certificate went through Go’s url.QueryEscape (“the escaped pem”), the commas did not.
  'Traefik 2': {
    source: fromTraefik(), page: 'Traefik v2.7 PassTLSClientCert documentation, and pass_tls_client_cert.go of v2, 2026-11-24', chain: true,
    make: (one, chain) => ({ headers: { 'x-forwarded-tls-client-cert': [one, ...chain].map((der) => encodeURIComponent(encodeBase64(der))).join(',') } }),
  },
  'AWS ALB, verify': {
    source: fromAwsAlb({ mode: 'verify' }), page: 'Application Load Balancer, mutual authentication, 2026-11-24', chain: false,
    make: (one) => ({ headers: { 'x-amzn-mtls-clientcert-leaf': albEscaped(one) } }),
  },
  'AWS ALB, passthrough': {
    source: fromAwsAlb({ mode: 'passthrough' }), page: 'Application Load Balancer, mutual authentication, 2026-11-24', chain: true,
    make: (one, chain) => ({ headers: { 'x-amzn-mtls-clientcert': albEscaped(one, ...chain) } }),
  },
  CloudFront: {
    source: fromCloudFront({ mode: 'verify' }), page: 'CloudFront, Viewer mTLS headers for cache policies and forwarded to origin, 2026-11-24', chain: false,
    make: (one) => ({ headers: { 'cloudfront-viewer-cert-present': '1', 'cloudfront-viewer-cert-sha256': hash(one), 'cloudfront-viewer-cert-pem': escaped(one) } }),
  },
  // The same fields in both formats; the page of format 2.0 has them under `authentication`. REST APIs send format 1.0.
  'API Gateway, format 1.0': {
    source: fromApiGateway(), page: 'API Gateway, Working with AWS Lambda proxy integrations for HTTP APIs, payload format 1.0, 2026-11-24', chain: false,
    make: (one) => ({ event: { requestContext: { authorizer: { claims: null }, identity: { sourceIp: '192.0.2.1', user: null, clientCert: clientCert(pem(one)) } } } }),
  },
  'API Gateway, format 2.0': {
    source: fromApiGateway(), page: 'API Gateway, Working with AWS Lambda proxy integrations for HTTP APIs, payload format 2.0, 2026-11-24', chain: false,
    make: (one) => ({ event: { version: '2.0', requestContext: { authentication: { clientCert: clientCert(pem(one).trim()) } } } }),
  },
  // “A base64 encoded value”; the page’s samples read it as DER without PEM’s delimiters, although one calls it PEM.
  'Azure App Service': {
    source: fromAzure({ product: 'app-service' }), page: 'Configure TLS mutual authentication for Azure App Service, “Access client certificate”, of 2024-06-21, 2026-11-24', chain: false,
    make: (one) => ({ headers: { 'x-arr-clientcert': encodeBase64(one) } }),
  },
  // The page says “in PEM format”, and not how its line breaks are written in a field: users report percent-encoding, blanks are read as well.
  'Azure Application Gateway': {
    source: fromAzure({ product: 'application-gateway', certificate: 'X-Client-Cert', verify: 'X-Client-Cert-Verification' }),
    page: 'Rewrite HTTP headers and URL with Application Gateway, “Mutual authentication server variables”, of 2024-09-06, 2026-11-24', chain: false,
    make: (one, _, verified) => ({ headers: { 'x-client-cert': escaped(one), 'x-client-cert-verification': verified ? 'SUCCESS' : 'FAILED:unable to verify the first certificate' } }),
  },
  'Google Cloud': {
    source: fromGoogleCloud({ leaf: 'X-Client-Cert-Leaf', chain: 'X-Client-Cert-Chain', verified: 'X-Client-Cert-Chain-Verified', present: 'X-Client-Cert-Present' }),
    page: 'Cloud Load Balancing, Create custom headers in backend services, “Mutual TLS custom headers”, 2026-11-24', chain: true, ifVerified: true,
    // A variable without a value is an empty text. “Comma-delimited” leaves open whether blanks follow: both are read.
    make: (one, chain, verified) => ({
      headers: {
        'x-client-cert-present': 'true', 'x-client-cert-chain-verified': String(verified),
        'x-client-cert-leaf': verified ? sf(one) : '', 'x-client-cert-chain': verified ? chain.map(sf).join(',') : '',
      },
    }),
  },
  Cloudflare: {
    source: fromCloudflare(), page: 'Cloudflare, client certificate variables, 2026-11-24', chain: true,
    make: (one, chain, verified) => ({
      cf: {
        tlsClientAuth: {
          certPresented: '1', certVerified: verified ? 'SUCCESS' : 'FAILED:unable to get local issuer certificate', certRevoked: '0', certFingerprintSHA256: hash(one),
          certRFC9440: sf(one), certRFC9440TooLarge: false, certChainRFC9440: chain.map(sf).join(', '), certChainRFC9440TooLarge: false,
        },
      },
    }),
  },
}
