/** Keys: every refusal beside its valid twin. */
import { generateKeyPairSync } from 'node:crypto'
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { ed448 } from '@noble/curves/ed448.js'
import { nist } from './nist.ts'
import { describe, expect, it } from 'vitest'
import { checkKey, createAlgorithmPolicy, describeKey } from '../../../src/crypto/index.ts'
import type { AlgorithmPolicy } from '../../../src/crypto/index.ts'
import {
  algorithm, concat, encode, encodeBitString, encodeInteger, encodeNull, encodeOid, encodeSequence,
  encodeUnsignedInteger, hex, oddNumber, oids, pssParameters, rsaPublicKey, rsaSpki, spki, spkiOf,
  withIndefiniteLength, withLongLength,
} from './support.ts'

const policy = createAlgorithmPolicy()
const wide = createAlgorithmPolicy({
  enable: ['ed448', 'ml-dsa-44'], rsa: { minBits: 1024, maxBits: 16384, exponents: 'any-odd' },
})
const modulus = oddNumber(2048)
const rsa = rsaSpki(modulus)

function accepted(der: Uint8Array, with_: AlgorithmPolicy = policy): void {
  expect(checkKey(der, with_)).toMatchObject({ ok: true })
}

function refused(der: Uint8Array, code: string, reason?: string, with_: AlgorithmPolicy = policy): void {
  const result = checkKey(der, with_)
  expect(result).toMatchObject({ ok: false, code, ...(reason === undefined ? {} : { details: { reason } }) })
  expect(JSON.parse(JSON.stringify(result))).toEqual(result)
}

describe('SubjectPublicKeyInfo', () => {
  const parts = [algorithm(oids.rsa, encodeNull()), encodeBitString(rsaPublicKey(modulus, 65537))] as const

  it('accepts the plain form', () => accepted(encodeSequence(...parts)))
  it('refuses a non-minimal length', () => {
    refused(withLongLength(rsa), 'crypto/malformed-key', 'asn1/non-minimal-length')
    refused(encodeSequence(withLongLength(parts[0]), parts[1]), 'crypto/malformed-key', 'asn1/non-minimal-length')
    refused(encodeSequence(parts[0], withLongLength(parts[1])), 'crypto/malformed-key', 'asn1/non-minimal-length')
  })
  it('refuses indefinite length', () => {
    refused(withIndefiniteLength(rsa), 'crypto/malformed-key', 'asn1/indefinite-length')
    refused(encodeSequence(withIndefiniteLength(parts[0]), parts[1]), 'crypto/malformed-key', 'asn1/indefinite-length')
  })
  it('refuses bytes after it', () => {
    refused(concat([rsa, Uint8Array.of(0)]), 'crypto/malformed-key', 'asn1/trailing-data')
    refused(encodeSequence(...parts, encodeNull()), 'crypto/malformed-key', 'asn1/trailing-data')
    refused(encodeSequence(encodeSequence(encodeOid(oids.rsa), encodeNull(), encodeNull()), parts[1]),
      'crypto/malformed-key', 'asn1/trailing-data')
  })
  it('refuses unused bits', () => {
    const even = concat([rsaPublicKey(modulus, 65537).subarray(0, -1), Uint8Array.of(0x02)])
    refused(encodeSequence(parts[0], encodeBitString(even, 1)), 'crypto/malformed-key', 'asn1/invalid-bit-string')
  })
  it('refuses what is no structure at all', () => {
    refused(new Uint8Array(0), 'crypto/malformed-key')
    refused(hex('3000'), 'crypto/malformed-key')
    refused(new Uint8Array(300).fill(0x30), 'crypto/malformed-key')
  })
  it('refuses unknown algorithms by type', () => {
    refused(spki(oids.dsa, undefined, hex('020101')), 'crypto/unsupported-algorithm')
    refused(spki(oids.x25519, undefined, new Uint8Array(32).fill(9)), 'crypto/unsupported-algorithm')
  })
})

describe('RSA keys', () => {
  it('accepts sizes and exponents of the default set', () => {
    for (const bits of [2048, 2049, 3072, 4095, 4096]) accepted(rsaSpki(oddNumber(bits)))
    accepted(rsaSpki(modulus, 3))
    expect(checkKey(rsa, policy)).toEqual({
      ok: true, key: { type: 'rsa', modulus, exponent: hex('010001'), bits: 2048, usage: 'any' },
    })
  })
  it('refuses sizes outside', () => {
    refused(rsaSpki(oddNumber(1024)), 'crypto/weak-key')
    refused(rsaSpki(oddNumber(2047)), 'crypto/weak-key')
    refused(rsaSpki(oddNumber(4097)), 'crypto/key-too-large')
    accepted(rsaSpki(oddNumber(1024)), wide)
    accepted(rsaSpki(oddNumber(16384)), wide)
    refused(rsaSpki(oddNumber(1023)), 'crypto/weak-key', undefined, wide)
    refused(rsaSpki(oddNumber(16385)), 'crypto/key-too-large', undefined, wide)
    refused(rsaSpki(oddNumber(1_000_001)), 'crypto/key-too-large', undefined, wide)
  })
  it('refuses exponents with which anybody can forge, or nobody can sign', () => {
    for (const with_ of [policy, wide]) {
      refused(rsaSpki(modulus, 1), 'crypto/malformed-key', 'exponent-below-3', with_)
      refused(rsaSpki(modulus, 0), 'crypto/malformed-key', 'exponent-below-3', with_)
      refused(rsaSpki(modulus, -3), 'crypto/malformed-key', 'exponent-not-positive', with_)
      refused(rsaSpki(modulus, 2), 'crypto/malformed-key', 'exponent-even', with_)
      refused(rsaSpki(modulus, 65536), 'crypto/malformed-key', 'exponent-even', with_)
    }
  })
  it('refuses other exponents unless the policy lets them in', () => {
    for (const exponent of [5, 17, 65539, 2n ** 33n + 1n, 2n ** 63n + 1n]) {
      refused(rsaSpki(modulus, exponent), 'crypto/unsupported-algorithm', 'exponent')
      accepted(rsaSpki(modulus, exponent), wide)
    }
    refused(rsaSpki(modulus, 2n ** 64n + 1n), 'crypto/unsupported-algorithm', 'exponent', wide)
  })
  it('refuses a modulus that is none', () => {
    // Without its sign octet the same modulus is a negative number.
    const unsigned = concat([Uint8Array.of(0xa5), modulus.subarray(1)])
    accepted(rsaSpki(unsigned))
    refused(spki(oids.rsa, encodeNull(), encodeSequence(encode(0x02, unsigned), encodeInteger(65537))),
      'crypto/malformed-key', 'modulus-not-positive')
    refused(spki(oids.rsa, encodeNull(), encodeSequence(encodeInteger(0), encodeInteger(65537))),
      'crypto/malformed-key', 'modulus-not-positive')
    const even = Uint8Array.from(modulus)
    even[even.length - 1]! &= 0xfe
    refused(rsaSpki(even), 'crypto/malformed-key', 'modulus-even')
  })
  it('refuses an RSAPublicKey that is not DER', () => {
    const integers = [encodeUnsignedInteger(modulus), encodeInteger(65537)] as const
    const wrap = (key: Uint8Array): Uint8Array => spki(oids.rsa, encodeNull(), key)
    accepted(wrap(encodeSequence(...integers)))
    refused(wrap(encodeSequence(encode(0x02, Uint8Array.of(0, 0), modulus), integers[1])), 'crypto/malformed-key', 'asn1/invalid-integer')
    refused(wrap(encodeSequence(integers[0], hex('020400010001'))), 'crypto/malformed-key', 'asn1/invalid-integer')
    refused(wrap(withLongLength(encodeSequence(...integers))), 'crypto/malformed-key', 'asn1/non-minimal-length')
    refused(wrap(withIndefiniteLength(encodeSequence(...integers))), 'crypto/malformed-key', 'asn1/indefinite-length')
    refused(wrap(concat([encodeSequence(...integers), hex('00')])), 'crypto/malformed-key', 'asn1/trailing-data')
    refused(wrap(encodeSequence(...integers, encodeInteger(1))), 'crypto/malformed-key', 'asn1/trailing-data')
    refused(wrap(encodeSequence(integers[0])), 'crypto/malformed-key', 'asn1/missing-element')
    refused(wrap(encodeSequence()), 'crypto/malformed-key', 'asn1/missing-element')
  })
  it('refuses parameters other than NULL', () => {
    const key = rsaPublicKey(modulus, 65537)
    refused(spki(oids.rsa, undefined, key), 'crypto/malformed-key', 'parameters-not-null')
    refused(spki(oids.rsa, hex('050100'), key), 'crypto/malformed-key', 'parameters-not-null')
    refused(spki(oids.rsa, encodeSequence(), key), 'crypto/malformed-key', 'parameters-not-null')
  })
})

describe('id-RSASSA-PSS keys', () => {
  const key = rsaPublicKey(modulus, 65537)
  const withParameters = (parameters: Uint8Array | undefined): Uint8Array => spki(oids.pss, parameters, key)

  it('accepts parameters absent or complete', () => {
    expect(checkKey(withParameters(undefined), policy)).toMatchObject({ ok: true, key: { usage: 'pss' } })
    expect(checkKey(withParameters(pssParameters({ hash: oids.sha384, mask: oids.sha384, salt: 48 })), policy))
      .toMatchObject({ ok: true, key: { usage: { hash: 'sha384', minSaltLength: 48 } } })
  })
  it('refuses NULL, written defaults, and other trailers', () => {
    refused(withParameters(encodeNull()), 'crypto/malformed-key', 'asn1/unexpected-tag')
    refused(withParameters(pssParameters({ hash: oids.sha1 })), 'crypto/malformed-key', 'asn1/encoded-default')
    refused(withParameters(pssParameters({ hash: oids.sha256, mask: oids.sha256, salt: 20 })), 'crypto/malformed-key', 'asn1/encoded-default')
    refused(withParameters(pssParameters({ hash: oids.sha256, mask: oids.sha256, trailer: 1 })), 'crypto/malformed-key', 'asn1/encoded-default')
    refused(withParameters(pssParameters({ hash: oids.sha256, mask: oids.sha256, trailer: 2 })), 'crypto/malformed-key', 'asn1/integer-out-of-range')
  })
  it('refuses hashes that differ or are not known', () => {
    refused(withParameters(pssParameters({ hash: oids.sha256 })), 'crypto/unsupported-algorithm')
    refused(withParameters(pssParameters({ hash: oids.sha256, mask: oids.sha384 })), 'crypto/unsupported-algorithm')
    refused(withParameters(pssParameters({ hash: oids.sha224, mask: oids.sha224 })), 'crypto/unsupported-algorithm')
  })
})

describe('EC keys', () => {
  for (const [name, curve] of Object.entries(nist)) {
    const parameters = encodeOid(oids[name as 'p256'])
    const point = curve.Point.BASE.multiply(12345n)
    const uncompressed = point.toBytes(false)
    const compressed = point.toBytes(true)
    const size = compressed.length - 1
    const of = (octets: Uint8Array): Uint8Array => spki(oids.ec, parameters, octets)

    it(`${name}: accepts both forms of a point, which are one key`, () => {
      const want = { ok: true, key: { type: 'ec', curve: name, point: uncompressed } }
      expect(checkKey(of(uncompressed), policy)).toEqual(want)
      expect(checkKey(of(compressed), policy)).toEqual(want)
      // The other root.
      const negated = point.negate()
      expect(checkKey(of(negated.toBytes(true)), policy)).toEqual(checkKey(of(negated.toBytes(false)), policy))
    })
    it(`${name}: refuses the hybrid form, infinity, and other forms`, () => {
      const hybrid = Uint8Array.from(uncompressed)
      hybrid[0] = 6 + (uncompressed[uncompressed.length - 1]! & 1)
      refused(of(hybrid), 'crypto/malformed-key', 'hybrid-point')
      refused(of(Uint8Array.of(0)), 'crypto/malformed-key', 'point-at-infinity')
      refused(of(new Uint8Array(uncompressed.length)), 'crypto/malformed-key', 'unknown-point-form')
      refused(of(concat([Uint8Array.of(5), compressed.subarray(1)])), 'crypto/malformed-key', 'unknown-point-form')
      refused(of(new Uint8Array(0)), 'crypto/malformed-key', 'wrong-point-length')
    })
    it(`${name}: refuses wrong lengths`, () => {
      refused(of(uncompressed.subarray(0, -1)), 'crypto/malformed-key', 'wrong-point-length')
      refused(of(concat([uncompressed, Uint8Array.of(0)])), 'crypto/malformed-key', 'wrong-point-length')
      refused(of(concat([Uint8Array.of(4), compressed.subarray(1)])), 'crypto/malformed-key', 'wrong-point-length')
    })
    it(`${name}: refuses points off the curve and coordinates not below p`, () => {
      const off = Uint8Array.from(uncompressed)
      off[off.length - 1]! ^= 1
      refused(of(off), 'crypto/malformed-key', 'point-not-on-curve')
      const large = Uint8Array.from(uncompressed)
      large.fill(0xff, 1 + size)
      refused(of(large), 'crypto/malformed-key', 'coordinate-too-large')
      refused(of(concat([Uint8Array.of(2), new Uint8Array(size).fill(0xff)])), 'crypto/malformed-key', 'coordinate-too-large')
      // About half of all x have no point.
      const tries = Array.from({ length: 40 }, (_, i) => {
        const x = new Uint8Array(size)
        x[size - 1] = i
        return checkKey(of(concat([Uint8Array.of(2), x])), policy).ok
      })
      expect(tries).toContain(true)
      expect(tries).toContain(false)
    })
  }
  it('agrees with keys that node:crypto makes', () => {
    for (const namedCurve of ['P-256', 'P-384', 'P-521']) accepted(spkiOf(generateKeyPairSync('ec', { namedCurve }).publicKey))
  })
  it('refuses explicit, implied and missing curves', () => {
    const explicit = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).publicKey
    refused(spkiOf(explicit), 'crypto/explicit-curve')
    const point = nist.p256.Point.BASE.toBytes(false)
    refused(spki(oids.ec, encodeNull(), point), 'crypto/explicit-curve')
    refused(spki(oids.ec, undefined, point), 'crypto/malformed-key', 'curve-missing')
    refused(spki(oids.ec, encodeInteger(1), point), 'crypto/malformed-key', 'asn1/unexpected-tag')
  })
  it('refuses other curves, and a key under another curve’s name', () => {
    refused(spki(oids.ec, encodeOid(oids.p192), new Uint8Array(49).fill(4)), 'crypto/unsupported-algorithm')
    refused(spki(oids.ec, encodeOid(oids.p256), nist.p384.Point.BASE.toBytes(false)), 'crypto/malformed-key', 'wrong-point-length')
  })
})

describe('EdDSA and ML-DSA keys', () => {
  const sound = ed25519.Point.BASE.multiply(12345n)
  const ed = (octets: Uint8Array): Uint8Array => spki(oids.ed25519, undefined, octets)

  it('accepts sound keys', () => {
    accepted(ed(sound.toBytes()))
    for (let i = 0; i < 8; i++) accepted(spkiOf(generateKeyPairSync('ed25519').publicKey))
    accepted(spkiOf(generateKeyPairSync('ed448').publicKey), wide)
    accepted(spki(oids.mlDsa44, undefined, new Uint8Array(1312)), wide)
  })
  it('refuses wrong lengths and present parameters', () => {
    refused(ed(sound.toBytes().subarray(1)), 'crypto/malformed-key', 'wrong-length')
    refused(ed(concat([sound.toBytes(), Uint8Array.of(0)])), 'crypto/malformed-key', 'wrong-length')
    refused(spki(oids.ed25519, encodeNull(), sound.toBytes()), 'crypto/malformed-key', 'parameters-present')
    refused(spki(oids.mlDsa44, encodeNull(), new Uint8Array(1312)), 'crypto/malformed-key', 'parameters-present', wide)
    refused(spki(oids.mlDsa44, undefined, new Uint8Array(1311)), 'crypto/malformed-key', 'wrong-length', wide)
  })
  it('refuses small-order keys', () => {
    for (const octets of ED25519_TORSION_SUBGROUP) refused(ed(hex(octets)), 'crypto/malformed-key', 'small-order-point')
    const minusOne = ed448.Point.fromAffine({ x: 0n, y: ed448.Point.Fp.ORDER - 1n }).toBytes()
    for (const octets of [new Uint8Array(57), ed448.Point.ZERO.toBytes(), minusOne]) {
      refused(spki(oids.ed448, undefined, octets), 'crypto/malformed-key', 'small-order-point', wide)
    }
  })
  it('takes mixed-order keys, whose signatures the equation settles, but for Ed448', () => {
    for (const octets of ED25519_TORSION_SUBGROUP.slice(1)) accepted(ed(sound.add(ed25519.Point.fromHex(octets)).toBytes()))
    const minusOne = ed448.Point.fromAffine({ x: 0n, y: ed448.Point.Fp.ORDER - 1n })
    refused(spki(oids.ed448, undefined, ed448.Point.BASE.add(minusOne).toBytes()), 'crypto/malformed-key', 'mixed-order-point', wide)
  })
  it('refuses encodings that are not canonical', () => {
    // p + 1, which is 1 modulo p; and 2^255 - 1.
    refused(ed(hex('ee' + 'ff'.repeat(30) + '7f')), 'crypto/malformed-key', 'non-canonical-point')
    refused(ed(hex('ff'.repeat(32))), 'crypto/malformed-key', 'non-canonical-point')
    // y = 2 is on no point of edwards25519, which is seen when the key is used.
    accepted(ed(hex('02' + '00'.repeat(31))))
    refused(spki(oids.ed448, undefined, new Uint8Array(57).fill(0xff)), 'crypto/malformed-key', 'non-canonical-point', wide)
  })
  it('refuses what is not enabled', () => {
    refused(spkiOf(generateKeyPairSync('ed448').publicKey), 'crypto/unsupported-algorithm', 'not-enabled')
    refused(spki(oids.mlDsa44, undefined, new Uint8Array(1312)), 'crypto/unsupported-algorithm', 'not-enabled')
  })
})

describe('describeKey', () => {
  it('names what a key is, sound or not', () => {
    expect(describeKey(rsaSpki(oddNumber(1024)))).toEqual({ type: 'rsa', bits: 1024, pss: false })
    expect(describeKey(spki(oids.pss, undefined, rsaPublicKey(oddNumber(3072), 3)))).toEqual({ type: 'rsa', bits: 3072, pss: true })
    expect(describeKey(spki(oids.ec, encodeOid(oids.p384), Uint8Array.of(0)))).toEqual({ type: 'ec', curve: 'p384' })
    expect(describeKey(spki(oids.ec, encodeOid(oids.p192), Uint8Array.of(0)))).toEqual({ type: 'ec', curve: oids.p192 })
    expect(describeKey(spki(oids.ec, encodeSequence(), Uint8Array.of(0)))).toEqual({ type: 'ec', curve: 'explicit' })
    expect(describeKey(spki(oids.ed448, undefined, Uint8Array.of(0)))).toEqual({ type: 'ed448' })
    expect(describeKey(spki(oids.mlDsa44, undefined, Uint8Array.of(0)))).toEqual({ type: 'ml-dsa-44' })
    expect(describeKey(spki(oids.dsa, undefined, Uint8Array.of(0)))).toEqual({ type: 'unknown', oid: oids.dsa })
    expect(describeKey(spki(oids.rsa, encodeNull(), Uint8Array.of(0)))).toEqual({ type: 'unknown', oid: oids.rsa })
    expect(describeKey(new Uint8Array(3))).toEqual({ type: 'unknown', oid: '' })
  })
})
