#!/usr/bin/env node
// Writes policy.schema.json, the JSON Schema of a policy document, from the tables in the built package.
// `node scripts/make-policy-schema.mjs --check` writes nothing, and fails if the file is not up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fixedFields } from '../dist/policy/fields.js'
import { matchersOf } from '../dist/policy/matchers.js'

const target = fileURLToPath(new URL('../policy.schema.json', import.meta.url))
const ref = (name) => ({ $ref: `#/$defs/${name}` })
const text = { type: 'string', minLength: 1 }
const listOf = (items) => ({ type: 'array', items, minItems: 1 })
const oneOrList = (items) => ({ anyOf: [items, listOf(items)] })
const closed = (properties, required = []) => ({ type: 'object', properties, required, additionalProperties: false })

/** What `exact` and `in` take. */
const literals = {
  text: { type: 'string' }, uri: { type: 'string' }, path: { type: 'string' }, dns: { type: 'string' }, email: { type: 'string' }, ip: { type: 'string' },
  any: { type: ['string', 'number', 'boolean'] }, number: { type: 'number' }, boolean: { type: 'boolean' },
  hex: { type: 'string', pattern: '^(?:[0-9a-f]{2})+$' }, base64url: { type: 'string', pattern: '^[A-Za-z0-9_-]+$' },
  oid: { type: 'string' }, tls: { enum: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] },
  date: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,3})?(?:Z|[+-]\\d\\d:\\d\\d)$' },
}
const seconds = { type: 'number', exclusiveMinimum: 0 }

function valueOf(matcher, kind) {
  switch (matcher) {
    case 'exact': return literals[kind]
    case 'in': return listOf(literals[kind])
    case 'lt': case 'gt': return kind === 'any' ? { type: 'number' } : literals[kind]
    case 'window': return ref('window')
    case 'maxAgeSeconds': return seconds
    case 'minStrength': return { type: 'number' }
    case 'rdn': return { type: 'object', minProperties: 1, additionalProperties: { anyOf: [{ type: 'string' }, ref('matchText')] } }
    default: return oneOrList(text)
  }
}

const kinds = ['text', 'any', 'dns', 'uri', 'email', 'path', 'ip', 'hex', 'base64url', 'oid', 'number', 'date', 'boolean', 'tls', 'rdn', 'factor']
const defName = (kind) => `match${kind[0].toUpperCase()}${kind.slice(1)}`
const matches = Object.fromEntries(kinds.map((kind) => [defName(kind), {
  anyOf: [
    closed({ present: { type: 'boolean' } }, ['present']),
    { ...closed(Object.fromEntries(matchersOf(kind).map((matcher) => [matcher, valueOf(matcher, kind)]))), minProperties: 1 },
  ],
}]))

const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'countersign policy',
  description: 'Who is let in, decided over verified facts. Default deny; a matching deny rule wins. parsePolicy checks what a schema cannot say, too.',
  type: 'object',
  properties: {
    $schema: text,
    version: { const: 1 },
    description: text,
    identity: { description: 'Where the principal is taken from: the first entry that finds exactly one value.', anyOf: [{ const: 'none' }, listOf(ref('identity'))] },
    rules: { type: 'array', items: ref('rule'), maxItems: 10000 },
    proxies: { description: 'Names of the trust contracts whose word counts.', type: 'array', items: text },
    maxDecisionSeconds: { ...seconds, description: 'How long a decision may be relied on.' },
    trailingSlash: { enum: ['refuse', 'ignore'] },
    loggable: { description: 'Headers, attributes or the channel binding that a trace may show.', type: 'array', items: { type: 'string', pattern: '^(?:request\\.header\\..+|attribute\\..+|channel\\.binding)$' } },
  },
  required: ['version', 'identity', 'rules'],
  additionalProperties: false,
  $defs: {
    rule: closed({
      id: text, description: text, effect: { enum: ['allow', 'deny'] }, when: ref('condition'),
      to: { ...closed({ methods: listOf(text), hosts: listOf(text), paths: listOf(text) }), minProperties: 1, description: 'The requests that the rule is about.' },
    }, ['id', 'effect', 'when']),
    identity: {
      type: 'object', required: ['from', 'as'],
      properties: {
        from: { type: 'string', pattern: '^(?:san|subject|issuer|anchor|certificate|key|path|eku|policy|revocation)(?:\\..+)?$' }, as: text,
        ...Object.fromEntries(['exact', 'in', 'prefix', 'suffix', 'contains', 'dns', 'spiffe', 'cidr'].map((matcher) => [matcher, valueOf(matcher, 'any')])), present: { type: 'boolean' },
      },
      additionalProperties: false,
    },
    condition: {
      type: 'object', minProperties: 1, maxProperties: 1,
      properties: {
        allOf: listOf(ref('condition')), anyOf: listOf(ref('condition')), not: ref('condition'),
        ...Object.fromEntries([...fixedFields.values()].map(({ name, kind }) => [name, ref(defName(kind))])),
      },
      patternProperties: {
        '^(?:subject|issuer|anchor)\\..+$': { ...ref('matchText') },
        '^san\\.otherName\\.[0-9.]+$': ref('matchHex'),
        "^request\\.header\\.[!#$%&'*+.^_`|~0-9a-z-]+$": ref('matchText'),
        '^factor\\..+$': ref('matchFactor'),
        '^attribute\\..+$': ref('matchAny'),
      },
      additionalProperties: false,
    },
    window: closed({
      from: { type: 'string', pattern: '^(?:[01]\\d|2[0-3]):[0-5]\\d$' }, to: { type: 'string', pattern: '^(?:[01]\\d|2[0-3]):[0-5]\\d$' },
      utcOffset: { type: 'string', pattern: '^(?:Z|[+-](?:0\\d|1[0-4]):[0-5]\\d)$' },
      days: listOf({ enum: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] }),
    }, ['from', 'to', 'utcOffset']),
    ...matches,
  },
}
// `anchor.sha256` and `anchor.keySha256` are octets, not attributes of its name.
schema.$defs.condition.patternProperties = Object.fromEntries(Object.entries(schema.$defs.condition.patternProperties)
  .map(([pattern, value]) => [pattern.replace('|anchor)\\..+', '|anchor)\\.(?!sha256$|keySha256$).+'), value]))

const content = `${JSON.stringify(schema, undefined, 2)}\n`
if (!process.argv.includes('--check')) writeFileSync(target, content)
else if (!existsSync(target) || readFileSync(target, 'utf8') !== content) {
  console.error('policy.schema.json is not up to date: run node scripts/make-policy-schema.mjs')
  process.exitCode = 1
}
