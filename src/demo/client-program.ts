/**
 * The client of the demonstration: a process of its own, which `main.ts` starts and tells where to connect.
 */
import type { TLSSocket } from 'node:tls'
import { connect } from '../node/index.ts'
import { createVerifier, parseCertificates } from '../verify/index.ts'
import { describeAccepted, describeRefused, type ConnectCommand, type Report } from './messages.ts'

/** What the server says to `message`; empty if it closes instead. */
function exchange(socket: TLSSocket, message: string): Promise<string> {
  return new Promise((resolve) => {
    let reply = ''
    socket.on('data', (chunk: Buffer) => { reply += chunk.toString() })
    socket.on('error', () => resolve(reply))
    socket.on('close', () => resolve(reply))
    socket.write(message)
  })
}

async function run(command: ConnectCommand): Promise<Extract<Report, { kind: 'done' }>['result']> {
  let socket: TLSSocket
  try {
    socket = await connect({
      host: '127.0.0.1',
      port: command.port,
      servername: command.hostName,
      cert: command.cert,
      key: command.key,
      minVersion: command.version,
      maxVersion: command.version,
      verifier: createVerifier({ anchors: parseCertificates(command.anchor), purpose: 'serverAuth', revocation: 'none' }),
      names: { anyOf: [{ dns: command.hostName }] },
      probeFirst: command.probeFirst,
    })
  } catch (error) {
    return describeRefused(error)
  }
  const view = describeAccepted(socket)
  return { ...view, reply: await exchange(socket, command.message) }
}

process.on('message', (command: ConnectCommand) => {
  run(command).then(
    (result) => process.send?.({ kind: 'done', id: command.id, result } satisfies Report),
    (error: unknown) => process.send?.({ kind: 'broken', text: String(error) } satisfies Report),
  )
})
process.on('disconnect', () => process.exit())
