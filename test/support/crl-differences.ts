/**
 * What OpenSSL sees differently in the scenarios of `crl-scenarios.ts`. A rule tells it away: what remains of the scenario,
 * its twin, both must judge alike. Each has a section in `docs/openssl-differences.md`.
 */
import { isDelta } from './crl-scenarios.ts'
import type { Rule as RuleOf } from './differences.ts'
import type { EntrySpec, ListSpec, PointSpec, Scenario } from './crl-scenarios.ts'

type Rule = RuleOf<Scenario>
type Concerns = (list: ListSpec, scenario: Scenario) => boolean

/** Changes the lists that it concerns, or drops them. */
function onLists(name: string, concerns: Concerns, change: (list: ListSpec) => ListSpec | undefined): Rule {
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

/** Complete lists, and deltas, of which something is true. */
const complete = (concerns: Concerns): Concerns => (list, scenario) => !isDelta(list) && concerns(list, scenario)
const delta = (concerns: Concerns): Concerns => (list, scenario) => isDelta(list) && concerns(list, scenario)

const drop = (): undefined => undefined
const isBroken = (list: ListSpec): boolean => !list.intact || list.key === 'stranger' || list.critical !== undefined
const isStale = ({ date }: ListSpec): boolean => date === 'expired' || date === 'future'
const isOfScope = (a: ListSpec, b: ListSpec): boolean => a.issuer === b.issuer && JSON.stringify(a.scope) === JSON.stringify(b.scope)
const editionOf = ({ date, number }: ListSpec): number => (date === 'older' ? 0 : 100) + (number ?? 0)
const aboutTarget = ({ entries }: ListSpec): readonly EntrySpec[] => entries.filter(({ about }) => about === 'target')
const gives = (list: ListSpec, reason: number): boolean => aboutTarget(list).some((entry) => entry.reason === reason)
/** A delta takes the target off a list. */
const isRemoved: Concerns = (_, { lists }) => lists.some((list) => isDelta(list) && gives(list, 8))
const onTarget = (change: (entry: EntrySpec) => EntrySpec) => (list: ListSpec): ListSpec =>
  ({ ...list, entries: list.entries.map((entry) => (entry.about === 'target' ? change(entry) : entry)) })

export const rules: readonly Rule[] = [
  onLists('no-next-update', ({ date }) => date === 'endless', (list) => ({ ...list, date: 'current' })),
  onLists(
    'certificate-issuer-in-a-direct-list', ({ scope, entries }) => scope?.indirect !== true && entries.some(({ issuer }) => issuer !== undefined),
    (list) => ({ ...list, entries: list.entries.map(({ issuer: _, ...entry }) => entry) })),
  onLists(
    'remove-from-crl-in-a-complete-list', complete((list) => gives(list, 8)), onTarget((entry) => (entry.reason === 8 ? { ...entry, reason: 1 } : entry))),
  onLists('remove-from-crl-after-another-reason', complete(isRemoved), onTarget((entry) => ({ ...entry, reason: 6 }))),
  onLists('key-identifier', ({ identifier }) => identifier !== 'right', (list) => ({ ...list, identifier: 'right' })),
  onLists(
    'an-unusable-list-beside-another', complete((list, { lists }) => isBroken(list) && lists.some((other) => !isDelta(other) && other !== list)), drop),
  onLists(
    'an-unusable-list-under-remove-from-crl', complete((list, scenario) => list.critical !== undefined && isRemoved(list, scenario)),
    ({ critical: _, ...list }) => list),
  onLists('an-unusable-delta', delta(isBroken), drop),
  onLists('a-delta-out-of-date', delta(isStale), drop),
  onLists('a-superseded-list', complete((list, { lists }) => lists.some((other) =>
    !isDelta(other) && isOfScope(other, list) && !isBroken(other) && editionOf(other) > editionOf(list))), drop),
  onLists('several-entries', (list) => aboutTarget(list).length > 1, (list) => ({
    ...list, entries: [...list.entries.filter(({ about }) => about !== 'target'), ...[...aboutTarget(list)].sort((a, b) => worth(b) - worth(a)).slice(0, 1)],
  })),
  onLists('an-expired-base', complete(({ date }, { lists }) => date === 'expired' && lists.some(isDelta)), (list) => ({ ...list, date: 'current' })),
  onPoints('the-implied-distribution-point', ({ reasons }) => reasons !== undefined, ({ reasons: _, ...point }) => point),
  onPoints('a-point-without-a-name', ({ names }) => names === undefined, (point) => ({ ...point, names: ['http://a.example/1'] })),
  { name: 'a-signer-that-speaks-for-itself', twin: (scenario) => (scenario.signers === 'own' ? { ...scenario, signers: 'valid' } : scenario) },
  { name: 'freshest-crl', twin: (scenario) => (scenario.freshest || !scenario.lists.some(isDelta) ? scenario : { ...scenario, freshest: true }) },
]

/** Of two entries about one certificate the one that revokes for good is worth more. */
function worth({ reason = 0 }: EntrySpec): number {
  return reason === 8 ? 0 : reason === 6 ? 1 : 2
}
