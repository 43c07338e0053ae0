/**
 * What a policy means, slowly: every missing fact is tried both ways, and the peer gets the worse of it. Shares no code with the
 * evaluator.
 */

export interface Model {
  /** Fields of the peer, and what else is known, each with its values; `'pending'` for what comes later. */
  readonly fields: ReadonlyMap<string, readonly unknown[] | 'pending'>
  readonly time: number
}

type Json = Readonly<Record<string, unknown>>
type Truth = boolean | 'missing' | 'pending'

/** One leaf of a condition: what it says, or that nobody knows. */
function leafTruth(field: string, matchers: Json, { fields, time }: Model): Truth {
  const values = fields.get(field)
  if (values === 'pending') return 'pending'
  const there = values !== undefined && values.length > 0
  if ('present' in matchers) return matchers['present'] === there
  if (!there) return 'missing'
  const wanted = wantedType(field, matchers)
  const comparable = values.filter((value) => wanted === undefined || typeof value === wanted)
  if (comparable.length === 0) return 'missing'
  return comparable.some((value) => Object.entries(matchers).every(([matcher, asked]) => answers(matcher, asked, value, time, field)))
}

/** Only attributes can hold values of several types. */
function wantedType(field: string, matchers: Json): string | undefined {
  if (!field.startsWith('attribute.')) return undefined
  const [matcher, asked] = Object.entries(matchers)[0]!
  if (matcher === 'exact') return typeof asked
  if (matcher === 'in') return typeof (asked as unknown[])[0]
  return matcher === 'lt' || matcher === 'gt' ? 'number' : 'string'
}

function answers(matcher: string, asked: unknown, value: unknown, time: number, field: string): boolean {
  const list = (Array.isArray(asked) ? asked : [asked]) as string[]
  const text = value as string
  switch (matcher) {
    case 'exact': return value === asked
    case 'in': return (asked as unknown[]).includes(value)
    case 'prefix': return list.some((part) => text.indexOf(part) === 0)
    case 'suffix': return list.some((part) => text.length >= part.length && text.slice(text.length - part.length) === part)
    case 'contains': return list.some((part) => text.indexOf(part) >= 0)
    case 'lt': return field === 'time' ? (value as number) < Date.parse(asked as string) : (value as number) < (asked as number)
    case 'gt': return field === 'time' ? (value as number) > Date.parse(asked as string) : (value as number) > (asked as number)
    case 'dns': return list.some((pattern) => globs(pattern.split('.').reverse(), text.split('.').reverse(), 1) && !text.includes('*'))
    case 'spiffe': return list.some((pattern) => {
      const [domain, ...segments] = pattern.slice('spiffe://'.length).split('/')
      const [found, ...path] = text.slice('spiffe://'.length).split('/')
      return text.startsWith('spiffe://') && domain === found && globs(segments, path, 0)
    })
    case 'path': return list.some((pattern) => globs(segments(pattern), segments(text), 0))
    case 'cidr': return list.some((block) => {
      const [base, bits] = block.split('/') as [string, string]
      const binary = (address: string): string => address.split('.').map((octet) => Number(octet).toString(2).padStart(8, '0')).join('')
      return binary(text).slice(0, Number(bits)) === binary(base).slice(0, Number(bits))
    })
    case 'maxAgeSeconds': {
      const { at } = value as { at: number }
      return at <= time && (time - at) / 1000 <= (asked as number)
    }
    case 'minStrength': {
      const { strength } = value as { strength: number | undefined }
      return strength !== undefined && strength >= (asked as number)
    }
    case 'window': {
      const { from, to, days } = asked as { from: string; to: string; days?: readonly string[] }
      const date = new Date(value as number)
      const clock = date.toISOString().slice(11, 16)
      const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
      const runs = (day: number): boolean => days === undefined || days.includes(names[(day + 7) % 7]!)
      if (from < to) return runs(date.getUTCDay()) && from <= clock && clock < to
      return (clock >= from && runs(date.getUTCDay())) || (clock < to && runs(date.getUTCDay() - 1))
    }
    default: throw new Error(`no such matcher: ${matcher}`)
  }
}

function segments(path: string): readonly string[] {
  return path === '/' ? [] : path.split('/').slice(1)
}

/** `*` is one part, a final `**` at least `least`. */
function globs(pattern: readonly string[], parts: readonly string[], least: number): boolean {
  const [first, ...others] = pattern
  if (first === undefined) return parts.length === 0
  if (first === '**') return parts.length >= least
  return parts.length > 0 && (first === '*' || first === parts[0]) && globs(others, parts.slice(1), least)
}

/**
 * All truths that a condition can have, each missing leaf tried both ways. Pending ones too, unless the whole is to be
 * settled as `wanted` as far as they can.
 */
function truths(condition: Json, model: Model, wanted?: boolean): ReadonlySet<boolean> {
  const [name, inside] = Object.entries(condition)[0]!
  if (name === 'not') return new Set([...truths(inside as Json, model, wanted === undefined ? undefined : !wanted)].map((truth) => !truth))
  if (name === 'allOf' || name === 'anyOf') {
    let all: ReadonlySet<boolean> = new Set([name === 'allOf'])
    for (const one of inside as readonly Json[]) {
      const next = truths(one, model, wanted)
      all = new Set([...all].flatMap((a) => [...next].map((b) => (name === 'allOf' ? a && b : a || b))))
    }
    return all
  }
  const truth = leafTruth(name, inside as Json, model)
  if (truth === 'pending' && wanted !== undefined) return new Set([wanted])
  return new Set(typeof truth === 'string' ? [true, false] : [truth])
}

/**
 * Whether a rule matches: an allow rule only if it does whatever is missing, a deny rule if it may. What is pending counts
 * for the peer or against it.
 */
function matches(rule: Json, model: Model, pending: 'for' | 'against'): boolean {
  const condition = { allOf: [rule['when'] as Json, ...scopeOf(rule)] }
  const allows = rule['effect'] === 'allow'
  const all = truths(condition, model, pending === 'against' ? undefined : allows)
  return allows ? !all.has(false) : all.has(true)
}

function scopeOf(rule: Json): readonly Json[] {
  const to = (rule['to'] ?? {}) as { readonly methods?: unknown; readonly paths?: unknown; readonly hosts?: unknown }
  return [
    ...(to.methods === undefined ? [] : [{ 'request.method': { in: rule['effect'] === 'deny' ? (to.methods as string[]).flatMap((one) => (one === 'GET' ? [one, 'HEAD'] : one)) : to.methods } }]),
    ...(to.hosts === undefined ? [] : [{ 'request.host': { dns: to.hosts } }]),
    ...(to.paths === undefined ? [] : [{ 'request.path': { path: to.paths } }]),
  ]
}

/** The decision, its rule, and the principal. */
export function reference(document: Json, model: Model): { readonly decision: string; readonly rule: string | undefined; readonly principal: unknown } {
  const rules = document['rules'] as readonly Json[]
  const first = (effect: string, pending: 'for' | 'against'): string | undefined =>
    rules.find((rule) => rule['effect'] === effect && matches(rule, model, pending))?.['id'] as string | undefined
  // Pending counts in the peer’s favour for `for`, and against it for `against`.
  const deniedAnyway = first('deny', 'for')
  if (deniedAnyway !== undefined) return { decision: 'deny', rule: deniedAnyway, principal: undefined }
  const principal = principalOf(document['identity'], model)
  if (principal === 'nobody') return { decision: 'deny', rule: undefined, principal: undefined }
  const allowedAnyway = first('allow', 'against')
  if (allowedAnyway !== undefined && first('deny', 'against') === undefined) return { decision: 'allow', rule: allowedAnyway, principal }
  const hoped = allowedAnyway ?? first('allow', 'for')
  return hoped === undefined ? { decision: 'deny', rule: undefined, principal } : { decision: 'pending', rule: hoped, principal }
}

function principalOf(identity: unknown, model: Model): unknown {
  if (identity === 'none') return undefined
  for (const { from, as, ...matchers } of identity as readonly Json[]) {
    const values = model.fields.get(from as string) ?? []
    const fitting = new Set((values as readonly unknown[]).filter((value) =>
      Object.entries(matchers).every(([matcher, asked]) => matcher === 'present' || answers(matcher, asked, value, model.time, from as string))))
    if (fitting.size > 1) return 'nobody'
    if (fitting.size === 1) return { type: as, from, value: String([...fitting][0]) }
  }
  return 'nobody'
}
