import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createVerifier } from 'countersign'
import { verifySync } from 'countersign/node'

const folder = new URL('../fixtures/cases/', import.meta.url)
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

describe('fixtures: each code with a refused chain and its accepted twin', () => {
  for (const entry of readdirSync(folder)) {
    const fixture = JSON.parse(readFileSync(new URL(`${entry}/case.json`, folder), 'utf8'))
    for (const side of ['refused', 'accepted'] as const) {
      test(`${fixture.code} ${side}`, async () => {
        const chain = fixture[side]
        const verifier = createVerifier({
          anchors: chain.anchors.map(bytes), purpose: fixture.purpose, revocation: 'none', profile: fixture.profile,
          clock: () => new Date(fixture.time), ...(fixture.policies ? { policies: fixture.policies } : {}),
        })
        const request = { leaf: bytes(chain.leaf), intermediates: chain.intermediates.map(bytes), names: fixture.names }
        const verdict = await verifier.verify(request)
        expect(verdict.ok ? 'accepted' : verdict.code).toBe(side === 'refused' ? fixture.code : 'accepted')
        expect(JSON.stringify(verifySync(verifier, request).toJSON())).toBe(JSON.stringify(verdict.toJSON()))
      })
    }
  }
})
