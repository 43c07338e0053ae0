/** The equation of Ed25519, checked by our own arithmetic: what else than the right R, S and key is told apart by it. */
import { createHash } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { expect, it } from 'vitest'
import { edwardsCurves, satisfiesEquation } from '../../../src/crypto/edwards.ts'
import { bigFromLittleEndian, littleEndianBytes } from '../../../src/crypto/numbers.ts'

it('S B = R + k A holds for a signature, and not for its mirror images', () => {
  const secret = new Uint8Array(32).fill(5)
  const key = ed25519.getPublicKey(secret)
  const message = Uint8Array.of(1, 2, 3)
  const signature = ed25519.sign(message, secret)
  const hash = createHash('sha512').update(signature.subarray(0, 32)).update(key).update(message).digest()
  expect(satisfiesEquation(key, signature, hash)).toBe(true)
  // The negative of S B has the same y.
  const mirrored = Uint8Array.from(signature)
  const { order } = edwardsCurves.ed25519
  mirrored.set(littleEndianBytes(order - bigFromLittleEndian(signature.subarray(32)), 32), 32)
  expect(satisfiesEquation(key, mirrored, hash)).toBe(false)
  const other = Uint8Array.from(signature)
  other[40]! ^= 1
  expect(satisfiesEquation(key, other, hash)).toBe(false)
  expect(satisfiesEquation(key, signature, hash.map((octet) => octet ^ 1))).toBe(false)
})
