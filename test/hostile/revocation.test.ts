/**
 * Lists and responses that are made to hurt, each beside one that is made well. What the caller gives is refused at creation, by
 * name; what a peer staples is an attempt in the verdict; and whatever it takes to decide is within the budget.
 */
import { describe, expect, test } from 'vitest'
import { ParseError, createVerifier, defaultBudget } from 'countersign'
import type { BudgetLimits, Verdict } from 'countersign'
import { verifySync } from 'countersign/node'
import { createRevocationChecker, parseCrl } from 'countersign/revocation'
import type { CertificateRevocation, RevocationCheckerOptions } from 'countersign/revocation'
import { encodeInteger } from '../../src/asn1/index.ts'
import { aki, bc, eku, issue, ku, makeKeys, name, ski } from '../../fixtures/issue.ts'
import type { Bytes, Ext, Keys } from '../../fixtures/issue.ts'
import { day, makeCrl, makeResponse, noCheck, now } from '../../fixtures/revoke.ts'
import type { CrlTemplate } from '../../fixtures/revoke.ts'
import { Random, shuffled } from '../support/random.ts'

const rootKeys = makeKeys('hostile root'), caKeys = makeKeys('hostile ca'), leafKeys = makeKeys('hostile leaf')
const serial = 0x1234
const caUsage: readonly Ext[] = [bc(true), ku(0x60)]

function certify(subject: string, issuer: string, keys: Keys, signer: Keys, number: number, extensions: readonly Ext[]): Bytes {
  return issue({ subject: name(subject), issuer: name(issuer), keys, signer, serial: encodeInteger(number), extensions: [ski(keys.id), ...extensions] })
}
const root = certify('Root', 'Root', rootKeys, rootKeys, 1, caUsage)
const ca = certify('CA', 'Root', caKeys, rootKeys, 2, caUsage)
const leaf = certify('leaf', 'CA', leafKeys, caKeys, serial, [ku(1), aki(caKeys.id)])
const rootList = makeCrl({ issuer: name('Root'), signer: rootKeys })
const listOf = (issuer: string, signer: Keys, more: Partial<CrlTemplate> = {}): Bytes => makeCrl({ issuer: name(issuer), signer, ...more })
const good = listOf('CA', caKeys, { entries: [{ serial: 7, reason: 1 }] })
const revoking = listOf('CA', caKeys, { entries: [{ serial, reason: 1 }] })

interface Question extends Partial<RevocationCheckerOptions> {
  readonly more?: readonly Bytes[]
  readonly stapled?: Bytes
  readonly budget?: Partial<BudgetLimits>
}

/** Both drivers, whose verdicts must be equal. */
async function ask({ more = [], stapled, budget = {}, ...options }: Question): Promise<Verdict> {
  const revocation = createRevocationChecker({ mode: 'hard', ...options, crls: [rootList, ...options.crls ?? []] })
  const verifier = (): ReturnType<typeof createVerifier> => createVerifier({ anchors: [root], purpose: 'any', revocation, budget })
  const request = { leaf, intermediates: [ca, ...more], names: 'unchecked', time: now, ...(stapled && { ocspResponse: stapled }) } as const
  const verdict = await verifier().verify(request)
  expect(JSON.stringify(verifySync(verifier(), request))).toBe(JSON.stringify(verdict))
  expect(verdict.cost.signatures).toBeLessThanOrEqual(budget.signatures ?? defaultBudget.signatures)
  return verdict
}

const codeOf = (verdict: Verdict): string => verdict.ok ? 'good' : verdict.code
const foundIn = (verdict: Verdict): readonly CertificateRevocation[] =>
  (verdict.ok ? verdict.revocation === 'none' ? [] : verdict.revocation : verdict.attempts.flatMap(({ revocation }) => revocation ?? []))
const attemptsOf = (verdict: Verdict): readonly string[] => foundIn(verdict).flatMap(({ attempts }) => attempts.map(({ code }) => code))

/** The element at `at` says that it has 4 GiB less one octet of content. */
function claimingFourGib(bytes: Bytes, at: number): Bytes {
  const header = bytes[at + 1]! < 0x80 ? 2 : 2 + (bytes[at + 1]! & 0x7f)
  return Uint8Array.from([...bytes.subarray(0, at + 1), 0x84, 0xff, 0xff, 0xff, 0xff, ...bytes.subarray(at + header)])
}

function sequenceStarts(bytes: Bytes): number[] {
  return [...bytes.keys()].filter((at) => bytes[at] === 0x30 && at + 2 + (bytes[at + 1]! & 0x7f) <= bytes.length)
}

describe('a list that is not one', () => {
  const parse = (bytes: Bytes): string => {
    try {
      parseCrl(bytes)
      return 'a list'
    } catch (error) {
      return error instanceof ParseError ? 'refused' : String(error)
    }
  }

  test('that claims to be of 4 GiB, in any of its parts', async () => {
    expect(codeOf(await ask({ crls: [good] }))).toBe('good')
    const parts = sequenceStarts(good)
    expect(parts.length).toBeGreaterThan(10)
    for (const at of parts) {
      const claiming = claimingFourGib(good, at)
      expect(parse(claiming), `at ${at}`).toBe('refused')
      expect(() => createRevocationChecker({ mode: 'hard', crls: [good, claiming] })).toThrow(/^options\.crls\[1\]: /)
    }
  })

  test('that ends early, at any octet, or late', () => {
    expect(parse(good)).toBe('a list')
    for (let length = 0; length < good.length; length++) expect(parse(good.subarray(0, length)), `${length} octets`).toBe('refused')
    expect(parse(Uint8Array.of(...good, 0))).toBe('refused')
  })

  test.each<readonly [string, Partial<RevocationCheckerOptions>, RegExp]>([
    ['a truncated list', { crls: [good, good.subarray(0, 90)] }, /^options\.crls\[1\]: /],
    ['a certificate for a list', { crls: [good, good, ca] }, /^options\.crls\[2\]: /],
    ['no bytes at all', { crls: ['text' as never] }, /^options\.crls\[0\]: /],
    ['a list for a response', { ocspResponses: [good] }, /^options\.ocspResponses\[0\]: /],
    ['a list for a certificate', { certificates: [ca, good] }, /^options\.certificates\[1\]: /],
  ])('given by the caller is said by name: %s', (_, options, message) => {
    expect(() => createRevocationChecker({ mode: 'hard', ...options })).toThrow(message)
    expect(() => createRevocationChecker({ mode: 'hard', ...options })).toThrow(TypeError)
  })
})

test('entries out of order, and each of them twice: every one counts, and no other', () => {
  const serials = Array.from({ length: 1500 }, (_, i) => 3 * i * i + 5)
  const entries = shuffled(new Random(5), [...serials, ...serials]).map((serial) => ({ serial, reason: 1 }))
  const crl = parseCrl(listOf('CA', caKeys, { entries }))
  const find = (serial: number): number | undefined => {
    const digits = serial.toString(16)
    const even = digits.padStart(digits.length + (digits.length % 2), '0')
    return crl.find(/^[89a-f]/.test(even) ? `00${even}` : even, crl.issuer.key)?.reason
  }
  for (const serial of serials) {
    expect(find(serial)).toBe(1)
    expect(find(serial + 1)).toBeUndefined()
  }
})

describe('a response', () => {
  const about = { about: leaf, issuer: ca } as const
  /** Of serials that only their last octets tell apart. */
  const others = Array.from({ length: 9_999 }, (_, i) => ({ ...about, serial: Uint8Array.of(0x40, i >> 8, i & 0xff) }))

  test('of 10 000 answers, the last of which is ours', async () => {
    const bytes = makeResponse({ signer: caKeys, answers: [...others, about] })
    expect(codeOf(await ask({ ocspResponses: [bytes] }))).toBe('good')
    const revoked = await ask({ ocspResponses: [makeResponse({ signer: caKeys, answers: [...others, { ...about, status: { revoked: new Date(now - day) } }] })] })
    expect(codeOf(revoked)).toBe('revocation/revoked')
    // From a peer so much is not read.
    const stapled = await ask({ stapled: bytes })
    expect([codeOf(stapled), ...attemptsOf(stapled)]).toEqual(['revocation/undetermined', 'ocsp/too-large'])
    expect(revoked.cost.signatures).toBeLessThan(10)
  })

  test('of 1 000 answers about one certificate, few of which are reported', async () => {
    const stale = { ...about, thisUpdate: new Date(now - 3 * day), nextUpdate: new Date(now - 2 * day) }
    const answers = Array.from({ length: 1_000 }, (_, i) => ({ ...stale, thisUpdate: new Date(now - 3 * day - 1000 * i) }))
    const verdict = await ask({ ocspResponses: [makeResponse({ signer: caKeys, answers })] })
    expect(codeOf(verdict)).toBe('revocation/undetermined')
    expect(attemptsOf(verdict)).toEqual(Array.from({ length: 32 }, () => 'ocsp/expired'))
    const current = await ask({ ocspResponses: [makeResponse({ signer: caKeys, answers: answers.map(({ thisUpdate: _, nextUpdate: __, ...answer }) => answer) })] })
    expect(codeOf(current)).toBe('good')
    expect(foundIn(current)[0]!.sources).toHaveLength(32)
  })

  test('with 17 certificates, and with 16', async () => {
    const keys = makeKeys('hostile responder')
    const delegate = (number: number): Bytes => certify('Responder', 'CA', keys, caKeys, number, [ku(1), eku('1.3.6.1.5.5.7.3.9'), noCheck])
    const filler = certify('Somebody', 'CA', leafKeys, caKeys, 0x100, [ku(1)])
    const carrying = (count: number): Bytes => makeResponse({
      signer: keys, answers: [about], certificates: [...Array.from({ length: count - 1 }, () => filler), delegate(0x101)],
    })
    expect(codeOf(await ask({ stapled: carrying(16) }))).toBe('good')
    const verdict = await ask({ stapled: carrying(17) })
    expect([codeOf(verdict), ...attemptsOf(verdict)]).toEqual(['revocation/undetermined', 'ocsp/malformed'])
    expect(() => createRevocationChecker({ mode: 'hard', ocspResponses: [carrying(16), carrying(17)] })).toThrow(/^options\.ocspResponses\[1\]: /)
  })
})

test('certificates in a response are charged like candidates, by their number and by their long names', async () => {
  const filler = (label: string): Bytes => certify(label, 'CA', leafKeys, caKeys, 0x100, [ku(1)])
  const stapled = (certificates: readonly Bytes[]): Bytes => makeResponse({ signer: caKeys, responder: name('Nobody'), answers: [{ about: leaf, issuer: ca }], certificates })
  const steps = async (certificates: readonly Bytes[], searchSteps?: number): Promise<readonly [string, number]> => {
    const verdict = await ask({ stapled: stapled(certificates), ...(searchSteps === undefined ? {} : { budget: { searchSteps } }) })
    return [codeOf(verdict), verdict.cost.searchSteps]
  }
  const [, none] = await steps([])
  const sixteen = Array.from({ length: 16 }, (_, i) => filler(`Somebody ${i}`))
  expect(await steps(sixteen)).toEqual(['revocation/undetermined', none + 16])
  const [, long] = await steps([filler('x'.repeat(6400))])
  expect(long - none).toBeGreaterThan(90)
  expect(await steps(sixteen, none + 16)).toEqual(['revocation/undetermined', none + 16])
  expect((await steps(sixteen, none + 15))[0]).toBe('budget/search-steps')
})

describe('signers that vouch for each other', () => {
  /**
   * CAs in a ring: the key that signs the lists of each is certified by the next, so that whether it is revoked stands on the
   * list that the next one’s key signs, and so on round.
   */
  function ring(names: readonly string[]): Question {
    const own = new Map(names.map((of) => [of, of === 'CA' ? caKeys : makeKeys(`ring ${of}`)]))
    const next = (i: number): string => names[(i + 1) % names.length]!
    const listKeys = names.map((of) => makeKeys(`ring lists of ${of}`))
    return {
      more: [
        ...names.slice(1).map((of, i) => certify(of, 'Root', own.get(of)!, rootKeys, 0x20 + i, caUsage)),
        ...names.map((of, i) => certify(of, next(i), listKeys[i]!, own.get(next(i))!, 0x30 + i, [bc(false), ku(0x40), aki(own.get(next(i))!.id)])),
      ],
      crls: names.map((of, i) => listOf(of, listKeys[i]!)),
    }
  }

  test.each([[['CA', 'B']], [['CA', 'B', 'C']], [['CA', 'B', 'C', 'D', 'E', 'F']]])('%j: speak for nobody, and cost few signatures', async (names) => {
    for (const mode of ['hard', { leaf: 'hard', ca: 'soft' }] as const) {
      const verdict = await ask({ ...ring(names), mode })
      expect([codeOf(verdict), ...attemptsOf(verdict)]).toEqual(['revocation/undetermined', 'crl/no-signer'])
      expect(verdict.cost.signatures).toBeLessThanOrEqual(8 * names.length)
    }
  })
})

describe('64 lists by one name and as many keys', () => {
  const keys = Array.from({ length: 64 }, (_, i) => makeKeys(`hostile lists ${i}`))
  const signers = keys.map((of, i) => certify('CA', 'Root', of, rootKeys, 0x40 + i, [bc(false), ku(0x40), aki(rootKeys.id)]))
  /** Nothing in them says which key signed. */
  const unnamed = keys.map((of, i) => listOf('CA', of, { number: 100 + i, thisUpdate: new Date(now - day - 1000 * i) }))
  // A list of somebody else’s key: all are tried, and none is right.
  const forged = listOf('CA', makeKeys('hostile stranger'), { number: 999 })

  test('more signatures than the budget has are a refusal that says so; with more of them it is judged', async () => {
    const question: Question = { more: signers, crls: [forged, ...unnamed] }
    const refused = await ask({ ...question, budget: { signatures: 40 } })
    expect(codeOf(refused)).toBe('budget/signatures')
    expect(refused.cost.signatures).toBe(40)
    const judged = await ask({ ...question, budget: { signatures: 10_000 } })
    expect(codeOf(judged)).toBe('good')
    expect(attemptsOf(judged)).toContain('crl/invalid-signature')
  })

  test('a list that names its key costs no other', async () => {
    const named = listOf('CA', keys[63]!, { number: 1000, extensions: [aki(keys[63]!.id)] })
    expect(codeOf(await ask({ more: signers, crls: [named] }))).toBe('good')
  })
})

test('the twin of all: one list that revokes', async () => {
  expect(codeOf(await ask({ crls: [revoking] }))).toBe('revocation/revoked')
})
