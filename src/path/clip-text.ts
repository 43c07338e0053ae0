/** The most UTF-16 units of a text that somebody else chose which an issue or a trace shows. */
export const maxText = 512

/** Cuts a text for people, visibly, and never inside a character. */
export function clipText(text: string): string {
  return text.length <= maxText ? text : `${[...text.slice(0, maxText)].slice(0, -1).join('')}…`
}
