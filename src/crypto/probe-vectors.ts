/**
 * Known-good signatures over the octets of `countersign`, by throw-away keys whose private halves were never kept, and
 * the hashes of these octets. Base64. Made by scripts/make-key-vectors.ts.
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
  /** R has a small-order component: good only under eight (four) times the equation of RFC 8032. */
  readonly ed25519MixedOrder: EdwardsVector
  readonly ed448MixedOrder: EdwardsVector
} = {
  ed25519: {
    key: '75e9j+0rDr4s3sB69h7sjFkrwJERKUuNfv3iy3vuAOU=',
    signature: '3Ubgr652Ygd2ZEIGc1RwezJyFW6ws94u1qnwWtUWV1uVuAmHtAdI+EqfJ8r0yYLADmzgFSyI/9SoAhOe0WHvDQ==',
  },
  ed448: {
    key: 'oIfGaH2paO9gPymiwaEJRDlQ3d1lAtAv9cz60HRANKyPLFC9Ky41xSoxSTVB+8Pw0bQL77BA6MUA',
    signature: 'A5kgg0A7IWLzg6CStr7qsfv2GN7alvJ2rjQuIMNZDah/qLid959KVxmgnppnBfodA+Bmgj+c2sgAdLnolaIjQa4wVtonxwp2lnD/YMCQD7aM9wzzTr949q4ljo0KyeuiboVoOeDU6SEqBBnUFGmAnD8A',
  },
  ed25519MixedOrder: {
    key: 'zzpNJNJqYCIBOK/M1bqKQC4BBUhfsVSTmTulTu/FJKY=',
    signature: 'L8LUoTKzXJTQnXFNnxRC1ffCjsLn8JVD1FtBWPdF2mO4DYFbFkicROnKUeiRF4h3hjt1vgVu2hq+mnOPpBhCBg==',
  },
  ed448MixedOrder: {
    key: '2Fr159l0gtCBZHpwOoLwhxO2XGMxJnPGZMnb2ayB+u/F4z59RyzfyoV8ea0M2CQ0UsrrRG0E+rCA',
    signature: '2IUq0G0CRdutYQ7mocQvBadd8mULhcCMgbmov2UGWk+tQDug8t+KW5V8pbQwNvUoNNCGkDBjQToAhXm7u+TprCjbKx7wTDgA3ye7JoqRSgt1ehdGPA80Yt8NGBf3vNDuGV/TN42huBbu8YIAUw0tPwYA',
  },
}
