/**
 * `countersign`: the front door. `createVerifier` makes a verifier; `require` and `verify` ask it; `explain` tells why.
 * @packageDocumentation
 */
export { ParseError } from '../asn1/index.ts'
export type { ParseErrorCode } from '../asn1/index.ts'
export {
  Certificate, Name, encodePem, parseCertificate, parseCertificateBundle, parseCertificateList, parseCertificateRequest,
  parseCertificates, parsePem,
} from '../x509/index.ts'
export type { CertificateSource, GeneralName, KeyUsage } from '../x509/index.ts'
export type {
  AlgorithmImplementation, AlgorithmName, AlgorithmPolicyOptions, ImplementableAlgorithm, MlDsaName,
} from '../crypto/index.ts'
export {
  createTrustAnchor, defaultBudget, isSwitchable, profileNames, ruleCodes, rulesOf, specOf, trustAnchorFromCertificate,
} from '../path/index.ts'
export type {
  AnchorConstraints, Attempt, BudgetLimits, CertificateReference, CertificateRole, Cost, Identity, Issue, IssueCode,
  JsonValue, NameExpectation, NamePattern, PolicyInputs, Profile, ProfileName, RuleCode, TrustAnchor, TrustAnchorInit,
} from '../path/index.ts'
export { escapeText } from './escape.ts'
export { explain } from './explain.ts'
export { toMermaid, toSvg } from './graph.ts'
export { RefusedError } from './refused-error.ts'
export type {
  AcceptedVerdict, PathAttempt, Purpose, RefusedVerdict, Verdict, Verifier, VerifierOptions, VerifyRequest,
} from './types.ts'
export { createVerifier } from './verifier.ts'
