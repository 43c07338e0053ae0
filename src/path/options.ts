/** Checks of options that several layers share. */

/**
 * An option that nobody knows would be one that silently does nothing.
 *
 * @param place what the object is called, such as `options`; empty for what is given alone
 * @throws {TypeError} naming the first member that is not among the known ones
 */
export function refuseUnknown(object: object, known: ReadonlySet<string>, place: string, what: string = 'option'): void {
  if (typeof object !== 'object' || object === null) throw new TypeError(`${place === '' ? 'options' : place}: expected an object`)
  for (const name of Object.keys(object)) {
    if (!known.has(name)) throw new TypeError(`${place === '' ? '' : `${place}.`}${name}: no such ${what}; known: ${[...known].join(', ')}`)
  }
}
