/**
 * JSON for standard output. Characters that a terminal or a page would act on are written as `\uXXXX`, which JSON
 * reads back as the same character: safe to look at, and nothing is lost.
 */
import { isUnsafe } from '../verify/escape.ts'

export function stringifyJson(value: unknown): string {
  let out = ''
  for (const character of JSON.stringify(value, null, 2)) {
    const point = character.codePointAt(0)!
    // The quotation mark and the line feed are JSON’s own here; inside of strings they are escaped already.
    if (point === 0x22 || point === 0x0a || !isUnsafe(point)) out += character
    else for (let i = 0; i < character.length; i++) out += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  }
  return `${out}\n`
}
