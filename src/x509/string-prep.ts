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
import * as Kind from './fold-kind.ts'
import { prohibitedRuns } from './unicode-3.2.ts'

/** Where the runs of prohibited code points start and end, in turn. Unpacked on first need: most certificates never leave ASCII. */
let edges: readonly number[] | undefined

function unpackEdges(): readonly number[] {
  const unpacked: number[] = []
  let at = 0
  let high = 0
  for (const digit of prohibitedRuns) {
    const value = Number.parseInt(digit, 36)
    if (/[A-Z]/.test(digit)) high = high * 26 + value - 10
    else {
      at += high * 36 + value
      unpacked.push(at + unpacked.length % 2)
      high = 0
    }
  }
  return unpacked
}

/**
 * Whether RFC 4518 2.4 prohibits a code point, for being unassigned in Unicode 3.2 too, or the deviation above does: an odd
 * number of edges stand at it or before it.
 */
function prohibited(point: number): boolean {
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

// By their numbers, so that no runtime’s Unicode tables change what they hold.

/** Variation selectors, soft hyphen and the like, which map to nothing (RFC 4518 2.2) and change no letter. */
const vanishes = /[\xad\u034f\u1806\u180b-\u180d\ufe00-\ufe0f\ufffc]/

/** Zs, Zl and Zp of Unicode 3.2, and controls that map to SPACE (RFC 4518 2.2). */
const separates = /[\t-\r\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/

/** The Hangul fillers: letters that show nothing. */
const fillers = /[\u115f\u1160\u3164\uffa0]/

/**
 * True for a character that shows as itself: assigned in Unicode 3.2, no control, format, space or private-use
 * character. By our own tables, so that escaped text is the same in every runtime.
 */
export function printsAsItself(point: number): boolean {
  if (point < 0x80) return point > 0x20 && point < 0x7f
  const character = String.fromCodePoint(point)
  return !vanishes.test(character) && !separates.test(character) && !fillers.test(character) && !prohibited(point)
}

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
  const character = String.fromCodePoint(point)
  if (vanishes.test(character)) return { kind: Kind.vanishes, folded: '' }
  if (prohibited(point)) return { kind: Kind.prohibits, folded: '' }
  if (separates.test(character)) return { kind: Kind.separates, folded: ' ' }
  // RFC 3454 B.2: what NFKC makes of a character may have a case to fold too.
  const once = foldCase(character)
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
