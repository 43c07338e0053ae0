/** workerd, started by a test on a port of its own choice on loopback. */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

/** Serves a configuration whose socket `http` listens on port 0, for as long as `use` takes. */
export async function withWorkerd<T>(command: string, configuration: string, use: (origin: string) => Promise<T>): Promise<T> {
  const child = spawn(command, ['serve', '--control-fd=3', configuration], { detached: true, stdio: ['ignore', 'ignore', 'inherit', 'pipe'] })
  try {
    let control = ''
    let port: string | undefined
    for await (const part of child.stdio[3] as Readable) {
      port = /"listen".*?"port":(\d+)/.exec(control += String(part))?.[1]
      if (port !== undefined) break
    }
    return await use(`http://127.0.0.1:${port}`)
  } finally {
    process.kill(-child.pid!, 'SIGKILL')
  }
}
