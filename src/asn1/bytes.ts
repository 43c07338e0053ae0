/** Byte-string helpers that every layer shares. */

/** Lexicographic comparison: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Comparison of texts by their code units: the same in every locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** FNV-1a of 32 bits, to look for equal bytes by: it only picks a place, and whoever chooses the bytes can make it collide. */
export function hashBytes(bytes: Uint8Array, start: number = 0, stop: number = bytes.length): number {
  let hash = 0x811c9dc5
  for (let i = start; i < stop; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return hash
}

/** Equality of two byte strings. Not constant in time: certificates are public. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalRuns(a, 0, b, 0, a.length)
}

/** Equality of as many octets, from a place in each. */
export function equalRuns(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aStart + i] !== b[bStart + i]) return false
  return true
}

const hexDigits = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'))

/** Lower-case hexadecimal, two digits an octet. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += hexDigits[bytes[i]!]
  return text
}

/**
 * The one copy at the entrance: a private `Uint8Array` over a buffer that nobody else holds.
 * Accepts any view or buffer, shared and resizable ones too. Throws `TypeError` for anything else.
 */
export function copyBytes(input: Uint8Array | ArrayBuffer, argument: string): Uint8Array {
  // Of another array a constructor makes a copy; a `slice` would call a subclass’s (Node’s Buffer shares memory).
  if (input instanceof Uint8Array) return new Uint8Array(input)
  if (ArrayBuffer.isView(input)) {
    const view = input as ArrayBufferView
    return new Uint8Array(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
  }
  const kind = Object.prototype.toString.call(input)
  if (kind === '[object ArrayBuffer]' || kind === '[object SharedArrayBuffer]') {
    return new Uint8Array(new Uint8Array(input))
  }
  // A block of parsePem, or Node’s X509Certificate.
  const inside = ['bytes', 'raw'].find((name) => (input as unknown as Readonly<Record<string, unknown>> | null | undefined)?.[name] instanceof Uint8Array)
  throw new TypeError(`${argument}: expected a Uint8Array of DER bytes, got ${kind.slice(8, -1)}${
    inside === undefined ? typeof input === 'string' ? '; parsePem reads PEM text' : '' : `; give its ${inside}`}`)
}
