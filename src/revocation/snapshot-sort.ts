/**
 * Sorts records of one width by their first octets: a radix sort from the first octet on, which finishes short runs by insertion.
 * It reads each of those octets a few times at most, whatever the records have in common, and does not recurse.
 */

/** Runs of up to so many are sorted by insertion. */
const short = 24

/** The numbers of the records in `bytes`, by their first `octets` octets, ascending; equal ones in any order. */
export function sortRecords(bytes: Uint8Array, width: number, octets: number): Uint32Array {
  const order = Uint32Array.from({ length: bytes.length / width }, (_, i) => i)
  const moved = new Uint32Array(order.length)
  const counts = new Uint32Array(257)
  /** Runs that are alike in their first octets: start, stop, and how many octets. */
  const runs = [0, order.length, 0]
  while (runs.length > 0) {
    let depth = runs.pop()!
    const stop = runs.pop()!
    const start = runs.pop()!
    if (stop - start <= short) {
      insert(order, start, stop, bytes, width, depth, octets)
      continue
    }
    for (; depth < octets; depth++) {
      counts.fill(0)
      for (let i = start; i < stop; i++) counts[bytes[order[i]! * width + depth]! + 1]!++
      // Where all have the same octet there is nothing to move.
      if (counts[bytes[order[start]! * width + depth]! + 1] !== stop - start) break
    }
    if (depth === octets) continue
    for (let octet = 0, from = start; octet < 256; octet++) {
      const count = counts[octet + 1]!
      counts[octet] = from
      if (count > 1) runs.push(from, from + count, depth + 1)
      from += count
    }
    for (let i = start; i < stop; i++) moved[counts[bytes[order[i]! * width + depth]!]!++] = order[i]!
    order.set(moved.subarray(start, stop), start)
  }
  return order
}

function insert(order: Uint32Array, start: number, stop: number, bytes: Uint8Array, width: number, depth: number, octets: number): void {
  for (let i = start + 1; i < stop; i++) {
    const one = order[i]!
    let at = i
    for (; at > start && isBefore(bytes, one * width, order[at - 1]! * width, depth, octets); at--) order[at] = order[at - 1]!
    order[at] = one
  }
}

function isBefore(bytes: Uint8Array, a: number, b: number, depth: number, octets: number): boolean {
  for (let i = depth; i < octets; i++) {
    const difference = bytes[a + i]! - bytes[b + i]!
    if (difference !== 0) return difference < 0
  }
  return false
}
