/**
 * The asynchronous driver: prepared checks, answered by WebCrypto.
 *
 * Keys go in by the forms that every runtime reads alike and cheaply: EC and EdDSA as raw octets, RSA as JWK, both
 * made from the checked values; ML-DSA as the checked SubjectPublicKeyInfo, which has one encoding only. What an
 * error is called, and whether import or verification raises it, differs between runtimes, so errors are only
 * counted as a no.
 */
import { curves } from './curves.ts'
import { toBase64Url } from './base64.ts'
import { verifyInBigIntegers } from './fallback.ts'
import type { AlgorithmPolicy } from './policy.ts'
import { KeyStore, prepareSignatureCheck } from './prepare.ts'
import type { KeyEntry, PreparedCheck } from './prepare.ts'
import {
  capabilityOf, confirmed, isUncommonRsa, lacking, mixedOrderProbeFor, probeFor, refused, showsCapability, verificationFailed,
  verified,
} from './probe.ts'
import type { RuntimeAnswer } from './probe.ts'
import type { HashName, SignatureAlgorithm, SignatureCheck, SignatureOutcome } from './types.ts'

/**
 * The part of `SubtleCrypto` that is used. `digest` serves the RSA keys and the pairs of curve and hash that a runtime
 * lacks; without it they are refused as unsupported.
 */
export type Subtle = Pick<SubtleCrypto, 'importKey' | 'verify'> & Partial<Pick<SubtleCrypto, 'digest'>>

export interface SignatureVerifierOptions {
  readonly policy: AlgorithmPolicy
  /** Default `globalThis.crypto.subtle`. */
  readonly subtle?: Subtle | undefined
  /** The most keys to remember, with what the runtime made of them. Default 256. */
  readonly maxKeys?: number | undefined
}

export interface SignatureVerifier {
  readonly policy: AlgorithmPolicy
  /**
   * Starts all checks together, and resolves with their outcomes in the same order. Never rejects for what the
   * bytes hold. The bytes must not change until it resolves.
   */
  verifyAll(checks: readonly SignatureCheck[]): Promise<SignatureOutcome[]>
}

type Store = KeyStore<Promise<CryptoKey>>
type Prepared = PreparedCheck<Promise<CryptoKey>>

/** Throws `TypeError` where `maxKeys` is no positive integer, or where there is no WebCrypto to use. */
export function createSignatureVerifier(options: SignatureVerifierOptions): SignatureVerifier {
  const { policy, maxKeys = 256 } = options
  const subtle = options.subtle ?? (globalThis.crypto as Crypto | undefined)?.subtle
  if (subtle === undefined) throw new TypeError('subtle: this context has no WebCrypto; supply a SubtleCrypto')
  if (!Number.isInteger(maxKeys) || maxKeys < 1) throw new TypeError(`maxKeys: expected a positive integer, got ${maxKeys}`)
  const keys: Store = new KeyStore(policy, maxKeys)
  const capabilities = new Map<string, Promise<boolean>>()

  const isCapable = (check: Prepared): Promise<boolean> => {
    const name = capabilityOf(check)
    if (name === undefined) return Promise.resolve(true)
    let found = capabilities.get(name)
    if (found === undefined) {
      const probe = probeFor(check)
      found = ask(probe, subtle).then((answer) => showsCapability(probe, answer))
      capabilities.set(name, found)
    }
    return found
  }

  const isLax = (check: Prepared): Promise<boolean> => {
    const probe = mixedOrderProbeFor(check)
    if (probe === undefined) return Promise.resolve(false)
    const name = `${check.algorithm.name}-lax`
    let found = capabilities.get(name)
    if (found === undefined) {
      found = ask(probe, subtle).then((answer) => answer === 'good')
      capabilities.set(name, found)
    }
    return found
  }

  const verify = async (check: SignatureCheck): Promise<SignatureOutcome> => {
    const result = prepareSignatureCheck(check, policy, keys)
    if (!result.ok) return result
    const { prepared } = result
    const answer = await ask(prepared, subtle)
    if (answer === 'good') return await isLax(prepared) ? confirmed(prepared) : verified
    // Runtimes differ in which of these RSA keys they take, and whether they say so or just say no.
    if (prepared.entry.key.type === 'rsa' && (answer !== 'bad' || isUncommonRsa(prepared))) return askFallback(prepared, subtle)
    if (await isCapable(prepared)) return refused(prepared, answer)
    return prepared.entry.key.type === 'ec' ? askFallback(prepared, subtle) : askImplementation(prepared, policy)
  }

  return { policy, verifyAll: (checks) => Promise.all(checks.map(verify)) }
}

async function ask(check: Prepared, subtle: Subtle): Promise<RuntimeAnswer> {
  const { entry, algorithm, signature, data } = check
  let key: CryptoKey
  try {
    key = await importedKey(entry, algorithm, subtle)
  } catch {
    return 'import-failed'
  }
  try {
    const good: unknown = await subtle.verify(verifyParameters(algorithm), key, source(signature), source(data))
    return good === true ? 'good' : 'bad'
  } catch {
    return 'verify-failed'
  }
}

async function askFallback(check: Prepared, subtle: Subtle): Promise<SignatureOutcome> {
  try {
    if (subtle.digest === undefined) return lacking(check)
    const good = await verifyInBigIntegers(check, async (hash, data) =>
      new Uint8Array(await subtle.digest!(hashNames[hash], source(data))))
    return good ? verified : verificationFailed
  } catch {
    return lacking(check)
  }
}

async function askImplementation(check: Prepared, policy: AlgorithmPolicy): Promise<SignatureOutcome> {
  const { entry: { key }, algorithm } = check
  const implementation = policy.implementations.get(algorithm.name)
  if (implementation === undefined || key.type === 'rsa' || key.type === 'ec') return lacking(check)
  try {
    const good: unknown = await implementation.verify(key.bytes, check.data, check.signature)
    return good === true ? confirmed(check) : verificationFailed
  } catch {
    // Not telling an error from a no keeps the outcome the same as where the runtime has the algorithm.
    return verificationFailed
  }
}

const hashNames: Readonly<Record<HashName, string>> = {
  sha1: 'SHA-1', sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512',
}

const rawNames = {
  'ed25519': 'Ed25519', 'ed448': 'Ed448', 'ml-dsa-44': 'ML-DSA-44', 'ml-dsa-65': 'ML-DSA-65', 'ml-dsa-87': 'ML-DSA-87',
} as const

/** The runtime's key. RSA keys are bound to one scheme and hash, the others to nothing. */
function importedKey(
  entry: KeyEntry<Promise<CryptoKey>>, algorithm: SignatureAlgorithm, subtle: Subtle,
): Promise<CryptoKey> {
  const slot = entry.key.type === 'rsa' ? algorithm.name : ''
  let imported = entry.imported.get(slot)
  if (imported === undefined) {
    imported = importKey(entry, algorithm, subtle)
    entry.imported.set(slot, imported)
    // A failure is not remembered: it may be of the moment.
    imported.catch(() => entry.imported.delete(slot))
  }
  return imported
}

async function importKey(entry: KeyEntry<unknown>, algorithm: SignatureAlgorithm, subtle: Subtle): Promise<CryptoKey> {
  const { key } = entry
  switch (key.type) {
    case 'rsa': {
      const name = algorithm.family === 'rsa-pss' ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5'
      const hash = algorithm.family === 'raw' ? 'SHA-256' : hashNames[algorithm.hash]
      const jwk = { kty: 'RSA', n: toBase64Url(key.modulus), e: toBase64Url(key.exponent) }
      return subtle.importKey('jwk', jwk, { name, hash }, false, ['verify'])
    }
    case 'ec':
      return subtle.importKey('raw', source(key.point), { name: 'ECDSA', namedCurve: curves[key.curve].jwk }, false, ['verify'])
    case 'ed25519':
    case 'ed448':
      return subtle.importKey('raw', source(key.bytes), { name: rawNames[key.type] }, false, ['verify'])
    case 'ml-dsa-44':
    case 'ml-dsa-65':
    case 'ml-dsa-87':
      return subtle.importKey('spki', source(entry.spki), { name: rawNames[key.type] }, false, ['verify'])
  }
}

function verifyParameters(
  algorithm: SignatureAlgorithm,
): AlgorithmIdentifier | RsaPssParams | EcdsaParams {
  switch (algorithm.family) {
    case 'rsa-pkcs1': return { name: 'RSASSA-PKCS1-v1_5' }
    case 'rsa-pss': return { name: 'RSA-PSS', saltLength: algorithm.saltLength }
    case 'ecdsa': return { name: 'ECDSA', hash: hashNames[algorithm.hash] }
    case 'raw': return { name: rawNames[algorithm.name] }
  }
}

/** The library's buffers are never shared ones (`copyBytes`), which the DOM types want to be told. */
function source(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}
