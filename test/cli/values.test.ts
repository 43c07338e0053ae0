import { describe, expect, test } from 'vitest'
import { nearest, parseCommandLine } from '../../src/cli/command-line.ts'
import { UsageError } from '../../src/cli/usage-error.ts'
import { parseAddress, parseExpectedName, parsePurpose, parseTime } from '../../src/cli/values.ts'

describe('parseTime', () => {
  test.each([
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31t12:00:00z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31 12:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00.25+02:00', '2026-01-31T10:00:00.250Z'],
    ['2028-02-29T00:00:00-01:30', '2028-02-29T01:30:00.000Z'],
    ['@0', '1970-01-01T00:00:00.000Z'],
    ['@1767225600', '2026-01-01T00:00:00.000Z'],
    ['@-1', '1969-12-31T23:59:59.000Z'],
  ])('%s', (text, expected) => { expect(parseTime('--at', text).toISOString()).toBe(expected) })

  test.each(['', 'now', '2026-01-31', '2026-01-31T12:00:00', '2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-00-10T00:00:00Z',
    '2026-01-01T24:00:00Z', '2026-01-01T00:60:00Z', '2026-01-01T00:00:00+24:00', '1767225600', '@', '@x', '@1e3', '2026-01-31T12:00:00Z '])(
    'refuses %j', (text) => { expect(() => parseTime('--at', text)).toThrow(/^--at .*: not a time/) })
})

describe('parseExpectedName', () => {
  test.each([
    ['example.com', { dns: 'example.com' }],
    ['dns:example.com', { dns: 'example.com' }],
    ['10.0.0.1', { ip: '10.0.0.1' }],
    ['2001:db8::1', { ip: '2001:db8::1' }],
    ['[2001:db8::1]', { ip: '2001:db8::1' }],
    ['ip:10.0.0.1', { ip: '10.0.0.1' }],
    ['a@b.example', { email: 'a@b.example' }],
    ['email:a@b.example', { email: 'a@b.example' }],
    ['spiffe://bank.example/pay', { spiffeId: 'spiffe://bank.example/pay' }],
    ['uri:spiffe://bank.example/pay', { uri: 'spiffe://bank.example/pay' }],
    ['https://x.example/', { uri: 'https://x.example/' }],
    ['uri:urn:x:y', { uri: 'urn:x:y' }],
  ])('%s', (text, expected) => { expect(parseExpectedName('--name', text)).toEqual(expected) })

  test.each(['', 'a b', 'example.com/', 'example.com:443', 'ip:example.com', 'ip:fe80::1%eth0', 'email:x', 'uri:x', '@', '*.example.com',
    'a\nb', 'dns:'])('refuses %j', (text) => {
    expect(() => parseExpectedName('--name', text)).toThrow(UsageError)
    expect(() => parseExpectedName('--name', text)).toThrow(/^--name .*: not /)
  })
})

describe('parseAddress', () => {
  test.each([
    ['example.com:8443', { host: 'example.com', port: 8443 }],
    ['example.com', { host: 'example.com', port: 443 }],
    ['127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
    ['[::1]:8443', { host: '::1', port: 8443 }],
  ])('%s', (text, expected) => { expect(parseAddress('--connect', text)).toEqual(expected) })

  test.each(['', ':443', 'a:0', 'a:65536', 'a:b', '::1', '[::1', '[1.2.3.4]:1', 'https://a', 'a b:1', 'u@a:1'])(
    'refuses %j', (text) => { expect(() => parseAddress('--connect', text)).toThrow(/^--connect .*: not an address/) })
})

test('parsePurpose', () => {
  expect(parsePurpose('--purpose', '1.2.3')).toBe('1.2.3')
  expect(parsePurpose('--purpose', 'any')).toBe('any')
  for (const bad of ['serverauth', '1', '1..2', 'x']) expect(() => parsePurpose('--purpose', bad)).toThrow(/not a purpose/)
})

describe('parseCommandLine', () => {
  const specs = { anchors: { type: 'string', multiple: true }, at: { type: 'string' }, json: { type: 'boolean' } } as const

  test('options in any place, repeated ones in order, a lone dash and what follows a double dash as operands', () => {
    const line = parseCommandLine(['a.pem', '--anchors', 'x', '-', '--anchors=y', '--json', '--', '--at'], specs)
    expect(line.operands).toEqual(['a.pem', '-', '--at'])
    expect(line.values('anchors')).toEqual(['x', 'y'])
    expect(line.flag('json')).toBe(true)
    expect(line.value('at')).toBeUndefined()
  })

  test.each([
    [['--anchor', 'x'], '--anchor: unknown option; did you mean --anchors?'],
    [['--jsn'], '--jsn: unknown option; did you mean --json?'],
    [['--zzzzzzzz'], '--zzzzzzzz: unknown option'],
    [['-x'], '-x: unknown option'],
    [['--constructor'], '--constructor: unknown option'],
    [['--\u001b[31m'], '--\\u{1B}[31m: unknown option'],
    [['--at'], '--at: needs a value'],
    [['--at', '--json'], '--at: needs a value'],
    [['--at='], '--at: needs a value'],
    [['--at', '@1', '--at', '@2'], '--at: given twice'],
    [['--json=yes'], '--json: takes no value'],
  ])('%j', (argv, message) => { expect(() => parseCommandLine(argv, specs)).toThrow(new UsageError(message)) })
})

test('nearest', () => {
  expect(nearest('verfy', ['verify', 'inspect'])).toBe('verify')
  expect(nearest('insp', ['verify', 'inspect'])).toBe('inspect')
  expect(nearest('frobnicate', ['verify', 'inspect'])).toBeUndefined()
})
