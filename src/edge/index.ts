/**
 * `countersign/edge`: client certificates out of header fields and edge requests, decided by a policy under a stated contract.
 * @packageDocumentation
 */
export { createAuthenticator } from './authenticate.ts'
export type { ApplicationFacts, Authenticator, ClientVerification, EdgeOptions, EdgeOutcome, EdgeRefusal, MutualAuth } from './authenticate.ts'
export { fromApiGateway, fromAwsAlb, fromAzure, fromCloudFront, fromCloudflare, fromGoogleCloud } from './clouds.ts'
export { EdgeError } from './error.ts'
export type { EdgeErrorCode } from './error.ts'
export type { EdgeHeaders, Fields } from './fields.ts'
export { mutualAuth, withMutualAuth, withNodeMutualAuth } from './handlers.ts'
export type { AuthenticatedHandler, HandlerOptions, HonoContext, NodeRequest, NodeResponse } from './handlers.ts'
export { certificateFields } from './proxied-peer.ts'
export type { CertificateFields } from './proxied-peer.ts'
export { setClientCertificate, writeClientCert, writeClientCertChain } from './rfc9440.ts'
export { fromApache, fromCaddy, fromEnvoy, fromHaproxy, fromNginx, fromRfc9440, fromTraefik } from './sources.ts'
export type { FieldNames } from './sources.ts'
export type { Proof, Secret, TrustContract } from './trust.ts'
export type { CertificateSource, EdgeInput, Presented } from './types.ts'
export { verifiedClient } from './verified-client.ts'
