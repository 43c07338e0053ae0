/**
 * Distinguished names (RFC 5280 4.1.2.4) and their comparison (RFC 5280 7.1).
 *
 *   Name ::= CHOICE { rdnSequence RDNSequence }
 *   RDNSequence ::= SEQUENCE OF RelativeDistinguishedName
 *   RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue
 *   AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY DEFINED BY type }
 *
 * Two names are equal if their keys are: one key an RDN, its attributes folded (see string-prep) and sorted,
 * so that neither the string type nor the case nor the order inside an RDN matters.
 */
import { DerReader, checkWellFormed, compareBytes, hashBytes, isStringTag, readOid, stringContent, toHex } from '../asn1/index.ts'
import { equalRuns } from '../asn1/bytes.ts'
import * as Tag from '../asn1/tag.ts'
import { attributeShortNames } from './oids.ts'
import { prepareString, printsAsItself } from './string-prep.ts'

export interface AttributeTypeAndValue {
  /** Attribute type, a dotted OBJECT IDENTIFIER. */
  readonly type: string
  /** Identifier octet of the value’s ASN.1 type. */
  readonly tag: number
  /** The value where it is a character string. */
  readonly value: string | undefined
  /** Hexadecimal DER of the value, tag and length included. */
  readonly der: string
}

/** An attribute whose DER is written out on first use. */
class Attribute implements AttributeTypeAndValue {
  readonly type: string
  readonly tag: number
  readonly value: string | undefined
  readonly #element: Uint8Array

  constructor(type: string, tag: number, value: string | undefined, element: Uint8Array) {
    this.type = type
    this.tag = tag
    this.value = value
    this.#element = element
    Object.freeze(this)
  }

  get der(): string {
    return toHex(this.#element)
  }

  toJSON(): AttributeTypeAndValue {
    return { type: this.type, tag: this.tag, value: this.value, der: this.der }
  }
}

export type RelativeDistinguishedName = readonly AttributeTypeAndValue[]

let adopt: (name: Name, known: Name) => boolean

/** Makes `name` share what `known` has decoded, if the two have the same DER; says whether they have. */
export function adoptDecoded(name: Name, known: Name): boolean {
  return adopt(name, known)
}

let hash: (name: Name) => number

/** A hash of the DER of a name, to look for equal ones by. It only picks a place. */
export function nameHash(name: Name): number {
  return hash(name)
}

export class Name {
  static {
    hash = (name) => hashBytes(name.#bytes, name.#start, name.#stop)
    adopt = (name, known) => {
      if (!name.#sameBytes(known)) return false
      name.#rdns ??= known.rdns
      name.#keys ??= known.keys
      name.#key ??= known.key
      return true
    }
  }

  readonly #bytes: Uint8Array
  readonly #start: number
  readonly #stop: number
  #rdns: readonly RelativeDistinguishedName[] | undefined
  #keys: readonly string[] | undefined
  #key: string | undefined
  #text: string | undefined

  /** Wraps the DER of one Name in a buffer; use `readName`, which has checked the outer element. */
  constructor(bytes: Uint8Array, start: number, stop: number) {
    this.#bytes = bytes
    this.#start = start
    this.#stop = stop
  }

  /** A fresh copy of the DER. */
  toDer(): Uint8Array {
    return this.#bytes.slice(this.#start, this.#stop)
  }

  /** Octets of the DER. */
  get byteLength(): number {
    return this.#stop - this.#start
  }

  /** True for a name of no RDNs. */
  get isEmpty(): boolean {
    return this.#stop - this.#start === 2
  }

  #sameBytes(other: Name): boolean {
    const { byteLength } = this
    return other.byteLength === byteLength && equalRuns(this.#bytes, this.#start, other.#bytes, other.#start, byteLength)
  }

  /** The relative distinguished names, most significant first. Throws `ParseError` on malformed DER. */
  get rdns(): readonly RelativeDistinguishedName[] {
    return (this.#rdns ??= decodeRdns(this.#bytes, this.#start, this.#stop))
  }

  /** One comparison key an RDN. */
  get keys(): readonly string[] {
    return (this.#keys ??= this.rdns.map(rdnKey))
  }

  /** The comparison key of the whole name. Equal keys are equal names (RFC 5280 7.1). */
  get key(): string {
    return (this.#key ??= this.keys.join('\u0001'))
  }

  equals(other: Name): boolean {
    // Names of unequal length in RDNs are unequal: most are told apart without a key’s being made.
    return this === other || this.#sameBytes(other) || (this.rdns.length === other.rdns.length && this.key === other.key)
  }

  /** True if this name begins with all RDNs of `base` (directory name constraints, RFC 5280 4.2.1.10). */
  isWithin(base: Name): boolean {
    const own = this.keys
    return base.keys.every((key, i) => own[i] === key)
  }

  /** The decoded values of one attribute type, in order. */
  valuesOf(type: string): readonly string[] {
    const values: string[] = []
    for (const rdn of this.rdns) {
      for (const attribute of rdn) {
        if (attribute.type === type && attribute.value !== undefined) values.push(attribute.value)
      }
    }
    return values
  }

  /**
   * RFC 4514 text, last RDN first. Every character that could end a value, move the cursor, reorder or hide
   * text is escaped, so that no name prints as another.
   */
  toString(): string {
    return (this.#text ??= [...this.rdns].reverse().map((rdn) => rdn.map(attributeText).join('+')).join(','))
  }

  toJSON(): string {
    return this.toString()
  }
}

/** Reads a Name. Its RDNs are decoded on first use; `rdns` throws `ParseError` where they are malformed. */
export function readName(reader: DerReader, what: string): Name {
  reader.expect(Tag.sequence, what)
  return new Name(reader.bytes, reader.headerStart, reader.stop)
}

/** Wraps DER of one whole Name, checked at once. */
export function parseName(der: Uint8Array): Name {
  const bytes = new Uint8Array(der)
  const reader = new DerReader(bytes, 0, bytes.length, 'Name')
  const name = readName(reader, 'Name')
  reader.finish()
  void name.rdns
  return name
}

function decodeRdns(bytes: Uint8Array, start: number, stop: number): readonly RelativeDistinguishedName[] {
  const sequence = new DerReader(bytes, start, stop, 'Name')
  sequence.next()
  sequence.moveTo(sequence.start, sequence.stop)
  const rdns: RelativeDistinguishedName[] = []
  while (!sequence.done) rdns.push(readRdn(sequence, Tag.set))
  return Object.freeze(rdns)
}

/** Reads one RelativeDistinguishedName, also under the implicit tag that a distribution point uses. */
export function readRdn(reader: DerReader, tag: number): RelativeDistinguishedName {
  reader.expect(tag, 'RelativeDistinguishedName')
  const set = reader.inside()
  const attributes: AttributeTypeAndValue[] = []
  let previous: Uint8Array | undefined
  while (!set.done) {
    set.expect(Tag.sequence, 'AttributeTypeAndValue')
    // Most sets have one element, and need no comparison.
    if (attributes.length > 0 || !set.done) {
      const element = set.element()
      // X.690 11.6: a SET OF is written in ascending order of its elements.
      if (previous !== undefined && compareBytes(previous, element) > 0) {
        set.fail('asn1/unsorted-set', set.headerStart, 'a SET OF in ascending order (X.690 11.6)')
      }
      previous = element
    }
    attributes.push(readAttribute(set.inside()))
  }
  if (attributes.length === 0) {
    reader.fail('asn1/empty-sequence', reader.headerStart, 'at least one AttributeTypeAndValue')
  }
  return Object.freeze(attributes)
}

function readAttribute(reader: DerReader): AttributeTypeAndValue {
  const type = readOid(reader, 'attribute type')
  if (reader.done) reader.fail('asn1/missing-element', reader.position, 'an attribute value')
  const tag = reader.next()
  let value: string | undefined
  if (isStringTag(tag)) value = stringContent(reader, tag)
  else checkWellFormed(reader.bytes, reader.headerStart, reader.stop, 'attribute value')
  const element = reader.element()
  reader.finish()
  return new Attribute(type, tag, value, element)
}

/** The comparison key of one RDN: equal keys are equal RDNs (RFC 5280 7.1). */
export function rdnKey(rdn: RelativeDistinguishedName): string {
  if (rdn.length === 1) return attributeKey(rdn[0]!)
  return rdn.map(attributeKey).sort().join('\u0002')
}

function attributeKey(attribute: AttributeTypeAndValue): string {
  const { type, tag, value } = attribute
  // T.61 has no agreed mapping to Unicode beyond ASCII: such values match by their bytes alone.
  const foldable = value !== undefined && (tag !== Tag.teletexString || /^[\x20-\x7e]*$/.test(value))
  const folded = foldable ? prepareString(value) : undefined
  return folded === undefined ? `${type}\u0003${attribute.der}` : `${type}=${folded}`
}

function attributeText(attribute: AttributeTypeAndValue): string {
  const { type, value } = attribute
  const label = attributeShortNames[type] ?? type
  return value === undefined ? `${label}=#${attribute.der}` : `${label}=${escapeValue(value)}`
}

const utf8 = new TextEncoder()

/** RFC 4514 2.4, and beyond it every character that does not print as itself. */
function escapeValue(value: string): string {
  let text = ''
  for (const character of value) {
    const special = /["+,;<>\\=#]/.test(character)
    if (special) text += `\\${character}`
    else if (character !== ' ' && (/[&'`]/.test(character) || !printsAsItself(character.codePointAt(0)!))) {
      text += [...utf8.encode(character)].map((octet) => `\\${octet.toString(16).padStart(2, '0').toUpperCase()}`).join('')
    } else text += character
  }
  return text.replace(/^ | $/g, '\\ ')
}
