/** AlgorithmIdentifier and SubjectPublicKeyInfo as structure. */
import { describe, expect, it } from 'vitest'
import { DerReader, ParseError } from '../../../src/asn1/index.ts'
import { parseSubjectPublicKeyInfo, readAlgorithmIdentifier } from '../../../src/x509/spki.ts'
import { algorithm, concat, encode, encodeNull, encodeSequence, hex, oddNumber, oids, rsaPublicKey, rsaSpki } from './support.ts'

const code = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof ParseError) return error.code
    throw error
  }
  return 'no error'
}

describe('parseSubjectPublicKeyInfo', () => {
  const der = rsaSpki(oddNumber(2048))

  it('splits the parts', () => {
    const info = parseSubjectPublicKeyInfo(der)
    expect(info.algorithm.oid).toBe(oids.rsa)
    expect(info.algorithm.parameters).toEqual(encodeNull())
    expect(info.algorithm.raw).toEqual(algorithm(oids.rsa, encodeNull()))
    expect(info.publicKey).toEqual(rsaPublicKey(oddNumber(2048), 65537))
    expect(info.raw).toEqual(der)
  })
  it('copies its input', () => {
    const input = Uint8Array.from(der)
    const info = parseSubjectPublicKeyInfo(input)
    input.fill(0)
    expect(info.raw).toEqual(der)
    expect(parseSubjectPublicKeyInfo(der.buffer.slice(der.byteOffset, der.byteOffset + der.length) as ArrayBuffer).raw).toEqual(der)
  })
  it('refuses the rest by code', () => {
    expect(code(() => parseSubjectPublicKeyInfo(concat([der, hex('00')])))).toBe('asn1/trailing-data')
    expect(code(() => parseSubjectPublicKeyInfo(der.subarray(1)))).toMatch(/^asn1\//)
    expect(() => parseSubjectPublicKeyInfo('MII' as never)).toThrow(TypeError)
  })
})

describe('readAlgorithmIdentifier', () => {
  const read = (der: Uint8Array) => readAlgorithmIdentifier(new DerReader(der), 'algorithm')

  it('accepts absent, primitive and nested parameters', () => {
    expect(read(algorithm(oids.ed25519)).parameters).toBeUndefined()
    const nested = encodeSequence(encodeSequence(encodeNull()))
    expect(read(algorithm(oids.pss, nested)).parameters).toEqual(nested)
  })
  it('refuses parameters that are not well-formed, and more than one', () => {
    expect(code(() => read(algorithm(oids.pss, encode(0x30, hex('0205')))))).toBe('asn1/truncated')
    expect(code(() => read(algorithm(oids.pss, encode(0x30, hex('3080')))))).toBe('asn1/indefinite-length')
    expect(code(() => read(algorithm(oids.pss, concat([encodeNull(), encodeNull()]))))).toBe('asn1/trailing-data')
    let deep = encodeNull()
    for (let i = 0; i < 100; i++) deep = encodeSequence(deep)
    expect(code(() => read(algorithm(oids.pss, deep)))).toBe('asn1/too-deep')
  })
})
