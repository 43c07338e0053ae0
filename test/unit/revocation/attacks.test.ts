/** Attacks on the revocation layer, each with what must come of it. */
import { describe, expect, it } from 'vitest'
import { encodeInteger } from '../../../src/asn1/index.ts'
import { verifySync } from '../../../src/node/index.ts'
import { createRevocationChecker } from '../../../src/revocation/index.ts'
import { createVerifier } from '../../../src/verify/index.ts'
import { extensionOids } from '../../../src/x509/oids.ts'
import { bc, eku, ku, makeKeys, name, uri } from '../../../fixtures/issue.ts'
import type { Bytes, Ext } from '../../../fixtures/issue.ts'
import { crldp, idp, makeResponse } from '../../../fixtures/revoke.ts'
import { ask, ca, caCrl, caKeys, certificate, leaf, leafWith, now, ocspSigning, rootCrl, rootKeys, statusOf, strangerKeys } from './world.ts'

const responderKeys = makeKeys('ocsp responder')
const junk = encodeInteger(5)

describe('a delegate with a malformed extension', () => {
  it.each(['1.3.6.1.5.5.7.48.1.5', '2.5.29.31', '2.5.29.46', '1.3.6.1.5.5.7.1.1', '2.5.29.35', '2.5.29.14'])('%s is no responder', async (oid) => {
    const extensions: readonly Ext[] = [eku(ocspSigning), ku(1), [oid, false, junk]]
    const delegate = certificate('Responder', 'CA', responderKeys, caKeys, extensions, 0x55)
    const stapled = makeResponse({ signer: responderKeys, responder: name('Responder'), certificates: [delegate], answers: [{ about: leaf, issuer: ca }] })
    expect(await statusOf({ stapled })).toMatch(/^undetermined ocsp\//)
  })
})

describe('a sub-CA of the same anchor that takes the name of the issuer', () => {
  const evilKeys = makeKeys('evil sub')
  const evil = certificate('Evil', 'Root', evilKeys, rootKeys, [bc(true), ku(0x60)], 77)
  const namesake = certificate('CA', 'Evil', strangerKeys, evilKeys, [bc(true), ku(0x60)], 78)
  it('does not speak for it', async () => {
    const verdict = await ask({ more: [evil, namesake], crls: [caCrl({ signer: strangerKeys }), caCrl({ issuer: name('Evil'), signer: evilKeys })] })
    expect(verdict.ok).toBe(false)
  })
})

const crlKeys = makeKeys('another crl signer')
/** What is no value of that extension. */
const junkFor = (oid: string): Bytes => (oid === extensionOids.inhibitAnyPolicy ? Uint8Array.of(5, 0) : junk)
const everyExtension = [...Object.values(extensionOids).filter((oid) => !oid.startsWith('1.3.6.1.4.1.311.')), '2.5.29.56']

describe('a malformed extension', () => {
  const signerWith = (extra: readonly Ext[], usage: readonly Ext[]): Bytes => certificate('CA', 'Root', crlKeys, rootKeys, [...usage, ...extra], 4)
  const byAnother = caCrl({ signer: crlKeys })
  it('the twin: a signer without one', async () => {
    expect(await statusOf({ crls: [byAnother], more: [signerWith([], [bc(false), ku(0x40)])] })).toBe('good')
  })

  it.each(everyExtension)('%s makes its bearer no signer of lists, and hurts no other', async (oid) => {
    const usage = [bc(false), ku(0x40)].filter(([known]) => known !== oid)
    for (const critical of [true, false]) {
      const broken = signerWith([[oid, critical, junkFor(oid)]], usage)
      // id-ce-noRevAvail is read by its presence (RFC 9608).
      if (!(await statusOf({ crls: [byAnother], more: [broken] })).match(/^undetermined crl\//)) expect([oid, critical]).toEqual(['2.5.29.56', false])
      expect(await statusOf({ crls: [byAnother], more: [broken, signerWith([], [bc(false), ku(0x40)])] })).toMatch(/^good/)
      expect(await statusOf({ crls: [caCrl()], more: [broken] })).toBe('good')
    }
  })

  it.each(everyExtension)('%s in an anchor is said when it is made, or does not count', async (oid) => {
    const usage = [bc(true), ku(0x60)].filter(([known]) => known !== oid)
    const broken = certificate('Root', 'Root', rootKeys, rootKeys, [...usage, [oid, false, junkFor(oid)]], 1)
    const sound = certificate('Root', 'Root', rootKeys, rootKeys, [bc(true), ku(0x60)], 9)
    for (const anchors of [[broken], [broken, sound], [sound, broken]]) {
      let verifier
      try {
        verifier = (): ReturnType<typeof createVerifier> => createVerifier({ anchors, purpose: 'any', revocation: createRevocationChecker({ mode: 'hard', crls: [rootCrl, caCrl()] }) })
        verifier()
      } catch (error) {
        expect(String(error)).toMatch(/^ParseError: /)
        continue
      }
      const request = { leaf, intermediates: [ca], names: 'unchecked', time: now } as const
      const verdict = await verifier().verify(request)
      expect(JSON.stringify(verifySync(verifier(), request))).toBe(JSON.stringify(verdict))
      // By an anchor whose extensions about keys cannot be read nobody signs lists; of any other RFC 5280 6.1.1 (d) takes name and key.
      const aboutKeys = oid === extensionOids.keyUsage || oid === extensionOids.subjectKeyIdentifier
      expect(verdict.ok ? 'good' : verdict.code, oid).toBe(aboutKeys && anchors.length === 1 ? 'revocation/undetermined' : 'good')
    }
  })
})

describe('a signer of lists that is revoked by a list of another scope', () => {
  const signer = certificate('CA', 'CA', crlKeys, caKeys, [bc(false), ku(0x40), crldp({ names: [uri('http://signers.example/')] })], 5)
  const signers = (entries: Parameters<typeof caCrl>[0] = {}): Bytes => caCrl({ extensions: [idp({ names: [uri('http://signers.example/')] })], ...entries })
  const asking = leafWith(crldp({ names: [uri('http://leaves.example/')] }))
  // The leaf’s own point gives a list of no use, so that all that is at hand is heard a second time.
  const fetch = { fetch: () => Promise.resolve(new Response(caCrl({ extensions: [idp({ user: true, names: [uri('http://others.example/')] })] }).slice())), allowedHosts: ['.example'], retries: 0 }
  const question = { leaf: asking, more: [signer], fetch }

  it('is believed no more when it is heard again', async () => {
    const lists = [caCrl({ signer: crlKeys })]
    expect(await statusOf({ ...question, crls: [...lists, signers()] })).toMatch(/^good/)
    expect(await statusOf({ ...question, crls: [...lists, signers({ entries: [{ serial: 5, reason: 1 }] })] })).toMatch(/^undetermined .*crl\/signer-revoked/)
    expect(await statusOf({ leaf: asking, more: [signer], crls: [...lists, signers({ entries: [{ serial: 5, reason: 1 }] })] })).toMatch(/^undetermined .*crl\/signer-revoked/)
  })
})
