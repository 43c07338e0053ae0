/** The options of `countersign verify` about revocation. */
import { createRevocationChecker, parseCrl, parseOcspResponse } from '../revocation/index.ts'
import type { Crl, OcspResponse, RevocationChecker, RevocationMode } from '../revocation/index.ts'
import { createGuardedFetch } from '../node/guarded-fetch.ts'
import { escapeName } from '../verify/escape.ts'
import type { CommandLine, OptionSpecs } from './command-line.ts'
import { escapeMessage, explained } from './input.ts'
import type { InputBlock, InputReader } from './input.ts'
import { UsageError } from './usage-error.ts'
import { parseChoice } from './values.ts'

export const revocationSpecs: OptionSpecs = {
  'revocation': { type: 'string' },
  'crl': { type: 'string', multiple: true },
  'ocsp': { type: 'string', multiple: true },
  'fetch': { type: 'boolean' },
  'allow': { type: 'string', multiple: true },
}

/** What can be wrong with the options by themselves. */
export function checkRevocationOptions(line: CommandLine): void {
  const wanted = ['crl', 'ocsp', 'fetch'].filter((name) => line.flag(name))
  if (modeOf(line) === 'none' && wanted.length > 0) throw new UsageError(`--revocation none, --${wanted[0]!}: choose one`)
  if (line.flag('allow') && !line.flag('fetch')) throw new UsageError('--allow: only together with --fetch')
  void allowedNetworks(line)
}

function modeOf(line: CommandLine): RevocationMode | 'none' {
  const wanted = line.flag('crl') || line.flag('ocsp') || line.flag('fetch')
  return parseChoice('--revocation', line.value('revocation') ?? (wanted ? 'hard' : 'none'), ['hard', 'soft', 'none'], 'a mode')
}

export async function readRevocation(line: CommandLine, reader: InputReader): Promise<RevocationChecker | 'none'> {
  const mode = modeOf(line)
  if (mode === 'none') return mode
  const crls: Crl[] = []
  for (const path of line.values('crl')) crls.push(...(await reader.blocks('--crl', path)).map(readCrl))
  const ocspResponses: OcspResponse[] = []
  for (const path of line.values('ocsp')) ocspResponses.push(...(await reader.blocks('--ocsp', path)).map(readResponse))
  try {
    return createRevocationChecker({
      mode, crls, ocspResponses, ...(line.flag('fetch') ? fetchOptions(allowedNetworks(line)) : {}),
    })
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(escapeMessage(error.message.replace(/^options\.(crls|ocspResponses)/, (_, list) => (list === 'crls' ? '--crl' : '--ocsp'))), { cause: error })
    throw error
  }
}

export function readCrl({ where, label, bytes }: InputBlock): Crl {
  if (label !== undefined && label !== 'X509 CRL') throw new UsageError(`${where}: expected an X509 CRL, found ${escapeName(label, 60)}`)
  return explained(where, () => parseCrl(bytes))
}

export function readResponse({ where, label, bytes }: InputBlock): OcspResponse {
  if (label !== undefined && label !== 'OCSP RESPONSE') throw new UsageError(`${where}: expected an OCSP response in DER, found ${escapeName(label, 60)}`)
  return explained(where, () => parseOcspResponse(bytes))
}

interface AllowedNetwork {
  readonly network: string
  readonly ports: readonly number[] | 'any'
}

function fetchOptions(allow: readonly AllowedNetwork[]): Pick<Parameters<typeof createRevocationChecker>[0], 'fetch'> {
  return { fetch: createGuardedFetch({ allow }) }
}

/** `10.0.0.0/8`, `127.0.0.1/32:8080`, `[fd00::]/8:80`. */
function allowedNetworks(line: CommandLine): readonly AllowedNetwork[] {
  return line.values('allow').map((text) => {
    const match = /^\[?([0-9A-Fa-f.:]+?)\]?\/(\d{1,3})(?::(\d{1,5}))?$/.exec(text)
    if (match === null || Number(match[3] ?? 0) > 65535) throw new UsageError(`--allow ${escapeName(text, 100)}: not a network; write 10.0.0.0/8, 127.0.0.1/32:8080 or [fd00::]/8`)
    return { network: `${match[1]!}/${match[2]!}`, ports: match[3] === undefined ? 'any' : [Number(match[3])] }
  })
}
