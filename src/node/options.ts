/**
 * Checks that several options share.
 */

import { verifierOptionNames } from '../verify/verifier.ts'

/** A positive whole number, or the default. */
export function takeCount(name: string, value: number | undefined, otherwise: number, most: number): number {
  if (value === undefined) return otherwise
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new TypeError(`${name}: expected a whole number from 1 to ${most}`)
  }
  return value
}

/** @throws {TypeError} where a call has left its options out */
export function requireOptions(options: object): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('options: expected an object')
}

/** Ours, of all helpers together. */
const ours: readonly string[] = [
  'verifier', 'names', 'drive', 'handshakeDeadline', 'maxCertificates', 'sessions', 'policy', 'recheckAfter', 'clock', 'hosts',
  'maxPendingHandshakes', 'onRefused', 'ocspResponse', 'serverNames', 'facts', 'onDenied', 'probeFirst', 'allowH2',
]
/** What people call them. */
const otherNames: ReadonlyMap<string, string> = new Map([['rules', 'policy'], ['polices', 'policy'], ['recheck', 'recheckAfter'], ['probe', 'probeFirst'], ['onRefusal', 'onRefused']])
/** Node’s, and as good as one of ours to the eye. */
const nodes: ReadonlySet<string> = new Set(['host', 'session', 'servername'])

/**
 * Options go on to Node, which takes any name. One letter from ours it is meant for ours: a server with `policey`
 * would otherwise be one without a policy. Those of `createVerifier` are no options here, and `policies` is no policy.
 *
 * @throws {TypeError} naming the option
 */
export function refuseMisspelt(options: object): void {
  for (const name of Object.keys(options)) {
    if (ours.includes(name) || nodes.has(name)) continue
    if (verifierOptionNames.has(name)) throw new TypeError(`${name}: an option of createVerifier${name === 'policies' ? '; is policy meant?' : ''}`)
    const meant = otherNames.get(name) ?? ours.find((known) => isOneEditAway(name.toLowerCase(), known.toLowerCase()))
    if (meant !== undefined) throw new TypeError(`${name}: no such option; is ${meant} meant?`)
  }
}

/** At most one letter more, less or other, or two neighbours swapped. */
function isOneEditAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let [endA, endB] = [a.length, b.length]
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) [endA, endB] = [endA - 1, endB - 1]
  const [restA, restB] = [a.slice(start, endA), b.slice(start, endB)]
  return (restA.length <= 1 && restB.length <= 1) || (restA.length === 2 && restB.length === 2 && restA[0] === restB[1] && restA[1] === restB[0])
}
