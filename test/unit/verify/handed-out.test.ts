/** Whatever a verdict hands out can be written over without any later verdict's changing: nothing in it is the verifier's own. */
import { expect, test } from 'vitest'
import { encode, encodeContext, encodeOid } from '../../../src/asn1/index.ts'
import { createTrustAnchor, isTrustAnchor, trustAnchorFromCertificate } from '../../../src/path/index.ts'
import { evaluatePolicy, parsePolicy, verifiedPeer } from '../../../src/policy/index.ts'
import type { Decision } from '../../../src/policy/index.ts'
import { createVerifier } from '../../../src/verify/index.ts'
import type { VerifierOptions, VerifyRequest } from '../../../src/verify/index.ts'
import { extensionOids, parseCertificate, type Certificate } from '../../../src/x509/index.ts'
import { aki, bc, dns, eku, email, ip, ku, nc, policies, san, ski } from '../../../fixtures/issue.ts'
import { deface } from '../../support/deface.ts'
import { caKeys, host, leafKeys, make, now, root, rootKeys } from '../../support/hostile-worlds.ts'

const address = [192, 0, 2, 7]
const network = [192, 0, 2, 0, 255, 255, 255, 0]
const smtpUtf8 = (text: string): Uint8Array => encodeContext(0, encodeOid('1.3.6.1.5.5.7.8.9'), encodeContext(0, encode(0x0c, new TextEncoder().encode(text))))
const policy = '1.3.6.1.4.1.55555.1'
const ca = make('CA', 'Root', caKeys, rootKeys, [
  bc(true, 0), ku(0x60), nc([ip(...network), dns('example'), email('example')]), policies(policy), ski(caKeys.id), aki(rootKeys.id),
])
const leaf = make('leaf', 'CA', leafKeys, caKeys, [
  ku(1), eku('1.3.6.1.5.5.7.3.1'), san(dns(host), ip(...address), email('a@example'), smtpUtf8('é@example')), policies(policy), ski(leafKeys.id), aki(caKeys.id),
])

const anchors = {
  'a certificate': root,
  'a parsed certificate': parseCertificate(root),
  'an anchor made of a certificate': trustAnchorFromCertificate(make('Root', 'Root', rootKeys, rootKeys, [bc(true), ku(0x60), nc([ip(...network), dns('example'), email('example')]), policies(policy)])),
  'an anchor of a name and a key': createTrustAnchor({ name: parseCertificate(root).subject.toDer(), publicKey: rootKeys.spki, policySet: [policy] }),
} satisfies Record<string, VerifierOptions['anchors'][number]>

test.each(Object.entries(anchors))('under %s', async (_, anchor) => {
  const options: VerifierOptions = {
    anchors: [anchor], purpose: 'serverAuth', revocation: 'none', profile: 'rfc5280', clock: () => now, policies: { requireExplicitPolicy: true },
  }
  const verifier = createVerifier(options)
  const requests: VerifyRequest[] = [
    { leaf, intermediates: [ca], names: { allOf: [{ dns: host }, { ip: '192.0.2.7' }, { email: 'a@example' }, { email: 'é@example' }] } },
    { leaf, intermediates: [ca], names: { anyOf: [{ ip: '255.255.255.255' }] } },
    { leaf: parseCertificate(leaf), intermediates: [parseCertificate(ca)], names: { anyOf: [{ ip: '192.0.2.7' }] } },
  ]
  const ask = (): Promise<readonly unknown[]> => Promise.all(requests.map(async (request) => {
    const verdict = await verifier.verify(request)
    return { text: JSON.stringify(verdict), verdict }
  }))
  const texts = async (): Promise<readonly string[]> => (await ask()).map((one) => (one as { text: string }).text)
  const before = await texts()
  expect(before.map((text) => (JSON.parse(text) as { ok: boolean }).ok), before[0]).toEqual([true, false, true])
  for (let again = 0; again < 3; again++) {
    const verdicts = await ask()
    // At least the key of the anchor, an address, and the identifiers of two keys.
    expect(deface(verdicts)).toBeGreaterThan(5)
    expect(await texts()).toEqual(before)
  }
})

test('the end of a verdict, and of a decision', () => {
  const verdict = createVerifier({ anchors: [root], purpose: 'serverAuth', revocation: 'none', clock: () => now }).verify({ leaf, intermediates: [ca], names: { anyOf: [{ dns: host }] } })
  return verdict.then((accepted) => {
    if (!accepted.ok) throw new Error(accepted.code)
    const policy = parsePolicy({ version: 1, identity: 'none', rules: [{ id: 'all', effect: 'allow', when: { 'san.dns': { present: true } } }] })
    const decide = (): Decision => evaluatePolicy(policy, { peer: verifiedPeer(accepted), time: now })
    const decision = decide()
    for (const one of [accepted, decision]) {
      const end = one.validUntil!.getTime()
      one.validUntil!.setFullYear(2999)
      expect(one.validUntil!.getTime()).toBe(end)
      expect({ ...one }.validUntil!.getTime()).toBe(end)
    }
    expect(decide().validUntil).toEqual(decision.validUntil)
    expect(evaluatePolicy(policy, { peer: verifiedPeer(accepted), time: accepted.validUntil.getTime() + 1 }).reason).toBe('policy/peer-expired')
  })
})

test.each(Object.entries({ leaf, ca }))('from each extension of the %s', (_, der) => {
  const certificate = parseCertificate(der)
  const known = (from: Certificate): unknown => Object.keys(extensionOids).map((name) => from.get(name as 'keyUsage'))
  const before = known(parseCertificate(der))
  expect(known(certificate)).toEqual(before)
  expect(deface(certificate)).toBeGreaterThan(2)
  expect(known(certificate)).toEqual(before)
})

test('a copy of an anchor is none', () => {
  const anchor = trustAnchorFromCertificate(root)
  expect(isTrustAnchor(anchor)).toBe(true)
  for (const copy of [{ ...anchor, publicKey: anchor.publicKey }, Object.create(anchor) as unknown, Object.assign(Object.create(Object.getPrototypeOf(anchor) as object) as object, anchor)]) {
    expect(isTrustAnchor(copy)).toBe(false)
  }
})

test.each([0, Date.UTC(2100, 0)])('an acceptance itself stays as it is, its end too: dates put to %s', async (time) => {
  const verifier = createVerifier({ anchors: [root], purpose: 'serverAuth', revocation: 'none', profile: 'rfc5280', clock: () => now })
  const verdict = await verifier.require({ leaf, intermediates: [ca], names: { anyOf: [{ dns: host }] } })
  const anybody = parsePolicy({ version: 1, identity: 'none', rules: [{ id: 'named', effect: 'allow', when: { 'san.dns': { exact: host } } }] })
  const decideAt = (at: number): string => evaluatePolicy(anybody, { peer: verifiedPeer(verdict), time: at }).reason
  const text = JSON.stringify(verdict)
  const end = verdict.validUntil.getTime()
  deface(verdict, time)
  deface(verifiedPeer(verdict).verification, time)
  verdict.validUntil.setTime(time)
  expect(verdict.validUntil.getTime()).toBe(end)
  expect(JSON.stringify(verdict)).toBe(text)
  expect([decideAt(end), decideAt(end + 1)]).toEqual(['policy/allowed', 'policy/peer-expired'])
})
