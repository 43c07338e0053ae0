/** Rules of SPIFFE X.509-SVIDs for the leaf. Which trust domain an anchor answers for is the caller’s choice of anchors and names. */
import { isCa, leaf, signsAsCa } from './certificate-rule.ts'
import type { CertificateRule } from './certificate-rule.ts'
import { clipText } from './clip-text.ts'
import { spiffeIdProblem } from './uri-name.ts'

export const spiffeRules: readonly CertificateRule[] = [
  {
    // X509-SVID 2: "An X.509 SVID MUST contain exactly one URI SAN, and by extension, exactly one SPIFFE ID."
    code: 'spiffe/uri-count', roles: leaf,
    check(certificate) {
      const count = (certificate.get('subjectAltName') ?? []).filter((name) => name.type === 'uniformResourceIdentifier').length
      return count !== 1 && { count }
    },
  },
  {
    code: 'spiffe/id-malformed', roles: leaf,
    check(certificate) {
      for (const name of certificate.get('subjectAltName') ?? []) {
        if (name.type !== 'uniformResourceIdentifier') continue
        const problem = spiffeIdProblem(name.value) ?? (name.value.indexOf('/', 9) < 0 ? 'no path' : undefined)
        if (problem !== undefined) return { uri: clipText(name.value), problem }
      }
      return undefined
    },
  },
  {
    // 4.1: "leaf certificates MUST set the cA field to false".
    code: 'spiffe/leaf-is-ca', roles: leaf, check: isCa,
  },
  {
    // 4.3: digitalSignature set; keyCertSign and cRLSign not set.
    code: 'spiffe/leaf-key-usage', roles: leaf,
    check: (certificate) => certificate.get('keyUsage')?.digitalSignature !== true || signsAsCa(certificate),
  },
]
