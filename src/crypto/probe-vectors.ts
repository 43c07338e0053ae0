/**
 * Known-good signatures over the octets of `countersign`, and the hashes of these octets. Base64. The secrets and nonces
 * are 1, so that keys and R are base points. Made by scripts/make-key-vectors.ts.
 */
import type { HashName } from './types.ts'

interface EdwardsVector {
  readonly key: string
  readonly signature: string
}

export const probeMessage = 'countersign'

export const probeDigests: Readonly<Record<HashName, string>> = {
  sha1: 'm0KBhen/hZu6z38WuqNu5o4IwPg=',
  sha256: '7t/XSeJkbeP7ZrRxzjkhd6NfNildZlFCNGJ/e1ooCXs=',
  sha384: 'fM2N5p05KXRYukczX+eGUlAnDSYM3S+6iwVQnx6FjrPqmHLAB/ZnvKxononSpMtg',
  sha512: 'HPdjPVrDB2wqiXyF/so94e6rDA54EtdPBUkFGn3wsVMLO+AWQXfOfx4XJHlpRTYIrqZtEUHdVZ1RO0EcpDmEcQ==',
}

export const probeVectors: {
  readonly ed25519: EdwardsVector
  readonly ed448: EdwardsVector
  /** R has a component of order 2: good only under eight (four) times the equation of RFC 8032. */
  readonly ed25519MixedOrder: EdwardsVector
  readonly ed448MixedOrder: EdwardsVector
} = {
  ed25519: {
    key: 'WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY=',
    signature: 'WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmaYy5CjOwFO47vlvLeGWfKz7t6nnTTRDRi0HfFppul7Ag==',
  },
  ed448: {
    key: 'FPow8lt5CJityNdOLBO9/cQ5fOYc/9M618KgBR6ceIdAmKNsc3PqS2LHyVY3IHaIJLy2bnFGP2kA',
    signature: 'FPow8lt5CJityNdOLBO9/cQ5fOYc/9M618KgBR6ceIdAmKNsc3PqS2LHyVY3IHaIJLy2bnFGP2kATTzThsxE/80zQZEKykr46SVh4JSzXDTMS+CFhdqKXzZmu1r/qmN8N0J2gLLSlVy1YTIAhCYz4TkA',
  },
  ed25519MixedOrder: {
    key: 'WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY=',
    signature: 'lZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZlPUFgXpPyGfgHTjSZ8zZrVwY7NvjMEh7QNploY8CSvBw==',
  },
  ed448MixedOrder: {
    key: 'FPow8lt5CJityNdOLBO9/cQ5fOYc/9M618KgBR6ceIdAmKNsc3PqS2LHyVY3IHaIJLy2bnFGP2kA',
    signature: '6wXPDaSG92dSNyix0+xCAjvGgxnjACzFKD1f+uBjh3i/Z1yTjIwVtJ04NqnI34l320NJkY65wJaAoBV9fWbTu2f5IeybGSbLLrn+5/DqUYfM86HLTfhbqoiOyqfQXBfdO/KIbBIfXO+tPiCy/V5uKxYA',
  },
}
