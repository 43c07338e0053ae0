/**
 * Reads a policy document: every member known, every value of its kind, everything wrong reported with its place.
 *
 * What is well-formed but cannot be meant (rules that never match, and such) is for `lintPolicy`.
 */
import { duplicateMembers } from './duplicate-members.ts'
import { PolicyError, type PolicyProblem, type PolicyProblemCode } from './error.ts'
import { fieldOf, maySecret, type Field } from './fields.ts'
import { makeTest, matchersOf, type Test } from './matchers.ts'
import { Policy, type Condition, type IdentitySource, type Match, type Rule } from './policy.ts'

/** Rules beyond this many are a mistake; more are decided by data, not by a policy. */
const maxRules = 10_000
/** How deep conditions may be nested. */
const maxNesting = 32

type Document = Readonly<Record<string, unknown>>

/**
 * Reads a policy: the value that `JSON.parse` gives, or the text of the document.
 *
 * @throws {PolicyError} with all problems, each with its place in the document
 */
export function parsePolicy(document: unknown): Policy {
  let value = document
  if (typeof document === 'string') {
    try {
      value = JSON.parse(document)
    } catch (error) {
      throw new PolicyError([{ code: 'policy/not-a-policy', place: '', expected: `JSON (${(error as Error).message})` }])
    }
    const twice = duplicateMembers(document)
    if (twice.length > 0) throw new PolicyError(twice.map((place) => ({ code: 'policy/duplicate-member', place, expected: 'each member once' })))
  }
  // A copy of plain JSON, frozen as far down as it goes: nothing that the caller does later, no getter, and nobody whom a trace shows a part
  // of it, changes what was checked, or what is shown.
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    text = undefined
  }
  const own: unknown = text === undefined ? undefined : JSON.parse(text, (_, value: unknown) => Object.freeze(value))
  // Bytes turn into an object of numbers, whose problems would say nothing.
  if (!isObject(own) || ArrayBuffer.isView(value)) throw new PolicyError([{ code: 'policy/not-a-policy', place: '', expected: 'the text of the document, or the object that JSON.parse made of it' }])
  return new Reader().read(own, text!)
}

class Reader {
  readonly #problems: PolicyProblem[] = []
  readonly #timed: Match[] = []
  readonly #slots = new Map<string, number>()

  read(document: Document, text: string): Policy {
    this.#members(document, '', ['version', 'identity', 'rules'], ['$schema', 'description', 'proxies', 'maxDecisionSeconds', 'trailingSlash', 'loggable'])
    if ('version' in document && document['version'] !== 1) this.#problem('policy/unsupported-version', '/version', '1')
    for (const name of ['$schema', 'description']) if (name in document) this.#text(document[name], `/${name}`)
    const { maxDecisionSeconds = Infinity, trailingSlash = 'refuse' } = document
    if ('maxDecisionSeconds' in document && !(typeof maxDecisionSeconds === 'number' && maxDecisionSeconds > 0)) {
      this.#bad('/maxDecisionSeconds', 'seconds above 0')
    }
    if (trailingSlash !== 'refuse' && trailingSlash !== 'ignore') this.#bad('/trailingSlash', 'refuse or ignore')
    const proxies = this.#texts(document['proxies'] ?? [], '/proxies', 0)
    const loggable = this.#texts(document['loggable'] ?? [], '/loggable', 0)
    loggable.forEach((name, i) => {
      const field = fieldOf(name)
      if (field === undefined || !maySecret(field)) this.#bad(`/loggable/${i}`, 'a header, an attribute or channel.binding')
    })
    const identity = this.#identity(document['identity'])
    const rules = this.#rules(document['rules'])
    if (this.#problems.length > 0) throw new PolicyError(this.#problems)
    return new Policy({
      identity, rules, allow: rules.filter(({ effect }) => effect === 'allow'), deny: rules.filter(({ effect }) => effect === 'deny'), proxies: new Set(proxies), maxDecisionSeconds: maxDecisionSeconds as number,
      trailingSlash: trailingSlash as 'refuse' | 'ignore', loggable: new Set(loggable), timed: this.#timed, fields: this.#slots,
    }, text)
  }

  #problem(code: PolicyProblemCode, place: string, expected: string): void {
    this.#problems.push(Object.freeze({ code, place, expected }))
  }

  #bad(place: string, expected: string): void {
    this.#problem('policy/bad-value', place, expected)
  }

  #members(object: Document, place: string, required: readonly string[], optional: readonly string[]): void {
    for (const name of required) if (!Object.hasOwn(object, name)) this.#problem('policy/missing-member', place, `the member ${name}`)
    for (const name of Object.keys(object)) {
      if (!required.includes(name) && !optional.includes(name)) {
        this.#problem('policy/unknown-member', below(place, name), `one of ${[...required, ...optional].join(', ')}`)
      }
    }
  }

  #text(value: unknown, place: string): string {
    if (typeof value === 'string' && value !== '') return value
    this.#bad(place, 'a text')
    return ''
  }

  #texts(value: unknown, place: string, least: number): readonly string[] {
    if (!Array.isArray(value) || value.length < least) {
      this.#bad(place, 'a list of texts')
      return []
    }
    return value.map((one, i) => this.#text(one, below(place, i)))
  }

  #identity(value: unknown): readonly IdentitySource[] | 'none' {
    if (value === 'none' || value === undefined) return 'none'
    if (!Array.isArray(value) || value.length === 0) {
      this.#bad('/identity', "a list, or 'none', written out")
      return 'none'
    }
    return value.flatMap((entry: unknown, i) => {
      const place = `/identity/${i}`
      if (!isObject(entry)) {
        this.#bad(place, 'an object')
        return []
      }
      const { from, as, ...asked } = entry
      const type = this.#text(as, `${place}/as`)
      const field = typeof from === 'string' ? fieldOf(from) : undefined
      if (field === undefined || field.group !== 'peer' || /^(?:rdn|number|date|boolean)$/.test(field.kind)) {
        this.#problem('policy/unknown-field', `${place}/from`, 'a field of the certificate: texts or octets')
        return []
      }
      const match = this.#match(field, Object.keys(asked).length === 0 ? { present: true } : asked, place)
      return match === undefined ? [] : [{ as: type, match }]
    })
  }

  #rules(value: unknown): readonly Rule[] {
    if (value === undefined) return []
    if (!Array.isArray(value) || value.length > maxRules) {
      this.#problem(Array.isArray(value) ? 'policy/too-large' : 'policy/bad-value', '/rules', `a list of at most ${maxRules} rules`)
      return []
    }
    const ids = new Set<string>()
    return value.flatMap((rule: unknown, i) => {
      const place = `/rules/${i}`
      if (!isObject(rule)) {
        this.#bad(place, 'an object')
        return []
      }
      this.#members(rule, place, ['id', 'effect', 'when'], ['to', 'description'])
      const id = this.#text(rule['id'], `${place}/id`)
      if (ids.has(id)) this.#problem('policy/duplicate-id', `${place}/id`, 'another id')
      ids.add(id)
      if ('description' in rule) this.#text(rule['description'], `${place}/description`)
      const { effect } = rule
      if (effect !== 'allow' && effect !== 'deny') this.#bad(`${place}/effect`, 'allow or deny')
      const when = this.#condition(rule['when'], `${place}/when`, 0)
      const to = 'to' in rule ? this.#scope(rule['to'], `${place}/to`, effect === 'deny') : []
      if (when === undefined) return []
      const condition: Condition = to.length === 0 ? when : { kind: 'allOf', conditions: [when, ...to] }
      return [{ id, effect: effect as Rule['effect'], place, condition }]
    })
  }

  /** `to`: the requests that a rule is about, as conditions like any other. */
  #scope(value: unknown, place: string, denies: boolean): readonly Condition[] {
    if (!isObject(value) || Object.keys(value).length === 0) {
      this.#bad(place, 'methods, hosts or paths')
      return []
    }
    this.#members(value, place, [], ['methods', 'hosts', 'paths'])
    return (['methods', 'hosts', 'paths'] as const).flatMap((name) => {
      if (!(name in value)) return []
      const texts = this.#texts(value[name], `${place}/${name}`, 1)
      // HEAD asks for what GET would get (RFC 9110 9.3.2), and routers run the same handler: what is denied to one is denied to the other.
      const asked = denies && name === 'methods' && texts.includes('GET') ? [...texts, 'HEAD'] : texts
      const [field, matcher] = ({ methods: ['request.method', 'in'], hosts: ['request.host', 'dns'], paths: ['request.path', 'path'] } as const)[name]
      const match = asked.length === 0 ? undefined : this.#match(fieldOf(field)!, Object.freeze({ [matcher]: Object.freeze(asked) }), place, name)
      return match === undefined ? [] : [match]
    })
  }

  #condition(value: unknown, place: string, nesting: number): Condition | undefined {
    if (nesting > maxNesting) {
      this.#problem('policy/too-deep', place, `at most ${maxNesting} levels`)
      return undefined
    }
    const names = isObject(value) ? Object.keys(value) : []
    if (!isObject(value) || names.length !== 1) {
      this.#bad(place, 'an object of one member: a field, allOf, anyOf or not')
      return undefined
    }
    const name = names[0]!
    const inside = value[name]
    const at = below(place, name)
    if (name === 'not') {
      const condition = this.#condition(inside, at, nesting + 1)
      return condition === undefined ? undefined : { kind: 'not', conditions: [condition] }
    }
    if (name === 'allOf' || name === 'anyOf') {
      if (!Array.isArray(inside) || inside.length === 0) {
        this.#bad(at, 'a list of conditions')
        return undefined
      }
      const conditions = inside.map((one: unknown, i) => this.#condition(one, below(at, i), nesting + 1))
      return conditions.includes(undefined) ? undefined : { kind: name, conditions: conditions as Condition[] }
    }
    const field = fieldOf(name)
    if (field === undefined) {
      this.#problem('policy/unknown-field', at, 'a field, allOf, anyOf or not')
      return undefined
    }
    return this.#match(field, inside, at)
  }

  /** `member`: where the matcher’s value stands, if not under the matcher’s name. */
  #match(field: Field, value: unknown, place: string, member?: string): Match | undefined {
    if (!isObject(value) || Object.keys(value).length === 0) {
      this.#bad(place, `an object of ${['present', ...matchersOf(field.kind)].join(', ')}`)
      return undefined
    }
    const { present } = value
    if ('present' in value && (typeof present !== 'boolean' || Object.keys(value).length > 1)) {
      this.#bad(below(place, 'present'), 'true or false, alone')
      return undefined
    }
    const known = matchersOf(field.kind)
    const tests: Test[] = []
    let sound = true
    for (const [matcher, raw] of 'present' in value ? [] : Object.entries(value)) {
      const at = below(place, member ?? matcher)
      const test = known.includes(matcher) ? makeTest(matcher, raw, field) : undefined
      if (typeof test === 'object') {
        tests.push(test)
        continue
      }
      sound = false
      if (test === undefined) this.#problem('policy/unknown-matcher', at, `one of ${['present', ...known].join(', ')}`)
      else this.#bad(at, test)
    }
    const type = tests.find((test) => test.type !== undefined)?.type
    if (tests.some((test) => test.type !== undefined && test.type !== type)) {
      sound = false
      this.#bad(place, 'matchers of one type of value')
    }
    if (!sound) return undefined
    const slot = this.#slots.get(field.name) ?? this.#slots.size
    this.#slots.set(field.name, slot)
    const match: Match = { kind: 'match', place, field, slot, expected: value, present: present as boolean | undefined, tests, doubtful: tests.some(({ unclear }) => unclear !== undefined), type }
    if (tests.some(({ changesAt }) => changesAt !== undefined)) this.#timed.push(match)
    return match
  }
}

function isObject(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A member’s place below another, a JSON Pointer (RFC 6901 3). */
function below(place: string, name: string | number): string {
  return `${place}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`
}
