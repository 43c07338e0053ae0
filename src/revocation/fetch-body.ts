/** Reading from a server that may say nothing, or never end. */

/** Settles as `work` does, or rejects with the signal’s reason as soon as that is aborted, whether `work` heeds it or not. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/**
 * The body of a response, or undefined where it has more than `limit` octets. A Content-Length is not asked: it may lie.
 * Rejects with the signal’s reason, or as the stream does.
 */
export async function readBody(response: Response, limit: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const reader = response.body?.getReader()
  if (reader === undefined) return new Uint8Array(0)
  // One buffer that grows: kept one by one, chunks of an octet each would take a hundred times their size.
  let buffer = new Uint8Array(Math.min(limit, 16_384))
  let length = 0
  try {
    for (;;) {
      const { done, value } = await unlessAborted(reader.read(), signal)
      if (done) return buffer.slice(0, length)
      if (length + value.length > limit) return undefined
      if (length + value.length > buffer.length) {
        const larger = new Uint8Array(Math.min(limit, Math.max(buffer.length * 2, length + value.length)))
        larger.set(buffer.subarray(0, length))
        buffer = larger
      }
      buffer.set(value, length)
      length += value.length
    }
  } finally {
    // Not waited for: a stream need not heed it.
    reader.cancel().catch(() => undefined)
  }
}

/** Ends a response whose body is of no interest. */
export function dropBody(response: Response): void {
  response.body?.cancel().catch(() => undefined)
}
