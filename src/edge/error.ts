/** Why a request was refused before, or instead of, a decision. */

export type EdgeErrorCode =
  /** What proves that the request came from the proxy is missing or wrong. */
  | 'edge/untrusted-source'
  | 'edge/no-certificate'
  /** The proxy says that it did not verify the certificate, or that it was revoked. */
  | 'edge/not-verified'
  /** A field that may stand once stands several times, or holds a comma, which is how several are joined. */
  | 'edge/duplicate-header'
  /** Two names that differ only in `_` and `-`: programs behind each other read them as one. */
  | 'edge/ambiguous-header'
  | 'edge/malformed-header'
  | 'edge/oversized-header'
  | 'edge/chain-without-leaf'
  /** The certificate is not the one of the hash beside it. */
  | 'edge/certificate-mismatch'
  /** The verifier refused the certificate; `verdict` says why. */
  | 'edge/verifier-refused'
  /** The policy does not allow it; `decision` says why. */
  | 'edge/policy-refused'
  /** Something of ours or of the application failed; `cause` holds it. */
  | 'edge/failed'

/** Thrown by readers. Nothing in it is for the client. */
export class EdgeError extends Error {
  readonly code: EdgeErrorCode
  /** The header field, or the field of the platform’s object, that it is about. */
  readonly field: string | undefined

  /** @internal */
  constructor(code: EdgeErrorCode, text: string, field?: string, options?: ErrorOptions) {
    super(`${code}: ${field === undefined ? '' : `${field}: `}${text}`, options)
    this.name = 'EdgeError'
    this.code = code
    this.field = field
  }
}

export function malformed(field: string, expected: string): never {
  throw new EdgeError('edge/malformed-header', `expected ${expected}`, field)
}
