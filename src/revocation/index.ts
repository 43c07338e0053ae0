/**
 * `countersign/revocation`: certificate revocation lists and OCSP, decided (RFC 5280 6.3, RFC 6960).
 * @packageDocumentation
 */
export { createRevocationChecker } from './checker.ts'
export type { RevocationCheckerOptions } from './checker.ts'
export type { RevocationChecker, RevocationMode } from './registry.ts'
export { createMemoryCache } from './cache.ts'
export type { RevocationCache } from './cache.ts'
export { Crl, parseCrl, parseCrls } from './crl.ts'
export type { CrlEntry, IssuingDistributionPoint } from './crl.ts'
export { Fetcher, guardedFetch } from './fetcher.ts'
export type { AddressCode, AddressException, AddressGuard, FetchDetails, Network, ParsedException } from './address-guard.ts'
export type { CacheCode, CacheFailure, MemoryCacheOptions } from './cache.ts'
export type { FetchCode, FetchFunction } from './fetch-address.ts'
export { loadSnapshot, saveSnapshot } from './crl-snapshot.ts'
export type { SaveSnapshotOptions, SnapshotProof } from './crl-snapshot.ts'
export { SnapshotError } from './snapshot-error.ts'
export type { SnapshotErrorCode } from './snapshot-error.ts'
export type { FetchAttempt, FetchKind, FetchOutcome, FetchRequest, FetcherOptions, GuardedFetch } from './fetcher.ts'
export { encodeOcspRequest } from './ocsp-request.ts'
export type { CertIdHash, CertIdIssuer, OcspRequestOptions } from './ocsp-request.ts'
export { OcspResponse, parseOcspResponse } from './ocsp-response.ts'
export type { BasicResponse, CertId, OcspStatus, SingleResponse } from './ocsp-response.ts'
export { reasonNames } from './types.ts'
export type {
  CertificateRevocation, RevocationAttempt, RevocationAttemptCode, RevocationReason, RevocationSource, SourceOrigin,
} from './types.ts'
