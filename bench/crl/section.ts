/** The section of bench/results.md about lists, which has its own command: kept when the rest is written anew. */
const begin = '<!-- bench:crl -->'
const end = '<!-- /bench:crl -->'

/** The section as it stands in a text, marks included; empty where there is none. */
export function sectionOf(text: string): string {
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  return from < 0 || to < from ? '' : text.slice(from, to + end.length)
}

export function replaceSection(text: string, content: string): string {
  const section = `${begin}\n## Revocation lists\n\n\`npm run -s bench:crl\`, each subject in a process of its own.\n\n${content}\n${end}`
  const old = sectionOf(text)
  return old === '' ? `${text.trimEnd()}\n\n${section}\n` : text.replace(old, () => section)
}
