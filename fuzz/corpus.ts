/** What is mutated: real roots, the fixtures, chains of our own test CA, and limbo’s where they are present. */
import { readFileSync, readdirSync } from 'node:fs'
import { rootCertificates } from 'node:tls'
import { encodePem, parseCertificate, trustAnchorFromCertificate } from 'countersign'
import type { NameExpectation, TrustAnchor } from 'countersign'
import { name, policies, san, dns, email, ip, nc, uri, ski, aki, eku, ku, mappings, sign } from '../fixtures/issue.ts'
import { encode, encodeBitString } from '../src/asn1/index.ts'
import { leaves, pool } from '../test/support/chain-cases.ts'
import {
  ca, caExtensions, caKeys, everyConstraint, goodChain, host, hostName, leafKeys, leafUnderCa, make, now, oneNameManyKeys, ring, mappedPolicies, root, rootKeys,
} from '../test/support/hostile-worlds.ts'
import type { World } from '../test/support/hostile-worlds.ts'
import { suiteCases } from '../test/support/limbo-cases.ts'
import { bundle, crl, csr, extensionRequest } from '../test/support/structures.ts'
import * as revocation from './revocation.ts'
import { readTree, writeTree } from './der-tree.ts'

type Bytes = Uint8Array

export interface Chain {
  readonly title: string
  readonly leaf: Bytes
  readonly intermediates: readonly Bytes[]
  readonly anchors: readonly TrustAnchor[]
  readonly names: NameExpectation
  readonly time: number
  /** Every certificate below the anchors bears a good signature (as far as that is known). */
  readonly soundlySigned: boolean
}

export interface Corpus {
  readonly certificates: readonly Bytes[]
  readonly chains: readonly Chain[]
  readonly crls: readonly Bytes[]
  readonly responses: readonly Bytes[]
  readonly csrs: readonly Bytes[]
  readonly bundles: readonly Bytes[]
  readonly names: readonly Bytes[]
  readonly texts: readonly string[]
  /** What the corpus goes without. */
  readonly missing: readonly string[]
}

/** Secrets by subject name: which key of our test CA signs for an issuer. */
const secrets = new Map([['Root', rootKeys.secret], ['CA', caKeys.secret]])

/** Signs a changed certificate of our test CA anew, so that what comes after the signature check is reached. */
export function signAgain(der: Bytes): Bytes {
  const tree = readTree(der)
  const [tbs, algorithm] = tree?.[0]?.children ?? []
  if (tbs === undefined || algorithm === undefined) return der
  const part = writeTree([tbs])
  let issuer: string
  try {
    issuer = parseCertificate(der).issuer.toString()
  } catch {
    issuer = 'CN=CA'
  }
  const secret = secrets.get(issuer.slice(3)) ?? caKeys.secret
  return encode(0x30, part, writeTree([algorithm]), encodeBitString(sign(part, secret)))
}

const fromBase64 = (text: string): Bytes => new Uint8Array(Buffer.from(text, 'base64'))
const fromPem = (pem: string): Bytes => fromBase64(pem.replace(/-----[^-]*-----/g, ''))

/** `large`: with the public suites, which take a second or two to read. */
export function makeCorpus(large: boolean): Corpus {
  const missing: string[] = []
  const ownAnchors = [trustAnchorFromCertificate(root)]
  const expected: NameExpectation = { anyOf: [{ dns: host }] }
  const own = (title: string, world: World, soundlySigned = true, names: NameExpectation = expected): Chain =>
    ({ title, ...world, anchors: ownAnchors, names, time: now, soundlySigned })
  const rich = leafUnderCa([
    san(dns(host), email('me@host.example'), uri('spiffe://host.example/x'), ip(192, 0, 2, 1)), ku(1), eku('1.3.6.1.5.5.7.3.1'), policies('1.2.3', '1.2.4'), aki(caKeys.id),
  ], { subject: name('é \u202e name') })
  const richCa = make('CA', 'Root', caKeys, rootKeys, [...caExtensions, nc([dns('example'), email('host.example')], [ip(10, 0, 0, 0, 255, 0, 0, 0)]), policies('1.2.3'),
    mappings(['1.2.3', '1.2.4']), ski(caKeys.id)])
  const chains: Chain[] = [
    own('good', goodChain()), own('good', goodChain()), own('rich', { leaf: rich, intermediates: [richCa] }), own('rich, with strangers', { leaf: rich, intermediates: [richCa, ca] }),
    own('namesakes', oneNameManyKeys(5, true)), own('every constraint', everyConstraint('permitted'), true, 'unchecked'),
    own('every constraint, excluded', everyConstraint('excluded'), true, 'unchecked'), own('ring', mappedPolicies(3, 4, ring)),
    own('expired CA', { leaf: leaves[0]!, intermediates: [pool[3]!] }), own('no CA', { leaf: leaves[0]!, intermediates: [pool[6]!] }),
    own('other name', { leaf: leaves[4]!, intermediates: [pool[0]!] }), own('pool', { leaf: leaves[6]!, intermediates: pool.slice(0, -1) }, false),
  ]
  const certificates: Bytes[] = [...leaves, ...pool.slice(0, -1), rich, richCa, root]
  const folder = new URL('../fixtures/cases/', import.meta.url)
  for (const entry of readdirSync(folder)) {
    const { accepted, refused, names, time } = JSON.parse(readFileSync(new URL(`${entry}/case.json`, folder), 'utf8'))
    for (const side of [accepted, refused]) {
      const [leaf, ...intermediates] = [side.leaf, ...side.intermediates].map(fromBase64) as [Bytes, ...Bytes[]]
      certificates.push(leaf, ...intermediates)
      chains.push({ title: entry, leaf, intermediates, anchors: side.anchors.map((text: string) => trustAnchorFromCertificate(fromBase64(text))), names, time: Date.parse(time), soundlySigned: false })
    }
  }
  const roots = rootCertificates.map(fromPem)
  certificates.push(...roots)
  for (const der of roots.slice(0, 20)) {
    chains.push({ title: 'a public root', leaf: der, intermediates: roots.slice(0, 3), anchors: [trustAnchorFromCertificate(der)], names: 'unchecked', time: now, soundlySigned: false })
  }
  const limbo = large ? suiteCases('limbo') : []
  if (limbo === undefined) missing.push('limbo: ../shared is absent')
  for (const { id, anchors, leaf, intermediates, time } of limbo ?? []) {
    certificates.push(leaf, ...intermediates, ...anchors)
    try {
      chains.push({ title: id, leaf, intermediates, anchors: anchors.map((der) => trustAnchorFromCertificate(der)), names: 'unchecked', time: time ?? now, soundlySigned: false })
    } catch {
      // An anchor that cannot be read makes no chain; its bytes are mutated all the same.
    }
  }
  const pem = encodePem('CERTIFICATE', goodChain().leaf)
  return {
    certificates, chains: chains.filter(({ anchors }) => anchors.length > 0), missing,
    crls: [crl([1, 2, 3], { extensions: [aki(caKeys.id)], entry: [['2.5.29.21', false, Uint8Array.of(0x0a, 1, 1)]] }), crl([], { version: 0 }), ...revocation.lists],
    responses: revocation.responses,
    csrs: [csr(leafKeys, { attributes: [extensionRequest(hostName, ku(1))] }), csr(leafKeys)],
    bundles: [bundle([goodChain().leaf, ca], { crls: [crl([1])] }), bundle([])],
    names: [name('host.example'), name('a', name('b').subarray(2))],
    texts: [pem, pem + encodePem('CERTIFICATE', ca), `text before\r\n${pem.replaceAll('\n', '\r\n')}text after`],
  }
}
