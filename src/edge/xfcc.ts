/**
 * Envoy’s `X-Forwarded-Client-Cert`: elements split by commas, pairs by semicolons, values quoted where they need to be, with `\"` for a
 * quotation mark. Each proxy on the way may have added an element, the last one on the right; only the one of one’s own
 * proxy is to be believed.
 */
import { malformed } from './error.ts'

/** One element, its keys in lower case; what is empty has no values. */
export type XfccElement = ReadonlyMap<string, readonly string[]>

const pair = /([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;]*))(;|,|$)/sy

export function parseXfcc(text: string, field: string): readonly XfccElement[] {
  const elements: Map<string, string[]>[] = [new Map()]
  pair.lastIndex = 0
  for (let more = true; more;) {
    const match = pair.exec(text)
    if (match === null) malformed(field, 'key=value pairs')
    const [, key, quoted, plain, end] = match
    const value = quoted === undefined ? plain! : quoted.replace(/\\(.)/gs, '$1')
    const element = elements.at(-1)!
    const name = key!.toLowerCase()
    // A certificate has several names; everything else stands once.
    if (element.has(name) && name !== 'uri' && name !== 'dns') malformed(field, `${name} once`)
    const values = element.get(name) ?? []
    if (value !== '') values.push(value)
    element.set(name, values)
    if (end === ',') {
      elements.push(new Map())
      while (text[pair.lastIndex] === ' ') pair.lastIndex++
    }
    more = end !== ''
    if (more && pair.lastIndex >= text.length) malformed(field, 'no separator at the end')
  }
  return elements
}
