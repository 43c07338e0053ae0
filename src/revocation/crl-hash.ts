/**
 * Tabulation hashing of serial numbers, over random tables of this process. Whoever writes a list cannot know which serials
 * collide, and so cannot make the index slow; no answer depends on the tables.
 */

/** One table of 256 words for each of the first octets; RFC 5280 4.1.2.2 allows 20. */
const columns = 24
let random: Uint32Array | undefined

/** The tables, made on first use. */
export function hashTables(): Uint32Array {
  return (random ??= crypto.getRandomValues(new Uint32Array((columns + 1) * 256)))
}

/** 32 bits, for the octets and the ordinal of the certificate issuer. */
export function hashSerial(tables: Uint32Array, bytes: Uint8Array, start: number, stop: number, issuer: number): number {
  let hash = 0
  const direct = stop - start > columns ? start + columns : stop
  for (let i = start, column = 0; i < direct; i++, column += 256) hash ^= tables[column + bytes[i]!]!
  // Longer ones, and further issuers, go on through the last table, as a checksum does.
  for (let i = direct; i < stop; i++) hash = (hash >>> 8) ^ tables[columns * 256 + ((hash ^ bytes[i]!) & 0xff)]!
  for (let rest = issuer; rest > 0; rest >>>= 8) hash = (hash >>> 8) ^ tables[columns * 256 + ((hash ^ rest) & 0xff)]!
  // That step leaves the top octet with few values, and the top of a hash picks the place: mixed, all of it does.
  if (direct < stop || issuer > 0) {
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    hash ^= hash >>> 16
  }
  return hash >>> 0
}
