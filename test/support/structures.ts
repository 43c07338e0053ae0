/** What stands beside certificates: revocation lists, requests and bundles, as DER. Their signatures sign nothing. */
import {
  encodeBitString, encodeContext, encodeInteger, encodeOctetString, encodeOid, encodeSequence, encodeSetOf,
} from '../../src/asn1/index.ts'
import { ecdsaSha256, name, time } from '../../fixtures/issue.ts'
import type { Bytes, Ext, Keys } from '../../fixtures/issue.ts'

const signature = encodeBitString(Uint8Array.of(0x30, 6, 2, 1, 1, 2, 1, 1))

function extension([id, , value]: Ext): Bytes {
  return encodeSequence(encodeOid(id), encodeOctetString(value))
}

/** A revocation list that names these serial numbers. Version 2 has an INTEGER 1, or any other; version 1 has none. */
export function crl(serials: readonly number[], { version = 1, extensions = [], entry = [], tail = [] }: {
  readonly version?: number | undefined
  readonly extensions?: readonly Ext[]
  /** Extensions of each entry. */
  readonly entry?: readonly Ext[]
  /** Elements after the last. */
  readonly tail?: readonly Bytes[]
} = {}): Bytes {
  const entries = serials.map((serial) => encodeSequence(encodeInteger(serial), time(2026), ...(entry.length === 0 ? [] : [encodeSequence(entry.map(extension))])))
  const tbs = encodeSequence(
    ...(version === 0 ? [] : [encodeInteger(version)]), ecdsaSha256, name('CA'), time(2026), time(2027),
    ...(entries.length === 0 ? [] : [encodeSequence(entries)]),
    ...(extensions.length === 0 ? [] : [encodeContext(0, encodeSequence(extensions.map(extension)))]), ...tail)
  return encodeSequence(tbs, ecdsaSha256, signature)
}

/** A certification request; `attributes` as they stand in the set. */
export function csr(keys: Keys, { version = 0, attributes = [], tail = [] }: {
  readonly version?: number
  readonly attributes?: readonly Bytes[]
  readonly tail?: readonly Bytes[]
} = {}): Bytes {
  const info = encodeSequence(encodeInteger(version), name('host.example'), keys.spki, encodeContext(0, attributes), ...tail)
  return encodeSequence(info, ecdsaSha256, signature)
}

/** The attribute that asks for extensions (RFC 2985 5.4.2). */
export function extensionRequest(...extensions: readonly Ext[]): Bytes {
  return encodeSequence(encodeOid('1.2.840.113549.1.9.14'), encodeSetOf(encodeSequence(extensions.map(extension))))
}

/** A certs-only bundle (RFC 8551 3.7). */
export function bundle(certificates: readonly Bytes[], { type = '1.2.840.113549.1.7.2', version = 1, crls = [], tail = [] }: {
  readonly type?: string
  readonly version?: number
  readonly crls?: readonly Bytes[]
  readonly tail?: readonly Bytes[]
} = {}): Bytes {
  return encodeSequence(encodeOid(type), encodeContext(0, encodeSequence(
    encodeInteger(version), encodeSetOf(), encodeSequence(encodeOid('1.2.840.113549.1.7.1')),
    ...(certificates.length === 0 ? [] : [encodeContext(0, certificates)]),
    ...(crls.length === 0 ? [] : [encodeContext(1, crls)]), encodeSetOf(), ...tail)))
}
