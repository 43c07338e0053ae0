/**
 * The crypto layer: algorithm policy, strict checks of keys and signatures, and a WebCrypto driver.
 * Internal: what users need of it is exported again by the front door.
 * @packageDocumentation
 */
export { createAlgorithmPolicy, rsaBitsCap } from './policy.ts'
export type { AlgorithmPolicy, AlgorithmPolicyOptions } from './policy.ts'
export type {
  AlgorithmImplementation, AlgorithmName, CheckedKey, CryptoDetails, CryptoIssueCode, CryptoRefusal, CurveName,
  EcPublicKey, HashName, ImplementableAlgorithm, MlDsaName, PssRestriction, PublicKey, RawPublicKey, RsaPublicKey,
  SignatureAlgorithm, SignatureCheck, SignatureOutcome,
} from './types.ts'
export { checkKey } from './key.ts'
export { describeKey } from './describe.ts'
export type { KeyDescription } from './describe.ts'
export { parseSignatureAlgorithm } from './signature-algorithm.ts'
export { KeyStore, prepareSignatureCheck } from './prepare.ts'
export type { KeyEntry, PreparedCheck, PreparedResult } from './prepare.ts'
export { createSignatureVerifier } from './webcrypto.ts'
export type { SignatureVerifier, SignatureVerifierOptions, Subtle } from './webcrypto.ts'
