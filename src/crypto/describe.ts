/**
 * What kind of key a SubjectPublicKeyInfo holds, for rules and reports. It judges nothing: a weak key, or one
 * whose algorithm is not enabled, is described like any other.
 */
import { DerReader, ParseError, readIntegerBytes, readOid } from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import { readSubjectPublicKeyInfo } from '../x509/spki.ts'
import { curveByOid } from './curves.ts'
import { bitLength, magnitude } from './key.ts'
import { ecPublicKey, rawAlgorithmByOid, rsaEncryption, rsassaPss } from './oids.ts'
import type { CurveName, ImplementableAlgorithm } from './types.ts'

/** Plain JSON. */
export type KeyDescription =
  /** Length of the modulus in bits; `pss` where the key serves RSASSA-PSS alone. */
  | { readonly type: 'rsa'; readonly bits: number; readonly pss: boolean }
  /** A known name, another curve's OID, or `explicit` where the curve is not named. */
  | { readonly type: 'ec'; readonly curve: CurveName | 'explicit' | (string & {}) }
  | { readonly type: ImplementableAlgorithm }
  /** `oid` is the empty string where the structure cannot be read. */
  | { readonly type: 'unknown'; readonly oid: string }

/** Describes a key. Never throws. */
export function describeKey(spki: Uint8Array): KeyDescription {
  let oid = ''
  try {
    const info = readSubjectPublicKeyInfo(new DerReader(spki))
    const { parameters } = info.algorithm
    oid = info.algorithm.oid
    if (oid === rsaEncryption || oid === rsassaPss) {
      const modulus = readIntegerBytes(new DerReader(info.publicKey).sequence('RSAPublicKey'), 'modulus')
      return { type: 'rsa', bits: bitLength(magnitude(modulus)), pss: oid === rsassaPss }
    }
    if (oid === ecPublicKey && parameters !== undefined) {
      if (parameters[0] !== Tag.oid) return { type: 'ec', curve: 'explicit' }
      const curveOid = readOid(new DerReader(parameters), 'namedCurve')
      return { type: 'ec', curve: curveByOid(curveOid)?.name ?? curveOid }
    }
    const raw = rawAlgorithmByOid(oid)
    return raw === undefined ? { type: 'unknown', oid } : { type: raw }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return { type: 'unknown', oid }
  }
}
