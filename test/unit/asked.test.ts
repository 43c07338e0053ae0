import { describe, expect, test } from 'vitest'
import { askedOf } from '../../src/node/asked.ts'
import { normalPath } from '../../src/policy/path-form.ts'

describe('the path that a request of Node asks for', () => {
  test.each<readonly [string, string, boolean]>([
    ['/public', '/public', true], ['/public?x#y', '/public', true], ['http://a.example/public?x', '/public', true], ['http://a.example?x', '/', true],
    // A fragment is no part of a target: some take what follows for the path.
    ['/public#/../admin', '/public#/../admin', false], ['http://a.example#/admin', '#/admin', false],
  ])('%s', (target, path, normal) => {
    expect(askedOf({ method: 'GET', url: target, rawHeaders: [] } as never, 'a.example').path).toBe(path)
    expect(normalPath(path, 'refuse') !== undefined).toBe(normal)
  })
})

test('the fields that it has are all its lines, and stay as they came', () => {
  const rawHeaders = ['Host', 'a.example', 'X-Tenant', 'good', ...Array.from({ length: 1000 }, () => ['a', '']).flat(), 'x-tenant', 'evil', '__proto__', 'x']
  const asked = askedOf({ method: 'GET', url: '/', rawHeaders } as never, 'a.example')
  rawHeaders.length = 2
  expect(asked.headers['x-tenant']).toEqual(['good', 'evil'])
  expect(Object.keys(asked.headers)).toEqual(['host', 'x-tenant', 'a', '__proto__'])
  expect(Object.isFrozen(asked.headers) && Object.isFrozen(asked.headers['x-tenant'])).toBe(true)
})
