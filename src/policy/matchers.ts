/**
 * The matchers: what each may be asked of which kind of field, and how it answers about one value.
 */
import { cidrBlock } from './cidr.ts'
import { attributeTypeOf, type Field, type FieldKind } from './fields.ts'
import { parseSegments } from './path-form.ts'
import type { FactValue } from './peer-facts.ts'
import { parseWindow } from './time-window.ts'
import { forms, hostText, literals } from './values.ts'

/** One question about one value. */
export interface Test {
  /** Of an `any` field: the type of value that can be asked. Values of another type are as good as missing. */
  readonly type?: string | undefined
  accepts(value: FactValue, time: number): boolean
  /** Whether somebody else could read the value as one that is asked for: in a deny rule that is enough. */
  unclear?(value: FactValue): boolean
  /** Milliseconds since 1970: the first moment at which the answer may be another; absent where it stays. */
  changesAt?(value: FactValue, time: number): number
}

/** Makes the test, or says in words what was expected. */
type Maker = (raw: unknown, field: Field) => Test | string

/** Which matchers a kind of field takes, beside `present`. */
export function matchersOf(kind: FieldKind): readonly string[] {
  switch (kind) {
    case 'rdn': return ['rdn']
    case 'factor': return ['maxAgeSeconds', 'minStrength']
    case 'date': return ['lt', 'gt', 'window']
    case 'boolean': return ['exact']
    case 'ip': return ['exact', 'in', 'cidr']
    case 'number': case 'tls': return ['exact', 'in', 'lt', 'gt']
    case 'hex': case 'base64url': case 'oid': return ['exact', 'in']
    default: return [
      'exact', 'in', 'prefix', 'suffix', 'contains',
      ...(kind === 'any' ? ['lt', 'gt'] : kind === 'dns' ? ['dns'] : kind === 'uri' ? ['spiffe'] : kind === 'path' ? ['path'] : []),
    ]
  }
}

function literalOf(field: Field, raw: unknown): FactValue | undefined {
  return literals[field.kind as keyof typeof literals](raw)
}

/** One text or a list of them: the test holds where it holds for one of the list. */
function anyText(make: (text: string, field: Field) => ((value: string) => boolean) | undefined, form: string): Maker {
  return (raw, field) => {
    const list = Array.isArray(raw) ? raw as unknown[] : [raw]
    const tests = list.map((one) => (typeof one === 'string' && one !== '' ? make(one, field) : undefined))
    if (tests.length === 0 || tests.includes(undefined)) return `${form}, or a list`
    const [first, ...others] = tests as ((value: string) => boolean)[]
    return { type: 'string', accepts: (value) => typeof value === 'string' && (first!(value) || others.some((test) => test(value))) }
  }
}

/** A part of a value, in the spelling of its kind. */
function part(field: Field, text: string): string {
  return field.kind === 'dns' ? text.toLowerCase() : text
}

function ordered(holds: (value: number, bound: number) => boolean): Maker {
  return (raw, field) => {
    const bound = field.kind === 'any' && typeof raw !== 'number' ? undefined : literalOf(field, raw)
    if (typeof bound !== 'number') return field.kind === 'any' ? forms.number : forms[field.kind]
    return {
      type: 'number',
      accepts: (value) => typeof value === 'number' && holds(value, bound),
      ...(field.pace === 0 ? {} : {
        changesAt: (value: FactValue, time: number) => {
          const wait = (bound - (value as number)) / field.pace
          // A microsecond early: what was divided and added may have been rounded up, over the end of a millisecond.
          return wait >= 0 ? time + wait - 0.001 : Infinity
        },
      }),
    }
  }
}

/** An attribute of an RDN compared with a text, or by matchers of texts. */
function rdnTests(raw: unknown): readonly { readonly type: string; readonly test: Test }[] | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined
  const tests: { readonly type: string; readonly test: Test }[] = []
  for (const [name, wanted] of Object.entries(raw)) {
    const type = attributeTypeOf(name)
    if (type === undefined) return undefined
    const asked = typeof wanted === 'string' ? { exact: wanted } : wanted as object | null
    if (typeof asked !== 'object' || asked === null || Object.keys(asked).length === 0) return undefined
    for (const [matcher, value] of Object.entries(asked)) {
      const test = matchersOf('text').includes(matcher) ? makers[matcher]!(value, textField) : ''
      if (typeof test === 'string') return undefined
      tests.push({ type, test })
    }
  }
  return tests.length === 0 ? undefined : tests
}

const textField: Field = { name: '', key: '', kind: 'text', group: 'peer', pace: 0 }

const dnsForm = 'a host name, * for a label, a leading ** for several'

/** Adds what the second test accepts as unclear to the first. */
function orUnclear(make: Maker, doubtful: Maker): Maker {
  return (raw, field) => {
    const test = make(raw, field)
    const doubt = doubtful(raw, field)
    return typeof test === 'string' || typeof doubt === 'string' ? test : { ...test, unclear: (value) => doubt.accepts(value, 0) }
  }
}

const makers: Readonly<Record<string, Maker>> = {
  exact(raw, field) {
    const wanted = literalOf(field, raw)
    return wanted === undefined ? forms[field.kind] : { type: typeof wanted, accepts: (value) => value === wanted }
  },
  in(raw, field) {
    const list = Array.isArray(raw) ? raw.map((one: unknown) => literalOf(field, one)) : []
    const type = typeof list[0]
    if (list.length === 0 || list.some((one) => one === undefined || typeof one !== type)) return `a list of one type, each ${forms[field.kind]}`
    const wanted = new Set(list)
    return { type, accepts: (value) => wanted.has(value) }
  },
  prefix: anyText((text, field) => {
    const wanted = part(field, text)
    return (value) => beginsWith(value, wanted)
  }, 'a text'),
  suffix: anyText((text, field) => {
    // The end of a host, or of a mailbox’s, in the spelling of the whole.
    const wanted = literalOf(field, text) as string
    return wanted === '' ? undefined : (value) => value.endsWith(wanted)
  }, 'a text'),
  contains: anyText((text, field) => {
    const wanted = part(field, text)
    return (value) => value.includes(wanted)
  }, 'a text'),
  lt: ordered((value, bound) => value < bound),
  gt: ordered((value, bound) => value > bound),
  dns: orUnclear(anyText((text) => dnsPattern(hostText(text), false), dnsForm), anyText((text) => dnsPattern(hostText(text), true), dnsForm)),
  cidr: anyText(cidrBlock, 'a CIDR block without host bits'),
  spiffe: orUnclear(anyText(spiffePattern, 'a SPIFFE ID, * for a segment, a final ** for any number'), () => ({ accepts: isMalformedSpiffe })),
  path: anyText(parseSegments, 'a path, * for a segment, a final ** for any number'),
  window(raw) {
    return parseWindow(raw) ?? 'from and to (HH:MM), utcOffset (Z or +HH:MM), days (mon, …)'
  },
  maxAgeSeconds(raw) {
    if (!Number.isFinite(raw) || (raw as number) <= 0) return 'seconds above 0'
    const most = (raw as number) * 1000
    return {
      accepts: (value, time) => atOf(value) <= time && time - atOf(value) <= most,
      changesAt(value, time) {
        const at = atOf(value)
        if (at > time) return at
        // The end counts in: the last whole millisecond of it, by the same comparison, for the sum may have been rounded up.
        const end = Math.floor(at + most)
        return time - at > most ? Infinity : end - at > most ? end : end + 1
      },
    }
  },
  minStrength(raw) {
    if (!Number.isFinite(raw)) return forms.number
    // A factor without a strength has none: this compares false.
    return { accepts: (value) => ((value as { strength?: number }).strength ?? NaN) >= (raw as number) }
  },
  rdn(raw) {
    const tests = rdnTests(raw)
    if (tests === undefined) return 'attribute types, each with a text or matchers'
    const all = (value: FactValue, unread: boolean): boolean => Array.isArray(value) && tests.every(({ type, test }) =>
      (value as Extract<FactValue, readonly unknown[]>).some((attribute) => attribute.type === type && (attribute.value === undefined ? unread : test.accepts(attribute.value, 0))))
    return { accepts: (value) => all(value, false), unclear: (value) => all(value, true) }
  },
}

function atOf(value: FactValue): number {
  return (value as { at: number }).at
}

/** Makes the test of a matcher. A text in words of what was expected, where the policy’s value is not that. */
export function makeTest(matcher: string, raw: unknown, field: Field): Test | string {
  return makers[matcher]!(raw, field)
}

/** `startsWith`, from the back: prefixes of one policy differ at their ends, and most comparisons fail. */
function beginsWith(value: string, wanted: string): boolean {
  if (value.length < wanted.length) return false
  for (let i = wanted.length - 1; i >= 0; i--) if (value.charCodeAt(i) !== wanted.charCodeAt(i)) return false
  return true
}

/**
 * Label-wise (RFC 9525 6.3). A wildcard name in a certificate stands for many hosts, and no pattern stands for it. `many`: whether it
 * is such a name, and the pattern stands for one of its hosts.
 */
function dnsPattern(pattern: string, many: boolean): ((host: string) => boolean) | undefined {
  const labels = pattern.split('.')
  if (labels.length < 2 && pattern.includes('*')) return undefined
  if (!labels.every((label, i) => /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/.test(label) || label === '*' || (label === '**' && i === 0))) return undefined
  const open = labels[0] === '**'
  const wanted = open ? labels.slice(1) : labels
  return (host) => {
    if (host.includes('*') !== many) return false
    const found = host.split('.')
    const more = found.length - wanted.length
    return (open ? more > 0 : more === 0) && wanted.every((label, i) => label === found[more + i] || (label === '*' && found[more + i] !== '') || (many && found[more + i] === '*'))
  }
}

function spiffePattern(pattern: string): ((uri: string) => boolean) | undefined {
  const match = /^spiffe:\/\/([a-z0-9._-]{1,255})(\/.*)?$/s.exec(pattern)
  if (match === null) return undefined
  const domain = `spiffe://${match[1]}`
  const path = match[2] === undefined ? (rest: string): boolean => rest === '' : parseSegments(match[2])
  if (path === undefined) return undefined
  return (uri) => uri.startsWith(domain) && uri.length <= 2048 && spiffePath.test(uri.slice(domain.length)) && path(uri.slice(domain.length))
}

/** SPIFFE-ID 2.2: segments of these characters, none empty, none a dot segment. */
const spiffePath = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)*$/

/** Of the scheme, and no SPIFFE ID. */
function isMalformedSpiffe(uri: FactValue): boolean {
  if (typeof uri !== 'string' || !/^spiffe:/i.test(uri)) return false
  const domain = /^spiffe:\/\/[a-z0-9._-]{1,255}/.exec(uri)
  return domain === null || uri.length > 2048 || !spiffePath.test(uri.slice(domain[0].length))
}
