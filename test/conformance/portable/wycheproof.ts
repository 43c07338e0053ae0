/**
 * The public Wycheproof signature vectors: each becomes one signature check, from a SubjectPublicKeyInfo and an
 * AlgorithmIdentifier as they stand in certificates.
 *
 * Everything is enabled that can be: SHA-1, Ed448 and ML-DSA by name, the last two with implementations of @noble
 * where the runtime lacks them. A valid case must be accepted, an invalid or merely `acceptable` one (a missing NULL)
 * refused. A valid case may be refused as unsupported only where a certificate cannot say it, or this library does not
 * take it in any runtime: SHA-224, a mask hash other than the message hash, an RSA key beyond the default sizes, an
 * ML-DSA context. Without the implementations, what the runtime lacks is the typed refusal, and nothing else changes.
 */
import type { AlgorithmName } from 'countersign'
import { encodeContext, encodeInteger, encodeNull, encodeOid, encodeSequence } from 'countersign/asn1'
import { createAlgorithmPolicy } from 'countersign/path'
import type { AlgorithmPolicy, SignatureCheck, SignatureOutcome } from 'countersign/path'
import { fromHex } from './case.ts'
import type { JudgedCase } from './case.ts'
import { nobleImplementations } from './noble.ts'

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

const beyondDefault: readonly AlgorithmName[] = [
  'rsa-pkcs1-sha1', 'rsa-pss-sha1', 'ecdsa-sha1', 'ed448', 'ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87',
]

/** Everything that can be enabled, enabled, with implementations. */
export function widePolicy(): AlgorithmPolicy {
  return createAlgorithmPolicy({ enable: beyondDefault, implementations: nobleImplementations })
}

/** The same without implementations: what the runtime has by itself. */
export function barePolicy(): AlgorithmPolicy {
  return createAlgorithmPolicy({ enable: beyondDefault })
}

/** One test of a file: what to ask, and how to count the answer. */
export interface WycheproofCase {
  readonly id: string
  readonly comment: string
  readonly check: SignatureCheck
  /** `mayLack`: the typed refusal of an algorithm that the runtime lacks is right as well. */
  readonly judge: (outcome: SignatureOutcome, mayLack?: boolean) => JudgedCase
}

/** `prefix` stands before the test's number in the ids. */
export function wycheproofCases(file: WycheproofFile, prefix: string = file.algorithm): WycheproofCase[] {
  return file.testGroups.flatMap((group) => group.tests.map((test) => {
    const id = `${prefix}:${test.tcId}`
    return {
      id, comment: test.comment, check: toCheck(file, group, test),
      judge: (outcome, mayLack = false) => judge(id, group, test, outcome, mayLack),
    } satisfies WycheproofCase
  }))
}

function judge(id: string, group: WycheproofGroup, test: WycheproofTest, outcome: SignatureOutcome, mayLack: boolean): JudgedCase {
  const lacks = mayLack && !outcome.ok && outcome.code === 'crypto/unsupported-algorithm' && outcome.details['reason'] === 'runtime'
  const unsupported = test.result === 'valid' && (isInexpressible(group, test) || lacks)
  const expected = test.result === 'valid' && !unsupported ? 'accepted' : 'refused'
  const actual = outcome.ok ? 'accepted' : 'refused'
  const problem = unsupported && !lacks && !isTypedRefusal(outcome, test) ? 'expected the typed refusal' : undefined
  return {
    id, expected, actual, code: outcome.ok ? undefined : outcome.code, verdict: { ...outcome },
    ...(problem === undefined ? {} : { problem }),
    ...(expected === actual && problem === undefined ? { tally: unsupported ? 'unsupported' : expected } : {}),
    ...(mayLack ? { ofTheRuntime: true } : {}),
  }
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
