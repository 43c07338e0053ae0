/**
 * Findings about single certificates, remembered: for one verification, and, but for the dates, for as long as the
 * certificate itself where a verifier knows it will meet it again.
 */
import type { Certificate } from '../x509/index.ts'
import { dateFindings, judgeCertificate } from './certificate-rules.ts'
import type { RuleContext } from './certificate-rule.ts'
import type { CertificateFinding, RuleSet } from './certificate-rules.ts'
import type { CertificateRole } from './issue.ts'

type Findings = readonly CertificateFinding[]

/** What `Judgements` needs of the verification. */
export interface JudgingContext extends RuleContext {
  readonly rules: RuleSet
}

/** Findings that do not depend on the time, by certificate, for one role and one verifier. Its entries go with their certificates. */
export class LastingJudgements {
  readonly #roles = { leaf: new WeakMap<Certificate, Findings>(), intermediate: new WeakMap<Certificate, Findings>(), anchor: new WeakMap<Certificate, Findings>() }

  get(certificate: Certificate, role: CertificateRole): readonly CertificateFinding[] | undefined {
    return this.#roles[role].get(certificate)
  }

  set(certificate: Certificate, role: CertificateRole, findings: readonly CertificateFinding[]): void {
    this.#roles[role].set(certificate, findings)
  }
}

export class Judgements {
  readonly #lasting: LastingJudgements | undefined
  readonly #isLasting: (certificate: Certificate) => boolean
  #leaf: { readonly certificate: Certificate; readonly findings: Findings } | undefined
  readonly #roles: { [role in Exclude<CertificateRole, 'leaf'>]?: Map<Certificate, Findings> } = {}

  /** `lasting` is read and written for the certificates that `isLasting` names. */
  constructor(lasting?: LastingJudgements, isLasting: (certificate: Certificate) => boolean = () => false) {
    this.#lasting = lasting
    this.#isLasting = isLasting
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
    let timeless = this.#lasting?.get(certificate, role)
    if (timeless === undefined) {
      timeless = judgeCertificate(certificate, role, context.rules, context)
      if (this.#lasting !== undefined && this.#isLasting(certificate)) this.#lasting.set(certificate, role, timeless)
    }
    const dates = dateFindings(certificate, context.time)
    return dates.length === 0 ? timeless : [...timeless, ...dates]
  }
}
