/**
 * Groups `verify-cold`, `verify-warm` and `verify-64`: a leaf, its intermediate and a root as the anchor, from DER to
 * verdict, beside the bare WebCrypto calls that no verifier can do without.
 *
 * Cold: the verifier stands, with its anchor; it has seen neither keys nor certificates. Warm: it has accepted another
 * leaf of the same issuer. Each operation has a certificate that its verifier has not seen, in a buffer of its own.
 */
import { createVerifier } from 'countersign'
import { verifySync } from 'countersign/node'
import type { Verifier } from 'countersign'
import { newAuthority } from './authority.ts'
import type { Authority, Issued, KeyKind } from './authority.ts'
import { bareCheck, cheapestForm, importBare, verifyBare } from './subjects/floor.ts'
import type { BareCheck, KeyForm } from './subjects/floor.ts'
import type { Subject } from './timing.ts'

export const verificationKinds: readonly KeyKind[] = ['p256', 'rsa2048', 'ed25519']

/** What the cases of one kind of key share: it takes a while to make. */
export interface World {
  readonly kind: KeyKind
  readonly authorities: readonly Authority[]
  /** Each of one authority, the first. */
  readonly leaves: readonly Issued[]
  readonly form: KeyForm
}

export async function createWorld(kind: KeyKind, sizes: { readonly authorities: number, readonly leaves: number }): Promise<World> {
  const authorities = Array.from({ length: sizes.authorities }, () => newAuthority(kind))
  const [first] = authorities as [Authority]
  const leaves = Array.from({ length: sizes.leaves }, () => first.leaf())
  return { kind, authorities, leaves, form: await cheapestForm(bareCheck(first.root, first.intermediateCertificate)) }
}

function verifierOf({ rootCertificate }: Authority): Verifier {
  return createVerifier({ anchors: [rootCertificate.der.slice()], purpose: 'serverAuth', revocation: 'none' })
}

interface Request { readonly leaf: Uint8Array, readonly intermediates: readonly Uint8Array[] }

async function accept(verifier: Verifier, { leaf, intermediates }: Request): Promise<void> {
  const verdict = await verifier.verify({ leaf, intermediates, names: 'unchecked' })
  if (!verdict.ok) throw new Error(`countersign: ${verdict.code}`)
}

/** The driver of Node’s adapters, on this thread. */
function acceptSync(verifier: Verifier, { leaf, intermediates }: Request): void {
  const verdict = verifySync(verifier, { leaf, intermediates, names: 'unchecked' })
  if (!verdict.ok) throw new Error(`countersign/node: ${verdict.code}`)
}

function requestOf(leaf: Issued, { intermediateCertificate }: Authority): Request {
  return { leaf: leaf.der.slice(), intermediates: [intermediateCertificate.der.slice()] }
}

/** Chains that no verifier has seen, so many in turn. */
function chainsOf({ authorities }: World): (operations: number) => { readonly authority: Authority, readonly leaf: Issued, readonly checks: readonly BareCheck[] }[] {
  const chains = authorities.map((authority) => {
    const leaf = authority.leaf()
    return { authority, leaf, checks: [bareCheck(authority.intermediate, leaf), bareCheck(authority.root, authority.intermediateCertificate)] }
  })
  let next = 0
  return (operations) => Array.from({ length: operations }, () => chains[next++ % chains.length]!)
}

/** Each with a verifier of its own, which is made before it is timed. */
function coldWork(chains: ReturnType<ReturnType<typeof chainsOf>>): { readonly verifier: Verifier, readonly request: Request }[] {
  return chains.map(({ authority, leaf }) => ({ verifier: verifierOf(authority), request: requestOf(leaf, authority) }))
}

/** New keys: countersign and both floors. */
export function coldSubjects(world: World): Subject[] {
  const take = chainsOf(world)
  return [
    {
      name: 'countersign',
      prepare(operations) {
        const work = coldWork(take(operations))
        return async () => { for (const { verifier, request } of work) await accept(verifier, request) }
      },
    },
    coldFloor(world, take),
    {
      name: 'floor', group: 'verify-cold-in-turn',
      prepare(operations) {
        const work = take(operations)
        return async () => { for (const { checks } of work) for (const bare of checks) await verifyBare(bare, await importBare(bare, world.form)) }
      },
    },
  ]
}

function coldFloor({ form }: World, take: ReturnType<typeof chainsOf>): Subject {
  const check = async (bare: BareCheck): Promise<void> => verifyBare(bare, await importBare(bare, form))
  return {
    name: 'floor',
    prepare(operations) {
      const work = take(operations)
      return async () => { for (const { checks } of work) await Promise.all(checks.map(check)) }
    },
  }
}

/**
 * The same by `verifySync`, beside the floor once more. Not among the others: a turn in which no other thread has work lets those fall asleep, and
 * the next turn pays for it.
 */
export function coldSyncSubjects(world: World): Subject[] {
  const take = chainsOf(world)
  return [
    {
      name: 'countersign/node',
      prepare(operations) {
        const work = coldWork(take(operations))
        return () => { for (const { verifier, request } of work) acceptSync(verifier, request) }
      },
    },
    coldFloor(world, take),
  ]
}

/** A verifier that has seen the issuers, and leaves that it has not seen. */
async function warmWork(
  { authorities, leaves }: World, operations: number, first: (verifier: Verifier, request: Request) => void | Promise<void> = accept,
): Promise<{ verifier: Verifier, requests: Request[] }> {
  const [authority] = authorities as [Authority]
  if (operations > leaves.length - 1) throw new Error(`only ${leaves.length} leaves for ${operations} operations`)
  const verifier = verifierOf(authority)
  await first(verifier, requestOf(leaves[leaves.length - 1]!, authority))
  return { verifier, requests: leaves.slice(0, operations).map((leaf) => requestOf(leaf, authority)) }
}

async function bareWork({ authorities, leaves, form }: World): Promise<{ key: CryptoKey, checks: BareCheck[] }> {
  const [authority] = authorities as [Authority]
  const checks = leaves.map((leaf) => bareCheck(authority.intermediate, leaf))
  return { checks, key: await importBare(checks[0]!, form) }
}

/** New leaves under known issuers, one after another. The floor is one `verify` with an imported key. */
export async function warmSubjects(world: World): Promise<Subject[]> {
  return [
    {
      name: 'countersign',
      async prepare(operations) {
        const { verifier, requests } = await warmWork(world, operations)
        return async () => { for (const request of requests) await accept(verifier, request) }
      },
    },
    warmFloor(await bareWork(world)),
  ]
}

function warmFloor({ checks, key }: Awaited<ReturnType<typeof bareWork>>): Subject {
  return {
    name: 'floor',
    prepare: (operations) => async () => { for (let i = 0; i < operations; i++) await verifyBare(checks[i]!, key) },
  }
}

/** The same by `verifySync`, and beside the floor what any verifier is up against that computes at all between one signature and the next. */
export async function warmSyncSubjects(world: World): Promise<Subject[]> {
  const { checks, key } = await bareWork(world)
  return [
    {
      name: 'countersign/node',
      async prepare(operations) {
        const { verifier, requests } = await warmWork(world, operations, acceptSync)
        return () => { for (const request of requests) acceptSync(verifier, request) }
      },
    },
    warmFloor({ checks, key }),
    {
      name: 'floor', group: 'verify-warm-busy',
      prepare: (operations) => async () => {
        for (let i = 0; i < operations; i++) {
          compute(busyMicroseconds)
          await verifyBare(checks[i]!, key)
        }
      },
    },
  ]
}

const busyMicroseconds = 20

function compute(microseconds: number): void {
  const end = performance.now() + microseconds / 1000
  while (performance.now() < end);
}

/** The same, so many at a time. */
export async function togetherSubjects(world: World, together: number): Promise<Subject[]> {
  const { checks, key } = await bareWork(world)
  const inBatches = async <T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> => {
    for (let i = 0; i < items.length; i += together) await Promise.all(items.slice(i, i + together).map(run))
  }
  return [
    {
      name: 'countersign', multiple: together,
      async prepare(operations) {
        const { verifier, requests } = await warmWork(world, operations)
        return () => inBatches(requests, (request) => accept(verifier, request))
      },
    },
    {
      name: 'floor', multiple: together,
      prepare(operations) {
        const bare = checks.slice(0, operations)
        return () => inBatches(bare, (check) => verifyBare(check, key))
      },
    },
  ]
}
