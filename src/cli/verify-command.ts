/** `countersign verify`: files or a live server in, a verdict out. */
import { rootCertificates } from 'node:tls'
import { ParseError } from '../asn1/index.ts'
import { createVerifier, explain, parseCertificates, toMermaid, toSvg } from '../verify/index.ts'
import type { Certificate, NameExpectation, Verdict, VerifierOptions, VerifyRequest } from '../verify/index.ts'
import { profileNames } from '../path/index.ts'
import { escapeName, escapeText } from '../verify/escape.ts'
import { parseCommandLine } from './command-line.ts'
import type { CommandLine, OptionSpecs } from './command-line.ts'
import { fetchServerChain } from './connect.ts'
import { InputReader, escapeMessage, reasonOf } from './input.ts'
import type { Io } from './io.ts'
import { stringifyJson } from './json.ts'
import { checkPolicyOptions, decide, describeDecision, policySpecs, readPolicyOption } from './policy-options.ts'
import { checkRevocationOptions, readRevocation, revocationSpecs } from './revocation-options.ts'
import type { ExitCode } from './run.ts'
import { UsageError } from './usage-error.ts'
import { parseAddress, parseChoice, parseExpectedName, parsePurpose, parseTime } from './values.ts'
import { summarize } from './verdict-text.ts'

const specs: OptionSpecs = {
  'anchors': { type: 'string', multiple: true },
  'purpose': { type: 'string' },
  'name': { type: 'string', multiple: true },
  'any-name': { type: 'boolean' },
  'intermediates': { type: 'string', multiple: true },
  'at': { type: 'string' },
  'profile': { type: 'string' },
  ...revocationSpecs,
  ...policySpecs,
  'connect': { type: 'string' },
  'servername': { type: 'string' },
  'explain': { type: 'boolean' },
  'json': { type: 'boolean' },
  'graph': { type: 'string' },
}

export async function runVerify(argv: readonly string[], io: Io): Promise<ExitCode> {
  const line = parseCommandLine(argv, specs)
  // All that can be wrong with the options is said before a file is read or a server is asked.
  const graph = graphOf(line)
  if (line.flag('json') && line.flag('explain')) throw new UsageError('--json, --explain: choose one')
  const options = readOptions(line)
  const reader = new InputReader(io)
  const anchors = await readAnchors(line, reader)
  const { note, ...chain } = await readChain(line, reader)
  const revocation = await readRevocation(line, reader)
  const policy = await readPolicyOption(line, reader)
  const verdict = await judge({ ...options.verifier, revocation, anchors }, { ...chain, ...options.request })
  const decision = policy !== undefined && verdict.ok ? decide(policy, verdict, line, Number(options.request.time ?? Date.now())) : undefined

  if (graph !== undefined) {
    const picture = graph.format === 'svg' ? toSvg(verdict) : toMermaid(verdict)
    try {
      await io.writeFile(graph.path, picture)
    } catch (error) {
      throw new UsageError(`--graph ${escapeName(graph.path, 200)}: cannot be written: ${reasonOf(error)}`, { cause: error })
    }
  }
  if (line.flag('json')) io.stdout(stringifyJson(decision === undefined ? verdict.toJSON() : { ...verdict.toJSON() as object, decision: decision.toJSON() }))
  else if (line.flag('explain')) io.stdout(`${note}${explain(verdict)}`)
  else io.stdout(note + summarize(verdict, options.verifier.purpose, io.color))
  if (decision !== undefined && !line.flag('json')) io.stdout(describeDecision(decision))
  return verdict.ok && (decision === undefined || decision.decision === 'allow') ? 0 : 1
}

interface ReadOptions {
  readonly verifier: Omit<VerifierOptions, 'anchors' | 'revocation'>
  readonly request: Pick<VerifyRequest, 'names' | 'time'>
}

function readOptions(line: CommandLine): ReadOptions {
  const live = line.value('connect') !== undefined
  const purpose = line.value('purpose') ?? (live ? 'serverAuth' : undefined)
  if (purpose === undefined) throw new UsageError('--purpose: missing; say what the certificate is to be used for, for example serverAuth')
  const at = line.value('at')
  checkRevocationOptions(line)
  checkPolicyOptions(line)
  return {
    verifier: {
      purpose: parsePurpose('--purpose', purpose),
      profile: parseChoice('--profile', line.value('profile') ?? 'rfc5280', profileNames, 'a profile'),
    },
    request: { names: readNames(line), ...(at === undefined ? {} : { time: parseTime('--at', at) }) },
  }
}

function readNames(line: CommandLine): NameExpectation {
  const names = line.values('name')
  if (line.flag('any-name')) {
    if (names.length > 0) throw new UsageError('--any-name, --name: choose one')
    return 'unchecked'
  }
  if (names.length > 0) return { anyOf: names.map((name) => parseExpectedName('--name', name)) }
  const connect = line.value('connect')
  if (connect === undefined) throw new UsageError('--name: missing; say whom the certificate must name, or --any-name')
  const servername = line.value('servername')
  const host = servername ?? parseAddress('--connect', connect).host
  return { anyOf: [parseExpectedName(servername === undefined ? '--connect' : '--servername', host)] }
}

async function readAnchors(line: CommandLine, reader: InputReader): Promise<readonly Certificate[]> {
  const paths = line.values('anchors')
  if (paths.length === 0 && line.value('connect') === undefined) {
    throw new UsageError('--anchors: missing; name the files of the trust anchors, or "system"')
  }
  const anchors: Certificate[] = []
  for (const path of paths.length === 0 ? ['system'] : paths) {
    const found = path === 'system' ? rootCertificates.flatMap((pem) => parseCertificates(pem)) : await reader.certificates('--anchors', path)
    if (found.length === 0) throw new UsageError(`--anchors ${escapeName(path, 200)}: holds no certificate`)
    anchors.push(...found)
  }
  return anchors
}

interface Chain {
  readonly leaf: Certificate | Uint8Array
  readonly intermediates: readonly (Certificate | Uint8Array)[]
  /** What the server stapled. */
  readonly ocspResponse?: Uint8Array
  /** A line about where the chain comes from. */
  readonly note: string
}

async function readChain(line: CommandLine, reader: InputReader): Promise<Chain> {
  const more: Certificate[] = []
  for (const path of line.values('intermediates')) more.push(...await reader.certificates('--intermediates', path))
  const connect = line.value('connect')
  if (connect !== undefined) {
    if (line.operands.length > 0) throw new UsageError(`CHAIN ${escapeName(line.operands[0]!, 200)}: not together with --connect`)
    const address = parseAddress('--connect', connect)
    const { certificates, protocol, cipher, ocspResponse } = await fetchServerChain('--connect', address, line.value('servername') ?? address.host)
    const count = certificates.length === 1 ? '1 certificate' : `${certificates.length} certificates`
    return {
      // As bytes: what the peer sent is judged by the verifier, and a malformed leaf is its verdict.
      leaf: certificates[0]!,
      intermediates: [...certificates.slice(1), ...more],
      ...(ocspResponse === undefined ? {} : { ocspResponse }),
      note: line.flag('json') ? '' : `${escapeName(connect, 100)} sent ${count} (${escapeText(protocol, 20)}, ${escapeText(cipher, 60)})\n`,
    }
  }
  if (line.value('servername') !== undefined) throw new UsageError('--servername: only together with --connect')
  const [first, ...others] = line.operands
  if (first === undefined) throw new UsageError('CHAIN: missing; name the file of the certificate to verify, or --connect')
  const [leaf, ...chain] = await reader.certificates('CHAIN', first)
  if (leaf === undefined) throw new UsageError(`CHAIN ${escapeName(first, 200)}: holds no certificate, so there is no leaf`)
  for (const path of others) chain.push(...await reader.certificates('CHAIN', path))
  return { leaf, intermediates: [...chain, ...more], note: '' }
}

/** The library throws `TypeError` for a caller’s mistake, which here is the mistake of who typed the command. */
async function judge(options: VerifierOptions, request: VerifyRequest): Promise<Verdict> {
  try {
    return await createVerifier(options).verify(request)
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(argumentOf(error.message), { cause: error })
    // What a peer sends is a verdict: a certificate whose parts cannot be read is an anchor.
    if (error instanceof ParseError) throw new UsageError(`--anchors: ${escapeMessage(error.message)}`, { cause: error })
    throw error
  }
}

/** Says `--name` where the library says `names.anyOf[0]`. */
function argumentOf(message: string): string {
  const match = /^(?:options\.|request\.)?(names|anchors|purpose|profile|time|leaf|intermediates)\b/.exec(message)
  const option = match === null ? '' : { names: '--name: ', time: '--at: ', leaf: 'CHAIN: ' }[match[1]!] ?? `--${match[1]!}: `
  return `${option}${escapeMessage(message.replace(/^names\.\w+\[\d+\](\.\w+)?: /, ''))}`
}

function graphOf(line: CommandLine): { readonly path: string, readonly format: 'svg' | 'mermaid' } | undefined {
  const path = line.value('graph')
  if (path === undefined) return undefined
  if (/\.svg$/i.test(path)) return { path, format: 'svg' }
  if (/\.(mmd|mermaid)$/i.test(path)) return { path, format: 'mermaid' }
  throw new UsageError(`--graph ${escapeName(path, 200)}: the name must end in .svg or .mmd`)
}
