/** A small check that a text is well-formed XML of elements, attributes and character data; returns the element names. */
export function checkXml(xml: string): string[] {
  const names: string[] = []
  const open: string[] = []
  let position = 0
  const fail = (why: string): never => {
    throw new Error(`${why} at ${position}: ${JSON.stringify(xml.slice(position, position + 60))}`)
  }
  const checkData = (text: string): void => {
    if (/[<>\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text)) fail('raw markup or control characters')
    if (/&(?!(?:amp|lt|gt|quot|apos);)/.test(text)) fail('a bare ampersand')
    if (/[\ud800-\udfff]/u.test(text)) fail('a lone surrogate')
  }
  while (position < xml.length) {
    const tag = /<(\/?)([A-Za-z]+)((?:\s+[A-Za-z:-]+="[^"<]*")*)\s*(\/?)>/y
    const data = /[^<]+/y
    tag.lastIndex = data.lastIndex = position
    const text = data.exec(xml)
    if (text !== null) {
      checkData(text[0])
      if (open.length === 0 && text[0].trim() !== '') fail('text outside of the root')
      position = data.lastIndex
      continue
    }
    const match = tag.exec(xml) ?? fail('not a tag')
    const [, closing, name, attributes, empty] = match as unknown as [string, string, string, string, string]
    for (const [, value] of attributes.matchAll(/="([^"]*)"/g)) checkData(value!)
    if (closing === '/') {
      if (open.pop() !== name) fail(`</${name}> does not match`)
    } else {
      if (open.length === 0 && names.length > 0) fail('a second root')
      names.push(name)
      if (empty !== '/') open.push(name)
    }
    position = tag.lastIndex
  }
  if (open.length > 0) fail('unclosed elements')
  return names
}
