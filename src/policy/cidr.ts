/**
 * Blocks of IP addresses.
 */
import { parseIpAddress } from '../path/ip-address.ts'
import { addressOctets } from './values.ts'

/** Whether an address is of a block (RFC 4632 3.1, RFC 4291 2.3); undefined where the text is no block, or has bits after its prefix. */
export function cidrBlock(block: string): ((address: string) => boolean) | undefined {
  const match = /^([0-9a-fA-F.:]+)\/(0|[1-9]\d{0,2})$/.exec(block)
  const base = match === null ? undefined : addressOctets(match[1]!)
  // Of an IPv4 block written as IPv6 the first 96 say that it is one.
  const bits = Number(match?.[2]) - (base?.length === 4 && block.includes(':') ? 96 : 0)
  if (base === undefined || bits < 0 || bits > base.length * 8 || !base.every((octet, i) => (octet & ~maskOf(bits, i)) === 0)) return undefined
  return (address) => {
    const octets = parseIpAddress(address)
    return octets?.length === base.length && base.every((octet, i) => octet === (octets[i]! & maskOf(bits, i)))
  }
}

/** The mask of octet `i` under a prefix of `bits` bits. */
function maskOf(bits: number, i: number): number {
  return (0xff00 >> Math.min(8, Math.max(0, bits - 8 * i))) & 0xff
}
