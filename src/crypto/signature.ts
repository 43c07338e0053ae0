/**
 * Checks of a signature's form, before a runtime sees it, and its conversion to the form that runtimes take.
 *
 * Each scheme has exactly one acceptable encoding of a signature. What is caught here some runtimes would accept
 * (a stripped or added zero octet, a value plus the modulus, S plus the group order).
 */
import { DerReader, ParseError, checkIntegerContent, compareBytes } from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import { curves } from './curves.ts'
import type { Curve } from './curves.ts'
import { checkEdwardsSignature, edwardsCurves } from './edwards.ts'
import { rawLengths } from './oids.ts'
import type { CryptoRefusal, PublicKey, RsaPublicKey, SignatureAlgorithm } from './types.ts'
import { refuse } from './types.ts'

const hashLengths = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const

/** The signature as a runtime takes it: ECDSA as r and s of fixed length (IEEE P1363), others as they are. */
export type CheckedSignature = { readonly ok: true; readonly signature: Uint8Array } | CryptoRefusal

/**
 * Checks that the algorithm belongs to the key, and then the form of the signature.
 *
 * @deviation RFC 8032 5.1.7: Ed25519 and Ed448 keys of small order, Ed448 keys of mixed order, and signatures whose R is of
 * small order are refused, though the section lets them verify. No signer who follows it makes one, and verifiers disagree
 * on them.
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
  const { size, order } = curve
  const signature = new Uint8Array(2 * size)
  let inRange = true
  try {
    const reader = new DerReader(der)
    reader.expect(Tag.sequence, 'Ecdsa-Sig-Value')
    reader.finish()
    reader.moveTo(reader.start, reader.stop)
    for (const part of ['r', 's']) {
      reader.expect(Tag.integer, part)
      checkIntegerContent(reader)
      inRange &&= place(reader, signature, part === 'r' ? size : 2 * size, order)
    }
    reader.finish()
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return invalid('malformed-encoding')
  }
  return inRange ? { ok: true, signature } : invalid('out-of-range')
}

/** Writes the INTEGER read last so that it ends at `end` of `target`. False where it is not between 1 and `order` - 1. */
function place({ bytes, start, stop }: DerReader, target: Uint8Array, end: number, order: Uint8Array): boolean {
  if (bytes[start]! >= 0x80) return false
  const first = bytes[start] === 0 ? start + 1 : start
  const length = stop - first
  if (length === 0 || length > order.length) return false
  let below = length < order.length
  for (let i = 0; i < length; i++) {
    const octet = bytes[first + i]!
    target[end - length + i] = octet
    if (below) continue
    if (octet > order[i]!) return false
    below = octet < order[i]!
  }
  return below
}
