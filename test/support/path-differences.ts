/**
 * What other verifiers see differently in the scenarios of `path-scenarios.ts`. A rule tells it away: what remains of the scenario, its twin, both
 * must judge alike. Each has a section in `docs/path-differences.md`.
 */
import type { Rule as RuleOf } from './differences.ts'
import type { CertificateSpec, NameSpec, Scenario } from './path-scenarios.ts'

type Rule = RuleOf<Scenario>

/** Changes the certificates that it concerns. */
function onCertificates(
  name: string, concerns: (one: CertificateSpec, i: number, scenario: Scenario) => boolean, change: (one: CertificateSpec) => CertificateSpec,
): Rule {
  return { name, twin: (scenario) => {
    if (!scenario.chain.some((one, i) => concerns(one, i, scenario))) return scenario
    return { ...scenario, chain: scenario.chain.map((one, i) => (concerns(one, i, scenario) ? change(one) : one)) }
  } }
}

/** Takes subtrees out of name constraints; of none that are left the extension goes. */
function withoutSubtrees(name: string, concerns: (base: NameSpec) => boolean): Rule {
  return onCertificates(name, ({ constraints }) => constraints !== undefined && [...constraints.permitted, ...constraints.excluded].some(concerns), ({ constraints, ...one }) => {
    const [permitted, excluded] = [constraints!.permitted, constraints!.excluded].map((list) => list.filter((base) => !concerns(base))) as [NameSpec[], NameSpec[]]
    return permitted.length + excluded.length === 0 ? one : { ...one, constraints: { permitted, excluded } }
  })
}

const directories = withoutSubtrees('directory-subtrees', (base) => 'directory' in base)

/** Beside Go’s crypto/x509. */
export const goRules: readonly Rule[] = [
  directories,
  withoutSubtrees('a-host-and-what-is-below-it', (base) => ('email' in base && !/[@]|^\./.test(base.email)) || ('uri' in base && !base.uri.startsWith('.'))),
  onCertificates('spelling-of-names', ({ spelling }) => spelling !== undefined, ({ spelling: _, ...one }) => one),
  onCertificates('self-issued-certificates', ({ selfIssued }) => selfIssued === true, ({ selfIssued: _, ...one }) => one),
]

/** Beside OpenSSL’s command line. */
export const opensslRules: readonly Rule[] = [
  onCertificates('key-identifier', ({ identifier, selfIssued }, _, { chain }) =>
    identifier === 'wrong' || (identifier === 'absent' && (selfIssued === true || chain.some((other) => other.selfIssued === true))), (one) => ({ ...one, identifier: 'right' })),
  onCertificates('any-purpose', ({ purposes }) =>
    purposes?.includes('any') === true && !purposes.includes('serverAuth'), (one) => ({ ...one, purposes: [...one.purposes!, 'serverAuth'] })),
  { name: 'one-path-of-several', twin: (scenario) => (scenario.extras.length === 0 ? scenario : { ...scenario, extras: [] }) },
  onCertificates('a-wildcard-beside-an-excluded-host', ({ names }) => names.some((one) => 'dns' in one && one.dns.startsWith('*.')), (one) => ({
    ...one, names: one.names.map((of) => ('dns' in of && of.dns.startsWith('*.') ? { dns: `www.${of.dns.slice(2)}` } : of)),
  })),
]
