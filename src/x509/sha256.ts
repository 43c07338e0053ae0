/**
 * SHA-256 (FIPS 180-4), synchronous. It names certificates in verdicts, where WebCrypto's promise would make a
 * synchronous core impossible; no signature is ever checked with it.
 */

/** Made at the first use. */
let constants: { readonly initial: readonly number[]; readonly rounds: readonly number[] } | undefined

/**
 * The first 32 bits of the fractional parts of the square roots of the first 8 primes, and of the cube roots of the first 64
 * (FIPS 180-4 5.3.3 and 4.2.2).
 */
function makeConstants(): NonNullable<typeof constants> {
  const primes: bigint[] = []
  for (let candidate = 2n; primes.length < 64; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate)
  }
  return { initial: primes.slice(0, 8).map((prime) => fractionOfRoot(prime, 2n)), rounds: primes.map((prime) => fractionOfRoot(prime, 3n)) }
}

/** floor(frac(p^(1/k)) * 2^32), by integer search, so that no runtime's floating point matters. */
function fractionOfRoot(p: bigint, k: bigint): number {
  const target = p << (32n * k)
  let low = 0n
  let high = p << 32n
  while (low < high) {
    const middle = (low + high + 1n) >> 1n
    if (middle ** k <= target) low = middle
    else high = middle - 1n
  }
  return Number(low & 0xffffffffn)
}

/** The message in whole blocks of 64 octets, with its length at the end (FIPS 180-4 5.1.1), as SHA-1 and SHA-256 take it. */
export function padMessage(message: Uint8Array): DataView {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(message.length / 0x20000000))
  view.setUint32(padded.length - 4, (message.length << 3) >>> 0)
  return view
}

/** The 32 octets of SHA-256 of `message`. */
export function sha256(message: Uint8Array): Uint8Array {
  const { initial, rounds } = (constants ??= makeConstants())
  const view = padMessage(message)
  const state = Uint32Array.from(initial)
  const w = new Uint32Array(64)
  for (let offset = 0; offset < view.byteLength; offset += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(offset + 4 * i)
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15]!
      const b = w[i - 2]!
      w[i] = (w[i - 16]! + w[i - 7]! + (rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3)) +
        (rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10))) | 0
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const t1 = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + rounds[i]! + w[i]!) | 0
      const t2 = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g; g = f; f = e; e = (d + t1) | 0
      d = c; c = b; b = a; a = (t1 + t2) | 0
    }
    const sums = [a, b, c, d, e, f, g, h]
    for (let i = 0; i < 8; i++) state[i] = (state[i]! + sums[i]!) | 0
  }
  state.forEach((word, i) => view.setUint32(4 * i, word))
  // Of its own: a view would keep the whole message alive.
  return new Uint8Array(view.buffer.slice(0, 32))
}

function rotate(x: number, n: number): number {
  return (x >>> n) | (x << (32 - n))
}
