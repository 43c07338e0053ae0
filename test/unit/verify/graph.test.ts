import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { graphOf } from '../../../src/verify/graph-model.ts'
import { layOut } from '../../../src/verify/graph-layout.ts'
import { toMermaid, toSvg } from '../../../src/verify/graph.ts'
import type { Attempt } from '../../../src/path/issue.ts'
import { checkXml } from './xml.ts'
import { accepted, attempt, busy, evil, hostile, issue, loop, malformed, reference, refused } from './sample-verdicts.ts'

const samples = { busy, hostile, malformed, loop, accepted }

describe('toSvg', () => {
  test.each(Object.entries(samples))('%s: well-formed, self-contained, without script', (_, verdict) => {
    const svg = toSvg(verdict)
    const elements = checkXml(svg)
    expect(new Set(elements)).toEqual(new Set(elements.filter((name) => ['svg', 'title', 'style', 'rect', 'g', 'text', 'tspan', 'path'].includes(name))))
    expect(svg).not.toMatch(/<script|href|url\(|@import|\son\w+=|<foreignObject|<!/i)
  })

  test('nothing of a peer’s text passes unescaped', () => {
    const svg = toSvg(hostile)
    expect(svg).not.toContain(evil)
    expect(svg).not.toContain('</svg><')
    expect(svg.match(/<\/svg>/g)).toHaveLength(1)
    expect(svg).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
    expect(svg).toContain('\\u{3C}/svg\\u{3E}\\u{3C}script')
  })

  test('says which rule failed where', () => {
    const svg = toSvg(busy)
    expect(svg).toContain('REFUSED')
    expect(svg).toContain('✗ path/expired')
    expect(svg).toContain('path 1, 2')
    expect(svg).toContain('✗ crypto/invalid-signature')
    expect(svg).toContain('no issuer found')
    expect(svg).toContain('TRUST ANCHOR')
    expect(svg).toContain('3 candidate paths tried, 2 more not shown')
    expect(toSvg(accepted)).toContain('class="edge accepted"')
    expect(toSvg(malformed)).toContain('✗ asn1/truncated')
  })

  test('the same verdict gives the same bytes', () => {
    expect(toSvg(busy)).toBe(toSvg(structuredCloneOf(busy)))
    expect(toMermaid(busy)).toBe(toMermaid(structuredCloneOf(busy)))
  })
})

describe('toMermaid', () => {
  test('a refusal', () => {
    expect(toMermaid(busy).split('\n').slice(0, 14)).toEqual([
      'flowchart LR',
      '  verdict["REFUSED path/expired<br/>2 more paths not shown"]:::failed',
      '  n1["leaf<br/>CN=www.example.com,O=Example#92;, Inc.,C=DE"]:::plain',
      '  n2["intermediate<br/>CN=Issuing CA 1,O=Example Trust,C=DE<br/>✗ path/expired (path 1, 2)"]:::failed',
      '  n3[["anchor<br/>CN=Root A,O=Example Trust,C=DE"]]:::anchor',
      '  n4["intermediate<br/>CN=Root A,O=Example Trust,C=DE"]:::plain',
      '  n5[["anchor<br/>CN=Root B,O=Other Trust,C=FR"]]:::anchor',
      '  n6["intermediate<br/>CN=Issuing CA 1,O=Example Trust,C=DE"]:::plain',
      '  n7("no issuer found"):::missing',
      '  n2 --> n1',
      '  n3 --> n2',
      '  n4 --> n2',
      '  n5 -->|"✗ crypto/invalid-signature (path 2)"| n4',
      '  n6 --> n1',
    ])
  })

  test('labels hold nothing that Mermaid’s grammar or a page would act on', () => {
    const text = toMermaid(hostile)
    expect(text).not.toContain(evil)
    expect(text).not.toContain('%%{')
    for (const [, label] of text.matchAll(/"([^"]*)"/g)) {
      expect(label!.replaceAll('<br/>', '').replace(/#\d+;/g, '')).not.toMatch(/[<>&"'`{}[\];#%\\]|[\p{Cc}\p{Cf}]/u)
    }
  })
})

describe('layout', () => {
  const names = fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F')
  const attempts = fc.array(fc.record({
    middle: fc.uniqueArray(names, { maxLength: 5 }),
    anchor: fc.option(fc.constantFrom('R', 'S'), { nil: undefined }),
  }), { minLength: 1, maxLength: 16 }).map((list): Attempt[] => list.map(({ middle, anchor }) => attempt(
    [reference('leaf', 'CN=leaf'), ...middle.map((name) => reference('intermediate', `CN=${name}`))],
    anchor === undefined ? undefined : reference('anchor', `CN=${anchor}`),
    [issue('path/no-anchor')],
  )))

  test('boxes never overlap, whatever the paths (loops too), and both pictures come out', () => {
    fc.assert(fc.property(attempts, (list) => {
      const verdict = refused(list)
      const layout = layOut(graphOf(verdict), { boxWidth: 100, columnGap: 40, rowGap: 10, heightOf: () => 50 })
      for (const a of layout.boxes) {
        for (const b of layout.boxes) {
          if (a === b || a.x !== b.x) continue
          expect(Math.abs(a.y - b.y)).toBeGreaterThanOrEqual(60 - 1e-6)
        }
        expect(a.y - a.height / 2).toBeGreaterThanOrEqual(-1e-6)
        expect(a.y + a.height / 2).toBeLessThanOrEqual(layout.height + 1e-6)
      }
      checkXml(toSvg(verdict))
      expect(toMermaid(verdict)).toContain('flowchart LR')
    }), { numRuns: 200 })
  })
})

function structuredCloneOf(verdict: typeof busy): typeof busy {
  const { toJSON, ...rest } = verdict
  return { ...structuredClone(rest), toJSON }
}
