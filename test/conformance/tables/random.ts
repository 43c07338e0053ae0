/** Numbers that look random and are the same at every run, so that the vectors can be made again byte for byte. */
import { createHash } from 'node:crypto'

/** Octets in order from SHA-256 over a seed and a counter. No secret depends on it. */
export class Stream {
  readonly #seed: string
  #counter = 0
  #rest: Uint8Array = new Uint8Array(0)

  constructor(seed: string) {
    this.#seed = seed
  }

  bytes(count: number): Uint8Array {
    const out = new Uint8Array(count)
    for (let filled = 0; filled < count;) {
      if (this.#rest.length === 0) this.#rest = createHash('sha256').update(`${this.#seed} ${this.#counter++}`).digest()
      const part = this.#rest.subarray(0, count - filled)
      out.set(part, filled)
      this.#rest = this.#rest.subarray(part.length)
      filled += part.length
    }
    return out
  }

  /** From 0 to `limit` - 1, near enough evenly. */
  below(limit: bigint): bigint {
    return big(this.bytes(Math.ceil(limit.toString(16).length / 2) + 8)) % limit
  }

  /** A prime of at least `low` and below `high`, one less than which shares no factor with `exponent`. */
  prime(low: bigint, high: bigint, exponent: bigint): bigint {
    for (;;) {
      const candidate = (low + this.below(high - low)) | 1n
      if (candidate < high && gcd(candidate - 1n, exponent) === 1n && this.#isPrime(candidate)) return candidate
    }
  }

  #isPrime(n: bigint): boolean {
    if (smallPrimes.some((p) => n % p === 0n)) return smallPrimes.includes(n)
    // Miller and Rabin.
    let odd = n - 1n
    let twos = 0
    for (; (odd & 1n) === 0n; odd >>= 1n) twos++
    for (let round = 0; round < 8; round++) {
      let x = power(2n + this.below(n - 4n), odd, n)
      if (x === 1n || x === n - 1n) continue
      let composite = true
      for (let i = 1; i < twos && composite; i++) {
        x = (x * x) % n
        composite = x !== n - 1n
      }
      if (composite) return false
    }
    return true
  }
}

const smallPrimes: readonly bigint[] = Array.from({ length: 2000 }, (_, i) => i)
  .filter((n) => n > 1 && Array.from({ length: n }, (_, d) => d).every((d) => d < 2 || d * d > n || n % d !== 0)).map(BigInt)

export function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b)
}

export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n % modulus
  let square = base % modulus
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

/** `value` times what modulo `modulus` is 1 (Euclid). */
export function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n]
  while (b !== 0n) {
    const q = a / b
    ;[a, b, x, y] = [b, a - q * b, y, x - q * y]
  }
  return ((x % modulus) + modulus) % modulus
}

export function big(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`)
}

export function bytes(value: bigint, length: number): Uint8Array {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex'))
}
