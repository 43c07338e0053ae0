/** Lists and answers that are fetched and kept: order, fall-back, caches that lie, and what is said about each attempt. */
import { describe, expect, it } from 'vitest'
import { createMemoryCache } from '../../../src/revocation/index.ts'
import { encodeContext, encodeInteger, encodeOid, encodeSequence, encodeSetOf } from '../../../src/asn1/index.ts'
import type { Verdict } from '../../../src/verify/index.ts'
import { bc, ku, makeKeys, name, uri } from '../../../fixtures/issue.ts'
import type { Bytes } from '../../../fixtures/issue.ts'
import { aia, crldp, freshest, idp, makeCrl, makeResponse } from '../../../fixtures/revoke.ts'
import type { AnswerTemplate } from '../../../fixtures/revoke.ts'
import { ask, ca, caCrl, caKeys, certificate, day, foundAbout, leafSerial, leafWith, now, revokedCrl, rootKeys, statusOf, strangerKeys, verifierFor } from './world.ts'
import type { Question } from './world.ts'

const at = (days: number): Date => new Date(now + days * day)
const listAt = 'http://lists.example/ca.crl', deltaAt = 'http://lists.example/delta.crl', otherAt = 'http://other.example/ca.crl', ocspAt = 'http://ocsp.example/'
const both = leafWith(aia([uri(ocspAt)]), crldp({ names: [uri(listAt)] }))
const listed = leafWith(crldp({ names: [uri(listAt)] }))

/** A network of addresses, and the log of what was asked. */
function network(pages: Record<string, Bytes | undefined>): { asked: string[], fetch: NonNullable<Question['fetch']> } {
  const asked: string[] = []
  const fetch = (address: string): Promise<Response> => {
    asked.push(address)
    // A GET of OCSP carries its request in the path.
    const page = Object.entries(pages).find(([at]) => address === at || (at === ocspAt && address.startsWith(ocspAt)))?.[1]
    return Promise.resolve(page === undefined ? new Response('gone', { status: 404 }) : new Response(page.slice()))
  }
  return { asked, fetch: { fetch, allowedHosts: ['.example'], retries: 0 } }
}

const answer = (about: Bytes, more: Partial<AnswerTemplate> = {}): Bytes => makeResponse({ signer: caKeys, answers: [{ about, issuer: ca, ...more }] })

describe('fetching', () => {
  it('asks nobody unless told to', async () => expect(await statusOf({ leaf: both })).toBe('undetermined'))

  it('asks the responder first, and the list only if that settles nothing', async () => {
    const { asked, fetch } = network({ [ocspAt]: answer(both), [listAt]: caCrl() })
    expect(await statusOf({ leaf: both, fetch })).toBe('good')
    expect(asked.every((address) => address.startsWith(ocspAt))).toBe(true)
    const silent = network({ [listAt]: caCrl() })
    expect(await statusOf({ leaf: both, fetch: silent.fetch })).toBe('good fetch/status')
    const unsure = network({ [ocspAt]: answer(both, { status: 'unknown' }), [listAt]: revokedCrl() })
    expect(await statusOf({ leaf: both, fetch: unsure.fetch })).toBe('revoked keyCompromise ocsp/unknown-certificate')
  })

  it('asks the list first where that is preferred', async () => {
    const { asked, fetch } = network({ [ocspAt]: answer(both), [listAt]: caCrl() })
    expect(await statusOf({ leaf: both, fetch, prefer: 'crl' })).toBe('good')
    expect(asked).toEqual([listAt])
  })

  it('asks for nothing where what is at hand settles it', async () => {
    const { asked, fetch } = network({ [listAt]: caCrl() })
    expect(await statusOf({ leaf: listed, fetch, crls: [caCrl()] })).toBe('good')
    expect(asked).toEqual([])
  })

  it('asks for nothing below a CA that is not settled in hard mode, whose path is refused already', async () => {
    const { asked, fetch } = network({ [listAt]: caCrl() })
    expect(await ask({ leaf: listed, fetch, rootLists: [] })).toMatchObject({ ok: false, code: 'revocation/undetermined' })
    expect(asked).toEqual([])
    expect(await ask({ leaf: listed, fetch, rootLists: [], mode: { leaf: 'hard', ca: 'soft' } })).toMatchObject({ ok: true })
    expect(asked).toEqual([listAt])
  })

  it('goes on to the next distribution point where one gives nothing of use', async () => {
    const leaf = leafWith(crldp({ names: [uri(listAt)] }, { names: [uri(otherAt)] }))
    const { asked, fetch } = network({ [listAt]: caCrl({ signer: strangerKeys }), [otherAt]: caCrl() })
    expect(await statusOf({ leaf, fetch })).toBe('good crl/invalid-signature')
    expect(asked).toEqual([listAt, otherAt])
  })

  it('a list of another issuer, however sound, says nothing', async () => {
    const otherKeys = makeKeys('another ca')
    const other = certificate('Other', 'Root', otherKeys, rootKeys, [bc(true), ku(0x60)], 3)
    const { fetch } = network({ [listAt]: makeCrl({ issuer: name('Other'), signer: otherKeys }) })
    expect(await statusOf({ leaf: listed, fetch, more: [other] })).toBe('undetermined crl/not-in-scope')
  })

  it('lists in pieces: each for its reasons', async () => {
    const leaf = leafWith(crldp({ names: [uri(listAt)], reasons: 0b0_0000_1110 }, { names: [uri(otherAt)], reasons: 0b1_1111_0000 }))
    const piece = (at: string, reasons: number, more: Parameters<typeof caCrl>[0] = {}): Bytes => caCrl({ extensions: [idp({ names: [uri(at)], reasons })], ...more })
    expect(await statusOf({ leaf, fetch: network({ [listAt]: piece(listAt, 0b0_0000_1110), [otherAt]: piece(otherAt, 0b1_1111_0000) }).fetch })).toBe('good')
    expect(await statusOf({ leaf, fetch: network({ [listAt]: piece(listAt, 0b0_0000_1110) }).fetch })).toContain('undetermined')
    const revoked = piece(otherAt, 0b1_1111_0000, { entries: [{ serial: leafSerial, reason: 5 }] })
    expect(await statusOf({ leaf, fetch: network({ [listAt]: piece(listAt, 0b0_0000_1110), [otherAt]: revoked }).fetch })).toBe('revoked cessationOfOperation')
  })

  it('what is at hand counts once, though it is heard again beside what is fetched', async () => {
    const given = caCrl({ extensions: [idp({ reasons: 0b0_0000_1110 })] })
    const { fetch } = network({ [listAt]: caCrl({ extensions: [idp({ names: [uri(listAt)], reasons: 0b1_1111_0000 })] }) })
    const found = foundAbout(await ask({ leaf: listed, fetch, crls: [given] }))!
    expect([found.status, found.sources.map(({ origin }) => origin)]).toEqual(['good', ['given', 'fetched']])
  })

  it('a fresher delta is fetched before its base', async () => {
    const leaf = leafWith(crldp({ names: [uri(listAt)] }), freshest({ names: [uri(deltaAt)] }))
    const delta = caCrl({ number: 12, base: 10, entries: [{ serial: leafSerial, reason: 1 }] })
    expect(await statusOf({ leaf, fetch: network({ [listAt]: caCrl(), [deltaAt]: delta }).fetch })).toBe('revoked keyCompromise')
    expect(await statusOf({ leaf, fetch: network({ [listAt]: caCrl() }).fetch })).toBe('good fetch/status')
  })

  it('a delta that nobody has signed is neither used nor kept in place of the real one', async () => {
    const leaf = leafWith(crldp({ names: [uri(listAt)] }), freshest({ names: [uri(deltaAt)] }))
    const delta = caCrl({ number: 12, base: 10, entries: [{ serial: leafSerial, reason: 1 }] })
    const pages: Record<string, Bytes> = { [listAt]: caCrl(), [deltaAt]: caCrl({ number: 12, base: 10, signer: strangerKeys, nextUpdate: at(3000) }) }
    const { fetch } = network(pages)
    const verifier = verifierFor({ leaf, fetch, cache: createMemoryCache({ now: () => now }) })
    expect(await statusOf({ leaf, fetch }, verifier)).toBe('good crl/invalid-signature')
    pages[deltaAt] = delta
    expect(await statusOf({ leaf, fetch }, verifier)).toBe('revoked keyCompromise')
  })

  it('a certificate of many distribution points is asked about at a few', async () => {
    const leaf = leafWith(crldp(...Array.from({ length: 40 }, (_, i) => ({ names: [uri(`http://lists${i}.example/`)] }))))
    const { asked, fetch } = network({})
    expect(await statusOf({ leaf, fetch })).toContain('fetch/too-many-requests')
    expect(asked).toHaveLength(16)
  })

  it('what cannot be read is an attempt with its reason', async () => {
    const verdict = await ask({ leaf: listed, fetch: network({ [listAt]: caCrl().slice(0, -1) }).fetch })
    expect(foundAbout(verdict)!.attempts).toMatchObject([{ type: 'crl', origin: 'fetched', address: listAt, code: 'crl/malformed', details: { parse: 'asn1/truncated' } }])
  })

  it('a nonce is sent, and an answer without it is none', async () => {
    const { fetch } = network({ [ocspAt]: answer(both) })
    expect(await statusOf({ leaf: both, fetch, nonce: true })).toContain('ocsp/nonce')
  })

  it('an abort ends it with its reason', async () => {
    const controller = new AbortController()
    const fetch = (_: string, init: RequestInit): Promise<Response> => new Promise((_resolve, reject) => {
      init.signal!.addEventListener('abort', () => { reject(init.signal!.reason as Error) })
      queueMicrotask(() => { controller.abort(new Error('enough')) })
    })
    const verifier = verifierFor({ leaf: listed, fetch: { fetch, allowedHosts: ['.example'] } })
    await expect(verifier.verify({ leaf: listed, intermediates: [ca], names: 'unchecked', time: now, signal: controller.signal })).rejects.toThrow('enough')
  })

  it('a deadline is a verdict', async () => {
    const fetch = (_: string, init: RequestInit): Promise<Response> => new Promise((_resolve, reject) => {
      init.signal!.addEventListener('abort', () => { reject(init.signal!.reason as Error) })
    })
    const verifier = verifierFor({ leaf: listed, fetch: { fetch, allowedHosts: ['.example'] } })
    expect(await verifier.verify({ leaf: listed, intermediates: [ca], names: 'unchecked', time: now, deadline: 50 })).toMatchObject({ ok: false, code: 'budget/deadline' })
  })
})

describe('keeping', () => {
  it('what was fetched is kept, and used while it is current', async () => {
    const { asked, fetch } = network({ [listAt]: caCrl() })
    const cache = createMemoryCache({ now: () => now })
    const rootLists = [makeCrl({ issuer: name('Root'), signer: rootKeys, nextUpdate: at(30) })]
    const verifier = verifierFor({ leaf: listed, fetch, cache, rootLists })
    expect(await statusOf({ leaf: listed, fetch }, verifier)).toBe('good')
    expect(foundAbout(await ask({ leaf: listed, fetch }, verifier))!.sources[0]).toMatchObject({ origin: 'cached', address: listAt })
    expect(asked).toEqual([listAt])
    // Past its end it is fetched again.
    expect(await statusOf({ leaf: listed, fetch, time: now + 8 * day }, verifier)).toContain('crl/expired')
    expect(asked).toEqual([listAt, listAt])
  })

  it('a poisoned store makes nobody good', async () => {
    const { fetch } = network({ [listAt]: revokedCrl() })
    for (const poison of [caCrl({ signer: strangerKeys }), Uint8Array.of(0), caCrl({ issuer: name('Other') })]) {
      const cache = { get: () => Promise.resolve(poison), set: () => Promise.resolve() }
      expect(await statusOf({ leaf: listed, fetch, cache })).toContain('revoked keyCompromise')
    }
  })

  it('a store that goes back in time is not believed', async () => {
    let kept: Bytes | undefined
    const cache = { get: () => Promise.resolve(kept), set: () => Promise.resolve() }
    const { fetch } = network({ [listAt]: revokedCrl({ number: 11 }) })
    const verifier = verifierFor({ leaf: listed, fetch, cache })
    expect(await statusOf({ leaf: listed, fetch }, verifier)).toBe('revoked keyCompromise')
    kept = caCrl({ number: 10, thisUpdate: at(-2) })
    expect(await statusOf({ leaf: listed, fetch }, verifier)).toBe('revoked keyCompromise crl/rolled-back')
  })

  it('a store that fails costs a request', async () => {
    const { fetch } = network({ [listAt]: caCrl() })
    const cache = { get: () => Promise.reject(new Error('down')), set: () => Promise.reject(new Error('down')) }
    expect(await statusOf({ leaf: listed, fetch, cache })).toBe('good cache/read-failed')
  })
})

describe('issuers', () => {
  const issuerAt = 'http://aia.example/ca.cer'
  const lonely = leafWith(aia([], [uri(issuerAt)]))
  const judge = (pages: Record<string, Bytes | undefined>, more: Partial<Question> = {}): Promise<Verdict> => {
    const question = { leaf: lonely, crls: [caCrl()], fetch: network(pages).fetch, ...more }
    return verifierFor(question).verify({ leaf: lonely, names: 'unchecked', time: now })
  }

  it('are fetched where none was sent', async () => {
    expect(await judge({ [issuerAt]: ca })).toMatchObject({ ok: true })
    expect(await judge({ [issuerAt]: ca }, { fetchIssuers: false })).toMatchObject({ ok: false, code: 'path/no-anchor' })
    expect(await judge({})).toMatchObject({ ok: false, code: 'path/no-anchor', issues: [{}, { code: 'path/issuer-not-fetched', severity: 'warning' }] })
  })

  it('come also as a certs-only CMS message', async () => {
    const signedData = encodeSequence(encodeInteger(1), encodeSetOf(), encodeSequence(encodeOid('1.2.840.113549.1.7.1')), encodeContext(0, ca), encodeSetOf())
    const bundle = encodeSequence(encodeOid('1.2.840.113549.1.7.2'), encodeContext(0, signedData))
    expect(await judge({ [issuerAt]: bundle })).toMatchObject({ ok: true })
  })

  it('are candidates like any other: a stranger’s is none', async () => {
    const forged = certificate('CA', 'Root', caKeys, strangerKeys, [bc(true), ku(0x60)], 2)
    expect(await judge({ [issuerAt]: forged })).toMatchObject({ ok: false, code: 'crypto/invalid-signature' })
    expect(await judge({ [issuerAt]: Uint8Array.of(0x30, 1, 0) })).toMatchObject({ ok: false, code: 'path/no-anchor' })
  })

  it('at most three addresses are asked', async () => {
    const many = leafWith(aia([], [1, 2, 3, 4].map((i) => uri(`http://aia${i}.example/`))))
    const { asked, fetch } = network({})
    await verifierFor({ leaf: many, fetch }).verify({ leaf: many, names: 'unchecked', time: now })
    expect(asked).toHaveLength(3)
  })
})
