/**
 * Where fetched lists and answers are kept. A store is believed in nothing: what comes out of it is bytes, parsed and
 * checked like those of a server, and its failures cost a request, never a verdict.
 */
import { unlessAborted } from './fetch-body.ts'

export interface RevocationCache {
  /** The bytes kept under a key, or undefined. They are not to be changed. */
  get(key: string): Promise<Uint8Array | undefined>
  /** Keeps bytes until a time, in milliseconds since 1970; a store may drop them before. */
  set(key: string, value: Uint8Array, until: number): Promise<void>
  delete?(key: string): Promise<void>
}

export interface MemoryCacheOptions {
  /** Default 1000. */
  readonly maxEntries?: number
  /** Octets of all values and keys together. Default 64 MiB. A larger value is not kept. */
  readonly maxBytes?: number
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number
}

/**
 * A cache in memory that forgets what was not used for longest.
 *
 * @throws {TypeError} naming the option that is wrong
 */
export function createMemoryCache(options: MemoryCacheOptions = {}): RevocationCache & { delete(key: string): Promise<void> } {
  const { maxEntries = 1000, maxBytes = 0x400_0000, now = Date.now } = options
  for (const [option, value] of Object.entries({ maxEntries, maxBytes })) {
    if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`${option}: expected a positive integer`)
  }
  if (typeof now !== 'function') throw new TypeError('now: expected a function')
  // A Map keeps the order in which keys came: the first one is the one that was not used for longest.
  const entries = new Map<string, { readonly value: Uint8Array; readonly until: number; readonly size: number }>()
  let used = 0
  const drop = (key: string): void => {
    used -= entries.get(key)?.size ?? 0
    entries.delete(key)
  }
  return {
    async get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      // Put back as the latest; `used` stands.
      entries.set(key, entry)
      if (entry.until > now()) return entry.value
      drop(key)
      return undefined
    },
    async set(key, value, until) {
      drop(key)
      const size = value.length + 2 * key.length
      // NaN is no time either.
      if (!(until > now()) || size > maxBytes) return
      entries.set(key, { value, until, size })
      used += size
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && used <= maxBytes) break
        drop(oldest)
      }
    },
    async delete(key) {
      drop(key)
    },
  }
}

export type CacheCode =
  /** The store threw when it was read, or gave no bytes; it counts as a miss. To do: see the store’s own log: `details.reason` holds the name of its error alone. */
  | 'cache/read-failed'
  /** The store threw when it was given something to keep. To do: see the store’s own log: `details.reason` holds the name of its error alone. */
  | 'cache/write-failed'
  /** The store took too long; it counts as a miss. To do: take a nearer store. */
  | 'cache/timeout'

export interface CacheFailure {
  readonly code: CacheCode
  /** `reason`: the name of the store’s error, never its text, which may hold an address with a password. */
  readonly details: Readonly<Record<string, string | number>>
}

/** How long a store may take, in milliseconds. */
const defaultTimeout = 2000

/** Asks a store. A failure is a miss with a reason. Rejects with the signal’s reason, and never else. */
export async function readCache(
  cache: RevocationCache, key: string, signal?: AbortSignal, timeout: number = defaultTimeout,
): Promise<{ readonly value?: Uint8Array; readonly failure?: CacheFailure }> {
  const answer = await within(timeout, signal, async () => {
    const value: unknown = await cache.get(key)
    if (value !== undefined && !(value instanceof Uint8Array)) throw new TypeError('no bytes')
    return value
  }, 'cache/read-failed')
  return 'failure' in answer ? answer : answer.value === undefined ? {} : { value: answer.value }
}

/** Gives a store something to keep. Returns why it did not. Rejects with the signal’s reason, and never else. */
export async function writeCache(
  cache: RevocationCache, key: string, value: Uint8Array, until: number, signal?: AbortSignal, timeout: number = defaultTimeout,
): Promise<CacheFailure | undefined> {
  const answer = await within(timeout, signal, async () => cache.set(key, value, until), 'cache/write-failed')
  return 'failure' in answer ? answer.failure : undefined
}

async function within<T>(
  milliseconds: number, signal: AbortSignal | undefined, work: () => Promise<T>, code: CacheFailure['code'],
): Promise<{ readonly value: T } | { readonly failure: CacheFailure }> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  const onAbort = (): void => controller.abort()
  signal?.addEventListener('abort', onAbort, { once: true })
  const timer = setTimeout(onAbort, milliseconds)
  try {
    return { value: await unlessAborted(work(), controller.signal) }
  } catch (error) {
    signal?.throwIfAborted()
    if (controller.signal.aborted) return { failure: { code: 'cache/timeout', details: { milliseconds } } }
    const name = error instanceof Error ? String(error.name) : ''
    return { failure: { code, details: { reason: /^\w{1,64}$/.test(name) ? name : 'unknown' } } }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}
