/** The certificate verified here, whoever handed it on. */
import { resolveNames, type NameExpectation } from '../path/identity.ts'
import { verifiedPeer } from '../policy/verified-peer.ts'
import type { Verifier } from '../verify/types.ts'
import type { ClientVerification } from './authenticate.ts'

/**
 * For the option `verify`: a verifier, normally of the purpose `clientAuth`, and whom the certificate must name, or `'unchecked'`, written out.
 *
 * @throws {TypeError} naming the argument that is wrong
 */
export function verifiedClient(verifier: Verifier, names: NameExpectation): ClientVerification {
  if (typeof verifier?.verify !== 'function') throw new TypeError('verifier: expected what createVerifier returns')
  resolveNames(names)
  const expected = structuredClone(names)
  return async ({ leaf, chain }) => {
    const verdict = await verifier.verify({ leaf, intermediates: chain, names: expected })
    return verdict.ok === true ? { verdict, peer: verifiedPeer(verdict) } : verdict
  }
}
