/** Changes to bytes and to DER trees. Each takes its choices from outside, so that every one of them can be made again. */
import { concat, encodeInteger, encodeOid } from '../src/asn1/index.ts'
import { pick } from '../test/support/random.ts'
import type { Choices } from '../test/support/random.ts'
import { copyNode, placesIn, readTree, writeTree } from './der-tree.ts'
import type { Place, TreeNode } from './der-tree.ts'

type Bytes = Uint8Array

const tags = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1c, 0x1e, 0x30, 0x31, 0x80, 0x81, 0x82,
  0x84, 0x86, 0x87, 0x88, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0x1f, 0x00]
const integers = [0, 1, -1, 2, 3, 127, 128, 255, 256, 65537, 2 ** 31, 2 ** 48, 2n ** 64n, -(2n ** 64n), 2n ** 160n]
const oids = ['2.5.29.14', '2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.30', '2.5.29.31', '2.5.29.32', '2.5.29.32.0', '2.5.29.33', '2.5.29.35',
  '2.5.29.36', '2.5.29.37', '2.5.29.37.0', '2.5.29.46', '2.5.29.54', '2.5.4.3', '1.2.840.113549.1.9.1', '1.3.6.1.5.5.7.1.1', '1.3.6.1.5.5.7.1.3',
  '1.3.6.1.5.5.7.1.24', '1.3.6.1.4.1.11129.2.4.2', '1.3.6.1.4.1.11129.2.4.3', '1.3.6.1.5.5.7.8.9', '1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2',
  '1.2.840.113549.1.1.1', '1.2.840.113549.1.1.10', '1.2.840.113549.1.1.11', '1.2.840.10045.4.3.2', '1.2.840.10045.2.1', '1.3.101.112', '1.2.3.4']
const texts = ['', '.', '*', '*.example', 'a..b', 'host.example', '.example', 'host.example\0', 'xn--a', '@', 'a@b', 'https://a@b:1/', 'spiffe://x/y',
  '\u202e', '\u001b[2J', '</svg><script>', 'é', '-', '0.0.0.0', 'A'.repeat(300), '20490101000000Z', '490101000000Z', '500101000000Z', '99991231235959Z']

const utf8 = new TextEncoder()
const random = (choices: Choices, length: number): Bytes => Uint8Array.from({ length }, () => choices.below(256))

/** Changes to bytes that know nothing of their structure. */
const onBytes: readonly ((bytes: Bytes, choices: Choices) => Bytes)[] = [
  (bytes, choices) => {
    const copy = bytes.slice()
    if (copy.length > 0) copy[choices.below(copy.length)]! ^= 1 << choices.below(8)
    return copy
  },
  (bytes, choices) => {
    const copy = bytes.slice()
    if (copy.length > 0) copy[choices.below(copy.length)] = pick(choices, [0, 0xff, 0x80, 0x7f, 0x30, 0x31, choices.below(256)])
    return copy
  },
  (bytes, choices) => bytes.slice(0, choices.below(bytes.length + 1)),
  (bytes, choices) => {
    const at = choices.below(bytes.length + 1)
    return concat([bytes.subarray(0, at), random(choices, 1 + choices.below(6)), bytes.subarray(at)])
  },
  (bytes, choices) => {
    const at = choices.below(bytes.length + 1)
    return concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + choices.below(8)))])
  },
  (bytes, choices) => concat([bytes, random(choices, 1 + choices.below(4))]),
]

type TreeMutation = (place: Place, choices: Choices, donor: readonly Place[]) => void

/** Changes to one node; lengths above it are written anew. */
const onTree: readonly TreeMutation[] = [
  ({ node }, choices) => void (node.tag = pick(choices, tags)),
  ({ node }, choices) => void (node.tag ^= 1 << choices.below(8)),
  ({ siblings, index }) => void siblings.splice(index, 1),
  ({ siblings, index, node }, choices) => void siblings.splice(index, 0, ...Array.from({ length: 1 + choices.below(3) }, () => copyNode(node))),
  // Rarely, a great many of one thing.
  ({ siblings, index, node }, choices) => {
    const count = choices.below(40) === 0 ? 1 + choices.below(1500) : 1
    for (let i = 0; i < count; i++) siblings.splice(index, 0, copyNode(node))
  },
  ({ siblings, index }, choices) => {
    const other = choices.below(siblings.length)
    ;[siblings[index], siblings[other]] = [siblings[other]!, siblings[index]!]
  },
  ({ siblings, index }) => void (siblings[index] = { tag: 0x30, raw: new Uint8Array(), children: [siblings[index]!], header: undefined }),
  ({ siblings, index, node }) => void (node.children !== undefined && siblings.splice(index, 1, ...node.children)),
  ({ node }) => {
    node.children = undefined
    node.raw = new Uint8Array()
  },
  // Lengths that lie, are longer than needed, or are left open.
  ({ node }, choices) => void (node.header = pick(choices, [
    Uint8Array.of(node.tag, 0x80), Uint8Array.of(node.tag, 0x81, choices.below(256)), Uint8Array.of(node.tag, choices.below(128)),
    Uint8Array.of(node.tag, 0x82, choices.below(256), choices.below(256)), Uint8Array.of(node.tag, 0x84, 0xff, 0xff, 0xff, 0xff),
    Uint8Array.of(node.tag, 0x85, 0, 0, 0, 0, 1), Uint8Array.of(node.tag | 0x1f, 0x81, 0x01, 0),
  ])),
  // Another certificate’s node: of the same tag if there is one.
  ({ siblings, index, node }, choices, donor) => {
    const same = donor.filter((place) => place.node.tag === node.tag)
    if (donor.length > 0) siblings[index] = copyNode(pick(choices, same.length > 0 ? same : donor).node)
  },
  ({ siblings, index }, choices, donor) => void (donor.length > 0 && siblings.splice(index, 0, copyNode(pick(choices, donor).node))),
  // Values by type.
  ({ node }, choices) => {
    if (node.children !== undefined) return
    if (node.tag === 0x02) node.raw = encodeInteger(pick(choices, integers)).subarray(2)
    else if (node.tag === 0x06) node.raw = encodeOid(pick(choices, oids)).subarray(2)
    else if (node.tag === 0x01) node.raw = Uint8Array.of(pick(choices, [0, 1, 0xff]))
    else node.raw = utf8.encode(pick(choices, texts))
  },
  ({ node }, choices) => void (node.children === undefined && (node.raw = pick(choices, onBytes)(node.raw, choices))),
  ({ node }, choices) => void (node.children === undefined && (node.raw = random(choices, choices.below(40)))),
]

/** Changes some bytes once to four times, mostly by their structure. `donor`: bytes to take parts from. */
export function mutateDer(bytes: Bytes, choices: Choices, donor: Bytes): Bytes {
  let result = bytes
  for (let left = 1 + choices.below(4); left > 0; left--) {
    const tree = choices.below(5) === 0 ? undefined : readTree(result)
    if (tree === undefined || tree.length === 0) {
      result = pick(choices, onBytes)(result, choices)
      continue
    }
    const parts = readTree(donor)
    pick(choices, onTree)(pick(choices, placesIn(tree)), choices, parts === undefined ? [] : placesIn(parts))
    result = writeTree(tree)
  }
  return result
}

const fieldOf = (certificate: TreeNode[] | undefined, path: readonly number[]): TreeNode | undefined =>
  path.reduce<TreeNode | undefined>((node, index) => node?.children?.[index], { tag: 0, raw: new Uint8Array(), children: certificate, header: undefined })

function extensionsOf(certificate: TreeNode[] | undefined): TreeNode[] | undefined {
  return fieldOf(certificate, [0, 0])?.children?.find(({ tag }) => tag === 0xa3)?.children?.[0]?.children
}

/** Puts an extension of another certificate into this one: beside its own, or in its place. */
export function spliceExtension(bytes: Bytes, choices: Choices, donor: Bytes): Bytes {
  const tree = readTree(bytes)
  const own = extensionsOf(tree)
  const others = extensionsOf(readTree(donor))
  if (tree === undefined || own === undefined || others === undefined || others.length === 0) return bytes
  const taken = copyNode(pick(choices, others))
  const critical = taken.children?.[1]
  if (choices.below(4) === 0 && critical?.tag === 0x01) taken.children!.splice(1, 1)
  own.splice(choices.below(own.length + 1), own.length > 0 && choices.below(2) === 0 ? 1 : 0, taken)
  return writeTree(tree)
}

/** Changes a text: characters, lines, and the boundaries of PEM. */
export function mutateText(text: string, choices: Choices): string {
  let lines = text.split('\n')
  for (let left = 1 + choices.below(4); left > 0; left--) {
    const at = choices.below(lines.length)
    const line = lines[at] ?? ''
    switch (choices.below(7)) {
      case 0: lines.splice(at, 1); break
      case 1: lines.splice(at, 0, line); break
      case 2: lines.splice(at, 0, pick(choices, ['-----BEGIN X-----', '-----END X-----', '-----BEGIN CERTIFICATE-----', '', ' ', '====', '\u0000', 'é'])); break
      case 3: lines[at] = line.slice(0, choices.below(line.length + 1)); break
      case 4: {
        const middle = choices.below(line.length + 1)
        lines[at] = line.slice(0, middle) + pick(choices, ['=', '-', '*', ' ', '\t', '\r', 'A', '/', '\ud800']) + line.slice(middle)
        break
      }
      case 5: lines = [...lines.slice(at), ...lines.slice(0, at)]; break
      default: lines[at] = line + '\r'
    }
  }
  return lines.join('\n')
}
