/** Values that are read or written octet by octet: lists of SCTs, and addresses in text. */
import { describe, expect, it } from 'vitest'
import { ParseError, encodeOctetString } from '../../../src/asn1/index.ts'
import { decodeExtension } from '../../../src/x509/extension-values.ts'
import { ipAddressText } from '../../../src/x509/index.ts'

/** An SCT of RFC 6962 3.2 with its length before it; `version` 0 is version 1. */
function sct(version: number, signature: readonly number[], more: readonly number[] = []): number[] {
  const octets = [version, ...Array<number>(32).fill(7), 0, 0, 1, 2, 3, 4, 5, 6, 0, 2, 8, 9, 4, 3, 0, signature.length, ...signature, ...more]
  return [0, octets.length, ...octets]
}

function decode(...octets: readonly number[]) {
  const value = encodeOctetString(Uint8Array.from([octets.length >> 8, octets.length & 0xff, ...octets]))
  try {
    return decodeExtension('signedCertificateTimestamps', value, 0, value.length)
  } catch (error) {
    if (error instanceof ParseError) return error.code
    throw error
  }
}

describe('a list of SCTs (RFC 6962 3.3)', () => {
  it('holds each with its parts', () => {
    const list = decode(...sct(0, [1, 2, 3]), ...sct(0, [4]), ...sct(1, [5, 6], [7]))
    expect(list).toMatchObject([{ version: 0, signature: { length: 3 } }, { version: 0, signature: { length: 1 } }, { version: 1, signature: { length: 2 } }])
    const [first] = list as Exclude<typeof list, string>
    expect(first).toEqual({
      version: 0, logId: new Uint8Array(32).fill(7), timestamp: 0x010203040506, extensions: Uint8Array.of(8, 9),
      hashAlgorithm: 4, signatureAlgorithm: 3, signature: Uint8Array.of(1, 2, 3),
    })
  })
  it('is refused where a length is not what it says', () => {
    expect(decode()).toBe('x509/malformed-extension')
    expect(decode(...sct(0, [1]), 0)).toBe('x509/malformed-extension')
    expect(decode(...sct(0, [1]).slice(0, -1))).toBe('x509/malformed-extension')
    // The signature of the first would end in the second.
    expect(decode(...sct(0, [1, 2]).slice(0, -3), 9, 1, 2, ...sct(0, [1, 2, 3, 4, 5, 6, 7, 8, 9]))).toBe('x509/malformed-extension')
    expect(decode(...sct(0, [1], [2]))).toBe('asn1/trailing-data')
  })
})

describe('an address in text (RFC 5952)', () => {
  it.each([
    [[0, 0, 0, 0, 0, 0, 0, 0], '::'], [[0, 0, 0, 0, 0, 0, 0, 1], '::1'], [[0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], '2001:db8::'],
    [[0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], '2001:db8::1:0:0:1'], [[0x2001, 0, 0, 1, 0, 0, 0, 1], '2001:0:0:1::1'],
    [[0x10, 0, 1, 2, 0, 0, 3, 4], '10:0:1:2::3:4'], [[1, 0, 2, 3, 4, 5, 6, 7], '1:0:2:3:4:5:6:7'], [[0x10, 0x20, 0, 0, 0x30, 1, 1, 0], '10:20::30:1:1:0'],
  ] as const)('%j: %s', (groups, text) => {
    expect(ipAddressText(Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])))).toBe(text)
  })
  it('is none of any other length', () => {
    expect(ipAddressText(Uint8Array.of(192, 0, 2, 1))).toBe('192.0.2.1')
    expect(ipAddressText(new Uint8Array(8))).toBeUndefined()
  })
})
