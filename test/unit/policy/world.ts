/** Accepted peers to decide on: certificates of a small CA, verified for real. */
import { createVerifier } from '../../../src/verify/index.ts'
import type { AcceptedVerdict } from '../../../src/verify/index.ts'
import { verifySync } from '../../../src/node/index.ts'
import { evaluatePolicy, parsePolicy, verifiedPeer } from '../../../src/policy/index.ts'
import type { Decision, Facts, PeerFacts } from '../../../src/policy/index.ts'
import { encode, encodeContext, encodeInteger, encodeOid, encodeSequence, encodeSetOf, encodeString } from '../../../src/asn1/index.ts'
import { attribute, bc, dns, eku, email, ip, issue, ku, makeKeys, name, policies, san, uri } from '../../../fixtures/issue.ts'
import type { Bytes, Ext, Keys, Template } from '../../../fixtures/issue.ts'

export const now: number = Date.UTC(2026, 5, 15, 12)
export const rootKeys: Keys = makeKeys('policy root')
export const leafKeys: Keys = makeKeys('policy leaf')
export const root: Bytes = issue({
  subject: name('Root', attribute('2.5.4.10', 'Anchors')), issuer: name('Root', attribute('2.5.4.10', 'Anchors')), keys: rootKeys, signer: rootKeys,
  extensions: [bc(true), ku(0x60)],
})

/** A leaf with every kind of name, unless `extensions` says otherwise. */
export function leafWith(extensions: readonly Ext[] = [fullSan()], subject: Bytes = fullSubject(), more: Partial<Template> = {}): Bytes {
  return issue({
    subject, issuer: name('Root', attribute('2.5.4.10', 'Anchors')), keys: leafKeys, signer: rootKeys, serial: encodeInteger(0x1234),
    extensions: [ku(1), eku('1.3.6.1.5.5.7.3.2'), policies('1.3.6.1.4.1.99999.1'), ...extensions], ...more,
  })
}

export function fullSan(): Ext {
  return san(uri('spiffe://bank.example/ns/pay/app'), dns('app.pay.bank.example'), email('Clerk@bank.example'), ip(192, 0, 2, 7),
    encodeContext(0, encodeOid('1.3.6.1.4.1.99999.7'), encodeContext(0, encodeString(0x0c, 'seven'))))
}

/** O=Bank, organizationIdentifier=PSDDE-1, one RDN of OU=Pay and CN=app, OU=Ops. */
export function fullSubject(): Bytes {
  const both = (...attributes: readonly (readonly [string, string])[]): Bytes =>
    encodeSetOf(...attributes.map(([oid, text]) => encodeSequence(encodeOid(oid), encodeString(0x0c, text))))
  return encode(0x30, attribute('2.5.4.10', 'Bank'), attribute('2.5.4.97', 'PSDDE-1'), both(['2.5.4.3', 'app'], ['2.5.4.11', 'Pay']), attribute('2.5.4.11', 'Ops'))
}

export function verdictOn(leaf: Bytes = leafWith()): AcceptedVerdict {
  const verifier = createVerifier({ anchors: [root], purpose: 'clientAuth', revocation: 'none', clock: () => now })
  const verdict = verifySync(verifier, { leaf, names: 'unchecked' })
  if (!verdict.ok) throw new Error(JSON.stringify(verdict))
  return verdict
}

export const fullPeer: PeerFacts = verifiedPeer(verdictOn())
/** A peer whose certificate has no subject alternative names. */
export const barePeer: PeerFacts = verifiedPeer(verdictOn(leafWith([], name('bare'))))

export function facts(more: Partial<Facts> = {}): Facts {
  return { peer: fullPeer, time: now, ...more }
}

export const allow = (when: unknown, more: object = {}): object => ({ id: 'allow', effect: 'allow', when, ...more })
export const deny = (when: unknown, more: object = {}): object => ({ id: 'deny', effect: 'deny', when, ...more })
export const anybody: object = { 'certificate.sha256': { present: true } }

export function policyOf(...rules: readonly object[]): ReturnType<typeof parsePolicy> {
  return parsePolicy({ version: 1, identity: 'none', rules })
}

/** What an allow rule with this condition decides. */
export function decide(when: unknown, more: Partial<Facts> = {}): Decision {
  return evaluatePolicy(policyOf(allow(when)), facts(more))
}
