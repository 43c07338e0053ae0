/**
 * The server of the demonstration: a process of its own, which `main.ts` starts and tells what to serve.
 */
import type { AddressInfo } from 'node:net'
import { createServer } from '../node/index.ts'
import { createVerifier, parseCertificates } from '../verify/index.ts'
import { describeAccepted, describeRefused, type Report, type ServeCommand, type ServerEvent } from './messages.ts'

function tell(report: Report): void {
  process.send?.(report)
}

function serve({ id, cert, key, anchor, clientUri, version }: ServeCommand): void {
  const say = (event: ServerEvent): void => tell({ kind: 'event', id, event })
  const server = createServer({
    cert,
    key,
    minVersion: version,
    maxVersion: version,
    verifier: createVerifier({ anchors: parseCertificates(anchor), purpose: 'clientAuth', revocation: 'none' }),
    names: { anyOf: [{ uri: clientUri }] },
    onRefused: (error) => say(describeRefused(error)),
  }, (socket) => {
    say(describeAccepted(socket))
    // Clients of the demonstration leave as they like.
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      say({ outcome: 'message', text: chunk.toString() })
      socket.end(`server to client: you said “${chunk.toString()}”`)
    })
  })
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    say({ outcome: 'tls-error', code: error.code ?? 'unknown', message: error.message.trim() })
  })
  server.listen(0, '127.0.0.1', () => tell({ kind: 'serving', id, port: (server.address() as AddressInfo).port }))
}

process.on('message', (command: ServeCommand) => serve(command))
process.on('disconnect', () => process.exit())
