/**
 * Findings about single certificates, remembered: for one verification, and, but for the dates, for as long as the
 * certificate itself where a verifier knows it will meet it again. With them whom the leaf does not name:
 * it may have ten thousands of names, and stand in hundreds of paths.
 */
import type { Certificate } from '../x509/index.ts'
import { dateFindings, judgeCertificate } from './certificate-rules.ts'
import type { RuleContext } from './certificate-rule.ts'
import type { CertificateFinding, RuleSet } from './certificate-rules.ts'
import type { CertificateRole, JsonValue } from './issue.ts'

type Findings = readonly CertificateFinding[]

/** What `Judgements` needs of the verification. */
export interface JudgingContext extends RuleContext {
  readonly rules: RuleSet
}

/** Where findings that do not depend on the time outlast a verification, for one verifier. It keeps those of the certificates it wants. */
export interface LastingJudgements {
  findingsOf(certificate: Certificate, role: CertificateRole): readonly CertificateFinding[] | undefined
  keepFindings(certificate: Certificate, role: CertificateRole, findings: readonly CertificateFinding[]): void
}

export class Judgements {
  readonly #lasting: LastingJudgements | undefined
  #leaf: { readonly certificate: Certificate; readonly findings: Findings } | undefined
  /** Expected names that the leaf has not. */
  unmatched: { readonly leaf: Certificate; readonly names: readonly JsonValue[] } | undefined
  readonly #roles: { [role in Exclude<CertificateRole, 'leaf'>]?: Map<Certificate, Findings> } = {}

  constructor(lasting?: LastingJudgements) {
    this.#lasting = lasting
  }

  /** All broken rules of a certificate in a role; empty if it stands. */
  of(certificate: Certificate, role: CertificateRole, context: JudgingContext): readonly CertificateFinding[] {
    if (role === 'leaf' && this.#leaf?.certificate === certificate) return this.#leaf.findings
    const known = role === 'leaf' ? undefined : this.#roles[role]?.get(certificate)
    if (known !== undefined) return known
    const findings = this.#judge(certificate, role, context)
    if (role === 'leaf') this.#leaf = { certificate, findings }
    else (this.#roles[role] ??= new Map()).set(certificate, findings)
    return findings
  }

  #judge(certificate: Certificate, role: CertificateRole, context: JudgingContext): Findings {
    let timeless = this.#lasting?.findingsOf(certificate, role)
    if (timeless === undefined) {
      timeless = judgeCertificate(certificate, role, context.rules, context)
      this.#lasting?.keepFindings(certificate, role, timeless)
    }
    const dates = dateFindings(certificate, context.time)
    return dates.length === 0 ? timeless : [...timeless, ...dates]
  }
}
