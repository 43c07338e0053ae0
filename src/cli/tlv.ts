/**
 * A forgiving walk over BER elements, for showing what the strict reader refuses. It takes indefinite and
 * non-minimal lengths and multi-byte tags, goes as far as the bytes make sense, and says where they stop to.
 * Nothing here decides anything.
 */

export interface Tlv {
  readonly depth: number
  readonly offset: number
  readonly tagClass: 0 | 1 | 2 | 3
  readonly constructed: boolean
  readonly tagNumber: number
  readonly headerLength: number
  /** Undefined for an indefinite length. */
  readonly length: number | undefined
  /** Where the content ends, as far as it is there. */
  readonly contentStart: number
  readonly contentEnd: number
}

export interface TlvProblem {
  readonly depth: number
  readonly offset: number
  readonly problem: string
}

interface Level {
  readonly end: number
  readonly indefinite: boolean
  /** Content octets that were announced and are not there. */
  readonly missing: number
}

/**
 * Yields every element in order, iteratively; ends with a problem where the bytes make no sense. Elements nested
 * deeper than `maxDepth` are not entered.
 */
export function* walkTlv(bytes: Uint8Array, maxDepth: number): Generator<Tlv | TlvProblem, void, undefined> {
  const levels: Level[] = [{ end: bytes.length, indefinite: false, missing: 0 }]
  let position = 0
  while (levels.length > 0) {
    const { end, indefinite, missing } = levels.at(-1)!
    const depth = levels.length - 1
    if (indefinite && bytes[position] === 0 && bytes[position + 1] === 0 && position + 2 <= end) {
      position += 2
      levels.pop()
      continue
    }
    if (position >= end) {
      if (indefinite) {
        yield { depth, offset: position, problem: 'the end-of-contents octets are missing' }
        return
      }
      if (missing > 0) {
        yield { depth, offset: position, problem: `${missing} more content octets were announced` }
        return
      }
      levels.pop()
      continue
    }
    const element = readHeader(bytes, position, end, depth)
    yield element
    if ('problem' in element) return
    const enter = element.constructed && depth + 1 < maxDepth
    if (element.length === undefined && !enter) {
      yield { depth, offset: position, problem: element.constructed ? `nested deeper than ${maxDepth}` : 'an indefinite length on a primitive element' }
      return
    }
    if (element.length !== undefined && element.contentStart + element.length > end) {
      if (enter && element.contentStart < end) {
        // What is there is shown, although the element ends too early.
        levels.push({ end, indefinite: false, missing: element.contentStart + element.length - end })
        position = element.contentStart
        continue
      }
      yield { depth, offset: position, problem: `${element.length} content octets announced, ${end - element.contentStart} there` }
      return
    }
    if (enter) {
      levels.push({ end: element.contentEnd, indefinite: element.length === undefined, missing: 0 })
      position = element.contentStart
    } else position = element.contentEnd
  }
}

function readHeader(bytes: Uint8Array, offset: number, end: number, depth: number): Tlv | TlvProblem {
  let position = offset
  const identifier = bytes[position++]!
  let tagNumber = identifier & 0x1f
  if (tagNumber === 0x1f) {
    tagNumber = 0
    let more = true
    while (more) {
      if (position >= end || position - offset > 5) return { depth, offset, problem: 'a tag number that does not end' }
      const octet = bytes[position++]!
      tagNumber = tagNumber * 128 + (octet & 0x7f)
      more = octet >= 0x80
    }
  }
  if (position >= end) return { depth, offset, problem: 'a tag without a length' }
  const first = bytes[position++]!
  let length: number | undefined = first
  if (first === 0x80) length = undefined
  else if (first > 0x80) {
    const count = first & 0x7f
    if (position + count > end) return { depth, offset, problem: 'a length that does not end' }
    length = 0
    for (let i = 0; i < count; i++) length = length * 256 + bytes[position++]!
    if (!Number.isSafeInteger(length)) return { depth, offset, problem: 'a length beyond all measure' }
  }
  return {
    depth, offset, tagClass: (identifier >> 6) as 0 | 1 | 2 | 3, constructed: (identifier & 0x20) !== 0, tagNumber,
    headerLength: position - offset, length, contentStart: position,
    contentEnd: length === undefined ? end : Math.min(end, position + length),
  }
}

/** What a structure looks like from its first few elements; whether it is one is for the strict parsers to say. */
export type StructureKind = 'certificate' | 'request' | 'crl' | 'bundle' | 'spki' | 'privateKey' | 'unknown'

export function guessStructure(bytes: Uint8Array): StructureKind {
  // The tags of the first level and of the level under its first element, read leniently.
  const outer: number[] = []
  const inner: number[] = []
  let count = 0
  for (const element of walkTlv(bytes, 3)) {
    if ('problem' in element || ++count > 200) break
    const tag = element.tagClass * 64 + element.tagNumber
    if (element.depth === 1) outer.push(tag)
    else if (element.depth === 2 && outer.length === 1) inner.push(tag)
  }
  const is = (tags: readonly number[], ...expected: readonly (number | undefined)[]): boolean =>
    expected.every((tag, i) => tag === undefined || tags[i] === tag)
  const [oid, sequence, integer, bitString, octetString, context0] = [6, 16, 2, 3, 4, 128]
  if (outer[0] === oid && is(outer, oid, context0)) return 'bundle'
  if (is(outer, integer, sequence, octetString) || (is(outer, integer, octetString) && outer.length <= 4) ||
    (outer.length >= 9 && outer.every((tag) => tag === integer))) return 'privateKey'
  if (outer[0] !== sequence) return 'unknown'
  if (inner[0] === oid && outer[1] === bitString) return 'spki'
  if (inner[0] === context0 && is(inner, context0, integer, sequence, sequence, sequence)) return 'certificate'
  const times = (tag: number | undefined): boolean => tag === 23 || tag === 24
  if (inner[0] === integer && is(inner, integer, sequence, sequence) && times(inner[3])) return 'crl'
  if (is(inner, sequence, sequence) && times(inner[2])) return 'crl'
  if (is(inner, integer, sequence, sequence, sequence, sequence, sequence)) return 'certificate' // version 1
  if (is(inner, integer, sequence, sequence, context0)) return 'request'
  if (is(inner, integer, sequence, sequence) && inner.length === 3) return 'request'
  return 'unknown'
}
