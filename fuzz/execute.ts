/** One execution: picks something, changes it, and holds what comes out against the oracles. */
import { createVerifier, defaultBudget } from 'countersign'
import type { BudgetLimits, Verdict, Verifier, VerifierOptions, VerifyRequest } from 'countersign'
import { verifySync } from 'countersign/node'
import { pick, shuffled } from '../test/support/random.ts'
import type { Choices } from '../test/support/random.ts'
import { signAgain } from './corpus.ts'
import type { Chain, Corpus } from './corpus.ts'
import { checkRevoked, revokedAnswer, revokedList } from './revocation.ts'
import { mutateDer, mutateText, spliceExtension } from './mutations.ts'
import { Broken, checkParser, checkPemParsers, checkVerdict } from './oracles.ts'
import type { ParserKind } from './oracles.ts'

type Bytes = Uint8Array

/** What was asked: enough to ask it again. */
export type Execution =
  | { readonly kind: 'parse', readonly parser: ParserKind, readonly der: Bytes }
  | { readonly kind: 'pem', readonly text: string }
  | { readonly kind: 'revocation', readonly list: Bytes, readonly response: Bytes, readonly stapled: boolean }
  | { readonly kind: 'verify', readonly chain: Chain, readonly settings: number, readonly flip?: Flip | undefined }

/** One certificate of a chain with one bit changed. */
export interface Flip {
  readonly base: Chain
  readonly original: Bytes
  readonly changed: Bytes
}

/** What a verifier is asked with, beside the chain. */
const settings: readonly Partial<VerifierOptions>[] = [
  {}, {}, { profile: 'rfc5280-strict' }, { profile: 'webpki' }, { profile: 'spiffe' }, { purpose: 'any', policies: { requireExplicitPolicy: true } },
  { budget: { signatures: 3, searchSteps: 40, nameComparisons: 50, policyNodes: 20 } }, { allowLeafAsAnchor: true, purpose: 'any' },
]

/** Chooses what to do. */
export function choose(choices: Choices, corpus: Corpus): Execution {
  const donor = pick(choices, corpus.certificates)
  switch (choices.below(14)) {
    case 12: return chooseRevocation(choices, donor)
    case 13: return choices.below(2) === 0
      ? { kind: 'parse', parser: 'indexed crl', der: mutateDer(pick(choices, corpus.crls), choices, donor) }
      : { kind: 'parse', parser: 'ocsp response', der: mutateDer(pick(choices, corpus.responses), choices, donor) }
    case 0: return { kind: 'parse', parser: 'crl', der: mutateDer(pick(choices, corpus.crls), choices, donor) }
    case 1: return { kind: 'parse', parser: 'csr', der: mutateDer(pick(choices, corpus.csrs), choices, donor) }
    case 2: return { kind: 'parse', parser: 'bundle', der: mutateDer(pick(choices, corpus.bundles), choices, donor) }
    case 3: return choices.below(2) === 0
      ? { kind: 'pem', text: mutateText(pick(choices, corpus.texts), choices) }
      : { kind: 'parse', parser: 'name', der: mutateDer(pick(choices, corpus.names), choices, donor) }
    case 4: case 5: case 6: case 7: return { kind: 'parse', parser: 'certificate', der: changed(pick(choices, corpus.certificates), choices, donor) }
    default: return chooseVerification(choices, corpus, donor)
  }
}

/** A revoked leaf whose list or answer is changed, or both. */
function chooseRevocation(choices: Choices, donor: Bytes): Execution {
  const which = choices.below(3)
  const list = which === 1 ? revokedList : mutateDer(revokedList, choices, donor)
  const response = which === 0 ? revokedAnswer : mutateDer(revokedAnswer, choices, donor)
  return { kind: 'revocation', list, response, stapled: choices.below(2) === 0 }
}

function changed(der: Bytes, choices: Choices, donor: Bytes): Bytes {
  return choices.below(4) === 0 ? spliceExtension(der, choices, donor) : mutateDer(der, choices, donor)
}

function chooseVerification(choices: Choices, corpus: Corpus, donor: Bytes): Execution {
  const base = pick(choices, corpus.chains)
  const which = choices.below(1 + base.intermediates.length)
  const target = which === 0 ? base.leaf : base.intermediates[which - 1]!
  const setting = choices.below(settings.length)
  const replaced = (der: Bytes): Chain => which === 0
    ? { ...base, leaf: der } : { ...base, intermediates: base.intermediates.map((other, i) => i === which - 1 ? der : other) }
  // Invariant 4 of the design: a single bit.
  if (choices.below(3) === 0 && target.length > 0) {
    const flipped = target.slice()
    flipped[choices.below(target.length)]! ^= 1 << choices.below(8)
    return { kind: 'verify', chain: replaced(flipped), settings: setting, flip: { base, original: target, changed: flipped } }
  }
  let der = changed(target, choices, donor)
  if (choices.below(2) === 0) der = signAgain(der)
  const chain = replaced(der)
  let intermediates = [...chain.intermediates]
  switch (choices.below(6)) {
    case 0: intermediates.splice(choices.below(intermediates.length + 1), 1); break
    case 1: intermediates.push(der, donor); break
    case 2: intermediates = shuffled(choices, [...intermediates, ...pick(choices, corpus.chains).intermediates]); break
    default:
  }
  return { kind: 'verify', chain: { ...chain, intermediates: intermediates.slice(0, 60) }, settings: setting }
}

/** Does it. Rejects with a `Broken` where a promise was not kept. */
export async function execute(execution: Execution): Promise<void> {
  switch (execution.kind) {
    case 'parse': return checkParser(execution.parser, execution.der)
    case 'pem': return checkPemParsers(execution.text)
    case 'revocation': return checkRevoked(execution.list, execution.response, execution.stapled)
    case 'verify': {
      const verdict = await verdictOf(execution.chain, execution.settings)
      if (execution.flip !== undefined) await checkSingleBit(execution.flip, execution.settings, verdict)
    }
  }
}

/** Verifiers that have seen all that came before under their anchors. What they remember must move nothing. */
const warm = new WeakMap<Chain['anchors'], Map<number, Verifier>>()

function warmVerifier(anchors: Chain['anchors'], index: number, options: VerifierOptions): Verifier {
  let bySettings = warm.get(anchors)
  if (bySettings === undefined) warm.set(anchors, (bySettings = new Map()))
  let verifier = bySettings.get(index)
  if (verifier === undefined) bySettings.set(index, (verifier = createVerifier(options)))
  return verifier
}

async function verdictOf(chain: Chain, index: number): Promise<Verdict> {
  const options: VerifierOptions = { purpose: 'serverAuth', revocation: 'none', ...settings[index], anchors: chain.anchors }
  const verifier = createVerifier(options)
  const request: VerifyRequest = { leaf: chain.leaf, intermediates: chain.intermediates, names: chain.names, time: chain.time }
  let verdict: Verdict
  let sync: Verdict
  let later: Verdict
  try {
    verdict = await verifier.verify(request)
    sync = verifySync(verifier, request)
    later = await warmVerifier(chain.anchors, index, options).verify(request)
  } catch (error) {
    throw new Broken(`verify threw ${String(error)}`, { cause: error })
  }
  const limits: BudgetLimits = { ...defaultBudget, ...options.budget }
  checkVerdict(verdict, limits)
  const text = JSON.stringify(verdict)
  if (JSON.stringify(sync) !== text) throw new Broken('the drivers differ')
  if (JSON.stringify(later) !== text) throw new Broken('what was verified before moved a verdict')
  return verdict
}

/**
 * No refused case becomes accepted by a changed bit, and no accepted path holds what was changed. This is promised for sound
 * signatures: a fixture that was broken by one bit (of its signature, of its first octet) is mended by changing it back. Where
 * it is not known that all signatures are sound, those of an accepted path are.
 */
async function checkSingleBit({ base, original, changed }: Flip, index: number, verdict: Verdict): Promise<void> {
  if (!verdict.ok) return
  const before = await verdictOf(base, index)
  const holds = (found: Verdict, der: Bytes): boolean => found.ok && found.path.some((certificate) => Buffer.from(certificate.toDer()).equals(Buffer.from(der)))
  if (!before.ok && base.soundlySigned && !before.code.startsWith('budget/')) {
    throw new Broken(`a changed bit made a refusal of ${before.code} an acceptance (${base.title})`)
  }
  if ((base.soundlySigned || holds(before, original)) && holds(verdict, changed)) {
    throw new Broken(`an accepted path holds a certificate with a changed bit (${base.title})`)
  }
}
