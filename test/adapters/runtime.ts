/**
 * Starts the peer of `peer.mjs` in a runtime, and talks to it.
 */
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { start, type Program } from '../node/programs.ts'

export const runtimes = ['deno', 'bun'] as const
export type Runtime = (typeof runtimes)[number]

/** An error in the peer, in JSON. */
export interface PeerError {
  readonly name: string
  readonly code?: string
  readonly message: string
  /** The code of the refused verdict. */
  readonly verdict?: string
  /** The message of the cause. */
  readonly cause?: string
  readonly feature?: string
  /** Of the decision of a policy. */
  readonly reason?: string
}

/** An event of a server in the peer. */
export interface PeerEvent {
  readonly event: 'entered' | 'refused' | 'denied'
  readonly server: string
  readonly error?: PeerError
  readonly accepted?: boolean
  readonly reused?: boolean
  readonly url?: string
  readonly http?: string
  readonly reason?: string
  readonly decision?: string
  /** The finished mutual authentication, with a policy. */
  readonly both?: Record<string, unknown>
}

export interface RemoteServer {
  readonly port: number
  /** The next event of this server. */
  next(): Promise<PeerEvent>
  /** What has come in, and was not asked for by `next`. */
  readonly events: readonly PeerEvent[]
}

export class RemoteError extends Error {
  readonly error: PeerError
  constructor(error: PeerError) {
    super(error.message)
    this.error = error
  }
}

export interface Peer {
  ask(command: string, values?: object): Promise<Record<string, unknown>>
  serve(kind: 'tls' | 'https' | 'http2', options: object): Promise<RemoteServer>
  stop(): Promise<void>
}

const folder = fileURLToPath(new URL('../../node_modules/.bin/', import.meta.url))
const program = fileURLToPath(new URL('peer.mjs', import.meta.url))

const words: Readonly<Record<Runtime, readonly string[]>> = {
  deno: ['run', '--quiet', '--no-config', '--no-lock', '--no-prompt', '--allow-read', '--allow-env', '--allow-net=127.0.0.1,localhost', program, 'deno'],
  bun: ['run', program, 'bun'],
}

export function startPeer(runtime: Runtime): Peer {
  const running: Program = start(`${folder}${runtime}`, words[runtime], tmpdir())
  const answers = new Map<number, (answer: { result?: Record<string, unknown>, error?: PeerError }) => void>()
  const listeners = new Map<string, (event: PeerEvent) => void>()
  const early: PeerEvent[] = []
  let ended = false
  let last = 0

  createInterface({ input: running.process.stdout }).on('line', (line) => {
    if (!line.startsWith('{')) return
    const message = JSON.parse(line) as { id?: number, result?: Record<string, unknown>, error?: PeerError } & Partial<PeerEvent>
    if (message.id !== undefined) answers.get(message.id)?.(message)
    else if (listeners.has(message.server!)) listeners.get(message.server!)!(message as PeerEvent)
    else early.push(message as PeerEvent)
  })
  void running.ended.then(() => {
    ended = true
    for (const answer of answers.values()) answer({ error: { name: 'Error', message: `${runtime} ended:\n${running.output()}` } })
  })

  const ask: Peer['ask'] = (command, values = {}) => new Promise((resolve, reject) => {
    if (ended) return reject(new Error(`${runtime} ended:\n${running.output()}`))
    const id = ++last
    answers.set(id, ({ result, error }) => {
      answers.delete(id)
      if (error === undefined) resolve(result ?? {})
      else reject(new RemoteError(error))
    })
    running.process.stdin.write(`${JSON.stringify({ id, command, ...values })}\n`)
  })

  return {
    ask,
    async serve(kind, options) {
      const { port, server } = await ask('serve', { kind, options }) as { port: number, server: string }
      const events = early.filter((event) => event.server === server)
      const waiting: ((event: PeerEvent) => void)[] = []
      listeners.set(server, (event) => {
        if (waiting.length > 0) waiting.shift()!(event)
        else events.push(event)
      })
      return {
        port, events,
        next: () => events.length > 0 ? Promise.resolve(events.shift()!) : new Promise((resolve) => waiting.push(resolve)),
      }
    },
    stop: () => running.stop(),
  }
}

/** The error of a command that must fail. */
export async function remoteFailure(promise: Promise<unknown>): Promise<PeerError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof RemoteError) return error.error
    throw error
  }
  throw new Error('expected an error, but the command succeeded')
}
