/**
 * The host in a request’s authority.
 */

/** The host of `host[:port]`, lower-case, without a final dot; `undefined` if it is none. */
export function hostOf(authority: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^\s:@/?#[\]]+)(?::[0-9]*)?$/i.exec(authority)
  const host = match?.[1]?.toLowerCase().replace(/\.$/, '')
  // A second final dot would come off wherever the name is read once more.
  return host === '' || host?.endsWith('.') ? undefined : host
}
