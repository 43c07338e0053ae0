/** IP addresses in text: dotted decimal, and the forms of RFC 4291 2.2. Nothing a resolver would guess at. */

/** The 4 or 16 octets of an address, or undefined where the text is none. No zone, no leading zeros, no short forms. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  const sound = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  return sound ? Uint8Array.from(parts, Number) : undefined
}

function parseIpv6(text: string): Uint8Array | undefined {
  // The last two groups may be dotted decimal.
  const last = text.slice(text.lastIndexOf(':') + 1)
  const v4 = parseIpv4(last)
  const groupAt = (octets: Uint8Array, i: number): string => ((octets[i]! << 8) | octets[i + 1]!).toString(16)
  const plain = v4 === undefined ? text : `${text.slice(0, -last.length)}${groupAt(v4, 0)}:${groupAt(v4, 2)}`
  const halves = plain.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const [head, tail = []] = halves as [string[], string[]?]
  const missing = 8 - head.length - tail.length
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail]
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined
  return Uint8Array.from(groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]))
}
