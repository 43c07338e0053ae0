/** `countersign ocsp`: makes requests, and judges responses. */
import type { Certificate } from '../x509/index.ts'
import { createRevocationChecker, encodeOcspRequest } from '../revocation/index.ts'
import { createVerifier, explain } from '../verify/index.ts'
import { escapeName } from '../verify/escape.ts'
import { parseCommandLine } from './command-line.ts'
import type { CommandLine, OptionSpecs } from './command-line.ts'
import { InputReader, reasonOf } from './input.ts'
import type { Io } from './io.ts'
import { stringifyJson } from './json.ts'
import { readResponse } from './revocation-options.ts'
import type { ExitCode } from './run.ts'
import { UsageError } from './usage-error.ts'
import { parseChoice, parseTime } from './values.ts'

export async function runOcsp(argv: readonly string[], io: Io): Promise<ExitCode> {
  const [action, ...rest] = argv
  if (action === 'request') return request(rest, io)
  if (action === 'check') return check(rest, io)
  throw new UsageError(`ocsp${action === undefined ? '' : ` ${escapeName(action, 60)}`}: say request or check`)
}

const requestSpecs: OptionSpecs = { issuer: { type: 'string' }, out: { type: 'string' }, hash: { type: 'string' }, nonce: { type: 'boolean' } }

async function request(argv: readonly string[], io: Io): Promise<ExitCode> {
  const line = parseCommandLine(argv, requestSpecs)
  const out = line.value('out')
  if (out === undefined) throw new UsageError('--out: missing; name the file to write the request to')
  const hash = parseChoice('--hash', line.value('hash') ?? 'sha1', ['sha1', 'sha256'], 'a hash for CertIDs')
  if (line.operands.length === 0) throw new UsageError('CERTIFICATE: missing; name the files of the certificates to ask about')
  const reader = new InputReader(io)
  const issuer = await readIssuer(line, reader)
  const certificates: Certificate[] = []
  for (const path of line.operands) certificates.push(...await readIssued(reader, path, issuer))
  const der = encodeOcspRequest(
    certificates.map((certificate) => ({ certificate, issuer: { name: issuer.subject, publicKey: issuer.subjectPublicKeyInfo.raw } })),
    { hash, ...(line.flag('nonce') ? { nonce: crypto.getRandomValues(new Uint8Array(32)) } : {}) },
  )
  try {
    await io.writeFile(out, der)
  } catch (error) {
    throw new UsageError(`--out ${escapeName(out, 200)}: cannot be written: ${reasonOf(error)}`, { cause: error })
  }
  return 0
}

const checkSpecs: OptionSpecs = { 'issuer': { type: 'string' }, 'at': { type: 'string' }, 'max-age': { type: 'string' }, 'json': { type: 'boolean' } }

async function check(argv: readonly string[], io: Io): Promise<ExitCode> {
  const line = parseCommandLine(argv, checkSpecs)
  const [responsePath, certificatePath] = line.operands
  if (responsePath === undefined || certificatePath === undefined || line.operands.length > 2) throw new UsageError('ocsp check: expected RESPONSE CERTIFICATE')
  const at = line.value('at')
  const age = line.value('max-age')
  if (age !== undefined && !/^\d{1,9}$/.test(age)) throw new UsageError(`--max-age ${escapeName(age, 40)}: not a number of seconds`)
  const reader = new InputReader(io)
  const issuer = await readIssuer(line, reader)
  const [response] = await reader.blocks('RESPONSE', responsePath)
  const [leaf] = await readIssued(reader, certificatePath, issuer)
  const parsed = readResponse(response!)
  const verifier = createVerifier({
    anchors: [issuer], purpose: 'any',
    revocation: createRevocationChecker({ mode: 'hard', ocspResponses: [parsed], ...(age === undefined ? {} : { maxAge: Number(age) }) }),
  })
  const verdict = await verifier.verify({ leaf: leaf!, names: 'unchecked', ...(at === undefined ? {} : { time: parseTime('--at', at) }) })
  io.stdout(line.flag('json') ? stringifyJson(verdict.toJSON()) : explain(verdict))
  return verdict.ok ? 0 : 1
}

async function readIssuer(line: CommandLine, reader: InputReader): Promise<Certificate> {
  const path = line.value('issuer')
  if (path === undefined) throw new UsageError('--issuer: missing; name the file of the certificate of who issued them')
  return (await readCertificates(reader, '--issuer', path))[0]!
}

/** Certificates of this issuer: a request about those of another would ask about nobody. */
async function readIssued(reader: InputReader, path: string, issuer: Certificate): Promise<readonly Certificate[]> {
  const found = await readCertificates(reader, 'CERTIFICATE', path)
  if (found.some((one) => !one.issuer.equals(issuer.subject))) throw new UsageError(`CERTIFICATE ${escapeName(path, 200)}: names another issuer than that of --issuer`)
  return found
}

async function readCertificates(reader: InputReader, argument: string, path: string): Promise<readonly Certificate[]> {
  const found = await reader.certificates(argument, path)
  if (found.length === 0) throw new UsageError(`${argument} ${escapeName(path, 200)}: holds no certificate`)
  return found
}
