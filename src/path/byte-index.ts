/**
 * Numbers for byte strings: equal bytes get the same number. The runtime's own hash of strings, which is seeded, does the
 * look-up: whoever chooses the bytes cannot make them collide.
 */
export class ByteIndex {
  readonly #ids = new Map<string, number>()

  /** The number of `bytes`, a new one if they were not seen before. */
  intern(bytes: Uint8Array): number {
    const key = latin1(bytes)
    let id = this.#ids.get(key)
    if (id === undefined) this.#ids.set(key, (id = this.#ids.size))
    return id
  }
}

/** One character an octet; blocks keep a large input off the argument stack. */
function latin1(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode.apply(null, bytes.subarray(i, i + 8192) as unknown as number[])
  }
  return text
}
