// Verifies two certificates that are made on the spot, one of them revoked: what cannot be settled would be refused as well.
// Run: node examples/revocation.mjs
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { createVerifier, explain } from 'countersign'
import { createGuardedFetch } from 'countersign/node'
import { createRevocationChecker } from 'countersign/revocation'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const root = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
const peer = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
const notBefore = new Date(Date.now() - 60_000)
const notAfter = new Date(Date.now() + 3_600_000)

const anchor = await x509.X509CertificateGenerator.createSelfSigned({
  serialNumber: '01', name: 'CN=Example Root', notBefore, notAfter, signingAlgorithm: algorithm, keys: root,
  extensions: [new x509.BasicConstraintsExtension(true, undefined, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true)],
})
const issue = (serialNumber, name) => x509.X509CertificateGenerator.create({
  serialNumber, subject: `CN=${name}`, issuer: anchor.subject, notBefore, notAfter, signingAlgorithm: algorithm,
  publicKey: peer.publicKey, signingKey: root.privateKey, extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
})
const list = await x509.X509CrlGenerator.create({
  issuer: anchor.subject, thisUpdate: notBefore, nextUpdate: notAfter, signingAlgorithm: algorithm, signingKey: root.privateKey,
  entries: [{ serialNumber: '03', revocationDate: notBefore, reason: x509.X509CrlReason.keyCompromise }],
})

const revocation = createRevocationChecker({
  mode: 'hard',
  // What is at hand is heard first. What it does not settle is asked for, at public addresses that the certificates name.
  crls: [new Uint8Array(list.rawData)],
  fetch: { fetch: createGuardedFetch() },
})
const verifier = createVerifier({ anchors: [new Uint8Array(anchor.rawData)], purpose: 'clientAuth', revocation })

for (const [serialNumber, name] of [['02', 'payments'], ['03', 'stolen']]) {
  const leaf = await issue(serialNumber, name)
  const verdict = await verifier.verify({ leaf: new Uint8Array(leaf.rawData), names: 'unchecked' })
  console.log(verdict.ok ? `accepted: CN=${name}, revocation ${verdict.revocation[0].status}` : explain(verdict))
}
