/**
 * What a runtime does not allow, said as a typed error instead of done by halves.
 */

/** What is missing. New codes may come in a minor version. */
export type UnsupportedErrorCode =
  /** This API of the runtime shows nobody the certificate of the peer, so nothing can be judged. To do: take the function that the message names, or run the server in Node. */
  | 'runtime/no-peer-certificate'
  /** The runtime has no way to do what an option asks for. To do: leave the option out, if you can do without it. */
  | 'runtime/no-such-option'

/** Thrown by the adapters of Deno and Bun where the runtime stands in the way. Never because of what a peer does. */
export class UnsupportedError extends TypeError {
  readonly code: UnsupportedErrorCode
  /** The API or the option, such as `Deno.serve`. */
  readonly feature: string

  constructor(code: UnsupportedErrorCode, feature: string, text: string) {
    super(`${feature}: ${text}`)
    this.name = 'UnsupportedError'
    this.code = code
    this.feature = feature
  }
}
