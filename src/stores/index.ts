/**
 * `countersign/stores`: caches of revocation data in stores that people have.
 * @packageDocumentation
 */
export { unstorageCache } from './unstorage.ts'
export type { RawStorage, UnstorageCacheOptions } from './unstorage.ts'
