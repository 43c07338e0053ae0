/**
 * The options that every helper of this adapter shares: checked once, at the entrance, and copied.
 */
import { constants } from 'node:crypto'
import { resolveNames, type NameExpectation } from '../path/identity.ts'
import { Policy } from '../policy/policy.ts'
import type { Verifier } from '../verify/types.ts'
import { revocationOf } from '../verify/verifier.ts'
import { policyKey } from './identity.ts'
import { defaultMaxCertificates } from './peer-chain.ts'
import { refuseMisspelt, takeCount } from './options.ts'
import { isSessionStore, type SessionStore } from './session-store.ts'

export interface VerificationOptions {
  /** Who decides. For a server its purpose is normally `clientAuth`, for a client `serverAuth`. */
  readonly verifier: Verifier
  /**
   * `'sync'` (the default, but for a verifier whose revocation checker fetches) judges inside Node’s own hook at the end
   * of the handshake, with `verifySync`. `'async'` holds the socket and calls `verifier.verify`: for verifiers with
   * asynchronous parts.
   */
  readonly drive?: 'sync' | 'async'
  /**
   * Milliseconds from the start of the connection to the verdict; as much again for each later check, and from a request
   * to its decision. Default 10 000.
   */
  readonly handshakeDeadline?: number
  /** The most certificates read from a peer. Default 16. */
  readonly maxCertificates?: number
  /**
   * Turns session resumption on, bound to the acceptances in this store. Default: no session is ever resumed.
   */
  readonly sessions?: SessionStore
  /**
   * Decides, after an accepted verdict, whether this peer may come in: what `parsePolicy` returns. Stored acceptances and
   * pooled sockets are bound to it. Default: whoever the verifier accepts comes in.
   */
  readonly policy?: Policy
  /**
   * Milliseconds after which the peer’s chain is verified again, and decided on again: before the next request of an HTTP
   * connection, by a timer on others. Default: never before the verdict ends.
   */
  readonly recheckAfter?: number
  /**
   * The time by which acceptances end, and that the policy is told: milliseconds since 1970 or a Date; default the system
   * clock. The verifier has a clock of its own.
   */
  readonly clock?: () => Date | number
}

export interface Settings {
  readonly verifier: Verifier
  readonly names: NameExpectation
  readonly drive: 'sync' | 'async'
  /** Whether a stapled OCSP response is of use. */
  readonly checksRevocation: boolean
  readonly handshakeDeadline: number
  readonly maxCertificates: number
  readonly sessions: SessionStore | undefined
  readonly policy: Policy | undefined
  readonly policyKey: string
  readonly recheckAfter: number | undefined
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** Facts that the policy gets with each request only. */
  readonly later: LaterFacts
}

/** Which facts come with a request, and not at the handshake. */
export interface LaterFacts {
  readonly request?: 'pending'
  readonly factors?: 'pending'
  readonly attributes?: 'pending'
}

/** Ten seconds: ample for two round trips to the other side of the world and a verdict of milliseconds. */
const defaultDeadline = 10_000

export function takeSettings(
  options: VerificationOptions & { readonly names?: NameExpectation | undefined }, later: LaterFacts = {},
): Settings {
  refuseMisspelt(options)
  const { verifier, names, sessions, policy, recheckAfter, clock = Date.now } = options
  if (typeof verifier !== 'object' || verifier === null || typeof verifier.verify !== 'function') {
    throw new TypeError('verifier: expected what createVerifier returns')
  }
  const revocation = revocationOf(verifier)
  // A revocation checker that fetches has to wait for the network.
  const { drive = revocation?.fetches === true ? 'async' : 'sync' } = options
  if (drive !== 'sync' && drive !== 'async') throw new TypeError("drive: expected 'sync' or 'async'")
  if (sessions !== undefined && !isSessionStore(sessions)) {
    throw new TypeError('sessions: expected what createSessionStore returns')
  }
  // Throws where it is none of ours.
  if (policy !== undefined) Policy.partsOf(policy)
  if (typeof clock !== 'function') throw new TypeError('clock: expected a function')
  const expectation = takeNames(names)
  return {
    verifier,
    names: expectation,
    drive,
    checksRevocation: revocation !== undefined,
    handshakeDeadline: takeCount('handshakeDeadline', options.handshakeDeadline, defaultDeadline, 0x7fff_ffff),
    maxCertificates: takeCount('maxCertificates', options.maxCertificates, defaultMaxCertificates, 1000),
    sessions,
    policy,
    policyKey: policyKey(verifier, expectation, policy),
    recheckAfter: recheckAfter === undefined ? undefined : takeCount('recheckAfter', recheckAfter, 0, 0x7fff_ffff),
    clock: () => Number(clock()),
    later,
  }
}

function takeNames(names: NameExpectation | undefined): NameExpectation {
  // Checked now, so that a mistake shows when the server is made, not with its first client.
  resolveNames(names as NameExpectation)
  return structuredClone(names as NameExpectation)
}

/**
 * Node does not name this constant: OpenSSL’s SSL_OP_NO_RENEGOTIATION, bit 30. Renegotiation could exchange the
 * judged certificate for another; RFC 9325 3.5 advises against it, and TLS 1.3 has none.
 */
const noRenegotiation = 0x4000_0000

/** Options of OpenSSL that hold on every connection of ours. */
export function secureOptionsFor(given: number | undefined, resumption: boolean): number {
  // Without tickets OpenSSL falls back on sessions stored in the server, in TLS 1.3 too, and Node stores none.
  return ((given ?? 0) | noRenegotiation | (resumption ? 0 : constants.SSL_OP_NO_TICKET)) >>> 0
}
