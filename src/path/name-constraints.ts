/**
 * Name constraints (RFC 5280 4.2.1.10, 6.1.3(b) and (c), 6.1.4(g)).
 *
 * Instead of intersecting subtrees, every certificate’s names are checked against each constraint set above them:
 * a name is permitted if every set that constrains its form permits it, which is the same and shows which CA said no.
 *
 * Cost: names times subtrees, all of it charged to the budget before the first comparison. What is done is less: the
 * subtrees of a set are indexed once, and a name is made ready once for all the sets above it.
 *
 * @deviation RFC 5280 4.2.1.10: rfc822Name constraints apply to emailAddress attributes of the subject always, not
 * only where there is no subjectAltName. A name that is there can be believed by somebody.
 * @deviation RFC 5280 4.2.1.10: constraints of a form that this module cannot judge (x400Address, ediPartyName, registeredID,
 * otherName) are refused where a name of the form meets them, critical or not.
 */
import { emailAddressOid } from '../x509/oids.ts'
import type { Certificate, GeneralName, GeneralNameType, NameConstraints } from '../x509/index.ts'
import type { Budget, Pause } from './budget.ts'
import { pause } from './budget.ts'
import { dnsNameProblem, lowerCase } from './dns-name.ts'
import { describeName } from './identity.ts'
import type { JsonValue } from './issue.ts'
import { mailboxIn, parseMailbox, smtpUtf8MailboxOid } from './mailbox.ts'
import type { RuleCode } from './rules.ts'
import { SubtreeIndex } from './subtree-index.ts'
import type { ComparableName } from './subtree-index.ts'
import { uriHost } from './uri-name.ts'

/** A broken rule, before it is tied to a certificate. */
export interface Finding {
  readonly code: RuleCode
  readonly details: { readonly [key: string]: JsonValue }
}

/** A name to be judged, under the form whose constraints bind it. */
export interface ConstrainedName {
  readonly form: GeneralNameType
  readonly name: GeneralName
  /** Made when it is first needed; null where the name is malformed, and no constraint can be shown to hold. */
  comparable: ComparableName | null | undefined
}

/** The names that constraints bind: the subject, its email addresses, the subjectAltName entries. */
export function constrainedNames(certificate: Certificate): readonly ConstrainedName[] {
  const { subject } = certificate
  const names: ConstrainedName[] = []
  const add = (form: GeneralNameType, name: GeneralName): void => void names.push({ form, name, comparable: undefined })
  if (!subject.isEmpty) add('directoryName', { type: 'directoryName', value: subject })
  for (const value of subject.valuesOf(emailAddressOid)) {
    add('rfc822Name', { type: 'rfc822Name', value })
  }
  for (const name of certificate.get('subjectAltName') ?? []) {
    // RFC 9598 6: rfc822Name constraints bind SmtpUTF8Mailbox names as well.
    if (name.type === 'otherName' && name.oid === smtpUtf8MailboxOid) add('rfc822Name', name)
    add(name.type, name)
  }
  return names
}

/** The first finding of each kind. */
type Findings = Map<RuleCode, Finding>

function addFirst(findings: Findings, code: RuleCode, details: () => Finding['details']): void {
  if (!findings.has(code)) findings.set(code, { code, details: details() })
}

/** Judges the subtrees themselves, once: a constraint that means nothing fails closed. The first of each kind. */
export function* malformedSubtrees(constraints: NameConstraints, budget: Budget): Generator<Pause, Iterable<Finding>, unknown> {
  return (yield* indexed(constraints, budget)).malformed.values()
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
  const bits = Array.from(value.subarray(value.length / 2), (octet) => octet.toString(2).padStart(8, '0')).join('')
  return bits.includes('01') ? 'a mask that is no prefix' : undefined
}

/** The subtrees of one side by the form of their base. */
type IndexedSubtrees = Map<GeneralNameType, SubtreeIndex>

/** Both sides of a constraint set, ready for comparison. */
interface IndexedConstraints {
  readonly permitted: IndexedSubtrees
  readonly excluded: IndexedSubtrees
  /** What is wrong with the subtrees. */
  readonly malformed: Findings
}

/** Kept for as long as the extension that the constraints stand in. */
const indexes = /* @__PURE__ */ new WeakMap<NameConstraints, IndexedConstraints>()

/** About how much work one subtree is, in the units of `Budget.addWork`. */
const subtreeWork = 10

function* indexed(constraints: NameConstraints, budget: Budget): Generator<Pause, IndexedConstraints, unknown> {
  const known = indexes.get(constraints)
  if (known !== undefined) return known
  const index: IndexedConstraints = { permitted: new Map(), excluded: new Map(), malformed: new Map() }
  for (const side of ['permitted', 'excluded'] as const) {
    for (const { base, minimum, maximum } of constraints[`${side}Subtrees`]) {
      budget.addWork(subtreeWork)
      if (budget.takePause()) yield pause
      if (minimum !== 0 || maximum !== undefined) {
        addFirst(index.malformed, 'path/name-constraint-unsupported', () => ({ constraint: describeName(base), reason: 'minimum or maximum' }))
      }
      const problem = subtreeProblem(base)
      if (problem !== undefined) addFirst(index.malformed, 'path/name-constraint-malformed', () => ({ constraint: describeName(base), problem }))
      let subtrees = index[side].get(base.type)
      if (subtrees === undefined) index[side].set(base.type, (subtrees = new SubtreeIndex()))
      subtrees.add(base)
    }
  }
  indexes.set(constraints, index)
  return index
}

/** About how much work one name is, in the units of `Budget.addWork`. */
const nameWork = 10

/**
 * Checks one certificate’s names against one constraint set above it. Returns the first broken rule of each kind,
 * or nothing. Charges names times subtrees.
 */
export function* checkNameConstraints(
  constraints: NameConstraints, names: readonly ConstrainedName[], budget: Budget,
): Generator<Pause, readonly Finding[], unknown> {
  budget.chargeNames(names.length * (constraints.permittedSubtrees.length + constraints.excludedSubtrees.length))
  const index = yield* indexed(constraints, budget)
  const findings: Findings = new Map()
  const add = addFirst.bind(undefined, findings)
  for (const constrained of names) {
    budget.addWork(nameWork)
    if (budget.takePause()) yield pause
    const { form, name } = constrained
    const permitted = index.permitted.get(form)
    const excluded = index.excluded.get(form)
    if (permitted === undefined && excluded === undefined) continue
    if (!judgedForms.includes(form)) {
      add('path/name-constraint-unsupported', () => ({ name: describeName(name), reason: 'a form that cannot be judged' }))
      continue
    }
    const comparable = (constrained.comparable ??= comparableName(name))
    if (comparable === null) {
      add('path/name-malformed', () => ({ name: describeName(name) }))
      continue
    }
    const hit = excluded?.touching(comparable)
    if (hit !== undefined) add('path/name-excluded', () => ({ name: describeName(name), constraint: describeName(hit) }))
    if (permitted !== undefined && permitted.around(comparable) === undefined) {
      add('path/name-not-permitted', () => ({ name: describeName(name), permitted: permitted.bases.slice(0, 8).map(describeName) }))
    }
  }
  return [...findings.values()]
}

const judgedForms: readonly GeneralNameType[] = ['dNSName', 'rfc822Name', 'uniformResourceIdentifier', 'iPAddress', 'directoryName']

function comparableName(name: GeneralName): ComparableName | null {
  switch (name.type) {
    case 'dNSName': {
      if (dnsNameProblem(name.value, { wildcard: true, underscore: true }) !== undefined) return null
      const value = lowerCase(name.value)
      const isWildcard = value.startsWith('*.')
      return { form: 'dNSName', fixed: isWildcard ? value.slice(2) : value, isWildcard }
    }
    case 'rfc822Name': case 'otherName': {
      // What is longer than any mailbox is not decoded for every path it stands in.
      const mailbox = name.value.length > 2048 ? undefined : mailboxIn(name)
      return mailbox === undefined ? null : { form: 'rfc822Name', ...mailbox }
    }
    case 'uniformResourceIdentifier': {
      // A URI without a host that is a domain name "MUST be rejected" under a URI constraint.
      const host = uriHost(name.value)
      return host === undefined ? null : { form: 'uniformResourceIdentifier', local: undefined, host }
    }
    case 'iPAddress': return name.value.length === 4 || name.value.length === 16 ? { form: 'iPAddress', address: name.value } : null
    case 'directoryName': return { form: 'directoryName', name: name.value }
    default: return null
  }
}
