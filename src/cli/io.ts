/** The world outside of the commands, as an argument, so that a test can be the world. */
import { readFile, writeFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { UsageError } from './usage-error.ts'

export interface Io {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** True where standard output is a terminal that wants colour. */
  readonly color: boolean
  readonly readFile: (path: string) => Promise<Uint8Array>
  readonly readStdin: () => Promise<Uint8Array>
  readonly writeFile: (path: string, content: string | Uint8Array) => Promise<void>
  /** The optional package `asn1js`; rejects where it is not installed. */
  readonly loadAsn1js: () => Promise<typeof import('asn1js')>
}

/** Certificates, lists and bundles of more than this are not read: 128 MiB, a list of some three million entries. */
export const maxInputBytes: number = 128 * 1024 * 1024

export function nodeIo(process: NodeJS.Process): Io {
  return {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    // https://no-color.org: any non-empty value switches colour off.
    color: process.stdout.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb',
    readFile: async (path) => limited(await readFile(path)),
    readStdin: () => readAll(process.stdin),
    writeFile: (path, content) => writeFile(path, content),
    loadAsn1js: () => import('asn1js'),
  }
}

async function readAll(stream: Readable): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = chunk as Uint8Array
    length += bytes.length
    checkSize(length)
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

function limited(bytes: Uint8Array): Uint8Array {
  checkSize(bytes.length)
  return bytes
}

function checkSize(length: number): void {
  if (length > maxInputBytes) throw new UsageError(`larger than ${maxInputBytes} bytes`)
}
