/**
 * What a peer sent, taken in: bytes are copied at once, so that nobody can change them, and parsed piece by piece later.
 */
import { copyBytes } from '../asn1/index.ts'
import { ParseError, parseDetails } from '../asn1/errors.ts'
import { Certificate } from '../x509/index.ts'
import type { CertificateSource } from '../x509/index.ts'
import { bytesOf, internals, parseOwnCertificate } from '../x509/certificate.ts'
import { BudgetExhausted, pause } from '../path/index.ts'
import type { Budget, BudgetLimits, Issue, Pause } from '../path/index.ts'
import type { VerifierMemory } from './memory.ts'
import { issueOf } from './verdict.ts'

/** Bytes of our own, not yet parsed, or a certificate. */
export type Taken = Certificate | Uint8Array

export interface TakenCertificates {
  readonly leaf: Taken
  readonly candidates: readonly Taken[]
  /** Octets of all certificates together, and how many candidates there were. */
  readonly bytes: number
  readonly offered: number
}

/** Copies what was offered, unless it is too much: then the verdict is the limit, whatever the rest holds. Throws `TypeError`. */
export function takeCertificates(
  leaf: Certificate | CertificateSource, intermediates: readonly (Certificate | CertificateSource)[],
  limits: BudgetLimits, memory: VerifierMemory,
): TakenCertificates {
  const offered = intermediates.length
  let bytes = sizeOf(leaf)
  for (let i = 0; i < offered && i < limits.candidates; i++) bytes += sizeOf(intermediates[i]!)
  const tooMuch = offered > limits.candidates || bytes > limits.bytes
  const candidates: Taken[] = []
  if (!tooMuch) for (let i = 0; i < offered; i++) candidates.push(known(intermediates[i]!, memory) ?? copyOf(intermediates[i]!, `request.intermediates[${i}]`))
  return { leaf: known(leaf, memory) ?? copyOf(leaf, 'request.leaf'), candidates, bytes, offered }
}

/** Octets of a source, as far as that can be told before it is read. */
function sizeOf(source: Certificate | CertificateSource): number {
  if (source instanceof Certificate) return internals(source).bytes.length
  return (bytesOf(source) as Uint8Array | null | undefined)?.byteLength ?? 0
}

function known(source: Certificate | CertificateSource, memory: VerifierMemory): Certificate | undefined {
  if (source instanceof Certificate) return source
  const bytes = bytesOf(source)
  return bytes instanceof Uint8Array ? memory.recall(bytes) : undefined
}

function copyOf(source: Certificate | CertificateSource, argument: string): Uint8Array {
  return copyBytes(bytesOf(source as CertificateSource), argument)
}

/** The leaf: malformed, or with names longer than the budget allows, it becomes a verdict. */
export function readLeaf(leaf: Taken, memory: VerifierMemory, budget: Budget): Certificate | ParseError | BudgetExhausted {
  return read(leaf, memory, true, budget)
}

export interface ReadCandidates {
  readonly candidates: readonly Certificate[]
  /** Warnings about candidates that could not be read. */
  readonly unreadable: readonly Issue[]
  /** The names of the candidates together are more than the budget allows. */
  readonly exhausted: BudgetExhausted | undefined
}

const maxUnreadableReported = 16

/** The candidates: a malformed one becomes a warning. */
export function* readCandidates(taken: readonly Taken[], memory: VerifierMemory, budget: Budget): Generator<Pause, ReadCandidates, unknown> {
  const candidates: Certificate[] = []
  const failures: ParseError[] = []
  for (const one of taken) {
    budget.addCertificate(one instanceof Certificate ? 0 : one.length)
    if (budget.takePause()) yield pause
    const parsed = read(one, memory, false, budget)
    if (parsed instanceof BudgetExhausted) return { candidates: [], unreadable: [], exhausted: parsed }
    if (parsed instanceof ParseError) failures.push(parsed)
    else candidates.push(parsed)
  }
  return { candidates, unreadable: failures.length === 0 ? [] : warnings(failures), exhausted: undefined }
}

/** One warning for each kind of failure, in an order of their own. */
function warnings(failures: readonly ParseError[]): readonly Issue[] {
  const kinds = new Map(failures.map((error) => {
    const details = { parse: error.code, ...parseDetails(error) }
    return [JSON.stringify(details), details]
  }))
  return [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, maxUnreadableReported)
    .map(([, details]) => issueOf({ code: 'path/candidate-unusable', role: 'intermediate', certificate: undefined, details }))
}

/** A certificate that can be put in its place by its names; anything else about it is judged by the rules. */
function read(
  taken: Taken, memory: VerifierMemory, isLeaf: boolean, budget: Budget,
): Certificate | ParseError | BudgetExhausted {
  try {
    const certificate = taken instanceof Certificate ? taken : parseOwnCertificate(taken)
    const { issuer, subject } = certificate
    budget.chargeReading(issuer.byteLength + subject.byteLength, isLeaf ? 0 : internals(certificate).extensionOctets)
    if (!memory.holds(certificate)) {
      memory.recognize(issuer)
      void issuer.key
      // Nothing is looked for by the leaf’s subject, so that it is only decoded.
      if (isLeaf) void subject.rdns
      else void subject.key
    }
    return certificate
  } catch (error) {
    if (error instanceof ParseError || error instanceof BudgetExhausted) return error
    throw error
  }
}
