/**
 * Checks of a signature's form, before a runtime sees it, and its conversion to the form that runtimes take.
 *
 * Each scheme has exactly one acceptable encoding of a signature. What is caught here some runtimes would accept
 * (a stripped or added zero octet, a value plus the modulus, S plus the group order).
 */
import { DerReader, ParseError, compareBytes, readIntegerBytes } from '../asn1/index.ts'
import { curves } from './curves.ts'
import type { Curve } from './curves.ts'
import { checkEdwardsSignature, edwardsCurves } from './edwards.ts'
import { bytesFromBig } from './numbers.ts'
import { rawLengths } from './oids.ts'
import type { CryptoRefusal, PublicKey, RsaPublicKey, SignatureAlgorithm } from './types.ts'
import { refuse } from './types.ts'

const hashLengths = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const

/** The signature as a runtime takes it: ECDSA as r and s of fixed length (IEEE P1363), others as they are. */
export type CheckedSignature = { readonly ok: true; readonly signature: Uint8Array } | CryptoRefusal

/**
 * Checks that the algorithm belongs to the key, and then the form of the signature.
 *
 * @deviation RFC 8032 5.1.7: Ed25519 and Ed448 keys of small or mixed order, and signatures whose R is of small order, are
 * refused, though the section lets them verify. No signer who follows it makes one, and verifiers disagree on them.
 */
export function checkSignature(signature: Uint8Array, key: PublicKey, algorithm: SignatureAlgorithm): CheckedSignature {
  const mismatch = (): CryptoRefusal => refuse('crypto/key-mismatch', { key: key.type, algorithm: algorithm.name })
  switch (algorithm.family) {
    case 'rsa-pkcs1':
      // RFC 4055 1.2: an id-RSASSA-PSS key serves RSASSA-PSS only.
      if (key.type !== 'rsa' || key.usage !== 'any') return mismatch()
      return checkRsaSignature(signature, key)
    case 'rsa-pss':
      if (key.type !== 'rsa') return mismatch()
      return checkPss(key, algorithm) ?? checkRsaSignature(signature, key)
    case 'ecdsa':
      if (key.type !== 'ec') return mismatch()
      return checkEcdsaSignature(signature, curves[key.curve])
    case 'raw': {
      if (key.type !== algorithm.name) return mismatch()
      if (signature.length !== rawLengths[algorithm.name].signature) return invalid('wrong-length')
      if (algorithm.name === 'ed25519' || algorithm.name === 'ed448') {
        const fault = checkEdwardsSignature(signature, edwardsCurves[algorithm.name])
        if (fault !== undefined) return invalid(fault)
      }
      return { ok: true, signature }
    }
  }
}

function invalid(reason: string): CryptoRefusal {
  return refuse('crypto/invalid-signature', { reason })
}

/** RFC 8017 8.1.2 and 8.2.2 (k octets), and 5.2.2 (a representative below n). */
function checkRsaSignature(signature: Uint8Array, key: RsaPublicKey): CheckedSignature {
  if (signature.length !== key.modulus.length) return invalid('wrong-length')
  if (compareBytes(signature, key.modulus) >= 0) return invalid('not-below-modulus')
  return { ok: true, signature }
}

/** RFC 4055 3.3 (what the key demands) and RFC 8017 9.1.2 step 3 (what the key can hold). */
function checkPss(
  key: RsaPublicKey, algorithm: SignatureAlgorithm & { readonly family: 'rsa-pss' },
): CryptoRefusal | undefined {
  const { hash, saltLength } = algorithm
  if (typeof key.usage === 'object') {
    if (key.usage.hash !== hash) return refuse('crypto/key-mismatch', { keyHash: key.usage.hash, hash })
    if (saltLength < key.usage.minSaltLength) {
      return refuse('crypto/key-mismatch', { minSaltLength: key.usage.minSaltLength, saltLength })
    }
  }
  const encodedLength = Math.ceil((key.bits - 1) / 8)
  if (encodedLength < hashLengths[hash] + saltLength + 2) return invalid('salt-too-long-for-key')
  return undefined
}

/**
 * RFC 3279 2.2.3, in DER, with 1 <= r, s < n (FIPS 186-5 6.4.2).
 *
 *     Ecdsa-Sig-Value  ::=  SEQUENCE  {
 *          r     INTEGER,
 *          s     INTEGER  }
 */
function checkEcdsaSignature(der: Uint8Array, curve: Curve): CheckedSignature {
  let r: Uint8Array
  let s: Uint8Array
  try {
    const outer = new DerReader(der)
    const reader = outer.sequence('Ecdsa-Sig-Value')
    outer.finish()
    r = readIntegerBytes(reader, 'r')
    s = readIntegerBytes(reader, 's')
    reader.finish()
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return invalid('malformed-encoding')
  }
  const signature = new Uint8Array(2 * curve.size)
  const order = bytesFromBig(curve.n, curve.size)
  if (!place(r, signature.subarray(0, curve.size), order) || !place(s, signature.subarray(curve.size), order)) {
    return invalid('out-of-range')
  }
  return { ok: true, signature }
}

/** Writes a canonical INTEGER right-aligned into `target`. False where it is not between 1 and `order` - 1. */
function place(content: Uint8Array, target: Uint8Array, order: Uint8Array): boolean {
  if (content[0]! >= 0x80) return false
  const value = content[0] === 0 ? content.subarray(1) : content
  if (value.length === 0 || value.length > target.length) return false
  target.set(value, target.length - value.length)
  return compareBytes(target, order) < 0
}
