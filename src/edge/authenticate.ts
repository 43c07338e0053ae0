/**
 * One request, from its header fields to a decision. Everything that is not an acceptance is a refusal with a reason, and no other source is
 * tried.
 */
import { refuseUnknown } from '../path/options.ts'
import { evaluatePolicy } from '../policy/evaluate.ts'
import type { PeerFacts } from '../policy/peer-facts.ts'
import { Policy } from '../policy/policy.ts'
import type { Decision, Facts, Principal, RequestFacts } from '../policy/types.ts'
import type { AcceptedVerdict, RefusedVerdict } from '../verify/types.ts'
import { EdgeError, type EdgeErrorCode } from './error.ts'
import { Fields } from './fields.ts'
import { proxiedPeer, type CertificateFields } from './proxied-peer.ts'
import { takeTrust, type TakenTrust, type TrustContract } from './trust.ts'
import type { CertificateSource, EdgeInput, Presented } from './types.ts'

/** What the application knows of the peer: taken for each request. */
export type ApplicationFacts = Pick<Facts, 'factors' | 'attributes'>

export interface EdgeOptions<Args extends readonly unknown[] = readonly unknown[]> {
  /** The one form in which the certificate arrives. */
  readonly source: CertificateSource
  readonly trust: TrustContract<Args>
  readonly policy: Policy
  /** Who verifies the certificate, with `verifiedBy: 'nobody'`: `verifiedClient(verifier, names)`. */
  readonly verify?: ClientVerification
  /** With `verifiedBy: 'proxy'`: `certificateFields`, for policies that ask about fields of the certificate. */
  readonly certificateFields?: CertificateFields
  /** Factors and attributes for the policy; given what the handler is given. */
  readonly facts?: (...args: Args) => ApplicationFacts | Promise<ApplicationFacts>
  /** Milliseconds since 1970 or a Date; default the system clock. */
  readonly clock?: () => Date | number
}

/** Made by `verifiedClient`. */
export type ClientVerification = (presented: { readonly leaf: Uint8Array; readonly chain: readonly Uint8Array[] }) => Promise<{ readonly verdict: AcceptedVerdict; readonly peer: PeerFacts } | RefusedVerdict>

/** What the handler is told. */
export interface MutualAuth {
  readonly decision: Decision
  readonly principal: Principal | undefined
  /** The accepted verdict; undefined where the proxy’s word was taken. */
  readonly verdict: AcceptedVerdict | undefined
}

export interface EdgeRefusal {
  readonly code: EdgeErrorCode
  readonly error: EdgeError
  /** With `edge/verifier-refused`. */
  readonly verdict: RefusedVerdict | undefined
  /** With `edge/policy-refused`: its trace says why. */
  readonly decision: Decision | undefined
}

export type EdgeOutcome = ({ readonly ok: true } & MutualAuth) | ({ readonly ok: false } & EdgeRefusal)

/** Options that were checked. */
export interface Authenticator<Args extends readonly unknown[]> {
  /** Fields that the handler must not see. */
  readonly hidden: readonly string[]
  /** Never rejects. */
  authenticate(input: EdgeInput, request: RequestFacts, args: Args): Promise<EdgeOutcome>
}

/** The most certificates taken from one request beside the leaf. */
const maxChain = 16

const optionNames: readonly string[] = ['source', 'trust', 'verify', 'certificateFields', 'policy', 'facts', 'clock'] satisfies (keyof EdgeOptions)[]

/** @throws {TypeError} naming the option that is wrong */
export function createAuthenticator<Args extends readonly unknown[]>(options: EdgeOptions<Args>): Authenticator<Args> {
  return authenticatorOf(options)
}

/** The same for whoever has options of its own beside these. */
export function authenticatorOf<Args extends readonly unknown[]>(options: EdgeOptions<Args>, more: readonly string[] = []): Authenticator<Args> {
  refuseUnknown(options, new Set([...optionNames, ...more]), '')
  const { source, policy, verify, certificateFields, facts, clock = Date.now } = options
  if (typeof source?.read !== 'function') throw new TypeError('source: expected what one of the from… functions returns')
  const trust = takeTrust(options.trust, source)
  const { proxies } = Policy.partsOf(policy)
  if (trust.verifiedBy === 'proxy' && !proxies.has(trust.name)) throw new TypeError(`policy: expected ${trust.name} among its proxies`)
  if ((trust.verifiedBy === 'nobody') !== (typeof verify === 'function')) throw new TypeError("verify: required with verifiedBy: 'nobody', and only there: verifiedClient(verifier, names)")
  needFunctions({ certificateFields, facts, clock })
  const hidden = [...source.headers, ...trust.headers]
  return {
    hidden,
    async authenticate(input, request, args) {
      try {
        const presented = readPresented(input, source, trust, hidden, args)
        const verified = verify === undefined ? { peer: undefined, verdict: undefined } : await verify(withLeaf(presented))
        if (!('peer' in verified)) return refusal(new EdgeError('edge/verifier-refused', verified.code), verified)
        const known = facts === undefined ? {} : await facts(...args)
        // Read after what has to be waited for: a verdict may end meanwhile.
        const time = Number(clock())
        // By the contract, not by what came back: a function that answers with nothing does not speak for the proxy.
        const peer = verify === undefined ? await proxiedPeer(presented, trust.name, time, certificateFields) : verified.peer as PeerFacts
        const decision = evaluatePolicy(policy, { ...known, peer, time, request })
        // Not `if (deny)`: whatever is not exactly an allow is none.
        if (decision.decision !== 'allow') return refusal(new EdgeError('edge/policy-refused', decision.reason), undefined, decision)
        return { ok: true, decision, principal: decision.principal, verdict: verified.verdict }
      } catch (error) {
        return refusal(error instanceof EdgeError ? error : new EdgeError('edge/failed', 'no decision was reached', undefined, { cause: error }))
      }
    },
  }
}

/** Options that are functions, where they are given. */
export function needFunctions(options: object): void {
  for (const [name, value] of Object.entries(options)) if (value !== undefined && typeof value !== 'function') throw new TypeError(`${name}: expected a function`)
}

function readPresented<Args extends readonly unknown[]>(
  input: EdgeInput, source: CertificateSource, trust: TakenTrust<Args>, names: readonly string[], args: Args,
): Presented {
  const fields = new Fields(input.headers, names)
  trust.prove(fields, input, args)
  const presented = source.read(fields, input)
  if (presented === undefined) throw new EdgeError('edge/no-certificate', 'the client presented none')
  if (presented.chain.length > maxChain) throw new EdgeError('edge/oversized-header', `more than ${maxChain} certificates`)
  // A chain is nothing without the certificate that it is for.
  if (presented.leaf === undefined && presented.chain.length > 0) throw new EdgeError('edge/chain-without-leaf', 'a chain, and no certificate')
  if (trust.verifiedBy === 'proxy' && source.verification === 'said' && presented.verified !== true) {
    throw new EdgeError('edge/not-verified', 'the proxy did not verify the certificate')
  }
  return presented
}

function withLeaf({ leaf, chain }: Presented): Parameters<ClientVerification>[0] {
  if (leaf === undefined) throw new EdgeError('edge/no-certificate', 'the client’s certificate is not here')
  return { leaf, chain }
}

function refusal(error: EdgeError, verdict?: RefusedVerdict, decision?: Decision): EdgeOutcome {
  return Object.freeze({ ok: false as const, code: error.code, error, verdict, decision })
}
