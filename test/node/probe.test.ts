import tls from 'node:tls'
import { describe, expect, it } from 'vitest'
import { acceptedVerdict, connect, createServer } from 'countersign/node'
import { at, clientNames, collectRefusals, failure, issueServer, listen, pki, readAll, versions, type Pki } from './support.ts'

describe.each(versions)('probeFirst, %s', (version) => {
  const fix = { minVersion: version, maxVersion: version } as const

  /** A server of Node that asks for a certificate, and notes for each connection whether it got one. */
  async function watch(credential: { cert: string, key: string }, prepare?: (server: tls.Server) => void) {
    const seen: boolean[] = []
    const server = tls.createServer({ cert: credential.cert, key: credential.key, requestCert: true, rejectUnauthorized: false, ...fix }, (socket) => {
      seen.push(socket.getPeerX509Certificate() !== undefined)
      socket.on('error', () => undefined)
      socket.end('ok')
    })
    prepare?.(server)
    return { port: await listen(server), seen }
  }

  const as = ({ client, toServer }: Pki) => ({ cert: client.cert, key: client.key, verifier: toServer, probeFirst: true, ...fix })

  it('shows the certificate only after the server was accepted', async () => {
    const all = await pki()
    const { port, seen } = await watch(all.server)
    const socket = await connect({ ...at(port), ...as(all) })
    expect(await readAll(socket)).toBe('ok')
    expect(acceptedVerdict(socket)?.ok).toBe(true)
    // Of the probe a server may see no more than its end.
    expect(seen.at(-1)).toBe(true)
    expect(seen.filter((certificate) => certificate).length).toBe(1)
  })

  it('never shows it to a refused server', async () => {
    const all = await pki()
    const { port, seen } = await watch(all.otherServer)
    expect((await failure(connect({ ...at(port), ...as(all) }))).verdict?.code).toBe('path/no-anchor')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(seen).not.toContain(true)
    expect(seen.length).toBeLessThanOrEqual(1)
  })

  it('refuses a server whose leaf has changed between the two, though it would be accepted', async () => {
    const all = await pki()
    const twin = await issueServer(all.intermediate)
    // The second connection, and so its handshake, meets another certificate.
    let connections = 0
    const { port } = await watch(all.server, (server) => {
      server.prependListener('connection', () => {
        if (++connections === 2) server.setSecureContext({ cert: twin.cert, key: twin.key, ...fix })
      })
    })
    const error = await failure(connect({ ...at(port), ...as(all) }))
    expect(error.code).toBe('node/leaf-changed')
  })

  it('works with our own server, which reports the probe as a client without a certificate', async () => {
    const all = await pki()
    const refusals = collectRefusals()
    const port = await listen(createServer({
      cert: all.server.cert, key: all.server.key, verifier: all.toClient, names: clientNames, onRefused: refusals.onRefused, ...fix,
    }, (socket) => socket.end('ok')))
    expect(await readAll(await connect({ ...at(port), ...as(all) }))).toBe('ok')
    for (const { code } of refusals.errors) expect(code).toMatch(/^node\/(no-peer-certificate|connection-failed)$/)
  })
})
