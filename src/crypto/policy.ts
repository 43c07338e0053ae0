/**
 * The algorithm policy: which signature algorithms and RSA keys are let through, the same in every runtime.
 *
 * The default set is RSA of 2048 to 4096 bits with exponent 3 or 65537 (PKCS#1 v1.5 and PSS, SHA-2), ECDSA
 * with SHA-2 on P-256, P-384 and P-521, and Ed25519. The caller adds to it by name; nothing takes away from
 * the checks of keys and signatures themselves.
 */
import { hashOids, rawOids } from './oids.ts'
import type { AlgorithmImplementation, AlgorithmName, HashName, ImplementableAlgorithm } from './types.ts'

export interface AlgorithmPolicyOptions {
  /** Algorithms to allow beyond the default set. */
  readonly enable?: readonly AlgorithmName[] | undefined
  /** Implementations of enabled algorithms, for runtimes that lack them. */
  readonly implementations?: readonly AlgorithmImplementation[] | undefined
  /** Bounds on RSA keys. */
  readonly rsa?: {
    /** Least modulus length in bits; default 2048, at least 1024. */
    readonly minBits?: number | undefined
    /** Greatest modulus length in bits; default 4096, at most 16384. */
    readonly maxBits?: number | undefined
    /** `default`: 3 and 65537. `any-odd`: every odd exponent from 3 up to 64 bits. */
    readonly exponents?: 'default' | 'any-odd' | undefined
  } | undefined
}

/** A checked, frozen policy. Make one with `createAlgorithmPolicy`. */
export interface AlgorithmPolicy {
  readonly enabled: ReadonlySet<AlgorithmName>
  readonly implementations: ReadonlyMap<AlgorithmName, AlgorithmImplementation>
  readonly rsa: { readonly minBits: number; readonly maxBits: number; readonly exponents: 'default' | 'any-odd' }
}

/** Beyond this an RSA key is refused whatever the policy says: one verification would cost about 16 times RSA-4096. */
export const rsaBitsCap = 16384

const implementable = /* @__PURE__ */ Object.keys(rawOids) as readonly ImplementableAlgorithm[]

/** All names, in the order in which they are listed. */
function knownAlgorithms(): readonly AlgorithmName[] {
  const hashes = Object.keys(hashOids) as HashName[]
  return [...(['rsa-pkcs1', 'rsa-pss', 'ecdsa'] as const).flatMap((family) => hashes.map((hash) => `${family}-${hash}` as const)), ...implementable]
}

/**
 * Checks and snapshots the options. Throws `TypeError`, naming the argument, for an unknown algorithm, an
 * implementation of an algorithm that is not enabled or twice implemented, and bounds out of range.
 */
export function createAlgorithmPolicy(options: AlgorithmPolicyOptions = {}): AlgorithmPolicy {
  if (typeof options !== 'object' || options === null) throw new TypeError('algorithms: expected an options object')
  const known = knownAlgorithms()
  // The default set, of what is named here alone.
  const enabled = new Set(known.filter((name) => /sha256|sha384|sha512|ed25519/.test(name)))
  for (const name of list(options.enable, 'algorithms.enable')) {
    if (!known.includes(name)) throw new TypeError(`algorithms.enable: unknown algorithm ${show(name)}`)
    enabled.add(name)
  }
  const implementations = new Map<AlgorithmName, AlgorithmImplementation>()
  for (const given of list(options.implementations, 'algorithms.implementations')) {
    const implementation = checkImplementation(given, enabled)
    if (implementations.has(implementation.name)) {
      throw new TypeError(`algorithms.implementations: ${implementation.name} is given twice`)
    }
    implementations.set(implementation.name, implementation)
  }
  return Object.freeze({ enabled, implementations, rsa: Object.freeze(checkRsaBounds(options.rsa)) })
}

function checkImplementation(given: AlgorithmImplementation, enabled: ReadonlySet<AlgorithmName>): AlgorithmImplementation {
  if (typeof given !== 'object' || given === null || typeof given.verify !== 'function') {
    throw new TypeError('algorithms.implementations: expected objects with a name and a verify function')
  }
  const { name } = given
  if (!implementable.includes(name)) {
    throw new TypeError(`algorithms.implementations: ${show(name)} is not one of ${implementable.join(', ')}`)
  }
  if (!enabled.has(name)) throw new TypeError(`algorithms.implementations: ${name} is not enabled`)
  const verify = given.verify.bind(given)
  return Object.freeze({ name, verify })
}

function checkRsaBounds(options: AlgorithmPolicyOptions['rsa']): AlgorithmPolicy['rsa'] {
  if (options !== undefined && (typeof options !== 'object' || options === null)) {
    throw new TypeError('algorithms.rsa: expected an object')
  }
  const { minBits = 2048, maxBits = 4096, exponents = 'default' } = options ?? {}
  if (!Number.isInteger(minBits) || minBits < 1024 || minBits > rsaBitsCap) {
    throw new TypeError(`algorithms.rsa.minBits: expected an integer from 1024 to ${rsaBitsCap}, got ${show(minBits)}`)
  }
  if (!Number.isInteger(maxBits) || maxBits < minBits || maxBits > rsaBitsCap) {
    throw new TypeError(`algorithms.rsa.maxBits: expected an integer from minBits to ${rsaBitsCap}, got ${show(maxBits)}`)
  }
  if (exponents !== 'default' && exponents !== 'any-odd') {
    throw new TypeError(`algorithms.rsa.exponents: expected 'default' or 'any-odd', got ${show(exponents)}`)
  }
  return { minBits, maxBits, exponents }
}

function list<T>(value: readonly T[] | undefined, argument: string): readonly T[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new TypeError(`${argument}: expected an array`)
  return [...value]
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
