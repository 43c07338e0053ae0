/**
 * Handshakes of the Node adapter beside Node’s built-in check: `npm run -s bench:tls`. Both ends in one process, each judging
 * the other, so that a handshake costs what both ends cost; the subjects take turns, and a ratio is that of one turn. Then
 * the memory of idle connections, the server in a process of its own. Writes its section of bench/results.md.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createAuthority, issueLeaf } from '../../src/demo/authority.ts'
import { writeSection } from '../section.ts'
import { subjects, type Subject, type World } from './subjects.ts'

const quick = process.argv.includes('--quick')
const rounds = quick ? 3 : 15
const perRound = quick ? 100 : 300
const idleConnections = quick ? 200 : 2000

async function makeWorld(): Promise<World> {
  const root = await createAuthority('Bench root')
  const intermediate = await createAuthority('Bench intermediate', root)
  const server = await issueLeaf(intermediate, { commonName: 'localhost', dns: ['localhost'], usage: ['serverAuth'] })
  const clients: World['clients'][number][] = []
  for (let i = 0; i < perRound; i++) {
    const { cert, key } = await issueLeaf(intermediate, { commonName: 'pay', uri: [`spiffe://bank.example/pay/${i}`], usage: ['clientAuth'] })
    clients.push({ cert, key })
  }
  return { root: root.pem, server: { cert: server.cert, key: server.key }, clients }
}

interface Rate {
  readonly perSecond: number
  /** Milliseconds of the processor, all threads, for one handshake. */
  readonly cpu: number
}

/** Both ends done: each is over when the server has the socket and its first byte has come. */
async function handshakes(subject: Subject, world: World, count: number, atOnce: number): Promise<Rate> {
  const server = subject.serve(world, (socket) => {
    socket.on('error', () => undefined)
    socket.end('.')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const connect = subject.clientsOf(world)
  let next = 0
  const work = async (): Promise<void> => {
    while (next < count) {
      const socket = await connect(port, next++)
      socket.resume()
      await once(socket, 'close')
    }
  }
  // What comes first costs more than what follows, with every subject: the first keys are imported, the first code compiled.
  next = count - Math.min(20, count)
  await work()
  next = 0
  const before = process.cpuUsage()
  const started = process.hrtime.bigint()
  await Promise.all(Array.from({ length: atOnce }, work))
  const seconds = Number(process.hrtime.bigint() - started) / 1e9
  const { user, system } = process.cpuUsage(before)
  server.close()
  return { perSecond: count / seconds, cpu: (user + system) / 1000 / count }
}

interface Row { readonly rates: number[], readonly cpu: number[], readonly ratios: number[] }

async function compare(world: World, atOnce: number): Promise<Map<string, Row>> {
  const rows = new Map(subjects.map(({ name }) => [name, { rates: [], cpu: [], ratios: [] } as Row]))
  for (let round = -1; round < rounds; round++) {
    // Each turn begins with another subject.
    const found = new Map<string, Rate>()
    for (let i = 0; i < subjects.length; i++) {
      const subject = subjects[(i + round + subjects.length) % subjects.length]!
      found.set(subject.name, await handshakes(subject, world, perRound, atOnce))
    }
    if (round < 0) continue
    for (const [name, { perSecond, cpu }] of found) {
      const row = rows.get(name)!
      row.rates.push(perSecond)
      row.cpu.push(cpu)
      row.ratios.push(found.get(subjects[0]!.name)!.cpu / cpu)
    }
  }
  return rows
}

async function tell<T>(child: ChildProcess, order: unknown): Promise<T> {
  child.send(order as object)
  const [answer] = await once(child, 'message') as [T]
  return answer
}

/** Octets that one more idle connection takes at the server: of the whole process, and of that JavaScript’s heap and buffers. */
async function idle(subject: Subject, world: World): Promise<{ rss: number, heap: number }> {
  const file = fileURLToPath(new URL('./idle.ts', import.meta.url))
  const children = (['server', 'client'] as const).map((role) => fork(file, [role, subject.name], { execArgv: ['--expose-gc', '--import', 'tsx'] }))
  const [server, client] = children as [ChildProcess, ChildProcess]
  try {
    const port = await tell<number>(server, { world })
    const few = Math.min(200, idleConnections / 4)
    await tell(client, { open: few, port, world })
    const before = await tell<{ rss: number, heap: number }>(server, 'measure')
    await tell(client, { open: idleConnections, port, world })
    const after = await tell<{ rss: number, heap: number }>(server, 'measure')
    return { rss: (after.rss - before.rss) / idleConnections, heap: (after.heap - before.heap) / idleConnections }
  } finally {
    for (const child of children) child.kill('SIGKILL')
  }
}

function quantile(values: readonly number[], q: number): number {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))]!
}

const world = await makeWorld()
const same = { ...world, clients: world.clients.slice(0, 1) }
const lines = [
  '## Handshakes', '',
  `\`npm run -s bench:tls\`. TLS 1.3, P-256, one intermediate below the root, no session resumed; client and server in one process, each judging the other. ${rounds} rounds of ${perRound} handshakes, in which the subjects take turns. A ratio is that of handshakes for the same time of the processor, which a busy machine disturbs less than the clock, to \`rejectUnauthorized: true\` with \`ca\` in the same round. “Never seen”: each handshake of a round with another client’s certificate, and verifiers made anew. Goal: at least 0.90.`, '',
  '| clients | at once | subject | handshakes a second, median | processor, ms a handshake | ratio, median | middle half |', '|---|---|---|---|---|---|---|',
]
for (const [clients, of] of [['one', same], ['never seen', world]] as const) {
  for (const atOnce of [1, 64]) {
    for (const [name, { rates, cpu, ratios }] of await compare(of, atOnce)) {
      const spread = `${quantile(ratios, 0.25).toFixed(2)} – ${quantile(ratios, 0.75).toFixed(2)}`
      lines.push(`| ${clients} | ${atOnce} | ${name} | ${Math.round(quantile(rates, 0.5))} | ${quantile(cpu, 0.5).toFixed(2)} | ${quantile(ratios, 0.5).toFixed(2)} | ${name === subjects[0]!.name ? '' : spread} |`)
      console.log(lines.at(-1))
    }
  }
}
lines.push('', `One more idle connection at a server with ${idleConnections}, in octets, the server in a process of its own:`, '', '| subject | whole process | JavaScript’s heap and buffers |', '|---|---|---|')
for (const subject of subjects) {
  const { rss, heap } = await idle(subject, world)
  lines.push(`| ${subject.name} | ${Math.round(rss)} | ${Math.round(heap)} |`)
  console.log(lines.at(-1))
}
if (!quick) writeSection('tls', lines.join('\n'))
process.exit(0)
