import { expect, test } from 'vitest'
import { ByteIndex } from '../../../src/path/byte-index.ts'

test('equal bytes have equal numbers, others have others, beyond a few as among them', () => {
  const index = new ByteIndex()
  const strings = Array.from({ length: 300 }, (_, i) => Uint8Array.of(i >> 8, i & 0xff, 0, 0x80))
  const numbers = strings.map((bytes) => index.intern(bytes))
  expect(new Set(numbers).size).toBe(300)
  expect(strings.map((bytes) => index.intern(bytes.slice()))).toEqual(numbers)
  // As texts of UTF-8 these two would be one.
  expect(index.intern(Uint8Array.of(0xff))).not.toBe(index.intern(Uint8Array.of(0xfe)))
})
