/** The adapter for unstorage over real stores: memory, the file system, and a Redis that is started here. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStorage, type Storage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs-lite'
import redisDriver from 'unstorage/drivers/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCache } from '../../src/revocation/cache.ts'
import { unstorageCache } from '../../src/stores/index.ts'

const every = Uint8Array.from({ length: 70_000 }, (_, i) => i)
const later = Date.now() + 3_600_000
const keys = ['http://crl.example.com/../../etc/passwd', 'a:b:c', '', 'CON', 'ü\u0000\u202e', 'x'.repeat(5000)]

/** What every store has to do. */
async function exercise(storage: Storage): Promise<void> {
  let time = Date.now()
  const cache = unstorageCache(storage, { now: () => time })
  for (const [i, key] of keys.entries()) await cache.set(key, every.subarray(i, i + 60_000), later)
  await cache.set('empty', new Uint8Array(0), later)
  for (const [i, key] of keys.entries()) {
    const value = await cache.get(key)
    expect(value?.constructor).toBe(Uint8Array)
    expect(Buffer.compare(value!, every.subarray(i, i + 60_000))).toBe(0)
  }
  expect(await cache.get('empty')).toEqual(new Uint8Array(0))
  expect(await cache.get('none')).toBeUndefined()
  // Replaced, taken out, and never kept.
  await cache.set('a:b:c', Uint8Array.of(7), later)
  expect(await cache.get('a:b:c')).toEqual(Uint8Array.of(7))
  await cache.delete('a:b:c')
  expect(await cache.get('a:b:c')).toBeUndefined()
  await cache.set('CON', Uint8Array.of(7), time)
  expect(await cache.get('CON')).toBeUndefined()
  // Another time: what has ended is not given out, and is taken away.
  const before = (await storage.getKeys()).length
  time = later
  expect(await cache.get('empty')).toBeUndefined()
  expect((await storage.getKeys()).length).toBe(before - 1)
  time = later - 1
  expect(await cache.get('')).toHaveLength(60_000)
}

describe('unstorageCache', () => {
  it('keeps values in memory', async () => {
    await exercise(createStorage())
  })

  it('takes ArrayBuffers and views of larger buffers', async () => {
    const held = new Map<string, Uint8Array>()
    const give = { how: (value: Uint8Array): unknown => value }
    const cache = unstorageCache({
      getItemRaw: async (key) => held.has(key) ? give.how(held.get(key)!) : null,
      setItemRaw: async (key, value) => void held.set(key, value),
      removeItem: async (key) => void held.delete(key),
    })
    await cache.set('k', Uint8Array.of(1, 2, 3), later)
    give.how = (value) => Uint8Array.from(value).buffer
    expect(await cache.get('k')).toEqual(Uint8Array.of(1, 2, 3))
    give.how = (value) => Buffer.concat([Buffer.alloc(5), value]).subarray(5)
    expect(await cache.get('k')).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('tells a store how long a value lives, in seconds', async () => {
    const told: unknown[] = []
    const cache = unstorageCache({
      getItemRaw: async () => null, removeItem: async () => undefined,
      setItemRaw: async (key, _, options) => void told.push([key, options]),
    }, { prefix: 'p/', now: () => 1000 })
    await cache.set('abc', Uint8Array.of(1), 3500)
    expect(told).toEqual([['p/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', { ttl: 3 }]])
  })

  it('refuses what is no storage', () => {
    for (const wrong of [undefined, null, {}, { getItemRaw: 1 }]) expect(() => unstorageCache(wrong as never)).toThrow(/^storage:/)
    expect(() => unstorageCache(createStorage(), { prefix: 5 } as never)).toThrow(/^prefix:/)
  })
})

describe('unstorageCache on the file system', () => {
  let folder: string
  beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'countersign-cache-')) })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('keeps values in files of its own folder', async () => {
    await exercise(createStorage({ driver: fsDriver({ base: join(folder, 'all') }) }))
    expect(readdirSync(folder)).toEqual(['all'])
    for (const name of readdirSync(join(folder, 'all', 'countersign'))) expect(name).toMatch(/^[0-9a-f]{64}$/)
  })

  it('finds in another process’s cache what was kept, and reports what is damaged', async () => {
    const base = join(folder, 'damaged')
    const open = (): ReturnType<typeof unstorageCache> => unstorageCache(createStorage({ driver: fsDriver({ base }) }))
    await open().set('a', Uint8Array.of(1, 2, 3), later)
    await open().set('b', Uint8Array.of(4, 5, 6), later)
    expect(await readCache(open(), 'a')).toEqual({ value: Uint8Array.of(1, 2, 3) })
    const [first, second] = readdirSync(join(base, 'countersign')).map((name) => join(base, 'countersign', name)) as [string, string]
    const whole = readFileSync(first)
    const damaged = { failure: { code: 'cache/read-failed', details: { reason: 'Error' } } }
    const outcomes = async (): Promise<unknown[]> => [await readCache(open(), 'a'), await readCache(open(), 'b')].filter(({ failure }) => failure !== undefined)
    expect(await outcomes()).toEqual([])
    truncateSync(first, whole.length - 1)
    expect(await outcomes()).toEqual([damaged])
    truncateSync(first, 0)
    expect(await outcomes()).toEqual([damaged])
    writeFileSync(first, 'something else, and long enough to be a header of a value')
    expect(await outcomes()).toEqual([damaged])
    // The value of another key under this one.
    writeFileSync(first, readFileSync(second))
    expect(await outcomes()).toEqual([damaged])
    writeFileSync(first, whole)
    expect(await outcomes()).toEqual([])
  })
})

const redisServer = ['redis-server', 'valkey-server'].find((command) => spawnSync(command, ['--version']).status === 0)

describe.skipIf(redisServer === undefined)('unstorageCache on Redis (skipped where neither redis-server nor valkey-server is installed)', () => {
  let server: ChildProcess
  let port: number
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-redis-'))
    const probe = net.createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    port = (probe.address() as AddressInfo).port
    probe.close()
    await once(probe, 'close')
    server = spawn(redisServer!, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    let log = ''
    for await (const part of server.stdout!) if ((log += String(part)).includes('Ready to accept connections')) break
    expect(log).toContain('Ready to accept connections')
  })
  afterAll(async () => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill()
      await once(server, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  })

  it('keeps values', async () => {
    const storage = createStorage({ driver: redisDriver({ port, host: '127.0.0.1' }) })
    await exercise(storage)
    await storage.dispose()
  })

  it('lets Redis forget what has ended', async () => {
    const driver = redisDriver({ port, host: '127.0.0.1' })
    const storage = createStorage({ driver })
    const cache = unstorageCache(storage, { prefix: 'ttl:' })
    await cache.set('a', Uint8Array.of(1), Date.now() + 60_000)
    const client = driver.getInstance!() as { keys(pattern: string): Promise<string[]>; pttl(key: string): Promise<number> }
    const [key] = await client.keys('ttl:*')
    expect(await client.pttl(key!)).toBeGreaterThan(0)
    expect(await client.pttl(key!)).toBeLessThanOrEqual(61_000)
    await storage.dispose()
  })

  it('is a miss with a reason where the server is gone', async () => {
    const storage = createStorage({ driver: redisDriver({ port, host: '127.0.0.1', maxRetriesPerRequest: 0, retryStrategy: () => null }) })
    const cache = unstorageCache(storage)
    await cache.set('a', Uint8Array.of(1), later)
    server.kill()
    await once(server, 'exit')
    expect((await readCache(cache, 'a')).failure?.code).toBe('cache/read-failed')
    await storage.dispose().catch(() => undefined)
  })
})
