import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapeName, escapeText, escapeXml } from '../../../src/verify/escape.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  // Code units at random: lone surrogates among them.
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.array(fc.constantFrom('\x1b', '[2J', '\u202e', '<', '>', '&', '"', '\'', '`', '\\', 'u', '{', '}', '3C', 'a', '…',
    '\u200b', '\u2028', '\udfff', '\ud800', '\x85', '\u{e0041}')).map((parts) => parts.join('')),
)

// Written with Unicode properties on purpose: the implementation uses its own ranges.
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}<>&"'`]|(?! )\p{Zs}/u

describe('escapeText', () => {
  test.each([
    ['plain text, ümläut 日本', 'plain text, ümläut 日本'],
    ['\x1b[31mred', '\\u{1B}[31mred'],
    ['a\nb', 'a\\u{A}b'],
    ['\u202eevil', '\\u{202E}evil'],
    ['</svg><script>', '\\u{3C}/svg\\u{3E}\\u{3C}script\\u{3E}'],
    ['back\\slash', 'back\\u{5C}slash'],
    ['\\u{3C}', '\\u{5C}u{3C}'],
    ['\ud800x', '\\u{D800}x'],
    ['\u{1f600}', '\u{1f600}'],
    ['\0', '\\u{0}'],
    ['…', '\\u{2026}'],
  ])('%j', (input, expected) => {
    expect(escapeText(input)).toBe(expected)
  })

  test('leaves nothing unsafe, whatever the text', () => {
    fc.assert(fc.property(anyText, (text) => { expect(escapeText(text)).not.toMatch(unsafe) }), { numRuns: 2000 })
  })

  test('every single code point that is unsafe by its Unicode properties is escaped', () => {
    for (let point = 0; point <= 0x10ffff; point++) {
      const character = String.fromCodePoint(point)
      if (unsafe.test(character) && escapeText(character) === character) {
        expect.fail(`U+${point.toString(16)} passes`)
      }
    }
  })

  test('is unambiguous: it can be undone', () => {
    const undo = (text: string): string =>
      text.replace(/\\u\{([0-9A-F]+)\}/g, (_, hex: string) => String.fromCodePoint(parseInt(hex, 16)))
    fc.assert(fc.property(anyText, (text) => { expect(undo(escapeText(text))).toBe(text) }), { numRuns: 2000 })
  })

  test('keeps to its limit, and says where it cut', () => {
    fc.assert(fc.property(anyText, fc.integer({ min: 0, max: 40 }), (text, limit) => {
      const whole = escapeText(text)
      const short = escapeText(text, limit)
      expect(short.length).toBeLessThanOrEqual(limit)
      if (whole.length <= limit) expect(short).toBe(whole)
      else if (limit > 0) {
        expect(short.endsWith('…')).toBe(true)
        expect(whole.startsWith(short.slice(0, -1))).toBe(true)
      }
    }), { numRuns: 2000 })
  })
})

describe('escapeName', () => {
  test('keeps backslashes and is idempotent', () => {
    expect(escapeName('CN=Foo\\, Inc')).toBe('CN=Foo\\, Inc')
    // An escaped `<`, and an escaped backslash before the text `u{3C}`, stay different.
    expect(escapeName('CN=\\<')).toBe('CN=\\u{3C}')
    expect(escapeName('CN=\\\\u{3C}')).toBe('CN=\\\\u{3C}')
    expect(escapeName('CN=\x1b')).toBe('CN=\\u{1B}')
    fc.assert(fc.property(anyText, (text) => {
      const once = escapeName(text)
      expect(once).not.toMatch(unsafe)
      expect(escapeName(once)).toBe(once)
    }))
  })
})

describe('escapeXml', () => {
  test('escapes the five and replaces what XML cannot hold', () => {
    expect(escapeXml('<a href="x">&\'\0\ud800\ufffe\u{1f600}')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&apos;\ufffd\ufffd\ufffd\u{1f600}')
  })
})
