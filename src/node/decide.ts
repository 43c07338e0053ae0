/**
 * The policy’s word on a peer whose verdict is an acceptance.
 */
import { evaluatePolicy } from '../policy/evaluate.ts'
import type { ChannelFacts, Decision, Facts } from '../policy/types.ts'
import { verifiedPeer } from '../policy/verified-peer.ts'
import type { AcceptedVerdict } from '../verify/types.ts'
import { HandshakeError, deniedBy } from './errors.ts'
import type { LaterFacts, Settings } from './settings.ts'

/** What a decision is made from beside the peer and the time. */
export type MoreFacts = Pick<Facts, 'request' | 'factors' | 'attributes'>

/**
 * Decides on a connection. Undefined without a policy.
 *
 * @throws {HandshakeError} `node/policy-refused`, unless the decision is an allow, or may still become one by facts that
 * come with a request
 */
export function decideOnPeer(
  settings: Settings, verdict: AcceptedVerdict, channel: () => ChannelFacts, who: string, more: MoreFacts | LaterFacts = settings.later,
): Decision | undefined {
  if (settings.policy === undefined) return undefined
  const decision = evaluate(settings, verdict, channel(), more)
  const { decision: word } = decision
  if (word === 'allow' || (word === 'pending' && more === settings.later && more.request === 'pending')) return decision
  throw deniedBy(decision, who)
}

/** Decides with what is known now. */
export function evaluate(settings: Settings, verdict: AcceptedVerdict, channel: ChannelFacts, more: MoreFacts): Decision {
  try {
    return evaluatePolicy(settings.policy!, { ...more, peer: verifiedPeer(verdict), time: settings.clock(), channel })
  } catch (cause) {
    throw new HandshakeError('node/facts-failed', 'the policy was given what are no facts', { cause })
  }
}
