/**
 * Name constraints (RFC 5280 4.2.1.10, 6.1.3(b) and (c), 6.1.4(g)).
 *
 * Instead of intersecting subtrees, every certificate’s names are checked against each constraint set above them:
 * a name is permitted if every set that constrains its form permits it, which is the same and shows which CA said no.
 *
 * Cost: names times subtrees, all of it charged to the budget before the first comparison.
 *
 * @deviation RFC 5280 4.2.1.10: rfc822Name constraints apply to emailAddress attributes of the subject always, not
 * only where there is no subjectAltName. A name that is there can be believed by somebody.
 * @deviation RFC 5280 4.2.1.10: forms that this module cannot judge (x400Address, ediPartyName, registeredID, otherName
 * except SmtpUTF8Mailbox) are refused where a constraint and a name of the form meet, critical or not.
 */
import { equalBytes } from '../asn1/index.ts'
import { emailAddressOid } from '../x509/oids.ts'
import type { Certificate, GeneralName, GeneralNameType, GeneralSubtree, Name, NameConstraints } from '../x509/index.ts'
import type { Budget, Pause } from './budget.ts'
import { pause } from './budget.ts'
import { dnsNameProblem, isWithinDomain, lowerCase } from './dns-name.ts'
import { describeName } from './identity.ts'
import type { JsonValue } from './issue.ts'
import { mailboxOf, parseMailbox, smtpUtf8MailboxOid } from './mailbox.ts'
import type { RuleCode } from './rules.ts'
import { uriHost } from './uri-name.ts'

/** A broken rule, before it is tied to a certificate. */
export interface Finding {
  readonly code: RuleCode
  readonly details: { readonly [key: string]: JsonValue }
}

/** A name to be judged, under the form whose constraints bind it. */
interface ConstrainedName {
  readonly form: GeneralNameType
  readonly name: GeneralName
}

/** The names that constraints bind: the subject, its email addresses, the subjectAltName entries. */
function constrainedNames(certificate: Certificate): readonly ConstrainedName[] {
  const { subject } = certificate
  const names: ConstrainedName[] = []
  if (!subject.isEmpty) names.push({ form: 'directoryName', name: { type: 'directoryName', value: subject } })
  for (const value of subject.valuesOf(emailAddressOid)) {
    names.push({ form: 'rfc822Name', name: { type: 'rfc822Name', value } })
  }
  for (const name of certificate.get('subjectAltName') ?? []) {
    // RFC 9598 6: rfc822Name constraints bind SmtpUTF8Mailbox names as well.
    const isMailbox = name.type === 'otherName' && name.oid === smtpUtf8MailboxOid
    names.push({ form: isMailbox ? 'rfc822Name' : name.type, name })
  }
  return names
}

/** Judges the subtrees themselves: a constraint that means nothing fails closed. */
export function malformedSubtrees(constraints: NameConstraints): readonly Finding[] {
  const findings: Finding[] = []
  for (const { base, minimum, maximum } of [...constraints.permittedSubtrees, ...constraints.excludedSubtrees]) {
    if (minimum !== 0 || maximum !== undefined) {
      findings.push({ code: 'path/name-constraint-unsupported', details: { constraint: describeName(base), reason: 'minimum or maximum' } })
    }
    const problem = subtreeProblem(base)
    if (problem !== undefined) {
      findings.push({ code: 'path/name-constraint-malformed', details: { constraint: describeName(base), problem } })
    }
  }
  return findings
}

function subtreeProblem(base: GeneralName): string | undefined {
  switch (base.type) {
    case 'dNSName':
      // "Any DNS name that can be constructed by simply adding zero or more labels": no leading period, no wildcard.
      return base.value === '' ? undefined : dnsNameProblem(base.value, { underscore: true })
    case 'rfc822Name':
      if (base.value.includes('@')) return parseMailbox(base.value) === undefined ? 'not a mailbox' : undefined
      return dnsNameProblem(base.value.replace(/^\./, ''), { underscore: true })
    case 'uniformResourceIdentifier':
      return dnsNameProblem(base.value.replace(/^\./, ''), { underscore: true })
    case 'iPAddress':
      return ipSubtreeProblem(base.value)
    default:
      return undefined
  }
}

function ipSubtreeProblem(value: Uint8Array): string | undefined {
  if (value.length !== 8 && value.length !== 32) return 'not an address and a mask (8 or 32 octets)'
  // "In the style of RFC 4632 (CIDR)": the ones of the mask stand together.
  let ended = false
  for (let bit = value.length * 4; bit < value.length * 8; bit++) {
    const one = (value[bit >> 3]! & (0x80 >> (bit & 7))) !== 0
    if (one && ended) return 'a mask that is no prefix'
    if (!one) ended = true
  }
  return undefined
}

/** The subtrees of one set by the form of their base. */
function byForm(subtrees: readonly GeneralSubtree[]): ReadonlyMap<GeneralNameType, readonly GeneralSubtree[]> {
  const forms = new Map<GeneralNameType, GeneralSubtree[]>()
  for (const subtree of subtrees) {
    const same = forms.get(subtree.base.type)
    if (same === undefined) forms.set(subtree.base.type, [subtree])
    else same.push(subtree)
  }
  return forms
}

const none: readonly GeneralSubtree[] = []

/**
 * Checks one certificate’s names against one constraint set above it. Returns the first broken rule of each kind,
 * or nothing. Charges names times subtrees.
 */
export function* checkNameConstraints(
  constraints: NameConstraints, certificate: Certificate, budget: Budget,
): Generator<Pause, readonly Finding[], unknown> {
  const names = constrainedNames(certificate)
  const subtrees = constraints.permittedSubtrees.length + constraints.excludedSubtrees.length
  budget.chargeNames(names.length * subtrees)
  const permittedByForm = byForm(constraints.permittedSubtrees)
  const excludedByForm = byForm(constraints.excludedSubtrees)
  const findings = new Map<RuleCode, Finding>()
  const add = (code: RuleCode, details: Finding['details']): void => {
    if (!findings.has(code)) findings.set(code, { code, details })
  }
  for (const { form, name } of names) {
    budget.addWork(subtrees)
    if (budget.takePause()) yield pause
    const permitted = permittedByForm.get(form) ?? none
    const excluded = excludedByForm.get(form) ?? none
    if (permitted.length === 0 && excluded.length === 0) continue
    if (!isJudged(form)) {
      add('path/name-constraint-unsupported', { name: describeName(name), reason: 'a form that cannot be judged' })
      continue
    }
    const judged = judgeName(name)
    if (judged === undefined) {
      add('path/name-malformed', { name: describeName(name) })
      continue
    }
    const hit = excluded.find((subtree) => judged.excludedBy(subtree))
    if (hit !== undefined) add('path/name-excluded', { name: describeName(name), constraint: describeName(hit.base) })
    if (permitted.length > 0 && !permitted.some((subtree) => judged.permittedBy(subtree))) {
      add('path/name-not-permitted', { name: describeName(name), permitted: permitted.slice(0, 8).map((subtree) => describeName(subtree.base)) })
    }
  }
  return [...findings.values()]
}

function isJudged(form: GeneralNameType): boolean {
  return form === 'dNSName' || form === 'rfc822Name' || form === 'uniformResourceIdentifier' ||
    form === 'iPAddress' || form === 'directoryName'
}

interface JudgedName {
  permittedBy(subtree: GeneralSubtree): boolean
  excludedBy(subtree: GeneralSubtree): boolean
}

/** A name made ready for comparison, or undefined where it is malformed: then no constraint can be shown to hold. */
function judgeName(name: GeneralName): JudgedName | undefined {
  switch (name.type) {
    case 'dNSName': return judgeDnsName(name.value)
    case 'rfc822Name': case 'otherName': return judgeMailbox(name)
    case 'uniformResourceIdentifier': return judgeUri(name.value)
    case 'iPAddress': return name.value.length === 4 || name.value.length === 16
      ? both((base) => base.type === 'iPAddress' && isInNetwork(name.value, base.value)) : undefined
    case 'directoryName': return judgeDirectoryName(name.value)
    default: return undefined
  }
}

function both(within: (base: GeneralName) => boolean): JudgedName {
  return { permittedBy: ({ base }) => within(base), excludedBy: ({ base }) => within(base) }
}

function judgeDnsName(value: string): JudgedName | undefined {
  if (dnsNameProblem(value, { wildcard: true, underscore: true }) !== undefined) return undefined
  const name = lowerCase(value)
  const isWildcard = name.startsWith('*.')
  const fixed = isWildcard ? name.slice(2) : name
  const base = (subtree: GeneralSubtree): string | undefined =>
    subtree.base.type === 'dNSName' ? lowerCase(subtree.base.value) : undefined
  return {
    // A wildcard is permitted only if every name it stands for is.
    permittedBy: (subtree) => {
      const domain = base(subtree)
      return domain !== undefined && isWithinDomain(fixed, domain)
    },
    // And excluded if any of them is: the names below the fixed part, or one label in front of it.
    excludedBy: (subtree) => {
      const domain = base(subtree)
      if (domain === undefined) return false
      return isWithinDomain(fixed, domain) || (isWildcard && domain.slice(domain.indexOf('.') + 1) === fixed)
    },
  }
}

function judgeMailbox(name: GeneralName): JudgedName | undefined {
  const found = mailboxOf(name)
  const mailbox = found === undefined ? undefined : parseMailbox(found.text, found.utf8)
  if (mailbox === undefined) return undefined
  return both((base) => {
    if (base.type !== 'rfc822Name') return false
    if (base.value.includes('@')) {
      const wanted = parseMailbox(base.value)
      return wanted !== undefined && wanted.local === mailbox.local && wanted.host === mailbox.host
    }
    // "example.com" is that host; ".example.com" every host below it.
    const host = lowerCase(base.value)
    return host.startsWith('.') ? mailbox.host.endsWith(host) : mailbox.host === host
  })
}

function judgeUri(value: string): JudgedName | undefined {
  // A URI without a host that is a domain name "MUST be rejected" under a URI constraint.
  const host = uriHost(value)
  if (host === undefined) return undefined
  return both((base) => {
    if (base.type !== 'uniformResourceIdentifier') return false
    const wanted = lowerCase(base.value)
    return wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted
  })
}

function judgeDirectoryName(name: Name): JudgedName {
  return both((base) => base.type === 'directoryName' && name.isWithin(base.value))
}

/** Is the address inside `network` (address and mask, one after the other)? */
function isInNetwork(address: Uint8Array, network: Uint8Array): boolean {
  const { length } = address
  if (network.length !== length * 2) return false
  const mask = network.subarray(length)
  const masked = (octets: Uint8Array): Uint8Array => octets.map((octet, i) => octet & mask[i]!)
  return equalBytes(masked(address), masked(network.subarray(0, length)))
}
