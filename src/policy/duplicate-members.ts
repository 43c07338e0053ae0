/**
 * Members that a text of JSON has twice in one object. `JSON.parse` keeps the last of them and says nothing (RFC 8259 4 leaves
 * it open), so that a reader who stops at the first takes the policy for another one.
 */

interface Open {
  /** Undefined for a list. */
  readonly members: Set<string> | undefined
  readonly place: string
  /** The member or the index that is being read. */
  at: string | number
}

/** The places of such members, JSON Pointers (RFC 6901). The text is one that `JSON.parse` takes. */
export function duplicateMembers(text: string): readonly string[] {
  const found: string[] = []
  const open: Open[] = []
  let isName = false
  for (const [token] of text.matchAll(/"(?:[^"\\]+|\\.)*"|[{}[\],]/g)) {
    const inside = open.at(-1)
    if (token === '{' || token === '[') {
      open.push({ members: token === '{' ? new Set() : undefined, place: inside === undefined ? '' : placeIn(inside), at: 0 })
      isName = token === '{'
    } else if (token === '}' || token === ']') {
      open.pop()
      isName = false
    } else if (token === ',') {
      isName = inside?.members !== undefined
      if (inside !== undefined && typeof inside.at === 'number') inside.at++
    } else if (isName && inside?.members !== undefined) {
      inside.at = JSON.parse(token) as string
      if (inside.members.has(inside.at)) found.push(placeIn(inside))
      inside.members.add(inside.at)
      isName = false
    }
  }
  return found
}

function placeIn({ place, at }: Open): string {
  return `${place}/${String(at).replaceAll('~', '~0').replaceAll('/', '~1')}`
}
