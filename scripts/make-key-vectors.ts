/**
 * Writes src/crypto/probe-vectors.ts: known-good signatures of throw-away keys, and hashes, by which a runtime’s capabilities
 * are probed. Run: `node --import tsx scripts/make-key-vectors.ts > src/crypto/probe-vectors.ts`.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js'
import { ed448 } from '@noble/curves/ed448.js'

const message = Buffer.from('countersign')

function jwkBytes(key: KeyObject, part: 'x' | 'y'): Buffer {
  return Buffer.from(String(key.export({ format: 'jwk' })[part]), 'base64url')
}

const digests = ['sha1', 'sha256', 'sha384', 'sha512'].map((hash) =>
  `  ${hash}: '${createHash(hash).update(message).digest('base64')}',`)

const lines: string[] = []
for (const name of ['ed25519', 'ed448'] as const) {
  // The overloads of the two names differ, so that the union of them fits neither.
  const { privateKey, publicKey } = name === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448')
  const signature = sign(null, message, privateKey)
  lines.push(`  ${name}: {`, `    key: '${jwkBytes(publicKey, 'x').toString('base64')}',`,
    `    signature: '${signature.toString('base64')}',`, '  },')
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
}

/** A signature whose R has a small-order component: only eight (four) times the equation holds. */
function mixedOrder(name: 'ed25519' | 'ed448'): void {
  const edwards = name === 'ed25519'
    ? { curve: ed25519, torsion: ed25519.Point.fromHex(ED25519_TORSION_SUBGROUP[1]!), size: 32 }
    // (0, -1), the point of order 2.
    : { curve: ed448, torsion: ed448.Point.fromAffine({ x: 0n, y: ed448.Point.Fp.ORDER - 1n }), size: 57 }
  const order = edwards.curve.Point.Fn.ORDER
  const scalar = (): bigint => littleEndian(randomBytes(64)) % order
  const secret = scalar()
  const nonce = scalar()
  const key = edwards.curve.Point.BASE.multiply(secret).toBytes()
  const r = edwards.curve.Point.BASE.multiply(nonce).add(edwards.torsion as never).toBytes()
  const hash = name === 'ed25519'
    ? createHash('sha512').update(r).update(key).update(message).digest()
    : createHash('shake256', { outputLength: 114 }).update('SigEd448\0\0').update(r).update(key).update(message).digest()
  const s = (nonce + littleEndian(hash) % order * secret) % order
  const signature = Buffer.concat([r, Buffer.from(s.toString(16).padStart(2 * edwards.size, '0'), 'hex').reverse()])
  lines.push(`  ${name}MixedOrder: {`, `    key: '${Buffer.from(key).toString('base64')}',`,
    `    signature: '${signature.toString('base64')}',`, '  },')
}
mixedOrder('ed25519')
mixedOrder('ed448')

process.stdout.write(`/**
 * Known-good signatures over the octets of \`countersign\`, by throw-away keys whose private halves were never kept, and
 * the hashes of these octets. Base64. Made by scripts/make-key-vectors.ts.
 */
import type { HashName } from './types.ts'

interface EdwardsVector {
  readonly key: string
  readonly signature: string
}

export const probeMessage = 'countersign'

export const probeDigests: Readonly<Record<HashName, string>> = {
${digests.join('\n')}
}

export const probeVectors: {
  readonly ed25519: EdwardsVector
  readonly ed448: EdwardsVector
  /** R has a small-order component: good only under eight (four) times the equation of RFC 8032. */
  readonly ed25519MixedOrder: EdwardsVector
  readonly ed448MixedOrder: EdwardsVector
} = {
${lines.join('\n')}
}
`)
