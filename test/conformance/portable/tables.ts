/**
 * Our own input tables: what some runtimes refuse although it is valid, and what some accept although it is not. Each
 * case is one signature check, decided once, by the clause it names, and the same everywhere. The vectors are made by
 * test/conformance/tables/make.ts.
 */
import { createAlgorithmPolicy, createSignatureVerifier } from 'countersign/path'
import type { AlgorithmPolicy, SignatureCheck, SignatureOutcome, Subtle } from 'countersign/path'
import type { AlgorithmName } from 'countersign'
import { fromBase64 } from './case.ts'
import type { JudgedCase, PortableCase } from './case.ts'
import { nobleImplementations } from './noble.ts'

export interface TableCase {
  readonly table: 'valid, refused by some' | 'invalid, accepted by some'
  /** The row of the table. */
  readonly row: string
  readonly name: string
  /** By what the case is decided. */
  readonly clause: string
  /**
   * `default`: nothing enabled. `wide`: everything, with implementations, and RSA to 16384 bits with any odd exponent.
   * `lacking`: everything enabled, no implementation, in a runtime that has none of what may be lacking.
   */
  readonly policy: 'default' | 'wide' | 'lacking'
  readonly expected: 'accepted' | { readonly code: string; readonly reason?: string }
  /** Base64, as the other three. */
  readonly spki: string
  readonly algorithm: string
  readonly data: string
  readonly signature: string
}

export interface TableFile {
  readonly cases: readonly TableCase[]
}

const enable: readonly AlgorithmName[] = [
  'rsa-pkcs1-sha1', 'rsa-pss-sha1', 'ecdsa-sha1', 'ed448', 'ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87',
]

/** The runtime's WebCrypto without Ed448 and ML-DSA. */
function lackingSubtle(): Subtle {
  const { subtle } = globalThis.crypto
  const importKey = (...args: unknown[]): Promise<CryptoKey> => {
    if (/^(Ed448|ML-DSA)/.test((args[2] as { name: string }).name)) return Promise.reject(new TypeError('lacking'))
    return (subtle.importKey as (...args: unknown[]) => Promise<CryptoKey>).apply(subtle, args)
  }
  return { importKey: importKey as Subtle['importKey'], verify: subtle.verify.bind(subtle), digest: subtle.digest.bind(subtle) }
}

export function policyOf(policy: TableCase['policy']): AlgorithmPolicy {
  switch (policy) {
    case 'default': return createAlgorithmPolicy()
    case 'wide':
      return createAlgorithmPolicy({ enable, implementations: nobleImplementations, rsa: { maxBits: 16384, exponents: 'any-odd' } })
    case 'lacking': return createAlgorithmPolicy({ enable })
  }
}

/** Each case has a verifier of its own, so that none depends on what the others found out about the runtime. */
export function tableCases(file: TableFile): PortableCase[] {
  return file.cases.map((entry) => {
    const name = `${entry.row}: ${entry.name} (${entry.policy})`
    return { name, run: async () => judge(name, entry, await outcomeOf(entry)) }
  })
}

export function checkOf({ spki, algorithm, data, signature }: TableCase): SignatureCheck {
  return { spki: fromBase64(spki), algorithm: fromBase64(algorithm), data: fromBase64(data), signature: fromBase64(signature) }
}

async function outcomeOf(entry: TableCase): Promise<SignatureOutcome> {
  const subtle = entry.policy === 'lacking' ? lackingSubtle() : undefined
  const [outcome] = await createSignatureVerifier({ policy: policyOf(entry.policy), subtle }).verifyAll([checkOf(entry)])
  return outcome!
}

function judge(id: string, { expected }: TableCase, outcome: SignatureOutcome): JudgedCase {
  const actual = outcome.ok ? 'accepted' : 'refused'
  const code = outcome.ok ? undefined : outcome.code
  const base = { id, expected: expected === 'accepted' ? 'accepted' : 'refused', actual, code, verdict: { ...outcome } } as const
  if (expected === 'accepted' || outcome.ok) return base
  const reason = outcome.details['reason']
  const right = code === expected.code && (expected.reason === undefined || reason === expected.reason)
  return right ? base : { ...base, problem: `expected ${expected.code} ${expected.reason ?? ''}, got ${code} ${String(reason)}` }
}
