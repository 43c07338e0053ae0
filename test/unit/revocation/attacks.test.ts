/** Attacks on the revocation layer, each with what must come of it. */
import { describe, expect, it } from 'vitest'
import { encodeInteger } from '../../../src/asn1/index.ts'
import { bc, eku, ku, makeKeys, name } from '../../../fixtures/issue.ts'
import type { Ext } from '../../../fixtures/issue.ts'
import { makeResponse } from '../../../fixtures/revoke.ts'
import { ask, ca, caCrl, caKeys, certificate, leaf, ocspSigning, rootKeys, statusOf, strangerKeys } from './world.ts'

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
