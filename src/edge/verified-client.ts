/** The certificate verified here, whoever handed it on. */
import { resolveNames, type NameExpectation } from '../path/identity.ts'
import { refuseUnknown } from '../path/options.ts'
import { verifiedPeer } from '../policy/verified-peer.ts'
import type { Verifier, VerifyRequest } from '../verify/types.ts'
import type { ClientVerification } from './authenticate.ts'

/**
 * For the option `verify`: a verifier, normally of the purpose `clientAuth`, and whom the certificate must name, or `'unchecked'`, written out.
 * `intermediates`: certificates of CAs to find a path with, for proxies that hand on the leaf alone; they are trusted no more than what a
 * client sends.
 *
 * @throws {TypeError} naming the argument that is wrong
 */
export function verifiedClient(
  verifier: Verifier, names: NameExpectation, options: { readonly intermediates?: NonNullable<VerifyRequest['intermediates']> } = {},
): ClientVerification {
  if (typeof verifier?.verify !== 'function') throw new TypeError('verifier: expected what createVerifier returns')
  resolveNames(names)
  refuseUnknown(options, new Set(['intermediates']), '')
  const { intermediates = [] } = options
  if (!Array.isArray(intermediates)) throw new TypeError('intermediates: expected a list of certificates')
  const expected = structuredClone(names)
  const known = [...intermediates as NonNullable<VerifyRequest['intermediates']>]
  return async ({ leaf, chain }) => {
    const verdict = await verifier.verify({ leaf, intermediates: [...chain, ...known], names: expected })
    return verdict.ok === true ? { verdict, peer: verifiedPeer(verdict) } : verdict
  }
}
