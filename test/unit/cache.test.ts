import { describe, expect, it } from 'vitest'
import { createMemoryCache, readCache, writeCache, type RevocationCache } from '../../src/revocation/cache.ts'

const never = (): Promise<never> => new Promise(() => undefined)
const sized = (length: number): Uint8Array => new Uint8Array(length)

describe('createMemoryCache', () => {
  it('gives back what it was given, until its time', async () => {
    let time = 1000
    const cache = createMemoryCache({ now: () => time })
    const value = Uint8Array.of(1, 2)
    await cache.set('a', value, 2000)
    expect(await cache.get('a')).toBe(value)
    expect(await cache.get('b')).toBeUndefined()
    time = 1999
    expect(await cache.get('a')).toBe(value)
    time = 2000
    expect(await cache.get('a')).toBeUndefined()
    time = 1000
    expect(await cache.get('a')).toBeUndefined()
  })

  it('keeps nothing whose time has passed, or is none, and drops what it replaces', async () => {
    const cache = createMemoryCache({ now: () => 1000 })
    for (const until of [1000, 999, Number.NaN, -Infinity]) {
      await cache.set('a', sized(1), 2000)
      await cache.set('a', sized(1), until)
      expect(await cache.get('a'), String(until)).toBeUndefined()
    }
    await cache.set('a', sized(1), 2000)
    await cache.delete('a')
    await cache.delete('a')
    expect(await cache.get('a')).toBeUndefined()
  })

  it('forgets what was not used for longest, by number', async () => {
    const cache = createMemoryCache({ maxEntries: 3, now: () => 0 })
    for (const key of ['a', 'b', 'c']) await cache.set(key, sized(1), 1)
    await cache.get('a')
    await cache.set('d', sized(1), 1)
    expect(await present(cache, 'a', 'b', 'c', 'd')).toEqual(['a', 'c', 'd'])
    await cache.set('a', sized(2), 1)
    await cache.set('e', sized(1), 1)
    expect(await present(cache, 'a', 'c', 'd', 'e')).toEqual(['a', 'd', 'e'])
  })

  it('forgets what was not used for longest, by size, and counts keys and replacements', async () => {
    const cache = createMemoryCache({ maxBytes: 100, now: () => 0 })
    await cache.set('a', sized(40), 1)
    await cache.set('b', sized(40), 1)
    await cache.set('b', sized(41), 1)
    await cache.set('b', sized(40), 1)
    expect(await present(cache, 'a', 'b')).toEqual(['a', 'b'])
    await cache.set('c', sized(10), 1)
    expect(await present(cache, 'a', 'b', 'c')).toEqual(['a', 'b', 'c'])
    await cache.set('d', sized(3), 1)
    expect(await present(cache, 'a', 'b', 'c', 'd')).toEqual(['b', 'c', 'd'])
    // Too large for all of it: what is there stays.
    await cache.set('e', sized(99), 1)
    expect(await present(cache, 'b', 'c', 'd', 'e')).toEqual(['b', 'c', 'd'])
    await cache.set('e', sized(98), 1)
    expect(await present(cache, 'b', 'c', 'd', 'e')).toEqual(['e'])
  })

  it('stays within its bounds whatever is done', async () => {
    let time = 0
    const cache = createMemoryCache({ maxEntries: 10, maxBytes: 1000, now: () => time })
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`)
    for (let i = 0; i < 5000; i++) {
      const key = keys[(i * 7919) % 40]!
      if (i % 5 === 0) await cache.delete(key)
      else if (i % 3 === 0) await cache.get(key)
      else await cache.set(key, sized((i * 31) % 400), time + (i * 13) % 50)
      time++
    }
    const left = await present(cache, ...keys)
    expect(left.length).toBeLessThanOrEqual(10)
    // If a size had been counted twice, or not given back, this would not fit or would not push everything else out.
    await cache.set('x', sized(998), time + 1)
    expect(await present(cache, ...keys, 'x')).toEqual(['x'])
  })

  it('refuses options that mean nothing', () => {
    for (const wrong of [{ maxEntries: 0 }, { maxBytes: Number.NaN }, { maxEntries: 1.5 }, { now: 5 }]) {
      expect(() => createMemoryCache(wrong as never), JSON.stringify(wrong)).toThrow(TypeError)
    }
  })
})

describe('a store that fails', () => {
  const answering = (get: () => unknown, set: () => unknown = get): RevocationCache => ({ get, set }) as RevocationCache
  class StoreError extends Error {
    override readonly name = 'StoreError'
  }

  it('costs a reason, and no more', async () => {
    const failing: [() => unknown, string][] = [
      [() => { throw new StoreError('redis://user:secret@host') }, 'StoreError'],
      [async () => { throw new StoreError('redis://user:secret@host') }, 'StoreError'],
      [async () => { throw 'text' }, 'unknown'],
      [async () => { throw Object.assign(new Error('x'), { name: 'a\u001bb' }) }, 'unknown'],
    ]
    for (const [fail, reason] of failing) {
      expect(await readCache(answering(fail), 'k')).toEqual({ failure: { code: 'cache/read-failed', details: { reason } } })
      expect(await writeCache(answering(fail), 'k', sized(1), 1)).toEqual({ code: 'cache/write-failed', details: { reason } })
    }
    for (const value of [null, 'text', 5, [1]]) {
      expect(await readCache(answering(async () => value), 'k')).toEqual({ failure: { code: 'cache/read-failed', details: { reason: 'TypeError' } } })
    }
    expect(await readCache(answering(async () => undefined), 'k')).toEqual({})
    expect(await readCache(answering(async () => Uint8Array.of(1)), 'k')).toEqual({ value: Uint8Array.of(1) })
    expect(await writeCache(answering(async () => undefined), 'k', sized(1), 1)).toBeUndefined()
  })

  it('is not waited for longer than told', async () => {
    expect(await readCache(answering(never), 'k', undefined, 10)).toEqual({ failure: { code: 'cache/timeout', details: { milliseconds: 10 } } })
    expect(await writeCache(answering(never), 'k', sized(1), 1, undefined, 10)).toEqual({ code: 'cache/timeout', details: { milliseconds: 10 } })
  })

  it('is left when the caller leaves', async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    const waiting = readCache(answering(never), 'k', controller.signal)
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(writeCache(createMemoryCache(), 'k', sized(1), 1, controller.signal)).rejects.toBe(reason)
  })
})

/** Which keys are there. Looks at them in the order given, which is then the order of their use. */
async function present(cache: RevocationCache, ...keys: string[]): Promise<string[]> {
  const found: string[] = []
  for (const key of keys) if (await cache.get(key) !== undefined) found.push(key)
  return found
}
