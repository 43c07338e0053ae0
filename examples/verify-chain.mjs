// Verifies a chain that is made on the spot: accepted under the right name, refused and explained under another.
// Run: node examples/verify-chain.mjs
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { RefusedError, createVerifier, explain, parseCertificates } from 'countersign'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const root = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
const peer = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
const notBefore = new Date(Date.now() - 60_000)
const notAfter = new Date(Date.now() + 3_600_000)

const rootCertificate = await x509.X509CertificateGenerator.createSelfSigned({
  serialNumber: '01', name: 'CN=Example Root', notBefore, notAfter, signingAlgorithm: algorithm, keys: root,
  extensions: [new x509.BasicConstraintsExtension(true, undefined, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
})
const leaf = await x509.X509CertificateGenerator.create({
  serialNumber: '02', subject: 'CN=payments', issuer: rootCertificate.subject, notBefore, notAfter,
  signingAlgorithm: algorithm, publicKey: peer.publicKey, signingKey: root.privateKey,
  extensions: [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    new x509.SubjectAlternativeNameExtension([{ type: 'url', value: 'spiffe://bank.example/pay' }]),
  ],
})

const verifier = createVerifier({
  anchors: parseCertificates(rootCertificate.toString('pem')), purpose: 'clientAuth', revocation: 'none',
})
const accepted = await verifier.require({ leaf, names: { anyOf: [{ uri: 'spiffe://bank.example/pay' }] } })
console.log('accepted:', accepted.identities)

try {
  await verifier.require({ leaf, names: { anyOf: [{ uri: 'spiffe://bank.example/admin' }] } })
  throw new Error('accepted under a name it does not bear')
} catch (error) {
  if (!(error instanceof RefusedError)) throw error
  console.log(explain(error.verdict))
}
