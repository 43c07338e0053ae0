/** Lists made to be slow, or to be read in two ways: each look-up and each parse costs what its size says. */
import { describe, expect, test } from 'vitest'
import { encode, encodeSequence, encodeTime } from '../../src/asn1/index.ts'
import { parseCrl } from '../../src/revocation/index.ts'
import { hashKeys, hashSerial } from '../../src/revocation/crl-hash.ts'
import { makeKeys, name } from '../../fixtures/issue.ts'
import { certificateIssuer, idp, makeCrl } from '../../fixtures/revoke.ts'

const keys = makeKeys('hostile list')
const issuer = name('CA')

/** How evenly hashes fall: the fullest of 1 024 equal parts, beside the average. */
function fullest(serialOf: (i: number) => Uint8Array, ordinal: number): number {
  const parts = new Uint32Array(1024)
  const numbers = hashKeys()
  for (let i = 0; i < 102_400; i++) {
    const serial = serialOf(i)
    parts[hashSerial(numbers, new DataView(serial.buffer), 0, serial.length, ordinal) >>> 22]!++
  }
  return Math.max(...parts) / 100
}

const counted = (length: number) => (i: number): Uint8Array => {
  const serial = new Uint8Array(length).fill(1)
  new DataView(serial.buffer).setUint32(length - 4, i)
  return serial
}

describe('hashes of serials spread, whatever they have in common', () => {
  test.each([[16, 0], [16, 1], [16, 300], [30, 0], [30, 1], [4, 0], [4, 70_000], [17, 0], [64, 0], [66, 1], [127, 0]])('%i octets, certificate issuer %i', (length, ordinal) => {
    expect(fullest(counted(length), ordinal)).toBeLessThan(2)
  })
})

test('one long entry and a hundred thousand short ones of its serial', () => {
  const names = Array.from({ length: 20_000 }, (_, i) => encode(0x82, new TextEncoder().encode(`n${i}.example`)))
  const long = certificateIssuer(name('Other'))
  const entry = { serial: 7, extensions: [[long[0], long[1], encodeSequence([encode(0xa4, name('Other')), ...names])] as const] }
  const list = parseCrl(makeCrl({ issuer, signer: keys, extensions: [idp({ indirect: true })], entries: [entry, ...Array.from({ length: 100_000 }, () => ({ serial: 7, reason: 1 }))] }))
  expect(list.size).toBe(100_001)
  expect([...list.entries()].length).toBe(100_001)
})

test('what the fast loop reads and what the exact reader reads are the same: a change to either place is seen alike', () => {
  // The second entry has a GeneralizedTime, which only the exact reader takes; the first is of the usual shape.
  const usual = makeCrl({ issuer, signer: keys, entries: [{ serial: 0x0102030405, date: new Date(Date.UTC(2026, 0, 31)), reason: 1 }] })
  const at = Buffer.from(usual).indexOf(Buffer.from(encodeTime(new Date(Date.UTC(2026, 0, 31)))))
  const valid = (digits: string): boolean => {
    const changed = usual.slice()
    changed.set(new TextEncoder().encode(digits), at + 2)
    try {
      parseCrl(changed)
      return true
    } catch (error) {
      expect(error).toMatchObject({ code: 'asn1/invalid-time' })
      return false
    }
  }
  for (const [digits, expected] of [
    ['260131000000Z', true], ['260132000000Z', false], ['260229000000Z', false], ['240229000000Z', true], ['261301000000Z', false], ['260001000000Z', false],
    ['260100000000Z', false], ['260131240000Z', false], ['260131236000Z', false], ['260131235960Z', false], ['260131235959Z', true], ['2601312359599', false], ['26013123595:Z', false],
  ] as const) expect(valid(digits), digits).toBe(expected)
})
