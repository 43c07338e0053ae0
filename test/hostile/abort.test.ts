/** An AbortSignal stops a verification: nothing new starts, what is in flight is dropped, and nothing is left unheard. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { MockInstance } from 'vitest'
import type { Verdict } from 'countersign'
import { requireSync, verifySync } from 'countersign/node'
import { goodChain, longChain, mesh, namesAndConstraints, oneNameManyKeys } from '../support/hostile-worlds.ts'
import { codeOf, hostNamed, verifierWith } from './ask.ts'

const reason = new Error('enough')
const good = { ...goodChain(), names: hostNamed }

/** WebCrypto behind a gate: what is asked for waits until the test answers. */
class Gate {
  readonly waiting: { kind: 'importKey' | 'verify', open: () => void, fail: () => void }[] = []
  readonly counts = { importKey: 0, verify: 0 }
  #spies: MockInstance[] = []

  /** Holds calls of these kinds; the others go through, and are counted. */
  close(...held: readonly ('importKey' | 'verify')[]): void {
    for (const kind of ['importKey', 'verify'] as const) {
      const original = crypto.subtle[kind].bind(crypto.subtle) as (...args: unknown[]) => Promise<unknown>
      this.#spies.push(vi.spyOn(crypto.subtle, kind).mockImplementation(((...args: unknown[]) => {
        this.counts[kind]++
        if (!held.includes(kind)) return original(...args)
        return new Promise((resolve, reject) => {
          this.waiting.push({ kind, open: () => resolve(original(...args)), fail: () => reject(new Error('late failure')) })
        })
      }) as never))
    }
  }

  get calls(): number {
    return this.counts.importKey + this.counts.verify
  }

  restore(): void {
    for (const spy of this.#spies) spy.mockRestore()
  }
}

/** Long enough for anything that is left to run to do so: many turns of the loop. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 1))
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 1))
  expect(condition()).toBe(true)
}

const unheard: unknown[] = []
const hear = (error: unknown): void => void unheard.push(error)
let gate: Gate
beforeEach(() => {
  gate = new Gate()
  unheard.length = 0
  process.on('unhandledRejection', hear)
})
afterEach(async () => {
  gate.restore()
  await settle()
  process.off('unhandledRejection', hear)
  expect(unheard).toEqual([])
})

describe('before the start', () => {
  test('nothing is done, and the reason is the caller’s', async () => {
    gate.close()
    const signal = AbortSignal.abort(reason)
    const verifier = verifierWith()
    await expect(verifier.verify({ ...good, signal })).rejects.toBe(reason)
    await expect(verifier.require({ ...good, signal })).rejects.toBe(reason)
    expect(() => verifySync(verifier, { ...good, signal })).toThrow(reason)
    expect(() => requireSync(verifier, { ...good, signal })).toThrow(reason)
    expect(gate.calls).toBe(0)
    expect(codeOf(await verifier.verify({ ...good, signal: new AbortController().signal }))).toBe('accepted')
    expect(gate.calls).toBeGreaterThan(0)
  })

  test('a reason that is no error is passed on as it is', async () => {
    await expect(verifierWith().verify({ ...good, signal: AbortSignal.abort('why not') })).rejects.toBe('why not')
    await expect(verifierWith().verify({ ...good, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('a caller’s mistake comes first', async () => {
    await expect(verifierWith().verify({ ...good, names: 'any' as never, signal: AbortSignal.abort(reason) })).rejects.toThrow(TypeError)
  })
})

describe('while WebCrypto is at work', () => {
  /** Many rounds of signatures: each of the CAs is tried in turn. */
  const rounds = { ...oneNameManyKeys(20, false), names: hostNamed }

  test.each(['open', 'fail'] as const)('verifications in flight are dropped, and start nothing when they end (%s)', async (ending) => {
    gate.close('verify')
    const verifier = verifierWith()
    const controller = new AbortController()
    const pending = verifier.verify({ ...rounds, signal: controller.signal })
    await until(() => gate.counts.verify === 2)
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
    const before = { ...gate.counts }
    for (const call of gate.waiting) call[ending]()
    await settle()
    expect(gate.counts).toEqual(before)
    // One path’s signatures at most.
    expect(gate.counts.verify).toBeLessThanOrEqual(2)
  })

  test.each(['open', 'fail'] as const)('an import in flight is not followed by its verification (%s)', async (ending) => {
    gate.close('importKey')
    const controller = new AbortController()
    const pending = verifierWith().verify({ ...rounds, signal: controller.signal })
    await until(() => gate.counts.importKey === 1)
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
    for (const call of gate.waiting) call[ending]()
    await settle()
    expect(gate.counts.verify).toBe(0)
    // Nor by the next one’s import.
    expect(gate.counts.importKey).toBe(1)
  })

  test('an abort between two rounds ends before the second', async () => {
    gate.close('verify')
    const controller = new AbortController()
    const pending = verifierWith().verify({ ...rounds, signal: controller.signal })
    await until(() => gate.counts.verify === 2)
    for (const call of gate.waiting) call.open()
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
    await settle()
    expect(gate.counts.verify).toBe(2)
  })

  test('the deadline starts nothing new either', async () => {
    gate.close('verify')
    const verdict = await verifierWith().verify({ ...rounds, deadline: 20 })
    expect(codeOf(verdict)).toBe('budget/deadline')
    const before = gate.calls
    for (const call of gate.waiting) call.fail()
    await settle()
    expect(gate.calls).toBe(before)
  })

  test('a verifier is none the worse: the same request is judged afterwards as by a new one', async () => {
    const verifier = verifierWith()
    for (const held of ['importKey', 'verify'] as const) {
      gate.close(held)
      const controller = new AbortController()
      const pending = verifier.verify({ ...good, signal: controller.signal })
      await until(() => gate.waiting.length > 0)
      controller.abort(reason)
      await expect(pending).rejects.toBe(reason)
      for (const call of gate.waiting) call.fail()
      await settle()
      gate.restore()
      gate = new Gate()
    }
    expect(JSON.stringify(await verifier.verify(good))).toBe(JSON.stringify(await verifierWith().verify(good)))
  })

  test('of several verifications only the aborted one ends', async () => {
    gate.close('verify')
    const verifier = verifierWith()
    const controller = new AbortController()
    const aborted = verifier.verify({ ...good, signal: controller.signal })
    const other = verifier.verify(good)
    await until(() => gate.waiting.length >= 2)
    controller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    const answer = setInterval(() => gate.waiting.splice(0).forEach((call) => call.open()), 1)
    try {
      expect(codeOf(await other)).toBe('accepted')
    } finally {
      clearInterval(answer)
    }
  })
})

describe('during synchronous work', () => {
  test.each([
    ['names', { ...namesAndConstraints(2000, 100), names: hostNamed }], ['search', { ...mesh(20, 'forged'), names: hostNamed }],
    ['a long path', { ...longChain(20), names: hostNamed }],
  ])('%s: an abort in the next turn is heard', async (_, request) => {
    gate.close('verify')
    const controller = new AbortController()
    const pending = verifierWith().verify({ ...request, signal: controller.signal })
    setTimeout(() => controller.abort(reason), 0)
    await expect(pending).rejects.toBe(reason)
    const before = gate.calls
    for (const call of gate.waiting) call.open()
    await settle()
    expect(gate.calls).toBe(before)
  })
})

test('after the end a signal is let go, and changes nothing', async () => {
  const controller = new AbortController()
  const { signal } = controller
  const added = vi.spyOn(signal, 'addEventListener'), removed = vi.spyOn(signal, 'removeEventListener')
  const verdict: Verdict = await verifierWith().verify({ ...good, signal })
  expect(removed.mock.calls.length).toBe(added.mock.calls.length)
  controller.abort(reason)
  expect(codeOf(verdict)).toBe('accepted')
  expect(codeOf(await verifierWith().verify(good))).toBe('accepted')
})
