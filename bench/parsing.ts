/**
 * Groups `parse` and `parse-all`, case `roots`: Node's list of root certificates, through each parser. A parser is timed
 * on the certificates that it can read; how many those are is printed beside.
 */
import { rootCertificates } from 'node:tls'
import { parsePem } from 'countersign'
import { parsers } from './subjects/parsers.ts'
import type { Loaded } from './subjects/parsers.ts'
import type { Subject } from './timing.ts'

export interface ParsingCase {
  readonly parse: readonly Subject[]
  readonly parseAll: readonly Subject[]
  /** By subject: how many of `total` it reads, in `parse` and in `parse-all`. */
  readonly readable: ReadonlyMap<string, readonly [parse: number, parseAll: number]>
  readonly total: number
}

/** `stride`: every so many-th certificate of the list. */
export function createParsing(stride: number): ParsingCase {
  const roots = rootCertificates.map((pem) => parsePem(pem)[0]!.bytes).filter((_, i) => i % stride === 0)
  const readable = new Map<string, readonly [number, number]>()
  const parse: Subject[] = []
  const parseAll: Subject[] = []
  for (const parser of parsers) {
    const loaded = roots.map((der) => parser.load(der))
    const parsable = loaded.filter((one) => succeeds(() => one.parse()))
    const decodable = parsable.filter((one) => succeeds(() => one.parseAll()))
    readable.set(parser.name, [parsable.length, decodable.length])
    parse.push(subjectOf(parser.name, parsable, (one) => one.parse()))
    parseAll.push(subjectOf(parser.name, decodable, (one) => one.parseAll()))
  }
  return { parse, parseAll, readable, total: roots.length }
}

function succeeds(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch {
    // Which certificates a peer cannot read is counted, not asked.
    return false
  }
}

/** Kept, so that no compiler sees that a result is unused. */
let last: unknown

function subjectOf(name: string, certificates: readonly Loaded[], work: (one: Loaded) => unknown): Subject {
  return {
    name,
    // Whole passes over the list: each round then times the same certificates.
    multiple: certificates.length,
    prepare: (operations) => () => {
      for (let i = 0; i < operations; i++) last = work(certificates[i % certificates.length]!)
      if (last === undefined) throw new Error(`${name}: no result`)
    },
  }
}
