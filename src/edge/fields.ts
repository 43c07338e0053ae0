/**
 * The header fields that count, taken out of a request once.
 *
 * `Headers` joins fields of one name with a comma, so a comma in a field that stands once is a second field, and refused.
 * Programs that turn `-` into `_` (CGI and its heirs) or back let a client write a field under a second name: that is refused too.
 */
import { EdgeError } from './error.ts'

/** `Headers`, or Node’s `headersDistinct` or `headers`. */
export type EdgeHeaders = Iterable<readonly [string, string]> | { readonly [name: string]: string | readonly string[] | undefined }

/** More than any proxy sends; servers refuse such fields anyway. */
const maxOctets = 65_536

export class Fields {
  readonly #values = new Map<string, string[]>()

  /** @throws {EdgeError} `edge/ambiguous-header`, `edge/oversized-header` */
  constructor(headers: EdgeHeaders, names: readonly string[]) {
    for (const [name, value] of entriesOf(headers)) {
      const lower = name.toLowerCase()
      const wanted = names.find((one) => one.replaceAll('_', '-') === lower.replaceAll('_', '-'))
      if (wanted === undefined || value === undefined) continue
      if (lower !== wanted) throw new EdgeError('edge/ambiguous-header', 'another spelling of its name', wanted)
      const values = this.#values.get(wanted) ?? []
      this.#values.set(wanted, values)
      values.push(...(typeof value === 'string' ? [value] : value))
      if (values.reduce((sum, { length }) => sum + length, 0) > maxOctets) throw new EdgeError('edge/oversized-header', `more than ${maxOctets} octets`, wanted)
    }
  }

  /** A field that stands once; undefined where it is missing or empty. */
  one(name: string): string | undefined {
    const values = this.#values.get(name)
    if (values === undefined) return undefined
    const value = values[0]!.trim()
    if (values.length > 1 || value.includes(',')) throw new EdgeError('edge/duplicate-header', 'may stand once', name)
    return value === '' ? undefined : value
  }

  /** A field that is a list: its lines joined (RFC 9110 5.3). */
  list(name: string): string | undefined {
    const value = this.#values.get(name)?.join(', ').trim()
    return value === '' ? undefined : value
  }
}

function entriesOf(headers: EdgeHeaders): Iterable<readonly [string, string | readonly string[] | undefined]> {
  return Symbol.iterator in headers ? headers as Iterable<readonly [string, string]> : Object.entries(headers)
}

/** Takes a field name for an option: lower case, a token of RFC 9110 5.1. */
export function takeName(value: unknown, option: string): string {
  if (typeof value !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value)) throw new TypeError(`${option}: expected the name of a header field`)
  return value.toLowerCase()
}
