/**
 * DER as a tree that can be changed and written again. Lenient: what does not read as DER is a leaf of raw bytes, and a
 * leaf is written as it stands, so that any bytes survive the way in and out.
 */
import { concat } from '../src/asn1/index.ts'

export interface TreeNode {
  tag: number
  /** The content of a primitive element, or what stands before the children: the count of unused bits of a BIT STRING. */
  raw: Uint8Array
  children: TreeNode[] | undefined
  /** Written in place of the true header, where a mutation lies about tag or length. */
  header: Uint8Array | undefined
}

const maxDepth = 24

/** The elements of some bytes, or undefined where they are no row of elements. */
export function readTree(bytes: Uint8Array, depth = 0): TreeNode[] | undefined {
  const nodes: TreeNode[] = []
  for (let position = 0; position < bytes.length;) {
    if (position + 2 > bytes.length || depth > maxDepth) return undefined
    const tag = bytes[position]!
    let length = bytes[position + 1]!
    position += 2
    if (length >= 0x80) {
      const count = length & 0x7f
      if (count === 0 || count > 4 || position + count > bytes.length) return undefined
      length = 0
      for (let i = 0; i < count; i++) length = length * 256 + bytes[position++]!
    }
    if ((tag & 0x1f) === 0x1f || position + length > bytes.length) return undefined
    nodes.push(readNode(tag, bytes.subarray(position, position + length), depth))
    position += length
  }
  return nodes
}

function readNode(tag: number, content: Uint8Array, depth: number): TreeNode {
  // An OCTET STRING or BIT STRING often holds DER: extensions and keys.
  const skip = tag === 0x03 ? 1 : 0
  const nested = (tag & 0x20) !== 0 || ((tag === 0x04 || tag === 0x03) && content.length > skip + 1)
  const children = nested ? readTree(content.subarray(skip), depth + 1) : undefined
  return children === undefined
    ? { tag, raw: content, children: undefined, header: undefined }
    : { tag, raw: content.subarray(0, skip), children, header: undefined }
}

export function writeTree(nodes: readonly TreeNode[]): Uint8Array {
  return concat(nodes.map((node) => {
    const content = node.children === undefined ? node.raw : concat([node.raw, writeTree(node.children)])
    return concat([node.header ?? headerOf(node.tag, content.length), content])
  }))
}

function headerOf(tag: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tag, length)
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256)
  return Uint8Array.of(tag, 0x80 | octets.length, ...octets)
}

export interface Place {
  readonly node: TreeNode
  /** The list that holds it. */
  readonly siblings: TreeNode[]
  readonly index: number
}

/** Every node with where it stands, outermost first. */
export function placesIn(nodes: TreeNode[]): Place[] {
  const places: Place[] = []
  const walk = (siblings: TreeNode[]): void => siblings.forEach((node, index) => {
    places.push({ node, siblings, index })
    if (node.children !== undefined) walk(node.children)
  })
  walk(nodes)
  return places
}

export function copyNode(node: TreeNode): TreeNode {
  return { ...node, children: node.children?.map(copyNode) }
}
