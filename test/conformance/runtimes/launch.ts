/**
 * How each runtime is started. All but Chromium come from npm, at the versions that the lockfile pins; each runs in a
 * process group of its own, in a folder of its own, and both are gone when the run ends.
 */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Readable } from 'node:stream'
import type { Host } from './host.ts'

export const runtimeNames = ['node', 'deno', 'bun', 'workerd', 'chromium'] as const
export type RuntimeName = (typeof runtimeNames)[number]

const here = fileURLToPath(new URL('.', import.meta.url))
const binaries = fileURLToPath(new URL('../../../node_modules/.bin/', import.meta.url))
const chromiumNames = ['chromium', 'chromium-browser', 'google-chrome']
/** Longer than any runtime takes, by far; a run that hangs is a failure. */
const runLimit = 400_000

/** The version that `runtime` says it has; undefined where it cannot be started. */
export function versionOf(runtime: RuntimeName): string | undefined {
  if (runtime === 'node') return process.version.slice(1)
  for (const command of commandsOf(runtime)) {
    const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8', timeout: 30_000 })
    const version = /\d[\d.-]*\d/.exec(stdout ?? '')?.[0]
    if (status === 0 && version !== undefined) return version
  }
  return undefined
}

function commandsOf(runtime: RuntimeName): readonly string[] {
  return runtime === 'node' ? [process.execPath] : runtime === 'chromium' ? chromiumNames : [join(binaries, runtime)]
}

/** What is running now, so that nothing outlives this process however it ends. */
const running = new Map<ChildProcess, string>()
process.once('exit', () => {
  for (const [child, folder] of running) {
    killGroup(child)
    rmSync(folder, { recursive: true, force: true })
  }
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

/** Runs the bundle in `runtime`, and resolves when the host has its report. Rejects where it ends without one. */
export async function launch(runtime: RuntimeName, bundle: string, host: Host): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `countersign-${runtime}-`))
  const child = start(runtime, bundle, host, folder)
  running.set(child, folder)
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => { errors = (errors + text).slice(-4000) })
  let timer: NodeJS.Timeout | undefined
  try {
    await Promise.race([
      host.done(runtime),
      new Promise<never>((_, reject) => {
        child.once('error', reject)
        child.once('exit', (code, signal) => setTimeout(() => reject(new Error(`ended with ${code ?? signal}\n${errors}`)), 500))
        timer = setTimeout(() => reject(new Error(`took longer than ${runLimit / 1000} s\n${errors}`)), runLimit)
      }),
    ])
  } finally {
    clearTimeout(timer)
    await end(child)
    running.delete(child)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function start(runtime: RuntimeName, bundle: string, host: Host, folder: string): ChildProcess {
  const command = commandsOf(runtime).find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0) ?? runtime
  const script = join(here, `${runtime}.mjs`)
  const url = pathToFileURL(bundle).href
  const run = (args: readonly string[], stdio: 'ignore' | 'pipe' = 'ignore'): ChildProcess => spawn(command, args, {
    cwd: folder, detached: true, stdio: ['ignore', 'ignore', 'pipe', stdio],
    env: { PATH: process.env['PATH'], HOME: folder, DENO_DIR: folder, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' },
  })
  switch (runtime) {
    case 'node': return run([script, url, host.origin])
    case 'deno':
      return run(['run', '--quiet', '--no-config', '--no-lock', '--no-prompt', '--allow-read', '--allow-net=127.0.0.1', script, url, host.origin])
    case 'bun': return run(['run', script, url, host.origin])
    case 'chromium':
      return run([
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', `--user-data-dir=${join(folder, 'profile')}`, `${host.origin}/`,
      ])
    case 'workerd': {
      const date = versionOf('workerd') ?? ''
      const config = readFileSync(join(here, 'workerd.capnp'), 'utf8')
        .replaceAll('ADDRESS', new URL(host.origin).host).replaceAll('DATE', date)
      writeFileSync(join(folder, 'config.capnp'), config)
      copyFileSync(script, join(folder, 'workerd.mjs'))
      copyFileSync(bundle, join(folder, 'bundle.mjs'))
      const child = run(['serve', '--control-fd=3', join(folder, 'config.capnp')], 'pipe')
      void knock(child)
      return child
    }
  }
}

/** Asks the worker to run, as soon as workerd says on its control channel which port it has. */
async function knock(child: ChildProcess): Promise<void> {
  let text = ''
  for await (const part of child.stdio[3] as Readable) {
    text += String(part)
    const port = /"listen".*?"port":(\d+)/.exec(text)?.[1]
    if (port === undefined) continue
    // The report comes by the host, and a failure as the end of the process or of the time.
    await fetch(`http://127.0.0.1:${port}/`).then((response) => response.text(), () => undefined)
    return
  }
}

/** Ends a child’s whole process group, and waits for it. */
async function end(child: ChildProcess): Promise<void> {
  const gone = child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  const exit = gone ? Promise.resolve() : new Promise<void>((resolve) => child.once('exit', () => resolve()))
  killGroup(child)
  await exit
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // The group is empty already.
  }
}
