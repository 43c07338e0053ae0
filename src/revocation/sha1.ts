/**
 * SHA-1 (FIPS 180-4 6.1), synchronous. OCSP names issuers and responders by it (RFC 6960 4.1.1 and 4.2.1), and nothing
 * else is done with it here: whoever answers for a certificate is known by a signature, which is checked elsewhere.
 */

import { padMessage } from '../x509/sha256.ts'

const initial = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
const roundConstants = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6]

function rotate(x: number, n: number): number {
  return (x << n) | (x >>> (32 - n))
}

/** The 20 octets of SHA-1 of `message`. */
export function sha1(message: Uint8Array): Uint8Array {
  const view = padMessage(message)
  const state = Int32Array.from(initial)
  const w = new Int32Array(80)
  for (let offset = 0; offset < view.byteLength; offset += 64) {
    for (let i = 0; i < 80; i++) {
      w[i] = i < 16 ? view.getInt32(offset + 4 * i) : rotate(w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!, 1)
    }
    let [a, b, c, d, e] = state as unknown as [number, number, number, number, number]
    for (let i = 0; i < 80; i++) {
      const phase = Math.floor(i / 20)
      const f = phase === 0 ? (b & c) | (~b & d) : phase === 2 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d
      const next = (rotate(a, 5) + f + e + roundConstants[phase]! + w[i]!) | 0
      e = d; d = c; c = rotate(b, 30); b = a; a = next
    }
    const sums = [a, b, c, d, e]
    for (let i = 0; i < 5; i++) state[i] = (state[i]! + sums[i]!) | 0
  }
  const digest = new Uint8Array(20)
  const out = new DataView(digest.buffer)
  state.forEach((word, i) => out.setInt32(4 * i, word))
  return digest
}
