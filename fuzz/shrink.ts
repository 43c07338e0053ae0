/** Makes a failing execution smaller, as long as it fails in the same way. */
import { execute } from './execute.ts'
import type { Execution } from './execute.ts'

const maxTries = 2000

async function failureOf(execution: Execution): Promise<string | undefined> {
  try {
    await execute(execution)
    return undefined
  } catch (error) {
    return (error as Error).message.replace(/\d+/g, 'N')
  }
}

/** Smaller executions, the boldest first. */
function* smaller(execution: Execution): Generator<Execution> {
  switch (execution.kind) {
    case 'parse':
      for (const der of shorter(execution.der)) yield { ...execution, der }
      return
    case 'pem':
      for (const bytes of shorter(new TextEncoder().encode(execution.text))) yield { ...execution, text: new TextDecoder().decode(bytes) }
      return
    case 'verify': {
      const { chain } = execution
      // A case about one changed bit stands or falls with its base: only strangers may go.
      for (let i = 0; i < chain.intermediates.length; i++) {
        if (execution.flip === undefined) yield { ...execution, chain: { ...chain, intermediates: chain.intermediates.filter((_, k) => k !== i) } }
      }
      if (execution.flip === undefined) for (const leaf of shorter(chain.leaf)) yield { ...execution, chain: { ...chain, leaf } }
    }
  }
}

function* shorter(bytes: Uint8Array): Generator<Uint8Array> {
  for (let size = bytes.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < bytes.length; at += size) yield new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + size)])
  }
}

export async function shrink(execution: Execution): Promise<Execution> {
  const wanted = await failureOf(execution)
  if (wanted === undefined) return execution
  let best = execution
  for (let tries = 0, found = true; found && tries < maxTries;) {
    found = false
    for (const candidate of smaller(best)) {
      if (++tries > maxTries) break
      if (await failureOf(candidate) !== wanted) continue
      best = candidate
      found = true
      break
    }
  }
  return best
}
