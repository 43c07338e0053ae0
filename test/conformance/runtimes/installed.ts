/**
 * Which runtimes there are, where each is found, and at which version. All but the browsers come from npm, at the
 * versions that the lockfile pins.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a run holds unless it is told otherwise. */
export const defaultRuntimes = ['node', 'deno', 'bun', 'workerd', 'chromium'] as const
/** `firefox` and `webkit` run where they are asked for by name. */
export const knownRuntimes = ['node', 'deno', 'bun', 'workerd', 'chromium', 'firefox', 'webkit'] as const
export type RuntimeName = (typeof knownRuntimes)[number]

export interface Installed {
  readonly command: string
  readonly version: string
}

const binaries = fileURLToPath(new URL('../../../node_modules/.bin/', import.meta.url))

const commands: Readonly<Record<Exclude<RuntimeName, 'node' | 'webkit'>, readonly string[]>> = {
  deno: [join(binaries, 'deno')],
  bun: [join(binaries, 'bun')],
  workerd: [join(binaries, 'workerd')],
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  firefox: ['firefox-esr', 'firefox'],
}

const found = new Map<RuntimeName, Installed | undefined>()

/** Undefined where the runtime cannot be started. */
export function findRuntime(runtime: RuntimeName): Installed | undefined {
  if (!found.has(runtime)) found.set(runtime, look(runtime))
  return found.get(runtime)
}

function look(runtime: RuntimeName): Installed | undefined {
  if (runtime === 'node') return { command: process.execPath, version: process.version.slice(1) }
  if (runtime === 'webkit') return lookForWebKit()
  for (const command of commands[runtime]) {
    const version = versionOf(command)
    if (version !== undefined) return { command, version }
  }
  return undefined
}

function versionOf(command: string, args: readonly string[] = ['--version']): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 30_000 })
  return status === 0 ? /\d[\d.-]*\d/.exec(stdout)?.[0] : undefined
}

/** The small browser of Debian's `webkit2gtk-driver`, which needs a display (`xvfb`). */
function lookForWebKit(): Installed | undefined {
  const version = versionOf('dpkg-query', ['--show', '--showformat=${Version}', 'webkit2gtk-driver'])
  if (version === undefined || spawnSync('xvfb-run', ['--help']).status !== 0 || !existsSync('/usr/lib')) return undefined
  for (const machine of readdirSync('/usr/lib')) {
    for (const api of ['webkit2gtk-4.1', 'webkit2gtk-4.0']) {
      const command = join('/usr/lib', machine, api, 'MiniBrowser')
      if (existsSync(command)) return { command, version }
    }
  }
  return undefined
}
