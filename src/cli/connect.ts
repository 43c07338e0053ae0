/**
 * The chain of a live TLS server, as it stood on the wire.
 *
 * Node’s own verification is switched off, and its opinion is never read: the certificates and a stapled OCSP response
 * are all that is taken from the connection. The handshake still proves that the server holds the key of its leaf.
 *
 * A leaf that the platform cannot parse ends the handshake before we see it. Then the server is asked once more,
 * over TLS 1.2, where certificates travel in the clear; if our parser refuses the leaf too, that is the verdict.
 */
import { connect as connectTcp, isIP } from 'node:net'
import { connect } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { ParseError, parseCertificate } from '../x509/index.ts'
import { reasonOf } from './input.ts'
import { RecordingStream, plainCertificates } from './plain-certificates.ts'
import { UsageError } from './usage-error.ts'
import type { Address } from './values.ts'

export interface ServerChain {
  /** DER, leaf first. */
  readonly certificates: readonly Uint8Array[]
  readonly protocol: string
  readonly cipher: string
  /** DER of what the server stapled (RFC 6066 8). */
  readonly ocspResponse?: Uint8Array
}

export const timeoutMilliseconds: number = 10_000

/** An option that Node documents (tls.connect), and its types do not know. */
const wantsStaple = { requestOCSP: true }

/** More certificates than any honest server sends. */
const maxCertificates = 100

/** Connects, takes the chain and hangs up. Throws `UsageError` where there is none to be had. */
export async function fetchServerChain(option: string, address: Address, servername: string | undefined): Promise<ServerChain> {
  const { host, port } = address
  const where = `${option} ${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const options: ConnectionOptions = {
    rejectUnauthorized: false,
    ...wantsStaple,
    // RFC 6066 3: an address is no server name.
    ...(servername !== undefined && isIP(servername) === 0 ? { servername } : {}),
  }
  try {
    return await handshake({ ...options, host, port })
  } catch (error) {
    const malformed = isTlsError(error) ? await fetchMalformedLeaf(address, options) : undefined
    if (malformed !== undefined) return malformed
    throw new UsageError(`${where}: ${connectionReason(error)}`, { cause: error })
  }
}

class TimeoutError extends Error {}

function handshake(options: ConnectionOptions): Promise<ServerChain> {
  return new Promise((resolve, reject) => {
    const socket = connect(options)
    const settle = (finish: () => void): void => {
      clearTimeout(timer)
      // What the server says or does from here on has no bearing.
      socket.removeAllListeners().on('error', () => undefined)
      socket.destroy()
      finish()
    }
    const fail = (error: Error): void => { settle(() => { reject(error) }) }
    const timer = setTimeout(() => { fail(new TimeoutError(`no TLS handshake within ${timeoutMilliseconds / 1000} seconds`)) }, timeoutMilliseconds)
    socket.once('error', fail)
    socket.once('close', () => { fail(new Error('the connection was closed before the handshake was done')) })
    let stapled: Uint8Array | undefined
    // It comes before the end of the handshake; null where the server staples nothing.
    socket.once('OCSPResponse', (response: Uint8Array | null) => { stapled = response ?? undefined })
    socket.once('secureConnect', () => {
      const chain = { ...readChain(socket), ...(stapled === undefined ? {} : { ocspResponse: stapled }) }
      if (chain.certificates.length === 0) fail(new Error('the server sent no certificate'))
      else settle(() => { resolve(chain) })
    })
  })
}

function readChain(socket: TLSSocket): ServerChain {
  const certificates: Uint8Array[] = []
  // Read once: a second call would find less.
  let certificate = socket.getPeerX509Certificate()
  while (certificate !== undefined && certificates.length < maxCertificates) {
    certificates.push(new Uint8Array(certificate.raw))
    certificate = certificate.issuerCertificate
  }
  return { certificates, protocol: socket.getProtocol() ?? 'unknown', cipher: socket.getCipher().name }
}

/** The chain of a server whose leaf is malformed by our own strict reading; undefined in any other case. */
async function fetchMalformedLeaf({ host, port }: Address, options: ConnectionOptions): Promise<ServerChain | undefined> {
  const stream = new RecordingStream(connectTcp({ host, port }))
  try {
    await handshake({ ...options, socket: stream, maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' })
    return undefined
  } catch (error) {
    const certificates = plainCertificates(stream.recorded)
    const [leaf] = certificates
    // A leaf that we could read proves nothing without a handshake: the first error stands.
    if (leaf === undefined || !isMalformed(leaf)) return undefined
    return { certificates: certificates.slice(0, maxCertificates), protocol: 'TLSv1.2', cipher: `no handshake: ${reasonOf(error)}` }
  } finally {
    stream.destroy()
  }
}

function isMalformed(der: Uint8Array): boolean {
  try {
    parseCertificate(der)
    return false
  } catch (error) {
    if (error instanceof ParseError) return true
    throw error
  }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name could not be resolved now',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  EPIPE: 'connection closed',
}

function isTlsError(error: unknown): boolean {
  return /^ERR_(OSSL|SSL|TLS)/.test(String((error as NodeJS.ErrnoException).code))
}

function connectionReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code !== undefined && Object.hasOwn(reasons, code)) return reasons[code]!
  return isTlsError(error) ? `TLS failed: ${reasonOf(error)}` : reasonOf(error)
}
