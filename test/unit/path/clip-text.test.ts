import fc from 'fast-check'
import { expect, it } from 'vitest'
import { clipText, maxText } from '../../../src/path/clip-text.ts'

it('leaves what is short enough, and cuts what is longer, visibly', () => {
  expect(clipText('a'.repeat(maxText))).toBe('a'.repeat(maxText))
  expect(clipText('a'.repeat(maxText + 1))).toBe(`${'a'.repeat(maxText - 1)}…`)
  // Two units each: all of them are shown as long as they have room.
  expect(clipText('😀'.repeat(maxText / 2))).toBe('😀'.repeat(maxText / 2))
  expect(clipText('😀'.repeat(maxText / 2 + 1))).toBe(`${'😀'.repeat(maxText / 2 - 1)}…`)
})

it('never cuts inside a character', () => {
  for (let before = maxText - 3; before <= maxText; before++) {
    const text = `${'a'.repeat(before)}😀😀`
    expect(clipText(text)).toBe(`${'a'.repeat(Math.min(before, maxText - 1))}${before < maxText - 2 ? '😀' : ''}…`)
  }
  fc.assert(fc.property(fc.string({ unit: 'grapheme', minLength: 300, maxLength: 700 }), (text) => {
    const clipped = clipText(text)
    expect(clipped).not.toMatch(/\p{Surrogate}/u)
    expect(clipped.length).toBeLessThanOrEqual(maxText)
    expect(clipped === text || (clipped.endsWith('…') && text.startsWith(clipped.slice(0, -1)))).toBe(true)
  }))
})
