/**
 * A certification authority in memory, for demonstrations and tests: keys and certificates made on the spot.
 * It keeps no records, revokes nothing, and is no part of the package’s API.
 */
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

const usages: Readonly<Record<'serverAuth' | 'clientAuth' | 'codeSigning', string>> = {
  serverAuth: x509.ExtendedKeyUsage.serverAuth,
  clientAuth: x509.ExtendedKeyUsage.clientAuth,
  codeSigning: x509.ExtendedKeyUsage.codeSigning,
}

export interface Authority {
  readonly certificate: x509.X509Certificate
  readonly keys: CryptoKeyPair
  readonly pem: string
  readonly der: Uint8Array
  /** The certificates between what it issues and its root, its own first; empty for a root. */
  readonly chain: readonly x509.X509Certificate[]
}

/** A certificate and its key, in the form that `node:tls` takes. */
export interface Credential {
  /** The leaf and the intermediates, PEM. */
  readonly cert: string
  /** PKCS#8, PEM. */
  readonly key: string
  readonly der: Uint8Array
  /** The leaf and the intermediates, DER. */
  readonly chain: readonly Uint8Array[]
}

export interface LeafRequest {
  readonly commonName: string
  /** Subject alternative names. */
  readonly dns?: readonly string[]
  readonly ip?: readonly string[]
  readonly uri?: readonly string[]
  readonly usage: readonly (keyof typeof usages)[]
  /** Default: from an hour ago until tomorrow. */
  readonly notBefore?: Date
  readonly notAfter?: Date
}

const hour = 3_600_000

function makeKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

function nameOf(commonName: string): x509.JsonName {
  return [{ O: ['Countersign Demo'] }, { CN: [commonName] }]
}

function pem(label: string, der: Uint8Array): string {
  const body = Buffer.from(der).toString('base64').replace(/(.{64})/g, '$1\n').trimEnd()
  return `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`
}

async function issue(
  subject: string, keys: CryptoKeyPair, issuer: Authority | undefined, extensions: x509.Extension[],
  notBefore = new Date(Date.now() - hour), notAfter = new Date(Date.now() + 24 * hour),
): Promise<x509.X509Certificate> {
  const issuerKeys = issuer?.keys ?? keys
  return x509.X509CertificateGenerator.create({
    subject: nameOf(subject),
    issuer: issuer?.certificate.subjectName.toJSON() ?? nameOf(subject),
    publicKey: keys.publicKey,
    signingKey: issuerKeys.privateKey,
    signingAlgorithm: algorithm,
    notBefore,
    notAfter,
    extensions: [
      ...extensions,
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuerKeys.publicKey),
    ],
  })
}

/** A self-signed root, or an intermediate of `issuer`. */
export async function createAuthority(commonName: string, issuer?: Authority): Promise<Authority> {
  const keys = await makeKeys()
  const certificate = await issue(commonName, keys, issuer, [
    new x509.BasicConstraintsExtension(true, issuer === undefined ? undefined : 0, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ])
  const der = new Uint8Array(certificate.rawData)
  return {
    certificate, keys, der, pem: pem('CERTIFICATE', der),
    chain: issuer === undefined ? [] : [certificate, ...issuer.chain],
  }
}

/** A certificate for a server, a client or something else, with its key. */
export async function issueLeaf(issuer: Authority, request: LeafRequest): Promise<Credential> {
  const keys = await makeKeys()
  const names: x509.JsonGeneralNames = [
    ...(request.dns ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ip ?? []).map((value) => ({ type: 'ip' as const, value })),
    ...(request.uri ?? []).map((value) => ({ type: 'url' as const, value })),
  ]
  const leaf = await issue(request.commonName, keys, issuer, [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(request.usage.map((usage) => usages[usage])),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
  ], request.notBefore, request.notAfter)
  const chain = [leaf, ...issuer.chain].map((certificate) => new Uint8Array(certificate.rawData))
  return {
    cert: chain.map((der) => pem('CERTIFICATE', der)).join(''),
    key: pem('PRIVATE KEY', new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey))),
    der: chain[0]!,
    chain,
  }
}
