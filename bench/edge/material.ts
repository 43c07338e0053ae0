/** Many clients of one CA, as their proxy hands them on. */
import { bc, eku, issue, ku, makeKeys, name, san, uri } from '../../fixtures/issue.ts'
import { encodeBase64 } from '../../src/x509/index.ts'

export const secret = 'correct-horse-battery-staple'

export interface Material {
  /** Base64 DER. */
  readonly root: string
  readonly headers: readonly Readonly<Record<string, string>>[]
  /** DER of the CA’s key and what it signed, for the floor. */
  readonly caSpki: Uint8Array
}

export function makeMaterial(clients: number): Material {
  const [rootKeys, caKeys, leafKeys] = [makeKeys('bench edge root'), makeKeys('bench edge ca'), makeKeys('bench edge leaf')]
  const root = issue({ subject: name('Root'), issuer: name('Root'), keys: rootKeys, signer: rootKeys, extensions: [bc(true), ku(0x60)] })
  const ca = issue({ subject: name('CA'), issuer: name('Root'), keys: caKeys, signer: rootKeys, extensions: [bc(true), ku(0x60)] })
  const chain = `:${encodeBase64(ca)}:`
  const headers = Array.from({ length: clients }, (_, i) => {
    const leaf = issue({ subject: name(`client ${i}`), issuer: name('CA'), keys: leafKeys, signer: caKeys, extensions: [ku(1), eku('1.3.6.1.5.5.7.3.2'), san(uri(`spiffe://bank.example/ns/c${i}`))] })
    return { 'client-cert': `:${encodeBase64(leaf)}:`, 'client-cert-chain': chain, 'x-proxy-secret': secret }
  })
  return { root: encodeBase64(root), headers, caSpki: caKeys.spki }
}
