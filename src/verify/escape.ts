/**
 * Text of a peer, made safe to print.
 *
 * Names in a certificate are chosen by whoever asked for it. Printed as they are, they can move a terminal’s
 * cursor, forge a log line, reverse the reading order, hide characters, or open a tag. Everything that could is
 * written as `\u{…}`, and a backslash too, so that two different texts never print alike.
 *
 * The ranges stand here as numbers, not as `\p{…}`, so that no runtime’s Unicode tables change the output. What
 * this leaves alone: letters of any script. Look-alikes (homoglyphs) are a matter of the matching rules, which
 * compare values and never printed text.
 */

/** Inclusive ranges, ascending. */
const unsafeRanges: readonly (readonly [number, number])[] = [
  [0x00, 0x1f], // C0 controls, ESC among them
  [0x22, 0x22], [0x26, 0x27], [0x3c, 0x3c], [0x3e, 0x3e], [0x60, 0x60], // markup: " & ' < > `
  [0x7f, 0xa0], // DEL, C1 controls, no-break space
  [0xad, 0xad], // soft hyphen
  [0x034f, 0x034f], [0x0600, 0x0605], [0x061c, 0x061c], [0x06dd, 0x06dd], [0x070f, 0x070f],
  [0x0890, 0x0891], [0x08e2, 0x08e2], [0x115f, 0x1160], [0x1680, 0x1680], [0x17b4, 0x17b5], [0x180b, 0x180f],
  [0x2000, 0x200f], // spaces that look like U+0020, zero-width characters, bidi marks
  [0x2026, 0x2026], // the ellipsis, which here always means that text was cut
  [0x2028, 0x202f], // line and paragraph separators, bidi embeddings and overrides
  [0x205f, 0x206f], // word joiner, invisible operators, bidi isolates
  [0x2800, 0x2800], [0x3000, 0x3000], [0x3164, 0x3164],
  [0xd800, 0xdfff], // surrogates that stand alone
  [0xe000, 0xf8ff], // private use: no two fonts agree
  [0xfdd0, 0xfdef], [0xfe00, 0xfe0f], [0xfeff, 0xfeff], [0xffa0, 0xffa0], [0xfff0, 0xffff],
  [0x110bd, 0x110bd], [0x110cd, 0x110cd], [0x13430, 0x1343f], [0x1bca0, 0x1bca3], [0x1d173, 0x1d17a],
  [0xe0000, 0x10ffff], // tags, variation selectors, private use
]

/** True for a code point that is never printed as itself. */
export function isUnsafe(point: number): boolean {
  if (point > 0x1fffd && (point & 0xfffe) === 0xfffe) return true // noncharacters at the end of a plane
  for (const [first, last] of unsafeRanges) {
    if (point < first) return false
    if (point <= last) return true
  }
  return false
}

function escapePoint(point: number): string {
  return `\\u{${point.toString(16).toUpperCase()}}`
}

/**
 * Makes `text` safe for a terminal, a log line, and markup. Unsafe characters and the backslash become `\u{HEX}`.
 *
 * With a `limit`, the result has at most that many UTF-16 units; where text was cut, it ends in `…`, which an
 * uncut result never holds.
 */
export function escapeText(text: string, limit: number = Infinity): string {
  return join(pieces(text), limit)
}

function* pieces(text: string): Generator<string> {
  for (const character of text) {
    const point = character.codePointAt(0)!
    yield point === 0x5c || isUnsafe(point) ? escapePoint(point) : character
  }
}

/**
 * The same for a distinguished name in RFC 4514 form, which has escapes of its own: `\\`, `\,` and `\1B` stay as
 * they are, and `\<` becomes `\u{3C}`. Neither reads as the other, and applying it twice changes nothing.
 */
export function escapeName(text: string, limit: number = Infinity): string {
  return join(namePieces(text), limit)
}

function* namePieces(text: string): Generator<string> {
  let escaped = ''
  for (const character of text) {
    const point = character.codePointAt(0)!
    if (escaped === '' && point === 0x5c) escaped = character
    else {
      yield isUnsafe(point) ? escapePoint(point) : escaped + character
      escaped = ''
    }
  }
  if (escaped !== '') yield escaped
}

function join(parts: Iterable<string>, limit: number): string {
  let out = ''
  // Where to cut, should the text turn out to be too long for the limit.
  let cut = 0
  for (const piece of parts) {
    if (out.length + piece.length > limit) return limit < 1 ? '' : `${out.slice(0, cut)}…`
    out += piece
    if (out.length < limit) cut = out.length
  }
  return out
}

const xmlEntities: Readonly<Record<string, string>> = {
  '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&apos;',
}

/**
 * Escapes text for XML character data and attribute values. Characters that XML 1.0 cannot hold at all
 * become U+FFFD. Give it text that went through `escapeText`: this is the second lock on the same door.
 */
export function escapeXml(text: string): string {
  // XML 1.0, production 2 (Char). With the `u` flag the class matches lone surrogates, never halves of a pair.
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => xmlEntities[character]!)
}
