/**
 * Facts about the peer out of an accepted verdict.
 */
import { toHex } from '../asn1/bytes.ts'
import { isAcceptedVerdict } from '../verify/accepted.ts'
import type { AcceptedVerdict } from '../verify/types.ts'
import { sha256 } from '../x509/sha256.ts'
import { attributes, readCertificateField } from './certificate-fields.ts'
import { PeerFacts, type FactValue } from './peer-facts.ts'

/**
 * The facts that a policy can ask about a peer whose verdict is an acceptance. They end with its `validUntil`.
 *
 * @throws {TypeError} for anything but an accepted verdict that a verifier of this process made
 */
export function verifiedPeer(verdict: AcceptedVerdict): PeerFacts {
  if (!isAcceptedVerdict(verdict)) throw new TypeError('verdict: expected an accepted verdict, as the verifier gave it')
  return new PeerFacts({ source: 'verdict', verdict }, verdict.validUntil.getTime(), (key) =>
    (Object.hasOwn(fields, key) ? fields[key]!(verdict) : readCertificateField(verdict.path[0]!, key) ?? anchorAttribute(verdict, key))?.filter((value) => value !== undefined))
}

/** What the path and the verdict say beside the leaf. */
const fields: Readonly<Record<string, (verdict: AcceptedVerdict) => readonly (FactValue | undefined)[]>> = {
  anchor: ({ anchor }) => anchor.name.rdns,
  policy: ({ policies }) => policies,
  'path.length': ({ path }) => [path.length],
  'path.sha256': ({ path }) => path.slice(1).map(({ fingerprint }) => fingerprint),
  'anchor.sha256': ({ anchor }) => [anchor.certificate?.fingerprint],
  'anchor.keySha256': ({ anchor }) => [toHex(sha256(anchor.publicKey))],
  'revocation.leaf': ({ revocation }) => [revocation === 'none' ? 'unchecked' : revocation[0]?.status],
  // Settled: each certificate of the path is good, or its issuer says that it is never revoked (RFC 9608).
  'revocation.settled': ({ revocation }) => [revocation !== 'none' && revocation.every(({ status }) => status === 'good' || status === 'exempt')],
}

function anchorAttribute({ anchor }: AcceptedVerdict, key: string): readonly (FactValue | undefined)[] | undefined {
  return key.startsWith('anchor.') ? attributes(anchor.name, key.slice('anchor.'.length)) : undefined
}
