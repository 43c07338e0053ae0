/**
 * What Bun does not allow, under the names of its own APIs: each of these throws, and says what to use instead.
 */
import { UnsupportedError } from '../node/unsupported.ts'

function refuse(feature: string, instead: string): never {
  throw new UnsupportedError('runtime/no-peer-certificate', feature,
    `this API shows no certificate of the peer, so nobody can be judged; use ${instead} of countersign/bun`)
}

/**
 * `Bun.serve` asks a client for a certificate if it is told to, and shows it to nobody.
 *
 * @deprecated use `createHttpsServer`
 * @throws {UnsupportedError} always: `runtime/no-peer-certificate`
 */
export function serve(..._arguments: readonly unknown[]): never {
  return refuse('Bun.serve', 'createHttpsServer')
}
