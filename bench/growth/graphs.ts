/** What grows around the path: its length, the anchors, the candidates, and how many verifications run at once. */
import { issueCertificate } from '../authority.ts'
import { bc, ku, ski } from '../../fixtures/issue.ts'
import type { Bytes } from '../../fixtures/issue.ts'
import { constant, nLogN } from './series.ts'
import type { Series } from './series.ts'
import { askedAnew, certifyCa, certifyLeaf, party, verifierFor } from './world.ts'

const root = party('Growth Root', 0)
const rootCertificate = certifyCa(root, root)

export const chainLength: Series = {
  name: 'chain-length', title: 'Chain length', xLabel: 'certificates, leaf and anchor included', expected: nLogN,
  sizes: [2, 3, 4, 5, 6, 7, 8, 9, 10],
  create(size) {
    const intermediates: Bytes[] = []
    let issuer = root
    for (let i = 0; i < size - 2; i++) {
      const next = party(`Growth CA ${i}`, i + 1)
      intermediates.push(certifyCa(next, issuer))
      issuer = next
    }
    return askedAnew({ anchors: [rootCertificate], leaf: certifyLeaf('leaf', issuer), intermediates })
  },
}

export const anchors: Series = {
  name: 'anchors', title: 'Anchors of the verifier', xLabel: 'anchors', expected: constant,
  sizes: [10, 100, 1_000, 10_000, 100_000],
  create(size) {
    const strangers = Array.from({ length: size - 1 }, (_, i) => {
      const stranger = party(`Growth Stranger ${i}`, i)
      // An anchor's own signature is not checked by anybody.
      return issueCertificate({
        subject: stranger.name, issuer: stranger.name, spki: stranger.signer.spki, signer: stranger.signer, serial: i + 1,
        extensions: [bc(true), ku(0x60), ski(stranger.signer.id)], signature: new Uint8Array(70),
      }).der
    })
    const issuing = party('Growth Issuing CA', 1)
    const intermediates = [certifyCa(issuing, root)]
    const verifier = verifierFor({ anchors: [...strangers, rootCertificate] })
    return (operations) => {
      const leaves = Array.from({ length: operations }, (_, i) => certifyLeaf(`leaf ${i}`, issuing))
      return async () => {
        for (const leaf of leaves) {
          const verdict = await verifier.verify({ leaf, intermediates, names: 'unchecked' })
          if (!verdict.ok) throw new Error(`growth: ${verdict.code}`)
        }
      }
    }
  },
}

/** CAs in a binary tree below the root, each certified by its parent and by another CA, which closes many circles. */
export const intermediates: Series = {
  name: 'intermediates', title: 'Candidate intermediates, cross-signed', xLabel: 'intermediates', expected: nLogN,
  sizes: [10, 30, 100, 300, 1_000, 3_000, 10_000],
  create(size) {
    const count = size / 2
    const parties = Array.from({ length: count }, (_, i) => party(`Growth Mesh CA ${i}`, i))
    const candidates = parties.flatMap((own, i) => [
      certifyCa(own, i === 0 ? root : parties[(i - 1) >> 1]!),
      certifyCa(own, parties[(i * 7 + 3) % count]!),
    ])
    return askedAnew({
      anchors: [rootCertificate], leaf: certifyLeaf('leaf', parties[count - 1]!), intermediates: candidates,
      options: { budget: { candidates: 20_000, searchSteps: 1_000_000 } },
    })
  },
}

export const together: Series = {
  name: 'together', title: 'Verifications at once', xLabel: 'verifications at once', yLabel: 'time of all of them', expected: nLogN,
  sizes: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  create(size) {
    const issuing = party('Growth Issuing CA', 1)
    const intermediates = [certifyCa(issuing, root)]
    const leaves = Array.from({ length: size }, (_, i) => certifyLeaf(`leaf ${i}`, issuing))
    const first = certifyLeaf('first leaf', issuing)
    return async (operations) => {
      const verifiers = Array.from({ length: operations }, () => verifierFor({ anchors: [rootCertificate] }))
      for (const verifier of verifiers) await verifier.verify({ leaf: first, intermediates, names: 'unchecked' })
      return async () => {
        for (const verifier of verifiers) {
          const verdicts = await Promise.all(leaves.map((leaf) => verifier.verify({ leaf, intermediates, names: 'unchecked' })))
          if (!verdicts.every(({ ok }) => ok)) throw new Error('growth: refused')
        }
      }
    }
  },
}
