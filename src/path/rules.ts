/**
 * Every rule that can refuse a path: its code, its clause, where it is switched on, and its rank.
 *
 * The order of this table is the rank: of several issues the one that stands first here is reported first,
 * whatever the order in which candidates were tried. It goes from exhausted budgets (nothing after them was
 * judged) over broken structures and keys to the path’s own rules, and ends with what is true of many paths at once.
 */

/** The profiles that ship with the library. */
export type ProfileName = 'rfc5280' | 'rfc5280-strict' | 'webpki' | 'spiffe'

/** Which profiles switch a rule on. */
const switches: Readonly<Record<string, readonly ProfileName[]>> = {
  every: ['rfc5280', 'rfc5280-strict', 'webpki', 'spiffe'],
  strict: ['rfc5280-strict', 'webpki'],
  strictOnly: ['rfc5280-strict'],
  webpki: ['webpki'],
  spiffe: ['spiffe'],
  optIn: [],
}

/** Code: clause; and after a semicolon, for a rule that can be switched, where it is on. The others are always on. */
const table = {
  // Exhausted budgets (design, "A budget bounds everything").
  'budget/deadline': 'VerifyRequest.deadline',
  'budget/bytes': 'BudgetLimits.bytes',
  'budget/candidates': 'BudgetLimits.candidates',
  'budget/name-constraints': 'BudgetLimits.nameComparisons',
  'budget/policy-nodes': 'BudgetLimits.policyNodes',
  'budget/signatures': 'BudgetLimits.signatures',
  'budget/search-steps': 'BudgetLimits.searchSteps',
  'budget/path-certificates': 'BudgetLimits.pathCertificates',

  // Structures that contradict themselves.
  'x509/duplicate-extension': 'RFC 5280 4.2',
  'x509/algorithm-mismatch': 'RFC 5280 4.1.1.2',
  'x509/version-mismatch': 'RFC 5280 4.1.2.1',
  'webpki/version': 'CABF BR 7.1.1; webpki',
  'x509/empty-subject': 'RFC 5280 4.1.2.6; strict',
  'x509/empty-issuer': 'RFC 5280 4.1.2.4',
  'path/precertificate': 'RFC 6962 3.1',
  'path/unknown-critical-extension': 'RFC 5280 4.2',

  // No path at all: issued only where no candidate reached an anchor.
  'path/leaf-is-anchor': 'RFC 5280 6.1',
  'path/no-anchor': 'RFC 5280 6.1',

  // Revocation, judged on paths that stand otherwise: whatever is wrong with others, this is why there is none.
  'revocation/revoked': 'RFC 5280 6.3',
  'revocation/must-staple': 'RFC 7633 4.2.3.1',
  'revocation/undetermined': 'RFC 5280 6.3.3',
  'revocation/crl-number': 'RFC 5280 5.2.3; strictOnly',

  // Keys that are none.
  'crypto/malformed-key': 'RFC 5280 4.1.2.7',
  'crypto/explicit-curve': 'RFC 5480 2.1.1',
  'crypto/key-too-large': 'AlgorithmPolicy',
  'crypto/weak-key': 'AlgorithmPolicy',
  'crypto/malformed-algorithm': 'RFC 5280 4.1.1.2',

  // An issuer that is no CA: the consequences in other fields come after the cause.
  'path/not-a-ca': 'RFC 5280 6.1.4(k)',
  'path/key-cert-sign-missing': 'RFC 5280 6.1.4(n)',

  // CA/Browser Forum Baseline Requirements.
  'webpki/leaf-is-ca': 'CABF BR 7.1.2.7.8; webpki',
  'webpki/leaf-key-usage': 'CABF BR 7.1.2.7.11; webpki',
  'webpki/root-authority-key-identifier': 'CABF BR 7.1.2.1.3; webpki',
  'webpki/root-extended-key-usage': 'CABF BR 7.1.2.1.2; webpki',
  'webpki/subject-alt-name-missing': 'CABF BR 7.1.2.7.12; webpki',
  'webpki/subject-alt-name-critical': 'CABF BR 7.1.2.7.12; webpki',
  'webpki/public-suffix-wildcard': 'CABF BR 3.2.2.6; webpki',
  'webpki/extended-key-usage-missing': 'CABF BR 7.1.2.7.6; webpki',
  'webpki/extended-key-usage-any': 'CABF BR 7.1.2.7.10; webpki',
  'webpki/extended-key-usage-critical': 'CABF BR 7.1.2.7.6; webpki',
  'webpki/leaf-key-algorithm': 'CABF BR 7.1.3.1; webpki',
  'webpki/rsa-modulus-length': 'CABF BR 6.1.5; webpki',

  // The issuer's duties about single fields (RFC 5280 4.1 and 4.2).
  'x509/serial-number': 'RFC 5280 4.1.2.2; strict',
  'x509/time-encoding': 'RFC 5280 4.1.2.5; strict',
  'x509/validity-order': 'RFC 5280 4.1.2.5',
  'x509/authority-key-identifier-critical': 'RFC 5280 4.2.1.1; strict',
  'x509/authority-key-identifier-missing': 'RFC 5280 4.2.1.1; strict',
  'x509/cross-signed-anchor-without-key-identifier': 'RFC 5280 4.2.1.1; optIn',
  'x509/authority-key-identifier-incomplete': 'RFC 5280 4.2.1.1; strict',
  'x509/subject-key-identifier-critical': 'RFC 5280 4.2.1.2; strict',
  'x509/subject-key-identifier-missing': 'RFC 5280 4.2.1.2; strict',
  'x509/empty-key-usage': 'RFC 5280 4.2.1.3; strict',
  'x509/duplicate-policy': 'RFC 5280 4.2.1.4; strict',
  'x509/key-cert-sign-without-ca': 'RFC 5280 4.2.1.9; strict',
  'x509/path-length-without-ca': 'RFC 5280 4.2.1.9; strict',
  'x509/basic-constraints-not-critical': 'RFC 5280 4.2.1.9; strict',
  'x509/name-constraints-in-leaf': 'RFC 5280 4.2.1.10; strict',
  'x509/name-constraints-not-critical': 'RFC 5280 4.2.1.10; strictOnly',
  'x509/name-constraints-empty': 'RFC 5280 4.2.1.10; strict',
  'x509/policy-constraints-not-critical': 'RFC 5280 4.2.1.11; strict',
  'x509/policy-constraints-empty': 'RFC 5280 4.2.1.11; strict',
  'x509/inhibit-any-policy-not-critical': 'RFC 5280 4.2.1.14; strict',
  'x509/subject-alt-name-not-critical': 'RFC 5280 4.2.1.6; strict',
  'x509/subject-alt-name-malformed': 'RFC 5280 4.2.1.6; strict',

  // SPIFFE X.509-SVID.
  'spiffe/uri-count': 'SPIFFE X509-SVID 2; spiffe',
  'spiffe/id-malformed': 'SPIFFE-ID 2; spiffe',
  'spiffe/leaf-is-ca': 'SPIFFE X509-SVID 4.1; spiffe',
  'spiffe/leaf-key-usage': 'SPIFFE X509-SVID 4.3; spiffe',

  // Signatures.
  'crypto/unsupported-algorithm': 'AlgorithmPolicy',
  'crypto/key-mismatch': 'RFC 5280 6.1.3(a)(1)',
  'crypto/invalid-signature': 'RFC 5280 6.1.3(a)(1)',

  // The path's own rules (RFC 5280 6.1).
  'path/name-chaining': 'RFC 5280 6.1.3(a)(4)',
  'path/path-length-exceeded': 'RFC 5280 6.1.4(l)',
  'path/name-constraint-malformed': 'RFC 5280 4.2.1.10',
  'path/name-constraint-unsupported': 'RFC 5280 4.2.1.10',
  'path/name-malformed': 'RFC 5280 4.2.1.6',
  'path/name-excluded': 'RFC 5280 6.1.3(c)',
  'path/name-not-permitted': 'RFC 5280 6.1.3(b)',
  'path/policy-mapping-any': 'RFC 5280 6.1.4(a)',
  'path/explicit-policy-required': 'RFC 5280 6.1.5(g)',
  'path/extended-key-usage': 'RFC 5280 4.2.1.12',
  'path/extended-key-usage-not-nested': 'RFC 5280 4.2.1.12; every',
  'path/key-usage': 'RFC 5280 4.2.1.3',
  'path/not-yet-valid': 'RFC 5280 6.1.3(a)(2)',
  'path/expired': 'RFC 5280 6.1.3(a)(2)',
  'path/name-mismatch': 'RFC 9525 6',

  // What misleads people only: nothing is matched against a common name.
  'webpki/common-name': 'CABF BR 7.1.4.3; webpki',

  // Warnings, which refuse nothing.
  'path/candidate-unusable': 'RFC 5280 4.1',
  'path/issuer-not-fetched': 'RFC 5280 4.2.2.1',
} as const

/** The code of a rule, stable across minor versions. */
export type RuleCode = keyof typeof table

/** All rules in rank order. */
export const ruleCodes: readonly RuleCode[] = Object.freeze(Object.keys(table) as RuleCode[])

const ranks = new Map<string, number>(ruleCodes.map((code, i) => [code, i]))

type Row = readonly [spec: string, on: readonly ProfileName[] | undefined]

const rows = new Map<RuleCode, Row>()

/** The clause that a rule enforces, and the profiles that switch it on, undefined for a rule that cannot be switched. */
function rowOf(code: RuleCode): Row {
  let row = rows.get(code)
  if (row === undefined) {
    const [spec, on] = table[code].split('; ') as [string, string?]
    rows.set(code, (row = [spec, on === undefined ? undefined : switches[on]!]))
  }
  return row
}

/** The clause that a rule enforces. */
export function specOf(code: RuleCode): string {
  return rowOf(code)[0]
}

/** True for a rule that a profile may switch. */
export function isSwitchable(code: RuleCode): boolean {
  return rowOf(code)[1] !== undefined
}

/** The switchable rules that a shipped profile has on. */
export function rulesOf(profile: ProfileName): ReadonlySet<RuleCode> {
  return new Set(ruleCodes.filter((code) => rowOf(code)[1]?.includes(profile)))
}

/**
 * The rank of an issue’s code; lower is reported first. Parse errors (`asn1/…`, `x509/…` of the parsers) come
 * right after the budgets: what could not be read was not judged.
 */
export function rankOf(code: string): number {
  return ranks.get(code) ?? ranks.get('x509/duplicate-extension')! - 0.5
}
