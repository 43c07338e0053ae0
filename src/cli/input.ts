/**
 * Files and standard input, PEM or DER.
 *
 * The library never guesses a format. A person at a prompt expects a tool to, so it happens here, by one rule: a
 * line that begins with `-----BEGIN ` and has nothing but text before it makes a file PEM; anything else is DER.
 */
import { ParseError, parseCertificate, parseCertificateBundle, parsePem } from '../x509/index.ts'
import type { Certificate } from '../x509/index.ts'
import { escapeName, escapeText } from '../verify/escape.ts'
import type { Io } from './io.ts'
import { UsageError } from './usage-error.ts'

export interface InputBlock {
  /** How to speak of it in an error: the file, and the number of the block where there are several. */
  readonly where: string
  /** PEM label, or undefined for DER. */
  readonly label: string | undefined
  readonly bytes: Uint8Array
}

/** Reads the files that the arguments name, `-` being standard input, once. */
export class InputReader {
  readonly #io: Io
  #stdinUsed = false

  constructor(io: Io) {
    this.#io = io
  }

  /** The blocks of one file; at least one. `argument` is named in errors, for example `--anchors`. */
  async blocks(argument: string, path: string): Promise<readonly InputBlock[]> {
    const where = `${argument} ${path === '-' ? 'standard input' : escapeName(path, 200)}`
    const bytes = await this.#read(where, path)
    if (bytes.length === 0) throw new UsageError(`${where}: the file is empty`)
    if (!looksLikePem(bytes)) {
      if (bytes[0] !== 0x30) throw new UsageError(`${where}: neither PEM nor DER: no -----BEGIN line, and no SEQUENCE at the start`)
      return [{ where, label: undefined, bytes }]
    }
    const blocks = explained(where, () => parsePem(new TextDecoder().decode(bytes)))
    return blocks.map(({ label, bytes: der }, index) =>
      ({ where: blocks.length === 1 ? where : `${where}, block ${index + 1}`, label, bytes: der }))
  }

  /** All certificates of one file. A block of any other kind is an error: nothing is skipped in silence. */
  async certificates(argument: string, path: string): Promise<readonly Certificate[]> {
    return (await this.blocks(argument, path)).flatMap(certificatesOf)
  }

  /** A file of UTF-8 text. */
  async text(argument: string, path: string): Promise<{ readonly where: string; readonly text: string }> {
    const where = `${argument} ${path === '-' ? 'standard input' : escapeName(path, 200)}`
    const bytes = await this.#read(where, path)
    try {
      return { where, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
    } catch (error) {
      throw new UsageError(`${where}: not UTF-8 text`, { cause: error })
    }
  }

  async #read(where: string, path: string): Promise<Uint8Array> {
    if (path === '-') {
      if (this.#stdinUsed) throw new UsageError(`${where}: can be read only once`)
      this.#stdinUsed = true
    }
    try {
      return await (path === '-' ? this.#io.readStdin() : this.#io.readFile(path))
    } catch (error) {
      throw new UsageError(`${where}: cannot be read: ${reasonOf(error)}`, { cause: error })
    }
  }
}

function certificatesOf({ where, label, bytes }: InputBlock): readonly Certificate[] {
  switch (label) {
    case 'CERTIFICATE':
    case 'X509 CERTIFICATE': // an older name, still written by some tools (RFC 7468 5.1)
      return [explained(where, () => parseCertificate(bytes))]
    case 'PKCS7':
    case 'CMS':
      return explained(where, () => parseCertificateBundle(bytes))
    case undefined:
      if (isPkcs12(bytes)) throw new UsageError(`${where}: this is PKCS#12; take the certificates out of it first, for example with openssl pkcs12 -nokeys`)
      // ContentInfo begins with an OBJECT IDENTIFIER where a certificate has its SEQUENCE.
      return startsWithOid(bytes)
        ? explained(where, () => parseCertificateBundle(bytes))
        : [explained(where, () => parseCertificate(bytes))]
    default:
      throw new UsageError(`${where}: expected a CERTIFICATE, found ${articled(label)}`)
  }
}

function articled(label: string): string {
  const text = escapeText(label, 60)
  return text === '' ? 'a PEM block without a label' : `${/^[AEIOUX]/.test(text) ? 'an' : 'a'} ${text}`
}

/** Turns a `ParseError` into a usage error that names the argument. */
export function explained<T>(where: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof ParseError) throw new UsageError(`${where}: ${escapeMessage(error.message)}`, { cause: error })
    throw error
  }
}

/** A message of the library, which quotes what it was given: in typographic quotes it stays readable when escaped. */
export function escapeMessage(message: string): string {
  return escapeText(message.replace(/"([^"\\]*)"/g, '“$1”').replace(/'([^'\\]*)'/g, '‘$1’'), 400)
}

const begin = new TextEncoder().encode('-----BEGIN ')

function looksLikePem(bytes: Uint8Array): boolean {
  let lineStart = true
  // Behind a byte order mark.
  for (let i = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0; i < bytes.length; i++) {
    const octet = bytes[i]!
    if (lineStart && octet === 0x2d && begin.every((expected, k) => bytes[i + k] === expected)) return true
    // A control character that no text holds: DER has one within its first octets.
    if (octet < 0x20 && octet !== 0x09 && octet !== 0x0a && octet !== 0x0c && octet !== 0x0d) return false
    lineStart = octet === 0x0a || octet === 0x0d || (lineStart && (octet === 0x20 || octet === 0x09))
  }
  // Text without a single boundary is an empty PEM, unless it is DER that happens to look like text.
  return bytes[0] !== 0x30
}

export function startsWithOid(bytes: Uint8Array): boolean {
  return bytes[0] === 0x30 && bytes[contentOf(bytes)] === 0x06
}

/** PFX begins with the version, which is 3 (RFC 7292 4). */
function isPkcs12(bytes: Uint8Array): boolean {
  const content = contentOf(bytes)
  return bytes[0] === 0x30 && bytes[content] === 0x02 && bytes[content + 1] === 1 && bytes[content + 2] === 3
}

/** Where the content of the first element begins. */
function contentOf(bytes: Uint8Array): number {
  const length = bytes[1] ?? 0
  return length < 0x80 ? 2 : 2 + (length & 0x7f)
}

const systemErrors: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'is a directory',
  ENOTDIR: 'a part of the path is no directory',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENOSPC: 'no space left',
  EROFS: 'the file system is read-only',
  ERR_INVALID_ARG_VALUE: 'not a file name',
}

/** A short reason for a failed read, write or connection. */
export function reasonOf(error: unknown): string {
  if (error instanceof UsageError) return error.message
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (code !== undefined && Object.hasOwn(systemErrors, code)) return systemErrors[code]!
  return escapeText(code ?? (error instanceof Error ? error.message : String(error)), 200)
}
