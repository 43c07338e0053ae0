/**
 * Paths of requests in their one normal form, and patterns over the segments of paths and SPIFFE IDs.
 *
 * Two programs that read a path differently are a hole between them: whatever could be read in two ways is refused
 * before anything is matched (RFC 3986 3.3, 5.2.4, 6.2.2).
 */

/**
 * The path with its percent-encoding undone, or undefined where it is not in normal form: not absolute, with a dot or
 * an empty segment, a backslash, an encoded slash, a control character, anything encoded twice, octets that are not UTF-8,
 * characters that a URI cannot hold, or a semicolon, at which some end the path or the segment (RFC 3986 3.3 leaves its parameters to the
 * producer) and others do not. A final slash is an empty segment, unless it is to be ignored.
 */
export function normalPath(path: string, trailingSlash: 'refuse' | 'ignore'): string | undefined {
  if (path === '/') return path
  if (!/^\/[^\x00-\x20\x7f-\uffff?#\\;]+$/.test(path)) return undefined
  const end = trailingSlash === 'ignore' && path.endsWith('/') ? path.length - 1 : path.length
  const segments: string[] = []
  for (const raw of path.slice(1, end).split('/')) {
    const segment = decode(raw)
    // eslint-disable-next-line no-control-regex -- controls are what is looked for
    if (segment === undefined || /^\.{0,2}$|[/\\\x00-\x1f\x7f]|%[0-9a-f]{2}/i.test(segment)) return undefined
    segments.push(segment)
  }
  return `/${segments.join('/')}`
}

function decode(segment: string): string | undefined {
  try {
    return segment.includes('%') ? decodeURIComponent(segment) : segment
  } catch {
    return undefined // Not percent-encoding, or not UTF-8: no normal form.
  }
}

/**
 * A pattern of segments: `*` stands for one whole segment, `**` at the end for any number of them, none too. Undefined
 * where it is no such pattern.
 */
export function parseSegments(pattern: string): ((path: string) => boolean) | undefined {
  if (!pattern.startsWith('/')) return undefined
  const segments = pattern.slice(1).split('/')
  const open = segments.at(-1) === '**'
  if (open) segments.pop()
  else if (pattern === '/') return (path) => path === '/'
  if (segments.some((segment) => segment === '' || (segment.includes('*') && segment !== '*'))) return undefined
  return (path) => {
    const found = path === '/' || path === '' ? [] : path.slice(1).split('/')
    return (open ? found.length >= segments.length : found.length === segments.length)
      && segments.every((segment, i) => segment === '*' || segment === found[i])
  }
}
