/**
 * A check that several options share.
 */

/** A positive whole number, or the default. */
export function takeCount(name: string, value: number | undefined, otherwise: number, most: number): number {
  if (value === undefined) return otherwise
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new TypeError(`${name}: expected a whole number from 1 to ${most}`)
  }
  return value
}
