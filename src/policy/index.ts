/**
 * `countersign/policy`: a written policy over verified facts, decided synchronously, with its trace.
 * @packageDocumentation
 */
export { PolicyError } from './error.ts'
export type { PolicyProblem, PolicyProblemCode } from './error.ts'
export { evaluatePolicy } from './evaluate.ts'
export { explainDecision } from './explain.ts'
export { lintPolicy } from './lint.ts'
export type { PolicyFinding, PolicyFindingCode } from './lint.ts'
export { parsePolicy } from './parse.ts'
export type { FactValue, PeerFacts, ReadPeerField } from './peer-facts.ts'
export type { Policy } from './policy.ts'
export type {
  AttributeValue, ChannelFacts, ConditionTrace, Decision, DecisionReason, Factor, Facts, HeaderFacts, Principal, RequestFacts, RuleTrace,
  Trace, Verification,
} from './types.ts'
export { verifiedPeer } from './verified-peer.ts'
