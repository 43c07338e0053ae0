/** The anchors of a verifier, indexed by name once, so that a verification does not notice how many there are. */
import { equalBytes } from '../asn1/index.ts'
import type { Certificate } from '../x509/index.ts'
import { internals } from '../x509/certificate.ts'
import { nameHash } from '../x509/name.ts'
import { anchorKey } from './anchor.ts'
import type { TrustAnchor } from './anchor.ts'
import { append } from './append.ts'

export class AnchorStore {
  readonly #byName = new Map<string, TrustAnchor[]>()
  /** Those that came as certificates, by a hash of the DER of their subject. */
  readonly #certificates = new Map<number, TrustAnchor[]>()
  readonly size: number

  constructor(anchors: readonly TrustAnchor[]) {
    for (const anchor of anchors) {
      append(this.#byName, anchor.name.key, anchor)
      if (anchor.certificate !== undefined) append(this.#certificates, nameHash(anchor.name), anchor)
    }
    this.size = anchors.length
    for (const same of this.#byName.values()) {
      if (same.length === 1) continue
      // Canonical order, and each anchor once: the order in which they were given decides nothing.
      const unique = new Map(same.map((anchor) => [anchorKey(anchor), anchor]))
      same.splice(0, same.length, ...[...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, anchor]) => anchor))
    }
  }

  /** The anchor that was made from this very certificate. */
  made(from: Certificate): TrustAnchor | undefined {
    const { bytes } = internals(from)
    return this.#certificates.get(nameHash(from.subject))?.find(({ certificate }) => equalBytes(internals(certificate!).bytes, bytes))
  }

  /** The anchors of a name, by its comparison key. */
  named(key: string): readonly TrustAnchor[] {
    return this.#byName.get(key) ?? []
  }
}
