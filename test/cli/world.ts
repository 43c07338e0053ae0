/** A folder for the files of a test, and the two ways to run the command: in this process, and as a user does. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Io } from '../../src/cli/io.ts'

export interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Folder {
  readonly path: string
  write(name: string, content: string | Uint8Array): string
  remove(): void
}

export function makeFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'countersign-cli-'))
  return {
    path,
    write(name, content) {
      const file = join(path, name)
      writeFileSync(file, content)
      return file
    },
    remove() { rmSync(path, { recursive: true, force: true }) },
  }
}

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Runs the built command. */
export function countersign(args: readonly string[], input?: string | Uint8Array): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' } })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
    child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text })
    child.on('error', reject)
    child.on('close', (code) => { resolve({ code, stdout, stderr }) })
    child.stdin.on('error', () => undefined) // the command may end without reading it
    child.stdin.end(input ?? '')
  })
}

/** A world that keeps what is written, for running a command in this process. */
export function memoryIo(overrides: Partial<Io> = {}): Io & { readonly out: () => string, readonly err: () => string } {
  let [out, err] = ['', '']
  return {
    stdout: (text) => { out += text },
    stderr: (text) => { err += text },
    color: false,
    readFile: async (path) => readFile(path),
    readStdin: async () => new Uint8Array(),
    writeFile: (path, text) => writeFile(path, text),
    loadAsn1js: () => import('asn1js'),
    ...overrides,
    out: () => out,
    err: () => err,
  }
}
