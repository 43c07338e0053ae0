import { once } from 'node:events'
import tls from 'node:tls'
import { describe, expect, it } from 'vitest'
import { connect, createServer, readPeerChain } from 'countersign/node'
import { at, clientNames, clientUri, collectRefusals, failure, issueClient, later, listen, pki, readAll, versions } from './support.ts'

const pem = (...parts: string[]): string => parts.join('')

describe.each(versions)('%s', (version) => {
  const fix = { minVersion: version, maxVersion: version } as const

  it('readPeerChain gives what was sent, in its order, strangers too, and gives it again', async () => {
    const { root, otherRoot, intermediate, server } = await pki()
    const leaf = server.cert.slice(0, server.cert.indexOf('-----END') + 26)
    const sent = pem(leaf, otherRoot.pem, root.pem, intermediate.pem)
    const port = await listen(tls.createServer({ cert: sent, key: server.key, ...fix }, (socket) => socket.on('error', () => undefined)))
    const socket = tls.connect({ ...at(port), rejectUnauthorized: false, ...fix })
    later(() => socket.destroy())
    expect(() => readPeerChain(socket)).toThrow(TypeError)
    await once(socket, 'secureConnect')
    const chain = readPeerChain(socket)!
    expect(chain.leaf).toEqual(server.der)
    expect(chain.intermediates).toEqual([otherRoot.der, root.der, intermediate.der])
    expect(readPeerChain(socket)).toBe(chain)
  })

  it('accepts a chain with strangers and out of order, and refuses one that is too long', async () => {
    const { root, otherRoot, intermediate, client, toClient, server } = await pki()
    const leaf = client.cert.slice(0, client.cert.indexOf('-----END') + 26)
    const refusals = collectRefusals()
    const port = await listen(createServer({
      cert: server.cert, key: server.key, verifier: toClient, names: clientNames, onRefused: refusals.onRefused, maxCertificates: 6, ...fix,
    }, (socket) => socket.end('ok')))
    const visit = (cert: string): Promise<string> =>
      readAll(tls.connect({ ...at(port), cert, key: client.key, rejectUnauthorized: false, ...fix }))
    expect(await visit(pem(leaf, otherRoot.pem, root.pem, intermediate.pem))).toBe('ok')
    expect(await visit(pem(leaf, ...Array<string>(5).fill(intermediate.pem)))).toBe('ok')
    expect(await visit(pem(leaf, ...Array<string>(6).fill(intermediate.pem)))).toBe('')
    expect((await refusals.next()).code).toBe('node/too-many-certificates')
  })
})

describe('what a peer chose, in messages', () => {
  const unsafe = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e<>]/

  it('is escaped in errors and verdicts', async () => {
    const { intermediate, otherRoot, server, toClient, toServer } = await pki()
    const { other } = await pki()
    const hostile = await issueClient(other, { commonName: 'a\u001b[31mb\u202ec', uri: [clientUri, 'https://x/</svg><script>'] })
    const refusals = collectRefusals()
    const port = await listen(createServer({
      cert: server.cert, key: server.key, verifier: toClient, names: clientNames, onRefused: refusals.onRefused,
    }))
    const socket = tls.connect({ ...at(port), cert: hostile.cert, key: hostile.key, rejectUnauthorized: false })
    await readAll(socket)
    const error = await refusals.next()
    expect(error.verdict?.code).toBe('path/no-anchor')
    expect(error.message).not.toMatch(unsafe)
    // JSON escapes controls by itself; so look at the values.
    const look = (value: unknown): void => {
      if (typeof value === 'string') expect(value).not.toMatch(unsafe)
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(look)
    }
    look(error.verdict?.toJSON())
    void intermediate, otherRoot

    const nowhere = await failure(connect({ host: 'evil\u001b[31m<b>.invalid', port, verifier: toServer, names: 'unchecked' }))
    expect(nowhere.code).toBe('node/connection-failed')
    expect(nowhere.message).not.toMatch(unsafe)
  })
})
