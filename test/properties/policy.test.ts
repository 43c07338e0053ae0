import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluatePolicy, lintPolicy, parsePolicy } from '../../src/policy/index.ts'
import type { Facts } from '../../src/policy/index.ts'
import type { AcceptedVerdict } from '../../src/verify/index.ts'
import { PeerFacts, type FactValue } from '../../src/policy/peer-facts.ts'
import { reference, type Model } from './policy-reference.ts'

const base = Date.UTC(2026, 5, 15)
const some = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
const list = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: 1, maxLength: 3 })
const oneOrList = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> => fc.oneof(one, list(one))

const uris = some('spiffe://a.example/ns/pay/app', 'spiffe://a.example/ns/ops', 'spiffe://b.example/ns/pay/app', 'spiffe://a.example', 'https://a.example/x')
const hosts = some('a.example', 'x.a.example', 'y.x.a.example', 'b.example', 'aa.example')
const words = some('Bank', 'Bankers', 'Ban', 'Shop')
const addresses = some('10.0.0.1', '10.0.1.2', '192.0.2.9')
const paths = some('/a', '/a/b', '/a/b/c', '/b', '/')
const methods = some('GET', 'POST', 'PUT', 'HEAD')
const scalars = fc.oneof(some('x', 'xy', 'y'), some(1, 2, 3), fc.boolean())
const factor = fc.record({ kind: some('totp', 'push'), at: some(base - 1000, base + 3_600_000 * 9, base + 3_600_000 * 30), strength: some(undefined, 1, 2) })

const textMatchers = (exact: fc.Arbitrary<string>, part: fc.Arbitrary<string>): fc.Arbitrary<object> => fc.oneof(
  fc.record({ exact }), fc.record({ in: list(exact) }), fc.record({ prefix: oneOrList(part) }), fc.record({ suffix: oneOrList(part) }),
  fc.record({ contains: oneOrList(part) }), fc.record({ prefix: part, suffix: part }))
const compare = (bound: fc.Arbitrary<unknown>): fc.Arbitrary<object> => fc.oneof(fc.record({ lt: bound }), fc.record({ gt: bound }), fc.record({ lt: bound, gt: bound }))
const clock = some('00:00', '08:00', '12:30', '18:00', '23:59')
const ofAttribute = fc.oneof(
  fc.record({ exact: scalars }), fc.record({ in: list(some('x', 'y')) }), fc.record({ in: list(some(1, 2)) }), fc.record({ prefix: some('x', 'y') }), compare(some(0, 2, 3)))

const leaf: fc.Arbitrary<object> = fc.oneof(
  fc.record({ 'san.uri': fc.oneof(textMatchers(uris, some('spiffe://a', 'app', '/ns/')), fc.record({ spiffe: oneOrList(some('spiffe://a.example/**', 'spiffe://a.example/ns/*', 'spiffe://a.example/ns/*/app', 'spiffe://b.example/**', 'spiffe://a.example')) })) }),
  fc.record({ 'san.dns': fc.oneof(textMatchers(hosts, some('a', '.example', 'x.')), fc.record({ dns: oneOrList(some('*.a.example', '**.a.example', '*.example', 'x.*.example', '*.*.a.example')) })) }),
  fc.record({ 'subject.O': textMatchers(words, some('Ban', 'k', 'hop')) }),
  fc.record({ 'san.ip': fc.oneof(fc.record({ exact: addresses }), fc.record({ cidr: oneOrList(some('10.0.0.0/8', '10.0.0.0/23', '192.0.2.8/31', '0.0.0.0/0')) })) }),
  fc.record({ 'key.rsaBits': fc.oneof(compare(some(2048, 3072, 4096)), fc.record({ exact: some(2048, 3072) })) }),
  fc.record({ 'request.method': fc.record({ in: list(methods) }) }),
  fc.record({ 'request.path': fc.oneof(fc.record({ path: oneOrList(some('/a/*', '/a/**', '/*', '/', '/**', '/a/*/c')) }), textMatchers(paths, some('/a', '/b'))) }),
  fc.record({ 'attribute.a': ofAttribute }), fc.record({ 'attribute.b': ofAttribute }),
  fc.record({ 'factor.totp': fc.oneof(fc.record({ maxAgeSeconds: some(1, 3600, 1e6) }), fc.record({ minStrength: some(1, 2), maxAgeSeconds: some(3600, 1e6) })) }),
  fc.record({ time: fc.oneof(compare(some('2026-06-15T06:00:00Z', '2026-06-16T00:00:00+00:00')),
    fc.record({ window: fc.record({ from: clock, to: clock, utcOffset: fc.constant('Z'), days: list(some('sun', 'mon', 'tue', 'wed')) }).filter(({ from, to }) => from !== to) })) }),
)
const presence: fc.Arbitrary<object> = fc.tuple(some('san.uri', 'san.dns', 'subject.O', 'request.path', 'attribute.a', 'factor.totp'), fc.boolean()).map(([field, present]) => ({ [field]: { present } }))

function condition(leaves: fc.Arbitrary<object>): fc.Arbitrary<object> {
  return fc.letrec<{ node: object }>((tie) => ({
    node: fc.oneof({ maxDepth: 3, depthSize: 'medium' }, leaves, leaves, fc.record({ allOf: list(tie('node')) }), fc.record({ anyOf: list(tie('node')) }), fc.record({ not: tie('node') })),
  })).node
}

const scope = fc.oneof(fc.record({ methods: list(methods) }), fc.record({ paths: list(some('/a/*', '/**', '/b')) }), fc.record({ hosts: list(some('*.a.example', 'b.example')), methods: list(methods) }))

function policy(leaves: fc.Arbitrary<object>): fc.Arbitrary<{ readonly version: 1; readonly identity: unknown; readonly rules: readonly object[] }> {
  const rule = fc.tuple(some('allow', 'deny'), condition(leaves), fc.option(scope, { nil: undefined })).map(([effect, when, to]) => ({ effect, when, ...(to && { to }) }))
  return fc.record({
    version: fc.constant(1 as const),
    identity: fc.oneof(fc.constant('none'), list(fc.oneof(
      fc.record({ from: some('san.uri', 'san.dns', 'subject.O'), as: fc.constant('who') }), fc.record({ from: fc.constant('san.uri'), as: fc.constant('who'), prefix: some('spiffe://a', 'https:') })))),
    rules: fc.array(rule, { minLength: 1, maxLength: 5 }).map((rules) => rules.map((one, i) => ({ id: `r${i}`, ...one }))),
  })
}

interface Plain {
  readonly peer: Readonly<Record<string, readonly FactValue[]>>
  readonly request: { readonly method?: string | undefined; readonly path?: string | undefined; readonly host?: string | undefined } | 'pending' | undefined
  readonly attributes: Readonly<Record<string, string | number | boolean | (string | number | boolean)[]>> | 'pending' | undefined
  readonly factors: readonly { readonly kind: string; readonly at: number; readonly strength?: number | undefined }[] | 'pending' | undefined
  readonly time: number
}

const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined })
function plain(later: boolean): fc.Arbitrary<Plain> {
  const group = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | 'pending' | undefined> => (later ? fc.oneof(one, fc.constant('pending' as const), fc.constant(undefined)) : maybe(one))
  return fc.record({
    peer: fc.record({
      'san.uri': fc.array(uris, { maxLength: 2 }), 'san.dns': fc.array(hosts, { maxLength: 3 }), 'subject.2.5.4.10': fc.array(words, { maxLength: 2 }),
      'san.ip': fc.array(addresses, { maxLength: 2 }), 'key.rsaBits': fc.array(some(2048, 3000, 4096), { maxLength: 1 }),
    }),
    request: group(fc.record({ method: maybe(methods), path: maybe(paths), host: maybe(hosts) })),
    attributes: group(fc.dictionary(some('a', 'b'), oneOrList(scalars))),
    factors: group(fc.array(factor, { maxLength: 2 })),
    time: some(base, base + 3_600_000 * 9, base + 3_600_000 * 20, base + 3_600_000 * 31),
  })
}

function factsOf({ peer, request, attributes, factors, time }: Plain): Facts {
  const given: Record<string, unknown> = { request, attributes, factors }
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return { peer: new PeerFacts({ source: 'proxy', proxy: 'test' }, Infinity, (key) => peer[key]), time, ...defined }
}

function modelOf({ peer, request, attributes, factors, time }: Plain): Model {
  const fields = new Map<string, readonly unknown[] | 'pending'>([['time', [time]]])
  for (const [key, values] of Object.entries(peer)) fields.set(key === 'subject.2.5.4.10' ? 'subject.O' : key, values)
  for (const name of ['method', 'path', 'host'] as const) fields.set(`request.${name}`, request === 'pending' ? request : request?.[name] === undefined ? [] : [request[name]])
  for (const name of ['a', 'b']) fields.set(`attribute.${name}`, attributes === 'pending' ? attributes : attributes !== undefined && Object.hasOwn(attributes, name) ? [attributes[name]].flat() : [])
  fields.set('factor.totp', factors === 'pending' ? factors : (factors ?? []).filter(({ kind }) => kind === 'totp'))
  return { fields, time }
}

const proxies = ['test']
const leaves = fc.oneof({ arbitrary: leaf, weight: 6 }, { arbitrary: presence, weight: 1 })

// What the linter is shown beside: values in forms that no fact has, and what every accepted certificate has.
const lintLeaves = fc.oneof({ arbitrary: leaves, weight: 6 }, { weight: 4, arbitrary: fc.oneof(
  fc.record({ 'request.method': fc.oneof(fc.record({ in: list(some('GET', 'get', 'Post', 'POST')) }), fc.record({ prefix: some('G', 'Ge', 'P') })) }),
  fc.record({ 'request.host': fc.oneof(fc.record({ exact: some('a.example', 'a.example:8443') }), fc.record({ in: list(some('b.example:1', 'a.example')) })) }),
  fc.record({ 'request.path': fc.oneof(fc.record({ path: oneOrList(some('/a b', '/a%20b', '/a%20b/*', '/a', '/%61', '/a/../b')) }), fc.record({ exact: some('/a/', '/a b', '/a%20b') }),
    fc.record({ prefix: oneOrList(some('/a%2', '/a%20', 'a')) }), fc.record({ suffix: some('b', '/', 'a/', '%20b') }), fc.record({ contains: some('%20', ' ', '//', '.') })) }),
  fc.record({ 'key.type': fc.oneof(fc.record({ exact: some('rsa', 'ec') }), fc.record({ present: fc.boolean() })) }),
  fc.record({ 'path.length': compare(some(0, 1, 2)) }), fc.record({ 'certificate.ageSeconds': compare(some(-1, 3600)) }), fc.record({ 'revocation.settled': fc.record({ exact: fc.boolean() }) }),
) })
const asked = fc.tuple(plain(false), fc.boolean(), some('GET', 'get', 'Post', undefined), some('/a%20b', '/%61', '/a%2520b', '/a/', '/a%25', undefined), some('rsa', 'ec'), some(1, 2), fc.boolean())
  .map(([world, onWord, method, path, type, length, settled]) => ({
    ...world, onWord, type, length, settled,
    request: typeof world.request === 'object' ? { ...world.request, ...(method && { method }), ...(path && { path }) } : world.request,
  }))

/** On the word of a proxy, which says what it likes, or of an accepted certificate, which says what all of them do. */
function lintFacts({ type, length, settled, ...world }: Plain & { readonly type: string; readonly length: number; readonly settled: boolean }, onWord: boolean): Facts {
  const given = factsOf(world)
  if (onWord) return given
  const more: Readonly<Record<string, readonly FactValue[]>> = {
    'key.type': [type], 'path.length': [length], 'revocation.settled': [settled], 'certificate.notBefore': [base - 1000], 'certificate.notAfter': [base + 1e9],
  }
  return { ...given, peer: new PeerFacts({ source: 'verdict', verdict: {} as AcceptedVerdict }, Infinity, (key) => world.peer[key] ?? more[key]) }
}

/** The value at a place of a document, asked for by itself. */
function aloneAt(document: unknown, place: string): object {
  const names = place.slice(1).split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  const value = names.reduce((one, name) => (one as Record<string, unknown>)[name], document)
  if (names[2] === 'to') {
    const [field, matcher] = ({ methods: ['request.method', 'exact'], hosts: ['request.host', 'dns'], paths: ['request.path', 'path'] } as const)[names[3] as 'methods']
    return { [field]: { [matcher]: value } }
  }
  const at = names.findIndex((name) => name.startsWith('request.'))
  return { [names[at]!]: { [names[at + 1] === 'in' ? 'exact' : names[at + 1]!]: value } }
}

describe('policies', () => {
  test('mean what the slow reading of them says', () => {
    const seen = new Map<string, number>()
    fc.assert(fc.property(policy(leaves), fc.array(fc.oneof(plain(false), plain(true)), { minLength: 2, maxLength: 2 }), (document, worlds) => {
      const read = parsePolicy({ ...document, proxies })
      for (const world of worlds) {
        const { decision, rule, principal } = evaluatePolicy(read, factsOf(world))
        expect({ decision, rule, principal }).toEqual(reference(document, modelOf(world)))
        seen.set(decision, (seen.get(decision) ?? 0) + 1)
      }
    }), { numRuns: 10_000 })
    // Of 10 000 policies, and each kind of decision often enough to mean something.
    expect([...seen.values()].reduce((sum, one) => sum + one)).toBe(20_000)
    for (const decision of ['allow', 'deny', 'pending']) expect(seen.get(decision)).toBeGreaterThan(300)
  })

  test('a deny rule that asks for values never stops firing because a fact is taken away', () => {
    let denied = 0
    fc.assert(fc.property(policy(leaf), plain(false), fc.nat(), (document, world, pick) => {
      const read = parsePolicy({ ...document, identity: 'none', proxies })
      const before = evaluatePolicy(read, factsOf(world))
      if (before.reason !== 'policy/denied-by-rule') return
      denied++
      expect(evaluatePolicy(read, factsOf(withoutOne(world, pick))).reason).toBe('policy/denied-by-rule')
    }), { numRuns: 4000 })
    expect(denied).toBeGreaterThan(500)
  })

  test('what is taken away never turns a refusal into an acceptance', () => {
    fc.assert(fc.property(policy(leaf), plain(false), fc.nat(), (document, world, pick) => {
      const read = parsePolicy({ ...document, identity: 'none', proxies })
      if (evaluatePolicy(read, factsOf(world)).decision === 'deny') expect(evaluatePolicy(read, factsOf(withoutOne(world, pick))).decision).toBe('deny')
    }), { numRuns: 4000 })
  })

  test('what is pending is decided within what was left open, once it is known', () => {
    fc.assert(fc.property(policy(leaves), plain(true), plain(false), (document, open, later) => {
      const read = parsePolicy({ ...document, proxies })
      const pick = <K extends 'request' | 'attributes' | 'factors'>(name: K): Plain[K] => (open[name] === 'pending' ? later[name] : open[name])
      const early = evaluatePolicy(read, factsOf(open)).decision
      const known = evaluatePolicy(read, factsOf({ ...open, request: pick('request'), attributes: pick('attributes'), factors: pick('factors') })).decision
      if (early !== 'pending') expect(known).toBe(early)
    }), { numRuns: 4000 })
  })

  test('what the linter says is so', () => {
    const seen = new Map<string, number>()
    fc.assert(fc.property(policy(lintLeaves), some([], ['test']), fc.array(asked, { minLength: 8, maxLength: 8 }), (plainDocument, admitted, worlds) => {
      const document = { ...plainDocument, identity: 'none', proxies: admitted, loggable: ['attribute.a', 'attribute.b'] }
      const read = parsePolicy(document)
      // Whose word is not admitted is refused before any rule is asked.
      const askable = worlds.map(({ onWord, ...world }) => lintFacts(world, onWord && admitted.length > 0))
      for (const { code, rule, place } of lintPolicy(read)) {
        seen.set(code, (seen.get(code) ?? 0) + 1)
        const without = parsePolicy({ ...document, rules: document.rules.filter((one) => (one as { id: string }).id !== rule) })
        for (const facts of askable) {
          const decision = evaluatePolicy(read, facts)
          const traced = decision.trace.rules.find(({ id }) => id === rule)
          if (code === 'policy/never-matches') expect(traced!.result).toBe('not-matched')
          if (code === 'policy/matches-only-missing' && traced!.result === 'matched' && !JSON.stringify(traced).includes('attribute.')) expect(JSON.stringify(traced)).toContain('"absent":"missing"')
          if (code === 'policy/shadowed') expect(evaluatePolicy(without, facts).decision).toBe(decision.decision)
          if (code === 'policy/allows-nothing') expect(decision.decision).toBe('deny')
          if (code === 'policy/impossible-value') {
            const alone = parsePolicy({ ...document, rules: [{ id: 'alone', effect: 'allow', when: aloneAt(document, place) }] })
            expect(evaluatePolicy(alone, facts).decision).toBe('deny')
          }
        }
      }
    }), { numRuns: 4000 })
    for (const code of ['policy/never-matches', 'policy/matches-only-missing', 'policy/shadowed', 'policy/matches-every-certificate', 'policy/absent-under-not', 'policy/impossible-value']) {
      expect(seen.get(code) ?? 0, code).toBeGreaterThan(20)
    }
  })

  test('the trace agrees with the decision, and a decision is its own twin', () => {
    fc.assert(fc.property(policy(leaves), plain(true), (document, world) => {
      const read = parsePolicy({ ...document, proxies })
      const decision = evaluatePolicy(read, factsOf(world))
      const matched = decision.trace.rules.filter(({ result }) => result === 'matched')
      if (decision.reason === 'policy/allowed') expect(matched.map(({ effect }) => effect)).not.toContain('deny')
      if (decision.rule !== undefined && decision.decision !== 'pending') expect(matched.map(({ id }) => id)).toContain(decision.rule)
      expect(JSON.stringify(evaluatePolicy(read, factsOf(world)))).toBe(JSON.stringify(decision))
    }), { numRuns: 1000 })
  })
})

/** One value fewer: of the peer, of the request, an attribute, a factor. */
function withoutOne(world: Plain, pick: number): Plain {
  const ways: Plain[] = []
  for (const [key, values] of Object.entries(world.peer)) if (values.length > 0) ways.push({ ...world, peer: { ...world.peer, [key]: [] } })
  for (const name of ['method', 'path', 'host'] as const) if (typeof world.request === 'object' && world.request[name] !== undefined) ways.push({ ...world, request: { ...world.request, [name]: undefined } })
  for (const name of ['a', 'b']) {
    if (typeof world.attributes === 'object' && name in world.attributes) ways.push({ ...world, attributes: Object.fromEntries(Object.entries(world.attributes).filter(([key]) => key !== name)) })
  }
  for (const name of ['request', 'attributes', 'factors'] as const) if (world[name] !== undefined) ways.push({ ...world, [name]: undefined })
  return ways.length === 0 ? world : ways[pick % ways.length]!
}
