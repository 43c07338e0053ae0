/** What a verifier remembers of certificates is bounded, whoever fills it. (Keys: `test/unit/crypto/verifier.test.ts`.) */
import { describe, expect, test } from 'vitest'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { publicKeyOf, trustAnchorFromCertificate } from '../../src/path/anchor.ts'
import { VerifierMemory, maxRemembered, maxRememberedBytes } from '../../src/verify/memory.ts'
import { parseCertificate } from '../../src/x509/index.ts'
import type { Certificate } from '../../src/x509/index.ts'
import { internals } from '../../src/x509/certificate.ts'
import { bigExtensions, ca, caKeys, hostName, leafKeys, make, noSignature, root } from '../support/hostile-worlds.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const anchor = trustAnchorFromCertificate(root)
const issuer = parseCertificate(ca)
const unsignedLeaf = (subject: string, signature = noSignature): Certificate => parseCertificate(make(subject, 'CA', leafKeys, caKeys, [hostName], { signature }))
/** Signatures that differ, so that each certificate has a place of its own. */
const signatureOf = (i: number): Uint8Array => Uint8Array.of(0x30, 8, 2, 1, 1, 2, 3, 1, i >> 8, i & 0xff)
const derOf = (certificate: Certificate): Uint8Array => certificate.toDer()

describe('certificates', () => {
  const twice = (memory: VerifierMemory, leaf: Certificate): void => {
    for (let again = 0; again < 2; again++) memory.remember([leaf, issuer], anchor)
  }

  test('no more than the bound, the youngest among them', () => {
    const memory = new VerifierMemory()
    const leaves = Array.from({ length: maxRemembered + 100 }, (_, i) => unsignedLeaf(`leaf ${i}`, signatureOf(i)))
    for (const leaf of leaves) {
      twice(memory, leaf)
      expect(memory.size).toBeLessThanOrEqual(maxRemembered)
    }
    expect(memory.size).toBe(maxRemembered)
    expect(memory.recall(derOf(leaves.at(-1)!))).toBe(leaves.at(-1))
    expect(memory.recall(derOf(leaves[0]!))).toBeUndefined()
  })

  test('a leaf takes a place when it comes for the second time', () => {
    const memory = new VerifierMemory()
    for (let i = 0; i < 50; i++) memory.remember([unsignedLeaf(`once ${i}`, signatureOf(i)), issuer], anchor)
    // The CA above them alone.
    expect(memory.size).toBe(1)
    expect(memory.recall(ca)).toBe(issuer)
  })

  test('certificates made to collide displace each other, and are never taken for each other', () => {
    const memory = new VerifierMemory()
    // Of one length and one ending.
    const leaves = Array.from({ length: 20 }, (_, i) => unsignedLeaf(`twin ${String.fromCharCode(65 + i)}`))
    for (const leaf of leaves) {
      twice(memory, leaf)
      for (const other of leaves) expect([undefined, other]).toContain(memory.recall(derOf(other)))
    }
    expect(memory.size).toBeLessThanOrEqual(2)
  })

  test('a large certificate is not kept', () => {
    const memory = new VerifierMemory()
    const large = parseCertificate(bigExtensions(maxRememberedBytes).leaf)
    twice(memory, large)
    expect(memory.recall(derOf(large))).toBeUndefined()
    const small = parseCertificate(bigExtensions(maxRememberedBytes - 4096).leaf)
    twice(memory, small)
    expect(memory.recall(derOf(small))).toBe(small)
  })

  test('a signature counts under the key it was found good under, and no other', () => {
    const memory = new VerifierMemory()
    const leaf = unsignedLeaf('leaf')
    twice(memory, leaf)
    expect(memory.isSignedBy(leaf, issuer)).toBe(true)
    expect(memory.isSignedBy(leaf, anchor)).toBe(false)
    expect(memory.isSignedBy(issuer, anchor)).toBe(true)
    // The same bytes parsed again are another value: only what was recalled is known.
    expect(memory.isSignedBy(parseCertificate(derOf(leaf)), issuer)).toBe(false)
  })
  test('the name of an issuer keeps no certificate alive', async () => {
    const memory = new VerifierMemory()
    const rememberedBytes = (extensions: number): WeakRef<Uint8Array> => {
      const leaf = parseCertificate(bigExtensions(extensions).leaf)
      memory.remember([leaf, issuer], anchor)
      return new WeakRef(internals(leaf).bytes)
    }
    const gone = rememberedBytes(64 * 1024)
    // What a WeakRef has shown in a turn of the event loop stays alive for the rest of it.
    for (let i = 0; i < 20 && gone.deref() !== undefined; i++) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      collect()
    }
    expect(gone.deref()).toBeUndefined()
    expect(memory.recognize(parseCertificate(derOf(unsignedLeaf('later'))).issuer)).toEqual(publicKeyOf(issuer))
    expect(memory.recognize(parseCertificate(root).subject)).toEqual(publicKeyOf(anchor))
    expect(memory.recognize(unsignedLeaf('unknown issuer').subject)).toBeUndefined()
  })
})
