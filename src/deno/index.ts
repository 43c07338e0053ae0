/**
 * `countersign/deno`: mutual TLS in Deno, by its `node:tls`, `node:https` and `node:http2`. What Deno’s own APIs do not
 * allow throws an `UnsupportedError`.
 * @packageDocumentation
 */
export { acceptedVerdict, decisionOf } from '../node/accepted.ts'
export type { ConnectionSource } from '../node/accepted.ts'
export type { AskedRequest } from '../node/asked.ts'
export { HandshakeError } from '../node/errors.ts'
export type { HandshakeErrorCode, HandshakeErrorInit } from '../node/errors.ts'
export type { OnRefused, RefusedPeer } from '../node/gate.ts'
export type { HostOptions, HostsOption } from '../node/hosts.ts'
export { mutualAuthentication } from '../node/mutual.ts'
export type { CertifiedEnd, MutualAuthentication } from '../node/mutual.ts'
export type {
  SessionlessAgentOptions as VerifyingAgentOptions, SessionlessConnectOptions as ConnectOptions, SessionlessHttp2Options as ConnectHttp2Options,
} from '../node/platform.ts'
export type { ApplicationFacts, FactsSource, OnDenied } from '../node/request-decision.ts'
export type { Http2ServerOptions, HttpsServerOptions, ServerOptions } from '../node/server.ts'
export { createSessionStore } from '../node/session-store.ts'
export type { SessionStore, SessionStoreOptions } from '../node/session-store.ts'
export { UnsupportedError } from '../node/unsupported.ts'
export type { UnsupportedErrorCode } from '../node/unsupported.ts'
export type { VerifyPeerOptions } from '../node/verify-peer.ts'
export { onThisThread, requireSync, verifySync } from '../node/verify-sync.ts'
export { connect, connectHttp2, createHttpsAgent, verifyPeer } from './connect.ts'
export { createHttp2SecureServer, createHttpsServer, createServer } from './server.ts'
export { connectTls, createHttpClient, listenTls, serve } from './unsupported.ts'
