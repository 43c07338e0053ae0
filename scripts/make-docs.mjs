#!/usr/bin/env node
// Writes docs/errors.md and docs/deviations.md. The first: every code; those of verdicts with clause, where it is on, and sentence, from the tables in
// the built package; those of the other layers from the comments on the union types that declare them, `Meaning. To do: what to do.`
// `node scripts/make-docs.mjs --check` writes nothing, and fails if the file is not up to date.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { statusOf } from '../dist/edge/handlers.js'
import { isSwitchable, profileNames, ruleCodes, rulesOf, specOf } from '../dist/verify/index.js'
import { messageCodes, messageFor } from '../dist/verify/messages.js'

const target = fileURLToPath(new URL('../docs/errors.md', import.meta.url))
const cell = (text) => text.replaceAll('|', '\\|')
const enabled = new Map(profileNames.map((name) => [name, rulesOf(name)]))

function where(code) {
  if (!isSwitchable(code)) return 'always'
  const on = profileNames.filter((name) => enabled.get(name).has(code))
  return on.length === 0 ? 'by choice' : on.map((name) => `\`${name}\``).join(', ')
}

const rules = ruleCodes.map((code) => `| \`${code}\` | ${cell(specOf(code))} | ${where(code)} | ${cell(messageFor(code))} |`)
const parsers = messageCodes.filter((code) => !ruleCodes.includes(code))
  .map((code) => `| \`${code}\` | ${cell(messageFor(code))} |`)

/** The members of a union of codes in src/, with their comments. Members that are other types are named. */
function declared(file, name) {
  const path = fileURLToPath(new URL(`../src/${file}.ts`, import.meta.url))
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
  const type = source.statements.find((one) => ts.isTypeAliasDeclaration(one) && one.name.text === name)?.type
  if (type === undefined || !ts.isUnionTypeNode(type)) throw new Error(`src/${file}.ts: no union ${name}`)
  return type.types.map((member) => {
    if (ts.isTypeReferenceNode(member)) return { union: member.typeName.getText() }
    if (!ts.isLiteralTypeNode(member) || !ts.isStringLiteral(member.literal)) throw new Error(`${name}: ${member.getText()} is no code`)
    // The comment stands before the bar.
    const before = source.text.slice(0, member.getStart()).replace(/\|\s*$/, '')
    const comment = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(before)?.[1].replace(/\s+/g, ' ').trim() ?? ''
    const [, meaning, remedy] = /^(.+?) To do: (.+)$/.exec(comment) ?? []
    if (remedy === undefined) throw new Error(`${name}: ${member.literal.text} wants a comment “Meaning. To do: what to do.”`)
    return { code: member.literal.text, meaning, remedy: remedy[0].toUpperCase() + remedy.slice(1) }
  })
}

/** The codes of the other layers: where they are met, and which unions hold them. */
const layers = [
  ['Policies that cannot be read', '`parsePolicy` throws a `PolicyError`; `problems` holds each with its `place`, a JSON Pointer.', [['policy/error', 'PolicyProblemCode']]],
  ['What the linter finds', '`lintPolicy` and `countersign policy` report, with `place` and `rule`.', [['policy/lint', 'PolicyFindingCode']]],
  ['Decisions', 'The `reason` of a decision. A reason that is not known is a refusal.', [['policy/types', 'DecisionReason']]],
  ['The edge kit', 'The `code` of an `EdgeError`, which `onRefused` is given. The client is told the status alone.', [['edge/error', 'EdgeErrorCode']], ['status', (code) => statusOf({ code })]],
  ['Connections in Node, Deno and Bun', 'The `code` of a `HandshakeError`, thrown or given to `onRefused`.', [['node/errors', 'HandshakeErrorCode']]],
  ['What a runtime does not allow', 'The `code` of an `UnsupportedError`.', [['node/unsupported', 'UnsupportedErrorCode']]],
  [
    'Lists and responses', 'The `code` of an attempt: in `attempts`, where a verdict says of `revocation` what was found out, and of what was fetched. None of them decides by itself.',
    [['revocation/types', 'RevocationAttemptCode'], ['revocation/fetch-address', 'FetchCode'], ['revocation/address-guard', 'AddressCode'], ['revocation/cache', 'CacheCode']],
  ],
  ['Snapshots of lists', 'The `code` of a `SnapshotError`.', [['revocation/snapshot-error', 'SnapshotErrorCode']]],
]

const others = layers.map(([title, where, unions, [head, more] = []]) => {
  const members = unions.flatMap(([file, name]) => declared(file, name))
  for (const { union } of members) if (union !== undefined && !unions.some(([, name]) => name === union)) throw new Error(`${title}: the codes of ${union} are not listed`)
  const rows = members.filter(({ code }) => code !== undefined)
    .map(({ code, meaning, remedy }) => `| \`${code}\` | ${more === undefined ? '' : `${more(code)} | `}${cell(meaning)} | ${cell(remedy)} |`)
  return `## ${title}\n\n${where}\n\n| code | ${head === undefined ? '' : `${head} | `}meaning | what to do |\n|---|${head === undefined ? '' : '---|'}---|---|\n${rows.join('\n')}\n`
})

const text = `# Codes

<!-- Generated by scripts/make-docs.mjs. Do not edit. -->

A refused verdict has a \`code\`, and each of its issues too; so have the errors of the other layers, below.
A mistake in your options is a \`TypeError\` that names the option. Codes and the keys of \`details\` are stable; a minor
version may add codes, and an unknown code is a refusal. The sentences are for people, and may change.

## Rules

In rank order: of several issues, the one that stands first here is reported first. A rule that is on in some profiles only
can be switched by its code in a profile of your own; the others cannot be switched.

| code | clause | on in | meaning |
|---|---|---|---|
${rules.join('\n')}

## Parsing

Thrown as \`ParseError\` by the parse functions, with an \`offset\` and what was \`expected\`; in a verdict, the code of a
certificate that could not be read. They rank after the budgets, before every other rule.

| code | meaning |
|---|---|
${parsers.join('\n')}

${others.join('\n')}`

/** docs/deviations.md: every `@deviation` tag of the source, with its place. */
function deviations() {
  const source = fileURLToPath(new URL('../src', import.meta.url))
  const rows = []
  for (const file of readdirSync(source, { recursive: true }).map(String).filter((name) => name.endsWith('.ts')).sort()) {
    for (const [comment] of readFileSync(`${source}/${file}`, 'utf8').matchAll(/\/\*\*[\s\S]*?\*\//g)) {
      const plain = comment.replace(/^\/\*\*|\*\/$/g, '').replace(/^\s*\* ?/gm, '')
      for (const part of plain.split(/^@deviation /m).slice(1)) {
        const [clause, ...rest] = part.split(/\n\s*\n|^@/m)[0].trim().replace(/\s+/g, ' ').split(': ')
        rows.push(`- **${clause}** (\`src/${file.replaceAll('\\', '/')}\`): ${rest.join(': ')}`)
      }
    }
  }
  return `# Deliberate deviations\n\n<!-- Generated by scripts/make-docs.mjs from the @deviation tags of the source. Do not edit. -->\n\n` +
    `Where the library knowingly decides otherwise than the letter of a standard, and why.\n\n${rows.join('\n')}\n`
}

const pages = new Map([[target, text], [fileURLToPath(new URL('../docs/deviations.md', import.meta.url)), deviations()]])
for (const [file, content] of pages) {
  if (!process.argv.includes('--check')) writeFileSync(file, content)
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== content) {
    console.error(`${file.split(/[\\/]/).slice(-2).join('/')} is not up to date: run node scripts/make-docs.mjs`)
    process.exitCode = 1
  }
}
