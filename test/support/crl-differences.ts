/**
 * What OpenSSL sees differently in the scenarios of `crl-scenarios.ts`. A rule tells it away: what remains of the scenario,
 * its twin, both must judge alike. Each has a section in `docs/openssl-differences.md`.
 */
import { isDelta } from './crl-scenarios.ts'
import type { EntrySpec, ListSpec, PointSpec, Scenario } from './crl-scenarios.ts'

export interface Rule {
  /** What it is called in the document. */
  readonly name: string
  /** The scenario without what the two see differently; the same object where there is nothing of it. */
  readonly twin: (scenario: Scenario) => Scenario
}

function onLists(name: string, concerns: (list: ListSpec, scenario: Scenario) => boolean, change: (list: ListSpec) => ListSpec | undefined): Rule {
  return { name, twin: (scenario) => {
    if (!scenario.lists.some((list) => concerns(list, scenario))) return scenario
    return { ...scenario, lists: scenario.lists.flatMap((list) => (concerns(list, scenario) ? change(list) ?? [] : [list])) }
  } }
}

function onPoints(name: string, concerns: (point: PointSpec) => boolean, change: (point: PointSpec) => PointSpec): Rule {
  return { name, twin: (scenario) => {
    if (!scenario.points.some(concerns)) return scenario
    return { ...scenario, points: scenario.points.map((point) => (concerns(point) ? change(point) : point)) }
  } }
}

const drop = (): undefined => undefined
const isBroken = (list: ListSpec): boolean => !list.intact || list.key === 'stranger' || list.critical !== undefined
const isStale = ({ date }: ListSpec): boolean => date === 'expired' || date === 'future'
const isOfScope = (a: ListSpec, b: ListSpec): boolean => a.issuer === b.issuer && JSON.stringify(a.scope) === JSON.stringify(b.scope)
const editionOf = ({ date, number }: ListSpec): number => (date === 'older' ? 0 : 100) + (number ?? 0)
const isSuperseded = (delta: boolean) => (list: ListSpec, { lists }: Scenario): boolean => isDelta(list) === delta &&
  lists.some((other) => isDelta(other) === delta && isOfScope(other, list) && !isBroken(other) && editionOf(other) > editionOf(list))
const onTarget = (change: (entry: EntrySpec) => EntrySpec) => (list: ListSpec): ListSpec =>
  ({ ...list, entries: list.entries.map((entry) => (entry.about === 'target' ? change(entry) : entry)) })
const holds = (list: ListSpec, reason: number): boolean => list.entries.some((entry) => entry.about === 'target' && entry.reason === reason)

export const rules: readonly Rule[] = [
  onLists('no-next-update', ({ date }) => date === 'endless', (list) => ({ ...list, date: 'current' })),
  onLists('certificate-issuer-in-a-direct-list', ({ scope, entries }) => scope?.indirect !== true && entries.some(({ issuer }) => issuer !== undefined),
    (list) => ({ ...list, entries: list.entries.map(({ issuer: _, ...entry }) => entry) })),
  onLists('remove-from-crl-in-a-complete-list', (list) => !isDelta(list) && holds(list, 8), onTarget((entry) => (entry.reason === 8 ? { ...entry, reason: 1 } : entry))),
  onLists('remove-from-crl-after-another-reason', (list, { lists }) => !isDelta(list) && lists.some((other) => isDelta(other) && holds(other, 8)),
    onTarget((entry) => ({ ...entry, reason: 6 }))),
  onLists('key-identifier', ({ identifier }) => identifier !== 'right', (list) => ({ ...list, identifier: 'right' })),
  onLists('an-unusable-list-beside-another', (list, { lists }) => !isDelta(list) && isBroken(list) && lists.some((other) => !isDelta(other) && other !== list), drop),
  onLists('an-unusable-list-under-remove-from-crl', (list, { lists }) => !isDelta(list) && list.critical !== undefined && lists.some((other) => isDelta(other) && holds(other, 8)),
    ({ critical: _, ...list }) => list),
  onLists('an-unusable-delta', (list) => isDelta(list) && isBroken(list), drop),
  onLists('a-delta-out-of-date', (list) => isDelta(list) && isStale(list), drop),
  onLists('a-superseded-list', isSuperseded(false), drop),
  onLists('a-superseded-delta', isSuperseded(true), drop),
  onLists('several-entries', ({ entries }) => entries.filter(({ about }) => about === 'target').length > 1,
    (list) => ({ ...list, entries: [...list.entries].sort((a, b) => worth(b) - worth(a)).filter(({ about }, i, all) => about !== 'target' || i === all.findIndex((one) => one.about === about)) })),
  onLists('an-expired-base', (list, { lists }) => !isDelta(list) && list.date === 'expired' && lists.some(isDelta), (list) => ({ ...list, date: 'current' })),
  onPoints('the-implied-distribution-point', ({ reasons }) => reasons !== undefined, ({ reasons: _, ...point }) => point),
  onPoints('a-point-without-a-name', ({ names }) => names === undefined, (point) => ({ ...point, names: ['http://a.example/1'] })),
  { name: 'freshest-crl', twin: (scenario) => (scenario.freshest || !scenario.lists.some(isDelta) ? scenario : { ...scenario, freshest: true }) },
  { name: 'a-signer-that-speaks-for-itself', twin: (scenario) => (scenario.signers === 'own' ? { ...scenario, signers: 'valid' } : scenario) },
]

/** Of two entries about one certificate the one that revokes for good is worth more. */
function worth({ reason = 0 }: EntrySpec): number {
  return reason === 8 ? 0 : reason === 6 ? 1 : 2
}
