/**
 * Situations in which a certificate is judged by lists: sane ones of several kinds, each with up to three things changed.
 * A scenario is plain data, so that a difference between two verifiers can be told by what stands in it.
 */
import { encodeInteger, encodeNull } from '../../src/asn1/index.ts'
import { aki, bc, issue, ku, makeKeys, name, ski, time, uri } from '../../fixtures/issue.ts'
import type { Bytes, Ext, Keys } from '../../fixtures/issue.ts'
import { certificateIssuer, crldp, day, directory, freshest, idp, makeCrl, now } from '../../fixtures/revoke.ts'
import { pick } from './random.ts'
import type { Choices } from './random.ts'

export type Issuer = 'CA' | 'Lists' | 'Other'

export interface EntrySpec {
  readonly about: 'target' | 'another'
  readonly reason?: number
  /** certificateIssuer of the entry. */
  readonly issuer?: Issuer
}

export interface ScopeSpec {
  readonly names?: readonly string[]
  readonly only?: 'user' | 'ca' | 'attribute'
  readonly reasons?: number
  readonly indirect?: boolean
}

export interface ListSpec {
  readonly issuer: Issuer
  /** `another` is a key of the same issuer that signs nothing but lists. */
  readonly key: 'own' | 'another' | 'stranger'
  readonly intact: boolean
  readonly date: 'current' | 'older' | 'expired' | 'future' | 'endless'
  readonly number: number | null
  /** The base of a delta. */
  readonly base?: number
  readonly entries: readonly EntrySpec[]
  readonly scope?: ScopeSpec
  /** authorityKeyIdentifier: of the key that it claims to be signed by, of none, or absent. */
  readonly identifier: 'right' | 'wrong' | 'absent'
  readonly critical?: 'list' | 'entry'
}

export interface PointSpec {
  readonly names?: readonly string[]
  readonly reasons?: number
  readonly crlIssuer?: Issuer
}

export interface Scenario {
  /** What is judged: an end entity, or a CA; the CA issued both. */
  readonly target: 'leaf' | 'sub'
  readonly points: readonly PointSpec[]
  /** Whether the target says where deltas are. */
  readonly freshest: boolean
  readonly caUsage: 'both' | 'keyCertSign' | 'absent'
  /**
   * The certificates of the other keys: of CA’s that signs lists, and of Lists. `own` are issued by the CA, all others by the
   * root; `no-crl-sign` is of the first alone.
   */
  readonly signers: 'valid' | 'expired' | 'forged' | 'no-crl-sign' | 'revoked' | 'own' | 'missing'
  readonly lists: readonly ListSpec[]
}

export const isDelta = (list: ListSpec): boolean => list.base !== undefined

// What the sane ones are made of.

const plain: ListSpec = {
  issuer: 'CA', key: 'own', intact: true, date: 'current', number: 10, entries: [{ about: 'another', reason: 1 }], identifier: 'right',
}
const calm: Scenario = { target: 'leaf', points: [], freshest: true, caUsage: 'both', signers: 'valid', lists: [plain] }
const places = ['http://a.example/1', 'http://a.example/2']
const somewhere = [places[0]!]
const halves = [0b0_0001_1110, 0b1_1110_0000] as const
const indirect: ListSpec = { ...plain, issuer: 'Lists', scope: { names: somewhere, indirect: true } }
const byLists = [{ names: somewhere, crlIssuer: 'Lists' }] as const
const older = { number: 9, date: 'older' } as const
const next = { number: 12, base: 10 } as const

const kinds: readonly Scenario[] = [
  calm,
  { ...calm, points: [{ names: somewhere }], lists: [{ ...plain, scope: { names: somewhere } }] },
  { ...calm, points: [{ names: places }, { names: ['http://b.example/'] }], lists: [{ ...plain, scope: { names: [places[1]!] } }] },
  { ...calm, lists: [plain, { ...plain, ...next }] },
  { ...calm, lists: [
    { ...plain, entries: [{ about: 'target', reason: 6 }] }, { ...plain, ...next, entries: [{ about: 'target', reason: 8 }] },
  ] },
  { ...calm, lists: halves.map((reasons) => ({ ...plain, scope: { reasons } })) },
  {
    ...calm, points: halves.map((reasons, i) => ({ names: [places[i]!], reasons })),
    lists: halves.map((reasons, i) => ({ ...plain, scope: { names: [places[i]!], reasons } })),
  },
  { ...calm, lists: [{ ...plain, ...older }, plain] },
  { ...calm, lists: [{ ...plain, key: 'another' }] },
  { ...calm, points: byLists, lists: [indirect] },
  { ...calm, points: byLists, lists: [
    { ...indirect, entries: [{ about: 'another', issuer: 'Other' }, { about: 'target', reason: 1, issuer: 'CA' }] },
  ] },
  { ...calm, lists: [{ ...plain, scope: { indirect: true }, entries: [{ about: 'target', reason: 1, issuer: 'Other' }] }] },
]

type Change = (scenario: Scenario, choices: Choices) => Scenario

function onOneList(change: (list: ListSpec, choices: Choices) => ListSpec): Change {
  return (scenario, choices) => {
    const at = choices.below(scenario.lists.length)
    return { ...scenario, lists: scenario.lists.map((list, i) => (i === at ? change(list, choices) : list)) }
  }
}

const changes: readonly Change[] = [
  (scenario) => ({ ...scenario, target: 'sub' }),
  (scenario) => ({ ...scenario, freshest: false }),
  (scenario, choices) => ({ ...scenario, caUsage: pick(choices, ['keyCertSign', 'absent']) }),
  (scenario, choices) => ({ ...scenario, signers: pick(choices, ['expired', 'forged', 'no-crl-sign', 'revoked', 'own', 'missing']) }),
  (scenario) => ({ ...scenario, signers: 'own', lists: scenario.lists.map((list) => ({ ...list, key: 'another' })) }),
  ({ lists: [list], ...scenario }) => ({ ...scenario, lists: [{ ...list!, date: 'expired' }, { ...list!, ...next }] }),
  (scenario, choices) => ({ ...scenario, points: pick<readonly PointSpec[]>(choices, [
    [], [{ names: somewhere }], [{ names: places, reasons: halves[0] }], byLists, [{ crlIssuer: 'Lists' }],
    [{ names: somewhere, crlIssuer: 'Other' }, { names: somewhere }],
  ]) }),
  onOneList((list, choices) => ({ ...list, date: pick(choices, ['older', 'expired', 'future', 'endless']) })),
  onOneList((list, choices) => ({ ...list, key: pick(choices, ['another', 'stranger']) })),
  onOneList((list) => ({ ...list, intact: false })),
  onOneList((list, choices) => ({ ...list, identifier: pick(choices, ['wrong', 'absent']) })),
  onOneList((list, choices) => ({ ...list, critical: pick(choices, ['list', 'entry']) })),
  onOneList((list, choices) => ({ ...list, number: pick(choices, [null, 8, 11, 12, 13]) })),
  onOneList((list, choices) => (isDelta(list) ? { ...list, base: pick(choices, [8, 9, 11, 12]) } : list)),
  onOneList((list, choices) => ({ ...list, issuer: pick(choices, ['CA', 'Lists', 'Other']) })),
  onOneList((list, choices) => (isDelta(list) ? list : { ...list, scope: pick<ScopeSpec>(choices, [
    { only: 'user' }, { only: 'ca' }, { only: 'attribute' }, { reasons: halves[0] }, { reasons: halves[1] }, { names: somewhere },
    { names: [places[1]!] }, { indirect: true }, { names: somewhere, only: 'user', indirect: true }, { reasons: 0b10, only: 'ca' },
  ]) })),
  ...[1, 4, 6, 8].map((reason) => onOneList((list) =>
    ({ ...list, entries: [...list.entries, { about: 'target', reason, ...(list.issuer === 'CA' ? {} : { issuer: 'CA' as const }) }] }))),
  onOneList((list, choices) => {
    const by = pick<{ readonly issuer?: Issuer }>(choices, [{}, { issuer: 'Other' }, { issuer: 'CA' }])
    return { ...list, entries: [{ about: 'target', ...by }, ...list.entries] }
  }),
  onOneList((list) => ({ ...list, entries: [...list.entries, ...list.entries] })),
  (scenario, choices) => {
    const list = pick(choices, scenario.lists)
    const more: Partial<ListSpec> = pick<Partial<ListSpec>>(choices, [
      older, { ...older, entries: [{ about: 'target', reason: 1 }] }, { key: 'stranger' }, { ...older, entries: [{ about: 'target', reason: 6 }] },
      { date: 'expired', number: 8 }, { critical: 'list' }, list.scope?.reasons === undefined ? { number: 14, base: 9 } : { number: 11 },
    ])
    return { ...scenario, lists: [...scenario.lists, { ...list, ...more }] }
  },
]

export function makeScenario(choices: Choices): Scenario {
  let scenario = pick(choices, kinds)
  for (let left = choices.below(4); left > 0; left--) scenario = pick(choices, changes)(scenario, choices)
  return scenario
}

// What they are in bytes.

const keys = {
  root: makeKeys('scenario root'), ca: makeKeys('scenario ca'), another: makeKeys('scenario lists of ca'), lists: makeKeys('scenario lists'),
  sub: makeKeys('scenario sub'), leaf: makeKeys('scenario leaf'), stranger: makeKeys('scenario stranger'),
} as const
const serial = { ca: 2, another: 3, lists: 4, target: 0x1234, below: 0x55 } as const
const unknownCritical: Ext = ['1.3.6.1.4.1.55555.1', true, encodeNull()]

function certify(subject: string, issuer: string, own: Keys, signer: Keys, number: number, extensions: readonly Ext[], more: object = {}): Bytes {
  return issue({ subject: name(subject), issuer: name(issuer), keys: own, signer, serial: encodeInteger(number), extensions: [ski(own.id), ...extensions], ...more })
}

const under = ({ id }: Keys): Ext => aki(id)
export const rootCertificate: Bytes = certify('Root', 'Root', keys.root, keys.root, 1, [bc(true), ku(0x60)])

export interface Material {
  readonly leaf: Bytes
  readonly intermediates: readonly Bytes[]
  readonly lists: readonly Bytes[]
  /** The common name of what is judged. */
  readonly subject: string
}

export function materialOf(scenario: Scenario): Material {
  const { caUsage, signers, target } = scenario
  const usage = caUsage === 'absent' ? [] : [ku(caUsage === 'both' ? 0x60 : 0x20)]
  const ca = certify('CA', 'Root', keys.ca, keys.root, serial.ca, [bc(true), ...usage, under(keys.root)])
  const signer = (subject: string, own: Keys, number: number): Bytes[] => {
    if (signers === 'missing') return []
    const [by, of] = signers === 'own' ? ['CA', keys.ca] as const : ['Root', keys.root] as const
    return [certify(subject, by, own, signers === 'forged' ? keys.stranger : of, number, [bc(false), ku(signers === 'no-crl-sign' && subject === 'CA' ? 1 : 0x40), under(of)],
      signers === 'expired' ? { notAfter: time(2025) } : {})]
  }
  const about: readonly Ext[] = [
    under(keys.ca),
    ...(scenario.points.length === 0 ? [] : [crldp(...scenario.points.map(({ names, reasons, crlIssuer }) => ({
      ...(names && { names: names.map(uri) }), ...(reasons !== undefined && { reasons }), ...(crlIssuer && { crlIssuer: [directory(name(crlIssuer))] }),
    })))]),
    ...(scenario.freshest ? [freshest({ names: [uri('http://a.example/delta')] })] : []),
  ]
  const judged = target === 'leaf' ? certify('leaf', 'CA', keys.leaf, keys.ca, serial.target, [ku(1), ...about])
    : certify('Sub', 'CA', keys.sub, keys.ca, serial.target, [bc(true), ku(0x60), ...about])
  const rootEntries = signers === 'revoked' ? [{ serial: serial.another, reason: 1 }, { serial: serial.lists, reason: 1 }] : []
  return {
    subject: target === 'leaf' ? 'leaf' : 'Sub',
    leaf: target === 'leaf' ? judged : certify('leaf', 'Sub', keys.leaf, keys.sub, serial.below, [ku(1), under(keys.sub)]),
    intermediates: [ca, ...(target === 'leaf' ? [] : [judged]), ...signer('CA', keys.another, serial.another), ...signer('Lists', keys.lists, serial.lists)],
    lists: [
      makeCrl({ issuer: name('Root'), signer: keys.root, entries: rootEntries, extensions: [aki(keys.root.id)] }),
      ...(target === 'leaf' ? [] : [makeCrl({ issuer: name('Sub'), signer: keys.sub, extensions: [aki(keys.sub.id)] })]),
      ...scenario.lists.map(listOf),
    ],
  }
}

const dates = { current: [-1, 7], older: [-2, 6], expired: [-3, -1], future: [1, 7], endless: [-1, null] } as const

function listOf(list: ListSpec): Bytes {
  const at = (days: number): Date => new Date(now + days * day)
  const [from, to] = dates[list.date]
  const claimed = list.issuer === 'Lists' ? keys.lists : list.key === 'another' ? keys.another : keys.ca
  const { names, only, reasons, indirect } = list.scope ?? {}
  return makeCrl({
    issuer: name(list.issuer), signer: list.key === 'stranger' ? keys.stranger : claimed, breakSignature: !list.intact,
    thisUpdate: at(from), nextUpdate: to === null ? null : at(to), number: list.number, ...(list.base !== undefined && { base: list.base }),
    entries: list.entries.map(({ about, reason, issuer }, i) => ({
      serial: about === 'target' ? serial.target : 0x7000, ...(reason !== undefined && { reason }),
      extensions: [...(issuer === undefined ? [] : [certificateIssuer(name(issuer))]), ...(list.critical === 'entry' && i === 0 ? [unknownCritical] : [])],
    })),
    extensions: [
      ...(list.identifier === 'absent' ? [] : [aki(list.identifier === 'right' ? claimed.id : Uint8Array.of(1, 2, 3))]),
      ...(list.scope === undefined ? [] : [idp({
        ...(names && { names: names.map(uri) }), ...(only && { [only]: true }), ...(reasons !== undefined && { reasons }), ...(indirect === true && { indirect }),
      })]),
      ...(list.critical === 'list' ? [unknownCritical] : []),
    ],
  })
}
