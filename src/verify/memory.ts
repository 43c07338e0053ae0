/**
 * What a verifier remembers from one verification to the next: certificates whose signature was found good, with the keys
 * it is good under. Nothing in here can change a verdict: a signature that is remembered is charged to the budget like one
 * that is checked, and every rule that depends on more than the certificate's bytes is judged anew.
 *
 * Only paths that were accepted are remembered, so that nobody fills the memory who has no certificate under an anchor. A
 * certificate is known again by all of its bytes. The memory is bounded in number and in bytes; the certificate that was
 * used longest ago gives way. An issuer’s last good key is remembered by his name, to start with a leaf’s signature at once.
 */
import { equalBytes, hashBytes } from '../asn1/index.ts'
import type { Certificate } from '../x509/index.ts'
import { internals } from '../x509/certificate.ts'
import { Name, adoptDecoded, nameHash } from '../x509/name.ts'
import { publicKeyOf } from '../path/anchor.ts'
import type { CertificateFinding, CertificateRole, LastingJudgements, TrustAnchor } from '../path/index.ts'
import type { RevocationMemory } from '../revocation/memory.ts'
import type { CheckerInternals } from '../revocation/registry.ts'

/** The most certificates that a verifier remembers. */
export const maxRemembered = 512
/** The most bytes of DER of one that is remembered: with `maxRemembered`, 8 MiB in all. */
export const maxRememberedBytes: number = 16 * 1024
/** The most keys under which one certificate's signature is remembered: cross-signed CAs have two or three. */
const maxSigners = 4

interface Entry {
  readonly certificate: Certificate
  readonly signers: Uint8Array[]
  /** What is wrong with it in a role, but for the dates. */
  readonly findings: { [role in CertificateRole]?: readonly CertificateFinding[] }
}

/** An issuer's name, and the key that a certificate of his was found good under last. */
interface KnownIssuer {
  readonly name: Name
  readonly key: Uint8Array
}

export class VerifierMemory implements LastingJudgements {
  /** By a hash of the bytes, which picks the place; equal bytes decide. The order is that of use. */
  readonly #entries = new Map<number, Entry>()
  /** The same entries by their certificates, which are these very objects. */
  readonly #entryOf = new Map<Certificate, Entry>()
  #youngest: Entry | undefined
  readonly #issuers = new Map<number, KnownIssuer>()
  /** Hashes of leaves that were accepted once, each in its place. */
  readonly #seenOnce = new Int32Array(maxRemembered)
  #revocation: RevocationMemory | undefined

  /** What is remembered of revocation. */
  revocationFor(checker: CheckerInternals): RevocationMemory {
    return (this.#revocation ??= checker.createMemory())
  }

  get size(): number {
    return this.#entries.size
  }

  /** The certificate that has these bytes, if it is remembered. The bytes may be the caller's own: they are only compared. */
  recall(bytes: Uint8Array): Certificate | undefined {
    if (bytes.length > maxRememberedBytes) return undefined
    const hash = hashOf(bytes)
    const entry = this.#entries.get(hash)
    if (entry === undefined || !equalBytes(internals(entry.certificate).bytes, bytes)) return undefined
    this.#use(hash, entry)
    return entry.certificate
  }

  /** True for a certificate that `recall` may give again. */
  holds(certificate: Certificate): boolean {
    return this.#entryOf.has(certificate)
  }

  /** True where the certificate's signature was found good under this key. */
  isSignedBy(certificate: Certificate, issuer: Certificate | TrustAnchor): boolean {
    const signers = this.#entryOf.get(certificate)?.signers
    if (signers === undefined) return false
    const key = publicKeyOf(issuer)
    return signers.some((signer) => equalBytes(signer, key))
  }

  findingsOf(certificate: Certificate, role: CertificateRole): readonly CertificateFinding[] | undefined {
    return this.#entryOf.get(certificate)?.findings[role]
  }

  keepFindings(certificate: Certificate, role: CertificateRole, findings: readonly CertificateFinding[]): void {
    const entry = this.#entryOf.get(certificate)
    if (entry !== undefined) entry.findings[role] = findings
  }

  /** Spares the name of an issuer its decoding, where the same name is known. Returns the key he is known by. */
  recognize(issuer: Name): Uint8Array | undefined {
    const known = this.#issuers.get(nameHash(issuer))
    return known !== undefined && adoptDecoded(issuer, known.name) ? known.key : undefined
  }

  /** Remembers the certificates of an accepted path: the issuers at once, the leaf when it comes for the second time. */
  remember(path: readonly Certificate[], anchor: TrustAnchor): void {
    for (let i = path.length - 1; i > 0; i--) {
      if (!this.isSignedBy(path[i]!, path[i + 1] ?? anchor)) this.#rememberOne(path[i]!, path[i + 1] ?? anchor)
    }
    const leaf = path[0]!
    if (this.isSignedBy(leaf, path[1] ?? anchor)) return
    if (this.#entryOf.has(leaf) || this.#wasSeen(leaf)) this.#rememberOne(leaf, path[1] ?? anchor)
    else this.#rememberIssuer(leaf.issuer, publicKeyOf(path[1] ?? anchor))
  }

  #wasSeen(leaf: Certificate): boolean {
    const hash = hashOf(internals(leaf).bytes)
    const place = (hash >>> 0) % maxRemembered
    if (this.#seenOnce[place] === hash) return true
    this.#seenOnce[place] = hash
    return false
  }

  #rememberOne(certificate: Certificate, issuer: Certificate | TrustAnchor): void {
    const key = publicKeyOf(issuer)
    this.#rememberIssuer(certificate.issuer, key)
    const entry = this.#entryOf.get(certificate) ?? this.#admit(certificate)
    if (entry === undefined) return
    if (entry.signers.length === maxSigners) entry.signers.shift()
    // A copy: the key must not keep the whole certificate of its issuer alive.
    entry.signers.push(key.slice())
  }

  #admit(certificate: Certificate): Entry | undefined {
    const { bytes } = internals(certificate)
    if (bytes.length > maxRememberedBytes) return undefined
    const entry: Entry = { certificate, signers: [], findings: {} }
    const hash = hashOf(bytes)
    this.#forget(hash)
    this.#use(hash, entry)
    this.#entryOf.set(certificate, entry)
    if (this.#entries.size > maxRemembered) this.#forget(oldestOf(this.#entries))
    return entry
  }

  /** A Map keeps the order of insertion: putting an entry in again makes it the youngest. */
  #use(hash: number, entry: Entry): void {
    if (entry === this.#youngest) return
    this.#youngest = entry
    this.#entries.delete(hash)
    this.#entries.set(hash, entry)
  }

  #forget(hash: number): void {
    const entry = this.#entries.get(hash)
    if (entry === undefined) return
    this.#entries.delete(hash)
    this.#entryOf.delete(entry.certificate)
    if (entry === this.#youngest) this.#youngest = undefined
  }

  #rememberIssuer(name: Name, key: Uint8Array): void {
    const hash = nameHash(name)
    const known = this.#issuers.get(hash)
    if (known !== undefined && known.name.equals(name) && equalBytes(known.key, key)) return
    // Over bytes of its own: a name must not keep a whole certificate alive.
    this.#issuers.set(hash, { name: new Name(name.toDer(), 0, name.byteLength), key: key.slice() })
    if (this.#issuers.size > maxRemembered) this.#issuers.delete(oldestOf(this.#issuers))
  }
}

/** The key that was put in first. */
function oldestOf(map: ReadonlyMap<number, unknown>): number {
  return map.keys().next().value!
}

/** Over the last octets, which are those of a signature: they differ wherever certificates do. */
function hashOf(bytes: Uint8Array): number {
  return hashBytes(bytes, Math.max(0, bytes.length - 16))
}
