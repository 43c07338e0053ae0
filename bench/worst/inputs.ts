/**
 * Inputs made to cost the most that the default budget allows. Each draws on one limit, the last on all of them; none
 * is ever accepted. Their signatures are well-formed, of the dearest kind, and wrong.
 */
import { defaultBudget } from 'countersign'
import { aki, attribute, bc, dns, ku, name, nc, policies, san, ski } from '../../fixtures/issue.ts'
import type { Bytes, Ext } from '../../fixtures/issue.ts'
import { issueCertificate, newSigner } from '../authority.ts'
import type { KeyKind, Signer } from '../authority.ts'

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
  const strangers = (count: number, subjectOf: (i: number) => Bytes): Bytes[] =>
    Array.from({ length: count }, (_, i) => issue(subjectOf(i), rootName, first, root, [bc(true), ku(0x60), aki(root.id)]))

  const paths = defaultBudget.signatures / 2
  const names = 500
  // A little less than each path's share, so that the signatures run out with the rest, not after it.
  const subtrees = Math.floor(defaultBudget.nameComparisons / paths / (names + 10))
  const policyCount = Math.floor(defaultBudget.policyNodes / paths / 8)
  const hosts = san(...Array.from({ length: names }, (_, i) => dns(`host-${i}.a-rather-long-name-to-compare.example`)))
  const excluded = (count: number): Ext => nc([], Array.from({ length: count }, (_, i) => dns(`tree-${i}.a-rather-long-name-to-compare.example`)))
  const named = policies(...Array.from({ length: policyCount }, (_, i) => `1.3.6.1.4.1.99999.${i}`))
  const bulky = (count: number, octets: number): Bytes[] => strangers(count, (i) => bulkyName(i, octets))
  // As many strangers as there are search steps, less those that the paths take: the names of each have some 256 octets for
  // nothing and 64 more for one step, of which all but 80 go into the dear part.
  const room = Math.min(defaultBudget.candidates - rivals.length, defaultBudget.searchSteps - 3 * defaultBudget.signatures)

  return {
    anchor: issueCertificate({
      subject: rootName, issuer: rootName, spki: root.spki, signer: root, extensions: [bc(true), ku(0x60), ski(root.id)],
      signature: stray.get(root)!,
    }).der,
    inputs: [
      { name: 'signatures', leaf: leafWith(), intermediates: rivalsWith() },
      { name: 'candidates', leaf: leafWith(), intermediates: strangers(defaultBudget.candidates, (i) => name(`Worst stranger ${i}`)) },
      { name: 'candidates-of-one-name', leaf: leafWith(), intermediates: strangers(defaultBudget.candidates, () => rivalName) },
      { name: 'bytes-in-names', leaf: leafWith(), intermediates: bulky(16, 1_000_000) },
      { name: 'name-comparisons', leaf: leafWith(hosts), intermediates: rivalsWith(excluded(subtrees)) },
      { name: 'policy-nodes', leaf: leafWith(named), intermediates: rivalsWith(named) },
      {
        name: 'everything', leaf: leafWith(hosts, named),
        intermediates: [...rivalsWith(excluded(subtrees), named), ...bulky(room, 256 + 64 - 80)],
      },
    ],
  }
}

/** A name of about so many octets, in characters that are dear to prepare for comparison: they decompose into many. */
function bulkyName(number: number, octets: number): Bytes {
  return name(`Worst stranger ${number}`, attribute('2.5.4.10', '\ufdfa'.repeat(Math.max(1, Math.floor(octets / 3)))))
}
