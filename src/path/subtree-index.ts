/**
 * The subtrees of one side of a constraint set, made ready once: whether a name lies within any of them is then a few
 * look-ups, however many they are. Only addresses are compared with each subtree in turn, a few octets at a time.
 */
import type { GeneralName, Name } from '../x509/index.ts'
import { lowerCase } from './dns-name.ts'
import { parseMailbox } from './mailbox.ts'

/** A name made ready for comparison. */
export type ComparableName =
  /** `fixed`: what of the name no wildcard stands for. Lower-case. */
  | { readonly form: 'dNSName'; readonly fixed: string; readonly isWildcard: boolean }
  /** `local` is undefined for a URI. The host is lower-case. */
  | { readonly form: 'rfc822Name' | 'uniformResourceIdentifier'; readonly local: string | undefined; readonly host: string }
  | { readonly form: 'iPAddress'; readonly address: Uint8Array }
  | { readonly form: 'directoryName'; readonly name: Name }

/** RDNs from the top of the tree, each under its key. */
interface RdnNode {
  readonly below: Map<string, RdnNode>
  /** Position of the subtree that ends here. */
  position: number
}

const nowhere = Infinity

export class SubtreeIndex {
  readonly #bases: GeneralName[] = []
  /** Positions by domain, host or mailbox. */
  readonly #texts = new Map<string, number>()
  /** Positions of domains by the domain above them. */
  readonly #parents = new Map<string, number>()
  readonly #networks: { readonly network: Uint8Array; readonly mask: Uint8Array; readonly position: number }[] = []
  readonly #rdns: RdnNode = { below: new Map(), position: nowhere }

  /** In the order in which they stand. */
  get bases(): readonly GeneralName[] {
    return this.#bases
  }

  /** Adds one, of the same form as the others. */
  add(base: GeneralName): void {
    const position = this.#bases.push(base) - 1
    switch (base.type) {
      case 'dNSName': {
        const domain = lowerCase(base.value)
        addFirst(this.#texts, domain, position)
        addFirst(this.#parents, domain.slice(domain.indexOf('.') + 1), position)
        break
      }
      case 'rfc822Name': case 'uniformResourceIdentifier': {
        // "me@example.com" is a mailbox, "example.com" that host, ".example.com" every host below it.
        const mailbox = parseMailbox(base.value)
        addFirst(this.#texts, mailbox === undefined ? lowerCase(base.value) : `${mailbox.local}@${mailbox.host}`, position)
        break
      }
      case 'iPAddress': {
        const length = base.value.length / 2
        const mask = base.value.subarray(length)
        this.#networks.push({ network: base.value.subarray(0, length).map((octet, i) => octet & mask[i]!), mask, position })
        break
      }
      case 'directoryName': {
        let node = this.#rdns
        for (const key of base.value.keys) {
          let next = node.below.get(key)
          if (next === undefined) node.below.set(key, (next = { below: new Map(), position: nowhere }))
          node = next
        }
        node.position = Math.min(node.position, position)
        break
      }
      default:
    }
  }

  /** The first subtree that all of what the name stands for lies within. */
  around(name: ComparableName): GeneralName | undefined {
    return this.#bases[this.#around(name)]
  }

  /** The first subtree that any of what the name stands for lies within. */
  touching(name: ComparableName): GeneralName | undefined {
    // A wildcard stands for the names below its fixed part, and for the subtrees one label in front of it.
    const below = name.form === 'dNSName' && name.isWildcard ? this.#parents.get(name.fixed) : undefined
    return this.#bases[Math.min(this.#around(name), below ?? nowhere)]
  }

  #around(name: ComparableName): number {
    switch (name.form) {
      case 'dNSName': {
        let first = Math.min(this.#position(''), this.#position(name.fixed))
        for (let dot = name.fixed.indexOf('.'); dot >= 0; dot = name.fixed.indexOf('.', dot + 1)) {
          first = Math.min(first, this.#position(name.fixed.slice(dot + 1)))
        }
        return first
      }
      case 'rfc822Name': case 'uniformResourceIdentifier': {
        let first = this.#position(name.host)
        if (name.local !== undefined) first = Math.min(first, this.#position(`${name.local}@${name.host}`))
        for (let dot = name.host.indexOf('.'); dot >= 0; dot = name.host.indexOf('.', dot + 1)) {
          first = Math.min(first, this.#position(name.host.slice(dot)))
        }
        return first
      }
      case 'iPAddress':
        return this.#networks.find(({ network, mask }) => isInNetwork(name.address, network, mask))?.position ?? nowhere
      case 'directoryName': {
        let node: RdnNode | undefined = this.#rdns
        let first = node.position
        for (const key of name.name.keys) {
          node = node.below.get(key)
          if (node === undefined) break
          first = Math.min(first, node.position)
        }
        return first
      }
    }
  }

  #position(text: string): number {
    return this.#texts.get(text) ?? nowhere
  }
}

function addFirst(positions: Map<string, number>, text: string, position: number): void {
  if (!positions.has(text)) positions.set(text, position)
}

/** `network` has no bits beyond its mask. */
function isInNetwork(address: Uint8Array, network: Uint8Array, mask: Uint8Array): boolean {
  if (network.length !== address.length) return false
  for (let i = 0; i < network.length; i++) if ((address[i]! & mask[i]!) !== network[i]) return false
  return true
}
