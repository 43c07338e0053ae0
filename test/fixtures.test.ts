import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createVerifier } from 'countersign'
import type { Verifier } from 'countersign'
import { verifySync } from 'countersign/node'
import { createValidationContext, ruleCodes, trustAnchorFromCertificate, validatePath } from 'countersign/path'
import { parseCertificate } from 'countersign/x509'

const folder = new URL('../fixtures/cases/', import.meta.url)
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))
const fixtures = readdirSync(folder).map((entry) => JSON.parse(readFileSync(new URL(`${entry}/case.json`, folder), 'utf8')))
const sides = ['refused', 'accepted'] as const

/** Rules that no fixture can show, each with the reason. */
const withoutFixture: Readonly<Record<string, string>> = {
  'budget/deadline': 'a matter of time, not of a chain',
  'path/name-chaining': 'the search offers no such path; tested below through validatePath',
  'path/candidate-unusable': 'a warning, which refuses nothing',
  'path/issuer-not-fetched': 'a warning, which refuses nothing',
  'revocation/revoked': 'a matter of lists and answers: test/unit/revocation',
  'revocation/must-staple': 'a matter of lists and answers: test/unit/revocation',
  'revocation/undetermined': 'a matter of lists and answers: test/unit/revocation',
  'revocation/crl-number': 'a matter of lists: test/unit/revocation',
}

function verifierFor(fixture: any, side: (typeof sides)[number]): Verifier {
  const { publicSuffixes } = fixture
  return createVerifier({
    anchors: fixture[side].anchors.map(bytes), purpose: fixture.purpose, revocation: 'none', profile: fixture.profile,
    clock: () => new Date(fixture.time), ...fixture.options, ...fixture[`${side}Options`],
    ...(publicSuffixes ? { publicSuffixes: (domain: string) => publicSuffixes.includes(domain) } : {}),
  })
}

describe('fixtures: each code with a refused chain and its accepted twin', () => {
  for (const fixture of fixtures) {
    for (const side of sides) {
      test(`${fixture.code} ${side}`, async () => {
        const chain = fixture[side]
        const verifier = verifierFor(fixture, side)
        const request = { leaf: bytes(chain.leaf), intermediates: chain.intermediates.map(bytes), names: fixture.names }
        const verdict = await verifier.verify(request)
        expect(verdict.ok ? 'accepted' : verdict.code).toBe(side === 'refused' ? fixture.code : 'accepted')
        expect(JSON.stringify(verifySync(verifier, request).toJSON())).toBe(JSON.stringify(verdict.toJSON()))
      })
    }
  }

  test('every rule has a fixture, or a reason to have none', () => {
    const shown = new Set(fixtures.map(({ code }) => code))
    expect(ruleCodes.filter((code) => !shown.has(code)).sort()).toEqual(Object.keys(withoutFixture).sort())
  })

  test('path/name-chaining: a path whose names do not chain', () => {
    const { accepted, time } = fixtures.find(({ code }) => code === 'path/expired')
    const [leaf, sub] = [accepted.leaf, ...accepted.intermediates].map((text) => parseCertificate(bytes(text)))
    const anchor = trustAnchorFromCertificate(bytes(accepted.anchors[0]))
    const codesOf = (path: Parameters<typeof validatePath>[0]): string[] => {
      const step = validatePath(path, anchor, createValidationContext({ time: Date.parse(time) })).next()
      return step.done === true ? step.value.findings.map(({ code }) => code) : [step.value.kind]
    }
    expect(codesOf([leaf!])).toEqual(['path/name-chaining'])
    expect(codesOf([leaf!, sub!])).toEqual(['signatures'])
  })
})
