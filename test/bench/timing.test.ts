/** The benchmark's own arithmetic: turns, medians, ratios, slopes and plots. What it measures is no test. */
import { describe, expect, it } from 'vitest'
import { slopeOf } from '../../bench/growth/measure.ts'
import { curveSvg } from '../../bench/svg.ts'
import { ratioRows, rowsOf, tableOf } from '../../bench/table.ts'
import type { Measured } from '../../bench/report.ts'
import { median, ratiosOf, timeTogether } from '../../bench/timing.ts'
import type { Subject, Timed } from '../../bench/timing.ts'

const timed = (subject: string, group: string, ...rounds: number[]): Timed => ({ subject, group, rounds, us: median(rounds) })

describe('timing', () => {
  it('lets every subject have one turn in every round, in an order that moves on', async () => {
    const turns: string[] = []
    const subject = (name: string): Subject => ({ name, prepare: () => async () => void turns.push(name) })
    const result = await timeTogether('group', ['a', 'b', 'c'].map(subject), { rounds: 4, turnMs: 0, warmUpMs: 0, maxOperations: 1 })
    expect(turns.join('')).toBe('abc' + 'bca' + 'cab' + 'abc')
    expect(result.map(({ subject, group, rounds }) => [subject, group, rounds.length])).toEqual([['a', 'group', 4], ['b', 'group', 4], ['c', 'group', 4]])
  })

  it('prepares as many operations as it counts, in the multiples asked for', async () => {
    const counts: number[] = []
    const subject: Subject = { name: 'a', multiple: 64, prepare: (operations) => { counts.push(operations); return () => undefined } }
    await timeTogether('group', [subject], { rounds: 3, turnMs: 5, warmUpMs: 1, maxOperations: 256 })
    expect(counts.every((count) => count % 64 === 0 && count <= 256)).toBe(true)
  })

  it('takes ratios within a round', () => {
    expect(ratiosOf(timed('a', 'g', 2, 40, 6), timed('b', 'g', 1, 10, 2))).toEqual({ median: 3, min: 2, max: 4 })
  })

  it('takes medians', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5])
  })
})

describe('reporting', () => {
  const measured: Measured = {
    worst: undefined, growth: undefined, memory: undefined,
    times: {
      parsing: { parse: [], parseAll: [], readable: new Map(), total: 0 },
      cases: [
        { group: 'verify-warm', case: 'p256', timed: [timed('countersign', 'verify-warm', 110, 112), timed('floor', 'verify-warm', 100, 100)] },
        { group: 'verify-warm', case: 'rsa2048', timed: [timed('countersign', 'verify-warm', 130, 140), timed('floor', 'verify-warm', 100, 100)] },
      ],
    },
  }

  it('makes rows of group, case, subject and microseconds', () => {
    expect(rowsOf(measured)[0]).toEqual({ group: 'verify-warm', case: 'p256', subject: 'countersign', us: 111 })
    expect(rowsOf(measured)).toHaveLength(4)
  })

  it('says which ratios are as expected', () => {
    expect(ratioRows(measured).map(({ case: name, ratio, met }) => [name, ratio.median, met])).toEqual([['p256', 1.11, true], ['rsa2048', 1.35, false]])
  })

  it('lines columns up', () => {
    expect(tableOf([['a', 'bcde'], ['fghij', 'k']])).toBe('| a     | bcde |\n| ----- | ---- |\n| fghij | k    |')
  })
})

describe('growth', () => {
  const sizes = [1, 10, 100, 1000]

  it('knows linear, constant and quadratic growth', () => {
    expect(slopeOf(sizes.map((n) => [n, 3 * n]))).toBeCloseTo(1)
    expect(slopeOf(sizes.map((n) => [n, 7]))).toBeCloseTo(0)
    expect(slopeOf(sizes.map((n) => [n, n * n]))).toBeCloseTo(2)
  })

  it('draws every point', () => {
    const svg = curveSvg({
      title: 'a < b', xLabel: 'x', yLabel: 'y', points: sizes.map((n) => [n, 5 * n]), guide: { label: 'n', of: (x) => x },
    })
    expect(svg.match(/<circle /g)).toHaveLength(sizes.length)
    expect(svg).toContain('<title>a &lt; b</title>')
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
  })

  it('draws a curve that does not grow', () => {
    const svg = curveSvg({ title: 't', xLabel: 'x', yLabel: 'y', points: sizes.map((n) => [n, 5]), guide: { label: 'constant', of: () => 1 } })
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
  })
})
