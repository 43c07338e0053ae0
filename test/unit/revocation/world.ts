/** One small PKI, and a question about its leaf: what the tests of revocation share. */
import { createVerifier, parseCertificate } from '../../../src/verify/index.ts'
import type { Verdict, Verifier } from '../../../src/verify/index.ts'
import { verifySync } from '../../../src/node/index.ts'
import { createRevocationChecker } from '../../../src/revocation/index.ts'
import type { CertificateRevocation, RevocationCheckerOptions } from '../../../src/revocation/index.ts'
import { encodeInteger } from '../../../src/asn1/index.ts'
import { bc, eku, issue, ku, makeKeys, name } from '../../../fixtures/issue.ts'
import type { Bytes, Ext, Keys, Template } from '../../../fixtures/issue.ts'
import { day, makeCrl, now } from '../../../fixtures/revoke.ts'
import type { CrlTemplate } from '../../../fixtures/revoke.ts'

export const rootKeys: Keys = makeKeys('revocation root')
export const caKeys: Keys = makeKeys('revocation ca')
export const leafKeys: Keys = makeKeys('revocation leaf')
export const strangerKeys: Keys = makeKeys('revocation stranger')
export const ocspSigning = '1.3.6.1.5.5.7.3.9'
export const leafSerial = 0x1234

export function certificate(
  subject: string, issuer: string, keys: Keys, signer: Keys, extensions: readonly Ext[], serial: number, more: Partial<Template> = {},
): Bytes {
  return issue({ subject: name(subject), issuer: name(issuer), keys, signer, extensions, serial: encodeInteger(serial), ...more })
}

const caExtensions: readonly Ext[] = [bc(true), ku(0x60)]
export const root: Bytes = certificate('Root', 'Root', rootKeys, rootKeys, caExtensions, 1)
export const ca: Bytes = certificate('CA', 'Root', caKeys, rootKeys, caExtensions, 2)
export const leaf: Bytes = leafWith()
export const rootCrl: Bytes = makeCrl({ issuer: name('Root'), signer: rootKeys })

export function leafWith(...extensions: readonly Ext[]): Bytes {
  return certificate('leaf', 'CA', leafKeys, caKeys, [ku(1), eku('1.3.6.1.5.5.7.3.1'), ...extensions], leafSerial)
}

/** A list of the CA. */
export function caCrl(more: Partial<CrlTemplate> = {}): Bytes {
  return makeCrl({ issuer: name('CA'), signer: caKeys, ...more })
}

/** The list of the CA that has the leaf on it. */
export function revokedCrl(more: Partial<CrlTemplate> & { readonly reason?: number } = {}): Bytes {
  const { reason = 1, ...rest } = more
  return caCrl({ entries: [{ serial: leafSerial, reason }], ...rest })
}

export interface Question extends Partial<RevocationCheckerOptions> {
  readonly leaf?: Bytes
  /** Sent beside the CA’s certificate. */
  readonly more?: readonly Bytes[]
  /** In place of the CA’s certificate. */
  readonly ca?: Bytes
  /** The lists of the root; default one that names nobody. */
  readonly rootLists?: readonly Bytes[]
  readonly stapled?: Bytes
  readonly profile?: 'rfc5280' | 'rfc5280-strict'
  readonly purpose?: string
  readonly time?: number
}

export function verifierFor(question: Question): Verifier {
  const { leaf: _, more: __, ca: ___, stapled: ____, time: _____, rootLists = [rootCrl], profile = 'rfc5280', purpose = 'serverAuth', ...options } = question
  const revocation = createRevocationChecker({ mode: 'hard', ...options, crls: [...rootLists, ...options.crls ?? []] })
  return createVerifier({ anchors: [root], purpose, profile, revocation })
}

/** Asks, in both drivers, whose verdicts must be equal. */
export async function ask(question: Question, verifier: Verifier = verifierFor(question)): Promise<Verdict> {
  const request = {
    leaf: question.leaf ?? leaf, intermediates: [question.ca ?? ca, ...question.more ?? []], names: 'unchecked' as const, time: question.time ?? now,
    ...(question.stapled === undefined ? {} : { ocspResponse: question.stapled }),
  }
  const verdict = await verifier.verify(request)
  if (question.fetch === undefined) {
    const other = JSON.stringify(verifySync(verifierFor(question), request))
    if (JSON.stringify(verdict) !== other) throw new Error(`the drivers differ: ${JSON.stringify(verdict)} ${other}`)
  }
  return verdict
}

/** The status of the leaf and the codes of what was of no use: `good`, `undetermined crl/expired`. */
export async function statusOf(question: Question, verifier?: Verifier): Promise<string> {
  const verdict = await ask(question, verifier)
  const found = foundAbout(verdict)
  if (found === undefined) return verdict.ok ? 'accepted' : verdict.code
  return [found.status, found.reason ?? '', found.missingReasons === undefined ? '' : 'some', ...found.attempts.map(({ code }) => code)].filter((word) => word !== '').join(' ')
}

/** What the verdict says about the leaf. */
export function foundAbout(verdict: Verdict): CertificateRevocation | undefined {
  const all = verdict.ok ? verdict.revocation : verdict.attempts[0]?.revocation ?? 'none'
  return all === 'none' ? undefined : all.find(({ certificate: { serialNumber } }) => serialNumber === parseCertificate(leaf).serialNumber)
}

export { day, now }
