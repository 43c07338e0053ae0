/** Cases by the hundred: leaves and subsets of a pool of CAs, sound ones and flawed ones, all under one root. */
import { bc, dns, eku, ku, makeKeys, nc, policies, san, time } from '../../fixtures/issue.ts'
import type { Bytes, Ext, Keys } from '../../fixtures/issue.ts'
import { caExtensions, caKeys, leafKeys, make, rootKeys } from './hostile-worlds.ts'
import type { World } from './hostile-worlds.ts'
import { pick, shuffled } from './random.ts'
import type { Choices } from './random.ts'

const subKeys = makeKeys('sub'), otherKeys = makeKeys('other'), crossKeys = makeKeys('cross')
const issuers: readonly (readonly [string, Keys])[] = [['CA', caKeys], ['Sub', subKeys], ['Cross', crossKeys]]

/** CAs: two levels, cross-signs and loops, and doubles that are expired, unsigned, constrained, no CA, or of another key. */
export const pool: readonly Bytes[] = [
  make('CA', 'Root', caKeys, rootKeys, [...caExtensions, policies('1.2.3.4')]),
  make('CA', 'Root', caKeys, rootKeys, [...caExtensions, nc([dns('example')])]),
  make('CA', 'Root', caKeys, rootKeys, [...caExtensions, nc([dns('other.example')])]),
  make('CA', 'Root', caKeys, rootKeys, caExtensions, { notAfter: time(2025) }),
  make('CA', 'Root', caKeys, otherKeys, caExtensions),
  make('CA', 'Root', otherKeys, rootKeys, caExtensions),
  make('CA', 'Root', caKeys, rootKeys, [bc(false), ku(0x60)]),
  make('CA', 'Sub', caKeys, subKeys, caExtensions),
  make('Sub', 'CA', subKeys, caKeys, caExtensions),
  make('Sub', 'CA', subKeys, caKeys, [bc(true, 0), ku(0x60)]),
  make('Sub', 'CA', subKeys, caKeys, caExtensions, { breakSignature: true }),
  make('Sub', 'Cross', subKeys, crossKeys, caExtensions),
  make('Cross', 'Root', crossKeys, rootKeys, [...caExtensions, eku('1.3.6.1.5.5.7.3.1')]),
  make('Cross', 'Sub', crossKeys, subKeys, caExtensions),
  make('Stranger', 'Nowhere', otherKeys, otherKeys, caExtensions),
  Uint8Array.of(0x30, 3, 1, 2),
]

const plain: readonly Ext[] = [san(dns('host.example')), ku(1), eku('1.3.6.1.5.5.7.3.1')]
/** Leaves of each issuer: sound, wrongly signed, expired, of another name, and of another use. */
export const leaves: readonly Bytes[] = issuers.flatMap(([issuer, keys]) => [
  make('leaf', issuer, leafKeys, keys, plain),
  make('leaf', issuer, leafKeys, keys, [...plain, policies('1.2.3.4')]),
  make('leaf', issuer, leafKeys, keys, plain, { breakSignature: true }),
  make('leaf', issuer, leafKeys, keys, plain, { notAfter: time(2025) }),
  make('leaf', issuer, leafKeys, keys, [san(dns('evil.example')), ku(1)]),
  make('leaf', issuer, leafKeys, keys, [san(dns('host.example')), eku('1.3.6.1.5.5.7.3.3')]),
])

/** One case; the sound leaves are as likely as all the others together. Now and then a CA stands as the leaf, and leaves among the CAs. */
export function chainCase(choices: Choices): World {
  const roles = choices.below(8)
  const usual = choices.below(2) === 0 ? leaves[choices.below(issuers.length) * 6 + choices.below(2)]! : pick(choices, leaves)
  const leaf = roles === 0 ? pick(choices, pool) : usual
  const size = 1 + choices.below(pool.length)
  return { leaf, intermediates: shuffled(choices, roles < 2 ? [...pool, ...leaves] : pool).slice(0, size) }
}
