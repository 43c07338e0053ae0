/**
 * x509-limbo and BetterTLS (in the limbo schema): each test case becomes one verification.
 *
 * The profile follows the prefix of the id (`webpki::` or not); options follow the case’s own fields and features.
 * Nothing depends on the rest of an id.
 */
import { getDomain } from 'tldts'
import { ParseError, createVerifier, parseCertificates } from 'countersign'
import type { NameExpectation, NamePattern, Profile, Verdict, Verifier, VerifierOptions, VerifyRequest } from 'countersign'
import { createRevocationChecker, parseCrls } from 'countersign/revocation'
import { fromBase64 } from './case.ts'
import type { Json, PortableResult } from './case.ts'

interface PeerName {
  readonly kind: 'DNS' | 'IP' | 'RFC822'
  readonly value: string
}

export interface LimboCase {
  readonly id: string
  readonly features: readonly string[]
  readonly validation_kind: 'SERVER' | 'CLIENT'
  readonly trusted_certs: readonly string[]
  readonly untrusted_intermediates: readonly string[]
  readonly peer_certificate: string
  readonly validation_time: string | null
  readonly key_usage: readonly string[]
  readonly extended_key_usage: readonly string[]
  readonly expected_result: 'SUCCESS' | 'FAILURE'
  readonly expected_peer_name: PeerName | null
  readonly expected_peer_names: readonly PeerName[]
  readonly max_chain_depth: number | null
  readonly crls: readonly string[]
}

export interface LimboFile {
  readonly version: number
  readonly testcases: readonly LimboCase[]
}

/** Looks at a verdict once more; answers what is wrong with it, if anything. */
export type SecondOpinion = (verifier: Verifier, request: VerifyRequest, verdict: Verdict) => string | undefined

/** Runs one case. */
export async function runLimboCase(testcase: LimboCase, secondOpinion?: SecondOpinion): Promise<PortableResult> {
  const { id } = testcase
  const expected = testcase.expected_result === 'SUCCESS' ? 'accepted' : 'refused'
  try {
    const verifier = createVerifier(optionsOf(testcase))
    const request = requestOf(testcase)
    const verdict = await verifier.verify(request)
    const problem = secondOpinion?.(verifier, request, verdict)
    return {
      id, expected, actual: verdict.ok ? 'accepted' : 'refused', code: verdict.ok ? undefined : verdict.code,
      verdict: verdict.toJSON() as Json, ...(problem === undefined ? {} : { problem }),
    }
  } catch (error) {
    // An anchor that cannot be parsed is the caller’s mistake: nothing is verified with it.
    if (error instanceof ParseError) {
      const { code, offset } = error
      return { id, expected, actual: 'refused', code, verdict: { code, offset } }
    }
    throw new Error(`${id}: ${(error as Error).message}`, { cause: error })
  }
}

function optionsOf(testcase: LimboCase): VerifierOptions {
  const { features, max_chain_depth: depth, key_usage: keyUsage } = testcase
  return {
    anchors: testcase.trusted_certs.flatMap((pem) => parseCertificates(pem)),
    purpose: testcase.extended_key_usage[0] ?? (testcase.validation_kind === 'SERVER' ? 'serverAuth' : 'clientAuth'),
    // A case without lists is about paths alone.
    revocation: testcase.crls.length === 0 ? 'none' : createRevocationChecker({ mode: 'hard', crls: testcase.crls.flatMap((pem) => parseCrls(pem)) }),
    profile: profileOf(testcase),
    keyUsage: keyUsage as NonNullable<VerifierOptions['keyUsage']>,
    ...(depth === null ? {} : { maxPathLength: depth }),
    ...(features.includes('pedantic-public-suffix-wildcard') ? { publicSuffixes: isPublicSuffix } : {}),
  }
}

function profileOf({ id, features }: LimboCase): Profile {
  return {
    base: id.startsWith('webpki::') ? 'webpki' : 'rfc5280-strict',
    rules: features.includes('pedantic-rfc5280') ? { 'x509/cross-signed-anchor-without-key-identifier': true } : {},
  }
}

/** A domain under which nobody holds a name of their own, by the list with its private section. */
function isPublicSuffix(domain: string): boolean {
  return getDomain(domain, { allowPrivateDomains: true }) === null
}

function requestOf(testcase: LimboCase): VerifyRequest {
  return {
    leaf: parsePem(testcase.peer_certificate),
    intermediates: testcase.untrusted_intermediates.map(parsePem),
    names: namesOf(testcase),
    ...(testcase.validation_time === null ? {} : { time: new Date(testcase.validation_time) }),
  }
}

/** DER of a PEM certificate, so that a malformed one reaches the verifier as a peer would send it. */
function parsePem(pem: string): Uint8Array {
  return fromBase64(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(pem)?.[1] ?? '')
}

function namesOf(testcase: LimboCase): NameExpectation {
  const { expected_peer_name: one, expected_peer_names: all } = testcase
  if (one !== null) return { anyOf: [patternOf(one)] }
  return all.length > 0 ? { allOf: all.map(patternOf) } : 'unchecked'
}

function patternOf({ kind, value }: PeerName): NamePattern {
  switch (kind) {
    case 'DNS': return { dns: value }
    case 'IP': return { ip: value }
    case 'RFC822': return { email: value }
  }
}
