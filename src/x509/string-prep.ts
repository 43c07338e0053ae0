/**
 * Preparation of directory strings for comparison: RFC 4518, as RFC 5280 7.1 asks for.
 *
 * Steps: map, normalise (NFKC), prohibit, insignificant spaces. Where a step would prohibit a value, the value
 * is not folded at all, and is compared by its exact bytes instead: no two different values are ever united by it.
 *
 * @deviation RFC 4518 2.2: control and format characters, which that section maps to nothing, make a value
 * incomparable here. Dropping them would make `bank\0.example` and `bank.example` one name.
 * @deviation RFC 4518 2.3: a value with more than 30 combining characters in a row (Unicode's own bound for normalisation,
 * UAX #15 13), or with more than 16 characters that stand for five or more each, is incomparable as well. The time that
 * normalising takes grows with the square of the one, and the room with the other, and no name holds either.
 */
import { unassignedRuns } from './unicode-3.2.ts'

/** Where the runs of unassigned code points start and end, in turn. Unpacked on first need: most certificates never leave ASCII. */
let edges: readonly number[] | undefined

function unpackEdges(): readonly number[] {
  let at = 0
  return unassignedRuns.match(/\w+(?=\))|\w/g)!.map((word, i) => (at += Number.parseInt(word, 36)) + (i % 2))
}

/** Whether Unicode 3.2 leaves a code point unassigned: an odd number of edges stand at it or before it. */
function unassigned(point: number): boolean {
  edges ??= unpackEdges()
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (edges[middle]! <= point) low = middle + 1
    else high = middle
  }
  return low % 2 === 1
}

/**
 * The folded form of a value, or undefined where it may only be compared by its bytes.
 * Two values match (caseIgnoreMatch) exactly if their folded forms are equal.
 */
export function prepareString(text: string): string | undefined {
  let ascii = true
  let spaced = false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) {
      ascii = false
      break
    }
    if (unit > 0x20 && unit !== 0x7f) continue
    if (unit < 0x20 ? !isSpaceControl(unit) : unit === 0x7f) return undefined
    // A single SPACE between two other characters stays as it is.
    spaced ||= unit !== 0x20 || i === 0 || i === text.length - 1 || text.charCodeAt(i + 1) === 0x20
  }
  const folded = ascii ? text.toLowerCase() : foldUnicode(text)
  if (ascii && !spaced) return folded
  // 2.6.1, with the padding spaces left out on both sides alike. A SPACE that a combining mark stands on is none.
  return folded?.replace(/[\t-\r ]+(?!\p{M})/gu, ' ').replace(/^ (?!\p{M})| $/gu, '')
}

/** TAB, LF, VT, FF and CR map to SPACE (RFC 4518 2.2). */
function isSpaceControl(unit: number): boolean {
  return unit >= 0x09 && unit <= 0x0d
}

/** The text of UTF-16 units; in blocks, which the argument stack holds. */
function textOf(units: Uint16Array, length: number): string {
  let text = ''
  for (let i = 0; i < length; i += 4096) {
    text += String.fromCharCode.apply(null, units.subarray(i, Math.min(i + 4096, length)) as unknown as number[])
  }
  return text
}

/** Variation selectors, soft hyphen and the like, which map to nothing (RFC 4518 2.2) and change no letter. */
function vanishes(point: number): boolean {
  return point === 0xad || point === 0x1806 || point === 0x34f || (point >= 0x180b && point <= 0x180d) ||
    (point >= 0xfe00 && point <= 0xfe0f) || point === 0xfffc
}

/** Zs, Zl and Zp of Unicode 3.2, and controls that map to SPACE (RFC 4518 2.2). */
function isSeparator(point: number): boolean {
  return isSpaceControl(point) || point === 0x85 || point === 0xa0 || point === 0x1680 || (point >= 0x2000 && point <= 0x200a) ||
    point === 0x2028 || point === 0x2029 || point === 0x202f || point === 0x205f || point === 0x3000
}

/** Controls and format characters (RFC 4518 2.2), and what 2.4 prohibits. */
function prohibited(point: number): boolean {
  return (point < 0x20 && !isSpaceControl(point)) || (point >= 0x7f && point <= 0x9f && point !== 0x85) ||
    point === 0x6dd || point === 0x70f || point === 0x180e || (point >= 0x200b && point <= 0x200f) ||
    (point >= 0x202a && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) || point === 0xfeff ||
    (point >= 0xfff9 && point <= 0xfffb) || point === 0xfffd || (point >= 0x1d173 && point <= 0x1d17a) ||
    point === 0x340 || point === 0x341 || point === 0xe0001 || (point >= 0xe0020 && point <= 0xe007f) ||
    (point >= 0xe000 && point <= 0xf8ff) || (point >= 0xf0000 && point <= 0x10ffff) ||
    (point & 0xfffe) === 0xfffe || (point >= 0xfdd0 && point <= 0xfdef)
}

/**
 * True for a character that shows as itself: assigned in Unicode 3.2, no control, format, space or private-use
 * character. By our own tables, so that escaped text is the same in every runtime.
 */
export function printsAsItself(point: number): boolean {
  if (point < 0x80) return point > 0x20 && point < 0x7f
  // The Hangul fillers are letters that show nothing.
  if (point === 0x115f || point === 0x1160 || point === 0x3164 || point === 0xffa0) return false
  return !vanishes(point) && !prohibited(point) && !isSeparator(point) && !unassigned(point)
}

/** What folding does with a character. */
const Kind = {
  /** Its case is folded, and one unit stands for it, whatever stands beside it. */
  stays: 1,
  vanishes: 2,
  separates: 3,
  /** The value cannot be compared. */
  prohibits: 4,
  /** Normalisation may change it, or join it to a neighbour. */
  normalises: 5,
  combines: 6,
  /** Normalisation makes five or more characters of it. */
  expands: 7,
} as const

const startsWithMark = /^\p{M}/u
const maxCombining = 30
const maxExpanding = 16

/** A character: what is done with it, and what it folds to. */
interface Character {
  readonly kind: number
  readonly folded: string
}

/**
 * The lower case of the upper case, which folds what has two forms of either. It is the same in every version of Unicode for
 * what version 3.2 assigns (its policy of case folding stability). What later versions gave a lower case folds to characters
 * that 3.2 does not assign, which no value that is compared can hold.
 */
function foldCase(text: string): string {
  // The dotless i is no i.
  return text === 'ı' ? text : text.toUpperCase().toLowerCase()
}

function readCharacter(point: number): Character {
  if (vanishes(point)) return { kind: Kind.vanishes, folded: '' }
  if (prohibited(point) || unassigned(point)) return { kind: Kind.prohibits, folded: '' }
  if (isSeparator(point)) return { kind: Kind.separates, folded: ' ' }
  // RFC 3454 B.2: what NFKC makes of a character may have a case to fold too.
  const once = foldCase(String.fromCodePoint(point))
  const normalised = once.normalize('NFKC')
  const twice = foldCase(normalised)
  const folded = twice === normalised ? once : twice
  const normal = folded.normalize('NFKC')
  if (startsWithMark.test(normal)) return { kind: Kind.combines, folded }
  if (normal.length > 4) return { kind: Kind.expands, folded }
  // Hangul vowels and final consonants are the only other characters that join the one before them.
  const joins = normal !== folded || /[\p{M}\u1161-\u1175\u11a8-\u11c2]/u.test(normal) || folded.length !== 1
  return { kind: joins ? Kind.normalises : Kind.stays, folded }
}

/** The first 65 536 characters, each read when it is first met: of those that stay what they fold to, and the others. */
let known: { readonly staying: Uint16Array; readonly others: Map<number, Character> } | undefined

function foldUnicode(text: string): string | undefined {
  const { staying, others } = (known ??= { staying: new Uint16Array(0x10000), others: new Map() })
  // No character folds to more than four units.
  const units = new Uint16Array(4 * text.length)
  let length = 0
  let normal = true
  let combining = 0
  let expanding = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    const stays = staying[unit]!
    if (stays !== 0) {
      units[length++] = stays
      combining = 0
      continue
    }
    const point = text.codePointAt(i)!
    const character = others.get(point) ?? readCharacter(point)
    const { kind, folded } = character
    if (point > 0xffff) i++
    else if (kind === Kind.stays) staying[unit] = folded.charCodeAt(0)
    else others.set(point, character)
    if (kind === Kind.vanishes) continue
    if (kind === Kind.prohibits) return undefined
    if (kind === Kind.combines ? ++combining > maxCombining : kind === Kind.expands && ++expanding > maxExpanding) return undefined
    if (kind !== Kind.combines) combining = 0
    if (kind >= Kind.normalises) normal = false
    for (let k = 0; k < folded.length; k++) units[length++] = folded.charCodeAt(k)
  }
  const folded = textOf(units, length)
  const prepared = normal ? folded : folded.normalize('NFKC')
  // RFC 4518 2.4: the first character is none that combines.
  return startsWithMark.test(prepared) ? undefined : prepared
}
