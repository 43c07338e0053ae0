/**
 * `createVerifier`: checks and snapshots the options once, and drives the core with WebCrypto.
 */
import { ParseError, copyBytes, isOid } from '../asn1/index.ts'
import { Certificate, anyPolicyOid, keyPurposeOids, keyUsageNames } from '../x509/index.ts'
import type { CertificateSource, KeyUsage } from '../x509/index.ts'
import { bytesOf } from '../x509/certificate.ts'
import { createAlgorithmPolicy, createSignatureVerifier } from '../crypto/index.ts'
import type { AlgorithmPolicy } from '../crypto/index.ts'
import {
  AnchorStore, budgetFrom, defaultPolicyInputs, isTrustAnchor, resolveNames, resolveProfile, ruleSetOf,
  trustAnchorFromCertificate,
} from '../path/index.ts'
import type { BudgetLimits, PolicyInputs, TrustAnchor } from '../path/index.ts'
import { takeNameConstraints } from '../path/initial-constraints.ts'
import { refuseUnknown } from '../path/options.ts'
import { checkerInternals } from '../revocation/registry.ts'
import type { CheckerInternals } from '../revocation/registry.ts'
import { verifyCore } from './core.ts'
import type { CoreInput, VerifierSettings } from './core.ts'
import { Driver } from './driver.ts'
import type { Begun } from './driver.ts'
import { VerifierMemory } from './memory.ts'
import { takeCertificates } from './reading.ts'
import { excessOf } from './turns.ts'
import { RefusedError } from './refused-error.ts'
import type { AcceptedVerdict, Verdict, Verifier, VerifierOptions, VerifyRequest } from './types.ts'

/** What the synchronous driver needs of a verifier. */
export interface VerifierInternals {
  readonly algorithms: AlgorithmPolicy
  readonly memory: VerifierMemory
  readonly revocation: CheckerInternals | undefined
  /** Checks a request, takes in its certificates, and begins its verification. Throws `TypeError`. */
  begin(request: VerifyRequest): Begun
}

const internalsByVerifier = new WeakMap<Verifier, VerifierInternals>()

/** The internals of a verifier that `createVerifier` made. Throws `TypeError` for anything else. */
export function verifierInternals(verifier: Verifier): VerifierInternals {
  const found = internalsByVerifier.get(verifier)
  if (found === undefined) throw new TypeError('verifier: expected what createVerifier returned')
  return found
}

/** What a verifier checks revocation by; undefined where it does not, or is none of `createVerifier`. */
export function revocationOf(verifier: Verifier): CheckerInternals | undefined {
  return internalsByVerifier.get(verifier)?.revocation
}

export const verifierOptionNames: ReadonlySet<string> = new Set([
  'anchors', 'purpose', 'revocation', 'profile', 'clock', 'algorithms', 'budget', 'policies', 'maxPathLength',
  'allowLeafAsAnchor', 'publicSuffixes', 'keyUsage', 'initialNameConstraints',
] satisfies (keyof VerifierOptions)[])

const requestNames: ReadonlySet<string> = new Set([
  'leaf', 'intermediates', 'names', 'ocspResponse', 'time', 'signal', 'deadline',
] satisfies (keyof VerifyRequest)[])

/**
 * Makes a verifier: anchors, purpose and rules, fixed once. It holds no state but caches, and may be used for any
 * number of verifications at once.
 *
 * @throws `TypeError` naming the option, for a caller’s mistake; `ParseError` for an anchor given as malformed DER.
 * @example
 * ```ts
 * const verifier = createVerifier({ anchors: parseCertificates(rootsPem), purpose: 'clientAuth', revocation: 'none' })
 * ```
 */
export function createVerifier(options: VerifierOptions): Verifier {
  if (options === null || typeof options !== 'object') throw new TypeError('options: required')
  refuseUnknown(options, verifierOptionNames, 'options')
  const revocation = resolveRevocation(options.revocation)
  const profile = resolveProfile(options.profile)
  const algorithms = createAlgorithmPolicy(options.algorithms)
  const clock = options.clock ?? Date.now
  if (typeof clock !== 'function') throw new TypeError('options.clock: expected a function that returns a Date or milliseconds')
  const settings: VerifierSettings = Object.freeze({
    anchors: new AnchorStore(resolveAnchors(options.anchors)),
    limits: budgetFrom(options.budget),
    allowLeafAsAnchor: flag(options.allowLeafAsAnchor, 'options.allowLeafAsAnchor'),
    profile,
    rules: ruleSetOf(profile),
    purpose: resolvePurpose(options.purpose),
    keyUsage: resolveKeyUsage(options.keyUsage),
    policies: resolvePolicies(options.policies),
    initialConstraints: takeNameConstraints(options.initialNameConstraints, 'options.initialNameConstraints'),
    maxPathLength: optionalCount(options.maxPathLength, 'options.maxPathLength'),
    publicSuffixes: optionalFunction(options.publicSuffixes, 'options.publicSuffixes'),
    algorithms,
    revocation,
  })
  const memory = new VerifierMemory()
  const driver = new Driver(createSignatureVerifier({ policy: algorithms }), revocation)
  const begin = (request: VerifyRequest): Begun => {
    const input = prepareRequest(request, clock, settings.limits, memory)
    return { core: verifyCore(input, settings, memory), excess: excessOf(input.bytes, input.offered) }
  }
  const verify = (request: VerifyRequest): Promise<Verdict> => {
    try {
      return driver.drive(begin(request), request.signal, request.deadline)
    } catch (error) {
      return Promise.reject(error as TypeError)
    }
  }
  const verifier: Verifier = Object.freeze({
    verify,
    async require(request: VerifyRequest): Promise<AcceptedVerdict> {
      const verdict = await verify(request)
      if (verdict.ok) return verdict
      throw new RefusedError(verdict)
    },
  })
  internalsByVerifier.set(verifier, Object.freeze({ algorithms, memory, revocation, begin }))
  return verifier
}

function prepareRequest(
  request: VerifyRequest, clock: () => Date | number, limits: BudgetLimits, memory: VerifierMemory,
): CoreInput {
  // A certificate, bytes or a list of them in place of the request has no leaf either.
  if ((request?.leaf ?? null) === null) throw new TypeError('request.leaf: required: verify({ leaf, intermediates, names })')
  refuseUnknown(request, requestNames, 'request')
  const { leaf, intermediates = [], deadline } = request
  if (!Array.isArray(intermediates)) throw new TypeError('request.intermediates: expected an array of certificates')
  // A timer that is set for longer goes off at once.
  if (deadline !== undefined && !(Number.isFinite(deadline) && deadline > 0 && deadline < 2 ** 31)) {
    throw new TypeError('request.deadline: expected milliseconds above 0 and below 2^31')
  }
  const names = resolveNames(request.names)
  const time = milliseconds(request.time ?? clock(), request.time === undefined ? 'options.clock()' : 'request.time')
  const { leaf: taken, candidates, bytes, offered } = takeCertificates(leaf, intermediates, limits, memory)
  const { ocspResponse } = request
  if (ocspResponse !== undefined && !ArrayBuffer.isView(ocspResponse)) throw new TypeError('request.ocspResponse: expected a Uint8Array of DER bytes')
  return { leaf: taken, candidates, bytes, offered, names, time, stapled: ocspResponse && copyBytes(ocspResponse, 'request.ocspResponse') }
}

function milliseconds(value: Date | number, argument: string): number {
  const time = value instanceof Date ? value.getTime() : value
  if (typeof time !== 'number' || !(Math.abs(time) <= 8.64e15)) throw new TypeError(`${argument}: expected a Date or milliseconds since 1970`)
  return time
}

function resolveAnchors(anchors: VerifierOptions['anchors']): readonly TrustAnchor[] {
  if (!Array.isArray(anchors) || anchors.length === 0) throw new TypeError('options.anchors: expected at least one trust anchor in an array, such as parseCertificates returns')
  return anchors.map((anchor: VerifierOptions['anchors'][number], i) => {
    // What only looks like a trust anchor is none.
    if (isTrustAnchor(anchor)) return anchor
    const place = `options.anchors[${i}]`
    try {
      return trustAnchorFromCertificate(anchor instanceof Certificate ? anchor : copyBytes(bytesOf(anchor as CertificateSource), place))
    } catch (error) {
      if (!(error instanceof ParseError)) throw error
      throw new ParseError(error.code, { ...error, field: `${place}: ${error.field}` })
    }
  })
}

function resolveRevocation(revocation: VerifierOptions['revocation']): CheckerInternals | undefined {
  if (revocation === 'none') return undefined
  const checker = checkerInternals(revocation)
  if (checker === undefined) throw new TypeError("options.revocation: required: 'none', written out, or what createRevocationChecker returned")
  return checker
}

function resolvePurpose(purpose: VerifierOptions['purpose']): string | undefined {
  if (purpose === 'any') return undefined
  if (typeof purpose === 'string' && Object.hasOwn(keyPurposeOids, purpose)) return keyPurposeOids[purpose as keyof typeof keyPurposeOids]
  if (typeof purpose === 'string' && isOid(purpose)) return purpose
  throw new TypeError(`options.purpose: ${purpose === undefined ? 'required' : 'expected'}: one of ${Object.keys(keyPurposeOids).filter((name) => name !== 'any').join(', ')}, a dotted OID, or 'any' written out`)
}

function resolveKeyUsage(usage: VerifierOptions['keyUsage']): readonly (keyof KeyUsage)[] {
  if (usage === undefined) return []
  if (!Array.isArray(usage) || !usage.every((name) => keyUsageNames.includes(name as keyof KeyUsage))) {
    throw new TypeError(`options.keyUsage: expected an array of ${keyUsageNames.join(', ')}`)
  }
  return Object.freeze([...usage])
}

function resolvePolicies(policies: VerifierOptions['policies']): PolicyInputs {
  if (policies === undefined) return defaultPolicyInputs
  refuseUnknown(policies, new Set(Object.keys(defaultPolicyInputs)), 'options.policies')
  const set = policies.initialPolicySet ?? [anyPolicyOid]
  if (!Array.isArray(set) || set.length === 0 || !set.every((oid) => typeof oid === 'string' && isOid(oid))) {
    throw new TypeError('options.policies.initialPolicySet: expected at least one dotted OID')
  }
  return Object.freeze({
    initialPolicySet: Object.freeze([...set]),
    requireExplicitPolicy: flag(policies.requireExplicitPolicy, 'options.policies.requireExplicitPolicy'),
    inhibitPolicyMapping: flag(policies.inhibitPolicyMapping, 'options.policies.inhibitPolicyMapping'),
    inhibitAnyPolicy: flag(policies.inhibitAnyPolicy, 'options.policies.inhibitAnyPolicy'),
  })
}

function flag(value: boolean | undefined, argument: string): boolean {
  if (value === undefined) return false
  if (typeof value !== 'boolean') throw new TypeError(`${argument}: expected true or false`)
  return value
}

function optionalCount(value: number | undefined, argument: string): number | undefined {
  if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) throw new TypeError(`${argument}: expected an integer of 0 or more`)
  return value
}

function optionalFunction<T>(value: T | undefined, argument: string): T | undefined {
  if (value !== undefined && typeof value !== 'function') throw new TypeError(`${argument}: expected a function`)
  return value
}
