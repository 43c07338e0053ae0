/**
 * Chains as large, as wide or as tangled as a peer can make them, each a function of its size, so that a test can
 * put the sound twin beside it. All of them end at one root, so that one verifier can be asked about all.
 */
import { encodeContext, encodeContextPrimitive, encodeNull, encodeOctetString, encodeOid } from '../../src/asn1/index.ts'
import {
  aki, attribute, bc, dns, eku, email, ip, issue, ku, makeKeys, mappings, name, nc, policies, san, ski, text, uri,
} from '../../fixtures/issue.ts'
import type { Bytes, Ext, Keys, Template } from '../../fixtures/issue.ts'

export interface World {
  readonly leaf: Bytes
  readonly intermediates: readonly Bytes[]
}

/** When every certificate of these worlds is valid. */
export const now: number = Date.UTC(2026, 0, 1)
export const host = 'host.example'
export const rootKeys: Keys = makeKeys('root')
export const caKeys: Keys = makeKeys('ca')
export const leafKeys: Keys = makeKeys('leaf')
export const caExtensions: readonly Ext[] = [bc(true), ku(0x60)]
export const hostName: Ext = san(dns(host))
/** Stands where no signature will be checked: well formed, and good for nothing. */
export const noSignature: Bytes = Uint8Array.of(0x30, 6, 2, 1, 1, 2, 1, 1)

export function make(
  subject: string, issuer: string, keys: Keys, signer: Keys, extensions: readonly Ext[], more: Partial<Template> = {},
): Bytes {
  return issue({ subject: name(subject), issuer: name(issuer), keys, signer, extensions, ...more })
}

export const root: Bytes = make('Root', 'Root', rootKeys, rootKeys, caExtensions)
export const ca: Bytes = make('CA', 'Root', caKeys, rootKeys, caExtensions)
const caWith = (...extensions: readonly Ext[]): Bytes => make('CA', 'Root', caKeys, rootKeys, [...caExtensions, ...extensions])
export function leafUnderCa(extensions: readonly Ext[], more: Partial<Template> = {}): Bytes {
  return make('leaf', 'CA', leafKeys, caKeys, extensions, more)
}

const range = <T>(count: number, of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i))

/** The ordinary chain: leaf, one CA, the root. */
export function goodChain(): World {
  return { leaf: leafUnderCa([hostName, ku(1), eku('1.3.6.1.5.5.7.3.1')]), intermediates: [ca] }
}

/** The names of the leaf are of so many octets together: from 200 to some thousands. */
export function longNamedLeaf(octets: number): World {
  const subjects = range(octets, (i) => name('x'.repeat(i)))
  const subject = subjects.find(({ length }) => length + name('CA').length === octets)!
  return { leaf: leafUnderCa([hostName], { subject }), intermediates: [ca] }
}

/** A chain of `length` certificates below the root, each of its own name and key. Beyond 100 they are not signed. */
export function longChain(length: number): World {
  const signed: Partial<Template> = length > 100 ? { signature: noSignature } : {}
  const keys = [rootKeys, ...range(length, (i) => makeKeys(`chain ${i}`))]
  const nameAt = (i: number): string => i === 0 ? 'Root' : `C${i}`
  const intermediates = range(length - 1, (i) => make(nameAt(i + 1), nameAt(i), keys[i + 1]!, keys[i]!, caExtensions, signed))
  return { leaf: make('leaf', nameAt(length - 1), keys[length]!, keys[length - 1]!, [hostName], signed), intermediates }
}

/** `count` CAs of one name, each with its own key, all signed by the root; the leaf’s own among them or not. */
export function oneNameManyKeys(count: number, withTheRightOne: boolean, more: readonly Ext[] = []): World {
  const strangers = range(count - (withTheRightOne ? 1 : 0), (i) => make('CA', 'Root', makeKeys(`namesake ${i}`), rootKeys, [...caExtensions, ...more]))
  return { leaf: leafUnderCa([hostName]), intermediates: withTheRightOne ? [...strangers, caWith(...more)] : strangers }
}

/** The same, told apart by key identifiers. */
export function oneNameManyKeysIdentified(count: number): World {
  const strangers = range(count - 1, (i) => makeKeys(`namesake ${i}`))
    .map((keys) => make('CA', 'Root', keys, rootKeys, [...caExtensions, ski(keys.id)], { signature: noSignature }))
  return { leaf: leafUnderCa([hostName, aki(caKeys.id)]), intermediates: [...strangers, caWith(ski(caKeys.id))] }
}

/** CAs that all signed each other. `door`: how the root signed one of them, if at all. */
export function mesh(size: number, door: 'open' | 'forged' | 'none'): World {
  const keys = range(size, (i) => makeKeys(`mesh ${i}`))
  const signed: Partial<Template> = { signature: noSignature }
  const all = keys.flatMap((own, i) => keys.flatMap((signer, j) => i === j ? [] : [make(`M${i}`, `M${j}`, own, signer, caExtensions, signed)]))
  const entry = make('M0', 'Root', keys[0]!, rootKeys, caExtensions, door === 'forged' ? { breakSignature: true } : {})
  // The leaf’s own issuer is the one that the root signed, so that the open door needs no signature of the mesh.
  return { leaf: make('leaf', 'M0', leafKeys, keys[0]!, [hostName]), intermediates: door === 'none' ? all : [...all, entry] }
}

/** A leaf of `count` names under a CA with `subtrees` excluded ones. */
export function namesAndConstraints(count: number, subtrees: number): World {
  return {
    leaf: leafUnderCa([san([dns(host), ...range(count - 1, (i) => dns(`n${i}.good.example`))])]),
    intermediates: [caWith(nc([], range(subtrees, (i) => dns(`n${i}.evil.example`))))],
  }
}

/** Unknown extensions of so many octets, in pieces of 1 kB. */
function filler(octets: number): Ext[] {
  return range(Math.ceil(octets / 1024), (i) => [`1.3.6.1.4.1.55555.${i + 1}`, false, encodeOctetString(new Uint8Array(1024))])
}

/** Extensions of so many octets in the leaf. */
export function bigExtensions(octets: number): World {
  return { leaf: leafUnderCa([hostName, ...filler(octets)]), intermediates: [ca] }
}

/** CAs of one name, of so many octets each, the right one among them. */
export function bigCas(count: number, octets: number): World {
  return oneNameManyKeys(count, true, filler(octets))
}

/** The expected name is the last of `count`. */
export function manyNames(count: number): World {
  return { leaf: leafUnderCa([san([...range(count - 1, (i) => dns(`n${i}.good.example`)), dns(host)])]), intermediates: [ca] }
}

const policyArc = '1.3.6.1.4.1.55555.2'
/** `levels` CAs, each with `width` policies; `pairs` says which are mapped to which. */
export function mappedPolicies(levels: number, width: number, pairs: (ids: readonly string[]) => [string, string][]): World {
  const ids = range(width, (i) => `${policyArc}.${i}`)
  const keys = [rootKeys, ...range(levels, (i) => makeKeys(`level ${i}`))]
  const extensions = [...caExtensions, policies(...ids), mappings(...pairs(ids))]
  return {
    leaf: make('leaf', `L${levels}`, leafKeys, keys[levels]!, [hostName, policies(...ids)]),
    intermediates: range(levels, (i) => make(`L${i + 1}`, i === 0 ? 'Root' : `L${i}`, keys[i + 1]!, keys[i]!, extensions)),
  }
}
/** Each policy becomes the next, and the last the first. */
export const ring = (ids: readonly string[]): [string, string][] => ids.map((id, i) => [id, ids[(i + 1) % ids.length]!])
/** Each policy becomes all of them. */
export const everyToEvery = (ids: readonly string[]): [string, string][] => ids.flatMap((from) => ids.map((to): [string, string] => [from, to]))

const otherName = (oid: string, value: Bytes): Bytes => encodeContext(0, encodeOid(oid), encodeContext(0, value))
/** One name of each of the nine forms, under `of`. */
function oneOfEach(of: string): Bytes[] {
  return [
    email(`me@${of}`), dns(of), uri(`https://${of}/`), ip(192, 0, 2, 1), encodeContext(4, name(of)),
    otherName('1.2.3.4', encodeNull()), encodeContext(3, encodeNull()), encodeContext(5, encodeContext(1, attributeText(of))),
    encodeContextPrimitive(8, Uint8Array.of(0x2a, 3)),
  ]
}
const attributeText = (value: string): Bytes => new Uint8Array([0x0c, value.length, ...text(value)])
/** The forms that constraints are judged for: as subtrees, and as names that lie within them. */
const judgedSubtrees = (of: string): Bytes[] => [
  email(of), dns(of), uri(of), ip(192, 0, 2, 0, 255, 255, 255, 0), encodeContext(4, name(of)),
]

/** Names of every form under constraints of every form: all permitted, one of them excluded, or unjudgeable forms among them. */
export function everyConstraint(kind: 'permitted' | 'excluded' | 'unjudgeable'): World {
  const of = host
  const names = kind === 'unjudgeable' ? oneOfEach(of) : oneOfEach(of).slice(0, 5)
  const permitted = [...judgedSubtrees(of), ...(kind === 'unjudgeable' ? oneOfEach(of).slice(5) : [])]
  const excluded = kind === 'excluded' ? [ip(192, 0, 2, 1, 255, 255, 255, 255)] : judgedSubtrees('evil.example').slice(0, 3)
  const subject = name(of, attribute('1.2.840.113549.1.9.1', `me@${of}`, 0x16))
  // A directory name lies within a subtree whose RDNs it begins with.
  return { leaf: leafUnderCa([san(...names)], { subject }), intermediates: [caWith(nc(permitted, excluded))] }
}
