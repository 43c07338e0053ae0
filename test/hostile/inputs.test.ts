/** What a peer may send to do harm, each beside a twin that differs in that alone and is accepted. */
import { describe, expect, test } from 'vitest'
import {
  ParseError, createTrustAnchor, createVerifier, encodePem, parseCertificate, parseCertificateBundle, parseCertificateList,
  parseCertificateRequest, parseCertificates,
} from 'countersign'
import type { TrustAnchor, Verdict, VerifierOptions } from 'countersign'
import { encodeContext, encodeInteger, encodeOid, encodeSequence, encodeString } from 'countersign/asn1'
import { aki, attribute, dns, email, ip, makeKeys, name, nc, policies, san, ski, text } from '../../fixtures/issue.ts'
import type { Bytes, Ext, Keys } from '../../fixtures/issue.ts'
import {
  bigCas, bigExtensions, ca, caExtensions, caKeys, everyConstraint, everyToEvery, goodChain, host, hostName, leafKeys, leafUnderCa, longChain, make, manyNames,
  mappedPolicies, mesh, namesAndConstraints, noSignature, oneNameManyKeys, oneNameManyKeysIdentified, ring, rootKeys,
} from '../support/hostile-worlds.ts'
import type { World } from '../support/hostile-worlds.ts'
import { bundle, crl, csr } from '../support/structures.ts'
import { ask, codeOf, hostNamed, verifierWith } from './ask.ts'

const good = goodChain()
const range = <T>(count: number, of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i))

describe('size', () => {
  test('a chain of 10 000 certificates', async () => {
    expect(codeOf(await ask(longChain(10_000)))).toBe('budget/candidates')
    const world = longChain(1_900)
    const verdict = await ask(world)
    expect(codeOf(verdict)).toBe('budget/path-certificates')
    expect(verdict.cost.signatures).toBe(0)
    // The same strangers beside a good chain are no hindrance.
    const among = { leaf: good.leaf, intermediates: [...world.intermediates, ...good.intermediates], names: hostNamed }
    expect(codeOf(await verifierWith().verify(among))).toBe('accepted')
  })

  test('5 MB of extensions', async () => {
    expect(codeOf(await ask(bigExtensions(5 * 1024 * 1024)))).toBe('asn1/too-large')
    expect(codeOf(await ask(bigExtensions(900_000)))).toBe('accepted')
    // 5 MB over several certificates, each within what one may have.
    expect(codeOf(await ask(bigCas(6, 900_000)))).toBe('budget/bytes')
    expect(codeOf(await ask(bigCas(4, 900_000)))).toBe('accepted')
  })

  test('100 000 names', async () => {
    expect(codeOf(await ask(manyNames(100_000)))).toBe('asn1/too-large')
    const most = manyNames(40_000)
    expect(codeOf(await ask(most))).toBe('accepted')
    const wrong = await ask(most, {}, { anyOf: [{ dns: 'other.example' }] })
    expect(codeOf(wrong)).toBe('path/name-mismatch')
    // The refusal does not repeat what the peer sent.
    expect(JSON.stringify(wrong).length).toBeLessThan(20_000)
  })

  /** A leaf that no path makes good, under so many CAs of one name and key: each is a path to be judged, and costs a peer nothing. */
  const manyPaths = (count: number, entries: readonly Bytes[], ...constraints: readonly Ext[]): World => ({
    leaf: leafUnderCa([san([...entries])], { signature: noSignature }),
    intermediates: range(count, (i) => make('CA', 'Root', caKeys, rootKeys, [...caExtensions, ...constraints], { serial: encodeInteger(0x10000 + i), signature: noSignature })),
  })
  const longMailbox = encodeContext(0, encodeOid('1.3.6.1.5.5.7.8.9'), encodeContext(0, encodeString(0x0c, `${'é'.repeat(300_000)}@a.example`)))
  const longDirectoryName = encodeContext(4, name('other', attribute('2.5.4.11', 'é\u0301'.repeat(150_000))))

  // Seconds where the leaf’s names are gone over once, minutes where every path does it again.
  test.each([
    ['60 000 names, none of them expected', manyPaths(800, range(60_000, (i) => dns(`h${i}.xx`))), 'path/name-mismatch'],
    ['a directory name of 600 kB', manyPaths(800, [longDirectoryName, dns(host)], nc([encodeContext(4, name('leaf'))])), 'path/name-not-permitted'],
    ['a mailbox of 600 kB', manyPaths(800, [longMailbox, dns(host)], nc([email('a.example')])), 'path/name-malformed'],
    ['nothing but many paths', manyPaths(800, [dns(host)]), 'crypto/invalid-signature'],
  ])('%s, on 800 paths', async (_, world, code) => {
    const names = { anyOf: [{ dns: host }, ...range(9, (i) => ({ dns: `other${i}.example` }))] }
    expect(codeOf(await ask(world, {}, names))).toBe(code)
  }, 15_000)

  test('25 000 subtrees that mean nothing, on 100 paths: judged once, and the first of them is named', async () => {
    const x = (base: Bytes): Bytes => make('X', 'Root', caKeys, rootKeys, [...caExtensions, nc(range(25_000, () => base))], { signature: noSignature })
    // Self-issued and nameless certificates have no names to be compared, or charged for.
    const selfIssued = range(10, (i) => make('X', 'X', makeKeys(`X ${i}`), caKeys, caExtensions, { signature: noSignature }))
    const leaf = make('', 'X', leafKeys, caKeys, [], { signature: noSignature, subject: Uint8Array.of(0x30, 0) })
    const refused = await verifierWith().verify({ leaf, intermediates: [x(dns('..')), ...selfIssued], names: 'unchecked' })
    expect(refused).toMatchObject({ ok: false, code: 'budget/search-steps', cost: { nameComparisons: 0 } })
    expect(refused.ok || refused.attempts[0]!.issues.map(({ code }) => code)).toEqual(['path/name-constraint-malformed'])
    expect(JSON.stringify(refused).length).toBeLessThan(100_000)
    const sound = await verifierWith().verify({ leaf, intermediates: [x(dns('a.b')), ...selfIssued], names: 'unchecked' })
    expect(sound.ok || sound.attempts[0]!.issues.map(({ code }) => code)).not.toContain('path/name-constraint-malformed')
  }, 15_000)

  test('16 CAs, each excluded by each above it: an attempt lists 64 issues', async () => {
    const chainOf = (count: number): World => {
      const cas = range(count, (i) => make(`X ${i}`, i === 0 ? 'Root' : `X ${i - 1}`, caKeys, i === 0 ? rootKeys : caKeys,
        [...caExtensions, san([dns('n.evil.example')]), nc([], [dns('evil.example')])], { signature: noSignature }))
      return { leaf: make('leaf', `X ${count - 1}`, leafKeys, caKeys, [san([dns(host)])], { signature: noSignature }), intermediates: cas }
    }
    const issuesOf = (verdict: Verdict): unknown => (verdict.ok ? [] : verdict.attempts.map(({ issues }) => issues.length))
    const refused = await ask(chainOf(16))
    expect(codeOf(refused)).toBe('path/name-excluded')
    expect(issuesOf(refused)).toEqual([64])
    expect(issuesOf(await ask(chainOf(4)))).toEqual([6])
  })

  test('40 000 names under 2 000 constraints', async () => {
    const verdict = await ask({ leaf: manyNames(40_000).leaf, intermediates: namesAndConstraints(1, 2000).intermediates })
    expect(codeOf(verdict)).toBe('budget/name-constraints')
    expect(codeOf(await ask({ leaf: manyNames(40_000).leaf, intermediates: namesAndConstraints(1, 5).intermediates }))).toBe('accepted')
  })
})

describe('one name, many keys', () => {
  const anchorsOf = (count: number, own: number): VerifierOptions['anchors'] => range(count, (i) =>
    createTrustAnchor({ name: name('Root'), publicKey: i === own ? rootKeys.spki : makeKeys(`anchor ${i}`).spki }))

  test('1 000 anchors of one name: each is tried until the budget ends', async () => {
    expect(codeOf(await ask(good, { anchors: anchorsOf(90, 89) }))).toBe('accepted')
    expect(codeOf(await ask(good, { anchors: anchorsOf(90, -1) }))).toBe('crypto/invalid-signature')
    expect(codeOf(await ask(good, { anchors: anchorsOf(1000, -1) }))).toBe('budget/signatures')
    expect(codeOf(await ask(good, { anchors: anchorsOf(1000, 999), budget: { signatures: 1001 } }))).toBe('accepted')
  })

  test('two anchors of one name and key, of which one is constrained, in either order', async () => {
    const elsewhere = encodeSequence(encodeContext(0, encodeSequence(dns('other.example'))))
    const [free, bound] = [{}, { nameConstraints: elsewhere }].map((more) => createTrustAnchor({ name: name('Root'), publicKey: rootKeys.spki, ...more })) as [TrustAnchor, TrustAnchor]
    expect(codeOf(await ask(good, { anchors: [free] }))).toBe('accepted')
    expect(codeOf(await ask(good, { anchors: [bound] }))).toBe('path/name-not-permitted')
    const verdicts = [await ask(good, { anchors: [free, bound] }), await ask(good, { anchors: [bound, free] })]
    expect(verdicts.map(codeOf)).toEqual(['accepted', 'accepted'])
    expect(verdicts.map((verdict) => verdict.ok && verdict.anchor === free)).toEqual([true, true])
    expect(codeOf(await ask(good, { anchors: [bound, bound] }))).toBe('path/name-not-permitted')
  })

  test('1 000 anchors of one name, told apart by key identifiers', async () => {
    const certificate = (keys: Keys): Bytes => make('Root', 'Root', keys, keys, [...caExtensions, ski(keys.id)])
    const anchors = [...range(999, (i) => certificate(makeKeys(`anchor ${i}`))), certificate(rootKeys)]
    const identified = make('CA', 'Root', caKeys, rootKeys, [...caExtensions, aki(rootKeys.id)])
    const verdict = await ask({ leaf: good.leaf, intermediates: [identified] }, { anchors })
    expect(codeOf(verdict)).toBe('accepted')
    expect(verdict.cost.signatures).toBe(2)
    expect(codeOf(await ask({ leaf: good.leaf, intermediates: [identified] }, { anchors: anchors.slice(0, -1) }))).toBe('budget/signatures')
  })

  test('500 intermediates of one name with different keys, the right one among them', async () => {
    const identified = await ask(oneNameManyKeysIdentified(500))
    expect(codeOf(identified)).toBe('accepted')
    expect(identified.cost.signatures).toBe(2)
    // Without identifiers each has to be tried: the default budget ends that, a larger one finds it.
    const world = oneNameManyKeys(500, true)
    expect(codeOf(await ask(world))).toBe('budget/signatures')
    expect(codeOf(await ask(world, { budget: { signatures: 1000 } }))).toBe('accepted')
    expect(codeOf(await ask(oneNameManyKeys(40, true)))).toBe('accepted')
  })

  test('500 intermediates of one name with different keys, none of them right', async () => {
    expect(codeOf(await ask(oneNameManyKeys(500, false)))).toBe('budget/signatures')
    expect(codeOf(await ask(oneNameManyKeys(500, false), { budget: { signatures: 1000 } }))).toBe('crypto/invalid-signature')
  })

  test('intermediates that all claim the right key identifier', async () => {
    const liars = range(500, (i) => make('CA', 'Root', makeKeys(`liar ${i}`), rootKeys, [...caExtensions, ski(caKeys.id)]))
    const honest = make('CA', 'Root', caKeys, rootKeys, [...caExtensions, ski(caKeys.id)])
    const leaf = leafUnderCa([hostName, aki(caKeys.id)])
    expect(codeOf(await ask({ leaf, intermediates: liars }))).toBe('budget/signatures')
    expect(codeOf(await ask({ leaf, intermediates: [...liars.slice(0, 40), honest] }))).toBe('accepted')
  })
})

describe('tangles', () => {
  const strict: Partial<VerifierOptions> = { policies: { requireExplicitPolicy: true } }

  test('policy mappings in a ring', async () => {
    const verdict = await ask(mappedPolicies(12, 40, ring), strict)
    expect(verdict.ok && [...verdict.policies].sort()).toHaveLength(40)
    expect(codeOf(await ask(mappedPolicies(12, 400, ring), strict))).toBe('budget/policy-nodes')
    // A ring that the leaf steps out of: what it names is no part of it.
    const { leaf: _, intermediates } = mappedPolicies(3, 5, ring)
    const outside = make('leaf', 'L3', leafKeys, makeKeys('level 2'), [hostName, policies('1.2.3')])
    expect(codeOf(await ask({ leaf: outside, intermediates }, strict))).toBe('path/explicit-policy-required')
  })

  test('a policy mapped to itself over 12 levels', async () => {
    expect(codeOf(await ask(mappedPolicies(12, 20, (ids) => ids.map((id) => [id, id])), strict))).toBe('accepted')
    expect(codeOf(await ask(mappedPolicies(12, 41, everyToEvery), strict))).toBe('budget/policy-nodes')
  })

  test('20 CAs that signed each other, with a way to the root and without', async () => {
    expect(codeOf(await ask(mesh(20, 'open')))).toBe('accepted')
    expect(codeOf(await ask(mesh(20, 'none')))).toBe('path/no-anchor')
    expect(codeOf(await ask(mesh(20, 'forged')))).toBe('budget/search-steps')
  })
})

describe('name constraints of every kind at once', () => {
  test('all kept, one excluded, forms that cannot be judged', async () => {
    expect(codeOf(await ask(everyConstraint('permitted'), {}, 'unchecked'))).toBe('accepted')
    expect(codeOf(await ask(everyConstraint('excluded'), {}, 'unchecked'))).toBe('path/name-excluded')
    expect(codeOf(await ask(everyConstraint('unjudgeable'), {}, 'unchecked'))).toBe('path/name-constraint-unsupported')
  })

  test.each([
    ['directoryName', encodeContext(4, name('host.example')), encodeContext(4, name('evil.example'))],
    ['rfc822Name', email('me@host.example'), email('me@other.example')],
    ['iPAddress', ip(192, 0, 2, 9), ip(192, 0, 3, 9)],
  ])('one name of the form %s steps out', async (_, inside, outside) => {
    const { intermediates } = everyConstraint('permitted')
    const leaf = (entry: Bytes): Bytes => leafUnderCa([san(entry)], { subject: name('host.example') })
    expect(codeOf(await ask({ leaf: leaf(inside), intermediates }, {}, 'unchecked'))).toBe('accepted')
    expect(codeOf(await ask({ leaf: leaf(outside), intermediates }, {}, 'unchecked'))).toBe('path/name-not-permitted')
  })

  test('constraints of every CA of a long chain add up', async () => {
    const keys = [rootKeys, ...range(15, (i) => makeKeys(`constrained ${i}`))]
    const subtree = nc([], range(100, (i) => encodeContext(4, name(`evil ${i}`))))
    const chain = (addresses: number): World => ({
      leaf: make('leaf', 'N15', leafKeys, keys[15]!, [san([dns(host), ...range(addresses, (i) => email(`m${i}@good.example`))])]),
      intermediates: range(15, (i) => make(`N${i + 1}`, i === 0 ? 'Root' : `N${i}`, keys[i + 1]!, keys[i]!, [...caExtensions, subtree])),
    })
    expect(codeOf(await ask(chain(10)))).toBe('accepted')
    expect(codeOf(await ask(chain(400)))).toBe('budget/name-constraints')
  })
})

describe('other structures where certificates are expected', () => {
  const others: readonly (readonly [string, Bytes])[] = [
    ['a revocation list', crl([1, 2, 3], { extensions: [ski(caKeys.id)] })],
    ['a request', csr(leafKeys)],
    ['a bundle', bundle([good.leaf, ca])],
    ['PEM text', text(encodePem('CERTIFICATE', good.leaf))],
    ['a PEM bundle', text(encodePem('CERTIFICATE', good.leaf) + encodePem('CERTIFICATE', ca))],
    ['a public key', leafKeys.spki],
    ['a name', name('host.example')],
    ['two certificates in a row', new Uint8Array([...good.leaf, ...ca])],
  ]
  test.each(others)('%s as a leaf, as an intermediate, as an anchor', async (_, bytes) => {
    const asLeaf = await ask({ leaf: bytes, intermediates: [ca] })
    expect(codeOf(asLeaf)).toMatch(/^asn1\//)
    expect(codeOf(await ask({ leaf: good.leaf, intermediates: [bytes] }))).toBe('path/no-anchor')
    const beside = await ask({ leaf: good.leaf, intermediates: [bytes, ca] })
    expect(codeOf(beside)).toBe('accepted')
    expect(beside.ok && beside.warnings.map(({ code }) => code)).toEqual(['path/candidate-unusable'])
    expect(() => createVerifier({ anchors: [bytes], purpose: 'any', revocation: 'none' })).toThrow(ParseError)
    expect(() => parseCertificate(bytes)).toThrow(ParseError)
  })

  test('each parser reads its own kind, and none of the others', () => {
    const kinds: readonly (readonly [(der: Bytes) => unknown, Bytes])[] = [
      [parseCertificate, good.leaf], [parseCertificateList, crl([1])], [parseCertificateRequest, csr(leafKeys)], [parseCertificateBundle, bundle([ca])],
    ]
    kinds.forEach(([parse], i) => kinds.forEach(([, der], j) => {
      if (i === j) expect(() => parse(der)).not.toThrow()
      else expect(() => parse(der)).toThrow(ParseError)
    }))
  })

  test.each(['X509 CRL', 'CERTIFICATE REQUEST', 'PKCS7', 'PRIVATE KEY', 'certificate', 'TRUSTED CERTIFICATE'])('a PEM block of %s', (label) => {
    const pem = encodePem('CERTIFICATE', ca)
    expect(parseCertificates(pem + pem)).toHaveLength(2)
    const error = (() => { try { parseCertificates(pem + encodePem(label, ca)) } catch (caught) { return caught } return undefined })()
    expect(error).toBeInstanceOf(ParseError)
    expect((error as ParseError).code).toBe('x509/wrong-pem-label')
  })
})

test('64 hostile verifications at once beside a good one: each verdict is the one it gets alone', async () => {
  const worlds = [
    oneNameManyKeys(80, false), oneNameManyKeysIdentified(100), mesh(20, 'forged'), mesh(12, 'none'), namesAndConstraints(600, 100),
    namesAndConstraints(2000, 2000), mappedPolicies(12, 40, everyToEvery), longChain(300), manyNames(5000), bigCas(5, 100_000), everyConstraint('excluded'),
    { leaf: crl([1]), intermediates: [good.leaf] },
  ]
  const alone = await Promise.all(worlds.map(async (world) => JSON.stringify(await verifierWith().verify({ ...world, names: hostNamed }))))
  const verifier = verifierWith()
  const hostile = range(64, (i) => verifier.verify({ ...worlds[i % worlds.length]!, names: hostNamed }))
  const verdict: Verdict = await verifier.verify({ ...good, names: hostNamed })
  expect(codeOf(verdict)).toBe('accepted')
  expect(JSON.stringify(verdict)).toBe(JSON.stringify(await ask(good)))
  const verdicts = await Promise.all(hostile)
  verdicts.forEach((found, i) => expect(JSON.stringify(found)).toBe(alone[i % worlds.length]))
  expect(new Set(verdicts.map(codeOf)).size).toBeGreaterThan(4)
})
