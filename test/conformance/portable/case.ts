/**
 * What every portable suite is made of: cases that have a name and run anywhere. Nothing here, and in no module of this
 * folder, is of one runtime; the library is imported as users import it.
 */
import type { CaseResult, SkippedCase } from '../report.ts'

/** Plain JSON, as it stands in a verdict. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }

/** What a case came to, with the whole verdict, so that two runtimes can be compared byte for byte. */
export interface JudgedCase extends CaseResult {
  readonly verdict: Json
  /** How a signature vector is counted: `unsupported` is the typed refusal of a valid one. */
  readonly tally?: 'accepted' | 'refused' | 'unsupported'
  /** True where what the runtime itself has or lacks may show in the verdict; then it is no part of the digest. */
  readonly ofTheRuntime?: boolean
}

export type PortableResult = JudgedCase | SkippedCase

export interface PortableCase {
  readonly name: string
  readonly run: () => Promise<PortableResult>
}

/** Cases that travel together, as JSON: a part of one file of a suite. */
export interface Chunk {
  readonly suite: 'tables' | 'limbo' | 'bettertls' | 'pkits' | 'wycheproof' | 'wycheproof-bare'
  /** The name of the file. */
  readonly file: string
  readonly data: unknown
}

/** JSON with the keys of every object in order, and without what differs between two runs: costs and the current time. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).filter(([key, field]) => field !== undefined && key !== 'cost' && key !== 'time')
  fields.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field as Json)}`).join(',')}}`
}

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16))
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
