/**
 * The floor under a verification: nothing but WebCrypto's `importKey` and `verify`, with keys and signatures already
 * in the form that WebCrypto takes, and with the cheapest of the forms it can import.
 */
import { createPublicKey } from 'node:crypto'
import type { KeyKind, Signer } from '../authority.ts'
import { median } from '../timing.ts'

type Source = Uint8Array<ArrayBuffer>

/** One signature, ready for `subtle.verify`. */
export interface BareCheck {
  readonly kind: KeyKind
  readonly keys: KeyForms
  readonly data: Source
  readonly signature: Source
}

type KeyForms = { readonly spki: Source, readonly jwk: JsonWebKey, readonly raw: Source | undefined }
export type KeyForm = keyof KeyForms

const { subtle } = globalThis.crypto
const curve = (name: string): EcKeyImportParams => ({ name: 'ECDSA', namedCurve: name })
const rsa = (hash: string): RsaHashedImportParams => ({ name: 'RSASSA-PKCS1-v1_5', hash })
const ed25519 = { name: 'Ed25519' }

const parameters: Readonly<Record<KeyKind, { import: EcKeyImportParams | RsaHashedImportParams | Algorithm, verify: EcdsaParams | Algorithm }>> = {
  p256: { import: curve('P-256'), verify: { name: 'ECDSA', hash: 'SHA-256' } as EcdsaParams },
  p384: { import: curve('P-384'), verify: { name: 'ECDSA', hash: 'SHA-384' } as EcdsaParams },
  p521: { import: curve('P-521'), verify: { name: 'ECDSA', hash: 'SHA-512' } as EcdsaParams },
  rsa2048: { import: rsa('SHA-256'), verify: { name: 'RSASSA-PKCS1-v1_5' } },
  rsa3072: { import: rsa('SHA-256'), verify: { name: 'RSASSA-PKCS1-v1_5' } },
  rsa4096: { import: rsa('SHA-512'), verify: { name: 'RSASSA-PKCS1-v1_5' } },
  ed25519: { import: ed25519, verify: ed25519 },
}

/** A signature in its certificate's form, to one for `subtle.verify`. */
export function bareCheck(signer: Signer, { tbs, signature }: { readonly tbs: Uint8Array, readonly signature: Uint8Array }): BareCheck {
  const key = createPublicKey({ key: Buffer.from(signer.spki), format: 'der', type: 'spki' })
  const rsa = signer.kind.startsWith('rsa')
  const jwk = key.export({ format: 'jwk' }) as JsonWebKey
  const raw = rsa ? undefined : own(signer.spki.subarray(signer.spki.length - rawLengths[signer.kind]!))
  return {
    kind: signer.kind, keys: { spki: own(signer.spki), jwk, raw }, data: own(tbs),
    signature: signer.kind.startsWith('p') ? fixedLength(signature, (rawLengths[signer.kind]! - 1) / 2) : own(signature),
  }
}

const rawLengths: Partial<Record<KeyKind, number>> = { p256: 65, p384: 97, p521: 133, ed25519: 32 }

function own(bytes: Uint8Array): Source {
  return new Uint8Array(bytes)
}

/** r and s of an ECDSA signature, each of so many octets, from DER whose lengths are below 256. */
function fixedLength(der: Uint8Array, octets: number): Source {
  const result = new Uint8Array(2 * octets)
  let at = der[1]! >= 0x80 ? 3 : 2
  for (let i = 1; i <= 2; i++) {
    const length = der[at + 1]!
    const value = der.subarray(at + 2, at + 2 + length)
    const digits = value[0] === 0 ? value.subarray(1) : value
    result.set(digits, i * octets - digits.length)
    at += 2 + length
  }
  return result
}

export function importBare(check: BareCheck, form: KeyForm): Promise<CryptoKey> {
  const { keys } = check
  const algorithm = parameters[check.kind].import
  return form === 'jwk' ? subtle.importKey('jwk', keys.jwk, algorithm, false, ['verify'])
    : subtle.importKey(form, form === 'raw' ? keys.raw! : keys.spki, algorithm, false, ['verify'])
}

export async function verifyBare(check: BareCheck, key: CryptoKey, expected = true): Promise<void> {
  const good = await subtle.verify(parameters[check.kind].verify, key, check.signature, check.data)
  if (good !== expected) throw new Error(`floor: a signature of ${check.kind} is ${good ? 'good' : 'bad'}`)
}

/** Measures which form of key this runtime imports fastest. */
export async function cheapestForm(check: BareCheck): Promise<KeyForm> {
  const forms: KeyForm[] = check.keys.raw === undefined ? ['jwk', 'spki'] : ['raw', 'jwk', 'spki']
  const times = new Map<KeyForm, number[]>(forms.map((form) => [form, []]))
  for (let round = 0; round < 200; round++) {
    for (const form of forms) {
      const start = performance.now()
      await importBare(check, form)
      times.get(form)!.push(performance.now() - start)
    }
  }
  return forms.reduce((best, form) => (median(times.get(form)!) < median(times.get(best)!) ? form : best))
}
