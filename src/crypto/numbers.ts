/**
 * Big-integer arithmetic for checks on public values. Nothing here is constant in time, and nothing here ever
 * sees a secret.
 */
import { toHex } from '../asn1/index.ts'

/** Big-endian octets as an unsigned integer. */
export function bigFromBytes(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`)
}

/** Little-endian octets as an unsigned integer (RFC 8032). */
export function bigFromLittleEndian(bytes: Uint8Array): bigint {
  return bigFromBytes(Uint8Array.from(bytes).reverse())
}

/** An unsigned integer as `length` big-endian octets. The caller knows that it fits. */
export function bytesFromBig(value: bigint, length: number): Uint8Array {
  const text = value.toString(16).padStart(2 * length, '0')
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16))
}

/** `base ** exponent` modulo `modulus`. */
export function powMod(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  let square = base % modulus
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

/** The remainder between 0 and `modulus - 1`. */
export function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}
