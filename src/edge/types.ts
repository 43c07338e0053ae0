/** What readers are asked, and what they answer. */
import type { FactValue } from '../policy/peer-facts.ts'
import type { EdgeHeaders, Fields } from './fields.ts'

/** A request, as far as the kit looks at it. */
export interface EdgeInput {
  readonly headers: EdgeHeaders
  /** The address of the connection, in text: of the proxy, if there is one. */
  readonly remoteAddress?: string | undefined
  /** Cloudflare’s `request.cf`. */
  readonly cf?: unknown
  /** The event of an AWS API Gateway integration. */
  readonly event?: unknown
}

/** What a source says about the client’s certificate. */
export interface Presented {
  /** DER; undefined where the source gives no certificate. */
  readonly leaf: Uint8Array | undefined
  /** DER, in the order of the source. */
  readonly chain: readonly Uint8Array[]
  /** Whether the proxy says that it verified the certificate; undefined where this source says nothing about it. */
  readonly verified: boolean | undefined
  /** Fields of a policy that the source gives in a typed form, by name. Printed names are none. */
  readonly fields: { readonly [field: string]: readonly FactValue[] }
}

/** One form in which a proxy or platform hands a client’s certificate on. */
export interface CertificateSource {
  /** Header fields that it reads: removed before the handler sees the request. Lower case. */
  readonly headers: readonly string[]
  /**
   * Whether the proxy’s verification can be relied on: `'said'` by a flag beside the certificate, `'configured'` because the proxy sends
   * nothing unverified if it is so configured, `'never'`.
   */
  readonly verification: 'said' | 'configured' | 'never'
  /** True where it reads what the platform itself puts beside the request, which no client can write. */
  readonly platform: boolean
  /** Undefined where no certificate was presented. */
  read(fields: Fields, input: EdgeInput): Presented | undefined
}
