/** One end of idle connections, in a process of its own: `idle.ts server SUBJECT` or `idle.ts client`, told what to do by messages. */
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { subjects, type World } from './subjects.ts'

const [, , role, name] = process.argv
const subject = subjects.find((one) => one.name === name)!
const kept: TLSSocket[] = []

async function measure(): Promise<{ rss: number, heap: number }> {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    ;(globalThis as { gc?: () => void }).gc!()
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, heap: heapUsed + external }
}

type Order = { world: World } | { open: number, port: number, world: World } | 'measure'

process.on('message', (order: Order) => {
  void obey(order).then((answer) => process.send!(answer))
})

async function obey(order: Order): Promise<unknown> {
  if (order === 'measure') return measure()
  if (role === 'server') {
    const server = subject.serve(order.world, (socket) => {
      socket.on('error', () => undefined)
      kept.push(socket)
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    return (server.address() as AddressInfo).port
  }
  // Whoever connects checks nothing here: it is the server’s memory that is measured.
  const { open, port, world } = order as { open: number, port: number, world: World }
  const connect = subjects[0]!.clientsOf(world)
  for (let i = 0; i < open; i++) kept.push((await connect(port, kept.length)).on('error', () => undefined))
  return kept.length
}
