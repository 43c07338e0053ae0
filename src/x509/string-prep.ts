/**
 * Preparation of directory strings for comparison: RFC 4518, as RFC 5280 7.1 asks for.
 *
 * Steps: map, normalise (NFKC), prohibit, insignificant spaces. Where a step would prohibit a value, the value
 * is not folded at all, and is compared by its exact bytes instead: no two different values are ever united by it.
 *
 * @deviation RFC 4518 2.2: control and format characters, which that section maps to nothing, make a value
 * incomparable here. Dropping them would make `bank\0.example` and `bank.example` one name.
 */
import { foldRuns, foldSpecials, unassignedRuns } from './unicode-3.2.ts'

interface Tables {
  readonly unassignedStarts: readonly number[]
  readonly unassignedEnds: readonly number[]
  readonly folds: ReadonlyMap<number, string>
}

let tables: Tables | undefined

/** Unpacked on first need: most certificates never leave ASCII. */
function loadTables(): Tables {
  if (tables !== undefined) return tables
  const starts: number[] = []
  const ends: number[] = []
  const words = unassignedRuns.split(' ').map((word) => Number.parseInt(word, 36))
  for (let i = 0, at = 0; i < words.length; i += 2) {
    at += words[i]!
    starts.push(at)
    at += words[i + 1]!
    ends.push(at)
  }
  const folds = new Map<number, string>()
  let start = 0
  for (const row of foldRuns.split(' ')) {
    const [gap, count, step, delta] = row.split(',').map((word) => Number.parseInt(word, 36)) as [number, number, number, number]
    start += gap
    for (let i = 0; i < count; i++) folds.set(start + i * step, String.fromCodePoint(start + i * step + delta))
  }
  for (const row of foldSpecials.split(';')) {
    const [point, ...replacement] = row.split(',').map((word) => Number.parseInt(word, 36)) as [number, ...number[]]
    folds.set(point, String.fromCodePoint(...replacement))
  }
  tables = { unassignedStarts: starts, unassignedEnds: ends, folds }
  return tables
}

function unassigned({ unassignedStarts, unassignedEnds }: Tables, point: number): boolean {
  let low = 0
  let high = unassignedStarts.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (point < unassignedStarts[middle]!) high = middle - 1
    else if (point > unassignedEnds[middle]!) low = middle + 1
    else return true
  }
  return false
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
  return folded !== undefined && (spaced || !ascii) ? squeeze(folded) : folded
}

/** TAB, LF, VT, FF and CR map to SPACE (RFC 4518 2.2). */
function isSpaceControl(unit: number): boolean {
  return unit >= 0x09 && unit <= 0x0d
}

function squeeze(text: string): string {
  // RFC 4518 2.6.1, with the padding spaces left out on both sides alike.
  return text.replace(/[\t-\r ]+/g, ' ').replace(/^ | $/g, '')
}

/** Variation selectors, soft hyphen and the like, which map to nothing (RFC 4518 2.2) and change no letter. */
function vanishes(point: number): boolean {
  return point === 0xad || point === 0x1806 || point === 0x34f || (point >= 0x180b && point <= 0x180d) ||
    (point >= 0xfe00 && point <= 0xfe0f) || point === 0xfffc
}

/** Zs, Zl and Zp of Unicode 3.2, and NEL (RFC 4518 2.2). */
function isSeparator(point: number): boolean {
  return point === 0x85 || point === 0xa0 || point === 0x1680 || (point >= 0x2000 && point <= 0x200a) ||
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
  return !vanishes(point) && !prohibited(point) && !isSeparator(point) && !unassigned(loadTables(), point)
}

function foldUnicode(text: string): string | undefined {
  const loaded = loadTables()
  let mapped = ''
  for (const character of text) {
    const point = character.codePointAt(0)!
    if (vanishes(point)) continue
    if (prohibited(point) || unassigned(loaded, point)) return undefined
    if (isSeparator(point)) mapped += ' '
    else if (point < 0x80) mapped += character.toLowerCase()
    else mapped += loaded.folds.get(point) ?? character
  }
  return mapped.normalize('NFKC')
}
