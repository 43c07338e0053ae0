/**
 * Starts the two programs, gives them their orders, and waits for what they report, each wait with an end.
 */
import { fork, type ChildProcess } from 'node:child_process'
import type { Accepted, ConnectCommand, Refused, Report, ServeCommand, ServerEvent } from './messages.ts'

const patience = 8000

export interface Service {
  readonly port: number
  /** The next event of this server. */
  next(): Promise<ServerEvent>
}

type Unsent<T> = Omit<T, 'kind' | 'id'>

export class Programs {
  readonly #server: ChildProcess
  readonly #client: ChildProcess
  #ids = 0
  readonly #events = new Map<number, ServerEvent[]>()
  readonly #wakers = new Map<string, (report: Report) => void>()
  #fail: (error: Error) => void = () => undefined
  readonly #broken: Promise<never>

  constructor() {
    this.#broken = new Promise((_, reject) => { this.#fail = reject })
    // Every wait races with it; should nobody wait when it comes, the next one learns of it.
    this.#broken.catch(() => undefined)
    this.#server = this.#start('server-program.js')
    this.#client = this.#start('client-program.js')
  }

  get pids(): { server: number | undefined, client: number | undefined } {
    return { server: this.#server.pid, client: this.#client.pid }
  }

  async serve(what: Unsent<ServeCommand>): Promise<Service> {
    const id = ++this.#ids
    this.#events.set(id, [])
    this.#server.send({ kind: 'serve', id, ...what } satisfies ServeCommand)
    const report = await this.#wait(`serving ${id}`, 'the server to listen')
    if (report.kind !== 'serving') throw new Error('unexpected report')
    return { port: report.port, next: () => this.#nextEvent(id) }
  }

  async connect(what: Unsent<ConnectCommand>): Promise<(Accepted & { reply: string }) | Refused> {
    const id = ++this.#ids
    this.#client.send({ kind: 'connect', id, ...what } satisfies ConnectCommand)
    const report = await this.#wait(`done ${id}`, 'the client to finish')
    if (report.kind !== 'done') throw new Error('unexpected report')
    return report.result
  }

  stop(): void {
    this.#server.removeAllListeners('exit').kill()
    this.#client.removeAllListeners('exit').kill()
  }

  #start(file: string): ChildProcess {
    const child = fork(new URL(file, import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    child.on('message', (report: Report) => this.#take(report))
    child.on('exit', (code) => this.#fail(new Error(`${file} ended with code ${code}`)))
    return child
  }

  #take(report: Report): void {
    if (report.kind === 'broken') return this.#fail(new Error(report.text))
    if (report.kind === 'event') this.#events.get(report.id)?.push(report.event)
    this.#wakers.get(`${report.kind} ${report.id}`)?.(report)
  }

  async #nextEvent(id: number): Promise<ServerEvent> {
    const queue = this.#events.get(id)!
    if (queue.length === 0) await this.#wait(`event ${id}`, 'the server to report')
    return queue.shift()!
  }

  async #wait(key: string, what: string): Promise<Report> {
    let timer: NodeJS.Timeout | undefined
    const report = new Promise<Report>((resolve, reject) => {
      this.#wakers.set(key, resolve)
      timer = setTimeout(() => reject(new Error(`waited ${patience} ms for ${what}`)), patience)
    })
    try {
      return await Promise.race([report, this.#broken])
    } finally {
      clearTimeout(timer)
      this.#wakers.delete(key)
    }
  }
}
