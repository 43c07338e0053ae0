/** Snapshots: they answer exactly as their list, and only to whom their origin is proven. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeNull, encodeOid } from '../../../src/asn1/index.ts'
import { parseCertificate } from '../../../src/verify/index.ts'
import { loadSnapshot, parseCrl, saveSnapshot } from '../../../src/revocation/index.ts'
import { name, uri } from '../../../fixtures/issue.ts'
import type { Bytes } from '../../../fixtures/issue.ts'
import { certificateIssuer, crldp, idp, makeCrl } from '../../../fixtures/revoke.ts'
import type { Entry } from '../../../fixtures/revoke.ts'
import { ask, ca, caCrl, foundAbout, leafWith, revokedCrl, strangerKeys } from './world.ts'

const signer = parseCertificate(ca)
const macKey = new Uint8Array(32).fill(7)
const minute = 60_000

async function roundTrip(der: Bytes): Promise<Awaited<ReturnType<typeof loadSnapshot>>> {
  const { bytes, digest } = await saveSnapshot(parseCrl(der), { signer })
  return loadSnapshot(bytes, { expectedDigest: digest })
}

const invalidity = ['2.5.29.24', false, Uint8Array.from([0x18, 0x0f, ...new TextEncoder().encode('20250101000000Z')])] as const

/** A hold instruction of so many arcs. */
const hold = (arcs: number) => ['2.5.29.23', false, encodeOid(`1.2${'.127'.repeat(arcs)}`)] as const

describe('what a snapshot answers', () => {
  const serial = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 40 }))
  const entry: fc.Arbitrary<Entry> = fc.record({
    serial, date: fc.integer({ min: -20_000_000, max: 30_000_000 }).map((at) => new Date(at * minute)), reason: fc.constantFrom(undefined, 1, 4, 6, 8),
    extensions: fc.constantFrom([], [invalidity], [certificateIssuer(name('Other'))]),
  }).map(({ reason, ...rest }) => ({ ...rest, ...(reason === undefined ? {} : { reason }) }))

  it('is what its list answers, for every serial, its neighbours, and each issuer', async () => {
    await fc.assert(fc.asyncProperty(fc.array(entry, { maxLength: 60 }), async (entries) => {
      const der = caCrl({ entries, extensions: [idp({ indirect: true })] })
      const list = parseCrl(der)
      const loaded = await roundTrip(der)
      expect(loaded.size).toBe(list.size)
      const answer = (crl: typeof list, at: string, issuer: string): unknown => {
        const found = crl.find(at, issuer)
        return found === undefined ? undefined : { ...found, position: 0 }
      }
      const serials = new Set([...list.entries()].map(({ serialNumber }) => serialNumber))
      for (const at of [...serials]) serials.add((BigInt(`0x${at}`) + 1n).toString(16).padStart(at.length, '0').slice(-at.length))
      for (const at of [...serials, '01', '00ff', 'aa'.repeat(20)]) {
        for (const issuer of [list.issuer.key, [...list.entries()].at(-1)?.certificateIssuer.key ?? '', 'nobody']) {
          expect(answer(loaded, at, issuer)).toEqual(answer(list, at, issuer))
        }
      }
      expect([...loaded.entries()].length).toBe(new Set([...list.entries()].map(({ serialNumber, certificateIssuer: of }) => `${of.key} ${serialNumber}`)).size)
    }), { numRuns: 40 })
  })

  it('so is the rest of it: number, dates, scope, digest; and the key that was proven', async () => {
    const der = caCrl({ base: 5, extensions: [idp({ names: [uri('http://a.example/')], reasons: 6, user: true })] })
    const [list, loaded] = [parseCrl(der), await roundTrip(der)]
    for (const field of ['crlNumber', 'baseCrlNumber', 'thisUpdate', 'nextUpdate', 'issuingDistributionPoint', 'version', 'sha256', 'size'] as const) {
      expect(loaded[field], field).toEqual(list[field])
    }
    expect([list.provedSignerKey, loaded.provedSignerKey?.length]).toEqual([undefined, 64])
  })

  it('a verdict by it is that by its list', async () => {
    const point = uri('http://a.example/')
    for (const [leaf, der] of [[leafWith(), revokedCrl()], [leafWith(), caCrl()], [leafWith(crldp({ names: [point] })), caCrl({ extensions: [idp({ names: [point] })] })]] as const) {
      expect(JSON.stringify(await ask({ leaf, crls: [await roundTrip(der)] }))).toBe(JSON.stringify(await ask({ leaf, crls: [der] })).replace(/"signatures":\d+/, (text) =>
        `"signatures":${Number(text.split(':')[1]) - 1}`))
    }
  })

  it('by another key than the issuer’s it is a list of the wrong signer', async () => {
    const der = makeCrl({ issuer: name('CA'), signer: strangerKeys })
    const { bytes, digest } = await saveSnapshot(parseCrl(der), { signer: { publicKey: strangerKeys.spki } })
    expect(foundAbout(await ask({ crls: [await loadSnapshot(bytes, { expectedDigest: digest })] }))?.attempts[0]?.code).toBe('crl/invalid-signature')
  })
})

describe('who may be believed', () => {
  it('a snapshot is made of a list that its signer signed, and that may be used', async () => {
    await expect(saveSnapshot(parseCrl(caCrl({ signer: strangerKeys })), { signer })).rejects.toMatchObject({ code: 'snapshot/invalid-signature' })
    await expect(saveSnapshot(parseCrl(caCrl({ extensions: [['1.3.6.1.4.1.55555.1', true, encodeNull()]] })), { signer })).rejects.toMatchObject({ code: 'snapshot/unusable-list' })
    // What has no room in the format is refused, not cut off.
    for (const [one, fits] of [[{ serial: new Uint8Array(65_535).fill(1) }, true], [{ serial: new Uint8Array(65_536).fill(1) }, false],
      [{ serial: 5, extensions: [hold(60)] }, true], [{ serial: 5, extensions: [hold(70)] }, false]] as const) {
      const saved = saveSnapshot(parseCrl(caCrl({ entries: [one] })), { signer })
      if (fits) await expect(loadSnapshot((await saved).bytes, { expectedDigest: (await saved).digest })).resolves.toMatchObject({ size: 1 })
      else await expect(saved).rejects.toMatchObject({ code: 'snapshot/unusable-list' })
    }
    await expect(saveSnapshot(parseCrl(caCrl()), {} as never)).rejects.toThrow(/^options\.signer: required/)
  })

  it('a store that was rewritten with a snapshot that is sound in itself is refused', async () => {
    const real = await saveSnapshot(parseCrl(revokedCrl()), { signer, macKey })
    const forged = await saveSnapshot(parseCrl(caCrl()), { signer, macKey: new Uint8Array(32) })
    expect((await loadSnapshot(real.bytes, { macKey })).find('1234', parseCrl(caCrl()).issuer.key)).toBeDefined()
    await expect(loadSnapshot(forged.bytes, { macKey })).rejects.toMatchObject({ code: 'snapshot/not-authentic' })
    await expect(loadSnapshot(forged.bytes, { expectedDigest: real.digest })).rejects.toMatchObject({ code: 'snapshot/not-authentic' })
  })

  it('no bit of it can be changed, and nothing left out', async () => {
    const { bytes } = await saveSnapshot(parseCrl(revokedCrl()), { signer, macKey })
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = bytes.slice()
      changed[at]! ^= 1 << (at % 8)
      await expect(loadSnapshot(changed, { macKey })).rejects.toMatchObject({ code: 'snapshot/not-authentic' })
    }
    for (const length of [0, 10, bytes.length - 1]) await expect(loadSnapshot(bytes.slice(0, length), { macKey })).rejects.toMatchObject({ code: 'snapshot/not-authentic' })
  })

  it('one that is proven and malformed is an error all the same', async () => {
    const digestOf = async (bytes: Bytes): Promise<string> => Buffer.from(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes))).toString('hex')
    const { bytes } = await saveSnapshot(parseCrl(revokedCrl()), { signer })
    const otherVersion = bytes.slice()
    otherVersion[7] = 2
    await expect(loadSnapshot(otherVersion, { expectedDigest: await digestOf(otherVersion) })).rejects.toMatchObject({ code: 'snapshot/unsupported-version' })
    for (let length = 8; length < bytes.length; length += 11) {
      const short = bytes.slice(0, length)
      await expect(loadSnapshot(short, { expectedDigest: await digestOf(short) })).rejects.toMatchObject({ code: 'snapshot/malformed' })
    }
    const long = Uint8Array.from([...bytes, 0])
    await expect(loadSnapshot(long, { expectedDigest: await digestOf(long) })).rejects.toMatchObject({ code: 'snapshot/malformed' })
  })

  it('there is no default, and no second proof', async () => {
    const { bytes, digest } = await saveSnapshot(parseCrl(caCrl()), { signer, macKey })
    for (const proof of [undefined, {}, { macKey, expectedDigest: digest }, { macKey: new Uint8Array(16) }, { expectedDigest: 'x' }]) {
      await expect(loadSnapshot(bytes, proof as never)).rejects.toThrow(TypeError)
    }
    const key = await crypto.subtle.importKey('raw', macKey, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
    expect((await loadSnapshot((await saveSnapshot(parseCrl(caCrl()), { signer, macKey: key })).bytes, { macKey: key })).size).toBe(0)
    // One that was made with a key has a digest too, over all of it; one made without has no HMAC.
    expect((await loadSnapshot(bytes, { expectedDigest: digest })).size).toBe(0)
    const plain = await saveSnapshot(parseCrl(caCrl()), { signer })
    await expect(loadSnapshot(plain.bytes, { macKey })).rejects.toMatchObject({ code: 'snapshot/not-authentic' })
  })
})
