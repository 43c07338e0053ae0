/** `countersign crl`: what a certificate revocation list says. */
import { reasonNames } from '../revocation/index.ts'
import type { Crl } from '../revocation/index.ts'
import type { JsonValue } from '../path/issue.ts'
import { escapeName } from '../verify/escape.ts'
import { parseCommandLine } from './command-line.ts'
import { compact } from './describe-extension.ts'
import { InputReader } from './input.ts'
import type { Io } from './io.ts'
import { stringifyJson } from './json.ts'
import { printTree } from './print-tree.ts'
import { readCrl } from './revocation-options.ts'
import type { ExitCode } from './run.ts'
import { UsageError } from './usage-error.ts'

export async function runCrl(argv: readonly string[], io: Io): Promise<ExitCode> {
  const line = parseCommandLine(argv, { serial: { type: 'string', multiple: true }, json: { type: 'boolean' } })
  const [path, second] = line.operands
  if (path === undefined) throw new UsageError('crl: no FILE given; - is standard input')
  if (second !== undefined) throw new UsageError(`FILE ${escapeName(second, 200)}: one list at a time`)
  const serials = line.values('serial').map(parseSerial)
  const blocks = await new InputReader(io).blocks('FILE', path)
  if (blocks.length > 1) throw new UsageError(`${blocks[1]!.where}: one list at a time`)
  const crl = readCrl(blocks[0]!)
  const found = serials.map((serial) => describeLookUp(crl, serial))
  const description = { ...describeCrl(crl), ...(serials.length === 0 ? {} : { serials: found }) }
  io.stdout(line.flag('json') ? stringifyJson(description) : `${printTree(description, 0).join('\n')}\n`)
  return found.some(({ listed }) => listed) ? 1 : 0
}

/** Hexadecimal, as certificates print it: pairs of digits, colons or a 0x allowed; a leading zero octet is added where the sign wants it. */
function parseSerial(text: string): string {
  const digits = text.replace(/^0x/i, '').replaceAll(':', '').toLowerCase()
  if (!/^[0-9a-f]{1,80}$/.test(digits)) throw new UsageError(`--serial ${escapeName(text, 100)}: not a hexadecimal number`)
  const magnitude = digits.replace(/^0+(?=.)/, '')
  const even = magnitude.length % 2 === 0 ? magnitude : `0${magnitude}`
  return /^[89a-f]/.test(even) ? `00${even}` : even
}

function describeLookUp(crl: Crl, serialNumber: string): { readonly serialNumber: string, readonly listed: boolean, readonly [key: string]: JsonValue } {
  const entry = crl.find(serialNumber, crl.issuer.key)
  if (entry === undefined) return { serialNumber, listed: false }
  return {
    serialNumber, listed: true, reason: reasonNames[entry.reason] ?? String(entry.reason), revocationDate: entry.revocationDate.toISOString(),
    ...(entry.invalidityDate === undefined ? {} : { invalidityDate: entry.invalidityDate.toISOString() }),
  }
}

function describeCrl(crl: Crl): { readonly [key: string]: JsonValue } {
  const scope = crl.issuingDistributionPoint
  return compact({
    kind: crl.baseCrlNumber === undefined ? 'certificate revocation list' : 'delta revocation list',
    issuer: crl.issuer.toString(),
    number: crl.crlNumber === undefined ? null : String(crl.crlNumber),
    base: crl.baseCrlNumber === undefined ? undefined : String(crl.baseCrlNumber),
    thisUpdate: new Date(crl.thisUpdate).toISOString(),
    nextUpdate: crl.nextUpdate === undefined ? null : new Date(crl.nextUpdate).toISOString(),
    revokedCount: crl.size,
    scope: scope === undefined ? 'all certificates of the issuer' : compact({
      distributionPoint: scope.fullName?.map((name) => ('value' in name && typeof name.value === 'string' ? name.value : JSON.stringify(name.value))),
      onlyContainsUserCerts: scope.onlyContainsUserCerts || undefined,
      onlyContainsCACerts: scope.onlyContainsCACerts || undefined,
      onlyContainsAttributeCerts: scope.onlyContainsAttributeCerts || undefined,
      indirectCRL: scope.indirectCRL || undefined,
      onlySomeReasons: scope.onlySomeReasons === undefined ? undefined : scope.onlySomeReasons.toString(2),
    }),
    unknownCriticalExtensions: crl.unknownCritical.length === 0 ? undefined : [...crl.unknownCritical],
    sha256: crl.sha256,
  })
}
