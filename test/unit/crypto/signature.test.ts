/** Signatures: every refusal beside its valid twin, under both drivers, with the same outcome. */
import { constants, createHash, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { nist } from './nist.ts'
import { beforeAll, describe, expect, it } from 'vitest'
import { createAlgorithmPolicy, createSignatureVerifier } from '../../../src/crypto/index.ts'
import type { AlgorithmPolicy, SignatureCheck, SignatureOutcome } from '../../../src/crypto/index.ts'
import { probeMessage } from '../../../src/crypto/probe-vectors.ts'
import { edwardsVector } from '../../../src/crypto/probe.ts'
import { widePolicy } from '../../conformance/wycheproof.ts'
import {
  algorithm, big, concat, encode, encodeInteger, encodeNull, encodeOid, encodeSequence, encodeUnsignedInteger, fromBig, hex,
  jwkPart, message, oids, pkcs1Sha256, pssParameters, pssSha256, rsaPair, rsaSpki, signUntil, spki, spkiOf,
  verifySignaturesSync, withLongLength,
} from './support.ts'
import type { RsaPair } from './support.ts'

const policy = createAlgorithmPolicy()
const wide = widePolicy()

async function outcome(check: SignatureCheck, with_: AlgorithmPolicy = policy): Promise<SignatureOutcome> {
  const [asynchronous] = await createSignatureVerifier({ policy: with_ }).verifyAll([check])
  const [synchronous] = verifySignaturesSync([check], with_)
  expect(JSON.stringify(synchronous)).toBe(JSON.stringify(asynchronous))
  return asynchronous!
}

async function accepted(check: SignatureCheck, with_: AlgorithmPolicy = policy): Promise<void> {
  expect(await outcome(check, with_)).toEqual({ ok: true })
}

async function refused(check: SignatureCheck, code: string, reason?: string, with_: AlgorithmPolicy = policy): Promise<void> {
  expect(await outcome(check, with_))
    .toMatchObject({ ok: false, code, ...(reason === undefined ? {} : { details: { reason } }) })
}

const invalid = (check: SignatureCheck, reason: string): Promise<void> => refused(check, 'crypto/invalid-signature', reason)

describe.each([['pkcs1', pkcs1Sha256], ['pss', pssSha256]] as const)('RSA %s', (scheme, algorithm_) => {
  let pair: RsaPair
  let base: SignatureCheck
  const make = (wanted: (signature: Uint8Array) => boolean): SignatureCheck =>
    ({ spki: spkiOf(pair.publicKey), algorithm: algorithm_, ...signUntil(pair, scheme, wanted) })

  beforeAll(() => {
    pair = rsaPair()
    base = make(() => true)
  })

  it('accepts a good signature, and refuses a changed one', async () => {
    await accepted(base)
    const changed = Uint8Array.from(base.signature)
    changed[100]! ^= 1
    await invalid({ ...base, signature: changed }, 'verification-failed')
    await invalid({ ...base, data: message }, 'verification-failed')
    // A stranger's modulus that is larger, so that the signature is below it.
    await invalid({ ...base, spki: rsaSpki(concat([Uint8Array.of(0xff), pair.modulus.subarray(1)])) }, 'verification-failed')
  })
  it('refuses an added zero octet', () => invalid({ ...base, signature: concat([Uint8Array.of(0), base.signature]) }, 'wrong-length'))
  it('refuses a stripped zero octet', async () => {
    const zero = make((signature) => signature[0] === 0)
    await accepted(zero)
    await invalid({ ...zero, signature: zero.signature.subarray(1) }, 'wrong-length')
  })
  it('refuses the signature plus the modulus', async () => {
    const low = make((signature) => big(signature) + big(pair.modulus) < 2n ** 2048n)
    await accepted(low)
    await invalid({ ...low, signature: fromBig(big(low.signature) + big(pair.modulus), 256) }, 'not-below-modulus')
    await invalid({ ...low, signature: pair.modulus }, 'not-below-modulus')
  })
  it('refuses the empty signature and zero', async () => {
    await invalid({ ...base, signature: new Uint8Array(0) }, 'wrong-length')
    await invalid({ ...base, signature: new Uint8Array(256) }, 'verification-failed')
  })
  it('refuses a forgery under exponent 1', async () => {
    // With e = 1 the signature is the padded hash itself.
    const digestInfo = concat([hex('3031300d060960864801650304020105000420'), createHash('sha256').update(base.data).digest()])
    const padded = concat([Uint8Array.of(0, 1), new Uint8Array(256 - 3 - digestInfo.length).fill(0xff), Uint8Array.of(0), digestInfo])
    await refused({ ...base, spki: rsaSpki(pair.modulus, 1), signature: padded }, 'crypto/malformed-key', 'exponent-below-3')
    await accepted({ ...base, spki: rsaSpki(pair.modulus) })
  })
  it('refuses the other key types', async () => {
    await refused({ ...base, spki: spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey) }, 'crypto/key-mismatch')
    await refused({ ...base, spki: spkiOf(generateKeyPairSync('ed25519').publicKey) }, 'crypto/key-mismatch')
  })
})

describe('RSA beyond the default set', () => {
  it('exponent 3 is in, exponent 17 by option', async () => {
    for (const exponent of [3, 17]) {
      const pair = rsaPair(2048, exponent)
      const check = { spki: spkiOf(pair.publicKey), algorithm: pkcs1Sha256, ...signUntil(pair, 'pkcs1', () => true) }
      await accepted(check, createAlgorithmPolicy({ rsa: { exponents: 'any-odd' } }))
      if (exponent === 3) await accepted(check)
      else await refused(check, 'crypto/unsupported-algorithm', 'exponent')
    }
  })
  it('1024 bits by option', async () => {
    const pair = rsaPair(1024)
    const check = { spki: spkiOf(pair.publicKey), algorithm: pkcs1Sha256, ...signUntil(pair, 'pkcs1', () => true) }
    await refused(check, 'crypto/weak-key')
    await accepted(check, createAlgorithmPolicy({ rsa: { minBits: 1024 } }))
  })
  it('SHA-1 by name', async () => {
    const pair = rsaPair()
    const data = message
    const check = {
      spki: spkiOf(pair.publicKey), algorithm: algorithm(oids.rsaSha1, encodeNull()), data,
      signature: new Uint8Array(sign('sha1', data, pair.privateKey)),
    }
    await refused(check, 'crypto/unsupported-algorithm', 'not-enabled')
    await accepted(check, wide)
  })
})

describe('id-RSASSA-PSS keys', () => {
  const pair = rsaPair()
  const key = (parameters?: Uint8Array): Uint8Array =>
    spki(oids.pss, parameters, encodeSequence(encodeUnsignedInteger(pair.modulus), encodeInteger(65537)))
  const pssSignature = (hash: string, saltLength: number): Uint8Array => new Uint8Array(sign(hash, message,
    { key: pair.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }))
  const sha256 = (salt: number): Uint8Array => pssParameters({ hash: oids.sha256, mask: oids.sha256, salt })
  const check: SignatureCheck = { spki: key(), algorithm: pssSha256, data: message, signature: pssSignature('sha256', 32) }

  it('verify PSS, with and without parameters', async () => {
    await accepted(check)
    await accepted({ ...check, spki: key(sha256(32)) })
    await accepted({ ...check, spki: key(sha256(0)) })
  })
  it('refuse PKCS#1 v1.5', async () => {
    const signature = new Uint8Array(sign('sha256', message, pair.privateKey))
    await accepted({ spki: spkiOf(pair.publicKey), algorithm: pkcs1Sha256, data: message, signature })
    await refused({ spki: key(), algorithm: pkcs1Sha256, data: message, signature }, 'crypto/key-mismatch')
  })
  it('refuse a shorter salt and another hash than theirs', async () => {
    await refused({ ...check, spki: key(sha256(33)) }, 'crypto/key-mismatch')
    await refused({ ...check, spki: key(pssParameters({ hash: oids.sha384, mask: oids.sha384, salt: 32 })) }, 'crypto/key-mismatch')
  })
  it('refuse a salt of another length than declared, and one that the key cannot hold', async () => {
    const declare = (salt: number): Uint8Array => algorithm(oids.pss, sha256(salt))
    await invalid({ ...check, algorithm: declare(31) }, 'verification-failed')
    await accepted({ ...check, algorithm: declare(222), signature: pssSignature('sha256', 222) })
    await invalid({ ...check, algorithm: declare(223) }, 'salt-too-long-for-key')
    await invalid({ ...check, algorithm: declare(2 ** 40) }, 'salt-too-long-for-key')
  })
})

describe('signature AlgorithmIdentifier', () => {
  const pair = rsaPair()
  const rsa = { spki: spkiOf(pair.publicKey), data: message, signature: new Uint8Array(sign('sha256', message, pair.privateKey)) }
  const malformed = (identifier: Uint8Array, reason: string): Promise<void> =>
    refused({ ...rsa, algorithm: identifier }, 'crypto/malformed-algorithm', reason)

  it('accepts RSA with NULL, and nothing else', async () => {
    await accepted({ ...rsa, algorithm: pkcs1Sha256 })
    await malformed(algorithm(oids.rsaSha256), 'parameters-not-null')
    await malformed(algorithm(oids.rsaSha256, encodeSequence()), 'parameters-not-null')
    await malformed(concat([pkcs1Sha256, Uint8Array.of(0)]), 'asn1/trailing-data')
    await malformed(withLongLength(pkcs1Sha256), 'asn1/non-minimal-length')
    await malformed(encodeSequence(encodeOid(oids.rsaSha256), encodeNull(), encodeNull()), 'asn1/trailing-data')
    await malformed(new Uint8Array(0), 'asn1/missing-element')
  })
  it('refuses MD5 and the unknown', async () => {
    await refused({ ...rsa, algorithm: algorithm(oids.rsaMd5, encodeNull()) }, 'crypto/unsupported-algorithm', undefined, wide)
    await refused({ ...rsa, algorithm: algorithm('1.2.3.4') }, 'crypto/unsupported-algorithm')
  })
  it('refuses PSS parameters that are absent, not DER, or of two hashes', async () => {
    await malformed(algorithm(oids.pss), 'parameters-missing')
    await malformed(algorithm(oids.pss, encodeNull()), 'asn1/unexpected-tag')
    for (const fields of [{ hash: oids.sha1 }, { mask: oids.sha1 }, { salt: 20 }, { trailer: 1 }]) {
      await malformed(algorithm(oids.pss, pssParameters(fields)), 'asn1/encoded-default')
    }
    await malformed(algorithm(oids.pss, pssParameters({ trailer: 2 })), 'asn1/integer-out-of-range')
    await malformed(algorithm(oids.pss, pssParameters({ salt: -1 })), 'asn1/integer-out-of-range')
    await malformed(algorithm(oids.pss, encodeSequence(encode(0xa4, encodeInteger(1)))), 'asn1/trailing-data')
    await refused({ ...rsa, algorithm: algorithm(oids.pss, pssParameters({ hash: oids.sha256, mask: oids.sha512, salt: 32 })) },
      'crypto/unsupported-algorithm')
    await refused({ ...rsa, algorithm: algorithm(oids.pss, encodeSequence()) }, 'crypto/unsupported-algorithm', 'not-enabled')
  })
  it('accepts the hash of PSS with NULL and without parameters (RFC 4055 2.1)', async () => {
    const hash = algorithm(oids.sha256)
    const bare = algorithm(oids.pss, encodeSequence(encode(0xa0, hash), encode(0xa1, algorithm(oids.mgf1, hash)), encode(0xa2, encodeInteger(32))))
    const { data, signature } = signUntil(pair, 'pss', () => true)
    await accepted({ spki: rsa.spki, algorithm: bare, data, signature })
    await accepted({ spki: rsa.spki, algorithm: pssSha256, data, signature })
  })
  it('refuses parameters with ECDSA and Ed25519', async () => {
    await refused({ ...rsa, algorithm: algorithm(oids.ecdsaSha256, encodeNull()) }, 'crypto/malformed-algorithm', 'parameters-present')
    await refused({ ...rsa, algorithm: algorithm(oids.ed25519, encodeNull()) }, 'crypto/malformed-algorithm', 'parameters-present')
  })
})

describe('ECDSA', () => {
  const ecdsa = (name: 'P-256' | 'P-384' | 'P-521', hash = 'sha256', identifier: string = oids.ecdsaSha256):
    { pair: { publicKey: KeyObject; privateKey: KeyObject }; check: SignatureCheck; r: bigint; s: bigint } => {
    const pair = generateKeyPairSync('ec', { namedCurve: name })
    const raw = sign(hash, message, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' })
    const r = big(raw.subarray(0, raw.length / 2))
    const s = big(raw.subarray(raw.length / 2))
    return { pair, r, s, check: { spki: spkiOf(pair.publicKey), algorithm: algorithm(identifier), data: message, signature: value(r, s) } }
  }
  const value = (r: bigint, s: bigint): Uint8Array => encodeSequence(encodeInteger(r), encodeInteger(s))

  it('accepts each curve with each hash', async () => {
    for (const curve of ['P-256', 'P-384', 'P-521'] as const) {
      await accepted(ecdsa(curve).check)
      await accepted(ecdsa(curve, 'sha384', oids.ecdsaSha384).check)
      await refused(ecdsa(curve, 'sha1', oids.ecdsaSha1).check, 'crypto/unsupported-algorithm', 'not-enabled')
      await accepted(ecdsa(curve, 'sha1', oids.ecdsaSha1).check, wide)
    }
  })
  it('accepts a compressed key', async () => {
    const { pair, check } = ecdsa('P-256')
    const x = jwkPart(pair.publicKey, 'x')
    const y = jwkPart(pair.publicKey, 'y')
    const compressed = concat([Uint8Array.of(2 + (y[31]! & 1)), x])
    const wrong = concat([Uint8Array.of(3 - (y[31]! & 1)), x])
    await accepted({ ...check, spki: spki(oids.ec, encodeOid(oids.p256), compressed) })
    await invalid({ ...check, spki: spki(oids.ec, encodeOid(oids.p256), wrong) }, 'verification-failed')
  })
  it('refuses r and s out of range', async () => {
    const { check, r, s } = ecdsa('P-256')
    const n = nist.p256.Point.Fn.ORDER
    await accepted({ ...check, signature: value(r, n - s) })
    for (const [a, b] of [[0n, s], [r, 0n], [0n, 0n], [n, s], [r, n], [r + n, s], [r, s + n], [-r, s], [r, -s], [r, s + 2n ** 600n]] as const) {
      await invalid({ ...check, signature: value(a, b) }, 'out-of-range')
    }
  })
  it('refuses what is not DER', async () => {
    const { check, r, s } = ecdsa('P-256')
    const [R, S] = [encodeInteger(r), encodeInteger(s)]
    await accepted({ ...check, signature: encodeSequence(R, S) })
    const padded = encode(0x02, concat([Uint8Array.of(0, 0), R.subarray(2)]))
    for (const signature of [
      encodeSequence(padded, S), withLongLength(encodeSequence(R, S)), encodeSequence(withLongLength(R), S),
      encodeSequence(R, S, encodeNull()), concat([encodeSequence(R, S), Uint8Array.of(0)]), encodeSequence(R),
      encodeSequence(), new Uint8Array(0), concat([fromBig(r, 32), fromBig(s, 32)]),
    ]) {
      await invalid({ ...check, signature }, 'malformed-encoding')
    }
  })
  it('refuses a P-384 key under the name of P-256', async () => {
    const { pair, check } = ecdsa('P-384')
    const point = concat([Uint8Array.of(4), jwkPart(pair.publicKey, 'x'), jwkPart(pair.publicKey, 'y')])
    await accepted({ ...check, spki: spki(oids.ec, encodeOid(oids.p384), point) })
    await refused({ ...check, spki: spki(oids.ec, encodeOid(oids.p256), point) }, 'crypto/malformed-key', 'wrong-point-length')
  })
})

describe('Ed25519', () => {
  const L = ed25519.Point.Fn.ORDER
  const pair = generateKeyPairSync('ed25519')
  const publicKey = jwkPart(pair.publicKey, 'x')
  const check: SignatureCheck = {
    spki: spkiOf(pair.publicKey), algorithm: algorithm(oids.ed25519), data: message,
    signature: new Uint8Array(sign(null, message, pair.privateKey)),
  }
  const r = check.signature.subarray(0, 32)
  const s = big(check.signature.slice(32).reverse())
  const scalar = (value: bigint): Uint8Array => fromBig(value, 32).reverse()

  it('accepts a good signature, and refuses changed ones', async () => {
    await accepted(check)
    await invalid({ ...check, data: new Uint8Array(0) }, 'verification-failed')
    await invalid({ ...check, signature: check.signature.subarray(1) }, 'wrong-length')
    await invalid({ ...check, signature: concat([check.signature, Uint8Array.of(0)]) }, 'wrong-length')
    await invalid({ ...check, signature: concat([r, scalar((s + 1n) % L)]) }, 'verification-failed')
  })
  it('refuses S plus the group order', async () => {
    await invalid({ ...check, signature: concat([r, scalar(s + L)]) }, 's-out-of-range')
    await invalid({ ...check, signature: concat([r, scalar(L)]) }, 's-out-of-range')
  })
  it('refuses small-order R', async () => {
    for (const octets of ED25519_TORSION_SUBGROUP) {
      await invalid({ ...check, signature: concat([hex(octets), scalar(s)]) }, 'small-order-r')
    }
  })
  it('refuses R that is not canonical', () =>
    invalid({ ...check, signature: concat([hex('ee' + 'ff'.repeat(30) + '7f'), scalar(s)]) }, 'non-canonical-r'))
  it('refuses R that is on no point', () =>
    invalid({ ...check, signature: concat([hex('02' + '00'.repeat(31)), scalar(s)]) }, 'verification-failed'))
  it('refuses small-order keys, under which one signature fits all', async () => {
    for (const octets of ED25519_TORSION_SUBGROUP) {
      await refused({ ...check, spki: spki(oids.ed25519, undefined, hex(octets)) }, 'crypto/malformed-key', 'small-order-point')
    }
  })
  it('refuses a key that is on no point, and says that it is the key', () =>
    refused({ ...check, spki: spki(oids.ed25519, undefined, hex('02' + '00'.repeat(31))) }, 'crypto/malformed-key', 'point-not-on-curve'))
  it('refuses an X25519 key', async () => {
    await refused({ ...check, spki: spki(oids.x25519, undefined, publicKey) }, 'crypto/unsupported-algorithm')
    await refused({ ...check, algorithm: algorithm(oids.x25519) }, 'crypto/unsupported-algorithm')
  })
  it.each([['ed25519', oids.ed25519], ['ed448', oids.ed448]] as const)('%s: refuses R of mixed order', async (name, oid) => {
    const data = new TextEncoder().encode(probeMessage)
    const of = ({ key, signature }: ReturnType<typeof edwardsVector>): SignatureCheck =>
      ({ spki: spki(oid, undefined, key), algorithm: algorithm(oid), data, signature })
    await accepted(of(edwardsVector(name, false)), wide)
    await refused(of(edwardsVector(name, true)), 'crypto/invalid-signature', 'verification-failed', wide)
  })
})
