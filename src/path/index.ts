/**
 * `countersign/path`: trust anchors, the search for paths, RFC 5280 section 6, names and profiles.
 * @packageDocumentation
 */
export { createTrustAnchor, isTrustAnchor, trustAnchorFromCertificate } from './anchor.ts'
export type { AnchorConstraints, TrustAnchor, TrustAnchorInit } from './anchor.ts'
export { AnchorStore } from './anchor-store.ts'
export { Budget, BudgetExhausted, budgetFrom, defaultBudget, pause } from './budget.ts'
export type { BudgetCode, BudgetLimits, Pause } from './budget.ts'
export { CandidatePool, searchPaths } from './build.ts'
export type { CandidatePath, SearchOptions, SearchOutcome } from './build.ts'
export { ByteIndex } from './byte-index.ts'
export { dateFindings, ruleSetOf } from './certificate-rules.ts'
export type { CertificateRule, Details, RuleContext } from './certificate-rule.ts'
export type { CertificateFinding, RuleSet } from './certificate-rules.ts'
export { dnsNameProblem, matchesDnsName } from './dns-name.ts'
export { identitiesOf, resolveNames, unmatchedNames } from './identity.ts'
export type { Identity, NameExpectation, NamePattern, ResolvedNames, ResolvedPattern } from './identity.ts'
export { parseIpAddress } from './ip-address.ts'
export type {
  Attempt, CertificateReference, CertificateRole, Cost, Issue, IssueCode, JsonValue,
} from './issue.ts'
export { checkNameConstraints, constrainedNames, malformedSubtrees } from './name-constraints.ts'
export type { ConstrainedName, Finding } from './name-constraints.ts'
export type { ComparableName } from './subtree-index.ts'
export { Judgements } from './judgements.ts'
export type { LastingJudgements } from './judgements.ts'
export type { JudgingContext } from './judgements.ts'
export { PolicyGraph, defaultPolicyInputs } from './policy-graph.ts'
export type { PolicyInputs } from './policy-graph.ts'
export { profileNames, resolveProfile } from './profile.ts'
export type { Profile, ResolvedProfile } from './profile.ts'
export { isSwitchable, rankOf, ruleCodes, rulesOf, specOf } from './rules.ts'
export type { ProfileName, RuleCode } from './rules.ts'
export { parseUri, spiffeIdProblem } from './uri-name.ts'
export type { UriParts } from './uri-name.ts'
export {
  budgetFinding, createValidationContext, judgePath, signatureCheck, signatureChecks, validatePath,
} from './validate.ts'
export type {
  CoreRequest, CoreResponse, PathFinding, PathJudgement, ValidationContext, ValidationInputs,
} from './validate.ts'
export { createAlgorithmPolicy, createSignatureVerifier } from '../crypto/index.ts'
export type {
  AlgorithmPolicy, AlgorithmPolicyOptions, CryptoDetails, CryptoIssueCode, CryptoRefusal, SignatureCheck, SignatureOutcome,
  SignatureVerifier, SignatureVerifierOptions, Subtle,
} from '../crypto/index.ts'
