/** Who goes first among the verifications of one verifier. Orders are tested, never times. */
import { describe, expect, it } from 'vitest'
import { SignatureSlots, TurnQueue, excessOf } from '../../../src/verify/turns.ts'

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 1))
}

describe('turns', () => {
  it('go to those that had fewest, and to equals in the order of asking', async () => {
    const turns = new TurnQueue(() => false)
    const order: string[] = []
    const ask = (name: string, used: number): void => void turns.turn(used).then(() => order.push(name))
    ask('much', 900)
    ask('first', 1)
    ask('some', 30)
    ask('second', 1)
    ask('none', 0)
    await settle()
    expect(order).toEqual(['none', 'first', 'second', 'some', 'much'])
  })
  it('come one at a time, with other events between them', async () => {
    const turns = new TurnQueue(() => false)
    const order: string[] = []
    for (let i = 0; i < 3; i++) void turns.turn(0).then(() => order.push('turn'))
    const others = (async () => {
      for (let i = 0; i < 3; i++) {
        await new Promise((resolve) => setImmediate(resolve))
        order.push('other')
      }
    })()
    await others
    await settle()
    expect(order.join(' ')).not.toMatch(/turn turn turn/)
    expect(order.filter((one) => one === 'turn').length).toBe(3)
  })
  it('come while something is urgent, too', async () => {
    const turns = new TurnQueue(() => true)
    await turns.turn(0)
    await turns.turn(5)
  })
  it('begin again after a rest', async () => {
    const turns = new TurnQueue(() => false)
    await turns.turn(0)
    await settle()
    await turns.turn(0)
  })
})

describe('signature slots', () => {
  /** Work that ends when told to, and notes when it begins. */
  function works() {
    const begun: string[] = []
    const ends = new Map<string, (value: string) => void>()
    const work = (name: string) => () => {
      begun.push(name)
      return new Promise<string>((resolve) => ends.set(name, resolve))
    }
    const end = async (name: string): Promise<void> => {
      ends.get(name)!(name)
      await settle()
    }
    return { begun, work, end }
  }

  it('let small verifications pass those that have used much', async () => {
    const slots = new SignatureSlots()
    const { begun, work, end } = works()
    void slots.run(50, 1, work('a'))
    void slots.run(50, 1, work('b'))
    void slots.run(400, 1, work('last'))
    void slots.run(60, 1, work('c'))
    expect(begun).toEqual(['a', 'b'])
    expect(slots.isBusyWithFirst).toBe(false)
    const small = slots.run(0, 2, work('small'))
    expect(begun).toEqual(['a', 'b', 'small'])
    expect(slots.isBusyWithFirst).toBe(true)
    await end('small')
    expect(await small).toBe('small')
    expect(slots.isBusyWithFirst).toBe(false)
    await end('a')
    expect(begun).toEqual(['a', 'b', 'small', 'c'])
    await end('b')
    expect(begun).toEqual(['a', 'b', 'small', 'c', 'last'])
  })
  it('are all taken again when a path frees several', async () => {
    const slots = new SignatureSlots()
    const { begun, work, end } = works()
    void slots.run(50, 6, work('path'))
    void slots.run(50, 1, work('a'))
    void slots.run(50, 1, work('b'))
    void slots.run(50, 1, work('c'))
    expect(begun).toEqual(['path'])
    await end('path')
    expect(begun).toEqual(['path', 'a', 'b'])
    await end('a')
    expect(begun).toEqual(['path', 'a', 'b', 'c'])
  })
  it('are free again after work that failed', async () => {
    const slots = new SignatureSlots()
    for (let i = 0; i < 5; i++) await expect(slots.run(50, 3, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await slots.run(50, 3, () => Promise.resolve('yes'))).toBe('yes')
  })
})

describe('excess', () => {
  it('is none for an ordinary chain, and grows with bytes and candidates', () => {
    expect(excessOf(5_000, 3)).toBe(0)
    expect(excessOf(1_000_000, 3)).toBeGreaterThan(excessOf(100_000, 3))
    expect(excessOf(5_000, 500)).toBeGreaterThan(excessOf(5_000, 50))
  })
})
