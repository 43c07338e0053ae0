/**
 * Why a request was refused before, or instead of, a decision.
 *
 * docs/errors.md is made of the comments: what a code means, and after `To do:` what to do about it.
 */

export type EdgeErrorCode =
  /** What proves that the request came from the proxy is missing or wrong. To do: send the same secret on both sides, or list the networks that the proxy connects from; if the proxy is right, somebody came past it. */
  | 'edge/untrusted-source'
  /** The client presented no certificate, or the source gives none that could be verified here. To do: have the proxy ask for one, and hand it on under the name that the source reads. */
  | 'edge/no-certificate'
  /** The proxy says that it did not verify the certificate, or that it was revoked. To do: look into its log; to verify it here, take `verifiedBy: 'nobody'`. */
  | 'edge/not-verified'
  /** A field that may stand once stands several times, or holds a comma, which is how several are joined. To do: have the proxy overwrite the field, not append to it. */
  | 'edge/duplicate-header'
  /** Two names that differ only in `_` and `-`: programs behind each other read them as one. To do: have the proxy drop fields with `_` in their names, or find out who sends them. */
  | 'edge/ambiguous-header'
  /** The field is not in the form that the source reads. To do: compare what the proxy sends with docs/edge.md, “Sources”; `error.field` names the field. */
  | 'edge/malformed-header'
  /** The field is longer than 64 KiB, there are more than 16 certificates beside the leaf, or the platform left the certificate out because it was too large. To do: have smaller certificates issued, or hand on the leaf alone. */
  | 'edge/oversized-header'
  /** There is a chain, and no certificate that it is for. To do: set both fields from the same connection. */
  | 'edge/chain-without-leaf'
  /** The certificate is not the one of the hash beside it. To do: have the proxy overwrite both fields: one of them is not its own. */
  | 'edge/certificate-mismatch'
  /** The verifier refused the certificate. To do: read `explain(verdict)` of what `onRefused` is given. */
  | 'edge/verifier-refused'
  /** The policy does not allow it. To do: read `explainDecision(decision)` of what `onRefused` is given. */
  | 'edge/policy-refused'
  /** Something of ours or of the application failed: a function among the options, or the policy’s facts. To do: see `error.cause`. */
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
