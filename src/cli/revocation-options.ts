/** The options of `countersign verify` about revocation. */
import { createRevocationChecker, parseCrl, parseOcspResponse } from '../revocation/index.ts'
import type { Crl, OcspResponse, RevocationChecker, RevocationMode } from '../revocation/index.ts'
import { takeExceptions, type AddressException } from '../revocation/address-guard.ts'
import { createGuardedFetch } from '../node/guarded-fetch.ts'
import { escapeName } from '../verify/escape.ts'
import type { CommandLine, OptionSpecs } from './command-line.ts'
import { explained } from './input.ts'
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
  return createRevocationChecker({ mode, crls, ocspResponses, ...(line.flag('fetch') ? fetchOptions(allowedNetworks(line)) : {}) })
}

export function readCrl({ where, label, bytes }: InputBlock): Crl {
  if (label !== undefined && label !== 'X509 CRL' && label !== 'CRL') throw new UsageError(`${where}: expected an X509 CRL, found ${escapeName(label, 60)}`)
  return explained(where, () => parseCrl(bytes))
}

export function readResponse({ where, label, bytes }: InputBlock): OcspResponse {
  if (label !== undefined && label !== 'OCSP RESPONSE') throw new UsageError(`${where}: expected an OCSP response in DER, found ${escapeName(label, 60)}`)
  const response = explained(where, () => parseOcspResponse(bytes))
  if (response.basic === undefined) throw new UsageError(`${where}: the responder gave no answer but ${response.status}`)
  return response
}

function fetchOptions(allow: readonly AddressException[]): Pick<Parameters<typeof createRevocationChecker>[0], 'fetch'> {
  return { fetch: createGuardedFetch({ allow }) }
}

/** `10.0.0.0/8`, `127.0.0.1/32:8080`, `[fd00::]/8:80`. */
function allowedNetworks(line: CommandLine): readonly AddressException[] {
  return line.values('allow').map((text) => {
    const [, address = '', length, port] = /^\[?([0-9A-Fa-f.:]+?)\]?\/(\d{1,3})(?::(\d{1,5}))?$/.exec(text) ?? []
    const allowed: AddressException = { network: `${address}/${length}`, ports: port === undefined ? 'any' : [Number(port)] }
    try {
      takeExceptions([allowed])
    } catch (error) {
      throw new UsageError(`--allow ${escapeName(text, 100)}: not a network; write 10.0.0.0/8, 127.0.0.1/32:8080 or [fd00::]/8`, { cause: error })
    }
    return allowed
  })
}
