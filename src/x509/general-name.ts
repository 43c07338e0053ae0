/**
 * GeneralName, all nine forms (RFC 5280 4.2.1.6).
 *
 *   GeneralName ::= CHOICE {
 *     otherName [0] OtherName, rfc822Name [1] IA5String, dNSName [2] IA5String, x400Address [3] ORAddress,
 *     directoryName [4] Name, ediPartyName [5] EDIPartyName, uniformResourceIdentifier [6] IA5String,
 *     iPAddress [7] OCTET STRING, registeredID [8] OBJECT IDENTIFIER }
 *
 * What the strings hold (a well-formed host name, an address of 4 or 16 octets) is judged by the path rules,
 * which know where the name stands; here only the encoding is.
 */
import { DerReader, checkWellFormed, contextTag, ia5Content, oidFromBytes, readOid, tagName } from '../asn1/index.ts'
import { readName } from './name.ts'
import type { Name } from './name.ts'

export type GeneralName =
  | { readonly type: 'otherName'; readonly oid: string; /** DER of the value. */ readonly value: Uint8Array }
  | { readonly type: 'rfc822Name'; readonly value: string }
  | { readonly type: 'dNSName'; readonly value: string }
  | { readonly type: 'x400Address'; readonly value: Uint8Array }
  | { readonly type: 'directoryName'; readonly value: Name }
  | { readonly type: 'ediPartyName'; readonly value: Uint8Array }
  | { readonly type: 'uniformResourceIdentifier'; readonly value: string }
  | { readonly type: 'iPAddress'; /** 4 or 16 octets; twice that in a name constraint. */ readonly value: Uint8Array }
  | { readonly type: 'registeredID'; readonly value: string }

export type GeneralNameType = GeneralName['type']

/** Reads one GeneralName. Byte values are copies, a new one at each look: names decide, and whoever holds one cannot change it. */
export function readGeneralName(reader: DerReader): GeneralName {
  if (reader.done) reader.fail('asn1/missing-element', reader.position, 'a GeneralName')
  const tag = reader.next()
  switch (tag) {
    case contextTag(0, true): return readOtherName(reader.inside())
    case contextTag(1, false): return Object.freeze({ type: 'rfc822Name', value: ia5Content(reader) })
    case contextTag(2, false): return Object.freeze({ type: 'dNSName', value: ia5Content(reader) })
    case contextTag(3, true): return named('x400Address', opaque(reader))
    case contextTag(4, true): {
      // A CHOICE cannot be implicit: [4] is EXPLICIT (X.680 31.2.7).
      const inside = reader.inside()
      const value = readName(inside, 'directoryName')
      inside.finish()
      void value.rdns
      return Object.freeze({ type: 'directoryName', value })
    }
    case contextTag(5, true): return named('ediPartyName', opaque(reader))
    case contextTag(6, false): return Object.freeze({ type: 'uniformResourceIdentifier', value: ia5Content(reader) })
    case contextTag(7, false): return named('iPAddress', reader.content().slice())
    case contextTag(8, false): return Object.freeze({ type: 'registeredID', value: oidFromBytes(reader) })
    default:
      return reader.fail('asn1/unexpected-tag', reader.headerStart, 'a GeneralName ([0] to [8])', tagName(tag))
  }
}

function readOtherName(reader: DerReader): GeneralName {
  // OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY }
  const oid = readOid(reader, 'type-id')
  reader.expect(contextTag(0, true), 'otherName value')
  const bytes = opaque(reader)
  reader.finish()
  return Object.freeze({ type: 'otherName', oid, get value() { return bytes.slice() } })
}

function named<T extends 'x400Address' | 'ediPartyName' | 'iPAddress'>(type: T, bytes: Uint8Array): { readonly type: T; readonly value: Uint8Array } {
  return Object.freeze({ type, get value() { return bytes.slice() } })
}

function opaque(reader: DerReader): Uint8Array {
  checkWellFormed(reader.bytes, reader.start, reader.stop, reader.field ?? 'GeneralName')
  return reader.content().slice()
}

/** GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName; the reader stands inside the sequence. */
export function readGeneralNames(reader: DerReader): readonly GeneralName[] {
  if (reader.done) reader.fail('asn1/empty-sequence', reader.position, 'at least one GeneralName')
  const names: GeneralName[] = []
  while (!reader.done) names.push(readGeneralName(reader))
  return Object.freeze(names)
}

/** An address of 4 or 16 octets in text: dotted decimal, or RFC 5952. Undefined for any other length. */
export function ipAddressText(address: Uint8Array): string | undefined {
  if (address.length === 4) return address.join('.')
  if (address.length !== 16) return undefined
  const text = Array.from({ length: 8 }, (_, i) => ((address[2 * i]! << 8) | address[2 * i + 1]!).toString(16)).join(':')
  // RFC 5952 4.2: the longest run of two or more zero groups, the first of equals, becomes `::`.
  const [longest] = (text.match(/\b0(?::0)+\b/g) ?? []).sort((a, b) => b.length - a.length)
  return longest === undefined ? text : text.replace(new RegExp(`:?\\b${longest}\\b:?`), '::')
}
