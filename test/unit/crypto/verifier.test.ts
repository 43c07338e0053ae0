/** The drivers: what a runtime lacks, what a caller supplies, what is remembered. */
import { createHash, generateKeyPairSync, sign, webcrypto } from 'node:crypto'
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { ed448 } from '@noble/curves/ed448.js'
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyStore, createAlgorithmPolicy, createSignatureVerifier, prepareSignatureCheck } from '../../../src/crypto/index.ts'
import type { AlgorithmImplementation, SignatureCheck } from '../../../src/crypto/index.ts'
import { probeMessage } from '../../../src/crypto/probe-vectors.ts'
import { edwardsVector } from '../../../src/crypto/probe.ts'
import { createSyncSignatureVerifier } from '../../../src/node/sync-crypto.ts'
import { widePolicy } from '../../conformance/wycheproof.ts'
import {
  algorithm, big, concat, fromBig, message, oddNumber, oids, pkcs1Sha256, rsaPair, rsaSpki, signUntil, spki, spkiOf, verifySignaturesSync,
} from './support.ts'

type Subtle = Pick<SubtleCrypto, 'importKey' | 'verify' | 'digest'>
const subtle = webcrypto.subtle as unknown as SubtleCrypto

/** An error of which nothing may be read. */
const opaque: unknown = new Proxy({}, { get(_, property) { throw new Error(`read ${String(property)}`) } })

/** A WebCrypto that counts, and fails where it is told to. */
function counting(fail: { importing?: string, verifying?: string, denying?: string } = {}): Subtle & { imports: number; verifications: number } {
  const nameOf = (parameters: unknown): string => String((parameters as { name: string }).name)
  return {
    imports: 0,
    verifications: 0,
    async importKey(...args: unknown[]): Promise<CryptoKey> {
      this.imports++
      if (nameOf(args[2]) === fail.importing) throw opaque
      return (subtle.importKey as (...args: unknown[]) => Promise<CryptoKey>).apply(subtle, args)
    },
    async verify(...args: Parameters<SubtleCrypto['verify']>): Promise<boolean> {
      this.verifications++
      if (nameOf(args[0]) === fail.verifying) throw opaque
      if (nameOf(args[0]) === fail.denying) return false
      return subtle.verify(...args)
    },
    digest: subtle.digest.bind(subtle) as Subtle['digest'],
  }
}

function edwards(name: 'ed25519' | 'ed448'): SignatureCheck {
  const pair = name === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448')
  return {
    spki: spkiOf(pair.publicKey), algorithm: algorithm(oids[name]), data: message,
    signature: new Uint8Array(sign(null, message, pair.privateKey)),
  }
}

function mlDsa(): SignatureCheck {
  const { publicKey, secretKey } = ml_dsa44.keygen()
  return {
    spki: spki(oids.mlDsa44, undefined, publicKey), algorithm: algorithm(oids.mlDsa44), data: message,
    signature: ml_dsa44.sign(message, secretKey),
  }
}

function ecdsa(): SignatureCheck {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    spki: spkiOf(pair.publicKey), algorithm: algorithm(oids.ecdsaSha256), data: message,
    signature: new Uint8Array(sign('sha256', message, pair.privateKey)),
  }
}

const changed = (check: SignatureCheck): SignatureCheck => ({ ...check, data: new Uint8Array(7) })
const good = { ok: true }
const bad = { ok: false, code: 'crypto/invalid-signature', details: { reason: 'verification-failed' } }
const missing = (name: string): unknown => ({ ok: false, code: 'crypto/unsupported-algorithm', details: { algorithm: name, reason: 'runtime' } })

/** Whether node:crypto has ML-DSA itself, so that it never asks an implementation. */
const hasNativeMlDsa = verifySignaturesSync([mlDsa()], createAlgorithmPolicy({ enable: ['ml-dsa-44'] }))[0]!.ok

const bare = createAlgorithmPolicy({ enable: ['ed448', 'ml-dsa-44'] })

describe('a runtime that lacks an algorithm', () => {
  it.each(['importing', 'verifying', 'denying'] as const)('is found out when %s fails, and never believed', async (way) => {
    const verifier = createSignatureVerifier({ policy: bare, subtle: counting({ [way]: 'Ed448' }) })
    const checks = [edwards('ed448'), changed(edwards('ed448')), edwards('ed25519'), changed(edwards('ed25519'))]
    expect(await verifier.verifyAll(checks)).toEqual([missing('ed448'), missing('ed448'), good, bad])
  })
  it('is helped out by an implementation', async () => {
    const verifier = createSignatureVerifier({ policy: widePolicy(), subtle: counting({ importing: 'Ed448' }) })
    const check = edwards('ed448')
    const secret = ed448.utils.randomSecretKey()
    const other = { ...check, spki: spki(oids.ed448, undefined, ed448.getPublicKey(secret)), signature: ed448.sign(message, secret) }
    expect(await verifier.verifyAll([check, changed(check), other, changed(other)])).toEqual([good, bad, good, bad])
  })
  it('gives the typed refusal, or the implementation’s answer, for ML-DSA in both drivers', async () => {
    const check = mlDsa()
    const subtleWithout = counting({ importing: 'ML-DSA-44' })
    expect(await createSignatureVerifier({ policy: bare, subtle: subtleWithout }).verifyAll([check, changed(check)]))
      .toEqual([missing('ml-dsa-44'), missing('ml-dsa-44')])
    const withNoble = [good, bad]
    expect(await createSignatureVerifier({ policy: widePolicy(), subtle: subtleWithout }).verifyAll([check, changed(check)])).toEqual(withNoble)
    expect(verifySignaturesSync([check, changed(check)], widePolicy())).toEqual(withNoble)
  })
  it('is probed once, and only after a no', async () => {
    const counter = counting()
    const verifier = createSignatureVerifier({ policy: bare, subtle: counter })
    const check = ecdsa()
    expect(await verifier.verifyAll([check, check, check])).toEqual([good, good, good])
    expect([counter.imports, counter.verifications]).toEqual([1, 3])
    expect(await verifier.verifyAll([changed(check), changed(check)])).toEqual([bad, bad])
    expect([counter.imports, counter.verifications]).toEqual([2, 6])
    await verifier.verifyAll([changed(check)])
    expect([counter.imports, counter.verifications]).toEqual([2, 7])
  })
  it('lacks ECDSA with one hash as a whole, and has its arithmetic done here', async () => {
    const verifier = createSignatureVerifier({ policy: bare, subtle: counting({ denying: 'ECDSA' }) })
    expect(await verifier.verifyAll([ecdsa(), changed(ecdsa())])).toEqual([good, bad])
  })
  it('fails to import an RSA key, or to use it', async () => {
    const pair = rsaPair()
    const check = { spki: spkiOf(pair.publicKey), algorithm: pkcs1Sha256, ...signUntil(pair, 'pkcs1', () => true) }
    const lacking = createSignatureVerifier({ policy: bare, subtle: counting({ importing: 'RSASSA-PKCS1-v1_5' }) })
    expect(await lacking.verifyAll([check, changed(check)])).toEqual([good, bad])
    const failing = createSignatureVerifier({ policy: bare, subtle: counting({ verifying: 'RSASSA-PKCS1-v1_5' }) })
    expect(await failing.verifyAll([check, changed(check)])).toEqual([good, bad])
  })
})

describe('implementations', () => {
  const answering = (answer: unknown): readonly AlgorithmImplementation[] => [{
    name: 'ml-dsa-44',
    verify: () => {
      if (answer instanceof Error) throw answer
      return answer as boolean
    },
  }]
  const policyOf = (answer: unknown) => createAlgorithmPolicy({ enable: ['ml-dsa-44'], implementations: answering(answer) })
  const without = counting({ importing: 'ML-DSA-44' })

  it('accept by true alone', async () => {
    const check = mlDsa()
    for (const answer of [false, undefined, null, 1, 'true', {}, new Error('broken')]) {
      expect(await createSignatureVerifier({ policy: policyOf(answer), subtle: without }).verifyAll([check])).toEqual([bad])
    }
    expect(await createSignatureVerifier({ policy: policyOf(true), subtle: without }).verifyAll([check])).toEqual([good])
    expect(await createSignatureVerifier({ policy: policyOf(Promise.resolve(true)), subtle: without }).verifyAll([check])).toEqual([good])
  })
  it.skipIf(hasNativeMlDsa)('must be synchronous under the synchronous driver', () => {
    const check = mlDsa()
    const verify = (answer: unknown) => createSyncSignatureVerifier({ policy: policyOf(answer) }).verifyAll([check])[0]
    for (const answer of [false, undefined, null, 1, 'true', new Error('broken')]) expect(verify(answer)).toEqual(bad)
    expect(verify(true)).toEqual(good)
    const refusal = {
      ok: false, code: 'crypto/unsupported-algorithm',
      details: { algorithm: 'ml-dsa-44', reason: 'implementation-is-asynchronous' },
    }
    expect(verify(Promise.resolve(true))).toEqual(refusal)
    expect(verify(Promise.reject(new Error('late')))).toEqual(refusal)
  })
  it('are given the raw key', async () => {
    const seen: number[] = []
    const verify: AlgorithmImplementation['verify'] = (key, data, signature) => {
      seen.push(key.length, data.length, signature.length)
      return true
    }
    const policy = createAlgorithmPolicy({ enable: ['ml-dsa-44'], implementations: [{ name: 'ml-dsa-44', verify }] })
    expect(await createSignatureVerifier({ policy, subtle: without }).verifyAll([mlDsa()])).toEqual([good])
    expect(seen).toEqual([1312, message.length, 2420])
  })
})

describe('a runtime that takes eight times the equation', () => {
  /** RFC 8032 5.1.7 with the factor of 8, as noble has it in its ZIP 215 mode. */
  const lax: Subtle = {
    importKey: subtle.importKey.bind(subtle) as Subtle['importKey'],
    async verify(algorithm, key, signature, data) {
      if (key.algorithm.name !== 'Ed25519') return subtle.verify(algorithm, key, signature, data)
      const raw = Buffer.from((await subtle.exportKey('jwk', key)).x!, 'base64url')
      return ed25519.verify(new Uint8Array(signature as Uint8Array), new Uint8Array(data as Uint8Array), raw, { zip215: true })
    },
    digest: subtle.digest.bind(subtle) as Subtle['digest'],
  }
  const exportable: Subtle = { ...lax, importKey: (...args: unknown[]) =>
    (subtle.importKey as (...all: unknown[]) => Promise<CryptoKey>).call(subtle, args[0], args[1], args[2], true, args[4]) }
  const data = new TextEncoder().encode(probeMessage)
  const vector = (mixedOrder: boolean): SignatureCheck => {
    const { key, signature } = edwardsVector('ed25519', mixedOrder)
    return { spki: spki(oids.ed25519, undefined, key), algorithm: algorithm(oids.ed25519), data, signature }
  }

  it('is overruled where the equation itself does not hold', async () => {
    const { key, signature } = edwardsVector('ed25519', true)
    expect(ed25519.verify(signature, data, key, { zip215: true })).toBe(true)
    const verifier = createSignatureVerifier({ policy: bare, subtle: exportable })
    const sound = edwards('ed25519')
    expect(await verifier.verifyAll([vector(true), vector(false), sound, changed(sound)])).toEqual([bad, good, good, bad])
  })
  it('agrees with others on keys of mixed order', async () => {
    const { Point } = ed25519
    for (let i = 0; i < 12; i++) {
      // A key a B + T with T of order 8; S = r + k a satisfies the equation just where k T is the neutral element.
      const a = big(Uint8Array.from({ length: 31 }, (_, j) => 7 * i + j + 1))
      const key = Point.BASE.multiply(a).add(Point.fromHex(ED25519_TORSION_SUBGROUP[1]!)).toBytes()
      const r = Point.BASE.multiply(BigInt(i + 5)).toBytes()
      const L = Point.Fn.ORDER
      const k = big(new Uint8Array(createHash('sha512').update(r).update(key).update(message).digest()).reverse()) % L
      const signature = concat([r, fromBig((BigInt(i + 5) + k * a) % L, 32).reverse()])
      const check = { spki: spki(oids.ed25519, undefined, key), algorithm: algorithm(oids.ed25519), data: message, signature }
      const want = k % 8n === 0n ? good : bad
      expect(await createSignatureVerifier({ policy: bare }).verifyAll([check])).toEqual([want])
      expect(await createSignatureVerifier({ policy: bare, subtle: exportable }).verifyAll([check])).toEqual([want])
      expect(verifySignaturesSync([check], bare)).toEqual([want])
    }
  })
})

describe('verifyAll', () => {
  it('keeps the order, and one refusal does not spoil the others', async () => {
    const checks = [ecdsa(), { ...ecdsa(), spki: new Uint8Array(2) }, edwards('ed25519'), changed(ecdsa()), ecdsa()]
    const codes = (outcomes: readonly { ok: boolean; code?: string }[]) => outcomes.map((one) => one.code ?? 'ok')
    const want = ['ok', 'crypto/malformed-key', 'ok', 'crypto/invalid-signature', 'ok']
    expect(codes(await createSignatureVerifier({ policy: bare }).verifyAll(checks))).toEqual(want)
    expect(codes(verifySignaturesSync(checks, bare))).toEqual(want)
    expect(await createSignatureVerifier({ policy: bare }).verifyAll([])).toEqual([])
  })
  it('starts all together', async () => {
    let open = 0
    let most = 0
    const slow: Subtle = {
      importKey: subtle.importKey.bind(subtle) as Subtle['importKey'],
      async verify(...args) {
        most = Math.max(most, ++open)
        await new Promise((resolve) => setTimeout(resolve, 5))
        open--
        return subtle.verify(...args)
      },
      digest: subtle.digest.bind(subtle) as Subtle['digest'],
    }
    await createSignatureVerifier({ policy: bare, subtle: slow }).verifyAll([ecdsa(), ecdsa(), ecdsa(), ecdsa()])
    expect(most).toBe(4)
  })
  it('does not see what the caller does to a key afterwards', async () => {
    const verifier = createSignatureVerifier({ policy: bare })
    const check = ecdsa()
    const key = Uint8Array.from(check.spki)
    expect(await verifier.verifyAll([{ ...check, spki: key }])).toEqual([good])
    key.fill(0)
    expect(await verifier.verifyAll([check])).toEqual([good])
    expect(await verifier.verifyAll([{ ...check, spki: key }])).toMatchObject([{ code: 'crypto/malformed-key' }])
  })
  it('names its own arguments', () => {
    for (const maxKeys of [0, -1, 1.5, Number.NaN]) {
      expect(() => createSignatureVerifier({ policy: bare, maxKeys })).toThrow('maxKeys:')
      expect(() => createSyncSignatureVerifier({ policy: bare, maxKeys })).toThrow('maxKeys:')
    }
  })
  it('never throws or rejects for what the bytes hold', async () => {
    const verifier = createSignatureVerifier({ policy: bare })
    const base = [ecdsa(), edwards('ed25519')]
    await fc.assert(fc.asyncProperty(
      fc.constantFrom(...base), fc.constantFrom('spki', 'algorithm', 'data', 'signature'), fc.nat(), fc.nat(7), fc.boolean(),
      async (check, part, position, bit, cut) => {
        const bytes = Uint8Array.from(check[part as 'spki'])
        const at = position % bytes.length
        bytes[at]! ^= 1 << bit
        const mutated = { ...check, [part]: cut ? bytes.subarray(0, at) : bytes }
        const [asynchronous] = await verifier.verifyAll([mutated])
        const [synchronous] = verifySignaturesSync([mutated], bare)
        expect(asynchronous!.ok).toBe(false)
        expect(synchronous).toEqual(asynchronous)
      },
    ), { numRuns: 300 })
  })
})

describe('KeyStore', () => {
  it('is bounded, and the key used longest ago gives way', () => {
    const store = new KeyStore<string>(bare, 3)
    const keys = [2048, 2050, 2052, 2054].map((bits) => rsaSpki(oddNumber(bits)))
    const find = (i: number) => {
      const entry = store.find(keys[i]!)
      if ('ok' in entry) throw new Error(entry.code)
      return entry
    }
    const first = find(0)
    const second = find(1)
    find(2)
    expect(find(0)).toBe(first)
    find(3)
    expect(store.size).toBe(3)
    expect(find(0)).toBe(first)
    expect(find(1)).not.toBe(second)
  })
  it('does not remember refusals', () => {
    const store = new KeyStore<string>(bare, 3)
    expect(store.find(rsaSpki(oddNumber(1024)))).toMatchObject({ ok: false, code: 'crypto/weak-key' })
    expect(store.size).toBe(0)
  })
  it('is not needed', () => {
    expect(prepareSignatureCheck(ecdsa(), bare)).toMatchObject({ ok: true })
  })
})
