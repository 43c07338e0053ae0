/**
 * Group `worst`: what the dearest inputs within the default budget cost, beside as many of the dearest signatures that the
 * default algorithms allow, imported and verified one after another.
 */
import { createVerifier, defaultBudget } from 'countersign'
import type { Cost, RefusedVerdict } from 'countersign'
import { newSigner } from '../authority.ts'
import type { KeyKind } from '../authority.ts'
import { bareCheck, cheapestForm, importBare, verifyBare } from '../subjects/floor.ts'
import type { MeasuredCase } from '../table.ts'
import { timeTogether } from '../timing.ts'
import type { Plan, Subject } from '../timing.ts'
import { createHostileWorld } from './inputs.ts'

/** The kinds that can be the dearest; the smaller RSA keys and Ed25519 cannot. */
const candidates: readonly KeyKind[] = ['p256', 'p384', 'p521', 'rsa4096', 'ed25519']

export interface WorstCase extends MeasuredCase {
  readonly verdict: Pick<RefusedVerdict, 'code'> & { readonly cost: Cost }
}

export interface MeasuredWorst {
  /** Microseconds of one import and one verification, by kind of key. */
  readonly signatures: MeasuredCase
  readonly dearest: KeyKind
  readonly cases: readonly WorstCase[]
}

/** At least 7 rounds, but where one operation takes seconds: such a number needs no fine measuring. */
function planFor(ms: number): Plan {
  return { rounds: ms > 2000 ? 1 : 7, turnMs: 100, maxOperations: 8 }
}

async function bareSubject(kind: KeyKind, name: string, signatures: number): Promise<Subject> {
  const signers = Array.from({ length: kind.startsWith('rsa') ? 2 : 8 }, () => newSigner(kind))
  const data = new TextEncoder().encode('bench')
  const checks = signers.map((signer) => bareCheck(signer, { tbs: data, signature: signer.sign(data) }))
  const form = await cheapestForm(checks[0]!)
  return {
    name,
    prepare: (operations) => async () => {
      for (let i = 0; i < operations * signatures; i++) {
        const check = checks[i % checks.length]!
        await verifyBare(check, await importBare(check, form))
      }
    },
  }
}

export async function measureWorst(progress: (text: string) => void): Promise<MeasuredWorst> {
  const kinds = []
  for (const kind of candidates) kinds.push(await bareSubject(kind, kind, 1))
  const timed = await timeTogether('worst-signature', kinds, { rounds: 15, turnMs: 20, maxOperations: 64 })
  const dearest = timed.reduce((worst, one) => (one.us > worst.us ? one : worst)).subject as KeyKind
  const { anchor, inputs } = createHostileWorld(dearest)
  const floor = await bareSubject(dearest, 'floor', defaultBudget.signatures)
  const cases: WorstCase[] = []
  for (const { name, leaf, intermediates } of inputs) {
    const ask = async (): Promise<RefusedVerdict> => {
      const verifier = createVerifier({ anchors: [anchor], purpose: 'any', revocation: 'none' })
      const verdict = await verifier.verify({ leaf, intermediates, names: 'unchecked' })
      if (verdict.ok) throw new Error(`worst: ${name} was accepted`)
      return verdict
    }
    const subject: Subject = {
      name: 'countersign',
      prepare: (operations) => async () => { for (let i = 0; i < operations; i++) await ask() },
    }
    progress(`worst ${name}`)
    const start = performance.now()
    const { code, cost } = await ask()
    const plan = planFor(performance.now() - start)
    cases.push({ group: 'worst', case: name, timed: await timeTogether('worst', [subject, floor], plan), verdict: { code, cost } })
  }
  return { signatures: { group: 'worst-signature', case: 'import-and-verify', timed }, dearest, cases }
}
