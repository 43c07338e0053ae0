import { describe, expect, test } from 'vitest'
import { evaluatePolicy, explainDecision, parsePolicy, verifiedPeer } from '../../../src/policy/index.ts'
import type { Facts, PeerFacts } from '../../../src/policy/index.ts'
import { PeerFacts as PeerFactsClass } from '../../../src/policy/peer-facts.ts'
import { createVerifier } from '../../../src/verify/index.ts'
import { dns, san, uri } from '../../../fixtures/issue.ts'
import { allow, anybody, barePeer, decide, deny, facts, fullPeer, leafWith, now, policyOf, root, verdictOn } from './world.ts'

/** What the edge kit will make: facts on the word of a proxy. */
const proxied: PeerFacts = new PeerFactsClass({ source: 'proxy', proxy: 'front' }, Infinity, (key) => (key === 'san.uri' ? ['spiffe://bank.example/ns/pay/app'] : undefined))

describe('the decision', () => {
  test('is deny where no rule allows, and names none', () => {
    expect(evaluatePolicy(policyOf(), facts())).toMatchObject({ decision: 'deny', reason: 'policy/no-rule-allows', rule: undefined, validUntil: undefined })
    expect(decide({ 'san.dns': { exact: 'other.example' } })).toMatchObject({ decision: 'deny', reason: 'policy/no-rule-allows' })
  })

  test('is allow by the first rule that holds', () => {
    const policy = policyOf(allow({ 'san.dns': { exact: 'other.example' } }, { id: 'a' }), allow(anybody, { id: 'b' }), allow(anybody, { id: 'c' }))
    expect(evaluatePolicy(policy, facts())).toMatchObject({ decision: 'allow', reason: 'policy/allowed', rule: 'b' })
  })

  test('is deny where a deny rule holds, wherever it stands', () => {
    const weak = deny({ 'key.type': { exact: 'ec' } })
    for (const rules of [[weak, allow(anybody)], [allow(anybody), weak]]) {
      expect(evaluatePolicy(policyOf(...rules), facts())).toMatchObject({ decision: 'deny', reason: 'policy/denied-by-rule', rule: 'deny' })
    }
    expect(evaluatePolicy(policyOf(allow(anybody), deny({ 'key.type': { exact: 'rsa' } })), facts()).decision).toBe('allow')
  })

  test('ends with what the facts about the peer rest on', () => {
    const policy = policyOf(allow(anybody))
    const end = Date.UTC(2040, 0, 1)
    expect(evaluatePolicy(policy, facts()).validUntil).toEqual(new Date(end))
    expect(evaluatePolicy(policy, facts({ time: end })).decision).toBe('allow')
    expect(evaluatePolicy(policy, facts({ time: end + 1 }))).toMatchObject({ decision: 'deny', reason: 'policy/peer-expired' })
  })

  test('has an end that nobody can write over', () => {
    const decision = evaluatePolicy(policyOf(allow(anybody)), facts())
    const end = decision.validUntil!.getTime()
    decision.validUntil!.setFullYear(2999)
    expect(decision.validUntil!.getTime()).toBe(end)
    expect(Object.keys(decision)).toContain('validUntil')
  })

  test('is the same for the same facts', () => {
    const policy = policyOf(allow({ 'san.uri': { prefix: 'spiffe://' } }), deny({ not: { 'attribute.a': { exact: 1 } } }))
    const once = JSON.stringify(evaluatePolicy(policy, facts({ attributes: { a: 1 } })))
    expect(JSON.stringify(evaluatePolicy(policy, facts({ attributes: { a: 1 } })))).toBe(once)
    expect(JSON.parse(once)).toMatchObject({ decision: 'allow', verification: { source: 'verdict' }, trace: { rules: [{ id: 'allow', result: 'matched' }, { id: 'deny', result: 'not-matched' }] } })
  })
})

describe('how long a decision holds', () => {
  const until = (document: object, more: Partial<Facts> = {}): number | undefined =>
    evaluatePolicy(parsePolicy({ version: 1, identity: 'none', rules: [allow(anybody)], ...document }), facts(more)).validUntil?.getTime()

  test('the policy’s own limit', () => expect(until({ maxDecisionSeconds: 600 })).toBe(now + 600_000))
  test('the end of a factor', () => {
    const rules = [allow({ 'factor.totp': { maxAgeSeconds: 300 } })]
    expect(until({ rules }, { factors: [{ kind: 'totp', at: now - 100_000 }] })).toBe(now + 200_000)
  })
  test('the end of a window, and its beginning where a deny rule has it', () => {
    const window = (from: string, to: string): object => ({ time: { window: { from, to, utcOffset: 'Z' } } })
    expect(until({ rules: [allow(window('08:00', '18:00'))] })).toBe(Date.UTC(2026, 5, 15, 18) - 1)
    expect(until({ rules: [allow(anybody), deny(window('20:00', '04:00'))] })).toBe(Date.UTC(2026, 5, 15, 20) - 1)
  })
  test('a date, an age', () => {
    expect(until({ rules: [allow({ time: { lt: '2026-07-01T00:00:00Z' } })] })).toBe(Date.UTC(2026, 6, 1) - 1)
    expect(until({ rules: [allow({ 'certificate.ageSeconds': { lt: 365 * 7 * 86400 } })] })).toBe(Date.UTC(2020, 0, 1) + 365 * 7 * 86_400_000 - 1)
    expect(until({ rules: [allow({ 'certificate.remainingSeconds': { gt: 3600 } })] })).toBe(Date.UTC(2040, 0, 1) - 3_600_000 - 1)
  })
  test('parts of a millisecond are not rounded up', () => {
    // Where it ends, and the last whole millisecond before: the sums of the last two are rounded up to a whole one.
    for (const [at, maxAgeSeconds, end] of [
      [now - 1000, 2.0005, now + 1000], [now - 999.5, 2, now + 1000], [now - 999.5, 1.9995, now + 1000], [now - 1000, 2, now + 1000], [now - 1000, 1.99999999999, now + 999], [now - 1000.25, 2.00024999999, now + 999],
    ] as const) {
      const policy = policyOf(allow({ 'factor.totp': { maxAgeSeconds } }))
      const given = (time: number): string => evaluatePolicy(policy, facts({ time, factors: [{ kind: 'totp', at }] })).decision
      expect(evaluatePolicy(policy, facts({ factors: [{ kind: 'totp', at }] })).validUntil!.getTime() - end, `${maxAgeSeconds}`).toBe(0)
      expect([end, end + 1].map(given), `${maxAgeSeconds}`).toEqual(['allow', 'deny'])
    }
  })

  test('nor is an age, whenever it is asked for', () => {
    // Old enough for a millisecond to be near the last digits of its age in seconds.
    const notBefore = Date.UTC(1990, 0, 1)
    const peer = new PeerFactsClass({ source: 'proxy', proxy: 'front' }, Infinity, (key) => (key === 'certificate.notBefore' ? [notBefore] : undefined))
    for (let i = 0; i < 5000; i++) {
      const time = now + i / 7
      const end = Math.floor(time) + 1 + (i * 997) % 100_000
      // The age that the certificate has then is none that is allowed.
      const policy = parsePolicy({ version: 1, identity: 'none', proxies: ['front'], rules: [allow({ 'certificate.ageSeconds': { lt: (end - notBefore) / 1000 } })] })
      expect(evaluatePolicy(policy, facts({ peer, time })).validUntil!.getTime() - end, `${i}`).toBe(-1)
    }
  })

  test('at its last moment it still stands, and after it not', () => {
    const policy = policyOf(allow({ time: { window: { from: '08:00', to: '18:00', utcOffset: '+05:30', days: ['mon'] } } }))
    const end = evaluatePolicy(policy, facts()).validUntil!.getTime()
    expect(end).toBe(Date.UTC(2026, 5, 15, 12, 30) - 1)
    expect([end, end + 1].map((time) => evaluatePolicy(policy, facts({ time })).decision)).toEqual(['allow', 'deny'])
  })
})

describe('the principal', () => {
  const whom = (identity: unknown, peer: PeerFacts = fullPeer): unknown => {
    const { decision, reason, principal } = evaluatePolicy(parsePolicy({ version: 1, identity, rules: [allow(anybody)] }), facts({ peer }))
    return principal ?? `${decision} ${reason}`
  }
  test('is the first that is found', () => {
    expect(whom([{ from: 'san.uri', as: 'spiffe' }, { from: 'subject.O', as: 'organization' }])).toEqual({ type: 'spiffe', from: 'san.uri', value: 'spiffe://bank.example/ns/pay/app' })
    expect(whom([{ from: 'san.uri', prefix: 'https://', as: 'web' }, { from: 'subject.organizationIdentifier', prefix: 'PSD', as: 'psp' }])).toEqual({ type: 'psp', from: 'subject.organizationIdentifier', value: 'PSDDE-1' })
  })
  test('is required: nobody is a refusal', () => {
    expect(whom([{ from: 'san.uri', as: 'spiffe' }], barePeer)).toBe('deny policy/no-principal')
    expect(whom('none', barePeer)).toBe('allow policy/allowed')
  })
  test('is one: of several names none is chosen', () => {
    const peer = verifiedPeer(verdictOn(leafWith([san(uri('spiffe://a.example/x'), uri('spiffe://b.example/y'), dns('x.example'))])))
    expect(whom([{ from: 'san.uri', as: 'spiffe' }, { from: 'san.dns', as: 'host' }], peer)).toBe('deny policy/ambiguous-principal')
    expect(whom([{ from: 'san.uri', as: 'spiffe', spiffe: 'spiffe://b.example/**' }], peer)).toMatchObject({ value: 'spiffe://b.example/y' })
    const twice = verifiedPeer(verdictOn(leafWith([san(uri('spiffe://a.example/x'), uri('spiffe://a.example/x'))])))
    expect(whom([{ from: 'san.uri', as: 'spiffe' }], twice)).toMatchObject({ value: 'spiffe://a.example/x' })
  })
})

describe('where facts come from', () => {
  test('from members that are known: a misspelt one is no missing one', () => {
    expect(() => evaluatePolicy(policyOf(allow(anybody)), { ...facts(), requests: {} } as never)).toThrow(/^facts\.requests: no such fact; known: peer, time/)
  })
  test('an accepted verdict of this process, and nothing that looks like one', async () => {
    const verdict = verdictOn()
    expect(Object.isFrozen(verdict)).toBe(true)
    for (const twin of [{ ...verdict }, Object.create(verdict), new Proxy(verdict, {})]) {
      expect(() => verifiedPeer(twin as never)).toThrow(TypeError)
    }
    expect(() => verifiedPeer(JSON.parse(JSON.stringify(verdict)))).toThrow(/accepted verdict/)
    const other = createVerifier({ anchors: [root], purpose: 'serverAuth', revocation: 'none', clock: () => now })
    const refused = await other.verify({ leaf: leafWith(), names: 'unchecked' })
    expect(refused.ok).toBe(false)
    expect(() => verifiedPeer(refused as never)).toThrow(TypeError)
    const forged = { verification: { source: 'verdict' }, validUntil: Infinity, values: () => ['x'] }
    for (const peer of [forged, Object.create(PeerFactsClass.prototype) as PeerFacts, undefined, verdict]) {
      expect(() => evaluatePolicy(policyOf(allow(anybody)), facts({ peer: peer as PeerFacts }))).toThrow(/facts\.peer/)
    }
  })

  test('the word of a proxy counts only where the policy names it', () => {
    const asked = { version: 1, identity: 'none', rules: [allow({ 'san.uri': { spiffe: 'spiffe://bank.example/**' } })] }
    const decided = (proxies?: readonly string[]): unknown => evaluatePolicy(parsePolicy({ ...asked, ...(proxies && { proxies }) }), facts({ peer: proxied }))
    expect(decided()).toMatchObject({ decision: 'deny', reason: 'policy/proxy-not-admitted' })
    expect(decided(['back'])).toMatchObject({ decision: 'deny', reason: 'policy/proxy-not-admitted' })
    expect(decided(['front'])).toMatchObject({ decision: 'allow', verification: { source: 'proxy', proxy: 'front' } })
  })

  test('facts of the wrong type are the caller’s mistake', () => {
    const asked = policyOf(allow({ allOf: [anybody, { 'request.method': { exact: 'GET' } }, { 'attribute.a': { exact: 1 } }, { 'factor.f': { maxAgeSeconds: 1 } }, { 'channel.binding': { exact: '00' } }] }))
    const good = { request: { method: 'GET' }, attributes: { a: 1 }, factors: [{ kind: 'f', at: now }], channel: { binding: Uint8Array.of(0) } }
    expect(evaluatePolicy(asked, facts(good)).decision).toBe('allow')
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ time: undefined }, /facts\.time/], [{ time: 'noon' }, /facts\.time/], [{ request: { method: 7 } }, /request\.method/], [{ request: 'x' }, /facts\.request/],
      [{ attributes: { a: {} } }, /attributes: a/], [{ attributes: { a: NaN } }, /attributes: a/], [{ attributes: { a: [1, NaN] } }, /attributes: a/], [{ attributes: [] }, /facts\.attributes/], [{ factors: [{ kind: 'f', at: 'now' }] }, /f\.at/],
      [{ factors: {} }, /facts\.factors/], [{ channel: { binding: '00' } }, /channel\.binding/], [{ request: { method: 'GET', path: 7 } }, /request\.path/],
    ]
    for (const [more, message] of wrong) expect(() => evaluatePolicy(asked, facts({ ...good, ...more }))).toThrow(message)
    expect(() => evaluatePolicy({ version: 1 } as never, facts())).toThrow(/parsePolicy/)
  })

  test('names of facts are own properties only', () => {
    expect(decide({ 'attribute.constructor': { present: true } }, { attributes: {} }).decision).toBe('deny')
    expect(decide({ 'request.header.constructor': { present: true } }, { request: { headers: {} } }).decision).toBe('deny')
  })

  test('a method that is not in capitals is nobody’s', () => {
    const { rules } = { rules: [allow(anybody), deny({ 'request.method': { exact: 'DELETE' } })] }
    const given = (method: string): string => evaluatePolicy(policyOf(...rules), facts({ request: { method } })).decision
    expect(['GET', 'DELETE', 'delete', 'Delete', 'M-SEARCH'].map(given)).toEqual(['allow', 'deny', 'deny', 'deny', 'allow'])
    expect(decide({ 'request.method': { in: ['get', 'GET'] } }, { request: { method: 'get' } }).decision).toBe('deny')
  })

  test('a HEAD is denied where a GET is, and allowed only by its own name', () => {
    const given = (...rules: readonly object[]): readonly string[] =>
      ['GET', 'HEAD', 'POST', 'get'].map((method) => evaluatePolicy(policyOf(...rules), facts({ request: { method, path: '/admin/x' } })).decision)
    const to = (...methods: readonly string[]): object => ({ to: { methods, paths: ['/admin/**'] } })
    expect(given(allow(anybody), deny(anybody, to('GET')))).toEqual(['deny', 'deny', 'allow', 'deny'])
    expect(given(allow(anybody), deny(anybody, to('HEAD')))).toEqual(['allow', 'deny', 'allow', 'deny'])
    expect(given(allow(anybody), deny(anybody, to('POST')))).toEqual(['allow', 'allow', 'deny', 'deny'])
    expect(given(allow(anybody, to('GET')))).toEqual(['allow', 'deny', 'deny', 'deny'])
    expect(given(allow(anybody, to('GET', 'HEAD')))).toEqual(['allow', 'allow', 'deny', 'deny'])
    // As a condition it means what it says.
    expect(given(allow(anybody), deny({ 'request.method': { exact: 'GET' } }))).toEqual(['deny', 'allow', 'allow', 'deny'])
  })

  test('of several lines of a header somebody else may read any: each against the peer', () => {
    const asked = { 'request.header.x-tenant': { exact: 'blue' } }
    const given = (effect: 'allow' | 'deny', condition: object, lines: readonly string[]): string =>
      evaluatePolicy(policyOf(effect === 'allow' ? allow(condition) : deny(condition), ...(effect === 'deny' ? [allow(anybody, { id: 'all' })] : [])), facts({ request: { headers: { 'x-tenant': lines } } })).decision
    for (const [lines, allows, denies] of [[['blue'], 'allow', 'deny'], [['blue', 'blue'], 'allow', 'deny'], [['blue', 'red'], 'deny', 'deny'], [['red', 'blue'], 'deny', 'deny'], [['red'], 'deny', 'allow']] as const) {
      expect([given('allow', asked, lines), given('deny', asked, lines)], lines.join()).toEqual([allows, denies])
    }
    // Under not the other way round.
    expect([['red'], ['blue', 'red'], ['blue']].map((lines) => given('allow', { not: asked }, lines))).toEqual(['allow', 'deny', 'deny'])
    expect([['red'], ['blue', 'red'], ['blue']].map((lines) => given('deny', { not: asked }, lines))).toEqual(['deny', 'deny', 'allow'])
  })

  test('more values than anybody can honestly have cannot be read, and are no absence', () => {
    const given = (count: number, condition: object): string => decide(condition, {
      attributes: { list: Array.from({ length: count }, () => 'x') }, factors: Array.from({ length: count }, () => ({ kind: 'totp', at: now })),
    }).decision
    expect([0, 1, 1000, 1001].map((count) => given(count, { 'attribute.list': { present: false } }))).toEqual(['allow', 'deny', 'deny', 'deny'])
    expect([0, 1, 1000, 1001].map((count) => given(count, { 'factor.totp': { maxAgeSeconds: 60 } }))).toEqual(['deny', 'allow', 'allow', 'deny'])
    expect([0, 1, 1001].map((count) => given(count, { anyOf: [anybody, { 'factor.totp': { maxAgeSeconds: 60 } }] }))).toEqual(['allow', 'allow', 'allow'])
  })

  test('nor does a match on them hold', () => {
    const peerOf = (count: number): PeerFacts => new PeerFactsClass({ source: 'proxy', proxy: 'front' }, Infinity, () => Array.from({ length: count }, (_, i) => `h${i}.example`))
    const policy = parsePolicy({ version: 1, identity: 'none', proxies: ['front'], rules: [allow({ 'san.dns': { exact: 'h7.example' } })] })
    expect([1000, 1001].map((count) => evaluatePolicy(policy, facts({ peer: peerOf(count) })).decision)).toEqual(['allow', 'deny'])
  })

  test('header fields are read from Headers too', () => {
    const headers = new Headers({ 'X-Tenant': 'blue' })
    expect(decide({ 'request.header.x-tenant': { exact: 'blue' } }, { request: { headers } }).decision).toBe('allow')
    expect(decide({ 'request.header.x-other': { present: false } }, { request: { headers } }).decision).toBe('allow')
  })

  test('and lines that were joined by commas are each of them and the whole', () => {
    const given = (rule: object, ...lines: readonly string[]): readonly string[] => {
      const joined = new Headers()
      for (const line of lines) joined.append('x-tenant', line)
      return [lines, joined, { 'x-tenant': lines.join(', ') }].map((headers) => evaluatePolicy(policyOf(rule, allow(anybody, { id: 'all', to: { methods: ['PUT'] } })),
        facts({ request: { method: 'effect' in rule && rule.effect === 'deny' ? 'PUT' : 'GET', headers: Array.isArray(headers) ? { 'x-tenant': headers } : headers as Headers } })).decision)
    }
    const evil = { 'request.header.x-tenant': { exact: 'evil' } }
    expect(given(deny(evil), 'good', 'evil')).toEqual(['deny', 'deny', 'deny'])
    expect(given(deny(evil), 'good', 'well')).toEqual(['allow', 'allow', 'allow'])
    expect(given(allow({ not: evil }), 'good', 'evil')).toEqual(['deny', 'deny', 'deny'])
    expect(given(allow({ not: evil }), 'good', 'well')).toEqual(['allow', 'allow', 'allow'])
    for (const [matcher, text] of [['prefix', 'good'], ['suffix', 'good'], ['contains', 'good'], ['exact', 'good']] as const) {
      const rule = allow({ 'request.header.x-tenant': { [matcher]: text } })
      expect(given(rule, 'evil', 'good'), matcher).toEqual(['deny', 'deny', 'deny'])
      expect(given(rule, 'good', 'evil'), matcher).toEqual(['deny', 'deny', 'deny'])
      expect(given(rule, 'good'), matcher).toEqual(['allow', 'allow', 'allow'])
    }
    expect(given(allow({ 'request.header.x-tenant': { prefix: 'good' } }), 'good/a', 'good/b')).toEqual(['allow', 'allow', 'allow'])
    // The whole, as a deny rule may have it, and as a list of lines has it not.
    expect(given(deny({ 'request.header.x-tenant': { exact: 'a, b' } }), 'a', 'b')).toEqual(['allow', 'deny', 'deny'])
  })
})

describe('facts that come later', () => {
  const request = { methods: ['GET'], paths: ['/x'] }
  test.each([
    ['an allow rule that needs them', [allow(anybody, { to: request })], 'pending'],
    ['an allow rule that does not', [allow(anybody)], 'allow'],
    ['an allow rule that cannot hold any more', [allow({ 'san.dns': { exact: 'other.example' } }, { to: request })], 'deny'],
    ['a deny rule that needs them', [allow(anybody), deny(anybody, { to: request })], 'pending'],
    ['a deny rule that holds without them', [allow(anybody, { to: request }), deny(anybody)], 'deny'],
    ['a deny rule that cannot hold any more', [allow(anybody), deny({ 'key.type': { exact: 'rsa' } }, { to: request })], 'allow'],
    ['not, over them', [allow({ allOf: [anybody, { not: { 'request.method': { exact: 'PUT' } } }] })], 'pending'],
    ['present, over them', [allow({ 'request.method': { present: false } })], 'pending'],
    ['a deny rule alone', [deny(anybody, { to: request })], 'deny'],
  ])('%s', (_, rules, expected) => {
    const { decision, validUntil, trace } = evaluatePolicy(policyOf(...rules), facts({ request: 'pending' }))
    expect(decision).toBe(expected)
    expect(validUntil === undefined).toBe(expected !== 'allow')
    expect(trace.rules).toHaveLength(rules.length)
  })
  test('left out is not later', () => {
    expect(evaluatePolicy(policyOf(allow(anybody, { to: request })), facts()).decision).toBe('deny')
    expect(evaluatePolicy(policyOf(allow(anybody), deny(anybody, { to: request })), facts()).decision).toBe('deny')
  })
})

describe('the trace', () => {
  const policy = parsePolicy({
    version: 1, identity: [{ from: 'san.uri', as: 'spiffe' }], loggable: ['attribute.role'],
    rules: [
      deny({ anyOf: [{ 'key.type': { exact: 'rsa' } }, { not: { 'san.email': { suffix: '@bank.example' } } }] }, { id: 'keys' }),
      allow({ allOf: [{ 'request.header.x-token': { exact: 'hunter2' } }, { 'attribute.role': { exact: 'teller' } }, { 'attribute.pin': { exact: 1234 } }, { 'factor.totp': { maxAgeSeconds: 300 } }] }, { id: 'tellers' }),
    ],
  })
  const given = facts({
    request: { headers: { 'x-token': 'hunter2' } }, attributes: { role: 'teller', pin: 4321 }, factors: [{ kind: 'totp', at: now, strength: 1 }],
  })

  test('shows each condition, what was expected and found', () => {
    const { rules } = evaluatePolicy(policy, given).trace
    expect(rules.map(({ id, effect, result }) => [id, effect, result])).toEqual([['keys', 'deny', 'not-matched'], ['tellers', 'allow', 'not-matched']])
    expect(rules[0]!.condition).toMatchObject({
      kind: 'anyOf', result: false, conditions: [
        { kind: 'match', place: '/rules/0/when/anyOf/0/key.type', field: 'key.type', expected: { exact: 'rsa' }, found: ['ec'], result: false },
        { kind: 'not', result: false, conditions: [{ field: 'san.email', found: ['Clerk@bank.example'], result: true }] },
      ],
    })
  })

  test('is nobody’s to write to: what it shows stands in every later one', () => {
    const when = { allOf: [{ 'san.uri': { in: ['spiffe://bank.example/ns/pay/app', 'spiffe://b.example'] } }, { subject: { rdn: { OU: { in: ['Pay'] } } } }, { time: { window: { from: '00:00', to: '23:59', utcOffset: 'Z', days: ['mon'] } } }] }
    const own = policyOf(allow(when, { to: { methods: ['GET'], paths: ['/x'] } }))
    const asked = facts({ request: { method: 'GET', path: '/x' } })
    const before = JSON.stringify(evaluatePolicy(own, asked))
    const writable: string[] = []
    const deface = (value: unknown, place: string): void => {
      if (typeof value !== 'object' || value === null) return
      for (const [name, inside] of Object.entries(value)) deface(inside, `${place}/${name}`)
      if (!Object.isFrozen(value)) writable.push(place)
      for (const change of [() => Object.assign(value, { 0: 'CHANGED' }), () => Object.assign(value, { in: 'CHANGED' })]) expect(change, place).toThrow(TypeError)
    }
    deface(evaluatePolicy(own, asked).trace, '')
    expect(writable).toEqual([])
    expect(JSON.stringify(evaluatePolicy(own, asked))).toBe(before)
    expect(JSON.parse(before)).toMatchObject({ decision: 'allow', trace: { rules: [{ condition: { conditions: [{ conditions: [{ expected: { in: ['spiffe://bank.example/ns/pay/app', 'spiffe://b.example'] } }, {}, {}] }, { expected: { in: ['GET'] } }, { expected: { path: ['/x'] } }] } }] } })
    expect(own.toJSON()).toMatchObject({ rules: [{ when }] })
  })

  test('nor are the facts about a peer, by who reads them or who gave them', () => {
    const names = ['spiffe://a.example']
    const peer = new PeerFactsClass({ source: 'proxy', proxy: 'front' }, Infinity, () => names)
    const given = (): string => evaluatePolicy(parsePolicy({ version: 1, identity: 'none', proxies: ['front'], rules: [allow({ 'san.uri': { exact: 'spiffe://b.example' } })] }), facts({ peer })).decision
    expect(given()).toBe('deny')
    for (const key of ['san.uri', 'san.dns']) expect(() => { (peer.values(key) as string[])[0] = 'spiffe://b.example' }).toThrow(TypeError)
    names[0] = 'spiffe://b.example'
    expect(given()).toBe('deny')
    for (const key of ['san.uri', 'san.dns', 'subject', 'certificate.notAfter', 'eku', 'policy', 'anchor', 'path.length']) {
      const values = verifiedPeer(verdictOn()).values(key)!
      for (const one of [values, ...values]) expect(Object.isFrozen(one), key).toBe(true)
    }
  })

  test('keeps secrets, the policy’s own too, out of the text and of the log', () => {
    const decision = evaluatePolicy(policy, given)
    for (const text of [JSON.stringify(decision), explainDecision(decision)]) {
      expect(text).not.toMatch(/hunter2|1234|4321/)
      expect(text).toMatch(/teller/)
      expect(text).toMatch(/request\.header\.x-token/)
    }
  })

  test('in words', () => {
    expect(explainDecision(evaluatePolicy(policy, given))).toBe(`denied: no rule allows it (policy/no-rule-allows)
  principal: spiffe spiffe://bank.example/ns/pay/app (from san.uri)
  deny keys: not-matched
    any of: no
      key.type exact "rsa": no, found "ec"
      not: no
        san.email suffix "@bank.example": yes, found "Clerk@bank.example"
  allow tellers: not-matched
    all of: no
      request.header.x-token (not shown): yes, found (not shown)
      attribute.role exact "teller": yes, found "teller"
      attribute.pin (not shown): no, found (not shown)
      factor.totp maxAgeSeconds 300: yes, found "2026-06-15T12:00:00.000Z, strength 1"`)
  })

  test('what a peer chose cannot move the cursor', () => {
    const peer = verifiedPeer(verdictOn(leafWith([san(uri('spiffe://a.example/x'))])))
    const text = explainDecision(decide({ 'attribute.x': { exact: '\u001b[2J' } }, { peer, attributes: { x: '\u001b[2J' } }))
    expect(text).not.toContain('\u001b')
  })

  test('shows a bounded number of values', () => {
    const peer = verifiedPeer(verdictOn(leafWith([san(...Array.from({ length: 40 }, (_, i) => dns(`h${i}.example`)))])))
    const [rule] = decide({ 'san.dns': { exact: 'x.example' } }, { peer }).trace.rules
    expect((rule!.condition as { found: readonly string[] }).found).toHaveLength(17)
  })
})
