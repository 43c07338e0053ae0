/**
 * The rules about one certificate, judged before any signature: small checks in a table, each with its code.
 *
 * A check never throws: every known extension was decoded before (`decodeFindings` below), and a certificate that cannot
 * be decoded is judged by nothing else.
 */
import { ParseError, parseDetails } from '../asn1/errors.ts'
import * as Tag from '../asn1/tag.ts'
import { anyPolicyOid, extensionOids, ipAddressText } from '../x509/index.ts'
import type { Certificate, GeneralName } from '../x509/index.ts'
import { internals } from '../x509/certificate.ts'
import { checkKey } from '../crypto/index.ts'
import { anchor, everyRole, isCa, isCritical, isSelfIssued, issuers, leaf, nonAnchors } from './certificate-rule.ts'
import type { CertificateRule, Details, RuleContext } from './certificate-rule.ts'
import { dnsNameProblem } from './dns-name.ts'
import { describeName } from './identity.ts'
import type { CertificateRole, IssueCode } from './issue.ts'
import { mailboxOf, parseMailbox } from './mailbox.ts'
import type { ResolvedProfile } from './profile.ts'
import { isSwitchable } from './rules.ts'
import { webpkiRules } from './webpki-rules.ts'
import { spiffeRules } from './spiffe-rules.ts'

/** A broken rule of one certificate. */
export interface CertificateFinding {
  readonly code: IssueCode
  readonly details: Details
}

/**
 * Extensions whose meaning this library acts on, and which may therefore be critical (RFC 5280 4.2). The information
 * access extensions and freshestCRL are not among them: they must not be critical, and are refused if they are.
 */
const processed: ReadonlySet<string> = new Set([
  extensionOids.keyUsage, extensionOids.subjectAltName, extensionOids.issuerAltName, extensionOids.basicConstraints,
  extensionOids.nameConstraints, extensionOids.certificatePolicies, extensionOids.policyMappings,
  extensionOids.policyConstraints, extensionOids.inhibitAnyPolicy, extensionOids.extendedKeyUsage,
  extensionOids.authorityKeyIdentifier, extensionOids.subjectKeyIdentifier, extensionOids.cRLDistributionPoints,
  extensionOids.precertificatePoison,
])

/** "Critical" rules: details if the extension is there and is not as it must be. */
function criticality(oid: string, wanted: boolean): CertificateRule['check'] {
  return (certificate) => isCritical(certificate, oid) === !wanted && { oid }
}

const structureRules: readonly CertificateRule[] = [
  {
    code: 'x509/duplicate-extension', roles: everyRole,
    check(certificate) {
      const seen = new Set<string>()
      for (const { oid } of internals(certificate).extensions) {
        if (seen.has(oid)) return { oid }
        seen.add(oid)
      }
      return undefined
    },
  },
  {
    // RFC 5280 4.1.1.2: the outer field "MUST contain the same algorithm identifier as the signature field".
    code: 'x509/algorithm-mismatch', roles: everyRole,
    check(certificate) {
      const parts = internals(certificate)
      return !parts.sameAlgorithms && { inner: parts.innerAlgorithm.oid, outer: parts.outerAlgorithm.oid }
    },
  },
  {
    // 4.1.2.1: extensions make it version 3, unique identifiers (4.1.2.8) at least version 2.
    code: 'x509/version-mismatch', roles: everyRole,
    check(certificate) {
      const { version, extensions, hasUniqueIds } = internals(certificate).skeleton
      return ((extensions.length > 0 && version !== 3) || (hasUniqueIds && version === 1)) && { version }
    },
  },
  { code: 'x509/empty-issuer', roles: everyRole, check: (certificate) => certificate.issuer.isEmpty },
  { code: 'x509/empty-subject', roles: issuers, check: (certificate) => certificate.subject.isEmpty },
  {
    code: 'path/precertificate', roles: nonAnchors,
    check: (certificate) => internals(certificate).find(extensionOids.precertificatePoison) !== undefined,
  },
  {
    code: 'path/unknown-critical-extension', roles: everyRole,
    check(certificate) {
      const unknown = internals(certificate).extensions.find(({ oid, critical }) => critical && !processed.has(oid))
      return unknown !== undefined && { oid: unknown.oid }
    },
  },
]

const fieldRules: readonly CertificateRule[] = [
  {
    // 4.1.2.2: positive, at most 20 octets. Trusted roots with serial 0 exist, and their serial names nothing.
    code: 'x509/serial-number', roles: nonAnchors,
    check(certificate) {
      const { bytes, serialStart, serialStop } = internals(certificate).skeleton
      const first = bytes[serialStart]!
      const zero = serialStop - serialStart === 1 && first === 0
      return (first >= 0x80 || zero || serialStop - serialStart > 20) && { serialNumber: certificate.serialNumber.slice(0, 64) }
    },
  },
  {
    // 4.1.2.5: dates through 2049 as UTCTime, later ones as GeneralizedTime.
    code: 'x509/time-encoding', roles: everyRole,
    check(certificate) {
      const { notBeforeTag, notAfterTag, notBefore, notAfter } = internals(certificate).skeleton
      const wrong = (tag: number, time: number): boolean => tag === Tag.generalizedTime && time >= utcTimeStart && time < utcTimeEnd
      return wrong(notBeforeTag, notBefore) || wrong(notAfterTag, notAfter)
    },
  },
  {
    code: 'x509/validity-order', roles: everyRole,
    check: (certificate) => internals(certificate).notBefore > internals(certificate).notAfter,
  },
  { code: 'x509/authority-key-identifier-critical', roles: everyRole, check: criticality(extensionOids.authorityKeyIdentifier, false) },
  {
    // 4.2.1.1: "MUST be included in all certificates", but self-signed ones. Anchors: see the next rule.
    code: 'x509/authority-key-identifier-missing', roles: nonAnchors,
    check: (certificate) => certificate.get('authorityKeyIdentifier')?.keyIdentifier === undefined &&
      !(isSelfIssued(certificate) && certificate.get('authorityKeyIdentifier') === undefined),
  },
  {
    // An anchor's certificate that another CA signed is no self-signed one, and the exception does not cover it.
    code: 'x509/cross-signed-anchor-without-key-identifier', roles: anchor,
    check: (certificate) => !isSelfIssued(certificate) && certificate.get('authorityKeyIdentifier') === undefined,
  },
  {
    // 4.2.1.1: issuer and serial number "MUST both be present or both be absent".
    code: 'x509/authority-key-identifier-incomplete', roles: everyRole,
    check(certificate) {
      const identifier = certificate.get('authorityKeyIdentifier')
      return identifier !== undefined &&
        (identifier.authorityCertIssuer === undefined) !== (identifier.authorityCertSerialNumber === undefined)
    },
  },
  { code: 'x509/subject-key-identifier-critical', roles: everyRole, check: criticality(extensionOids.subjectKeyIdentifier, false) },
  {
    // 4.2.1.2: "MUST appear in all conforming CA certificates".
    code: 'x509/subject-key-identifier-missing', roles: issuers,
    check: (certificate) => certificate.get('subjectKeyIdentifier') === undefined,
  },
  {
    // 4.2.1.3: "at least one of the bits MUST be set to 1".
    code: 'x509/empty-key-usage', roles: everyRole,
    check(certificate) {
      const usage = certificate.get('keyUsage')
      return usage !== undefined && !Object.values(usage).includes(true)
    },
  },
  {
    // 4.2.1.4: "MUST NOT appear more than once in a certificate policies extension".
    code: 'x509/duplicate-policy', roles: everyRole,
    check(certificate) {
      const policies = certificate.get('certificatePolicies')?.map((policy) => policy.policyIdentifier) ?? []
      return new Set(policies).size !== policies.length
    },
  },
  {
    code: 'x509/key-cert-sign-without-ca', roles: everyRole,
    check: (certificate) => certificate.get('keyUsage')?.keyCertSign === true && !isCa(certificate),
  },
  {
    // 4.2.1.9: no pathLenConstraint "unless the cA boolean is asserted and the key usage extension asserts the keyCertSign bit".
    code: 'x509/path-length-without-ca', roles: everyRole,
    check(certificate) {
      const constraints = certificate.get('basicConstraints')
      return constraints?.pathLenConstraint !== undefined &&
        (!constraints.cA || certificate.get('keyUsage')?.keyCertSign === false)
    },
  },
  { code: 'x509/basic-constraints-not-critical', roles: issuers, check: criticality(extensionOids.basicConstraints, true) },
  { code: 'x509/name-constraints-not-critical', roles: everyRole, check: criticality(extensionOids.nameConstraints, true) },
  {
    // 4.2.1.10: "MUST be used only in a CA certificate".
    code: 'x509/name-constraints-in-leaf', roles: leaf,
    check: (certificate) => certificate.get('nameConstraints') !== undefined && !isCa(certificate),
  },
  {
    code: 'x509/name-constraints-empty', roles: everyRole,
    check(certificate) {
      const constraints = certificate.get('nameConstraints')
      return constraints !== undefined &&
        constraints.permittedSubtrees.length + constraints.excludedSubtrees.length === 0
    },
  },
  { code: 'x509/policy-constraints-not-critical', roles: everyRole, check: criticality(extensionOids.policyConstraints, true) },
  {
    // 4.2.1.11: "Conforming CAs MUST NOT issue certificates where policy constraints is an empty sequence."
    code: 'x509/policy-constraints-empty', roles: everyRole,
    check(certificate) {
      const constraints = certificate.get('policyConstraints')
      return constraints !== undefined && constraints.requireExplicitPolicy === undefined && constraints.inhibitPolicyMapping === undefined
    },
  },
  { code: 'x509/inhibit-any-policy-not-critical', roles: everyRole, check: criticality(extensionOids.inhibitAnyPolicy, true) },
  {
    // 4.1.2.6: a leaf without a subject is named by a critical subjectAltName.
    code: 'x509/subject-alt-name-not-critical', roles: leaf,
    check: (certificate) => certificate.subject.isEmpty && isCritical(certificate, extensionOids.subjectAltName) !== true,
  },
  {
    code: 'x509/subject-alt-name-malformed', roles: everyRole,
    check(certificate) {
      for (const name of certificate.get('subjectAltName') ?? []) {
        const problem = generalNameProblem(name)
        if (problem !== undefined) return { name: describeName(name), problem }
      }
      return undefined
    },
  },
]

const utcTimeStart = Date.UTC(1950, 0, 1)
const utcTimeEnd = Date.UTC(2050, 0, 1)

/** Why a subjectAltName entry breaks RFC 5280 4.2.1.6, or undefined. */
function generalNameProblem(name: GeneralName): string | undefined {
  switch (name.type) {
    case 'dNSName': return dnsNameProblem(name.value, { wildcard: true })
    case 'iPAddress': return ipAddressText(name.value) === undefined ? 'an address of neither 4 nor 16 octets' : undefined
    case 'rfc822Name': return parseMailbox(name.value) === undefined ? 'not a mailbox' : undefined
    case 'otherName': {
      const mailbox = mailboxOf(name)
      return mailbox !== undefined && parseMailbox(mailbox.text, mailbox.utf8) === undefined ? 'not a mailbox' : undefined
    }
    case 'uniformResourceIdentifier':
      // "The name MUST NOT be a relative URI"; a scheme and something after it.
      return /^[A-Za-z][A-Za-z0-9+.-]*:./.test(name.value) ? undefined : 'not an absolute URI'
    default: return undefined
  }
}

const chainRules: readonly CertificateRule[] = [
  {
    // 6.1.4(k); a version 1 or 2 certificate has no such extension, and nothing else vouches for it here.
    code: 'path/not-a-ca', roles: issuers,
    check(certificate) {
      const constraints = certificate.get('basicConstraints')
      return constraints?.cA !== true && { reason: constraints === undefined ? 'no basicConstraints' : 'cA is FALSE' }
    },
  },
  {
    code: 'path/key-cert-sign-missing', roles: issuers,
    check: (certificate) => certificate.get('keyUsage')?.keyCertSign === false,
  },
  {
    // 6.1.4(a): anyPolicy neither maps nor is mapped to.
    code: 'path/policy-mapping-any', roles: issuers,
    check: (certificate) => certificate.get('policyMappings')?.some(({ issuerDomainPolicy, subjectDomainPolicy }) =>
      issuerDomainPolicy === anyPolicyOid || subjectDomainPolicy === anyPolicyOid) === true,
  },
]

const allRules: readonly CertificateRule[] = [...structureRules, ...fieldRules, ...webpkiRules, ...spiffeRules, ...chainRules]

/** The rules that a profile has on, for each role; made once a verifier. */
export interface RuleSet {
  readonly leaf: readonly CertificateRule[]
  readonly intermediate: readonly CertificateRule[]
  readonly anchor: readonly CertificateRule[]
}

export function ruleSetOf(profile: ResolvedProfile): RuleSet {
  const on = allRules.filter(({ code }) => !isSwitchable(code) || profile.has(code))
  const of = (role: CertificateRole): readonly CertificateRule[] => on.filter((rule) => rule.roles.includes(role))
  return Object.freeze({ leaf: of('leaf'), intermediate: of('intermediate'), anchor: of('anchor') })
}

/** RFC 5280 6.1.3(a)(2). Not among the rules of the table, since all of those hold whatever the time. */
export function dateFindings(certificate: Certificate, time: number): readonly CertificateFinding[] {
  const { notBefore, notAfter } = internals(certificate)
  // 4.1.2.5: seconds are the finest unit; the time of the check is rounded down to one.
  const now = Math.floor(time / 1000) * 1000
  if (notBefore <= now && now <= notAfter) return noFindings
  const at = new Date(time).toISOString()
  const findings: CertificateFinding[] = []
  if (now < notBefore) findings.push({ code: 'path/not-yet-valid', details: { notBefore: new Date(notBefore).toISOString(), time: at } })
  if (now > notAfter) findings.push({ code: 'path/expired', details: { notAfter: new Date(notAfter).toISOString(), time: at } })
  return findings
}

const noFindings: readonly CertificateFinding[] = Object.freeze([])

/** All broken rules of one certificate in one role but the dates; empty if it stands. */
export function judgeCertificate(
  certificate: Certificate, role: CertificateRole, rules: RuleSet, context: RuleContext,
): readonly CertificateFinding[] {
  const malformed = decodeFindings(certificate)
  if (malformed.length > 0) return malformed
  const findings: CertificateFinding[] = []
  for (const rule of rules[role]) {
    const broken = rule.check(certificate, context)
    if (broken !== undefined && broken !== false) findings.push({ code: rule.code, details: broken === true ? {} : broken })
  }
  const key = keyFinding(certificate, role, context)
  if (key !== undefined) findings.push(key)
  return findings
}

/** Every known extension and both names are decoded; what cannot be is a refusal with the parser’s code. */
function decodeFindings(certificate: Certificate): readonly CertificateFinding[] {
  try {
    certificate.decodeAll()
    decodeMailboxes(certificate)
    return noFindings
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return malformedParts(certificate)
  }
}

function decodeMailboxes(certificate: Certificate): void {
  for (const name of certificate.get('subjectAltName') ?? []) if (name.type === 'otherName') mailboxOf(name)
}

/** Each part that cannot be decoded. */
function malformedParts(certificate: Certificate): readonly CertificateFinding[] {
  const findings: CertificateFinding[] = []
  const note = (field: string, error: ParseError): void => {
    findings.push({ code: error.code, details: { field, ...parseDetails(error) } })
  }
  const attempt = (field: string, decode: () => void): void => {
    try {
      decode()
    } catch (error) {
      if (!(error instanceof ParseError)) throw error
      note(field, error)
    }
  }
  attempt('issuer', () => void certificate.issuer.rdns)
  attempt('subject', () => void certificate.subject.rdns)
  certificate.decodeExtensions(note)
  attempt('subjectAltName', () => decodeMailboxes(certificate))
  return findings
}

/**
 * The certificate’s own key under the algorithm policy. A leaf may hold a key that signs nothing here (for
 * encryption, or for an algorithm of the application’s): only what is broken or weak is refused there.
 */
function keyFinding(certificate: Certificate, role: CertificateRole, { algorithms }: RuleContext): CertificateFinding | undefined {
  const checked = checkKey(internals(certificate).spkiBytes, algorithms)
  if (checked.ok || (role === 'leaf' && checked.code === 'crypto/unsupported-algorithm')) return undefined
  return { code: checked.code, details: checked.details }
}
