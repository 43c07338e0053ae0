/**
 * A layered layout for the few dozen nodes of a verdict: anchors to the left, the leaf to the right.
 *
 * A column holds the certificates that stand equally many steps from the leaf. An edge that skips columns gets a
 * waypoint in each, so that it passes between the boxes and not behind them. Rows are ordered by the mean
 * position of their neighbours, a few sweeps back and forth; ties keep the order of first appearance, and nothing
 * is random.
 */
import type { Graph, GraphEdge, GraphNode } from './graph-model.ts'

/** A box, or the point where a long edge crosses a column. */
export interface Slot {
  readonly node: GraphNode | undefined
  readonly layer: number
  readonly height: number
  x: number
  /** The middle of the slot. */
  y: number
  readonly left: Slot[]
  readonly right: Slot[]
}

export interface PlacedEdge {
  readonly edge: GraphEdge
  /** From the issuer’s box over the waypoints to the subject’s box. */
  readonly slots: readonly Slot[]
}

export interface Layout {
  readonly boxes: readonly Slot[]
  readonly edges: readonly PlacedEdge[]
  readonly width: number
  readonly height: number
}

export interface LayoutSizes {
  readonly boxWidth: number
  readonly columnGap: number
  readonly rowGap: number
  heightOf(node: GraphNode): number
}

export function layOut(graph: Graph, sizes: LayoutSizes): Layout {
  const layers = graph.nodes.reduce((most, node) => Math.max(most, node.layer + 1), 0)
  const columns: Slot[][] = Array.from({ length: layers }, () => [])
  const slotOf = new Map<GraphNode, Slot>()
  const add = (node: GraphNode | undefined, layer: number): Slot => {
    const height = node === undefined ? 18 : sizes.heightOf(node)
    const slot: Slot = { node, layer, height, x: 0, y: 0, left: [], right: [] }
    columns[layer]!.push(slot)
    return slot
  }
  for (const node of graph.nodes) slotOf.set(node, add(node, node.layer))

  const edges = graph.edges.map((edge): PlacedEdge => {
    const issuer = slotOf.get(edge.issuer)!
    const subject = slotOf.get(edge.subject)!
    const slots = [issuer]
    for (let layer = issuer.layer - 1; layer > subject.layer; layer--) slots.push(add(undefined, layer))
    slots.push(subject)
    if (issuer.layer > subject.layer) {
      slots.slice(1).forEach((slot, i) => {
        slots[i]!.right.push(slot)
        slot.left.push(slots[i]!)
      })
    }
    return { edge, slots }
  })

  const height = place(columns, sizes)
  for (const column of columns) {
    for (const slot of column) slot.x = (layers - 1 - slot.layer) * (sizes.boxWidth + sizes.columnGap)
  }
  return {
    boxes: [...slotOf.values()],
    edges,
    width: layers * sizes.boxWidth + Math.max(0, layers - 1) * sizes.columnGap,
    height,
  }
}

/** Orders and spaces every column; returns the height of the tallest. */
function place(columns: readonly Slot[][], sizes: LayoutSizes): number {
  for (const column of columns) stack(column, sizes.rowGap)
  for (let sweep = 0; sweep < 4; sweep++) {
    const fromLeaf = sweep % 2 === 0
    for (const column of fromLeaf ? columns : [...columns].reverse()) {
      const wish = new Map(column.map((slot) => [slot, mean(fromLeaf ? slot.right : slot.left) ?? slot.y]))
      column.sort((a, b) => wish.get(a)! - wish.get(b)!)
      settle(column, wish, sizes.rowGap)
    }
  }
  const slots = columns.flat()
  const top = slots.reduce((least, slot) => Math.min(least, slot.y - slot.height / 2), Infinity)
  for (const slot of slots) slot.y -= top
  return slots.reduce((most, slot) => Math.max(most, slot.y + slot.height / 2), 0)
}

function stack(column: readonly Slot[], gap: number): void {
  let y = 0
  for (const slot of column) {
    slot.y = y + slot.height / 2
    y += slot.height + gap
  }
}

/** Puts every slot as near to its wish as the ones around it allow: down first, then the block is centred. */
function settle(column: readonly Slot[], wish: ReadonlyMap<Slot, number>, gap: number): void {
  let floor = -Infinity
  let shift = 0
  for (const slot of column) {
    slot.y = Math.max(wish.get(slot)!, floor + slot.height / 2)
    shift += wish.get(slot)! - slot.y
    floor = slot.y + slot.height / 2 + gap
  }
  for (const slot of column) slot.y += shift / column.length
}

function mean(slots: readonly Slot[]): number | undefined {
  if (slots.length === 0) return undefined
  return slots.reduce((sum, slot) => sum + slot.y, 0) / slots.length
}
