/** The certificate verified here, whoever handed it on. */
import { Certificate, parseCertificate } from '../x509/certificate.ts'
import type { CertificateSource } from '../x509/certificate.ts'
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
  if (!Array.isArray(intermediates)) throw new TypeError('intermediates: expected a list of certificates, such as parseCertificates returns')
  const expected = structuredClone(names)
  const known = intermediates.map(readIntermediate)
  return async ({ leaf, chain }) => {
    const verdict = await verifier.verify({ leaf, intermediates: [...chain, ...known], names: expected })
    return verdict.ok === true ? { verdict, peer: verifiedPeer(verdict) } : verdict
  }
}

/** A mistake here would otherwise show at the first request, and be one of the server’s then. */
function readIntermediate(one: Certificate | CertificateSource, i: number): Certificate {
  try {
    return one instanceof Certificate ? one : parseCertificate(one)
  } catch (error) {
    throw new TypeError(`intermediates[${i}]: ${(error as Error).message}`, { cause: error })
  }
}
