import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sortRecords } from '../../../src/revocation/snapshot-sort.ts'

function check(bytes: Uint8Array, width: number, octets: number): void {
  const keyOf = (i: number): string => Buffer.from(bytes.subarray(i * width, i * width + octets)).toString('hex')
  const order = sortRecords(bytes, width, octets)
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: bytes.length / width }, (_, i) => i))
  const keys = [...order].map(keyOf)
  expect(keys).toEqual([...keys].sort())
}

describe('records are sorted by their first octets', () => {
  it('whatever they are', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 256 }), fc.integer({ min: 0, max: 400 }), fc.infiniteStream(fc.nat()), (octets, tail, values, count, stream) => {
      const width = octets + tail + 1
      check(Uint8Array.from({ length: count * width }, () => stream.next().value! % values), width, octets)
    }), { numRuns: 60, seed: 1 })
  })

  it('with long beginnings in common, each longer than the one before', () => {
    const [octets, count] = [600, 1200]
    const bytes = new Uint8Array(octets * count)
    for (let i = 0; i < count; i++) bytes.fill(1, i * octets + (i * 7) % octets, (i + 1) * octets)
    check(bytes, octets, octets)
  })
})
