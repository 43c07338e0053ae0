/**
 * Profiles: which switchable rules are on, and whether the anchor’s certificate is judged like any other. Data only.
 */
import { isSwitchable, ruleCodes, rulesOf } from './rules.ts'
import type { ProfileName, RuleCode } from './rules.ts'

export interface Profile {
  /** The shipped profile to start from. */
  readonly base: ProfileName
  /** Switches single rules by their code. */
  readonly rules?: Readonly<Partial<Record<RuleCode, boolean>>>
  /** Judge the content of an anchor given as a certificate: its dates, basic constraints, extensions. */
  readonly judgeAnchor?: boolean
}

/** A profile made ready for use. */
export interface ResolvedProfile {
  readonly name: string
  readonly judgeAnchor: boolean
  has(code: RuleCode): boolean
}

export const profileNames: readonly ProfileName[] = Object.freeze(['rfc5280', 'rfc5280-strict', 'webpki', 'spiffe'])

/** Resolves a profile by name or description. Throws `TypeError` for an unknown name, code, or a fixed rule. */
export function resolveProfile(profile: ProfileName | Profile = 'rfc5280'): ResolvedProfile {
  const description: Profile = typeof profile === 'string' ? { base: profile } : profile
  if (description === null || typeof description !== 'object' || !profileNames.includes(description.base)) {
    throw new TypeError(`profile: expected one of ${profileNames.join(', ')}, or { base, rules }`)
  }
  const on = new Set(rulesOf(description.base))
  for (const [key, value] of Object.entries(description.rules ?? {})) {
    const code = key as RuleCode
    if (!ruleCodes.includes(code)) throw new TypeError(`profile.rules: no rule has the code ${JSON.stringify(key)}`)
    if (!isSwitchable(code)) throw new TypeError(`profile.rules: ${code} cannot be switched`)
    if (typeof value !== 'boolean') throw new TypeError(`profile.rules[${JSON.stringify(key)}]: expected true or false`)
    if (value) on.add(code)
    else on.delete(code)
  }
  const judges = description.base === 'rfc5280-strict' || description.base === 'webpki'
  return Object.freeze({
    name: description.base,
    judgeAnchor: description.judgeAnchor ?? judges,
    has: (code: RuleCode) => on.has(code),
  })
}
