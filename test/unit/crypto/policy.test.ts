/** The algorithm policy: what it takes, and that it names the argument where it does not. */
import { describe, expect, it } from 'vitest'
import { createAlgorithmPolicy } from '../../../src/crypto/index.ts'
import type { AlgorithmImplementation, AlgorithmPolicyOptions } from '../../../src/crypto/index.ts'

const ed448: AlgorithmImplementation = { name: 'ed448', verify: () => true }

describe('createAlgorithmPolicy', () => {
  it('has the default set, and adds to it by name', () => {
    const names = ['sha256', 'sha384', 'sha512'].flatMap((hash) => [`rsa-pkcs1-${hash}`, `rsa-pss-${hash}`, `ecdsa-${hash}`])
    expect([...createAlgorithmPolicy().enabled].sort()).toEqual([...names, 'ed25519'].sort())
    expect(createAlgorithmPolicy({ enable: ['ml-dsa-65'] }).enabled.has('ml-dsa-65')).toBe(true)
    expect(createAlgorithmPolicy().rsa).toEqual({ minBits: 2048, maxBits: 4096, exponents: 'default' })
  })
  it('takes a snapshot', () => {
    const enable: 'ed448'[] = ['ed448']
    const implementations = [{ ...ed448 }]
    const policy = createAlgorithmPolicy({ enable, implementations })
    enable.pop()
    implementations[0]!.verify = () => false
    implementations.pop()
    expect(policy.enabled.has('ed448')).toBe(true)
    expect(policy.implementations.get('ed448')!.verify(new Uint8Array(0), new Uint8Array(0), new Uint8Array(0))).toBe(true)
    expect(Object.isFrozen(policy) && Object.isFrozen(policy.rsa)).toBe(true)
  })
  const mistakes: readonly (readonly [string, unknown])[] = [
    ['algorithms.enable', { enable: ['md5'] }],
    ['algorithms.enable', { enable: ['rsa-pkcs1-md5'] }],
    ['algorithms.enable', { enable: 'ed448' }],
    ['algorithms.enable', { enable: [null] }],
    ['algorithms.implementations', { implementations: [ed448] }],
    ['algorithms.implementations', { enable: ['ed448'], implementations: [ed448, ed448] }],
    ['algorithms.implementations', { enable: ['ecdsa-sha1'], implementations: [{ name: 'ecdsa-sha1', verify: () => true }] }],
    ['algorithms.implementations', { implementations: [{ name: 'ed25519' }] }],
    ['algorithms.implementations', { implementations: {} }],
    ['algorithms.rsa.minBits', { rsa: { minBits: 512 } }],
    ['algorithms.rsa.minBits', { rsa: { minBits: 2048.5 } }],
    ['algorithms.rsa.maxBits', { rsa: { maxBits: 16385 } }],
    ['algorithms.rsa.maxBits', { rsa: { minBits: 4096, maxBits: 2048 } }],
    ['algorithms.rsa.maxBits', { rsa: { maxBits: Infinity } }],
    ['algorithms.rsa.exponents', { rsa: { exponents: 'any' } }],
    ['algorithms.rsa', { rsa: null }],
    ['algorithms', null],
  ]
  it.each(mistakes)('names %s in a TypeError', (argument, options) => {
    const create = (): unknown => createAlgorithmPolicy(options as AlgorithmPolicyOptions)
    expect(create).toThrow(TypeError)
    expect(create).toThrow(`${argument}:`)
  })
})
