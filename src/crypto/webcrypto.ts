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
  capabilityOf, confirmed, hashInputOf, isUncommonRsa, lacking, mixedOrderProbeFor, probeFor, refused, showsCapability,
  unsoundKey, verificationFailed, verified,
} from './probe.ts'
import type { RuntimeAnswer } from './probe.ts'
import type { HashName, SignatureAlgorithm, SignatureCheck, SignatureOutcome } from './types.ts'

/** The part of `SubtleCrypto` that is used. `digest` serves what a runtime lacks, or decides otherwise. */
export type Subtle = Pick<SubtleCrypto, 'importKey' | 'verify' | 'digest'>

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
   * bytes hold. The bytes must not change until it resolves. Once `isOver` answers true, nothing new is started, and
   * the outcomes mean nothing.
   */
  verifyAll(checks: readonly SignatureCheck[], isOver?: () => boolean): Promise<SignatureOutcome[]>
}

/** A key of the runtime's, or the promise of one. */
type Imported = CryptoKey | Promise<CryptoKey>
type Store = KeyStore<Imported>
type Prepared = PreparedCheck<Imported>

/** Throws `TypeError` where `maxKeys` is no positive integer, or where there is no WebCrypto to use. */
export function createSignatureVerifier(options: SignatureVerifierOptions): SignatureVerifier {
  const { policy, maxKeys = 256 } = options
  const subtle = options.subtle ?? (globalThis.crypto as Crypto | undefined)?.subtle
  if (subtle === undefined) throw new TypeError('subtle: this context has no WebCrypto; supply a SubtleCrypto')
  if (!Number.isInteger(maxKeys) || maxKeys < 1) throw new TypeError(`maxKeys: expected a positive integer, got ${maxKeys}`)
  const keys: Store = new KeyStore(policy, maxKeys)
  const capabilities = capabilitiesOf(subtle)

  const find = (name: string, probe: () => Promise<boolean>): Promise<boolean> | boolean => {
    let found = capabilities.get(name)
    if (found === undefined) {
      found = probe()
      found.then((answer) => capabilities.set(name, answer), ignore)
      capabilities.set(name, found)
    }
    return found
  }

  const isCapable = (check: Prepared): Promise<boolean> | boolean => {
    const name = capabilityOf(check)
    if (name === undefined) return true
    return find(name, async () => {
      const probe = probeFor(check)
      return showsCapability(probe, await ask(probe, subtle))
    })
  }

  /** Whether the runtime takes eight (four) times the equation; asked once, before its first answer for the algorithm. */
  const isLax = (check: Prepared): Promise<boolean> | boolean => {
    const { type } = check.entry.key
    if (type !== 'ed25519' && type !== 'ed448') return false
    return find(`${type}-lax`, async () => await ask(mixedOrderProbeFor(check, type), subtle) === 'good')
  }

  const verify = async (prepared: Prepared, lax: boolean, isOver: () => boolean): Promise<SignatureOutcome> => {
    const answer = await ask(prepared, subtle, isOver)
    if (isOver()) return verificationFailed
    if (answer === 'good') return lax ? confirm(prepared, subtle) : verified
    const unsound = unsoundKey(prepared)
    if (unsound !== undefined) return unsound
    // Runtimes differ in which of these RSA keys they take, and whether they say so or just say no.
    if (prepared.entry.key.type === 'rsa' && (answer !== 'bad' || isUncommonRsa(prepared))) return askFallback(prepared, subtle)
    if (await isCapable(prepared)) return refused(prepared, answer)
    return prepared.entry.key.type === 'ec' ? askFallback(prepared, subtle) : askImplementation(prepared, policy, subtle)
  }

  const verifyAll = async (checks: readonly SignatureCheck[], isOver: () => boolean = never): Promise<SignatureOutcome[]> => {
    const outcomes: (SignatureOutcome | Promise<SignatureOutcome>)[] = []
    for (const check of checks) {
      const result = prepareSignatureCheck(check, policy, keys)
      if (!result.ok) {
        outcomes.push(result)
        continue
      }
      const { prepared } = result
      const found = isLax(prepared)
      const lax = found === true || (found !== false && await found)
      if (isOver()) return []
      // Such a runtime errs both ways on small components, and is not even shown a key that may be no point.
      if (lax && prepared.entry.key.type === 'ed25519') {
        outcomes.push(unsoundKey(prepared) ?? confirm(prepared, subtle))
        continue
      }
      // Import runs on this thread, as a rule, and verification does not: each verification starts before the next import.
      const imported = importedKey(prepared.entry, prepared.algorithm, subtle)
      if (imported instanceof Promise) await imported.catch(ignore)
      if (isOver()) return []
      outcomes.push(verify(prepared, lax, isOver))
    }
    return outcomes.length === 1 ? [await outcomes[0]!] : Promise.all(outcomes)
  }

  return { policy, verifyAll }
}

/** What was found out about a runtime: facts about it, which all its verifiers share. */
const capabilitiesByRuntime = new WeakMap<Subtle, Map<string, Promise<boolean> | boolean>>()

function capabilitiesOf(subtle: Subtle): Map<string, Promise<boolean> | boolean> {
  let found = capabilitiesByRuntime.get(subtle)
  if (found === undefined) capabilitiesByRuntime.set(subtle, (found = new Map()))
  return found
}

/** A key that cannot be imported is found out again, and answered for, in `ask`. */
const ignore = (): void => undefined

const never = (): boolean => false

async function ask(check: Prepared, subtle: Subtle, isOver: () => boolean = never): Promise<RuntimeAnswer> {
  const { entry, algorithm, signature, data } = check
  let key: CryptoKey
  try {
    const imported = importedKey(entry, algorithm, subtle)
    key = imported instanceof Promise ? await imported : imported
  } catch {
    return 'import-failed'
  }
  if (isOver()) return 'bad'
  try {
    const good: unknown = await subtle.verify(verifyParameters(algorithm), key, source(signature), source(data))
    return good === true ? 'good' : 'bad'
  } catch {
    return 'verify-failed'
  }
}

async function confirm(check: Prepared, subtle: Subtle): Promise<SignatureOutcome> {
  const input = hashInputOf(check)
  return confirmed(check, input && new Uint8Array(await subtle.digest('SHA-512', input)))
}

async function askFallback(check: Prepared, subtle: Subtle): Promise<SignatureOutcome> {
  try {
    const good = await verifyInBigIntegers(check, async (hash, data) =>
      new Uint8Array(await subtle.digest(hashNames[hash], source(data))))
    return good ? verified : verificationFailed
  } catch {
    return lacking(check)
  }
}

async function askImplementation(check: Prepared, policy: AlgorithmPolicy, subtle: Subtle): Promise<SignatureOutcome> {
  const { entry: { key }, algorithm } = check
  const implementation = policy.implementations.get(algorithm.name)
  if (implementation === undefined || key.type === 'rsa' || key.type === 'ec') return lacking(check)
  try {
    const good: unknown = await implementation.verify(key.bytes, check.data, check.signature)
    return good === true ? await confirm(check, subtle) : verificationFailed
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
function importedKey(entry: KeyEntry<Imported>, algorithm: SignatureAlgorithm, subtle: Subtle): Imported {
  const slot = entry.key.type === 'rsa' ? algorithm.name : ''
  const known = entry.imported.get(slot)
  if (known !== undefined) return known
  const imported = importKey(entry, algorithm, subtle)
  entry.imported.set(slot, imported)
  // A failure is not remembered: it may be of the moment.
  imported.then((key) => entry.imported.set(slot, key), () => entry.imported.delete(slot))
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
