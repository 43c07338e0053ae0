/** Why a snapshot was not made, or not loaded. */
export type SnapshotErrorCode =
  /** The signature of the list does not hold under the signer’s key. */
  | 'snapshot/invalid-signature'
  /** The list may not be used for anything, or holds what no snapshot has room for. */
  | 'snapshot/unusable-list'
  /** The MAC or the digest is not the expected one. */
  | 'snapshot/not-authentic'
  /** The content is that of another version, or of no snapshot. */
  | 'snapshot/unsupported-version'
  | 'snapshot/malformed'

export class SnapshotError extends Error {
  readonly code: SnapshotErrorCode

  constructor(code: SnapshotErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options)
    this.name = 'SnapshotError'
    this.code = code
  }
}
