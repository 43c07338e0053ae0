/** `countersign inspect`: what is in a file, for people, or as JSON. */
import { ParseError } from '../x509/index.ts'
import type { JsonValue } from '../path/issue.ts'
import { escapeText } from '../verify/escape.ts'
import { dumpAsn1 } from './asn1-dump.ts'
import { parseCommandLine } from './command-line.ts'
import { describeStructure } from './describe-structure.ts'
import type { ReadableKind } from './describe-structure.ts'
import { InputReader } from './input.ts'
import type { InputBlock } from './input.ts'
import type { Io } from './io.ts'
import { stringifyJson } from './json.ts'
import { printTree } from './print-tree.ts'
import type { ExitCode } from './run.ts'
import { guessStructure } from './tlv.ts'
import type { StructureKind } from './tlv.ts'
import { UsageError } from './usage-error.ts'

const kindOfLabel: Readonly<Record<string, StructureKind>> = {
  'CERTIFICATE': 'certificate',
  'X509 CERTIFICATE': 'certificate',
  'CERTIFICATE REQUEST': 'request',
  'NEW CERTIFICATE REQUEST': 'request',
  'X509 CRL': 'crl',
  'CRL': 'crl',
  'PKCS7': 'bundle',
  'CMS': 'bundle',
  'PUBLIC KEY': 'spki',
}

interface Finding {
  readonly exitCode: ExitCode
  readonly text: readonly string[]
  readonly json: unknown
}

export async function runInspect(argv: readonly string[], io: Io): Promise<ExitCode> {
  const line = parseCommandLine(argv, { json: { type: 'boolean' }, asn1: { type: 'boolean' } })
  if (line.operands.length === 0) throw new UsageError('inspect: no FILE given; - is standard input')
  const reader = new InputReader(io)
  const blocks: InputBlock[] = []
  for (const path of line.operands) blocks.push(...await reader.blocks('FILE', path))
  const findings: Finding[] = []
  for (const block of blocks) {
    const finding = await inspectBlock(block, line.flag('asn1'), io)
    findings.push(finding)
    if (!line.flag('json')) {
      if (findings.length > 1) io.stdout('\n')
      io.stdout(`${finding.text.join('\n')}\n`)
    }
  }
  if (line.flag('json')) io.stdout(stringifyJson(findings.map(({ json }) => json)))
  return findings.some(({ exitCode }) => exitCode === 1) ? 1 : 0
}

async function inspectBlock(block: InputBlock, asn1: boolean, io: Io): Promise<Finding> {
  const { bytes, label } = block
  const source = block.where.replace(/^FILE /, '')
  const kind = label === undefined ? guessStructure(bytes) : kindOfLabel[label] ?? 'unknown'
  const isPrivate = kind === 'privateKey' || /PRIVATE KEY$/.test(label ?? '') || guessStructure(bytes) === 'privateKey'
  if (isPrivate && !asn1) {
    throw new UsageError(`${block.where}: holds a private key, which is not printed; --asn1 shows its elements all the same`)
  }
  const title = `${source}: ${label === undefined ? 'DER' : `PEM ${escapeText(label, 60)}`}, ${bytes.length} octets`
  if (asn1) return dumped(block, title, undefined, [], 0, io)
  if (kind === 'unknown' || kind === 'privateKey') {
    return dumped(block, title, undefined, ['No structure that this command knows; its ASN.1 elements:'], 0, io)
  }
  try {
    const description = describeStructure(kind as ReadableKind, bytes)
    return { exitCode: hasMalformed(description) ? 1 : 0, text: [title, ...printTree(description, 2)], json: { source, ...description } }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    const why = [`Refused as a ${names[kind]} by the strict reader: ${escapeText(error.message, 400)}`, 'Its ASN.1 elements:']
    return dumped(block, title, error, why, 1, io)
  }
}

/** True where an extension could be shown only as bytes, because it is not what its OID says. */
function hasMalformed(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, one]: [string, JsonValue]) => key === 'malformed' || hasMalformed(one))
}

const names: Readonly<Record<Exclude<StructureKind, 'unknown' | 'privateKey'>, string>> = {
  certificate: 'certificate', request: 'certification request', crl: 'certificate revocation list',
  bundle: 'PKCS#7 bundle', spki: 'public key',
}

async function dumped(
  block: InputBlock, title: string, refusal: ParseError | undefined, why: readonly string[], exitCode: ExitCode, io: Io,
): Promise<Finding> {
  const { lines, remarks } = await dumpAsn1(block.bytes, io)
  // The last element that begins no later than where the reader stopped.
  const refusedAt = refusal === undefined ? -1 : lines.filter((line) => Number.parseInt(line, 10) <= refusal.offset).length - 1
  const asn1 = lines.map((line, index) => (index === refusedAt ? `${line}   <-- refused here` : line))
  return {
    exitCode,
    text: [title, ...why.map((one) => `  ${one}`), ...remarks.map((one) => `  (${one})`), ...asn1],
    json: {
      source: block.where.replace(/^FILE /, ''),
      kind: 'asn1',
      ...(refusal === undefined ? {} : {
        refused: { code: refusal.code, offset: refusal.offset, expected: refusal.expected, field: refusal.field ?? null },
      }),
      remarks,
      elements: lines,
    },
  }
}
