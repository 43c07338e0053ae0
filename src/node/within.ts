/**
 * A promise, waited for no longer than so long.
 */
import { HandshakeError } from './errors.ts'

/** @throws {HandshakeError} `node/handshake-timeout` */
export async function within<T>(milliseconds: number, outcome: T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HandshakeError('node/handshake-timeout', `no answer within ${milliseconds} ms`)),
      milliseconds)
  })
  try {
    return await Promise.race([outcome, expiry])
  } finally {
    clearTimeout(timer)
  }
}
