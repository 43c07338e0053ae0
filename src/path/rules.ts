/**
 * Every rule that can refuse a path: its code, its clause, where it is switched on, and its rank.
 *
 * The order of this table is the rank: of several issues the one that stands first here is reported first,
 * whatever the order in which candidates were tried. It goes from exhausted budgets (nothing after them was
 * judged) over broken structures and keys to the path’s own rules, and ends with what is true of many paths at once.
 */

/** The profiles that ship with the library. */
export type ProfileName = 'rfc5280' | 'rfc5280-strict' | 'webpki' | 'spiffe'

/** Which profiles switch a rule on; a `fixed` rule cannot be switched off. */
const switches: Readonly<Record<string, 'fixed' | readonly ProfileName[]>> = {
  fixed: 'fixed',
  every: ['rfc5280', 'rfc5280-strict', 'webpki', 'spiffe'],
  strict: ['rfc5280-strict', 'webpki'],
  strictOnly: ['rfc5280-strict'],
  webpki: ['webpki'],
  spiffe: ['spiffe'],
  optIn: [],
}

const table = {
  // Exhausted budgets (design, "A budget bounds everything").
  'budget/deadline': { spec: 'VerifyRequest.deadline', on: 'fixed' },
  'budget/bytes': { spec: 'BudgetLimits.bytes', on: 'fixed' },
  'budget/candidates': { spec: 'BudgetLimits.candidates', on: 'fixed' },
  'budget/name-constraints': { spec: 'BudgetLimits.nameComparisons', on: 'fixed' },
  'budget/policy-nodes': { spec: 'BudgetLimits.policyNodes', on: 'fixed' },
  'budget/signatures': { spec: 'BudgetLimits.signatures', on: 'fixed' },
  'budget/search-steps': { spec: 'BudgetLimits.searchSteps', on: 'fixed' },
  'budget/path-certificates': { spec: 'BudgetLimits.pathCertificates', on: 'fixed' },

  // Structures that contradict themselves.
  'x509/duplicate-extension': { spec: 'RFC 5280 4.2', on: 'fixed' },
  'x509/algorithm-mismatch': { spec: 'RFC 5280 4.1.1.2', on: 'fixed' },
  'x509/version-mismatch': { spec: 'RFC 5280 4.1.2.1', on: 'fixed' },
  'webpki/version': { spec: 'CABF BR 7.1.1', on: 'webpki' },
  'x509/empty-subject': { spec: 'RFC 5280 4.1.2.6', on: 'strict' },
  'x509/empty-issuer': { spec: 'RFC 5280 4.1.2.4', on: 'fixed' },
  'path/precertificate': { spec: 'RFC 6962 3.1', on: 'fixed' },
  'path/unknown-critical-extension': { spec: 'RFC 5280 4.2', on: 'fixed' },

  // No path at all: issued only where no candidate reached an anchor.
  'path/leaf-is-anchor': { spec: 'RFC 5280 6.1', on: 'fixed' },
  'path/no-anchor': { spec: 'RFC 5280 6.1', on: 'fixed' },

  // Keys that are none.
  'crypto/malformed-key': { spec: 'RFC 5280 4.1.2.7', on: 'fixed' },
  'crypto/explicit-curve': { spec: 'RFC 5480 2.1.1', on: 'fixed' },
  'crypto/key-too-large': { spec: 'AlgorithmPolicy', on: 'fixed' },
  'crypto/weak-key': { spec: 'AlgorithmPolicy', on: 'fixed' },
  'crypto/malformed-algorithm': { spec: 'RFC 5280 4.1.1.2', on: 'fixed' },

  // An issuer that is no CA: the consequences in other fields come after the cause.
  'path/not-a-ca': { spec: 'RFC 5280 6.1.4(k)', on: 'fixed' },
  'path/key-cert-sign-missing': { spec: 'RFC 5280 6.1.4(n)', on: 'fixed' },

  // CA/Browser Forum Baseline Requirements.
  'webpki/leaf-is-ca': { spec: 'CABF BR 7.1.2.7.8', on: 'webpki' },
  'webpki/leaf-key-usage': { spec: 'CABF BR 7.1.2.7.11', on: 'webpki' },
  'webpki/root-authority-key-identifier': { spec: 'CABF BR 7.1.2.1.3', on: 'webpki' },
  'webpki/root-extended-key-usage': { spec: 'CABF BR 7.1.2.1.2', on: 'webpki' },
  'webpki/subject-alt-name-missing': { spec: 'CABF BR 7.1.2.7.12', on: 'webpki' },
  'webpki/subject-alt-name-critical': { spec: 'CABF BR 7.1.2.7.12', on: 'webpki' },
  'webpki/public-suffix-wildcard': { spec: 'CABF BR 3.2.2.6', on: 'webpki' },
  'webpki/extended-key-usage-missing': { spec: 'CABF BR 7.1.2.7.6', on: 'webpki' },
  'webpki/extended-key-usage-any': { spec: 'CABF BR 7.1.2.7.10', on: 'webpki' },
  'webpki/extended-key-usage-critical': { spec: 'CABF BR 7.1.2.7.6', on: 'webpki' },
  'webpki/leaf-key-algorithm': { spec: 'CABF BR 7.1.3.1', on: 'webpki' },
  'webpki/rsa-modulus-length': { spec: 'CABF BR 6.1.5', on: 'webpki' },

  // The issuer's duties about single fields (RFC 5280 4.1 and 4.2).
  'x509/serial-number': { spec: 'RFC 5280 4.1.2.2', on: 'strict' },
  'x509/time-encoding': { spec: 'RFC 5280 4.1.2.5', on: 'strict' },
  'x509/validity-order': { spec: 'RFC 5280 4.1.2.5', on: 'fixed' },
  'x509/authority-key-identifier-critical': { spec: 'RFC 5280 4.2.1.1', on: 'strict' },
  'x509/authority-key-identifier-missing': { spec: 'RFC 5280 4.2.1.1', on: 'strict' },
  'x509/cross-signed-anchor-without-key-identifier': { spec: 'RFC 5280 4.2.1.1', on: 'optIn' },
  'x509/authority-key-identifier-incomplete': { spec: 'RFC 5280 4.2.1.1', on: 'strict' },
  'x509/subject-key-identifier-critical': { spec: 'RFC 5280 4.2.1.2', on: 'strict' },
  'x509/subject-key-identifier-missing': { spec: 'RFC 5280 4.2.1.2', on: 'strict' },
  'x509/empty-key-usage': { spec: 'RFC 5280 4.2.1.3', on: 'strict' },
  'x509/duplicate-policy': { spec: 'RFC 5280 4.2.1.4', on: 'strict' },
  'x509/key-cert-sign-without-ca': { spec: 'RFC 5280 4.2.1.9', on: 'strict' },
  'x509/path-length-without-ca': { spec: 'RFC 5280 4.2.1.9', on: 'strict' },
  'x509/basic-constraints-not-critical': { spec: 'RFC 5280 4.2.1.9', on: 'strict' },
  'x509/name-constraints-in-leaf': { spec: 'RFC 5280 4.2.1.10', on: 'strict' },
  'x509/name-constraints-not-critical': { spec: 'RFC 5280 4.2.1.10', on: 'strictOnly' },
  'x509/name-constraints-empty': { spec: 'RFC 5280 4.2.1.10', on: 'strict' },
  'x509/policy-constraints-not-critical': { spec: 'RFC 5280 4.2.1.11', on: 'strict' },
  'x509/policy-constraints-empty': { spec: 'RFC 5280 4.2.1.11', on: 'strict' },
  'x509/inhibit-any-policy-not-critical': { spec: 'RFC 5280 4.2.1.14', on: 'strict' },
  'x509/subject-alt-name-not-critical': { spec: 'RFC 5280 4.2.1.6', on: 'strict' },
  'x509/subject-alt-name-malformed': { spec: 'RFC 5280 4.2.1.6', on: 'strict' },

  // SPIFFE X.509-SVID.
  'spiffe/uri-count': { spec: 'SPIFFE X509-SVID 2', on: 'spiffe' },
  'spiffe/id-malformed': { spec: 'SPIFFE-ID 2', on: 'spiffe' },
  'spiffe/leaf-is-ca': { spec: 'SPIFFE X509-SVID 4.1', on: 'spiffe' },
  'spiffe/leaf-key-usage': { spec: 'SPIFFE X509-SVID 4.3', on: 'spiffe' },

  // Signatures.
  'crypto/unsupported-algorithm': { spec: 'AlgorithmPolicy', on: 'fixed' },
  'crypto/key-mismatch': { spec: 'RFC 5280 6.1.3(a)(1)', on: 'fixed' },
  'crypto/invalid-signature': { spec: 'RFC 5280 6.1.3(a)(1)', on: 'fixed' },

  // The path's own rules (RFC 5280 6.1).
  'path/name-chaining': { spec: 'RFC 5280 6.1.3(a)(4)', on: 'fixed' },
  'path/path-length-exceeded': { spec: 'RFC 5280 6.1.4(l)', on: 'fixed' },
  'path/name-constraint-malformed': { spec: 'RFC 5280 4.2.1.10', on: 'fixed' },
  'path/name-constraint-unsupported': { spec: 'RFC 5280 4.2.1.10', on: 'fixed' },
  'path/name-malformed': { spec: 'RFC 5280 4.2.1.6', on: 'fixed' },
  'path/name-excluded': { spec: 'RFC 5280 6.1.3(c)', on: 'fixed' },
  'path/name-not-permitted': { spec: 'RFC 5280 6.1.3(b)', on: 'fixed' },
  'path/policy-mapping-any': { spec: 'RFC 5280 6.1.4(a)', on: 'fixed' },
  'path/explicit-policy-required': { spec: 'RFC 5280 6.1.5(g)', on: 'fixed' },
  'path/extended-key-usage': { spec: 'RFC 5280 4.2.1.12', on: 'fixed' },
  'path/extended-key-usage-not-nested': { spec: 'RFC 5280 4.2.1.12', on: 'every' },
  'path/key-usage': { spec: 'RFC 5280 4.2.1.3', on: 'fixed' },
  'path/not-yet-valid': { spec: 'RFC 5280 6.1.3(a)(2)', on: 'fixed' },
  'path/expired': { spec: 'RFC 5280 6.1.3(a)(2)', on: 'fixed' },
  'path/name-mismatch': { spec: 'RFC 9525 6', on: 'fixed' },

  // What misleads people only: nothing is matched against a common name.
  'webpki/common-name': { spec: 'CABF BR 7.1.4.3', on: 'webpki' },

  // Warnings, which refuse nothing.
  'path/candidate-unusable': { spec: 'RFC 5280 4.1', on: 'fixed' },
} as const

/** The code of a rule, stable across minor versions. */
export type RuleCode = keyof typeof table

/** All rules in rank order. */
export const ruleCodes: readonly RuleCode[] = Object.freeze(Object.keys(table) as RuleCode[])

const ranks = new Map<string, number>(ruleCodes.map((code, i) => [code, i]))

/** The clause that a rule enforces. */
export function specOf(code: RuleCode): string {
  return table[code].spec
}

/** True for a rule that a profile may switch. */
export function isSwitchable(code: RuleCode): boolean {
  return table[code].on !== 'fixed'
}

/** The switchable rules that a shipped profile has on. */
export function rulesOf(profile: ProfileName): ReadonlySet<RuleCode> {
  return new Set(ruleCodes.filter((code) => {
    const on = switches[table[code].on]!
    return on !== 'fixed' && on.includes(profile)
  }))
}

/**
 * The rank of an issue’s code; lower is reported first. Parse errors (`asn1/…`, `x509/…` of the parsers) come
 * right after the budgets: what could not be read was not judged.
 */
export function rankOf(code: string): number {
  return ranks.get(code) ?? ranks.get('x509/duplicate-extension')! - 0.5
}
