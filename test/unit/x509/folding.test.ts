/** Folding by what the runtime has built in, against the table of RFC 3454. */
import { describe, expect, it } from 'vitest'
import { prepareString } from '../../../src/x509/string-prep.ts'
import { foldRuns, foldSpecials } from '../../support/unicode-3.2-folds.ts'

const number = (word: string): number => Number.parseInt(word, 36)

const folds = new Map<number, string>()
let start = 0
for (const row of foldRuns.split(' ')) {
  const [gap, count, step, delta] = row.split(',').map(number) as [number, number, number, number]
  start += gap
  for (let i = 0; i < count; i++) folds.set(start + i * step, String.fromCodePoint(start + i * step + delta))
}
for (const row of foldSpecials.split(';')) {
  const [point, ...replacement] = row.split(',').map(number) as [number, ...number[]]
  folds.set(point, String.fromCodePoint(...replacement))
}

/**
 * What the table and NFKC make of a text of characters that are neither mapped to nothing nor spaces; undefined where the
 * first one combines, which RFC 4518 2.4 prohibits.
 */
function byTable(text: string): string | undefined {
  const folded = [...text].map((character) => folds.get(character.codePointAt(0)!) ?? character).join('').normalize('NFKC')
  return /^\p{M}/u.test(folded) ? undefined : folded
}

/** Every character that is folded, spaces left out: they are squeezed besides. */
const foldable: string[] = []
for (let point = 0x80; point < 0x110000; point++) {
  const character = String.fromCodePoint(point)
  const prepared = prepareString(`a${character}b`)
  if (prepared !== undefined && prepared !== 'ab' && !prepared.includes(' ')) foldable.push(character)
}

describe('folding', () => {
  it('folds each character of Unicode 3.2 as the table does', () => {
    expect(foldable.length).toBeGreaterThan(90_000)
    const wrong = foldable.filter((character) => prepareString(character) !== byTable(character))
    expect(wrong.map((character) => character.codePointAt(0)!.toString(16))).toEqual([])
  })

  it('folds texts as the table does, whatever stands beside what', () => {
    const cased = foldable.filter((character) => character.normalize('NFD') !== character || character.toUpperCase() !== character || folds.has(character.codePointAt(0)!))
    const marks = foldable.filter((character) => /^\p{M}$/u.test(character))
    let seed = 1
    const random = (limit: number): number => (seed = (seed * 48271) % 0x7fffffff) % limit
    for (let i = 0; i < 100_000; i++) {
      let text = ''
      for (let k = random(6) + 1; k > 0; k--) text += random(3) === 0 ? marks[random(marks.length)]! : cased[random(cased.length)]!
      if (prepareString(text) !== byTable(text)) expect([text, prepareString(text)]).toEqual([text, byTable(text)])
    }
  })

  it('makes no difference of where a sigma stands, and one of the dotless i', () => {
    expect(prepareString('ΟΔΟΣ')).toBe(prepareString('οδος'))
    expect(prepareString('ΟΔΟΣ')).toBe('οδοσ')
    expect(prepareString('ı')).not.toBe(prepareString('i'))
  })
})
