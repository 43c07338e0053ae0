/**
 * A strict DER reader (X.690 clause 10 and 11).
 *
 * `DerReader` walks one level of a buffer without copying: it holds offsets, and `enter` opens
 * the next level down over the same bytes. What it refuses: indefinite and non-minimal lengths,
 * multi-byte tags, elements that run past their parent, bytes after the last element. What it
 * leaves to its caller: which tags may follow which, and the rules of the single types, which
 * stand in the functions beside it.
 */
import { ParseError } from './errors.ts'
import type { ParseErrorCode } from './errors.ts'
import { tagName } from './tags.ts'
import * as Tag from './tag.ts'

/** Nesting that `checkWellFormed` follows; RFC 5280 structures need fewer than 16 levels. */
export const maxDepth = 32

export class DerReader {
  readonly bytes: Uint8Array
  /** Where the next element starts. */
  position: number
  end: number
  /** The structure being read; named in errors. */
  readonly field: string | undefined
  /** Offsets of the element that `next` or `expect` read last. */
  headerStart = 0
  start = 0
  stop = 0

  constructor(bytes: Uint8Array, start: number = 0, end: number = bytes.length, field?: string) {
    this.bytes = bytes
    this.position = start
    this.end = end
    this.field = field
  }

  fail(code: ParseErrorCode, offset: number, expected: string, found?: string): never {
    throw new ParseError(code, { offset, expected, found, field: this.field })
  }

  get done(): boolean {
    return this.position >= this.end
  }

  /** The identifier octet of the next element, or -1 at the end. */
  peek(): number {
    return this.position < this.end ? this.bytes[this.position]! : -1
  }

  /** Reads one element of any tag, and returns its identifier octet. */
  next(): number {
    const { bytes, end } = this
    const headerStart = this.position
    let position = headerStart
    if (position + 2 > end) this.fail('asn1/truncated', headerStart, 'an element with a tag and a length')
    const tag = bytes[position++]!
    if ((tag & 0x1f) === 0x1f) {
      this.fail('asn1/high-tag-number', headerStart, 'a tag number below 31', tagName(tag))
    }
    let length = bytes[position++]!
    if (length >= 0x80) {
      if (length === 0x80) {
        this.fail('asn1/indefinite-length', headerStart + 1, 'a definite length (X.690 10.1)')
      }
      const count = length & 0x7f
      if (count > 4) this.fail('asn1/too-large', headerStart + 1, 'a length of at most 4 octets')
      if (position + count > end) this.fail('asn1/truncated', headerStart + 1, `${count} length octets`)
      length = 0
      for (let i = 0; i < count; i++) length = length * 256 + bytes[position++]!
      // X.690 10.1: the shortest form that holds the length.
      if (length < 0x80 || bytes[headerStart + 2] === 0) {
        this.fail('asn1/non-minimal-length', headerStart + 1, 'the shortest length encoding (X.690 10.1)')
      }
    }
    if (position + length > end) {
      this.fail('asn1/truncated', headerStart, `${length} content octets of a ${tagName(tag)}`,
        `${end - position}`)
    }
    this.headerStart = headerStart
    this.start = position
    this.stop = position + length
    this.position = this.stop
    return tag
  }

  /** Reads one element that must bear `tag`. */
  expect(tag: number, what: string): void {
    const found = this.peek()
    if (found !== tag) {
      if (found < 0) this.fail('asn1/missing-element', this.position, `${what} (${tagName(tag)})`)
      this.fail('asn1/unexpected-tag', this.position, `${what} (${tagName(tag)})`, tagName(found))
    }
    this.next()
  }

  /** Reads the element if it bears `tag`. */
  optional(tag: number): boolean {
    if (this.peek() !== tag) return false
    this.next()
    return true
  }

  /** A reader over the content of the element read last. */
  inside(field?: string): DerReader {
    return new DerReader(this.bytes, this.start, this.stop, field ?? this.field)
  }

  /** Goes on over another row of elements of the same buffer: one reader serves a long list. */
  moveTo(start: number, end: number): void {
    this.position = start
    this.end = end
  }

  /** Reads an element that must bear `tag`, and returns a reader over its content. */
  enter(tag: number, what: string): DerReader {
    this.expect(tag, what)
    return new DerReader(this.bytes, this.start, this.stop, this.field ?? what)
  }

  sequence(what: string): DerReader {
    return this.enter(Tag.sequence, what)
  }

  /** Refuses anything after the last element. */
  finish(): void {
    if (this.position < this.end) {
      this.fail('asn1/trailing-data', this.position, 'nothing more', `${this.end - this.position} octets`)
    }
  }

  /** A view of the whole element read last, header included. */
  element(): Uint8Array {
    return this.bytes.subarray(this.headerStart, this.stop)
  }

  /** A view of the content of the element read last. */
  content(): Uint8Array {
    return this.bytes.subarray(this.start, this.stop)
  }
}

/**
 * Checks that `[start, end)` is a row of well-formed DER elements, all the way down.
 * For values whose type is not known here (ANY), so that nothing unchecked is carried along.
 * It is iterative: nesting is bounded by `maxDepth`, never by the stack.
 */
export function checkWellFormed(bytes: Uint8Array, start: number, end: number, field: string): void {
  const reader = new DerReader(bytes, start, end, field)
  /** Where the levels that are open around the reader end. */
  const ends: number[] = []
  for (;;) {
    while (reader.done) {
      const outer = ends.pop()
      if (outer === undefined) return
      reader.moveTo(reader.position, outer)
    }
    const tag = reader.next()
    if ((tag & 0x20) === 0) continue
    ends.push(reader.end)
    if (ends.length > maxDepth) {
      reader.fail('asn1/too-deep', reader.headerStart, `at most ${maxDepth} nested elements`)
    }
    reader.moveTo(reader.start, reader.stop)
  }
}
