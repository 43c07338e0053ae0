/**
 * Facts about the client on a proxy’s word alone: a kind of their own, which a policy has to admit by the name of the contract. They hold for
 * this request.
 */
import { ParseError, toHex } from '../asn1/index.ts'
import { readCertificateField } from '../policy/certificate-fields.ts'
import { PeerFacts, type FactValue, type ReadPeerField } from '../policy/peer-facts.ts'
import { parseCertificate } from '../x509/certificate.ts'
import { malformed, EdgeError } from './error.ts'
import type { Presented } from './types.ts'

/** Makes the fields of a certificate readable: `certificateFields`, or nothing for a smaller bundle. */
export type CertificateFields = (der: Uint8Array) => ReadPeerField

/**
 * The fields that the certificate itself says (`san.*`, `subject.*`, `key.*`, `certificate.*`, `eku`), for the option `certificateFields`. It brings the
 * parser along.
 */
export function certificateFields(der: Uint8Array): ReadPeerField {
  try {
    const certificate = parseCertificate(der)
    certificate.decodeAll()
    return (key) => readCertificateField(certificate, key)
  } catch (error) {
    if (error instanceof ParseError) return malformed('certificate', 'a certificate in DER')
    throw error
  }
}

export async function proxiedPeer(presented: Presented, proxy: string, time: number, readFields: CertificateFields | undefined): Promise<PeerFacts> {
  const { leaf, fields } = presented
  const read = leaf === undefined ? undefined : readFields?.(leaf)
  const known: Record<string, readonly FactValue[]> = { ...fields }
  if (leaf !== undefined) {
    const digest = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', leaf as Uint8Array<ArrayBuffer>)))
    const [said] = fields['certificate.sha256'] ?? []
    if (said !== undefined && said !== digest) throw new EdgeError('edge/certificate-mismatch', 'its SHA-256 is another than the one beside it')
    known['certificate.sha256'] = [digest]
  }
  // What the certificate says goes before what somebody says about it.
  return new PeerFacts({ source: 'proxy', proxy }, time, (key) => (read === undefined ? undefined : read(key)) ?? (Object.hasOwn(known, key) ? known[key] : undefined))
}
