/** The NIST curves of another implementation, by this library’s names. */
import { p256, p384, p521 } from '@noble/curves/nist.js'

export const nist: { readonly p256: typeof p256; readonly p384: typeof p384; readonly p521: typeof p521 } = { p256, p384, p521 }
