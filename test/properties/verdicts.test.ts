/**
 * What must hold for any input: parsers throw only their own error, verdicts carry reasons exactly when they refuse,
 * the order of candidates does not matter, and no changed certificate is part of an accepted path.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ParseError, createVerifier, parseCertificate } from 'countersign'
import type { Verdict } from 'countersign'
import { bc, dns, eku, issue, ku, makeKeys, name, nc, policies, san, time } from '../../fixtures/issue.ts'
import type { Bytes, Ext, Keys, Template } from '../../fixtures/issue.ts'

const rootKeys = makeKeys('root'), otherKeys = makeKeys('other'), caKeys = makeKeys('ca'), subKeys = makeKeys('sub'), leafKeys = makeKeys('leaf')
const ca = [bc(true), ku(0x60)]
function make(subject: string, issuer: string, keys: Keys, signer: Keys, extensions: readonly Ext[], more: Partial<Template> = {}): Bytes {
  return issue({ subject: name(subject), issuer: name(issuer), keys, signer, extensions, ...more })
}
const root = make('Root', 'Root', rootKeys, rootKeys, ca)
const upper = make('CA', 'Root', caKeys, rootKeys, [...ca, nc([dns('example')]), policies('1.2.3.4')])
const lower = make('Sub', 'CA', subKeys, caKeys, [...ca, policies('1.2.3.4')])
const leaf = make('leaf', 'Sub', leafKeys, subKeys, [san(dns('host.example')), ku(1), eku('1.3.6.1.5.5.7.3.1'), policies('1.2.3.4')])
/** Strangers, dead ends, loops and flawed doubles of the path’s certificates. */
const others = [
  make('CA', 'Root', caKeys, rootKeys, ca, { notAfter: time(2025) }),
  make('CA', 'Root', caKeys, otherKeys, ca),
  make('CA', 'Root', caKeys, rootKeys, [bc(false), ku(0x60)]),
  make('CA', 'Sub', caKeys, subKeys, ca),
  make('Sub', 'CA', subKeys, caKeys, [...ca, nc([], [dns('example')])]),
  make('Sub', 'CA', otherKeys, caKeys, ca),
  make('Sub', 'Elsewhere', subKeys, otherKeys, ca),
  make('Stranger', 'Nowhere', otherKeys, otherKeys, ca),
  Uint8Array.of(0x30, 3, 1, 2),
]
const verifier = createVerifier({ anchors: [root], purpose: 'serverAuth', revocation: 'none', clock: () => Date.UTC(2026, 0, 1) })
const names = { anyOf: [{ dns: 'host.example' }] }
const verify = (bytes: Bytes, intermediates: readonly Bytes[]): Promise<Verdict> => verifier.verify({ leaf: bytes, intermediates, names })

/** Errors are named exactly by refusals: an accepted verdict has warnings at most. */
function checkShape(verdict: Verdict): void {
  if (verdict.ok) {
    expect(verdict.warnings.every((issue) => issue.severity === 'warning')).toBe(true)
    expect(verdict.path.length).toBeGreaterThan(0)
    expect('issues' in verdict || 'code' in verdict).toBe(false)
  } else {
    expect(verdict.issues.some((issue) => issue.severity === 'error')).toBe(true)
    expect(verdict.issues.find((issue) => issue.severity === 'error')!.code).toBe(verdict.code)
  }
  JSON.parse(JSON.stringify(verdict))
}

function flip(bytes: Bytes, bit: number): Bytes {
  const copy = bytes.slice()
  copy[bit >> 3]! ^= 0x80 >> (bit & 7)
  return copy
}

type Edit = { readonly at: number; readonly remove: number; readonly insert: Uint8Array }
const edits = fc.array(fc.record({ at: fc.nat(), remove: fc.nat({ max: 6 }), insert: fc.uint8Array({ maxLength: 6 }) }), { minLength: 1, maxLength: 4 })
function mutate(bytes: Bytes, list: readonly Edit[]): Bytes {
  let result = [...bytes]
  for (const { at, remove, insert } of list) {
    const start = at % (result.length + 1)
    result = [...result.slice(0, start), ...insert, ...result.slice(start + remove)]
  }
  return Uint8Array.from(result)
}

describe('parseCertificate throws nothing but ParseError', () => {
  const readWhole = (bytes: Bytes): void => {
    try {
      const certificate = parseCertificate(bytes)
      certificate.decodeAll()
      JSON.stringify(certificate)
      void certificate.subject.key
    } catch (error) {
      if (!(error instanceof ParseError)) throw error
      if (!Number.isInteger(error.offset) || error.offset < 0) throw new Error(`${error.code} at offset ${error.offset}`)
    }
  }

  test('on random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), readWhole), { numRuns: 2000 })
  })

  test('on edited certificates', () => {
    fc.assert(fc.property(fc.constantFrom(leaf, upper, root), edits, (bytes, list) => readWhole(mutate(bytes, list))), { numRuns: 3000 })
  })

  test('on every certificate with one octet overwritten', () => {
    for (const bytes of [leaf, upper]) {
      for (let i = 0; i < bytes.length; i++) {
        for (const value of [0x00, 0x30, 0x7f, 0x80, 0xff]) {
          const copy = bytes.slice()
          copy[i] = value
          readWhole(copy)
        }
      }
    }
  })
})

describe('verdicts', () => {
  const subset = fc.subarray([upper, lower, ...others])

  test('the unchanged chain is accepted', async () => {
    const verdict = await verify(leaf, [upper, lower])
    expect(verdict.ok ? 'accepted' : verdict.code).toBe('accepted')
  })

  test('have an error exactly if they refuse', async () => {
    let accepted = 0
    await fc.assert(fc.asyncProperty(fc.oneof(fc.constant(leaf), edits.map((list) => mutate(leaf, list))), subset, async (bytes, pool) => {
      const verdict = await verify(bytes, pool)
      checkShape(verdict)
      if (verdict.ok) accepted++
    }), { numRuns: 300 })
    expect(accepted).toBeGreaterThan(0)
  })

  test('do not depend on the order of the intermediates, nor on repeats', async () => {
    const shuffled = subset.chain((pool) => fc.tuple(fc.constant(pool), fc.shuffledSubarray(pool, { minLength: pool.length })))
    await fc.assert(fc.asyncProperty(shuffled, async ([pool, again]) => {
      const first = await verify(leaf, pool)
      const second = await verify(leaf, again)
      expect(JSON.stringify(second)).toBe(JSON.stringify(first))
      const doubled = await verify(leaf, [...again, ...again])
      expect(doubled.ok ? 'accepted' : doubled.code).toBe(first.ok ? 'accepted' : first.code)
    }), { numRuns: 150 })
  })

  test('never accept a path that holds a certificate with one bit flipped', async () => {
    const chain = [leaf, lower, upper] as const
    await fc.assert(fc.asyncProperty(fc.nat({ max: 2 }), fc.nat(), async (which, at) => {
      const changed = flip(chain[which]!, at % (chain[which]!.length * 8))
      const alone = await verify(which === 0 ? changed : leaf, [which === 2 ? changed : upper, which === 1 ? changed : lower])
      checkShape(alone)
      expect(alone.ok).toBe(false)
      if (which === 0) return
      // Beside its sound original the changed one is no hindrance, and no part of the path.
      const beside = await verify(leaf, [changed, upper, lower])
      expect(beside.ok ? 'accepted' : beside.code).toBe('accepted')
      if (!beside.ok) return
      for (const certificate of beside.path) expect(Buffer.from(certificate.toDer()).equals(Buffer.from(changed))).toBe(false)
    }), { numRuns: 600 })
  })
})
