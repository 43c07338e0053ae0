/**
 * A peer that runs in Deno or Bun: one JSON command a line comes in, and its answer and events go out the same way.
 * Started by `runtime.ts`, with the name of the adapter as its argument.
 */
import { once } from 'node:events'
import https from 'node:https'
import process from 'node:process'
import { createInterface } from 'node:readline'
import tls from 'node:tls'
import { parsePolicy } from '../../dist/policy/index.js'
import { createVerifier, parseCertificates } from '../../dist/verify/index.js'

const adapter = await import(`../../dist/${process.argv[2]}/index.js`)
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)

const servers = new Map()
const kept = new Map()
/** By how many milliseconds the clock of a verifier is ahead. */
const shifts = new Map()

function describe(error) {
  return {
    name: error?.name, code: error?.code, message: error?.message, verdict: error?.verdict?.code,
    cause: error?.cause?.message, feature: error?.feature, reason: error?.decision?.reason,
  }
}

/** What a command says of a verifier, in JSON, made into one. `silent` never answers. */
function verifierOf({ anchors, purpose, silent, late, ages }) {
  const clock = () => Date.now() + (shifts.get(ages) ?? 0)
  const real = createVerifier({ anchors: parseCertificates(anchors), purpose, revocation: 'none', clock })
  if (silent) return { ...real, verify: () => new Promise(() => undefined) }
  if (late === undefined) return real
  return { ...real, verify: (request) => new Promise((resolve) => { setTimeout(resolve, late) }).then(() => real.verify(request)) }
}

function optionsOf({ verifier, signalAfter, ...rest }) {
  const options = { ...rest, ...(verifier === undefined ? {} : { verifier: verifierOf(verifier) }) }
  if (options.policy !== undefined) options.policy = parsePolicy(options.policy)
  if (options.sessions) options.sessions = kept.get(options.sessions) ?? adapter.createSessionStore()
  if (signalAfter !== undefined) options.signal = AbortSignal.timeout(signalAfter)
  return options
}

function readAll(socket) {
  return new Promise((resolve) => {
    let text = ''
    socket.on('data', (chunk) => { text += chunk.toString('latin1') })
    socket.on('error', () => resolve(text))
    socket.on('close', () => resolve(text))
  })
}

const commands = {
  async store({ name }) {
    kept.set(name, adapter.createSessionStore())
  },
  /** By the clocks of verifiers with this name, all certificates have expired. */
  async age({ name }) {
    shifts.set(name, 400 * 86_400_000)
  },
  async clear({ name }) {
    kept.get(name).clear()
  },
  /** A server that echoes, or whose HTTP handlers say what they know. */
  async serve({ kind, options }) {
    const name = `server ${servers.size}`
    const taken = {
      ...optionsOf(options),
      onRefused: (error) => say({ event: 'refused', server: name, error: describe(error) }),
      ...(kind === 'tls' || options.policy === undefined ? {} : { onDenied: (decision) => say({ event: 'denied', server: name, reason: decision?.reason }) }),
    }
    const entered = (source, more) => say({
      event: 'entered', server: name, accepted: adapter.acceptedVerdict(source)?.ok === true, ...more,
      ...(options.policy === undefined ? {} : { decision: adapter.decisionOf(source)?.decision, both: JSON.parse(JSON.stringify(adapter.mutualAuthentication(source))) }),
    })
    const handle = (request, response) => {
      entered(request, { url: request.url, http: request.httpVersion })
      request.resume()
      response.end('served')
    }
    const create = {
      tls: () => adapter.createServer(taken, (socket) => {
        entered(socket, { reused: socket.isSessionReused() })
        socket.on('error', () => undefined)
        socket.pipe(socket)
      }),
      https: () => adapter.createHttpsServer(taken, handle),
      http2: () => adapter.createHttp2SecureServer(taken, handle),
    }
    const server = create[kind]()
    server.on('tlsClientError', () => undefined)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    servers.set(name, server)
    return { server: name, port: server.address().port }
  },
  /** Connects, sends, and reads to the end. */
  async connect({ options, send, waitFor }) {
    const socket = await adapter.connect(optionsOf(options))
    const accepted = adapter.acceptedVerdict(socket)?.ok === true
    const decided = options.policy === undefined ? {} : { decision: adapter.decisionOf(socket)?.decision }
    if (waitFor !== undefined) {
      const [chunk] = await once(socket, 'data')
      socket.destroy()
      return { accepted, ...decided, text: chunk.toString('latin1') }
    }
    const all = readAll(socket)
    // Not an empty write: a later one of those never finishes in Deno 2.9.5.
    if (send) socket.end(send)
    else socket.end()
    return { accepted, ...decided, text: await all }
  },
  /** Requests one after the other; before the last one, the clocks of the verifiers named `age` are put forward. */
  async request({ options, url, times = 1, host, age }) {
    const agent = adapter.createHttpsAgent({ ...optionsOf(options), keepAlive: true })
    const statuses = []
    for (let i = 0; i < times; i++) {
      if (age !== undefined && i === times - 1) await commands.age({ name: age })
      const request = https.get(url, { agent, ...(host === undefined ? {} : { headers: { host } }) })
      const [response] = await once(request, 'response')
      response.resume()
      statuses.push([response.statusCode, request.reusedSocket === true])
      await once(response, 'end')
    }
    agent.destroy()
    return { statuses }
  },
  async http2({ options, url, authority }) {
    const session = await adapter.connectHttp2(url, optionsOf(options))
    const accepted = adapter.acceptedVerdict(session)?.ok === true
    const stream = session.request({ ':path': '/', ...(authority === undefined ? {} : { ':authority': authority }) })
    const [headers] = await once(stream, 'response')
    stream.resume()
    session.destroy()
    return { accepted, status: headers[':status'] }
  },
  /** `verifyPeer` on a socket made here. */
  async verifyPeer({ connection, options }) {
    const socket = tls.connect({ ...connection, rejectUnauthorized: false })
    socket.on('error', () => undefined)
    await once(socket, 'secureConnect')
    const verdict = await adapter.verifyPeer(socket, optionsOf(options))
    const { destroyed } = socket
    socket.destroy()
    return { ok: verdict.ok, code: verdict.code, destroyed }
  },
  /** Calls what the adapter exports under this name. */
  async call({ name, options }) {
    adapter[name](options)
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, command, ...rest } = JSON.parse(line)
  commands[command](rest).then(
    (result) => say({ id, result: result ?? null }),
    (error) => say({ id, error: describe(error) }),
  )
}
