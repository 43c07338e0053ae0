/** What the fuzzer does for as long as it is let, for a few seconds here, with fast-check choosing: its shorter tapes are simpler cases. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createVerifier, defaultBudget } from 'countersign'
import type { RefusedVerdict, Verdict } from 'countersign'
import { makeCorpus, signAgain } from '../../fuzz/corpus.ts'
import { readTree, writeTree } from '../../fuzz/der-tree.ts'
import { choose, execute } from '../../fuzz/execute.ts'
import type { Execution } from '../../fuzz/execute.ts'
import { mutateDer, spliceExtension } from '../../fuzz/mutations.ts'
import { Broken, checkParser, checkPemParsers, checkVerdict, parserKinds } from '../../fuzz/oracles.ts'
import { shrink } from '../../fuzz/shrink.ts'
import { goodChain, now, root } from '../support/hostile-worlds.ts'
import { Random, Tape } from '../support/random.ts'

const corpus = makeCorpus(false)
const tape = fc.array(fc.nat({ max: 2 ** 31 - 1 }), { minLength: 4, maxLength: 60 })

describe('for any change', () => {
  test('parsers throw ParseError alone, and verdicts keep what they promise', async () => {
    const kinds = new Map<string, number>()
    await fc.assert(fc.asyncProperty(tape, async (numbers) => {
      const execution = choose(new Tape(numbers), corpus)
      kinds.set(execution.kind, (kinds.get(execution.kind) ?? 0) + 1)
      await execute(execution)
    }), { numRuns: 1500 })
    expect(Math.min(kinds.get('parse')!, kinds.get('verify')!, kinds.get('pem')!)).toBeGreaterThan(20)
  })

  test('random bytes are refused by every parser as they should be', () => {
    fc.assert(fc.property(fc.constantFrom(...parserKinds), fc.uint8Array({ maxLength: 300 }), (kind, bytes) => checkParser(kind, bytes)), { numRuns: 1500 })
  })

  test('random text, with and without boundaries', () => {
    const line = fc.oneof(fc.string(), fc.base64String(), fc.constantFrom('-----BEGIN CERTIFICATE-----', '-----END CERTIFICATE-----', '-----BEGIN X-----', ''))
    fc.assert(fc.property(fc.array(line, { maxLength: 12 }), (lines) => checkPemParsers(lines.join('\n'))), { numRuns: 1000 })
  })
})

describe('the fuzzer itself', () => {
  test('a tree is written as it was read', () => {
    for (const der of corpus.certificates) {
      const tree = readTree(der)
      if (tree !== undefined) expect(Buffer.from(writeTree(tree)).equals(Buffer.from(der))).toBe(true)
    }
  })

  test('mutations change, and come again with their seed', () => {
    const [first, second] = corpus.certificates as [Uint8Array, Uint8Array]
    let same = 0
    for (let seed = 0; seed < 300; seed++) {
      const changed = mutateDer(first, new Random(seed), second)
      expect(Buffer.from(mutateDer(first, new Random(seed), second)).equals(Buffer.from(changed))).toBe(true)
      if (Buffer.from(changed).equals(Buffer.from(first))) same++
      spliceExtension(first, new Random(seed), second)
    }
    expect(same).toBeLessThan(60)
  })

  test('it reaches acceptances of changed chains as well as refusals of many kinds', async () => {
    const codes = new Map<string, number>()
    const random = new Random(5)
    for (let i = 0; i < 1500; i++) {
      const execution = choose(random, corpus)
      if (execution.kind !== 'verify') continue
      const { leaf, intermediates, anchors, names, time } = execution.chain
      const verdict = await createVerifier({ anchors, purpose: 'serverAuth', revocation: 'none', clock: () => time }).verify({ leaf, intermediates, names })
      const code = verdict.ok ? 'accepted' : verdict.code
      codes.set(code, (codes.get(code) ?? 0) + 1)
    }
    expect(codes.get('accepted')).toBeGreaterThan(20)
    expect(codes.size).toBeGreaterThan(20)
  })

  test('a certificate signed again is good', async () => {
    const { leaf, intermediates } = goodChain()
    const verifier = createVerifier({ anchors: [root], purpose: 'any', revocation: 'none', clock: () => now })
    expect(await verifier.verify({ leaf: signAgain(leaf), intermediates: intermediates.map(signAgain), names: 'unchecked' })).toMatchObject({ ok: true })
  })

  test('the oracles notice', async () => {
    const verifier = createVerifier({ anchors: [root], purpose: 'any', revocation: 'none', clock: () => now })
    const accepted = await verifier.verify({ ...goodChain(), names: 'unchecked' })
    const refused = await verifier.verify({ leaf: goodChain().leaf, names: 'unchecked' }) as RefusedVerdict
    for (const verdict of [accepted, refused]) expect(() => checkVerdict(verdict, defaultBudget)).not.toThrow()
    const wrong: readonly object[] = [
      { ...accepted, issues: [] }, { ...accepted, path: [] }, { ...accepted, warnings: refused.issues }, { ...refused, issues: [] }, { ...refused, code: 'path/expired' },
      { ...refused, issues: refused.issues.map((issue) => ({ ...issue, severity: 'warning' })) }, { ...refused, cost: { ...refused.cost, signatures: 101 } },
      { ...refused, attempts: undefined },
    ]
    for (const verdict of wrong) expect(() => checkVerdict(verdict as Verdict, defaultBudget), JSON.stringify(verdict).slice(0, 80)).toThrow(Broken)
  })

  test('a finding is made smaller', async () => {
    // An element that the parsers refuse typed is no finding: shrinking leaves it alone.
    const sound: Execution = { kind: 'parse', parser: 'name', der: new Uint8Array(64) }
    expect(await shrink(sound)).toBe(sound)
    // A parser that does not exist fails untyped, whatever the bytes.
    const broken = { kind: 'parse', parser: 'nothing', der: new Uint8Array(64) } as unknown as Execution
    expect((await shrink(broken) as { der: Uint8Array }).der.length).toBeLessThan(2)
  })
})
