/**
 * The budget of one verification: every loop whose length a peer chooses draws on it. Running out ends the
 * verification with a typed refusal (`budget/…`), never with a hang.
 */
import type { Cost } from './issue.ts'
import { refuseUnknown } from './options.ts'

export interface BudgetLimits {
  /**
   * Signature checks. Default 100, as Go’s crypto/x509 and rustls-webpki bound them: the longest sound search of
   * the public suites needs fewer than 40.
   */
  readonly signatures: number
  /**
   * Candidates looked at, plus certificates judged, while searching, plus one for every 64 octets by which the names of a
   * certificate, the leaf or a candidate, exceed 128, and for every 128 octets by which the extensions of a candidate exceed 256
   * (an ordinary intermediate has some four of these). Default 5 000: the longest search of the public suites takes 846 (of
   * x509-limbo), and at some 10 µs each this is a quarter of the time of the signature budget (100 P-521 checks).
   */
  readonly searchSteps: number
  /**
   * Names times subtrees, as declared, whatever their types. Default 250 000: the figure rustls-webpki uses; two
   * thousand names under one hundred constraints still pass.
   */
  readonly nameComparisons: number
  /** Nodes and edges of the policy graph. Default 10 000: the largest graph of the NIST suite has 30. */
  readonly policyNodes: number
  /** Certificates of one path, leaf included, anchor not. Default 20; public paths have 4, OpenSSL’s s_client allows 100. */
  readonly pathCertificates: number
  /**
   * Candidate intermediates of one verification. Default 2 000: OpenSSL takes 100 kB of them from a peer, x509-limbo offers 100.
   * Of ordinary ones about half as many fit in the search steps.
   */
  readonly candidates: number
  /** Bytes of leaf and intermediates together. Default 4 MiB, which holds 2 000 ordinary certificates. */
  readonly bytes: number
}

export const defaultBudget: BudgetLimits = Object.freeze({
  signatures: 100,
  searchSteps: 5_000,
  nameComparisons: 250_000,
  policyNodes: 10_000,
  pathCertificates: 20,
  candidates: 2_000,
  bytes: 4 * 1024 * 1024,
})

/** What the core yields where others may have a turn. */
export interface Pause {
  readonly kind: 'pause'
}

export const pause: Pause = Object.freeze({ kind: 'pause' })

export type BudgetCode =
  | 'budget/signatures' | 'budget/search-steps' | 'budget/name-constraints' | 'budget/policy-nodes'
  | 'budget/path-certificates' | 'budget/candidates' | 'budget/bytes' | 'budget/deadline'

/** Thrown inside the core when a limit is passed, and caught by it: it becomes the verdict. */
export class BudgetExhausted extends Error {
  readonly code: BudgetCode
  readonly limit: number

  constructor(code: BudgetCode, limit: number) {
    super(`${code}: limit ${limit}`)
    this.name = 'BudgetExhausted'
    this.code = code
    this.limit = limit
  }
}

/**
 * Work after which a verification gives way to others, in units of about a tenth of a microsecond. Steps are counted, not
 * timed: the same input pauses at the same places, and the clock of some runtimes stands still while work is done.
 */
const workBetweenPauses = 1000

/** What one step of a kind is reckoned at, in the same units. */
const work = { certificate: 100, certificateOctet: 1 / 16, searchStep: 20, policyNode: 3 } as const

/*
 * What reading a certificate costs in search steps: the octets that it has for nothing, as ordinary ones do, and of more, the
 * octets to a step. A step is some 10 µs; making a name ready for comparison, or decoding a long list of names or policies,
 * costs as much for so many octets, in their dearest form.
 */
export const freeNameOctets: number = 128
export const nameOctetsAStep: number = 64
export const freeExtensionOctets: number = 256
export const extensionOctetsAStep: number = 128

/** Counts what was spent. */
export class Budget {
  readonly limits: BudgetLimits
  #work = 0
  readonly #spent: Record<keyof Cost, number> = { signatures: 0, searchSteps: 0, nameComparisons: 0, policyNodes: 0 }

  constructor(limits: BudgetLimits) {
    this.limits = limits
  }

  /** Work that no limit counts, but that delays others: reading, judging. */
  addWork(units: number): void {
    this.#work += units
  }

  /** The work of reading or judging one certificate of so many octets. */
  addCertificate(octets: number): void {
    this.addWork(work.certificate + octets * work.certificateOctet)
  }

  /** True once enough was done for others to have a turn; asking for it begins the next stretch. */
  takePause(): boolean {
    if (this.#work < workBetweenPauses) return false
    this.#work = 0
    return true
  }

  chargeSignatures(count: number): void {
    this.#charge('signatures', count, 'budget/signatures')
  }

  chargeSearch(count: number): void {
    this.#work += count * work.searchStep
    this.#charge('searchSteps', count, 'budget/search-steps')
  }

  /** What a certificate has beyond the ordinary, in names and in extensions, is charged as search steps. */
  chargeReading(nameOctets: number, extensionOctets: number): void {
    const over = (octets: number, free: number, step: number): number => Math.ceil(Math.max(0, octets - free) / step)
    this.chargeSearch(over(nameOctets, freeNameOctets, nameOctetsAStep) + over(extensionOctets, freeExtensionOctets, extensionOctetsAStep))
  }

  chargeNames(count: number): void {
    this.#charge('nameComparisons', count, 'budget/name-constraints')
  }

  chargePolicies(count: number): void {
    this.#work += count * work.policyNode
    this.#charge('policyNodes', count, 'budget/policy-nodes')
  }

  #charge(what: keyof Cost, count: number, code: BudgetCode): void {
    const limit = this.limits[what]
    const spent = this.#spent[what] + count
    this.#spent[what] = Math.min(spent, limit)
    if (spent > limit) throw new BudgetExhausted(code, limit)
  }

  get cost(): Cost {
    const { signatures, searchSteps, nameComparisons, policyNodes } = this.#spent
    return Object.freeze({ signatures, searchSteps, nameComparisons, policyNodes })
  }
}

/** Completes and checks a caller’s limits. Throws `TypeError` naming the field. */
export function budgetFrom(limits: Partial<BudgetLimits> | undefined): BudgetLimits {
  const merged: Record<keyof BudgetLimits, number> = { ...defaultBudget }
  refuseUnknown(limits ?? {}, new Set(Object.keys(merged)), 'budget')
  for (const [key, value] of Object.entries(limits ?? {})) {
    if (value === undefined) continue
    if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`budget.${key}: expected an integer of 0 or more`)
    merged[key as keyof BudgetLimits] = value
  }
  return Object.freeze(merged)
}
