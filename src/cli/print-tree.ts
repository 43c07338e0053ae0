/** Plain JSON as an indented outline for people. All text is escaped: most of it was chosen by a peer. */
import { escapeName, escapeText } from '../verify/escape.ts'
import type { JsonValue } from '../path/issue.ts'

const hexWidth = 64
/** Octets of one value that are written out; a key or a signature of any standard size fits. */
const maxHexDigits = 8192
const maxText = 2000

/** Distinguished names keep their own escapes. */
const nameKeys = new Set(['subject', 'issuer', 'directoryName'])

export function printTree(value: JsonValue, indent: number = 0): string[] {
  if (Array.isArray(value)) return value.flatMap((one: JsonValue) => printItem(one, indent))
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, one]) => printEntry(key, one, indent))
  }
  return [`${' '.repeat(indent)}${scalar('', value)}`]
}

function printEntry(key: string, value: JsonValue, indent: number): string[] {
  const start = `${' '.repeat(indent)}${escapeText(key, 80)}:`
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${start} none`]
    if (value.every((one) => typeof one !== 'object') && value.join(', ').length < 90) {
      return [`${start} ${value.map((one) => scalar(key, one)).join(', ')}`]
    }
    return [start, ...printTree(value, indent + 2)]
  }
  if (typeof value === 'object' && value !== null) {
    return [start, ...printTree(value, indent + 2)]
  }
  if (typeof value === 'string' && value.length > hexWidth && /^[0-9a-f]+$/.test(value)) {
    return [start, ...hexLines(value).map((line) => `${' '.repeat(indent + 2)}${line}`)]
  }
  return [`${start} ${scalar(key, value)}`]
}

function printItem(value: JsonValue, indent: number): string[] {
  const pad = ' '.repeat(indent)
  if (isExtension(value)) {
    const { name, oid, critical, ...rest } = value as PrintedExtension & { [key: string]: JsonValue }
    const head = `${pad}${escapeText(name)} (${escapeText(oid)})${critical ? ' critical' : ''}:`
    if (!('value' in rest)) return [head, ...printTree(rest, indent + 2)]
    const inner = rest['value'] as JsonValue
    if (typeof inner !== 'object' || inner === null) return [`${head} ${scalar('', inner)}`]
    // A short list of words reads best on the line of its name.
    const [line, ...more] = printEntry('', inner, indent)
    return line !== undefined && more.length === 0 ? [`${head}${line.trimStart().slice(1)}`] : [head, ...printTree(inner, indent + 2)]
  }
  if (typeof value !== 'object' || value === null) return [`${pad}- ${scalar('', value)}`]
  const [first, ...rest] = printTree(value, indent + 2)
  return first === undefined ? [`${pad}- (empty)`] : [`${pad}- ${first.slice(indent + 2)}`, ...rest]
}

interface PrintedExtension { readonly name: string, readonly oid: string, readonly critical: boolean }

function isExtension(value: JsonValue): value is JsonValue & PrintedExtension & { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'oid' in value && 'critical' in value && 'name' in value
}

function scalar(key: string, value: JsonValue): string {
  if (typeof value !== 'string') return value === null ? 'none' : value === true ? 'yes' : value === false ? 'no' : String(value)
  if (value === '') return '(empty)'
  return nameKeys.has(key) ? escapeName(value, maxText) : escapeText(value, maxText)
}

function hexLines(hex: string): string[] {
  const lines = hex.slice(0, maxHexDigits).match(new RegExp(`.{1,${hexWidth}}`, 'g')) ?? []
  return hex.length > maxHexDigits ? [...lines, `… (${hex.length / 2} octets)`] : lines
}
