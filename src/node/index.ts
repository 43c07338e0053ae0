/**
 * `countersign/node`: TLS servers and clients of Node that ask a verifier about their peers.
 * @packageDocumentation
 */
export { acceptedVerdict } from './accepted.ts'
export type { ConnectionSource } from './accepted.ts'
export { createHttpsAgent } from './agent.ts'
export type { VerifyingAgentOptions } from './agent.ts'
export { connect } from './connect.ts'
export type { ClientVerificationOptions, ConnectOptions } from './connect.ts'
export { HandshakeError } from './errors.ts'
export type { HandshakeErrorCode, HandshakeErrorInit } from './errors.ts'
export type { OnRefused, RefusedPeer } from './gate.ts'
export { createGuardedFetch } from './guarded-fetch.ts'
export type { GuardedFetchOptions, ResolvedAddress } from './guarded-fetch.ts'
export { connectHttp2 } from './http2-client.ts'
export type { ConnectHttp2Options } from './http2-client.ts'
export { readPeerChain } from './peer-chain.ts'
export type { PeerChain } from './peer-chain.ts'
export { createHttp2SecureServer, createHttpsServer, createServer } from './server.ts'
export type {
  DecidedServerOption, Http2ServerOptions, HttpVerificationOptions, HttpsServerOptions, ServerOptions, ServerVerificationOptions,
} from './server.ts'
export { createSessionStore } from './session-store.ts'
export type { SessionBinding, SessionStore, SessionStoreOptions } from './session-store.ts'
export type { VerificationOptions } from './settings.ts'
export { verifyPeer } from './verify-peer.ts'
export type { VerifyPeerOptions } from './verify-peer.ts'
export { requireSync, verifySync } from './verify-sync.ts'
export { createSyncSignatureVerifier } from './sync-crypto.ts'
export type { SyncSignatureVerifier, SyncSignatureVerifierOptions } from './sync-crypto.ts'
