/**
 * Lists and deltas that go back in time, to one verifier that has accepted newer ones: whoever can withhold what is new, or
 * repeat what is old, unrevokes nobody. RFC 5280 5.2.3: lists and deltas of a scope share one sequence of numbers.
 */
import { describe, expect, it } from 'vitest'
import { aki, uri } from '../../../fixtures/issue.ts'
import type { Bytes } from '../../../fixtures/issue.ts'
import { crldp, freshest } from '../../../fixtures/revoke.ts'
import type { Entry } from '../../../fixtures/revoke.ts'
import { caCrl, caKeys, day, leafSerial, leafWith, now, statusOf, verifierFor } from './world.ts'

const listAt = 'http://lists.example/ca.crl', deltaAt = 'http://lists.example/delta.crl'
const leaf = leafWith(aki(caKeys.id), crldp({ names: [uri(listAt)] }), freshest({ names: [uri(deltaAt)] }))
const hold: Entry = { serial: leafSerial, reason: 6 }, revoked: Entry = { serial: leafSerial, reason: 1 }, removed: Entry = { serial: leafSerial, reason: 8 }

/** Lists are dated by their numbers. */
const dated = (number: number): { number: number, thisUpdate: Date } => ({ number, thisUpdate: new Date(now - 20 * day + number * day / 2) })
const list = (number: number, ...entries: Entry[]): Bytes => caCrl({ ...dated(number), entries })
const delta = (number: number, base: number, ...entries: Entry[]): Bytes => caCrl({ ...dated(number), base, entries })

interface Shown {
  readonly list?: Bytes
  readonly delta?: Bytes
}

/** What one verifier finds, shown one pair of a list and a delta after another. */
async function inTurn(...shown: readonly Shown[]): Promise<readonly string[]> {
  let now: Shown = {}
  const fetch = {
    fetch: (address: string): Promise<Response> => {
      const page = address === listAt ? now.list : now.delta
      return Promise.resolve(page === undefined ? new Response('gone', { status: 404 }) : new Response(page.slice()))
    },
    allowedHosts: ['.example'], retries: 0,
  }
  const question = { leaf, fetch, cache: { get: () => Promise.resolve(undefined), set: () => Promise.resolve() } }
  const verifier = verifierFor(question)
  const found: string[] = []
  for (now of shown) found.push((await statusOf(question, verifier)).replace(' fetch/status', ''))
  return found
}

describe('after a delta was accepted', () => {
  it('the list alone, or with an older delta, says good no more', async () => {
    const newest = { list: list(10), delta: delta(14, 10, revoked) }
    expect(await inTurn({ list: list(10) })).toEqual(['good'])
    expect(await inTurn(newest, newest)).toEqual(['revoked keyCompromise', 'revoked keyCompromise'])
    expect(await inTurn(newest, { list: list(10) })).toEqual(['revoked keyCompromise', 'undetermined crl/rolled-back'])
    expect(await inTurn(newest, { list: list(10), delta: delta(12, 10) })).toEqual(['revoked keyCompromise', 'undetermined crl/rolled-back crl/rolled-back'])
    expect(await inTurn(newest, { list: list(13) })).toEqual(['revoked keyCompromise', 'undetermined crl/rolled-back'])
  })

  it('an older list with that delta, or a newer one, is as new as they are', async () => {
    expect(await inTurn({ list: list(10), delta: delta(14, 9) }, { list: list(9), delta: delta(14, 9) })).toEqual(['good', 'good'])
    expect(await inTurn({ list: list(10), delta: delta(14, 9) }, { list: list(9), delta: delta(15, 9, revoked) })).toEqual(['good', 'revoked keyCompromise'])
    expect(await inTurn({ list: list(14) }, { list: list(9), delta: delta(14, 9) })).toEqual(['good', 'good'])
    expect(await inTurn({ list: list(14) }, { list: list(9), delta: delta(13, 9) })).toEqual(['good', 'undetermined crl/rolled-back crl/rolled-back'])
  })

  it('a newer list needs none', async () => {
    expect(await inTurn({ list: list(10), delta: delta(14, 10) }, { list: list(14) }, { list: list(15) })).toEqual(['good', 'good', 'good'])
    expect(await inTurn({ list: list(10), delta: delta(14, 10, revoked) }, { list: list(15, revoked) })).toEqual(['revoked keyCompromise', 'revoked keyCompromise'])
  })

  it('a hold that it ended is not back, nor good without it', async () => {
    expect(await inTurn({ list: list(10, hold), delta: delta(14, 10, removed) }, { list: list(10, hold) })).toEqual(['good', 'undetermined crl/rolled-back'])
    expect(await inTurn({ list: list(10, hold), delta: delta(14, 10, removed) }, { list: list(10, hold), delta: delta(12, 10) })).toEqual(['good', 'undetermined crl/rolled-back crl/rolled-back'])
  })

  it('a revocation in an older list binds all the same', async () => {
    expect(await inTurn({ list: list(14) }, { list: list(9, revoked) })).toEqual(['good', 'revoked keyCompromise'])
    expect(await inTurn({ list: list(14) }, { list: list(9), delta: delta(12, 9, revoked) })).toEqual(['good', 'revoked keyCompromise'])
  })
})
