/**
 * Certificates of issuers that a peer did not send, from where the ones that it sent say they are: caIssuers of
 * authorityInfoAccess (RFC 5280 4.2.2.1). Nobody has vouched for such an address, so they are the last thing that is tried,
 * and few; what comes back is a candidate like any other.
 */
import { DerReader, ParseError } from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import { parseCertificateBundle } from '../x509/index.ts'
import type { Certificate } from '../x509/index.ts'
import { addressesIn } from './check.ts'
import type { FetchAttempt } from './fetcher.ts'
import type { FetchAnswer, RevocationRequest, RevocationResponse } from './types.ts'

/** The most addresses of issuers that one verification asks. */
export const maxIssuerAddresses = 3

/** id-ad-caIssuers, RFC 5280 4.2.2.1. */
const caIssuersAccess = '1.3.6.1.5.5.7.48.2'

export interface FetchedIssuers {
  /** DER of certificates, unread. */
  readonly certificates: readonly Uint8Array[]
  /** Why addresses gave none. */
  readonly failed: readonly Pick<FetchAttempt, 'address' | 'code' | 'details'>[]
}

/** Asks for the issuers of a certificate at addresses that were not `asked` yet, one after the other, until one gives any. */
export function* fetchIssuers(
  certificate: Certificate, asked: Set<string>,
): Generator<RevocationRequest, FetchedIssuers, RevocationResponse> {
  const failed: FetchedIssuers['failed'][number][] = []
  for (const address of addressesIn(certificate, caIssuersAccess)) {
    if (asked.size >= maxIssuerAddresses) break
    if (asked.has(address)) continue
    asked.add(address)
    // Not kept: nobody has vouched for what comes from here, and a stranger’s certificate would stand in the way of the issuer’s.
    const answer = (yield { kind: 'fetch', from: 'network', request: { kind: 'caIssuers', addresses: [address] } }) as FetchAnswer
    failed.push(...answer?.failed ?? [])
    if (answer?.ok !== true) continue
    const certificates = readIssuers(answer.bytes)
    if (!(certificates instanceof ParseError)) return { certificates, failed }
    failed.push({ address, code: 'fetch/malformed', details: { parse: certificates.code, offset: certificates.offset } })
  }
  return { certificates: [], failed }
}

/** One certificate, or a certs-only CMS message, in DER (RFC 5280 4.2.2.1); told apart by what stands in the outer SEQUENCE. */
function readIssuers(bytes: Uint8Array): readonly Uint8Array[] | ParseError {
  try {
    const inside = new DerReader(bytes).sequence('issuers')
    return inside.peek() === Tag.oid ? parseCertificateBundle(bytes).map((certificate) => certificate.toDer()) : [bytes]
  } catch (error) {
    if (error instanceof ParseError) return error
    throw error
  }
}
