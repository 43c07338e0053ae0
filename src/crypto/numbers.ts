/**
 * Big-integer arithmetic for checks on public values. Nothing here is constant in time, and nothing here ever
 * sees a secret.
 */

/** Big-endian octets as an unsigned integer. */
export function bigFromBytes(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  // Eight octets at a time: a tenth of what a detour by hexadecimal text costs.
  const head = bytes.length % 8
  let value = 0n
  for (let i = 0; i < head; i++) value = (value << 8n) | BigInt(bytes[i]!)
  for (let i = head; i < bytes.length; i += 8) value = (value << 64n) | view.getBigUint64(i)
  return value
}

/** Little-endian octets as an unsigned integer (RFC 8032). */
export function bigFromLittleEndian(bytes: Uint8Array): bigint {
  return bigFromBytes(Uint8Array.from(bytes).reverse())
}

/** An unsigned integer as `length` big-endian octets. The caller knows that it fits. */
export function bytesFromBig(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = length - 1, rest = value; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn)
  return bytes
}

/** The same in little-endian order. */
export function littleEndianBytes(value: bigint, length: number): Uint8Array {
  return bytesFromBig(value, length).reverse()
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
