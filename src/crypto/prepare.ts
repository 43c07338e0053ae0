/**
 * The step before every signature check, the same for the asynchronous and the synchronous driver: key, algorithm
 * and signature are parsed and judged. Whatever fails here costs no cryptography.
 *
 * `KeyStore` remembers keys that passed, with whatever a driver has made of them.
 */
import { equalBytes, hashBytes } from '../asn1/index.ts'
import { checkKey } from './key.ts'
import type { AlgorithmPolicy } from './policy.ts'
import { checkSignature } from './signature.ts'
import { parseSignatureAlgorithm } from './signature-algorithm.ts'
import type { ParsedSignatureAlgorithm } from './signature-algorithm.ts'
import type { CryptoRefusal, PublicKey, SignatureAlgorithm, SignatureCheck } from './types.ts'

/** A checked key, and what a driver imported from it, by a name of the driver's. */
export interface KeyEntry<Imported> {
  /** The key's SubjectPublicKeyInfo: a private copy. */
  readonly spki: Uint8Array
  readonly key: PublicKey
  readonly imported: Map<string, Imported>
  /** The AlgorithmIdentifier that was parsed last for this key, and what came of it: a key signs with one, as a rule. */
  lastAlgorithm?: { readonly der: Uint8Array; readonly algorithm: SignatureAlgorithm }
}

/**
 * A bounded store of checked keys; the one used longest ago gives way. A hash picks the place and equal bytes
 * decide, so keys made to collide displace each other, and no more. It belongs to one policy.
 */
export class KeyStore<Imported> {
  readonly #entries = new Map<number, KeyEntry<Imported>>()
  readonly #policy: AlgorithmPolicy
  readonly #limit: number
  /** The key used last, which is likely to be the next one, too. */
  #youngest: KeyEntry<Imported> | undefined

  /** `limit`: the most keys to hold. */
  constructor(policy: AlgorithmPolicy, limit: number) {
    this.#policy = policy
    this.#limit = limit
  }

  get size(): number {
    return this.#entries.size
  }

  /** The entry of a key, which is checked unless it is known. Refusals are not remembered. */
  find(spki: Uint8Array): KeyEntry<Imported> | CryptoRefusal {
    if (this.#youngest !== undefined && equalBytes(this.#youngest.spki, spki)) return this.#youngest
    const hash = hashBytes(spki)
    const known = this.#entries.get(hash)
    if (known !== undefined && equalBytes(known.spki, spki)) {
      this.#youngest = known
      // A Map keeps the order of insertion: putting it in again makes it the youngest.
      this.#entries.delete(hash)
      this.#entries.set(hash, known)
      return known
    }
    // The copy keeps the store from holding on to the whole certificate, and from changing with it.
    const own = new Uint8Array(spki)
    const checked = checkKey(own, this.#policy)
    if (!checked.ok) return checked
    const entry: KeyEntry<Imported> = { spki: own, key: checked.key, imported: new Map() }
    this.#youngest = entry
    this.#entries.delete(hash)
    this.#entries.set(hash, entry)
    if (this.#entries.size > this.#limit) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest)
        break
      }
    }
    return entry
  }
}

/** A check whose parts are sound: what is left is the equation. */
export interface PreparedCheck<Imported = unknown> {
  readonly entry: KeyEntry<Imported>
  readonly algorithm: SignatureAlgorithm
  readonly data: Uint8Array
  /** As runtimes take it: ECDSA as r and s of fixed length. */
  readonly signature: Uint8Array
}

export type PreparedResult<Imported = unknown> =
  | { readonly ok: true; readonly prepared: PreparedCheck<Imported> }
  | CryptoRefusal

/**
 * Judges the parts of a check. Never throws for what the bytes hold. The key is judged first, then the algorithm,
 * then whether they belong together, then the signature's form.
 */
export function prepareSignatureCheck<Imported = unknown>(
  check: SignatureCheck, policy: AlgorithmPolicy, keys: KeyStore<Imported> = new KeyStore(policy, 1),
): PreparedResult<Imported> {
  const entry = keys.find(check.spki)
  if ('ok' in entry) return entry
  const parsed = algorithmFor(entry, check.algorithm, policy)
  if (!parsed.ok) return parsed
  const checked = checkSignature(check.signature, entry.key, parsed.algorithm)
  if (!checked.ok) return checked
  return { ok: true, prepared: { entry, algorithm: parsed.algorithm, data: check.data, signature: checked.signature } }
}

function algorithmFor(entry: KeyEntry<unknown>, der: Uint8Array, policy: AlgorithmPolicy): ParsedSignatureAlgorithm {
  const { lastAlgorithm } = entry
  if (lastAlgorithm !== undefined && equalBytes(lastAlgorithm.der, der)) return { ok: true, algorithm: lastAlgorithm.algorithm }
  const parsed = parseSignatureAlgorithm(der, policy)
  if (parsed.ok) entry.lastAlgorithm = { der: der.slice(), algorithm: parsed.algorithm }
  return parsed
}
