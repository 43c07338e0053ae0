/** Why a snapshot was not made, or not loaded. */
export type SnapshotErrorCode =
  /** The signature of the list does not hold under the signer’s key. To do: fetch the list anew, and check whose key it is. */
  | 'snapshot/invalid-signature'
  /** The list may not be used for anything, or holds what no snapshot has room for. To do: keep the list itself. */
  | 'snapshot/unusable-list'
  /** The MAC or the digest is not the expected one. To do: make the snapshot anew; somebody or something changed it, or the key is another. */
  | 'snapshot/not-authentic'
  /** The content is that of another version, or of no snapshot. To do: make the snapshot anew with this release. */
  | 'snapshot/unsupported-version'
  /** The content breaks off or contradicts itself. To do: make the snapshot anew. */
  | 'snapshot/malformed'

export class SnapshotError extends Error {
  readonly code: SnapshotErrorCode

  constructor(code: SnapshotErrorCode, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options)
    this.name = 'SnapshotError'
    this.code = code
  }
}
