/**
 * What a policy may not ask in Deno.
 */
import { Policy } from '../policy/policy.ts'
import { UnsupportedError } from '../node/unsupported.ts'

interface WithPolicy {
  readonly policy?: Policy | undefined
  readonly hosts?: Readonly<Record<string, { readonly policy?: Policy | undefined }>> | undefined
}

/**
 * A rule over `channel.binding` would see none on any connection, and could not say so.
 *
 * @throws {UnsupportedError} `runtime/no-such-option` for a policy that names the field
 */
export function refuseBindings(options: WithPolicy): void {
  if (typeof options !== 'object' || options === null) return
  const hosts = typeof options.hosts === 'object' && options.hosts !== null ? Object.values(options.hosts) : []
  for (const policy of [options.policy, ...hosts.map((host) => host?.policy)]) {
    // What is no policy is told apart with the other options.
    if (policy instanceof Policy && asksForBinding(policy)) {
      throw new UnsupportedError('runtime/no-such-option', 'channel.binding', 'a connection of Deno shows no channel binding that a policy could ask for')
    }
  }
}

function asksForBinding(policy: Policy): boolean {
  const { fields, loggable } = Policy.partsOf(policy)
  return fields.has('channel.binding') || loggable.has('channel.binding')
}
