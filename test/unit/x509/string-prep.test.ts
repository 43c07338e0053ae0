/** Preparation of directory strings: the quick form against its definition, and what hostile text may cost. */
import { describe, expect, it } from 'vitest'
import { prepareString } from '../../../src/x509/string-prep.ts'

const every = (characters: string, count: number): string => characters.repeat(count)

describe('preparation', () => {
  it('leaves out normalising only where that changes nothing', () => {
    for (const [before, after] of [['a', 'b'], ['a\u0308 ', '\u0301 '], ['\u1100', '\u11a8']] as const) {
      for (let point = 0; point < 0x20000; point++) {
        if (point >= 0xd800 && point < 0xe000) continue
        const text = `${before}${String.fromCodePoint(point)}${after}x`
        const prepared = prepareString(text)
        // The ligature has the whole value normalised.
        if (prepareString(`${text} \ufb01`) !== (prepared === undefined ? undefined : `${prepared} fi`)) expect.fail(JSON.stringify(text))
      }
    }
  })
  it.each([
    ['\tA \n b\r', 'a b'], [' é\u3000\u00a0É ', 'é é'], ['C\u0327\u0301', 'ḉ'], ['\u33c6', 'c\u2215kg'], ['İx', 'i̇x'], ['ﬀ\u00adi', 'ffi'],
    ['\u1112\u1161\u11ab', '한'], ['\u{10400}', '\u{10428}'], ['ｶﾞ', 'ガ'], ['   ', ''], ['\u3000', ''],
  ])('%j becomes %j', (text, prepared) => {
    expect(prepareString(text)).toBe(prepared)
  })
  it('a space that a combining mark stands on is none (RFC 4518 2.6.1)', () => {
    // U+00A8 and U+00B4 normalise to such a pair.
    for (const [text, prepared] of [
      ['a\u00a8', 'a \u0308'], ['a \u00a8', 'a  \u0308'], ['a  \u00a8 ', 'a  \u0308'], [' \u0308a', ' \u0308a'], ['  \u0308a', ' \u0308a'],
      ['a\t\u0301b', 'a \u0301b'], ['a\u3000\u0301b', 'a \u0301b'], ['a \u00b4b', 'a  \u0301b'], ['a é', 'a é'], ['a  e\u0301', 'a é'],
    ] as const) expect([text, prepareString(text)]).toEqual([text, prepared])
  })
  it('a value that begins with a combining mark is incomparable (RFC 4518 2.4)', () => {
    for (const text of ['\u0308a', '\u00ad\u0308a', '\uff9e', '\u0903']) expect([text, prepareString(text)]).toEqual([text, undefined])
    for (const text of ['a\u0308', '\u00a8a', ' \u0308']) expect(prepareString(text)).toBeDefined()
  })
  it.each(['a\0', 'é\u200b', 'é\u0221', 'a\ud800'])('%j is incomparable', (text) => {
    expect(prepareString(text)).toBeUndefined()
  })
})

describe('what would cost more than it names', () => {
  it('more than 30 combining characters in a row are not put in order', () => {
    expect(prepareString(`e${every('\u0315\u0300', 15)}e${every('\u0300', 30)}`)).toBeDefined()
    expect(prepareString(`e${every('\u0315\u0300', 15)}\u0300`)).toBeUndefined()
    // What vanishes does not part them.
    expect(prepareString(`e${every('\u0315\u034f', 31)}`)).toBeUndefined()
    expect(prepareString(every('\u0315\u0300', 500_000))).toBeUndefined()
  })
  it('more than 16 characters that stand for many are not written out', () => {
    expect(prepareString(every('\ufdfa', 16))).toHaveLength(16 * 18)
    expect(prepareString(every('\ufdfa', 17))).toBeUndefined()
  })
  it('spaces are not gone over again', () => {
    expect(prepareString(`a${every(' ', 1_000_000)}b${every('\u3000 c', 100_000)}`)).toHaveLength(3 + 200_000)
  })
})
