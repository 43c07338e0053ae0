/**
 * Memory, as the heap and the array buffers after collection: what parsed certificates hold beyond their DER, and what a
 * verifier holds after many chains. Needs `--expose-gc`.
 */
import { setImmediate } from 'node:timers/promises'
import { rootCertificates } from 'node:tls'
import { createVerifier, parseCertificate, parsePem } from 'countersign'
import type { Certificate, Verifier } from 'countersign'
import { certifyCa, certifyLeaf } from './growth/world.ts'
import type { Party } from './growth/world.ts'
import { newSigner } from './authority.ts'
import { name } from '../fixtures/issue.ts'

export interface HeldMemory {
  readonly what: string
  /** Bytes of one certificate, beyond its DER. */
  readonly bytes: number
}

export interface MeasuredMemory {
  readonly certificates: number
  readonly meanDer: number
  readonly held: readonly HeldMemory[]
  readonly verifiers: readonly { readonly chains: number, readonly bytes: number }[]
}

const certificateCount = 20_000
/** The last two are far beyond what a bounded cache holds. */
const chainCounts: readonly number[] = [512, 2_048, 8_192]

export async function measureMemory(progress: (text: string) => void): Promise<MeasuredMemory> {
  progress('memory of certificates')
  const certificates = await measureCertificates(certificateCount)
  progress('memory of a verifier')
  return { ...certificates, verifiers: await measureVerifier() }
}

/** The same verifier all along: one chain after another, each with an issuing CA of its own key. */
async function measureVerifier(): Promise<MeasuredMemory['verifiers']> {
  const root: Party = { name: name('Memory Root'), signer: newSigner('p256') }
  const anchor = certifyCa(root, root)
  const create = (): Verifier => createVerifier({ anchors: [anchor], purpose: 'any', revocation: 'none' })
  const show = async (verifier: Verifier, chains: number): Promise<void> => {
    for (let i = 0; i < chains; i++) {
      const issuing: Party = { name: name('Memory CA'), signer: newSigner('p256') }
      await verifier.require({ leaf: certifyLeaf('leaf', issuing), intermediates: [certifyCa(issuing, root)], names: 'unchecked' })
    }
  }
  // Another verifier first, for what is allocated only once: code, tables.
  await show(create(), chainCounts[1]!)
  const before = await inUse()
  const verifier = create()
  const found: { chains: number, bytes: number }[] = []
  let seen = 0
  for (const chains of chainCounts) {
    await show(verifier, chains - seen)
    seen = chains
    found.push({ chains, bytes: (await inUse()) - before })
  }
  // Asked once more, so that it is alive until here.
  await show(verifier, 1)
  return found
}

async function measureCertificates(certificates: number): Promise<Omit<MeasuredMemory, 'verifiers'>> {
  const roots = rootCertificates.map((pem) => parsePem(pem)[0]!.bytes)
  const sources = Array.from({ length: certificates }, (_, i) => roots[i % roots.length]!)
  const der = sources.reduce((sum, { length }) => sum + length, 0)
  const held = async (what: string, read: (certificate: Certificate) => void): Promise<HeldMemory> => {
    const kept = new Array<Certificate | undefined>(certificates).fill(undefined)
    const before = await inUse()
    for (let i = 0; i < certificates; i++) {
      const certificate = parseCertificate(sources[i]!)
      read(certificate)
      kept[i] = certificate
    }
    const after = await inUse()
    // Reads the array after the measurement, so that it is alive during it.
    if (kept.includes(undefined)) throw new Error('memory: not all were kept')
    return { what, bytes: Math.round((after - before - der) / certificates) }
  }
  // Once for what is allocated only once: code, tables.
  await held('', (certificate) => certificate.decodeAll())
  return {
    certificates, meanDer: Math.round(der / certificates),
    held: [
      await held('parsed', () => undefined),
      await held('parsed, and its names compared as a verification does', (certificate) => void [certificate.issuer.key, certificate.subject.key]),
      await held('parsed, and everything decoded', (certificate) => certificate.decodeAll()),
    ],
  }
}

async function inUse(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('memory: needs --expose-gc')
  // What the runtime holds outside the heap is let go in a later turn of the event loop.
  for (let i = 0; i < 4; i++) {
    globalThis.gc()
    await setImmediate()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
