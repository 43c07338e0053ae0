/** Revocation under mutation: a leaf that is revoked by a list and by an answer, of which no change makes it good. */
import { createVerifier } from 'countersign'
import type { Verdict } from 'countersign'
import { createRevocationChecker } from 'countersign/revocation'
import { ParseError } from 'countersign/x509'
import { encodeInteger } from '../src/asn1/index.ts'
import { bc, issue, ku, makeKeys, name, uri } from '../fixtures/issue.ts'
import { certificateIssuer, idp, makeCrl, makeResponse, now } from '../fixtures/revoke.ts'
import { Broken } from './oracles.ts'

type Bytes = Uint8Array

const keys = makeKeys('fuzzed revocation ca')
const serial = 0x1234
const ca: Bytes = issue({ subject: name('CA'), issuer: name('CA'), keys, signer: keys, extensions: [bc(true), ku(0x60)] })
const leaf: Bytes = issue({ subject: name('leaf'), issuer: name('CA'), keys: makeKeys('fuzzed leaf'), signer: keys, extensions: [ku(1)], serial: encodeInteger(serial) })
const answer = { about: leaf, issuer: ca, status: { revoked: new Date(now - 1000), reason: 1 } }

export const revokedList: Bytes = makeCrl({ issuer: name('CA'), signer: keys, entries: [{ serial: 1 }, { serial, reason: 1 }, { serial: 0x777777 }] })
export const revokedAnswer: Bytes = makeResponse({ signer: keys, answers: [answer] })

/** Lists and answers of every form, to be parsed. */
export const lists: readonly Bytes[] = [
  revokedList,
  makeCrl({ issuer: name('CA'), signer: keys, base: 9, extensions: [idp({ names: [uri('http://a.example/')], reasons: 6, user: true })] }),
  makeCrl({ issuer: name('CA'), signer: keys, extensions: [idp({ indirect: true })], entries: [
    { serial: 1 }, { serial: 2, reason: 6, extensions: [certificateIssuer(name('Other'))] }, { serial: 0x8000, extensions: [['2.5.29.24', false, Uint8Array.from(Buffer.from('180f32303236303130313030303030305a', 'hex'))]] },
  ] }),
]
export const responses: readonly Bytes[] = [
  revokedAnswer, makeResponse({ signer: keys, responder: name('CA'), certificates: [ca], nonce: Uint8Array.of(1, 2, 3), answers: [{ about: leaf, issuer: ca, hash: 'sha256', nextUpdate: null }] }),
]

/** Nothing that is done to the list and the answer lets the leaf in. */
export async function checkRevoked(list: Bytes, response: Bytes, stapled: boolean): Promise<void> {
  let verdict: Verdict
  try {
    const revocation = createRevocationChecker({ mode: 'hard', crls: [list], ...(stapled ? {} : { ocspResponses: [response] }) })
    const verifier = createVerifier({ anchors: [ca], purpose: 'any', revocation })
    verdict = await verifier.verify({ leaf, names: 'unchecked', time: now, ...(stapled ? { ocspResponse: response } : {}) })
  } catch (error) {
    // What the caller gives and cannot be read is the caller’s mistake, and named.
    if (error instanceof TypeError && (error.cause instanceof ParseError || error.message.startsWith('options.'))) return
    throw new Broken(`revocation threw ${String(error)}`, { cause: error })
  }
  if (verdict.ok) throw new Broken('a revoked certificate was accepted')
  if (!/^revocation\//.test(verdict.code)) throw new Broken(`a revoked certificate was refused by ${verdict.code}`)
}
