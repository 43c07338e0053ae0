/**
 * Writes src/crypto/probe-vectors.ts: known-good signatures, and hashes, by which a runtime’s capabilities are probed.
 * Run: `node --import tsx scripts/make-key-vectors.ts > src/crypto/probe-vectors.ts`. Nothing in it is random: the secret
 * and the nonce are 1, so that the key and R are the base point, and the file is the same after each run.
 */
import { createHash } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { ed448 } from '@noble/curves/ed448.js'

const message = Buffer.from('countersign')

const digests = ['sha1', 'sha256', 'sha384', 'sha512'].map((hash) =>
  `  ${hash}: '${createHash(hash).update(message).digest('base64')}',`)

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
}

/** S of a signature under the secret 1, whose R is the base point; or that plus (0, -1), the point of order 2. */
function vector(name: 'ed25519' | 'ed448', mixedOrder: boolean): string {
  const { Point } = name === 'ed25519' ? ed25519 : ed448
  const size = name === 'ed25519' ? 32 : 57
  const key = Point.BASE.toBytes()
  // (x, y) + (0, -1) is (-x, -y).
  const { x, y } = Point.BASE.toAffine()
  const r = mixedOrder ? Point.fromAffine({ x: Point.Fp.neg(x), y: Point.Fp.neg(y) }).toBytes() : key
  const hash = name === 'ed25519'
    ? createHash('sha512').update(r).update(key).update(message).digest()
    : createHash('shake256', { outputLength: 114 }).update('SigEd448\0\0').update(r).update(key).update(message).digest()
  const s = (1n + littleEndian(hash)) % Point.Fn.ORDER
  return Buffer.from(s.toString(16).padStart(2 * size, '0'), 'hex').reverse().toString('base64')
}

const lines = (['ed25519', 'ed448'] as const).flatMap((name) => [
  `  ${name}: {`, `    key: '${Buffer.from((name === 'ed25519' ? ed25519 : ed448).Point.BASE.toBytes()).toString('base64')}',`,
  `    s: '${vector(name, false)}',`, `    mixedOrderS: '${vector(name, true)}',`, '  },',
])

process.stdout.write(`/**
 * What known-good signatures over the octets of \`countersign\` are made of, and the hashes of these octets. Base64. The secrets
 * and nonces are 1, so that keys and R are base points. Made by scripts/make-key-vectors.ts.
 */
import type { HashName } from './types.ts'

interface EdwardsVector {
  /** The base point: the key, and R of the signature. */
  readonly key: string
  readonly s: string
  /** S beside an R that has a component of order 2: good only under eight (four) times the equation of RFC 8032. */
  readonly mixedOrderS: string
}

export const probeMessage = 'countersign'

export const probeDigests: Readonly<Record<HashName, string>> = {
${digests.join('\n')}
}

export const probeVectors: { readonly ed25519: EdwardsVector; readonly ed448: EdwardsVector } = {
${lines.join('\n')}
}
`)
