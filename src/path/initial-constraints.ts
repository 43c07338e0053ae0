/** Name constraints that a caller gives (RFC 5280 6.1.1 (h) and (i)): checked and copied once, since one that nobody understands would bind nothing. */
import { Name } from '../x509/index.ts'
import type { GeneralSubtree, NameConstraints } from '../x509/index.ts'

const texts: ReadonlySet<unknown> = new Set(['rfc822Name', 'dNSName', 'uniformResourceIdentifier', 'registeredID'])
const octets: ReadonlySet<unknown> = new Set(['otherName', 'x400Address', 'ediPartyName', 'iPAddress'])

/** A copy. Throws `TypeError` naming what is wrong. */
export function takeNameConstraints(constraints: NameConstraints | undefined, place: string): NameConstraints | undefined {
  const take = (side: keyof NameConstraints): readonly GeneralSubtree[] => {
    const subtrees: unknown = constraints?.[side]
    if (!Array.isArray(subtrees)) throw new TypeError(`${place}.${side}: expected an array`)
    return Array.from(subtrees as GeneralSubtree[], (subtree, i) => {
      const { type, value } = subtree?.base ?? {}
      const isText = texts.has(type) ? typeof value === 'string' : type === 'directoryName' && value instanceof Name
      const isOctets = octets.has(type) && value instanceof Uint8Array
      if (!isText && !isOctets) throw new TypeError(`${place}.${side}[${i}]: expected { base: { type: 'dNSName', value: 'a.example' }, minimum: 0 }, or another type`)
      return { ...subtree, base: { ...subtree.base, value: isOctets ? value.slice() : value } as GeneralSubtree['base'] }
    })
  }
  return constraints === undefined ? undefined : { permittedSubtrees: take('permittedSubtrees'), excludedSubtrees: take('excludedSubtrees') }
}
