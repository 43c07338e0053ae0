import { describe, expect, test } from 'vitest'
import { askedOf } from '../../src/node/asked.ts'
import { normalPath } from '../../src/policy/path-form.ts'

describe('the path that a request of Node asks for', () => {
  test.each<readonly [string, string, boolean]>([
    ['/public', '/public', true], ['/public?x#y', '/public', true], ['http://a.example/public?x', '/public', true], ['http://a.example?x', '/', true],
    // A fragment is no part of a target: some take what follows for the path.
    ['/public#/../admin', '/public#/../admin', false], ['http://a.example#/admin', '#/admin', false],
  ])('%s', (target, path, normal) => {
    expect(askedOf({ method: 'GET', url: target } as never, 'a.example').path).toBe(path)
    expect(normalPath(path, 'refuse') !== undefined).toBe(normal)
  })
})
