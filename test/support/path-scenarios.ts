/**
 * Situations in which a path is built and judged: sane ones of several kinds, each with up to four things changed. A scenario is plain
 * data, so that a difference between two verifiers can be told by what stands in it.
 */
import { encodeContext, encodeContextPrimitive, encodeInteger, encodeNull, encodeSequence } from '../../src/asn1/index.ts'
import * as Tag from '../../src/asn1/tag.ts'
import { aki, attribute, bc, dns, eku, email, ip, issue, ku, makeKeys, mappings, name, nc, oid, policies, san, ski, time, uri } from '../../fixtures/issue.ts'
import type { Bytes, Ext, Keys } from '../../fixtures/issue.ts'
import { pick } from './random.ts'
import type { Choices } from './random.ts'

/** A name, or the base of a subtree: `ip` is an address, or an address and a mask. */
export type NameSpec =
  | { readonly dns: string } | { readonly email: string } | { readonly uri: string } | { readonly ip: readonly number[] } | { readonly directory: string }

export interface ConstraintSpec {
  readonly permitted: readonly NameSpec[]
  readonly excluded: readonly NameSpec[]
}

export interface CertificateSpec {
  /** basicConstraints. */
  readonly ca: boolean | 'absent'
  readonly pathLength?: number
  readonly usage: 'keyCertSign' | 'digitalSignature' | 'absent'
  /** Names of extended key usages; undefined for no extension. */
  readonly purposes?: readonly (keyof typeof purposeOids)[]
  readonly date: 'current' | 'expired' | 'future'
  readonly intact: boolean
  readonly identifier: 'right' | 'wrong' | 'absent'
  readonly names: readonly NameSpec[]
  readonly constraints?: ConstraintSpec
  readonly policies?: readonly string[]
  readonly mapped?: readonly (readonly [string, string])[]
  readonly requireExplicit?: number
  readonly inhibitMapping?: number
  readonly inhibitAny?: number
  /** Its subject is its issuer’s name. */
  readonly selfIssued?: boolean
  /** How it spells the name of its issuer: as that does, in other case, with other spaces, or in another type of string. */
  readonly spelling?: 'case' | 'spaces' | 'type'
  /** Under a critical extension that nobody knows. */
  readonly critical?: boolean
}

/**
 * Beside the path, about the intermediate at `at`: another CA of its name; itself, expired, or allowed to name nothing, or with no path below it;
 * itself by another root that is trusted, or by one that is not; or its issuer, certified by it.
 */
export interface ExtraSpec {
  readonly kind: 'namesake' | 'expired' | 'excluding' | 'short' | 'other-root' | 'strange-root' | 'loop'
  readonly at: number
}

export interface Scenario {
  /** From the one that the root issued, down to the leaf. */
  readonly chain: readonly CertificateSpec[]
  readonly extras: readonly ExtraSpec[]
  /** Extras before the path in what the peer sends. */
  readonly extrasFirst: boolean
  readonly host: string
  /** Policies of which one is asked for; undefined for any. */
  readonly policy?: string
}

const purposeOids = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2', emailProtection: '1.3.6.1.5.5.7.3.4', any: '2.5.29.37.0' } as const
export const anyPolicy = '2.5.29.32.0'
export const gold = '1.3.6.1.4.1.55555.2.1'
const silver = '1.3.6.1.4.1.55555.2.2'

// What the sane ones are made of.

const host = 'www.shop.example'
const intermediate: CertificateSpec = { ca: true, usage: 'keyCertSign', date: 'current', intact: true, identifier: 'right', names: [] }
const leaf: CertificateSpec = {
  ca: false, usage: 'digitalSignature', purposes: ['serverAuth'], date: 'current', intact: true, identifier: 'right', names: [{ dns: host }],
}
const calm = (...above: readonly CertificateSpec[]): Scenario => ({ chain: [...above, leaf], extras: [], extrasFirst: false, host })
const everywhere = (scenario: Scenario, more: Partial<CertificateSpec>): Scenario => ({ ...scenario, chain: scenario.chain.map((one) => ({ ...one, ...more })) })

const kinds: readonly Scenario[] = [
  calm(intermediate),
  calm(intermediate, intermediate),
  calm({ ...intermediate, pathLength: 2 }, { ...intermediate, pathLength: 1 }, { ...intermediate, pathLength: 0 }),
  calm({ ...intermediate, purposes: ['serverAuth', 'clientAuth'] }, { ...intermediate, purposes: ['serverAuth'] }),
  calm({ ...intermediate, constraints: { permitted: [{ dns: 'shop.example' }], excluded: [{ dns: 'pay.shop.example' }] } }, intermediate),
  calm(intermediate, { ...intermediate, constraints: { permitted: [{ dns: 'example' }, { ip: [10, 0, 0, 0, 255, 0, 0, 0] }, { email: 'shop.example' }], excluded: [] } }),
  { ...calm(intermediate, intermediate), extras: [{ kind: 'namesake', at: 1 }, { kind: 'loop', at: 1 }] },
  { ...calm(intermediate, intermediate), extras: [{ kind: 'other-root', at: 1 }, { kind: 'expired', at: 1 }], extrasFirst: true },
  { ...everywhere(calm(intermediate, intermediate), { policies: [gold] }), policy: gold },
  { ...everywhere(calm({ ...intermediate, requireExplicit: 0 }, intermediate), { policies: [gold, silver] }) },
  calm(intermediate, { ...intermediate, selfIssued: true }),
]

type Change = (scenario: Scenario, choices: Choices) => Scenario

/** Changes one certificate: any, an intermediate, or the leaf. */
function on(which: 'any' | 'intermediate' | 'leaf', change: (one: CertificateSpec, choices: Choices) => CertificateSpec): Change {
  return (scenario, choices) => {
    const last = scenario.chain.length - 1
    const at = which === 'leaf' ? last : choices.below(which === 'any' ? last + 1 : last)
    return { ...scenario, chain: scenario.chain.map((one, i) => (i === at ? change(one, choices) : one)) }
  }
}

const subtrees: readonly NameSpec[] = [
  { dns: 'shop.example' }, { dns: 'example' }, { dns: 'other.example' }, { dns: '' }, { dns: host }, { dns: 'SHOP.example' }, { email: 'shop.example' },
  { email: '.shop.example' }, { email: 'owner@shop.example' }, { ip: [10, 1, 0, 0, 255, 255, 0, 0] }, { ip: [192, 0, 2, 0, 255, 255, 255, 0] },
  { uri: 'shop.example' }, { uri: '.shop.example' }, { directory: 'CA 0' }, { directory: 'leaf' },
]
const someNames: readonly NameSpec[] = [
  { dns: host }, { dns: '*.shop.example' }, { dns: 'shop.example' }, { dns: 'pay.shop.example' }, { dns: 'www.other.example' }, { dns: 'WWW.Shop.Example' },
  { email: 'owner@shop.example' }, { email: 'owner@mail.shop.example' }, { email: 'Owner@SHOP.example' }, { ip: [10, 1, 2, 3] }, { ip: [192, 0, 2, 7] },
  { uri: 'https://www.shop.example/a' }, { uri: 'https://shop.example:8443/' }, { uri: 'https://www.other.example/' },
  { directory: 'leaf' }, { directory: 'CA 0' },
]

const changes: readonly Change[] = [
  on('any', (one, choices) => ({ ...one, date: pick(choices, ['expired', 'future']) })),
  on('any', (one) => ({ ...one, intact: false })),
  on('any', (one, choices) => ({ ...one, identifier: pick(choices, ['wrong', 'absent']) })),
  on('any', (one) => ({ ...one, critical: true })),
  on('any', (one, choices) => ({ ...one, spelling: pick(choices, ['case', 'spaces', 'type']) })),
  on('leaf', (one) => ({ ...one, names: [] })),
  on('intermediate', (one, choices) => ({ ...one, ca: pick(choices, [false, 'absent'] as const) })),
  on('intermediate', (one, choices) => ({ ...one, usage: pick(choices, ['digitalSignature', 'absent']) })),
  on('intermediate', (one, choices) => ({ ...one, pathLength: choices.below(3) })),
  on('intermediate', (one) => ({ ...one, selfIssued: true })),
  on('leaf', (one, choices) => ({ ...one, usage: pick(choices, ['keyCertSign', 'absent']) })),
  on('leaf', (one, choices) => ({ ...one, ca: pick(choices, [true, 'absent'] as const) })),
  on('any', ({ purposes: _, ...one }, choices) => {
    const purposes = pick<readonly (keyof typeof purposeOids)[] | undefined>(choices, [undefined, ['clientAuth'], ['any'], ['emailProtection', 'any'], ['serverAuth', 'clientAuth']])
    return { ...one, ...(purposes && { purposes }) }
  }),
  ...['permitted', 'excluded', 'permitted', 'excluded'].map((which) => on('intermediate', (one, choices) => {
    const constraints = one.constraints ?? { permitted: [], excluded: [] }
    return { ...one, constraints: { ...constraints, [which]: [...constraints[which as 'permitted'], pick(choices, subtrees)] } }
  })),
  ...[0, 1, 2].map(() => on('any', (one, choices) => ({ ...one, names: [...one.names, pick(choices, someNames)] }))),
  on('leaf', (one, choices) => ({ ...one, names: [pick(choices, someNames)] })),
  on('any', (one, choices) => ({ ...one, policies: pick(choices, [[], [gold], [silver], [gold, silver], [anyPolicy], [silver, anyPolicy]]) })),
  on('intermediate', (one, choices) => ({ ...one, mapped: [pick(choices, [[gold, silver], [silver, gold], [gold, gold]] as const)] })),
  on('any', (one, choices) => ({ ...one, requireExplicit: choices.below(3) })),
  on('intermediate', (one, choices) => ({ ...one, inhibitMapping: choices.below(2) })),
  on('intermediate', (one, choices) => ({ ...one, inhibitAny: choices.below(2) })),
  (scenario, choices) => ({ ...scenario, policy: pick(choices, [gold, silver]) }),
  (scenario, choices) => ({ ...scenario, host: pick(choices, ['shop.example', 'pay.shop.example', 'WWW.shop.example', 'a.www.shop.example', 'www.shop.example']) }),
  ...[0, 1].map((): Change => (scenario, choices) => ({ ...scenario, extras: [...scenario.extras, {
    kind: pick(choices, ['namesake', 'expired', 'excluding', 'short', 'other-root', 'strange-root', 'loop']), at: choices.below(scenario.chain.length - 1),
  }] })),
  (scenario) => ({ ...scenario, extrasFirst: !scenario.extrasFirst }),
]

export function makeScenario(choices: Choices): Scenario {
  let scenario = pick(choices, kinds)
  for (let left = choices.below(5); left > 0; left--) scenario = pick(choices, changes)(scenario, choices)
  return scenario
}

// What they are in bytes.

const keys = { root: makeKeys('path root'), other: makeKeys('path other root'), strange: makeKeys('path strange root'), namesake: makeKeys('path namesake') } as const
const keysAt = Array.from({ length: 4 }, (_, i) => makeKeys(`path certificate ${i}`))

function rootOf(subject: string, own: Keys): Bytes {
  return issue({ subject: name(subject), issuer: name(subject), keys: own, signer: own, serial: encodeInteger(1), extensions: [ski(own.id), bc(true), ku(0x60)] })
}

/** Those that are trusted. */
export const roots: readonly Bytes[] = [rootOf('Root', keys.root), rootOf('Other Root', keys.other)]

export interface Material {
  readonly leaf: Bytes
  readonly intermediates: readonly Bytes[]
}

export function materialOf({ chain, extras, extrasFirst }: Scenario): Material {
  const placed = chain.map((spec, i) => ({ spec, own: keysAt[i]!, number: 10 + i }))
  const subjects: string[] = []
  for (const [i, { selfIssued }] of chain.entries()) subjects.push(i === chain.length - 1 ? 'leaf' : selfIssued === true ? subjects[i - 1] ?? 'Root' : `CA ${i}`)
  const issuerOf = (i: number): { readonly subject: string; readonly own: Keys } =>
    i === 0 ? { subject: 'Root', own: keys.root } : { subject: subjects[i - 1]!, own: keysAt[i - 1]! }
  const path = placed.map(({ spec, own, number }, i) => certify(subjects[i]!, own, issuerOf(i), number, spec))
  const beside = extras.map(({ kind, at }, i) => {
    const spec = chain[at]!
    const [subject, own, issuer] = [subjects[at]!, keysAt[at]!, issuerOf(at)]
    const number = 100 + i
    switch (kind) {
      case 'namesake': return certify(subject, keys.namesake, issuer, number, intermediate)
      case 'expired': return certify(subject, own, issuer, number, { ...spec, date: 'expired' })
      case 'excluding': return certify(subject, own, issuer, number, { ...spec, constraints: { permitted: [], excluded: [{ dns: '' }] } })
      case 'short': return certify(subject, own, issuer, number, { ...spec, pathLength: 0 })
      case 'other-root': return certify(subject, own, { subject: 'Other Root', own: keys.other }, number, intermediate)
      case 'strange-root': return certify(subject, own, { subject: 'Strange Root', own: keys.strange }, number, intermediate)
      case 'loop': return certify(issuer.subject, issuer.own, { subject, own }, number, intermediate)
    }
  })
  const above = path.slice(0, -1)
  return { leaf: path.at(-1)!, intermediates: extrasFirst ? [...beside, ...above] : [...above, ...beside] }
}

function certify(subject: string, own: Keys, issuer: { readonly subject: string; readonly own: Keys }, number: number, spec: CertificateSpec): Bytes {
  const { ca, usage, purposes, identifier, names, constraints, mapped, requireExplicit, inhibitMapping, inhibitAny } = spec
  const present = <T>(value: T | undefined, make: (value: T) => Ext): Ext[] => (value === undefined ? [] : [make(value)])
  const extensions: Ext[] = [
    ski(own.id),
    ...(identifier === 'absent' ? [] : [aki(identifier === 'right' ? issuer.own.id : Uint8Array.of(1, 2, 3))]),
    ...(ca === 'absent' ? [] : [bc(ca, ca ? spec.pathLength : undefined)]),
    ...(usage === 'absent' ? [] : [ku(usage === 'keyCertSign' ? 0x60 : 1)]),
    ...present(purposes, (list) => eku(...list.map((one) => purposeOids[one]))),
    ...(names.length === 0 ? [] : [san(...names.map(generalName))]),
    ...present(constraints, ({ permitted, excluded }) => nc(permitted.map(generalName), excluded.map(generalName))),
    ...(spec.policies === undefined || spec.policies.length === 0 ? [] : [policies(...spec.policies)]),
    ...present(mapped, (pairs) => mappings(...pairs.map(([from, to]): [string, string] => [from, to]))),
    ...(requireExplicit === undefined && inhibitMapping === undefined ? [] : [policyConstraints(requireExplicit, inhibitMapping)]),
    ...present(inhibitAny, (skip): Ext => [oid.iap, true, encodeInteger(skip)]),
    ...(spec.critical === true ? [['1.3.6.1.4.1.55555.1', true, encodeNull()] as const] : []),
  ]
  return issue({
    subject: name(subject), issuer: spelled(issuer.subject, spec.spelling), keys: own, signer: issuer.own, serial: encodeInteger(number), extensions,
    ...(spec.date === 'expired' ? { notAfter: time(2025) } : spec.date === 'future' ? { notBefore: time(2030) } : {}), breakSignature: !spec.intact,
  })
}

function spelled(subject: string, spelling: CertificateSpec['spelling']): Bytes {
  switch (spelling) {
    case 'case': return name(subject.toUpperCase())
    case 'spaces': return name(` ${subject.replaceAll(' ', '  ')} `)
    case 'type': return encodeSequence(attribute('2.5.4.3', subject, Tag.printableString))
    case undefined: return name(subject)
  }
}

function policyConstraints(requireExplicit: number | undefined, inhibitMapping: number | undefined): Ext {
  const skip = (tag: number, count: number | undefined): Bytes[] => (count === undefined ? [] : [encodeContextPrimitive(tag, Uint8Array.of(count))])
  return [oid.pc, true, encodeSequence(...skip(0, requireExplicit), ...skip(1, inhibitMapping))]
}

function generalName(spec: NameSpec): Bytes {
  if ('dns' in spec) return dns(spec.dns)
  if ('email' in spec) return email(spec.email)
  if ('uri' in spec) return uri(spec.uri)
  if ('ip' in spec) return ip(...spec.ip)
  return encodeContext(4, name(spec.directory))
}

