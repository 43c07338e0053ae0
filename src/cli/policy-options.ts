/** Reading policies, and the options of `countersign verify` that ask one. */
import { hostOf } from '../path/dns-name.ts'
import { PolicyError, evaluatePolicy, explainDecision, parsePolicy, verifiedPeer } from '../policy/index.ts'
import type { Decision, Policy, RequestFacts } from '../policy/index.ts'
import { escapeName, escapeText } from '../verify/escape.ts'
import type { AcceptedVerdict } from '../verify/types.ts'
import type { CommandLine, OptionSpecs } from './command-line.ts'
import type { InputReader } from './input.ts'
import { UsageError } from './usage-error.ts'

export const policySpecs: OptionSpecs = {
  'policy': { type: 'string' },
  'request': { type: 'string' },
}

/** What can be wrong with the options by themselves. */
export function checkPolicyOptions(line: CommandLine): void {
  if (line.flag('request') && !line.flag('policy')) throw new UsageError('--request: only together with --policy')
  void readRequest(line)
}

/** The policy that was asked for, if one was. */
export async function readPolicyOption(line: CommandLine, reader: InputReader): Promise<Policy | undefined> {
  const path = line.value('policy')
  return path === undefined ? undefined : readPolicy('--policy', path, reader)
}

/** Reads a policy. Everything that is wrong with it is one usage error, a line for each problem. */
export async function readPolicy(argument: string, path: string, reader: InputReader): Promise<Policy> {
  const { where, text } = await reader.text(argument, path)
  try {
    return parsePolicy(text)
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    const [first, ...others] = error.problems.map(({ code, place, expected }) => `${code} at ${escapeText(place || 'the top', 300)}: expected ${escapeText(expected, 300)}`)
    throw new UsageError([`${where}: ${first}`, ...others].join('\n  '), { cause: error })
  }
}

/** Asks the policy about an accepted peer. */
export function decide(policy: Policy, verdict: AcceptedVerdict, line: CommandLine, time: number): Decision {
  const request = readRequest(line)
  return evaluatePolicy(policy, { peer: verifiedPeer(verdict), time, ...(request === undefined ? {} : { request }) })
}

export function describeDecision(decision: Decision): string {
  return `\n${explainDecision(decision)}\n`
}

/** `METHOD URL` or `METHOD PATH`; the host is known only from a URL. The URL is taken apart by hand, so that its path stays as written. */
function readRequest(line: CommandLine): RequestFacts | undefined {
  const text = line.value('request')
  if (text === undefined) return undefined
  const match = /^([A-Za-z]+) (?:https?:\/\/([^/?#@]+))?(\/[^?#]*)?(?:\?[^#]*)?$/.exec(text)
  const [, method, authority, path] = match ?? []
  const host = authority === undefined ? undefined : hostOf(authority)
  if (method === undefined || (authority === undefined ? path : host) === undefined) {
    throw new UsageError(`--request ${escapeName(text, 200)}: expected a method and a URL or path, such as "GET https://a.example/x"`)
  }
  return { method, path: path ?? '/', host }
}
