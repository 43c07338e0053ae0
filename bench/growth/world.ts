/** Chains made to grow: a builder over the benchmarks' CA, and how one operation is run. */
import { createVerifier } from 'countersign'
import type { NameExpectation, Verifier, VerifierOptions } from 'countersign'
import { aki, bc, ku, name, ski } from '../../fixtures/issue.ts'
import type { Bytes, Ext } from '../../fixtures/issue.ts'
import { issueCertificate, newSigner } from '../authority.ts'
import type { Signer } from '../authority.ts'
import type { Turn } from '../timing.ts'

/** A name with its key. */
export interface Party {
  readonly name: Bytes
  readonly signer: Signer
}

// Keys are dear to make, and names tell parties apart: a few keys serve thousands of CAs.
const keys: Signer[] = Array.from({ length: 8 }, () => newSigner('p256'))

export function party(commonName: string, number = 0): Party {
  return { name: name(commonName), signer: keys[number % keys.length]! }
}

let serial = 0x20000

/** A CA's certificate, by an issuer. */
export function certifyCa(subject: Party, issuer: Party, ...more: Ext[]): Bytes {
  return issueCertificate({
    subject: subject.name, issuer: issuer.name, spki: subject.signer.spki, signer: issuer.signer, serial: serial++,
    extensions: [bc(true), ku(0x60), ski(subject.signer.id), aki(issuer.signer.id), ...more],
  }).der
}

export function certifyLeaf(commonName: string, issuer: Party, ...more: Ext[]): Bytes {
  const subject = party(commonName, 7)
  return issueCertificate({
    subject: subject.name, issuer: issuer.name, spki: subject.signer.spki, signer: issuer.signer, serial: serial++,
    extensions: [ku(1), ski(subject.signer.id), aki(issuer.signer.id), ...more],
  }).der
}

export interface Question {
  readonly anchors: readonly Bytes[]
  readonly leaf: Bytes
  readonly intermediates: readonly Bytes[]
  readonly names?: NameExpectation
  readonly options?: Partial<VerifierOptions>
}

export function verifierFor({ anchors, options = {} }: Pick<Question, 'anchors' | 'options'>): Verifier {
  return createVerifier({ anchors, purpose: 'any', revocation: 'none', ...options })
}

/** Each operation asks a verifier of its own, which has seen nothing, with the bytes as they came. */
export function askedAnew(question: Question): (operations: number) => Turn {
  const { leaf, intermediates, names = 'unchecked' } = question
  return (operations) => {
    const verifiers = Array.from({ length: operations }, () => verifierFor(question))
    return async () => {
      for (const verifier of verifiers) {
        const verdict = await verifier.verify({ leaf, intermediates, names })
        if (!verdict.ok) throw new Error(`growth: ${verdict.code}`)
      }
    }
  }
}
