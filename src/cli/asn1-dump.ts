/**
 * The elements of an ASN.1 encoding, one a line: offset, type, length, value. Lenient, for looking at what the
 * strict reader refuses; through the optional package `asn1js`, or our own minimal walk where that is not
 * installed or gives up. Depth, lines and the length of values are bounded.
 */
import type { BaseBlock } from 'asn1js'
import { DerReader, oidFromBytes, toHex } from '../asn1/index.ts'
import { ParseError } from '../x509/index.ts'
import { escapeText } from '../verify/escape.ts'
import type { Io } from './io.ts'
import { oidText } from './oid-names.ts'
import { walkTlv } from './tlv.ts'

/** Far above any X.509 structure, and low enough that a recursive parser stays within its stack. */
const maxDepth = 64
const maxLines = 4000
const maxValueOctets = 32

interface Row {
  readonly depth: number
  readonly offset: number
  readonly tagClass: number
  readonly tagNumber: number
  readonly constructed: boolean
  /** Undefined: indefinite. */
  readonly length: number | undefined
  readonly content: Uint8Array
  readonly notes: readonly string[]
}

type Line = Row | { readonly depth: number, readonly offset: number, readonly problem: string }

/** The dump, and the remarks on how it was made. */
export interface Dump {
  readonly lines: readonly string[]
  readonly remarks: readonly string[]
}

export async function dumpAsn1(bytes: Uint8Array, io: Io): Promise<Dump> {
  const remarks: string[] = []
  const excess = excessOf(bytes)
  if (excess !== undefined) remarks.push(`${excess}: shown by the built-in dump`)
  const rows = excess === undefined ? await asn1jsRows(bytes, io, remarks) ?? ownRows(bytes) : ownRows(bytes)
  const lines: string[] = []
  for (const row of rows) {
    if (lines.length >= maxLines) {
      remarks.push(`only the first ${maxLines} elements are shown`)
      break
    }
    lines.push(lineOf(row))
  }
  return { lines, remarks }
}

/** What is too much for a parser that recurses and builds an object for each element. */
function excessOf(bytes: Uint8Array): string | undefined {
  let count = 0
  for (const element of walkTlv(bytes, maxDepth + 1)) {
    if (element.depth >= maxDepth) return `nested deeper than ${maxDepth}`
    if (++count > 2 * maxLines) return `more than ${2 * maxLines} elements`
  }
  return undefined
}

async function asn1jsRows(bytes: Uint8Array, io: Io, remarks: string[]): Promise<Iterable<Line> | undefined> {
  let asn1js: Awaited<ReturnType<Io['loadAsn1js']>>
  try {
    asn1js = await io.loadAsn1js()
  } catch {
    remarks.push('the optional package asn1js is not installed (npm install asn1js): shown by the built-in minimal dump')
    return undefined
  }
  // A buffer of its own, so that the views that asn1js keeps tell offsets.
  const own = new Uint8Array(bytes)
  try {
    const { offset, result } = asn1js.fromBER(own)
    if (offset === -1) {
      remarks.push(`asn1js stops: ${escapeText(result.error, 200)}; shown by the built-in dump as far as it goes`)
      return undefined
    }
    const rest: Line[] = offset < own.length
      ? [{ depth: 0, offset, problem: `${own.length - offset} octets after the end` }] : []
    return concatenate(blockRows(result), rest)
  } catch (error) {
    remarks.push(`asn1js fails: ${escapeText(String(error), 200)}; shown by the built-in dump as far as it goes`)
    return undefined
  }
}

function* concatenate(first: Iterable<Line>, second: Iterable<Line>): Generator<Line> {
  yield* first
  yield* second
}

function* blockRows(root: BaseBlock): Generator<Line> {
  const stack: { block: BaseBlock, depth: number }[] = [{ block: root, depth: 0 }]
  while (stack.length > 0) {
    const { block, depth } = stack.pop()!
    const { idBlock, lenBlock, valueBeforeDecodeView: view } = block
    const headerLength = idBlock.blockLength + lenBlock.blockLength
    yield {
      depth,
      offset: view.byteOffset,
      // asn1js counts the classes from 1.
      tagClass: idBlock.tagClass - 1,
      tagNumber: idBlock.tagNumber,
      constructed: idBlock.isConstructed,
      length: lenBlock.isIndefiniteForm ? undefined : lenBlock.length,
      content: view.subarray(headerLength),
      notes: [...lenBlock.warnings, ...block.warnings, ...(block.error === '' ? [] : [block.error])],
    }
    const children: unknown = (block.valueBlock as { value?: unknown }).value
    if (!idBlock.isConstructed || !Array.isArray(children)) continue
    for (const child of [...children as BaseBlock[]].reverse()) stack.push({ block: child, depth: depth + 1 })
  }
}

function* ownRows(bytes: Uint8Array): Generator<Line> {
  for (const element of walkTlv(bytes, maxDepth)) {
    yield 'problem' in element ? element : {
      depth: element.depth, offset: element.offset, tagClass: element.tagClass, tagNumber: element.tagNumber,
      constructed: element.constructed, length: element.length,
      content: bytes.subarray(element.contentStart, element.contentEnd), notes: [],
    }
  }
}

function lineOf(line: Line): string {
  const indent = '  '.repeat(Math.min(line.depth, 40))
  const start = `${String(line.offset).padStart(6)}  ${indent}`
  if ('problem' in line) return `${start}! ${line.problem}`
  const length = line.length === undefined ? 'indefinite length' : `${line.length} ${line.length === 1 ? 'octet' : 'octets'}`
  const value = line.constructed ? '' : valueText(line)
  const notes = line.notes.map((note) => `  ! ${escapeText(note, 120)}`).join('')
  return `${start}${typeText(line)} (${length})${value === '' ? '' : ` ${value}`}${notes}`
}

const universalNames: Readonly<Record<number, string>> = {
  0: 'end of contents', 1: 'BOOLEAN', 2: 'INTEGER', 3: 'BIT STRING', 4: 'OCTET STRING', 5: 'NULL', 6: 'OBJECT IDENTIFIER',
  7: 'ObjectDescriptor', 8: 'EXTERNAL', 9: 'REAL', 10: 'ENUMERATED', 12: 'UTF8String', 13: 'RELATIVE-OID', 16: 'SEQUENCE',
  17: 'SET', 18: 'NumericString', 19: 'PrintableString', 20: 'TeletexString', 21: 'VideotexString', 22: 'IA5String',
  23: 'UTCTime', 24: 'GeneralizedTime', 25: 'GraphicString', 26: 'VisibleString', 27: 'GeneralString',
  28: 'UniversalString', 30: 'BMPString',
}

function typeText({ tagClass, tagNumber, constructed }: Row): string {
  if (tagClass === 0) {
    const name = universalNames[tagNumber] ?? `UNIVERSAL ${tagNumber}`
    return constructed && tagNumber !== 16 && tagNumber !== 17 ? `${name} constructed` : name
  }
  const kind = tagClass === 1 ? 'APPLICATION ' : tagClass === 3 ? 'PRIVATE ' : ''
  return `[${kind}${tagNumber}]${constructed ? ' constructed' : ''}`
}

function valueText({ tagClass, tagNumber, content }: Row): string {
  if (tagClass !== 0) return hexText(content)
  switch (tagNumber) {
    case 1: return content.length === 1 ? (content[0] === 0 ? 'FALSE' : content[0] === 0xff ? 'TRUE' : `TRUE as 0x${toHex(content)}`) : hexText(content)
    case 2: case 10: return integerText(content)
    case 6: return objectIdentifierText(content)
    case 12: return quoted(new TextDecoder().decode(content.subarray(0, 400)))
    case 18: case 19: case 20: case 22: case 23: case 24: case 26: case 27:
      return quoted(new TextDecoder('latin1').decode(content.subarray(0, 400)))
    case 30: return quoted(new TextDecoder('utf-16be').decode(content.subarray(0, 400)))
    default: return hexText(content)
  }
}

function quoted(text: string): string {
  return `"${escapeText(text, 200)}"`
}

function integerText(content: Uint8Array): string {
  if (content.length === 0 || content.length > 8) return hexText(content)
  return String(BigInt.asIntN(8 * content.length, BigInt(`0x${toHex(content)}`)))
}

function objectIdentifierText(content: Uint8Array): string {
  const reader = new DerReader(content)
  reader.start = 0
  reader.stop = content.length
  try {
    return oidText(oidFromBytes(reader))
  } catch (error) {
    if (error instanceof ParseError) return `${hexText(content)} (not an object identifier)`
    throw error
  }
}

/** Hexadecimal, cut after a few octets. */
export function hexText(content: Uint8Array): string {
  const shown = toHex(content.subarray(0, maxValueOctets))
  return content.length > maxValueOctets ? `${shown}…` : shown
}
