/**
 * The synchronous driver: the same prepared checks as the asynchronous one, answered by `node:crypto`.
 *
 * Nearly all TLS verify hooks are synchronous, and WebCrypto is not. What is judged before (keys, algorithms, the
 * form of signatures) is the same code; only the last step, the equation, is asked of another interface of the
 * runtime.
 */
import { constants, createHash, createPublicKey, verify as nodeVerify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { KeyStore, prepareSignatureCheck } from '../crypto/index.ts'
import type { AlgorithmPolicy, KeyEntry, PreparedCheck, SignatureCheck, SignatureOutcome } from '../crypto/index.ts'
import { toBase64Url } from '../crypto/base64.ts'
import { curves } from '../crypto/curves.ts'
import {
  capabilityOf, confirmed, hashInputOf, lacking, mixedOrderProbeFor, probeFor, refused, showsCapability, unsoundKey,
  verificationFailed, verified,
} from '../crypto/probe.ts'
import type { RuntimeAnswer } from '../crypto/probe.ts'

export interface SyncSignatureVerifierOptions {
  readonly policy: AlgorithmPolicy
  /** The most keys to remember, with what `node:crypto` made of them. Default 256. */
  readonly maxKeys?: number | undefined
}

export interface SyncSignatureVerifier {
  readonly policy: AlgorithmPolicy
  /** The outcomes of the checks, in order. Never throws for what the bytes hold. */
  verifyAll(checks: readonly SignatureCheck[]): SignatureOutcome[]
}

type Prepared = PreparedCheck<KeyObject>

/** Throws `TypeError` where `maxKeys` is no positive integer. */
export function createSyncSignatureVerifier(options: SyncSignatureVerifierOptions): SyncSignatureVerifier {
  const { policy, maxKeys = 256 } = options
  if (!Number.isInteger(maxKeys) || maxKeys < 1) throw new TypeError(`maxKeys: expected a positive integer, got ${maxKeys}`)
  const keys = new KeyStore<KeyObject>(policy, maxKeys)

  const verify = (check: SignatureCheck): SignatureOutcome => {
    const result = prepareSignatureCheck(check, policy, keys)
    if (!result.ok) return result
    const { prepared } = result
    const answer = ask(prepared)
    if (answer === 'good') return isLax(prepared) ? confirm(prepared) : verified
    const unsound = unsoundKey(prepared)
    if (unsound !== undefined) return unsound
    if (isCapable(prepared)) return refused(prepared, answer)
    return askImplementation(prepared, policy)
  }

  return { policy, verifyAll: (checks) => checks.map(verify) }
}

/** What was found out about `node:crypto`: facts about it, which all drivers share. */
const capabilities = new Map<string, boolean>()

function find(name: string, probe: () => boolean): boolean {
  let found = capabilities.get(name)
  if (found === undefined) capabilities.set(name, (found = probe()))
  return found
}

function isCapable(check: Prepared): boolean {
  const name = capabilityOf(check)
  return name === undefined || find(name, () => {
    const probe = probeFor(check)
    return showsCapability(probe, ask(probe))
  })
}

/** Whether it takes eight (four) times the equation; asked once, before its first answer for the algorithm. */
function isLax(check: Prepared): boolean {
  const { type } = check.entry.key
  return (type === 'ed25519' || type === 'ed448') && find(`${type}-lax`, () => ask(mixedOrderProbeFor(check, type)) === 'good')
}

function confirm(check: Prepared): SignatureOutcome {
  const input = hashInputOf(check)
  return confirmed(check, input && createHash('sha512').update(input).digest())
}

function ask(check: Prepared): RuntimeAnswer {
  let key: KeyObject
  try {
    key = importedKey(check.entry)
  } catch {
    return 'import-failed'
  }
  try {
    return verifyWith(key, check) === true ? 'good' : 'bad'
  } catch {
    return 'verify-failed'
  }
}

function askImplementation(check: Prepared, policy: AlgorithmPolicy): SignatureOutcome {
  const { entry: { key }, algorithm } = check
  const implementation = policy.implementations.get(algorithm.name)
  if (implementation === undefined || key.type === 'rsa' || key.type === 'ec') return lacking(check)
  let good: unknown
  try {
    good = implementation.verify(key.bytes, check.data, check.signature)
  } catch {
    // Not telling an error from a no keeps the outcome the same as where the runtime has the algorithm.
    return verificationFailed
  }
  if (good === true) return confirm(check)
  if (typeof good !== 'object' || good === null) return verificationFailed
  // A promise cannot be waited for here. Its end is of no interest, but a rejection must not go unhandled.
  Promise.resolve(good).then(() => undefined, () => undefined)
  return {
    ok: false,
    code: 'crypto/unsupported-algorithm',
    details: { algorithm: algorithm.name, reason: 'implementation-is-asynchronous' },
  }
}

function importedKey(entry: KeyEntry<KeyObject>): KeyObject {
  let key = entry.imported.get('')
  if (key === undefined) {
    key = importKey(entry)
    entry.imported.set('', key)
  }
  return key
}

function importKey({ key, spki }: KeyEntry<KeyObject>): KeyObject {
  switch (key.type) {
    case 'rsa':
      return createPublicKey({
        format: 'jwk',
        key: { kty: 'RSA', n: toBase64Url(key.modulus), e: toBase64Url(key.exponent) },
      })
    case 'ec': {
      const { jwk, size } = curves[key.curve]
      return createPublicKey({
        format: 'jwk',
        key: {
          kty: 'EC',
          crv: jwk,
          x: toBase64Url(key.point.subarray(1, 1 + size)),
          y: toBase64Url(key.point.subarray(1 + size)),
        },
      })
    }
    case 'ed25519': return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(key.bytes) } })
    case 'ed448': return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed448', x: toBase64Url(key.bytes) } })
    case 'ml-dsa-44':
    case 'ml-dsa-65':
    case 'ml-dsa-87':
      // The checked SubjectPublicKeyInfo has one encoding only.
      return createPublicKey({ format: 'der', type: 'spki', key: spki as Buffer })
  }
}

function verifyWith(key: KeyObject, { algorithm, data, signature }: Prepared): unknown {
  switch (algorithm.family) {
    case 'rsa-pkcs1':
      return nodeVerify(algorithm.hash, data, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
    case 'rsa-pss': {
      const { saltLength } = algorithm
      // The hash of MGF1 is by default the hash of the message, which `parseSignatureAlgorithm` has made sure of.
      return nodeVerify(algorithm.hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }, signature)
    }
    case 'ecdsa':
      return nodeVerify(algorithm.hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'raw':
      return nodeVerify(null, data, key, signature)
  }
}
