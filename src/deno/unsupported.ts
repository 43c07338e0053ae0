/**
 * What Deno does not allow, under the names of its own APIs: each of these throws, and says what to use instead.
 */
import { UnsupportedError } from '../node/unsupported.ts'

function refuse(feature: string, instead: string): never {
  throw new UnsupportedError('runtime/no-peer-certificate', feature,
    `this API shows no certificate of the peer, so nobody can be judged; use ${instead} of countersign/deno`)
}

/**
 * `Deno.connectTls` (and `Deno.startTls`) show no peer certificate.
 *
 * @deprecated use `connect`
 * @throws {UnsupportedError} always: `runtime/no-peer-certificate`
 */
export function connectTls(..._arguments: readonly unknown[]): never {
  return refuse('Deno.connectTls', 'connect')
}

/**
 * `Deno.listenTls` neither asks a client for a certificate nor shows one.
 *
 * @deprecated use `createServer`
 * @throws {UnsupportedError} always: `runtime/no-peer-certificate`
 */
export function listenTls(..._arguments: readonly unknown[]): never {
  return refuse('Deno.listenTls', 'createServer')
}

/**
 * `Deno.serve` neither asks a client for a certificate nor shows one.
 *
 * @deprecated use `createHttpsServer`, or `createHttp2SecureServer` with `allowHTTP1`
 * @throws {UnsupportedError} always: `runtime/no-peer-certificate`
 */
export function serve(..._arguments: readonly unknown[]): never {
  return refuse('Deno.serve', 'createHttpsServer or createHttp2SecureServer')
}

/**
 * `fetch`, with a client of `Deno.createHttpClient` too, shows no certificate of the server.
 *
 * @deprecated use `createHttpsAgent` with `node:https`, or `connectHttp2`
 * @throws {UnsupportedError} always: `runtime/no-peer-certificate`
 */
export function createHttpClient(..._arguments: readonly unknown[]): never {
  return refuse('Deno.createHttpClient', 'createHttpsAgent (with node:https) or connectHttp2')
}
