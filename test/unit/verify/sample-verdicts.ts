/** Verdicts made by hand: what the presentation must cope with, without a single signature. */
import type { Attempt, CertificateReference, CertificateRole, Issue } from '../../../src/path/issue.ts'
import type { AcceptedVerdict, RefusedVerdict } from '../../../src/verify/types.ts'

const cost = { signatures: 3, searchSteps: 12, nameComparisons: 4, policyNodes: 1 }

export function reference(role: CertificateRole, subject: string, issuer: string = subject): CertificateReference {
  let hash = 0
  for (const character of `${subject}|${issuer}`) hash = (hash * 31 + character.codePointAt(0)!) >>> 0
  return { role, subject, issuer, serialNumber: '1f', sha256: hash.toString(16).padStart(8, '0').repeat(8) }
}

export function issue(code: string, certificate?: CertificateReference, details: Issue['details'] = {}): Issue {
  const base = { code: code as Issue['code'], severity: 'error', spec: 'RFC 5280 6.1.3(a)(2)', details } as const
  return certificate === undefined ? base : { ...base, certificate }
}

export function refused(attempts: readonly Attempt[], extra: readonly Issue[] = [], attemptsOmitted: number = 0): RefusedVerdict {
  const issues = [...extra, ...attempts.flatMap((attempt) => attempt.issues)]
  const verdict = { ok: false as const, code: issues[0]!.code, issues, attempts, attemptsOmitted, cost }
  return { ...verdict, toJSON: () => verdict }
}

export function attempt(path: CertificateReference[], anchor: CertificateReference | undefined, issues: Issue[],
  signaturesChecked: boolean = false): Attempt {
  const base = { path, issues, signaturesChecked }
  return anchor === undefined ? base : { ...base, anchor }
}

const rootA = reference('anchor', 'CN=Root A,O=Example Trust,C=DE')
const rootB = reference('anchor', 'CN=Root B,O=Other Trust,C=FR')
const mid1 = reference('intermediate', 'CN=Issuing CA 1,O=Example Trust,C=DE', 'CN=Root A')
const cross = reference('intermediate', 'CN=Root A,O=Example Trust,C=DE', 'CN=Root B')
const leaf = reference('leaf', 'CN=www.example.com,O=Example\\, Inc.,C=DE', mid1.subject)

/** A cross-sign, an expired intermediate, a bad signature, and a path that ends nowhere. */
export const busy: RefusedVerdict = refused([
  attempt([leaf, mid1], rootA, [
    issue('path/expired', mid1, { notAfter: '2025-01-01T00:00:00.000Z', time: '2026-02-01T00:00:00.000Z' }),
  ]),
  attempt([leaf, mid1, cross], rootB, [
    issue('path/expired', mid1, { notAfter: '2025-01-01T00:00:00.000Z', time: '2026-02-01T00:00:00.000Z' }),
    issue('crypto/invalid-signature', cross, {}),
  ], true),
  attempt([leaf, reference('intermediate', 'CN=Issuing CA 1,O=Example Trust,C=DE', 'CN=Nobody')], undefined, [
    issue('path/no-anchor', undefined, { issuer: 'CN=Nobody' }),
  ]),
], [], 2)

export const evil = '</svg><script>alert(1)</script>\x1b[31m\u202e%%{init: {}}%%"]'
export const hostileLeaf: CertificateReference = reference('leaf', `CN=${evil}`, 'CN=\x1b]0;owned\x07')
export const hostile: RefusedVerdict = refused([
  attempt([hostileLeaf], reference('anchor', `O=${evil}`), [
    issue('path/name-mismatch', hostileLeaf, { wanted: 'dns:example.com', found: [evil, { [evil]: evil }] }),
    issue(`x/${evil}`),
  ]),
])

export const malformed: RefusedVerdict = refused([], [
  issue('asn1/truncated', undefined, { offset: 17, expected: '300 content octets', field: 'Certificate' }),
])

/** Two CAs that certify each other. */
const loopA = reference('intermediate', 'CN=Loop A', 'CN=Loop B')
const loopB = reference('intermediate', 'CN=Loop B', 'CN=Loop A')
export const loop: RefusedVerdict = refused([
  attempt([leaf, loopA, loopB], undefined, [issue('path/no-anchor')]),
  attempt([leaf, loopB, loopA], undefined, [issue('path/no-anchor')]),
])

export const accepted: AcceptedVerdict = ((): AcceptedVerdict => {
  const json = { ok: true, path: [leaf, mid1], anchor: rootA, policies: ['2.5.29.32.0'], revocation: 'none', cost }
  return {
    ok: true,
    path: [],
    anchor: {},
    identities: [{ type: 'dns', value: 'www.example.com' }, { type: 'dns', value: 'example.com' }],
    policies: ['2.5.29.32.0'],
    revocation: 'none',
    validUntil: new Date('2027-01-01T00:00:00Z'),
    warnings: [],
    cost,
    toJSON: () => json,
  } as unknown as AcceptedVerdict
})()
