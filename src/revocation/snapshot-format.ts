/** What writer and reader of snapshots share. */

/** The last octet is the version. */
export const magic: Uint8Array = Uint8Array.of(0x43, 0x53, 0x43, 0x52, 0x4c, 0x53, 0x00, 0x01)
export const snapshotMacOctets = 32
/** Reason and revocation date, after the serial. */
export const recordTail = 6
/** In place of a date that is not there. */
export const noDate = 0xff_ffff_ffff
/** Seconds are written from here: half of 40 bits before 1970, so that every date of a list is a positive number. */
const epoch = 2 ** 39

export function dateNumber(milliseconds: number): number {
  return milliseconds / 1000 + epoch
}

export function dateOf(number: number): Date {
  return new Date((number - epoch) * 1000)
}

export function writeNumber(out: Uint8Array, at: number, value: number, octets: number): void {
  for (let i = octets - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) out[at + i] = rest % 256
}

/** A buffer that grows. */
export class BytesWriter {
  #bytes: Uint8Array
  #length = 0

  constructor(size: number) {
    this.#bytes = new Uint8Array(size)
  }

  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** A part of other bytes, without a view of it. */
  part(bytes: Uint8Array, start: number, stop: number): void {
    this.#room(stop - start)
    for (let i = start, at = this.#length; i < stop; i++, at++) this.#bytes[at] = bytes[i]!
    this.#length += stop - start
  }

  number(value: number, octets: number): void {
    this.#room(octets)
    writeNumber(this.#bytes, this.#length, value, octets)
    this.#length += octets
  }

  date(date: Date): void {
    this.number(dateNumber(date.getTime()), 5)
  }

  taken(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #room(octets: number): void {
    if (this.#length + octets <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + octets))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}
