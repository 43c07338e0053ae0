/** Redis or Valkey as the cache of a checker: it spares requests, and whoever writes into it frees nobody. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createStorage } from 'unstorage'
import redisDriver from 'unstorage/drivers/redis'
import type { Verifier } from 'countersign'
import { unstorageCache } from 'countersign/stores'
import { serveHttp } from './fetch-server.ts'
import { OpensslCa, foundAbout, freePort, has, judge, makeFolder, redisProgram, startRedis, statusOf, verifierOnLoopback, type Issued } from './programs.ts'

if (redisProgram === undefined) console.warn('skipped: neither redis-server nor valkey-server is on this machine')
const present = has('openssl', 'version') && redisProgram !== undefined

/** Octets of the frame around a value (see src/stores/unstorage.ts). */
const frameLength = 49

describe.skipIf(!present)('revocation kept in Redis (needs openssl, and redis-server or valkey-server)', () => {
  const folder = makeFolder()
  let redis: Awaited<ReturnType<typeof startRedis>>
  let driver: ReturnType<typeof redisDriver>
  let client: { keys(pattern: string): Promise<string[]>; getBuffer(key: string): Promise<Buffer>; set(key: string, value: Uint8Array): Promise<unknown>; flushall(): Promise<unknown> }
  let storage: ReturnType<typeof createStorage>
  let ca: OpensslCa
  let impostor: OpensslCa

  beforeAll(async () => {
    redis = await startRedis(folder.path)
    driver = redisDriver({ host: '127.0.0.1', port: redis.port })
    storage = createStorage({ driver })
    client = driver.getInstance!() as unknown as typeof client
    ca = new OpensslCa(folder.path, 'ca')
    // Of the same name, and another key.
    impostor = new OpensslCa(makeChild('impostor'), 'ca')
  })
  afterAll(async () => {
    await storage?.dispose()
    await redis?.stop()
    folder.remove()
  })
  beforeEach(() => client.flushall())

  function makeChild(name: string): string {
    return new OpensslCa(folder.path, name).folder
  }

  const verifier = (): Verifier => verifierOnLoopback(ca, { cache: unstorageCache(storage) })
  const ask = async (judgeBy: Verifier, leaf: Issued): Promise<string> => statusOf(await judge(judgeBy, leaf))
  const onlyKey = async (): Promise<string> => {
    const keys = await client.keys('*')
    expect(keys).toHaveLength(1)
    return keys[0]!
  }
  const put = async (value: Uint8Array): Promise<void> => {
    const key = await onlyKey()
    const framed = Buffer.concat([(await client.getBuffer(key)).subarray(0, frameLength), value])
    framed.writeUInt32BE(value.length, 13)
    await client.set(key, framed)
  }

  let count = 0
  /** A leaf whose list or answer is served here, and how often it was asked for. */
  async function serve(kind: 'crl' | 'ocsp'): Promise<{ leaf: Issued; page: { bytes: Uint8Array | undefined; asked: number } }> {
    const page = { bytes: undefined as Uint8Array | undefined, asked: 0 }
    const { origin } = await serveHttp((request, response) => {
      page.asked++
      if (page.bytes === undefined) response.writeHead(404)
      request.resume().on('end', () => response.end(page.bytes))
    })
    const where = kind === 'crl' ? `crlDistributionPoints = URI:${origin}/ca.crl` : `authorityInfoAccess = OCSP;URI:${origin}/`
    return { page, leaf: ca.issue(`leaf${count++}`, ['extendedKeyUsage = serverAuth', where]) }
  }

  it.each(['crl', 'ocsp'] as const)('the second verification is answered from it, that of another verifier too (%s)', async (kind) => {
    const { leaf, page } = await serve(kind)
    page.bytes = kind === 'crl' ? ca.crl() : ca.answer(leaf)
    const first = verifier()
    expect(await ask(first, leaf)).toBe(`good fetched-${kind}`)
    expect(await ask(first, leaf)).toBe(`good cached-${kind}`)
    const verdict = await judge(verifier(), leaf)
    expect(statusOf(verdict)).toBe(`good cached-${kind}`)
    expect(foundAbout(verdict).sources[0]!.address).toMatch(/^http:\/\/127\.0\.0\.1:/)
    expect(page.asked).toBe(1)
    // Redis itself forgets it when it ends, and until then it is asked for what is of now.
    expect(statusOf(await judge(verifier(), leaf, { time: Date.now() + 8 * 86_400_000 }))).toMatch(new RegExp(`^undetermined ${kind}/expired`))
  })

  it.each(['crl', 'ocsp'] as const)('nothing that is written into it makes a revoked certificate good (%s)', async (kind) => {
    const { leaf, page } = await serve(kind)
    const another = (await serve(kind)).leaf
    const make = (by: OpensslCa, about = leaf): Uint8Array => (kind === 'crl' ? by.crl() : by.answer(about))
    const good = make(ca)
    const forged = kind === 'crl' ? impostor.crl() : undefined
    ca.revoke(leaf, '-crl_reason', 'keyCompromise')
    // An answer has no number, and its date is in whole seconds: the newer one is of the next.
    await new Promise((resolve) => setTimeout(resolve, 1020 - Date.now() % 1000))
    const now = make(ca)
    const changed = good.slice()
    changed[changed.length - 1]! ^= 1
    const poisons: [string, Uint8Array][] = [
      ['garbage', Uint8Array.of(1, 2, 3)], ['nothing', new Uint8Array()], ['a changed one', changed], ['a part', good.subarray(0, good.length - 7)],
      // Signed and in time: only a verifier that has seen a newer one knows better.
      ['an old one', good],
      ...(forged === undefined ? [['of another answer', make(ca, another)] as [string, Uint8Array]] : [['of another key', forged] as [string, Uint8Array]]),
    ]
    const seen = verifier()
    page.bytes = now
    expect(await ask(seen, leaf)).toBe(`revoked keyCompromise fetched-${kind}`)
    for (const [what, bytes] of poisons) {
      for (const judgeBy of what === 'an old one' ? [seen] : [seen, verifier()]) {
        await put(bytes)
        page.bytes = now
        expect(await ask(judgeBy, leaf), what).toMatch(new RegExp(`^revoked keyCompromise fetched-${kind} [a-z]+/`))
        expect(await ask(judgeBy, leaf), what).toBe(`revoked keyCompromise cached-${kind}`)
        await put(bytes)
        page.bytes = undefined
        expect(await ask(judgeBy, leaf), what).toMatch(/^undetermined /)
      }
    }
    // Not in a frame of ours, and a frame of another key.
    for (const raw of [Buffer.from('garbage'), Buffer.concat([Buffer.alloc(frameLength), good]), Buffer.alloc(0)]) {
      await client.set(await onlyKey(), raw)
      expect(await ask(verifier(), leaf)).toMatch(/^undetermined cache\/read-failed fetch\/status$/)
      page.bytes = now
      expect(await ask(verifier(), leaf)).toBe(`revoked keyCompromise fetched-${kind} cache/read-failed`)
      page.bytes = undefined
    }
  })

  it('without the server of Redis, verification goes on', async () => {
    const { leaf, page } = await serve('crl')
    page.bytes = ca.crl()
    const lost = redisDriver({ host: '127.0.0.1', port: await freePort(), maxRetriesPerRequest: 0, retryStrategy: () => null })
    const nobody = createStorage({ driver: lost })
    // Told to whoever owns the client, too.
    const complaints = new Promise((resolve) => (lost.getInstance!() as unknown as { on(event: 'error', listen: (error: unknown) => void): void }).on('error', resolve))
    const alone = verifierOnLoopback(ca, { cache: unstorageCache(nobody) })
    expect(await ask(alone, leaf)).toBe('good fetched-crl cache/read-failed')
    expect(await ask(alone, leaf)).toBe('good fetched-crl cache/read-failed')
    expect(page.asked).toBe(2)
    expect(await complaints).toMatchObject({ code: 'ECONNREFUSED' })
    await nobody.dispose().catch(() => undefined)
  })
})
