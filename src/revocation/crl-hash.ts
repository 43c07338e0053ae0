/**
 * Keyed hashing of serial numbers: the sum of their 16-bit pieces, each times a random number of this process, modulo 2^32.
 * Two serials (or certificate issuers) have the same sum with a chance of at most 2^-17, whoever chose them, so a list made to
 * be slow has chains of n / 2^17 entries at worst; no answer depends on the numbers.
 *
 * The bound is that of multilinear hashing (Dietzfelbinger 1996): a difference d of one piece, times a random 32-bit number, is
 * one given value for 2^-17 of the numbers where d is 2^15 times an odd one, and for fewer otherwise. Serials of more than 64
 * octets (RFC 5280 4.1.2.2 allows 20) are summed in runs of 64, the sum before mixed into the next.
 */

/** 16-bit pieces that have a number of their own. */
const pieces = 32
/** The octets of so many. */
const run = 2 * pieces
let random: Int32Array | undefined

/** The numbers, made on first use; the last is for the certificate issuer, and odd, so that no two of these are alike. */
export function hashKeys(): Int32Array {
  if (random === undefined) {
    random = crypto.getRandomValues(new Int32Array(pieces + 1))
    random[pieces]! |= 1
  }
  return random
}

/** 32 bits, for the octets in [start, stop) and the ordinal of the certificate issuer. */
export function hashSerial(keys: Int32Array, view: DataView, start: number, stop: number, issuer: number): number {
  if (stop - start >= 4 && stop - start <= run) return hashWords(keys, view, start, stop, issuer)
  let hash = stop - start
  const padded = new DataView(new ArrayBuffer(run))
  for (let at = start; at < stop; at += run) {
    for (let i = 0; i < run; i++) padded.setUint8(i, at + i < stop ? view.getUint8(at + i) : 0)
    hash = hashWords(keys, padded, 0, run, hash)
  }
  return hashWords(keys, padded, 0, run, (hash + Math.imul(issuer, keys[pieces]!)) | 0)
}

/** The same for 4 to 64 octets. */
export function hashWords(keys: Int32Array, view: DataView, start: number, stop: number, issuer: number): number {
  let hash = (stop - start + Math.imul(issuer, keys[pieces]!)) | 0
  let key = 0
  for (let at = start; at < stop - 4; at += 4, key += 2) {
    const word = view.getInt32(at)
    hash = (hash + Math.imul(word & 0xffff, keys[key]!) + Math.imul(word >>> 16, keys[key + 1]!)) | 0
  }
  // The last four octets, some of which may be in the word before too.
  const word = view.getInt32(stop - 4)
  hash = (hash + Math.imul(word & 0xffff, keys[key]!) + Math.imul(word >>> 16, keys[key + 1]!)) | 0
  // One to one: it parts sums that are near each other, as those of serials that were counted up are.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
