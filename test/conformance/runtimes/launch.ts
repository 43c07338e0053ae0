/**
 * How each runtime is started: in a process group of its own, in a folder of its own, and both are gone when the run ends.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Readable } from 'node:stream'
import type { Host } from './host.ts'
import { findRuntime } from './installed.ts'
import type { RuntimeName } from './installed.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
/** Longer than any runtime takes, by far; a run that hangs is a failure. */
const runLimit = 400_000

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
  const installed = findRuntime(runtime)
  if (installed === undefined) throw new Error('not installed')
  const { command, version } = installed
  const script = join(here, `${runtime}.mjs`)
  const url = pathToFileURL(bundle).href
  const page = `${host.origin}/?runtime=${runtime}`
  const profile = join(folder, 'profile')
  const env = {
    PATH: process.env['PATH'], HOME: folder, XDG_RUNTIME_DIR: folder, DENO_DIR: folder, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1',
  }
  const spawnIn = (program: string, args: readonly string[], control: 'ignore' | 'pipe' = 'ignore'): ChildProcess =>
    spawn(program, args, { cwd: folder, detached: true, stdio: ['ignore', 'ignore', 'pipe', control], env })
  const run = spawnIn.bind(undefined, command)
  switch (runtime) {
    case 'node': return run([script, url, host.origin])
    case 'deno':
      return run([
        'run', '--quiet', '--no-config', '--no-lock', '--no-prompt', '--allow-read', '--allow-net=127.0.0.1', script, url, host.origin,
      ])
    case 'bun': return run(['run', script, url, host.origin])
    case 'chromium':
      return run([
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', `--user-data-dir=${profile}`, page,
      ])
    case 'firefox':
      mkdirSync(profile)
      return run(['--headless', '--no-remote', '--profile', profile, page])
    case 'webkit': return spawnIn('xvfb-run', ['--auto-servernum', command, page])
    case 'workerd': {
      // The version of workerd is the newest compatibility date it knows.
      const config = readFileSync(join(here, 'workerd.capnp'), 'utf8')
        .replaceAll('ADDRESS', new URL(host.origin).host).replaceAll('DATE', version)
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
