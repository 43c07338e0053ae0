/**
 * The vocabulary of the crypto layer: algorithm names, checked keys, parsed signature algorithms, outcomes.
 */

/** The hash functions of this layer. SHA-1 is there by name only; MD5 and SHA-224 never. */
export type HashName = 'sha1' | 'sha256' | 'sha384' | 'sha512'

/** The named curves of RFC 5480 that this layer knows: secp256r1, secp384r1, secp521r1. */
export type CurveName = 'p256' | 'p384' | 'p521'

/** The parameter sets of FIPS 204 (RFC 9881). */
export type MlDsaName = 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87'

/**
 * A signature algorithm, as a caller enables it. RSA and ECDSA with SHA-2 and Ed25519 are on by default; the
 * names with `sha1`, `ed448` and `ml-dsa-…` are refused until they are enabled.
 */
export type AlgorithmName =
  | 'rsa-pkcs1-sha1' | 'rsa-pkcs1-sha256' | 'rsa-pkcs1-sha384' | 'rsa-pkcs1-sha512'
  | 'rsa-pss-sha1' | 'rsa-pss-sha256' | 'rsa-pss-sha384' | 'rsa-pss-sha512'
  | 'ecdsa-sha1' | 'ecdsa-sha256' | 'ecdsa-sha384' | 'ecdsa-sha512'
  | 'ed25519' | 'ed448' | MlDsaName

/** The algorithms for which a caller may supply an implementation: those that runtimes lack. */
export type ImplementableAlgorithm = 'ed25519' | 'ed448' | MlDsaName

/**
 * A verification function for one algorithm, used where the runtime lacks it. It is called with a key and a
 * signature that have already passed this layer's checks (lengths, ranges, canonical forms).
 */
export interface AlgorithmImplementation {
  readonly name: ImplementableAlgorithm
  /**
   * Answers whether `signature` is the key's signature over `data`. `publicKey` is the raw key (RFC 8032 or
   * FIPS 204). The context string is empty. Only `true` accepts; a throw is a refusal. `verifySync` needs a
   * synchronous boolean.
   */
  verify(publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>
}

/** Why a key, an algorithm or a signature was refused. Stable; new ones may come, and each is a refusal. */
export type CryptoIssueCode =
  /** The algorithm, curve or parameter is not enabled, not known, or not to be had in this runtime. */
  | 'crypto/unsupported-algorithm'
  /** The AlgorithmIdentifier is not one that the algorithm's RFC allows. */
  | 'crypto/malformed-algorithm'
  /** The SubjectPublicKeyInfo or the key in it is not well-formed, or no sound key. */
  | 'crypto/malformed-key'
  /** The elliptic curve is spelt out or implied, not named (RFC 5480 2.1.1). */
  | 'crypto/explicit-curve'
  /** The RSA modulus is shorter than the policy allows. */
  | 'crypto/weak-key'
  /** The RSA modulus is longer than the policy allows. */
  | 'crypto/key-too-large'
  /** The signature algorithm does not belong to the key. */
  | 'crypto/key-mismatch'
  /** The signature is not the key's signature over the data; `details.reason` says how that was seen. */
  | 'crypto/invalid-signature'

/** Parameters of a refusal: plain JSON. */
export interface CryptoDetails {
  readonly [key: string]: string | number | boolean
}

export interface CryptoRefusal {
  readonly ok: false
  readonly code: CryptoIssueCode
  readonly details: CryptoDetails
}

/** What an id-RSASSA-PSS key allows (RFC 4055 3.3): one hash, and salts of at least this many octets. */
export interface PssRestriction {
  readonly hash: HashName
  readonly minSaltLength: number
}

export interface RsaPublicKey {
  readonly type: 'rsa'
  /** Big-endian magnitude without leading zeros. */
  readonly modulus: Uint8Array
  /** Big-endian magnitude without leading zeros. */
  readonly exponent: Uint8Array
  /** Length of the modulus in bits. */
  readonly bits: number
  /** Which schemes the key serves: `any` for rsaEncryption; PSS alone for id-RSASSA-PSS. */
  readonly usage: 'any' | 'pss' | PssRestriction
}

export interface EcPublicKey {
  readonly type: 'ec'
  readonly curve: CurveName
  /** The uncompressed point: 04, x, y (SEC 1 2.3.3). */
  readonly point: Uint8Array
}

/** Ed25519, Ed448 or ML-DSA: the key is its octets. */
export interface RawPublicKey {
  readonly type: ImplementableAlgorithm
  readonly bytes: Uint8Array
}

/** A key that passed `checkKey`. */
export type PublicKey = RsaPublicKey | EcPublicKey | RawPublicKey

export type CheckedKey = { readonly ok: true; readonly key: PublicKey } | CryptoRefusal

/** A parsed signature AlgorithmIdentifier. */
export type SignatureAlgorithm =
  | { readonly name: AlgorithmName; readonly family: 'rsa-pkcs1' | 'ecdsa'; readonly hash: HashName }
  | { readonly name: AlgorithmName; readonly family: 'rsa-pss'; readonly hash: HashName; readonly saltLength: number }
  | { readonly name: ImplementableAlgorithm; readonly family: 'raw' }

/** One signature to be checked. All bytes are DER or raw octets as they stand in the signed object. */
export interface SignatureCheck {
  /** The signer's SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array
  /** The signature AlgorithmIdentifier, DER. */
  readonly algorithm: Uint8Array
  /** The signed octets. */
  readonly data: Uint8Array
  /** The content of the signature's BIT STRING. */
  readonly signature: Uint8Array
}

export type SignatureOutcome = { readonly ok: true } | CryptoRefusal

/** Builds a refusal. */
export function refuse(code: CryptoIssueCode, details: CryptoDetails): CryptoRefusal {
  return { ok: false, code, details }
}
