import { describe, expect, test } from 'vitest'
import { lintPolicy, parsePolicy } from '../../../src/policy/index.ts'
import { allow, anybody, deny, policyOf } from './world.ts'

const findings = (...rules: readonly object[]): readonly string[] => lintPolicy(policyOf(...rules)).map(({ code, place, by }) => [code.slice(7), place, ...(by === undefined ? [] : [by])].join(' '))
const spiffe = { 'san.uri': { spiffe: 'spiffe://a.example/**' } }
const both = (...conditions: readonly unknown[]): object => ({ allOf: conditions })

describe('the linter', () => {
  test('is content with a policy that means what it says', () => {
    expect(findings(
      deny({ 'key.rsaBits': { lt: 3072 } }, { id: 'keys' }),
      allow(both(spiffe, { 'factor.totp': { maxAgeSeconds: 60 } }), { id: 'pay', to: { paths: ['/pay/*'] } }),
      allow(both(spiffe, { 'san.dns': { present: true } }, { not: { 'san.dns': { exact: 'x.example' } } }), { id: 'other' }),
    )).toEqual([])
  })

  test('a policy that allows nothing', () => {
    expect(findings(deny(spiffe))).toEqual(['allows-nothing /rules'])
    expect(lintPolicy(parsePolicy({ version: 1, identity: 'none', rules: [] }))).toMatchObject([{ code: 'policy/allows-nothing', rule: undefined }])
  })

  test.each([
    ['two values of what has one', both({ 'key.type': { exact: 'rsa' } }, { 'key.type': { exact: 'ec' } })],
    ['lists that have nothing in common', both({ 'key.type': { in: ['rsa', 'ec'] } }, { 'key.type': { in: ['ed25519'] } })],
    ['a value that its own prefix excludes', { 'san.uri': { exact: 'https://x.example', prefix: 'spiffe://' } }],
    ['a range that is empty', { 'key.rsaBits': { lt: 2048, gt: 4096 } }],
    ['ranges that do not meet', both({ 'certificate.ageSeconds': { lt: 60 } }, { 'certificate.ageSeconds': { gt: 60 } })],
    ['a match and its opposite', both(spiffe, { not: spiffe })],
    ['a match and the opposite of what follows from it', both({ 'san.uri': { exact: 'spiffe://a.example/x' } }, { not: spiffe })],
    ['a value that must not be there', both({ 'san.uri': { present: false } }, spiffe)],
    ['one that must not be there and is denied', both({ 'san.dns': { present: true } }, { 'san.uri': { present: false } }, { not: spiffe })],
    ['nothing of what is always there', { 'certificate.sha256': { present: false } }],
  ])('a rule that never matches: %s', (_, when) => {
    const found = findings(allow(when), allow(spiffe, { id: 'spiffe' }))
    expect(found).toContain('never-matches /rules/0')
    expect(findings(allow({ anyOf: [when, { 'san.dns': { exact: 'x.example' } }] }))).not.toContain('never-matches /rules/0')
  })

  test('several values may answer to what one cannot', () => {
    expect(findings(allow(both({ 'san.uri': { exact: 'https://x.example' } }, { 'san.uri': { exact: 'https://y.example' } })))).toEqual([])
  })

  test('a deny rule that only a missing fact fulfils', () => {
    const when = both({ 'key.rsaBits': { lt: 10 } }, { 'key.rsaBits': { gt: 20 } })
    expect(findings(allow(spiffe), deny(when))).toEqual(['matches-only-missing /rules/1'])
    expect(findings(allow(spiffe), deny(both({ 'key.type': { exact: 'rsa' } }, { 'key.type': { exact: 'ec' } })))).toEqual(['never-matches /rules/1'])
  })

  test.each([
    ['one value of a list', { 'san.uri': { exact: 'a:x' } }, { 'san.uri': { in: ['a:x', 'a:y'] } }],
    ['a value with the prefix', { 'san.uri': { in: ['a:x', 'a:y'] } }, { 'san.uri': { prefix: 'a:' } }],
    ['a longer prefix', { 'san.uri': { prefix: 'a:xyz' } }, { 'san.uri': { prefix: ['a:x', 'b:'] } }],
    ['a longer suffix', { 'san.uri': { suffix: 'a.example' } }, { 'san.uri': { suffix: '.example' } }],
    ['more is asked', both(spiffe, { 'key.type': { exact: 'ec' } }), spiffe],
    ['fewer alternatives', spiffe, { anyOf: [spiffe, { 'san.dns': { exact: 'x.example' } }] }],
    ['a smaller range', { 'key.rsaBits': { gt: 4095 } }, { 'key.rsaBits': { gt: 2047 } }],
    ['a smaller block', { 'san.ip': { cidr: '10.1.0.0/16' } }, { 'san.ip': { cidr: '10.0.0.0/8' } }],
    ['a younger factor', { 'factor.totp': { maxAgeSeconds: 60 } }, { 'factor.totp': { maxAgeSeconds: 300 } }],
    ['a value that is there', spiffe, { 'san.uri': { present: true } }],
    ['a member of the block', { 'san.ip': { exact: '10.1.2.3' } }, { 'san.ip': { cidr: '10.0.0.0/8' } }],
  ])('a shadowed rule: %s', (_, narrow, wide) => {
    expect(findings(allow(narrow, { id: 'narrow' }), allow(wide, { id: 'wide' }))).toContain('shadowed /rules/0 wide')
    expect(findings(allow(wide, { id: 'wide' }), allow(narrow, { id: 'narrow' }))).toContain('shadowed /rules/1 wide')
    // A deny rule over an allow rule makes it idle; the other way round both decide.
    expect(findings(allow(narrow, { id: 'narrow' }), deny(wide, { id: 'wide' }))).toContain('shadowed /rules/0 wide')
    expect(findings(deny(narrow, { id: 'narrow' }), allow(wide, { id: 'wide' })).filter((one) => one.startsWith('shadowed'))).toEqual([])
  })

  test('of two that say the same, the later one', () => {
    expect(findings(allow(spiffe, { id: 'a' }), allow(spiffe, { id: 'b' }))).toEqual(['shadowed /rules/1 a'])
  })

  test('a rule about other requests is not shadowed', () => {
    expect(findings(allow(spiffe, { id: 'a', to: { methods: ['GET'] } }), allow(spiffe, { id: 'b', to: { methods: ['PUT'] } }))).toEqual([])
    expect(findings(allow(spiffe, { id: 'a', to: { methods: ['GET', 'PUT'] } }), allow(spiffe, { id: 'b', to: { methods: ['PUT'] } }))).toEqual(['shadowed /rules/1 a'])
  })

  test('a name that is written in another way', () => {
    expect(findings(allow({ 'san.dns': { suffix: '.a.example.' } }, { id: 'narrow' }), allow({ 'san.dns': { suffix: '.example' } }, { id: 'wide' }))).toEqual(['shadowed /rules/0 wide'])
    expect(findings(allow({ 'san.dns': { suffix: '.example.' } }, { id: 'a' }), allow({ 'san.dns': { contains: 'example.' } }, { id: 'b' }))).toEqual([])
    // It is 10.0.0.0/8, and in none of these.
    for (const cidr of ['::/0', '10.0.0.0/16']) expect(findings(allow({ 'san.ip': { cidr: '::ffff:10.0.0.0/104' } }, { id: 'a' }), allow({ 'san.ip': { cidr } }, { id: 'b' })), cidr).toEqual([])
    expect(findings(allow({ 'san.ip': { cidr: '2001:db8::/32' } }, { id: 'a' }), allow({ 'san.ip': { cidr: '::/0' } }, { id: 'b' }))).toEqual(['shadowed /rules/0 b'])
  })

  test('a deny rule for GET is one for HEAD, written out or not', () => {
    const to = (...methods: readonly string[]): object => ({ to: { methods } })
    expect(findings(allow(spiffe), deny(spiffe, to('GET')))).toEqual([])
    expect(findings(allow(spiffe), deny(spiffe, to('GET', 'HEAD')))).toEqual([])
    expect(findings(allow(spiffe), deny({ 'request.method': { exact: 'HEAD' } }, to('GET')))).toEqual([])
    expect(findings(allow(spiffe), deny(spiffe, { id: 'get', ...to('GET') }), deny(spiffe, { id: 'head', ...to('HEAD') }))).toEqual(['shadowed /rules/2 get'])
    expect(findings(allow(spiffe, to('GET')), allow(spiffe, { id: 'head', ...to('HEAD') }))).toEqual([])
    expect(findings(allow({ 'request.method': { exact: 'HEAD' } }, to('GET')), allow(spiffe, { id: 'spiffe' }))).toEqual(['never-matches /rules/0'])
  })

  test.each([
    ['presence of what is always there', anybody],
    ['a path of any length', { 'path.length': { gt: 0 } }],
    ['the request alone', { 'request.method': { exact: 'GET' } }],
    ['an alternative without the certificate', { anyOf: [spiffe, { 'attribute.role': { exact: 'x' } }] }],
    ['one or the other', { anyOf: [{ 'key.type': { exact: 'ec' } }, { not: { 'key.type': { exact: 'ec' } } }] }],
  ])('an allow rule that matches every certificate: %s', (_, when) => {
    expect(findings(allow(when))).toEqual(['matches-every-certificate /rules/0'])
    expect(findings(allow(spiffe, { id: 'spiffe' }), deny(when))).not.toContain('matches-every-certificate /rules/1')
  })

  test('not over what may be absent, without present beside it', () => {
    const other = { 'san.dns': { exact: 'x.example' } }
    expect(findings(allow(both(spiffe, { not: other })))).toEqual(['absent-under-not /rules/0/when/allOf/1/not/san.dns'])
    expect(findings(allow(both(spiffe, { 'san.dns': { present: true } }, { not: other })))).toEqual([])
    expect(findings(allow(both(spiffe, { anyOf: [{ 'san.dns': { present: false } }, { not: { not: other } }] })))).toEqual([])
    expect(findings(allow(both(spiffe, { not: { 'key.type': { exact: 'rsa' } } })))).toEqual([])
    expect(findings(allow(spiffe), deny({ not: other }))).toEqual(['absent-under-not /rules/1/when/not/san.dns'])
  })

  test('a rule of too many alternatives is said not to be examined', () => {
    const many = both(...Array.from({ length: 10 }, (_, i) => ({ anyOf: [{ [`attribute.a${i}`]: { exact: 1 } }, { [`attribute.b${i}`]: { exact: 1 } }] })))
    expect(findings(allow(many))).toEqual(['not-examined /rules/0'])
  })

  const to = (scope: object): readonly string[] => findings(allow(spiffe, { to: scope }))
  test.each<readonly [string, object, readonly string[]]>([
    ['a method that is not in capitals', { methods: ['GET', 'Post'] }, ['/rules/0/to/methods/1']],
    ['a method in capitals, of whatever letters', { methods: ['GET', 'M-SEARCH', 'X_1'] }, []],
    ['a path that is encoded', { paths: ['/a%20b/*', '/a b/*'] }, ['/rules/0/to/paths/0']],
    ['a path that is encoded twice', { paths: ['/a%2520b', '/100%', '/100%x'] }, ['/rules/0/to/paths/0']],
    ['an encoded slash, in small letters', { paths: ['/a%2fb', '/a/b'] }, ['/rules/0/to/paths/0']],
    ['dot segments', { paths: ['/a/./b', '/../**', '/.well-known/*', '/...'] }, ['/rules/0/to/paths/0', '/rules/0/to/paths/1']],
    ['a backslash, and what else no path can have', { paths: ['/a\\b', '/a\u0000', '/\ud800', '/é?#', '/', '/**', '/*'] }, ['/rules/0/to/paths/0', '/rules/0/to/paths/1', '/rules/0/to/paths/2']],
  ])('a value that no request has: %s', (_, scope, places) => {
    expect(to(scope)).toEqual(places.map((place) => `impossible-value ${place}`))
  })

  test.each<readonly [string, object, readonly string[]]>([
    ['methods', { 'request.method': { in: ['get', 'GET'] } }, ['in/0']],
    ['a part of a method', { 'request.method': { prefix: 'Ge' } }, ['prefix']],
    ['a part of one in capitals', { 'request.method': { prefix: 'GE' } }, []],
    ['a host with its port', { 'request.host': { exact: 'a.example:8443' } }, ['exact']],
    ['hosts, one with its port', { 'request.host': { in: ['a.example', 'a.example:', '[::1]:443', '[::1]', '::1'] } }, ['in/1', 'in/2']],
    ['the beginning of an address', { 'request.host': { prefix: 'fe80:' } }, []],
    ['a path with a final slash', { 'request.path': { in: ['/a/', '/a', '/'] } }, ['in/0']],
    ['no path at all', { 'request.path': { in: ['a', '/a', '/a//b'] } }, ['in/0', 'in/2']],
    ['what no path begins with', { 'request.path': { prefix: ['/a%2', '/a%2f', 'a', '//', '/a/', '/a/.', '/a/..'] } }, ['prefix/1', 'prefix/2', 'prefix/3']],
    ['what no path ends with', { 'request.path': { suffix: ['/', 'a/', '/..', '..', '.js', '41', '%41'] } }, ['suffix/1', 'suffix/2', 'suffix/6']],
    ['what no path contains', { 'request.path': { contains: ['%41', '/', '//', '/./', '/.', '\\', '%4'] } }, ['contains/0', 'contains/2', 'contains/3', 'contains/5']],
    ['a path that is asked for in other fields', { 'request.header.x-path': { exact: '/a%20b' } }, []],
  ])('a value that no fact has: %s', (_, when, places) => {
    const found = findings(allow(both(spiffe, { anyOf: [when, { 'request.host': { exact: 'x.example' } }] })))
    expect(found).toEqual(places.map((place) => `impossible-value /rules/0/when/allOf/1/anyOf/0/${Object.keys(when)[0]!.replaceAll('/', '~1')}/${place}`))
  })

  test.each<readonly [string, object, readonly string[]]>([
    ['exact', { 'san.uri': { exact: 'spiffe://a.example/*' } }, ['exact']],
    ['one of a list', { 'san.uri': { in: ['spiffe://a.example/x', 'spiffe://a.example/*'] } }, ['in/1']],
    ['a prefix', { 'san.uri': { prefix: 'spiffe://a.example/*' } }, ['prefix']],
    ['suffixes', { 'san.dns': { suffix: ['.a.example', '*.a.example'] } }, ['suffix/1']],
    ['a host', { 'request.host': { exact: '*.a.example' } }, ['exact']],
    ['a path', { 'request.path': { in: ['/a', '/a/*'] } }, ['in/1']],
    ['a header', { 'request.header.x-tenant': { exact: 'blue-*' } }, ['exact']],
    ['an attribute of a name', { 'subject.CN': { exact: 'app-*' } }, ['exact']],
    ['an attribute of an RDN', { subject: { rdn: { CN: 'app-*', OU: { in: ['Pay', 'Pay*'] } } } }, ['rdn/CN', 'rdn/OU/in/1']],
    ['no star but in patterns', { 'san.uri': { spiffe: 'spiffe://a.example/*', prefix: 'spiffe://a.example/' } }, []],
    ['a pattern of hosts, and of paths', { anyOf: [{ 'request.host': { dns: '*.a.example' } }, { 'request.path': { path: '/a/*' } }] }, []],
    ['a wildcard name, which CAs certify', { anyOf: [{ 'san.dns': { exact: '*.a.example' } }, { 'subject.CN': { in: ['*.a.example'] } }, { subject: { rdn: { CN: '*.a.example' } } }] }, []],
    ['what is no wildcard name', { 'san.dns': { in: ['*.a.example', 'a.*.example', '*a.example', '*'] } }, ['in/1', 'in/2', 'in/3']],
    ['what HTTP writes with a star', { anyOf: [{ 'request.header.accept': { in: ['*/*', 'text/*'] } }, { 'request.header.if-match': { exact: '*' } }, { 'attribute.grant': { exact: '*' } }] }, []],
    ['what is no text', { 'attribute.level': { exact: 7 } }, []],
  ])('a star that stands for itself: %s', (_, when, places) => {
    const place = `/rules/0/when/allOf/1/anyOf/0/${Object.keys(when)[0]!}`
    expect(findings(allow(both(spiffe, { anyOf: [when, { 'request.host': { exact: 'x.example' } }] })))).toEqual(places.map((one) => `literal-star ${place}/${one}`))
  })

  test('a star in an entry of identity, which is of no rule', () => {
    const of = (...identity: readonly object[]): unknown => lintPolicy(parsePolicy({ version: 1, identity, rules: [allow(spiffe)] })).map(({ code, place, rule }) => [code, place, rule])
    expect(of({ from: 'san.uri', as: 'a', spiffe: 'spiffe://a.example/*' }, { from: 'san.dns', as: 'b' })).toEqual([])
    expect(of({ from: 'san.dns', as: 'b' }, { from: 'san.uri', as: 'a', in: ['spiffe://a.example/x', 'spiffe://a.example/*'] })).toEqual([['policy/literal-star', '/identity/1/in/1', undefined]])
  })

  test('a rule of impossible values alone, which nothing makes match or a missing fact alone', () => {
    const small = { to: { methods: ['delete'] } }
    expect(findings(allow(spiffe, small))).toEqual(['impossible-value /rules/0/to/methods/0', 'never-matches /rules/0'])
    expect(findings(allow(spiffe), deny(spiffe, small))).toEqual(['impossible-value /rules/1/to/methods/0', 'matches-only-missing /rules/1'])
    expect(findings(allow(spiffe), deny(spiffe, { to: { methods: ['delete', 'DELETE'] } }))).toEqual(['impossible-value /rules/1/to/methods/0'])
    expect(findings(allow(both(spiffe, { not: { 'request.method': { exact: 'get' } } }, { 'request.method': { present: true } })))).toEqual(['impossible-value /rules/0/when/allOf/1/not/request.method/exact'])
  })

  test('an impossible value is said of a rule that is not examined, too', () => {
    const many = both({ 'request.method': { exact: 'get' } }, ...Array.from({ length: 10 }, (_, i) => ({ anyOf: [{ [`attribute.a${i}`]: { exact: 1 } }, { [`attribute.b${i}`]: { exact: 1 } }] })))
    expect(findings(allow(many))).toEqual(['impossible-value /rules/0/when/allOf/0/request.method/exact', 'not-examined /rules/0'])
  })

  describe('where the word of a proxy counts, which may not say what a certificate always says', () => {
    const both2 = (...rules: readonly object[]): readonly (readonly string[])[] => [[], ['edge']].map((proxies) =>
      lintPolicy(parsePolicy({ version: 1, identity: 'none', proxies, rules })).map(({ code, place, by }) => [code.slice(7), place, ...(by === undefined ? [] : [by])].join(' ')))
    const noKey = { 'key.sha256': { present: false } }
    const notRsa = { not: { 'key.type': { exact: 'rsa' } } }

    test('absence is possible', () => {
      expect(both2(allow(both(spiffe, noKey)))).toEqual([['never-matches /rules/0'], []])
      expect(both2(allow(both(spiffe, { time: { present: false } })))).toEqual([['never-matches /rules/0'], ['never-matches /rules/0']])
    })

    test('presence is asked for', () => {
      const rules = [allow(both(spiffe, { 'key.sha256': { present: true } }), { id: 'keyed' }), allow(spiffe, { id: 'all' })]
      expect(both2(...rules)).toEqual([['shadowed /rules/1 keyed'], ['shadowed /rules/0 all']])
      const ages = [allow(both(spiffe, { 'path.length': { gt: 0 } }), { id: 'some' }), allow(spiffe, { id: 'all' })]
      expect(both2(...ages)).toEqual([['shadowed /rules/1 some'], ['shadowed /rules/0 all']])
    })

    test('not over it counts an absent one against the peer', () => {
      expect(both2(allow(both(spiffe, notRsa)))).toEqual([[], ['absent-under-not /rules/0/when/allOf/1/not/key.type']])
    })

    test('a deny rule may match where it is missing', () => {
      const twoTypes = both({ 'key.type': { exact: 'rsa' } }, { 'key.type': { exact: 'ec' } })
      expect(both2(allow(spiffe), deny(twoTypes))).toEqual([['never-matches /rules/1'], ['matches-only-missing /rules/1']])
    })

    test('every accepted certificate meets what it met', () => {
      expect(both2(allow(anybody))).toEqual([['matches-every-certificate /rules/0'], ['matches-every-certificate /rules/0']])
    })
  })

  test('the revocation of a leaf that is an anchor is not known', () => {
    expect(findings(allow(both(spiffe, { 'revocation.leaf': { present: false } })))).toEqual([])
    expect(findings(allow(both(spiffe, { 'revocation.settled': { present: false } })))).toEqual(['never-matches /rules/0'])
  })
})
