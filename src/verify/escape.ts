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

/**
 * In the order of their numbers: controls and markup (" & ' < > `); spaces that look like U+0020, and what shows nothing; bidi marks,
 * embeddings, overrides and isolates; U+2026, the ellipsis, which here always means that text was cut; surrogates that
 * stand alone, and private use, of which no two fonts agree; noncharacters, tags and variation selectors.
 */
const unsafe = /[\0-\x1f"&'<>`\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2026\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\u{110bd}\u{110cd}\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{10ffff}]/u

/** True for a code point that is never printed as itself. */
export function isUnsafe(point: number): boolean {
  // The noncharacters at the end of every plane.
  return (point & 0xfffe) === 0xfffe || unsafe.test(String.fromCodePoint(point))
}

/**
 * Makes `text` safe for a terminal, a log line, and markup. Unsafe characters and the backslash become `\u{HEX}`.
 *
 * With a `limit`, the result has at most that many UTF-16 units; where text was cut, it ends in `…`, which an
 * uncut result never holds.
 */
export function escapeText(text: string, limit: number = Infinity): string {
  return escape(text, limit, false)
}

/**
 * The same for a distinguished name in RFC 4514 form, which has escapes of its own: `\\`, `\,` and `\1B` stay as
 * they are, and `\<` becomes `\u{3C}`. Neither reads as the other, and applying it twice changes nothing.
 */
export function escapeName(text: string, limit: number = Infinity): string {
  return escape(text, limit, true)
}

function escape(text: string, limit: number, isName: boolean): string {
  let out = ''
  // Where to cut, should the text turn out to be too long for the limit.
  let cut = 0
  // Characters; in a name, each with the backslash that escapes it.
  for (const [whole, character] of text.matchAll(isName ? /\\?([^])/gu : /([^])/gu)) {
    const point = character!.codePointAt(0)!
    const piece = isUnsafe(point) || (character === '\\' && !isName) ? `\\u{${point.toString(16).toUpperCase()}}` : whole
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
