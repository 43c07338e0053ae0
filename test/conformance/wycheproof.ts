/**
 * Runs a file of the public Wycheproof signature vectors against the crypto layer, under either driver.
 *
 * Everything is enabled that can be: SHA-1, Ed448 and ML-DSA by name, the last two with implementations of
 * @noble where the runtime lacks them. A valid case must be accepted, an invalid or merely `acceptable` one (a
 * missing NULL) refused. A valid case may be refused as unsupported only where a certificate cannot say it, or this
 * layer does not take it in any runtime: SHA-224, a mask hash other than the message hash, an RSA key beyond the
 * default sizes, an ML-DSA context.
 */
import { ed448 } from '@noble/curves/ed448.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { encodeContext, encodeInteger, encodeNull, encodeOid, encodeSequence } from '../../src/asn1/index.ts'
import { createAlgorithmPolicy, createSignatureVerifier } from '../../src/crypto/index.ts'
import type {
  AlgorithmImplementation, AlgorithmPolicy, SignatureCheck, SignatureOutcome,
} from '../../src/crypto/index.ts'
import { createSyncSignatureVerifier } from '../../src/node/sync-crypto.ts'

export interface WycheproofFile {
  readonly algorithm: string
  readonly numberOfTests: number
  readonly testGroups: readonly WycheproofGroup[]
}

export interface WycheproofGroup {
  readonly type: string
  readonly publicKeyDer: string
  readonly sha?: string
  readonly mgfSha?: string
  readonly sLen?: number
  readonly keySize?: number
  readonly tests: readonly WycheproofTest[]
}

export interface WycheproofTest {
  readonly tcId: number
  readonly comment: string
  readonly msg: string
  readonly sig: string
  readonly ctx?: string
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

export interface WycheproofReport {
  readonly total: number
  /** Valid and accepted. */
  readonly accepted: number
  /** Invalid or acceptable, and refused. */
  readonly refused: number
  /** Valid, and refused for a reason that is the same in every runtime (see above). */
  readonly unsupported: number
  /** Cases that came out otherwise. Zero is what is wanted. */
  readonly wrong: readonly { readonly id: string; readonly expected: string; readonly actual: string; readonly comment: string }[]
}

/** Implementations for runtimes without Ed448 or ML-DSA. */
export const nobleImplementations: readonly AlgorithmImplementation[] = [
  { name: 'ed448', verify: (key, data, signature) => ed448.verify(signature, data, key, { zip215: false }) },
  { name: 'ml-dsa-44', verify: (key, data, signature) => ml_dsa44.verify(signature, data, key) },
  { name: 'ml-dsa-65', verify: (key, data, signature) => ml_dsa65.verify(signature, data, key) },
  { name: 'ml-dsa-87', verify: (key, data, signature) => ml_dsa87.verify(signature, data, key) },
]

/** Everything that can be enabled, enabled. */
export function widePolicy(): AlgorithmPolicy {
  return createAlgorithmPolicy({
    enable: ['rsa-pkcs1-sha1', 'rsa-pss-sha1', 'ecdsa-sha1', 'ed448', 'ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'],
    implementations: nobleImplementations,
  })
}

/** Runs all cases of a parsed file. `prefix` stands before the case number in the ids of wrong cases. */
export async function runWycheproof(
  file: WycheproofFile, driver: 'async' | 'sync', prefix: string = file.algorithm,
): Promise<WycheproofReport> {
  const policy = widePolicy()
  const cases = file.testGroups.flatMap((group) => group.tests.map((test) => ({ group, test })))
  const checks = cases.map(({ group, test }) => toCheck(file, group, test))
  const outcomes = driver === 'sync'
    ? createSyncSignatureVerifier({ policy }).verifyAll(checks)
    : await createSignatureVerifier({ policy }).verifyAll(checks)
  let accepted = 0
  let refused = 0
  let unsupported = 0
  const wrong: WycheproofReport['wrong'][number][] = []
  cases.forEach(({ group, test }, i) => {
    const outcome = outcomes[i]!
    const inexpressible = isInexpressible(group, test)
    if (test.result === 'valid' && outcome.ok && !inexpressible) accepted++
    else if (test.result !== 'valid' && !outcome.ok) refused++
    else if (test.result === 'valid' && inexpressible && isTypedRefusal(outcome, test)) unsupported++
    else {
      wrong.push({
        id: `${prefix}:${test.tcId}`,
        expected: inexpressible ? 'unsupported' : test.result,
        actual: outcome.ok ? 'accepted' : `${outcome.code} ${JSON.stringify(outcome.details)}`,
        comment: test.comment,
      })
    }
  })
  return { total: cases.length, accepted, refused, unsupported, wrong }
}

/** What a certificate cannot express, or what is outside the algorithm set in every runtime. */
function isInexpressible(group: WycheproofGroup, test: WycheproofTest): boolean {
  return group.sha === 'SHA-224' || group.mgfSha === 'SHA-224' ||
    (group.mgfSha !== undefined && group.mgfSha !== group.sha) ||
    (group.type.startsWith('Rsassa') && (group.keySize! < 2048 || group.keySize! > 4096)) ||
    (test.ctx !== undefined && test.ctx !== '')
}

/** With a context, an ML-DSA signature is simply another message’s (RFC 9881 2: the context is empty). */
function isTypedRefusal(outcome: SignatureOutcome, test: WycheproofTest): boolean {
  if (outcome.ok) return false
  if (test.ctx !== undefined && test.ctx !== '') return outcome.code === 'crypto/invalid-signature'
  return ['crypto/unsupported-algorithm', 'crypto/weak-key', 'crypto/key-too-large'].includes(outcome.code)
}

function toCheck(file: WycheproofFile, group: WycheproofGroup, test: WycheproofTest): SignatureCheck {
  return {
    spki: fromHex(group.publicKeyDer),
    algorithm: algorithmIdentifier(file, group),
    data: fromHex(test.msg),
    signature: fromHex(test.sig),
  }
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16))
}

const hashOids: Readonly<Record<string, string>> = {
  'SHA-1': '1.3.14.3.2.26',
  'SHA-224': '2.16.840.1.101.3.4.2.4',
  'SHA-256': '2.16.840.1.101.3.4.2.1',
  'SHA-384': '2.16.840.1.101.3.4.2.2',
  'SHA-512': '2.16.840.1.101.3.4.2.3',
}

const pkcs1Oids: Readonly<Record<string, string>> = {
  'SHA-1': '1.2.840.113549.1.1.5',
  'SHA-224': '1.2.840.113549.1.1.14',
  'SHA-256': '1.2.840.113549.1.1.11',
  'SHA-384': '1.2.840.113549.1.1.12',
  'SHA-512': '1.2.840.113549.1.1.13',
}

const ecdsaOids: Readonly<Record<string, string>> = {
  'SHA-1': '1.2.840.10045.4.1',
  'SHA-256': '1.2.840.10045.4.3.2',
  'SHA-384': '1.2.840.10045.4.3.3',
  'SHA-512': '1.2.840.10045.4.3.4',
}

const rawOids: Readonly<Record<string, string>> = {
  'ML-DSA-44': '2.16.840.1.101.3.4.3.17',
  'ML-DSA-65': '2.16.840.1.101.3.4.3.18',
  'ML-DSA-87': '2.16.840.1.101.3.4.3.19',
}

function algorithmIdentifier(file: WycheproofFile, group: WycheproofGroup): Uint8Array {
  switch (group.type) {
    case 'RsassaPkcs1Verify': return encodeSequence(encodeOid(lookUp(pkcs1Oids, group.sha)), encodeNull())
    case 'RsassaPssVerify':
    case 'RsassaPssWithParametersVerify':
      return pssAlgorithm(group.sha!, group.mgfSha!, group.sLen!)
    case 'EcdsaVerify': return encodeSequence(encodeOid(lookUp(ecdsaOids, group.sha)))
    // The identifier of EdDSA is the one of its key: 1.3.101.112 or .113, which end in 0x70 and 0x71.
    case 'EddsaVerify': return encodeSequence(encodeOid(group.publicKeyDer.startsWith('302a') ? '1.3.101.112' : '1.3.101.113'))
    case 'MlDsaVerify': return encodeSequence(encodeOid(lookUp(rawOids, file.algorithm)))
    default: throw new TypeError(`group type ${group.type} is not known to this runner`)
  }
}

/** RFC 4055 3.1, defaults left out. */
export function pssAlgorithm(sha: string, mgfSha: string, saltLength: number): Uint8Array {
  const hash = (name: string): Uint8Array => encodeSequence(encodeOid(lookUp(hashOids, name)), encodeNull())
  return encodeSequence(encodeOid('1.2.840.113549.1.1.10'), encodeSequence(
    ...(sha === 'SHA-1' ? [] : [encodeContext(0, hash(sha))]),
    ...(mgfSha === 'SHA-1' ? [] : [encodeContext(1, encodeSequence(encodeOid('1.2.840.113549.1.1.8'), hash(mgfSha)))]),
    ...(saltLength === 20 ? [] : [encodeContext(2, encodeInteger(saltLength))]),
  ))
}

function lookUp(table: Readonly<Record<string, string>>, name: string | undefined): string {
  const found = name === undefined ? undefined : table[name]
  if (found === undefined) throw new TypeError(`${name} is not known to this runner`)
  return found
}
