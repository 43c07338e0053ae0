/** Constraints are looked up in an index; here each is held against the definition, one subtree at a time (RFC 5280 4.2.1.10). */
import { describe, expect, it } from 'vitest'
import { encodeContext, encodeContextPrimitive, encodeOid, encodeString } from '../../../src/asn1/index.ts'
import { Budget, budgetFrom, checkNameConstraints, constrainedNames } from '../../../src/path/index.ts'
import type { Finding } from '../../../src/path/index.ts'
import { malformedSubtrees } from '../../../src/path/name-constraints.ts'
import { parseCertificate } from '../../../src/x509/index.ts'
import type { Certificate } from '../../../src/x509/index.ts'
import { attribute, dns, email, ip, name, nc, san, uri } from '../../../fixtures/issue.ts'
import type { Bytes } from '../../../fixtures/issue.ts'
import { caKeys, leafKeys, leafUnderCa, make, noSignature } from '../../support/hostile-worlds.ts'

const signature = noSignature
const directory = (...parts: readonly Bytes[]): Bytes => encodeContext(4, name('host.example', ...parts))

function findings(certificate: Certificate, permitted: readonly Bytes[], excluded: readonly Bytes[]): readonly Finding[] {
  const issuer = parseCertificate(make('CA', 'Root', caKeys, caKeys, [nc([...permitted], [...excluded])], { signature }))
  const budget = new Budget(budgetFrom({ nameComparisons: 1e9 }))
  const steps = checkNameConstraints(issuer.get('nameConstraints')!, constrainedNames(certificate), budget)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
const judge = (entry: Bytes, permitted: readonly Bytes[], excluded: readonly Bytes[] = []): readonly string[] =>
  findings(parseCertificate(leafUnderCa([san(entry)], { signature })), permitted, excluded).map(({ code }) => code)

const hosts = ['a.example', 'b.a.example', 'c.b.a.example', 'example', 'aa.example', '*.a.example', '*.example', '*.c.b.a.example', 'A.Example']
const domains = ['', 'a.example', 'b.a.example', 'example', '.a.example', '.example', 'A.EXAMPLE', 'b.example', 'x..y', 'le', 'c.b.a.example', 'me@a.example', 'you@a.example', 'ME@a.example']

/** By the definition, without the index. */
const isWithin = (host: string, domain: string): boolean => domain === '' || host === domain || host.endsWith(`.${domain}`)
const isHost = (host: string, wanted: string): boolean => wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted
const expected = {
  dns(value: string, base: string): readonly [boolean, boolean] {
    const fixed = value.toLowerCase().replace('*.', '')
    const domain = base.toLowerCase()
    const inside = isWithin(fixed, domain)
    return [inside, inside || (value.startsWith('*.') && domain.slice(domain.indexOf('.') + 1) === fixed)]
  },
  email(value: string, base: string): readonly [boolean, boolean] {
    const at = base.indexOf('@')
    const inside = at < 0 ? isHost(value.toLowerCase(), base.toLowerCase())
      : base.slice(0, at) === 'me' && base.slice(at + 1).toLowerCase() === value.toLowerCase()
    return [inside, inside]
  },
  uri(value: string, base: string): readonly [boolean, boolean] {
    const inside = isHost(value.toLowerCase(), base.toLowerCase())
    return [inside, inside]
  },
}
const encoders = {
  dns: (value: string) => dns(value), email: (value: string) => email(`me@${value}`), uri: (value: string) => uri(`https://${value}/`),
}

describe('one name against one subtree', () => {
  it.each(['dns', 'email', 'uri'] as const)('%s', (form) => {
    const bases = form === 'dns' ? dns : form === 'email' ? email : uri
    for (const host of hosts) {
      if (form !== 'dns' && host.startsWith('*')) continue
      for (const domain of domains) {
        const [permitted, excluded] = expected[form](host, domain)
        const entry = encoders[form](host)
        expect([host, domain, judge(entry, [bases(domain)])]).toEqual([host, domain, permitted ? [] : ['path/name-not-permitted']])
        expect([host, domain, judge(entry, [], [bases(domain)])]).toEqual([host, domain, excluded ? ['path/name-excluded'] : []])
      }
    }
  })

  it.each([
    [[192, 0, 2, 0, 255, 255, 255, 0], true], [[192, 0, 2, 77, 255, 255, 255, 0], true], [[192, 0, 3, 0, 255, 255, 255, 0], false],
    [[0, 0, 0, 0, 0, 0, 0, 0], true], [[192, 9, 2, 9, 255, 0, 255, 255], true], [[192, 0, 2, 9, 255, 255, 255], false],
    [Array<number>(32).fill(0), false], [[], false],
  ] as const)('the network %j', (network, inside) => {
    expect(judge(ip(192, 0, 2, 9), [ip(...network)])).toEqual(inside ? [] : ['path/name-not-permitted'])
    expect(judge(ip(192, 0, 2, 9), [], [ip(...network)])).toEqual(inside ? ['path/name-excluded'] : [])
  })

  it('a mailbox, whether its local part is in quotes or not (RFC 5322 3.2.4)', () => {
    for (const written of ['me@a.example', '"me"@a.example', '"\\m\\e"@a.example']) {
      for (const constraint of ['me@a.example', '"me"@a.example']) {
        expect(judge(email(written), [], [email(constraint)]), written).toEqual(['path/name-excluded'])
        expect(judge(email(written), [email(constraint)]), written).toEqual([])
      }
      expect(judge(email(written), [], [email('"m e"@a.example')])).toEqual([])
    }
    expect(judge(email('"m e"@a.example'), [], [email('me@a.example')])).toEqual([])
  })
  it('an SmtpUTF8Mailbox, under constraints of rfc822Name (RFC 9598 6); those of otherName cannot be judged', () => {
    const other = (oid: string, value: string): Bytes => encodeContext(0, encodeOid(oid), encodeContext(0, encodeString(0x0c, value)))
    const mailbox = other('1.3.6.1.5.5.7.8.9', 'é@a.example')
    expect(judge(mailbox, [email('a.example')])).toEqual([])
    expect(judge(mailbox, [email('b.example')])).toEqual(['path/name-not-permitted'])
    expect(judge(mailbox, [], [email('b.example')])).toEqual([])
    expect(judge(mailbox, [], [email('a.example')])).toEqual(['path/name-excluded'])
    // "The application MUST either process the constraint or reject the certificate."
    expect(judge(mailbox, [mailbox])).toEqual(['path/name-constraint-unsupported'])
    expect(judge(mailbox, [], [other('1.3.6.1.5.5.7.8.9', 'ü@b.example')])).toEqual(['path/name-constraint-unsupported'])
    expect(judge(email('me@a.example'), [], [mailbox])).toEqual([])
    const upn = other('1.3.6.1.4.1.311.20.2.3', 'me@a.example')
    expect(judge(upn, [], [upn])).toEqual(['path/name-constraint-unsupported'])
    expect(judge(upn, [], [email('a.example')])).toEqual([])
    expect(judge(other('1.3.6.1.5.5.7.8.9', `${'é'.repeat(64)}@a.example`), [email('a.example')])).toEqual([])
    expect(judge(other('1.3.6.1.5.5.7.8.9', `${'é'.repeat(2000)}@a.example`), [email('a.example')])).toEqual(['path/name-malformed'])
  })

  it('directory names, by their first RDNs', () => {
    const unit = attribute('2.5.4.11', 'unit')
    const below = parseCertificate(make('host.example', 'CA', leafKeys, caKeys, [], { signature, subject: name('host.example', unit) }))
    const code = (base: Bytes): readonly string[] => findings(below, [base], []).map((finding) => finding.code)
    expect(code(directory())).toEqual([])
    expect(code(directory(attribute('2.5.4.11', 'UNIT')))).toEqual([])
    expect(code(directory(unit, unit))).toEqual(['path/name-not-permitted'])
    expect(code(encodeContext(4, name('other.example')))).toEqual(['path/name-not-permitted'])
    // The base of no RDNs holds every name.
    expect(code(encodeContext(4, Uint8Array.of(0x30, 0)))).toEqual([])
  })
})

describe('one name against many', () => {
  it('names the first subtree that excludes it, in the order of the extension', () => {
    const leaf = parseCertificate(leafUnderCa([san(dns('*.a.example'))], { signature }))
    const constraintOf = (...domains: readonly string[]): unknown => (findings(leaf, [], domains.map(dns))[0]!.details['constraint'] as { value: string }).value
    expect(constraintOf('x.example', 'example', 'a.example')).toBe('example')
    expect(constraintOf('x.example', 'a.example', 'example')).toBe('a.example')
    expect(constraintOf('x.example', 'b.a.example', 'example')).toBe('b.a.example')
    expect(constraintOf('example', 'b.a.example', 'EXAMPLE')).toBe('example')
  })
  it('reports the first name of each kind of finding', () => {
    const leaf = parseCertificate(leafUnderCa([san([dns('a.test'), dns('b.test'), dns('a..b')])], { signature }))
    expect(findings(leaf, [dns('example')], [dns('test')])).toEqual([
      { code: 'path/name-excluded', details: { name: { type: 'dNSName', value: 'a.test' }, constraint: { type: 'dNSName', value: 'test' } } },
      { code: 'path/name-not-permitted', details: { name: { type: 'dNSName', value: 'a.test' }, permitted: [{ type: 'dNSName', value: 'example' }] } },
      { code: 'path/name-malformed', details: { name: { type: 'dNSName', value: 'a..b' } } },
    ])
  })
})

it('a mask that is no prefix means nothing (RFC 5280 4.2.1.10)', () => {
  const problems = (...octets: readonly number[]): readonly unknown[] => {
    const issuer = parseCertificate(make('CA', 'Root', caKeys, caKeys, [nc([encodeContextPrimitive(7, Uint8Array.from(octets))])], { signature }))
    const steps = malformedSubtrees(issuer.get('nameConstraints')!, new Budget(budgetFrom(undefined)))
    for (;;) {
      const step = steps.next()
      if (step.done === true) return Array.from(step.value, ({ details }) => details['problem'])
    }
  }
  for (const mask of [[0, 0, 0, 0], [255, 255, 255, 255], [255, 254, 0, 0], [255, 255, 255, 128]]) expect(problems(192, 0, 2, 1, ...mask)).toEqual([])
  for (const mask of [[255, 0, 255, 0], [0, 0, 0, 1], [255, 255, 255, 1], [255, 253, 0, 0], [127, 0, 0, 0]]) {
    expect(problems(192, 0, 2, 1, ...mask)).toEqual(['a mask that is no prefix'])
  }
  expect(problems(...Array<number>(16).fill(1), ...Array<number>(16).fill(255))).toEqual([])
  expect(problems(192, 0, 2, 1)).toEqual(['not an address and a mask (8 or 32 octets)'])
})
