/**
 * The header fields that count, taken out of a request once.
 *
 * `Headers` joins fields of one name with a comma, so a comma in a field that stands once is a second field, and refused.
 * Programs that turn `-` into `_` (CGI and its heirs) or back let a client write a field under a second name: that is refused too.
 */
import { refuseUnknown } from '../path/options.ts'
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
      // The length first: most fields are none of these, and are told by it.
      const wanted = names.find((one) => one.length === name.length && spelling(one) === spelling(name))
      if (wanted === undefined || value === undefined) continue
      if (name.toLowerCase() !== wanted) throw new EdgeError('edge/ambiguous-header', 'another spelling of its name', wanted)
      const values = (this.#values.get(wanted) ?? []).concat(value)
      this.#values.set(wanted, values)
      if (values.join('').length > maxOctets) throw new EdgeError('edge/oversized-header', `more than ${maxOctets} octets`, wanted)
    }
  }

  /** A field that stands once, read by `read`; undefined where it is missing or empty. Without a name there is none. */
  one(name: string | undefined): string | undefined
  one<T>(name: string | undefined, read: (text: string, name: string) => T): T | undefined
  one(name = '', read: (text: string, name: string) => unknown = asItIs): unknown {
    const values = this.#values.get(name) ?? ['']
    const value = values[0]!.trim()
    if (values.length > 1 || value.includes(',')) throw new EdgeError('edge/duplicate-header', 'may stand once', name)
    return value === '' ? undefined : read(value, name)
  }

  /** A field that is a list: its lines joined (RFC 9110 5.3). */
  list(name: string | undefined): string | undefined
  list<T>(name: string | undefined, read: (text: string, name: string) => T): T | undefined
  list(name = '', read: (text: string, name: string) => unknown = asItIs): unknown {
    const value = (this.#values.get(name) ?? []).join(', ').trim()
    return value === '' ? undefined : read(value, name)
  }
}

const asItIs = (text: string): string => text

/** The same for all names that some program takes for one. */
function spelling(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

function entriesOf(headers: EdgeHeaders): Iterable<readonly [string, string | readonly string[] | undefined]> {
  return Symbol.iterator in headers ? headers as Iterable<readonly [string, string]> : Object.entries(headers)
}

/**
 * Out of the options of a source the names of header fields, in lower case, each a token (RFC 9110 5.1): those that it needs, and those
 * that it may be given. `others`: options that name none.
 *
 * @throws {TypeError} naming the option that is wrong, or that nobody knows
 */
export function takeNames<Needed extends string = never, Optional extends string = never>(
  place: string, options: object, needed: readonly Needed[] = [], optional: readonly Optional[] = [], others: readonly string[] = [],
): Readonly<Record<Needed, string> & Record<Optional, string | undefined>> {
  const all: readonly string[] = [...needed, ...optional]
  refuseUnknown(options, new Set([...all, ...others]), place)
  const names: Record<string, string> = {}
  for (const option of all) {
    const value = (options as Readonly<Record<string, unknown>>)[option]
    if (value === undefined && !needed.includes(option as Needed)) continue
    if (typeof value !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(value)) throw new TypeError(`${place}.${option}: expected the name of a header field`)
    names[option] = value.toLowerCase()
  }
  return names as Record<Needed, string> & Record<Optional, string | undefined>
}
