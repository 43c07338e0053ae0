/**
 * Chromium, driven over its DevTools pipe, with a home of its own: the certificates of its NSS database, and which of them
 * it offers without asking.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

export const chromium: string | undefined = ['chromium', 'chromium-browser', 'google-chrome'].find((name) => spawnSync(name, ['--version']).status === 0)
export const hasCertutil: boolean = spawnSync('certutil', ['-H']).error === undefined && spawnSync('pk12util', ['-H']).error === undefined

export interface Identity {
  /** PEM. */
  readonly cert: string
  readonly key: string
}

export interface Page {
  /** Opens an address, and returns the network’s error where there is one. */
  open(url: string): Promise<string | undefined>
  /** The value of an expression in the page; a promise is waited for. */
  evaluate(expression: string): Promise<unknown>
  /** PNG. */
  screenshot(width: number, height: number): Promise<Buffer>
}

export interface Browser {
  readonly page: Page
  stop(): Promise<void>
}

/** Starts a browser that trusts `root`, and offers `identity` to `origin` unasked. */
export async function startChromium(root: string, identity: Identity, origin: string): Promise<Browser> {
  const home = mkdtempSync(join(tmpdir(), 'countersign-chromium-'))
  const database = `sql:${join(home, '.pki/nssdb')}`
  const profile = join(home, 'profile')
  mkdirSync(join(home, '.pki/nssdb'), { recursive: true })
  mkdirSync(join(profile, 'Default'), { recursive: true })
  writeFileSync(join(home, 'root.pem'), root)
  writeFileSync(join(home, 'client.pem'), identity.cert + identity.key, { mode: 0o600 })
  const run = (program: string, ...args: string[]): void => { execFileSync(program, args, { cwd: home, stdio: 'ignore' }) }
  run('openssl', 'pkcs12', '-export', '-in', 'client.pem', '-out', 'client.p12', '-passout', 'pass:')
  run('certutil', '-N', '-d', database, '--empty-password')
  run('certutil', '-A', '-d', database, '-n', 'root', '-t', 'C,,', '-i', 'root.pem')
  run('pk12util', '-i', 'client.p12', '-d', database, '-W', '')
  // What the policy AutoSelectCertificateForUrls sets for a whole machine, set for this profile.
  writeFileSync(join(profile, 'Default/Preferences'), JSON.stringify({
    profile: { content_settings: { exceptions: { auto_select_certificate: { [`${origin},*`]: { setting: { filters: [{}] } } } } } },
  }))
  const child = spawn(chromium!, [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank',
  ], { cwd: home, env: { PATH: process.env['PATH'], HOME: home, XDG_RUNTIME_DIR: home }, detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] })
  const gone = once(child, 'exit')
  const protocol = speak(child.stdio[3] as Writable, child.stdio[4] as Readable)
  return {
    page: await openPage(protocol),
    async stop() {
      // The whole group: a browser is many processes.
      try { process.kill(-child.pid!, 'SIGKILL') } catch { /* gone already */ }
      await gone
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

interface Message { id?: number, method?: string, result?: Record<string, unknown>, error?: { message: string }, sessionId?: string, params?: Record<string, unknown> }
type Ask = (method: string, params?: object, sessionId?: string) => Promise<Record<string, unknown>>

/** The DevTools protocol over a pipe: JSON, each message ended by a zero byte. */
function speak(input: Writable, output: Readable): { ask: Ask, on(method: string, listener: (params: Record<string, unknown>) => void): void } {
  const waiting = new Map<number, (message: Message) => void>()
  const listeners = new Map<string, (params: Record<string, unknown>) => void>()
  let last = 0
  let text = ''
  output.setEncoding('utf8').on('data', (part: string) => {
    const messages = (text + part).split('\0')
    text = messages.pop()!
    for (const raw of messages) {
      const message = JSON.parse(raw) as Message
      if (message.id !== undefined) waiting.get(message.id)?.(message)
      else listeners.get(message.method!)?.(message.params ?? {})
    }
  })
  input.on('error', () => undefined)
  return {
    ask: (method, params = {}, sessionId) => new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id)
        if (error === undefined) resolve(result!)
        else reject(new Error(`${method}: ${error.message}`))
      })
      input.write(`${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`)
    }),
    on: (method, listener) => { listeners.set(method, listener) },
  }
}

async function openPage({ ask, on }: ReturnType<typeof speak>): Promise<Page> {
  const { targetId } = await ask('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await ask('Target.attachToTarget', { targetId, flatten: true }) as { sessionId: string }
  await ask('Page.enable', {}, sessionId)
  return {
    async open(url) {
      const loaded = new Promise<void>((resolve) => on('Page.loadEventFired', () => resolve()))
      const { errorText } = await ask('Page.navigate', { url }, sessionId) as { errorText?: string }
      await loaded
      return errorText
    },
    async evaluate(expression) {
      const { result } = await ask('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true }, sessionId) as { result: { value?: unknown } }
      return result.value
    },
    async screenshot(width, height) {
      await ask('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false }, sessionId)
      const { data } = await ask('Page.captureScreenshot', { format: 'png' }, sessionId) as { data: string }
      return Buffer.from(data, 'base64')
    },
  }
}
