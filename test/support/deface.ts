/** What writes over whatever is handed out, for tests that nothing else changes by it. */
import { Certificate, extensionOids } from '../../src/x509/index.ts'

/** Everything that can be reached, with each known extension of each certificate. */
function reach(value: unknown, seen: Set<object>): Set<object> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return seen
  seen.add(value)
  if (value instanceof Uint8Array) return seen
  if (value instanceof Certificate) for (const name of Object.keys(extensionOids)) reach(value.get(name as 'keyUsage'), seen)
  for (let level: object | null = value; level !== null && level !== Object.prototype; level = Object.getPrototypeOf(level) as object | null) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (name === 'constructor' || name === '__proto__') continue
      try {
        reach(Reflect.get(value, name), seen)
      } catch {
        // A getter that takes another receiver.
      }
    }
  }
  return seen
}

/** Writes over octets and dates, adds to lists, and changes fields, wherever it can. Answers how many octet strings there were. */
export function deface(value: unknown, time = 0): number {
  const reached = [...reach(value, new Set())]
  for (const one of reached) {
    if (one instanceof Uint8Array) {
      one.fill(0xff)
      continue
    }
    if (Object.isFrozen(one) || typeof one === 'function') continue
    for (const name of Object.keys(one)) Reflect.set(one, name, undefined)
    if (Array.isArray(one)) one.push('1.2.3')
    if (one instanceof Date) one.setTime(time)
  }
  return reached.filter((one) => one instanceof Uint8Array).length
}
