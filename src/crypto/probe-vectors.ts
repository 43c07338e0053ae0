/**
 * What known-good signatures over the octets of `countersign` are made of, and the hashes of these octets. Base64. The secrets
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
  sha1: 'm0KBhen/hZu6z38WuqNu5o4IwPg=',
  sha256: '7t/XSeJkbeP7ZrRxzjkhd6NfNildZlFCNGJ/e1ooCXs=',
  sha384: 'fM2N5p05KXRYukczX+eGUlAnDSYM3S+6iwVQnx6FjrPqmHLAB/ZnvKxononSpMtg',
  sha512: 'HPdjPVrDB2wqiXyF/so94e6rDA54EtdPBUkFGn3wsVMLO+AWQXfOfx4XJHlpRTYIrqZtEUHdVZ1RO0EcpDmEcQ==',
}

export const probeVectors: { readonly ed25519: EdwardsVector; readonly ed448: EdwardsVector } = {
  ed25519: {
    key: 'WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY=',
    s: 'mMuQozsBTuO75by3hlnys+7ep5000Q0YtB3xaabpewI=',
    mixedOrderS: 'T1BYF6T8hn4B040mfM2a1cGOzb4zBIe0DaZaGPAkrwc=',
  },
  ed448: {
    key: 'FPow8lt5CJityNdOLBO9/cQ5fOYc/9M618KgBR6ceIdAmKNsc3PqS2LHyVY3IHaIJLy2bnFGP2kA',
    s: 'TTzThsxE/80zQZEKykr46SVh4JSzXDTMS+CFhdqKXzZmu1r/qmN8N0J2gLLSlVy1YTIAhCYz4TkA',
    mixedOrderS: 'oBV9fWbTu2f5IeybGSbLLrn+5/DqUYfM86HLTfhbqoiOyqfQXBfdO/KIbBIfXO+tPiCy/V5uKxYA',
  },
}
