/** What the makers of cases hand over, and the form in which it is written. */
import type { TableCase } from '../portable/tables.ts'
import type { SignatureCheck } from 'countersign/path'

export type Row = Pick<TableCase, 'table' | 'row'>
export type Policy = TableCase['policy']
export type Expected = TableCase['expected']

export const accepted: Expected = 'accepted'

export function refused(code: string, reason?: string): Expected {
  return reason === undefined ? { code } : { code, reason }
}

export const badKey = (reason: string): Expected => refused('crypto/malformed-key', reason)
export const badSignature = (reason: string): Expected => refused('crypto/invalid-signature', reason)
export const changed: Expected = badSignature('verification-failed')

/** Base64 of each part of a check. */
export function written(check: SignatureCheck): Pick<TableCase, 'spki' | 'algorithm' | 'data' | 'signature'> {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  return { spki: text(check.spki), algorithm: text(check.algorithm), data: text(check.data), signature: text(check.signature) }
}

/** Collects cases. */
export class Table {
  readonly cases: TableCase[] = []
  readonly #row: Row

  constructor(table: TableCase['table'], row: string) {
    this.#row = { table, row }
  }

  add(name: string, clause: string, expected: Expected, check: SignatureCheck, policy: Policy = 'default'): this {
    this.cases.push({ ...this.#row, name, clause, policy, expected, ...written(check) })
    return this
  }

  /** The case, and its twin over other data, which must be refused. */
  addBoth(name: string, clause: string, check: SignatureCheck, policy: Policy = 'default'): this {
    return this.add(name, clause, accepted, check, policy)
      .add(`${name}, over other data`, clause, changed, { ...check, data: new TextEncoder().encode('something else') }, policy)
  }
}
