/**
 * What a stored acceptance, or a pooled socket, is bound to: which verifier, and which policy.
 *
 * A verifier is an object; two verifiers made from the same options are still two, because nothing here can know
 * that their anchors, clocks and rules are equal. So its identity is a number given to the object when it is
 * first seen, and so is that of a parsed policy. That also covers anchors that change: new anchors mean a new verifier, and what the old one accepted
 * is not found under the new one.
 */
import { createHash } from 'node:crypto'
import type { NameExpectation } from '../path/index.ts'
import type { Policy } from '../policy/policy.ts'
import type { Verifier } from '../verify/types.ts'

const numbers = /* @__PURE__ */ new WeakMap<object, number>()
let next = 1

/** A number for this very object, the same as long as it lives. */
export function identityOf(object: object): number {
  const known = numbers.get(object)
  if (known !== undefined) return known
  const given = next++
  numbers.set(object, given)
  return given
}

/** One string for verifier, expected names and policy. Equal strings mean: the same question. */
export function policyKey(verifier: Verifier, names: NameExpectation | undefined, policy: Policy | undefined): string {
  return JSON.stringify([identityOf(verifier), names ?? null, policy === undefined ? null : identityOf(policy)])
}

/** SHA-256 as lower-case hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
