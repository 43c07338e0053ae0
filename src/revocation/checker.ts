/**
 * `createRevocationChecker`: what a verifier is told about revocation, checked and snapshotted once.
 */
import { ParseError, compareBytes, toHex } from '../asn1/index.ts'
import { compareText } from '../asn1/bytes.ts'
import { Certificate, parseCertificate } from '../x509/index.ts'
import type { CertificateSource } from '../x509/index.ts'
import { append } from '../path/append.ts'
import { refuseUnknown } from '../path/options.ts'
import { createMemoryCache, readCache, writeCache } from './cache.ts'
import type { RevocationCache } from './cache.ts'
import { RevocationCheck } from './check.ts'
import { Crl, crlParts, parseCrl } from './crl.ts'
import { Fetcher } from './fetcher.ts'
import type { FetchAttempt, FetchOutcome, FetchRequest, FetcherOptions, GuardedFetch } from './fetcher.ts'
import { fetchIssuers } from './issuers.ts'
import { RevocationMemory } from './memory.ts'
import type { CertIdHash } from './ocsp-request.ts'
import { OcspResponse, parseOcspResponse, privateResponse } from './ocsp-response.ts'
import { ParsedLists } from './parsed-lists.ts'
import { registerChecker } from './registry.ts'
import type { CheckerInternals, RevocationChecker, RevocationMode } from './registry.ts'
import { scopeKey } from './scope.ts'
import type { CheckerSettings } from './settings.ts'
import { sha256 } from '../x509/sha256.ts'

export interface RevocationCheckerOptions {
  /** Required; one for all, or one for the leaf and one for CAs (signers of lists and answers among them). */
  readonly mode: RevocationMode | { readonly leaf: RevocationMode; readonly ca: RevocationMode }
  /** Lists that are at hand, complete ones and deltas in any order: parsed (`parseCrl`, `parseCrls`, `loadSnapshot`) or DER. */
  readonly crls?: readonly (Crl | Uint8Array)[]
  /** OCSP responses that are at hand: parsed (`parseOcspResponse`) or DER. */
  readonly ocspResponses?: readonly (OcspResponse | Uint8Array)[]
  /** Certificates of CRL issuers and OCSP responders that peers do not send. They are trusted no more than those that they do. */
  readonly certificates?: readonly (Certificate | CertificateSource)[]
  /**
   * How to ask distribution points, responders and issuers that certificates name. Default: nobody is asked. What
   * `createGuardedFetch` (Node) returns by itself, or any `fetch` with its limits, `allowedHosts` among them.
   */
  readonly fetch?: GuardedFetch | FetcherOptions
  /** With `fetch`: ask also for issuers that a peer did not send (caIssuers), where no path is found without. Default true. */
  readonly fetchIssuers?: boolean
  /** Where what was fetched is kept. Default a bounded store in memory. Nothing out of it is believed without being checked again. */
  readonly cache?: RevocationCache
  /** What is asked for first. Default `ocsp`. What is at hand is always heard first, and whole. */
  readonly prefer?: 'ocsp' | 'crl'
  /** Seconds after thisUpdate at which lists and answers are too old; those without nextUpdate are of no use without it. */
  readonly maxAge?: number
  /** Seconds by which the clocks of issuers may differ from ours. Default 0; what is less than a minute ahead of ours is always of now. */
  readonly clockSkew?: number
  /** The hash of the CertIDs that are asked for. Default `sha1`, which all responders know. */
  readonly certIdHash?: CertIdHash
  /** Send a nonce with each OCSP request, and take no answer without it (RFC 9654). Default false, so that answers can be cached. */
  readonly nonce?: boolean
}

const optionNames: ReadonlySet<string> = new Set([
  'mode', 'crls', 'ocspResponses', 'certificates', 'fetch', 'fetchIssuers', 'cache', 'prefer', 'maxAge', 'clockSkew', 'certIdHash', 'nonce',
] satisfies (keyof RevocationCheckerOptions)[])

/**
 * Makes what `createVerifier` takes as `revocation`. It may serve any number of verifiers.
 *
 * @throws `TypeError` naming the option, for a caller’s mistake, a list or response that cannot be read among them.
 * @example
 * ```ts
 * const revocation = createRevocationChecker({ mode: 'hard', crls: parseCrls(pem) })
 * ```
 */
export function createRevocationChecker(options: RevocationCheckerOptions): RevocationChecker {
  if (options === null || typeof options !== 'object') throw new TypeError("options: required: at least { mode: 'hard' } or { mode: 'soft' }")
  refuseUnknown(options, optionNames, 'options')
  let lists = indexLists(each(options.crls, 'options.crls', takeCrl))
  const responses = indexResponses(each(options.ocspResponses, 'options.ocspResponses', takeResponse))
  const mode = takeMode(options.mode)
  if (options.fetchIssuers !== undefined && typeof options.fetchIssuers !== 'boolean') throw new TypeError('options.fetchIssuers: expected true or false')
  const { cache = createMemoryCache(), fetch } = options
  if (typeof cache?.get !== 'function' || typeof cache.set !== 'function') throw new TypeError('options.cache: expected an object with get and set')
  const checker: RevocationChecker = Object.freeze({
    mode,
    setCrls(crls: readonly (Crl | Uint8Array)[]): void {
      if (crls === undefined) throw new TypeError('crls: required: an array')
      lists = indexLists(each(crls, 'crls', takeCrl))
    },
  })
  const fetcher = fetch === undefined ? undefined : takeFetcher(fetch)
  const settings: Omit<CheckerSettings, 'crlsOf'> = Object.freeze({
    mode, certificates: each(options.certificates, 'options.certificates', takeCertificate), fetches: fetcher !== undefined,
    parsedLists: new ParsedLists(), prefer: oneOf(options.prefer ?? 'ocsp', ['ocsp', 'crl'], 'options.prefer'),
    maxAge: milliseconds(options.maxAge, 'options.maxAge'), clockSkew: milliseconds(options.clockSkew, 'options.clockSkew') ?? 0,
    certIdHash: oneOf(options.certIdHash ?? 'sha1', ['sha1', 'sha256'], 'options.certIdHash'),
    makeNonce: takeNonce(options.nonce),
    hasResponses: responses.size > 0,
    responsesFor: (certificate: Certificate) => responses.get(certificate.serialNumber) ?? [],
  })
  registerChecker(checker, Object.freeze({
    fetches: fetcher !== undefined,
    createMemory: () => new RevocationMemory(),
    check: (input, memory) => {
      // One check hears one set of lists, whatever is set meanwhile.
      const given = lists
      return new RevocationCheck(input, { ...settings, crlsOf: (key) => given.get(key) ?? [] }, memory).run()
    },
    recall: (request, signal) => recall(cache, request, signal),
    ...(fetcher === undefined || options.fetchIssuers === false ? {} : { fetchIssuers }),
    fetch: async (request, signal) => fetcher?.get(request, signal),
    keep: (request, address, bytes, until) => keep(cache, request, address, bytes, until),
  } satisfies CheckerInternals))
  return checker
}

/** The name by which an answer is kept: what was asked, and of whom. */
function cacheKey(request: FetchRequest, address: string): string {
  return `${request.kind} ${address}${request.body === undefined ? '' : ` ${toHex(sha256(request.body))}`}`
}

/** A store that fails has nothing, and the failure is an attempt. */
async function recall(cache: RevocationCache, request: FetchRequest, signal: AbortSignal | undefined): Promise<FetchOutcome | undefined> {
  const failed: FetchAttempt[] = []
  for (const address of request.addresses) {
    const { value, failure } = await readCache(cache, cacheKey(request, address), signal)
    if (value !== undefined) return { ok: true, bytes: value, address, failed }
    if (failure !== undefined) failed.push({ address, ...failure })
  }
  return failed.length === 0 ? undefined : { ok: false, failed }
}

/** That an answer was not kept costs a request the next time, and nothing else. */
async function keep(cache: RevocationCache, request: FetchRequest, address: string, bytes: Uint8Array, until: number): Promise<void> {
  await writeCache(cache, cacheKey(request, address), bytes, until)
}

function each<S, T>(list: readonly S[] | undefined, argument: string, take: (one: S, argument: string) => T): readonly T[] {
  if (list === undefined) return []
  if (!Array.isArray(list)) throw new TypeError(`${argument}: expected an array${typeof list === 'string' ? '; PEM text is read by parseCrls and parsePem' : ''}`)
  return list.map((one: S, i) => read(() => take(one, `${argument}[${i}]`), `${argument}[${i}]`))
}

/** The argument is the caller’s: what cannot be read is said now, and by its name. */
function read<T>(take: () => T, argument: string): T {
  try {
    return take()
  } catch (error) {
    if (error instanceof ParseError) throw new TypeError(`${argument}: ${error.message}`, { cause: error })
    // A parser calls what it is given by a word of its own.
    if (error instanceof TypeError && !error.message.startsWith(argument)) throw new TypeError(`${argument}: ${error.message.replace(/^\w+: /, '')}`, { cause: error })
    throw error
  }
}

function takeFetcher(fetch: GuardedFetch | FetcherOptions): Fetcher {
  if (fetch === null || (typeof fetch !== 'object' && typeof fetch !== 'function')) {
    throw new TypeError('options.fetch: expected what createGuardedFetch() returns, or { fetch, allowedHosts }')
  }
  try {
    return new Fetcher(typeof fetch === 'function' ? { fetch } : fetch)
  } catch (error) {
    if (error instanceof TypeError) throw new TypeError(`options.fetch.${error.message}`, { cause: error })
    throw error
  }
}

function takeCrl(one: Crl | Uint8Array, argument: string): Crl {
  if (one instanceof Crl) return one
  if (typeof one === 'string') throw new TypeError(`${argument}: PEM text is read by parseCrls; expected what it returns, or DER`)
  if (one instanceof Certificate) throw new TypeError(`${argument}: this is a certificate; expected a certificate revocation list`)
  return parseCrl(one)
}

function takeResponse(one: OcspResponse | Uint8Array, argument: string): OcspResponse {
  const response = one instanceof OcspResponse ? privateResponse(one) : parseOcspResponse(one)
  if (response.basic === undefined) throw new TypeError(`${argument}: the responder gave no answer but ${response.status}`)
  return response
}

function takeCertificate(one: Certificate | CertificateSource): Certificate {
  return one instanceof Certificate ? one : parseCertificate(one)
}

function takeMode(mode: RevocationCheckerOptions['mode']): RevocationChecker['mode'] {
  const modes: readonly unknown[] = ['hard', 'soft']
  if (modes.includes(mode)) return Object.freeze({ leaf: mode as RevocationMode, ca: mode as RevocationMode })
  if (typeof mode === 'object' && mode !== null && modes.includes(mode.leaf) && modes.includes(mode.ca)) return Object.freeze({ leaf: mode.leaf, ca: mode.ca })
  throw new TypeError("options.mode: required: 'hard', 'soft', or { leaf, ca }")
}

function oneOf<T extends string>(value: T, known: readonly T[], argument: string): T {
  if (!known.includes(value)) throw new TypeError(`${argument}: expected one of ${known.join(', ')}`)
  return value
}

function milliseconds(seconds: number | undefined, argument: string): number | undefined {
  if (seconds === undefined) return undefined
  if (!Number.isFinite(seconds) || seconds < 0) throw new TypeError(`${argument}: expected a number of seconds, 0 or more`)
  return seconds * 1000
}

function takeNonce(nonce: boolean | undefined): (() => Uint8Array) | undefined {
  if (nonce !== undefined && typeof nonce !== 'boolean') throw new TypeError('options.nonce: expected true or false')
  // RFC 9654 2.1: clients should send 32 octets.
  return nonce === true ? () => crypto.getRandomValues(new Uint8Array(32)) : undefined
}

/** By issuer, each list once, in an order that depends on nothing but what they hold. */
function indexLists(lists: readonly Crl[]): ReadonlyMap<string, readonly Crl[]> {
  const byIssuer = new Map<string, Crl[]>()
  for (const crl of lists) append(byIssuer, crl.issuer.key, crl)
  for (const [key, same] of byIssuer) {
    const keyed = same.map((crl) => ({ crl, scope: scopeKey(crl) })).sort((a, b) => compareText(a.scope, b.scope) || compareLists(a.crl, b.crl))
    byIssuer.set(key, keyed.filter(({ crl }, i) => i === 0 || compareLists(crl, keyed[i - 1]!.crl) !== 0).map(({ crl }) => crl))
  }
  return byIssuer
}

function compareLists(a: Crl, b: Crl): number {
  const [x, y] = [crlParts(a), crlParts(b)]
  // A snapshot has lost its entries: the digest of its list tells it apart.
  return a.thisUpdate - b.thisUpdate || compareBytes(x.signature, y.signature) || compareBytes(x.tbsCertList, y.tbsCertList) ||
    compareText(a.provedSignerKey ?? '', b.provedSignerKey ?? '') || (a.provedSignerKey === undefined ? 0 : compareText(a.sha256, b.sha256))
}

function indexResponses(responses: readonly OcspResponse[]): ReadonlyMap<string, readonly OcspResponse[]> {
  const bySerial = new Map<string, OcspResponse[]>()
  for (const response of [...responses].sort((a, b) => compareText(a.sha256, b.sha256))) {
    for (const serial of new Set(response.basic!.responses.map(({ certId }) => certId.serialNumber))) {
      const same = bySerial.get(serial)
      if (same === undefined) bySerial.set(serial, [response])
      else if (same[same.length - 1]!.sha256 !== response.sha256) same.push(response)
    }
  }
  return bySerial
}
