/**
 * Inputs made to cost the most that the default budget allows. Each draws on one limit, the last two on all of them; none
 * is ever accepted. Their signatures are well-formed, of the dearest kind, and wrong.
 */
import { defaultBudget } from 'countersign'
import { aki, attribute, bc, dns, ku, name, nc, policies, san, ski } from '../../fixtures/issue.ts'
import type { Bytes, Ext } from '../../fixtures/issue.ts'
import { issueCertificate, newSigner } from '../authority.ts'
import type { KeyKind, Signer } from '../authority.ts'
import { extensionOctetsAStep, freeExtensionOctets, freeNameOctets, nameOctetsAStep } from '../../src/path/budget.ts'

export interface Hostile {
  readonly name: string
  readonly leaf: Bytes
  readonly intermediates: readonly Bytes[]
}

export interface HostileWorld {
  readonly anchor: Bytes
  readonly inputs: readonly Hostile[]
}

const text = new TextEncoder()
const rootName = name('Worst Root')
const rivalName = name('Worst CA')
const elsewhere = text.encode('signed by the same key, but not this')

export function createHostileWorld(kind: KeyKind): HostileWorld {
  const root = newSigner(kind)
  // Two signatures a path: as many paths as the budget lets anybody check.
  const rivals = Array.from({ length: defaultBudget.signatures / 2 + 1 }, () => newSigner(kind))
  const stray = new Map([root, ...rivals].map((signer) => [signer, signer.sign(elsewhere)]))
  let serial = 1
  const issue = (subject: Bytes, issuer: Bytes, own: Signer, signer: Signer, extensions: readonly Ext[]): Bytes =>
    issueCertificate({ subject, issuer, spki: own.spki, signer, extensions, serial: serial++, signature: stray.get(signer)! }).der
  const [first] = rivals as [Signer]
  const leafWith = (...extensions: Ext[]): Bytes => issue(name('Worst leaf'), rivalName, first, first, [ku(1), ...extensions])
  const rivalsWith = (...extensions: Ext[]): Bytes[] =>
    rivals.map((own) => issue(rivalName, rootName, own, root, [bc(true), ku(0x60), ski(own.id), ...extensions]))
  const strangers = (count: number, subjectOf: (i: number) => Bytes, ...extensions: Ext[]): Bytes[] =>
    Array.from({ length: count }, (_, i) => issue(subjectOf(i), rootName, first, root, [bc(true), ku(0x60), aki(root.id), ...extensions]))

  const paths = defaultBudget.signatures / 2
  const names = 500
  // A little less than each path's share, so that the signatures run out with the rest, not after it.
  const subtrees = Math.floor(defaultBudget.nameComparisons / paths / (names + 10))
  const policyCount = Math.floor(defaultBudget.policyNodes / paths / 8)
  const hosts = san(...Array.from({ length: names }, (_, i) => dns(`host-${i}.a-rather-long-name-to-compare.example`)))
  const excluded = (count: number): Ext => nc([], Array.from({ length: count }, (_, i) => dns(`tree-${i}.a-rather-long-name-to-compare.example`)))
  const named = policies(...Array.from({ length: policyCount }, (_, i) => `1.3.6.1.4.1.99999.${i}`))
  const bulky = (count: number, octets: number, ...extensions: Ext[]): Bytes[] => strangers(count, (i) => bulkyName(i, octets), ...extensions)
  // As many strangers as may be, with all that they have for nothing, and the search steps, less those that the paths take, for more.
  const room = defaultBudget.candidates - rivals.length
  const steps = Math.floor((defaultBudget.searchSteps - 3 * defaultBudget.signatures) / room)
  // Of the octets 80 are in the other name and around this one, or in the other extensions; one policy has 14.
  const nameOctets = (paid: number): number => freeNameOctets + paid * nameOctetsAStep - 80
  const listing = (paid: number): Ext => policies(...Array.from({ length: Math.floor((freeExtensionOctets + paid * extensionOctetsAStep - 90) / 14) }, (_, i) => `1.3.6.1.4.1.99999.${128 + i}`))

  return {
    anchor: issueCertificate({
      subject: rootName, issuer: rootName, spki: root.spki, signer: root, extensions: [bc(true), ku(0x60), ski(root.id)],
      signature: stray.get(root)!,
    }).der,
    inputs: [
      { name: 'signatures', leaf: leafWith(), intermediates: rivalsWith() },
      { name: 'candidates', leaf: leafWith(), intermediates: strangers(defaultBudget.candidates, (i) => name(`Worst stranger ${i}`)) },
      { name: 'candidates-of-one-name', leaf: leafWith(), intermediates: strangers(defaultBudget.candidates, () => rivalName) },
      { name: 'bytes-in-names', leaf: leafWith(), intermediates: bulky(16, 200_000) },
      { name: 'bytes-in-extensions', leaf: leafWith(), intermediates: bulky(15, 1, listing(Math.floor(steps * room / 15))) },
      { name: 'name-comparisons', leaf: leafWith(hosts), intermediates: rivalsWith(excluded(subtrees)) },
      { name: 'policy-nodes', leaf: leafWith(named), intermediates: rivalsWith(named) },
      {
        name: 'everything', leaf: leafWith(hosts, named),
        intermediates: [...rivalsWith(excluded(subtrees), named), ...bulky(room, nameOctets(steps), listing(0))],
      },
      {
        name: 'everything-else', leaf: leafWith(hosts, named),
        intermediates: [...rivalsWith(excluded(subtrees), named), ...bulky(room, nameOctets(0), listing(steps))],
      },
    ],
  }
}

/** A name of about so many octets, in characters that are dear to prepare for comparison: they decompose into many. */
function bulkyName(number: number, octets: number): Bytes {
  return name(`Worst stranger ${number}`, attribute('2.5.4.10', '\ufdfa'.repeat(Math.max(1, Math.floor(octets / 3)))))
}
