import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EdgeError, certificateFields, createAuthenticator, verifiedClient } from '../../src/edge/index.ts'
import type { EdgeOutcome } from '../../src/edge/index.ts'
import { toHex } from '../../src/asn1/index.ts'
import { ca, clientOf, forms, leaf, now, policy, proof, secret, verifier } from '../unit/edge/world.ts'

type Sent = Record<string, string | string[]>

const pieces = fc.constantFrom('', ',', ';', '"', '\\', ' ', ':', '=', '%', '%2C', '\n', '\0', 'A', 'a', '+', '/', '_', '-', '-----BEGIN CERTIFICATE-----', 'SUCCESS', 'true', '1', '0', 'Cert=', 'URI=spiffe://bank.example/x', 'é')

/** One change to one value: something put in, taken out, doubled, cut, or moved to another name. */
const change = fc.record({
  field: fc.nat(), at: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.nat({ max: 40 }), piece: pieces,
  how: fc.constantFrom('put', 'take', 'replace', 'double', 'cut', 'spell', 'swap', 'case', 'again'),
})

function changed(headers: Readonly<Record<string, string>>, changes: readonly { field: number; at: number; length: number; piece: string; how: string }[]): Sent {
  let sent: Sent = { ...headers }
  for (const { field, at, length, piece, how } of changes) {
    const names = Object.keys(sent)
    const name = names[field % names.length]!
    const value = [sent[name]!].flat()[0]!
    const place = Math.floor(at * value.length)
    switch (how) {
      case 'put': sent[name] = value.slice(0, place) + piece + value.slice(place); break
      case 'take': sent[name] = value.slice(0, place) + value.slice(place + length); break
      case 'replace': sent[name] = value.slice(0, place) + piece + value.slice(place + piece.length); break
      case 'double': sent[name] = `${value}, ${value}`; break
      case 'again': sent[name] = [value, value]; break
      case 'cut': sent[name] = value.slice(0, place); break
      case 'spell': sent = { ...sent, [name.replace('-', '_')]: value }; break
      case 'case': sent[name] = value.slice(0, place) + value.slice(place, place + 5).toUpperCase() + value.slice(place + 5); break
      case 'swap': sent[name] = [sent[names[(field + 1) % names.length]!]!].flat()[0]!
    }
  }
  return sent
}

function typed(outcome: EdgeOutcome): EdgeOutcome {
  if (outcome.ok) return outcome
  expect(outcome.error).toBeInstanceOf(EdgeError)
  // What failed in an untyped way would be this.
  expect(outcome.code, String(outcome.error.cause)).not.toBe('edge/failed')
  return outcome
}

const withHeaders = Object.entries(forms).filter(([, { source }]) => !source.platform)

describe.each(withHeaders)('changed header fields of %s', (_, { source, make, chain }) => {
  const headers = { ...make(leaf, chain ? [ca] : [], true).headers, [proof.header]: secret }

  test('no other certificate is accepted than the one that was sent', async () => {
    const { authenticate } = createAuthenticator({ source, trust: { name: 'front', verifiedBy: 'nobody', proof }, policy, verify: verifiedClient(verifier, 'unchecked'), clock: () => now })
    await fc.assert(fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const outcome = typed(await authenticate({ headers: changed(headers, changes) }, {}, []))
      if (outcome.ok) expect(toHex(outcome.verdict!.path[0]!.toDer())).toBe(toHex(leaf))
    }), { numRuns: 300 })
  })

  if (source.verification === 'never') return
  test('the proxy’s word is nothing without its proof', async () => {
    const { authenticate } = createAuthenticator({ source, trust: { name: 'front', verifiedBy: 'proxy', proof }, policy, certificateFields, clock: () => now })
    await fc.assert(fc.asyncProperty(fc.array(change, { maxLength: 4 }), async (changes) => {
      const sent = changed(headers, changes)
      const outcome = typed(await authenticate({ headers: sent }, {}, []))
      const proven = [sent[proof.header]].flat()
      if (proven.length !== 1 || proven[0]!.trim() !== secret) expect(outcome.ok).toBe(false)
    }), { numRuns: 300 })
  })
})

describe('changed objects of a platform', () => {
  const anything = fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.constant(null), fc.constant(undefined), fc.constantFrom('1', '0', 'SUCCESS', 'NONE'), fc.object({ maxDepth: 1 }))
  test('Cloudflare: no other certificate, and nothing untyped', async () => {
    const { source, make } = forms['Cloudflare']!
    const other = make(clientOf('spiffe://bank.example/other'), [ca], true).cf as { tlsClientAuth: Record<string, unknown> }
    const { tlsClientAuth } = make(leaf, [ca], true).cf as { tlsClientAuth: Record<string, unknown> }
    const { authenticate } = createAuthenticator({ source, trust: { name: 'front', verifiedBy: 'proxy', proof: 'platform' }, policy, certificateFields, clock: () => now })
    await fc.assert(fc.asyncProperty(fc.dictionary(fc.constantFrom(...Object.keys(tlsClientAuth)), anything), fc.boolean(), async (changes, mixed) => {
      const auth: Record<string, unknown> = { ...tlsClientAuth, ...(mixed ? { certRFC9440: other.tlsClientAuth['certRFC9440'] } : {}), ...changes }
      const outcome = typed(await authenticate({ headers: {}, cf: { tlsClientAuth: auth } }, {}, []))
      // A certificate beside the hash of another is no certificate of anybody.
      if (outcome.ok && mixed && auth['certRFC9440'] === other.tlsClientAuth['certRFC9440']) expect(auth['certFingerprintSHA256']).not.toBe(tlsClientAuth['certFingerprintSHA256'])
      if (outcome.ok) expect([auth['certPresented'], auth['certVerified'], auth['certRevoked']]).toEqual(['1', 'SUCCESS', '0'])
    }), { numRuns: 1000 })
  })
  test('API Gateway and Cloudflare: nothing untyped, whatever is there', async () => {
    for (const form of ['Cloudflare', 'API Gateway, format 1.0']) {
      const { authenticate } = createAuthenticator({ source: forms[form]!.source, trust: { name: 'front', verifiedBy: 'proxy', proof: 'platform' }, policy, certificateFields, clock: () => now })
      await fc.assert(fc.asyncProperty(fc.anything(), fc.anything(), async (cf, event) => {
        expect(typed(await authenticate({ headers: {}, cf, event }, {}, [])).ok).toBe(false)
      }), { numRuns: 500 })
    }
  })
})
