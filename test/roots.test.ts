/**
 * The public roots that Node ships: each parses, decodes, and comes out of the DER writer as it went into the reader.
 * And the buffers that a caller hands in stay the caller's.
 */
import { rootCertificates } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { Certificate, createVerifier, parseCertificates } from 'countersign'
import {
  DerReader, Tag, encode, encodeBitString, encodeBoolean, encodeGeneralizedTime, encodeInteger, encodeNull,
  encodeOctetString, encodeOid, encodeString, encodeTime, isStringTag, readBitString, readBoolean, readIntegerBytes,
  readNull, readOctetString, readOid, readTime, stringContent,
} from 'countersign/asn1'
import { bc, dns, eku, issue, ku, makeKeys, name, san } from '../fixtures/issue.ts'

/** Reads every element of one level by its type, and writes it anew from the value. */
function rewrite(reader: DerReader): Uint8Array[] {
  const out: Uint8Array[] = []
  while (!reader.done) out.push(rewriteOne(reader, reader.peek()))
  return out
}

function rewriteOne(reader: DerReader, tag: number): Uint8Array {
  if (tag & 0x20) {
    reader.next()
    return encode(tag, ...rewrite(reader.inside()))
  }
  switch (tag) {
    case Tag.oid: return encodeOid(readOid(reader, 'OID'))
    case Tag.integer: return encodeInteger(readIntegerBytes(reader, 'INTEGER'))
    case Tag.boolean: return encodeBoolean(readBoolean(reader, 'BOOLEAN'))
    case Tag.octetString: return encodeOctetString(readOctetString(reader, 'OCTET STRING'))
    case Tag.utcTime: return encodeTime(new Date(readTime(reader, 'time')))
    case Tag.generalizedTime: return encodeGeneralizedTime(new Date(readTime(reader, 'time')))
    case Tag.bitString: {
      const { bytes, unusedBits } = readBitString(reader, 'BIT STRING')
      return encodeBitString(bytes, unusedBits)
    }
    case Tag.null:
      readNull(reader, 'NULL')
      return encodeNull()
  }
  reader.next()
  return isStringTag(tag) ? encodeString(tag, stringContent(reader, tag)) : encode(tag, reader.content())
}

describe('the roots of tls.rootCertificates', () => {
  const roots = rootCertificates.map((pem) => parseCertificates(pem)[0]!)

  test('there are some', () => expect(roots.length).toBeGreaterThan(100))

  test('all parse, decode, and are written back to the same bytes', () => {
    for (const root of roots) {
      expect(root).toBeInstanceOf(Certificate)
      root.decodeAll()
      const der = root.toDer()
      const written = rewrite(new DerReader(der))
      expect(written.length).toBe(1)
      expect(Buffer.from(written[0]!).equals(Buffer.from(der)), root.subject.toString()).toBe(true)
      for (const extension of root.extensions) {
        const rewritten = rewrite(new DerReader(extension.value))
        expect(Buffer.from(rewritten[0]!).equals(Buffer.from(extension.value)), extension.oid).toBe(true)
      }
    }
  })
})

describe('buffers of the caller', () => {
  test('are copied before verify() returns: what is written to them later changes nothing', async () => {
    const root = makeKeys('root'), ca = makeKeys('ca'), leafKeys = makeKeys('leaf')
    const anchor = issue({ subject: name('Root'), issuer: name('Root'), keys: root, signer: root, extensions: [bc(true), ku(0x60)] })
    const intermediate = issue({ subject: name('CA'), issuer: name('Root'), keys: ca, signer: root, extensions: [bc(true), ku(0x60)] })
    const leaf = issue({ subject: name('leaf'), issuer: name('CA'), keys: leafKeys, signer: ca,
      extensions: [san(dns('host.example')), eku('1.3.6.1.5.5.7.3.1')] })
    const verifier = createVerifier({ anchors: [anchor], purpose: 'serverAuth', revocation: 'none', clock: () => Date.UTC(2026, 0, 1) })
    const names = { anyOf: [{ dns: 'host.example' }] }
    const reference = await verifier.verify({ leaf: leaf.slice(), intermediates: [intermediate.slice()], names })
    const kept = leaf.slice()

    const list = [intermediate]
    const pending = verifier.verify({ leaf, intermediates: list, names })
    leaf.fill(0)
    intermediate.fill(0)
    anchor.fill(0)
    list.length = 0
    names.anyOf.length = 0
    const verdict = await pending
    leaf.fill(0xff)
    intermediate.fill(0xff)

    expect(verdict.ok).toBe(true)
    expect(JSON.stringify(verdict)).toBe(JSON.stringify(reference))
    if (!verdict.ok) return
    expect(Buffer.from(verdict.path[0]!.toDer()).equals(Buffer.from(kept))).toBe(true)
    expect(verdict.path[0]!.get('subjectAltName')).toEqual([expect.objectContaining({ value: 'host.example' })])
    // Copies handed out are the caller's too.
    verdict.path[0]!.toDer().fill(0)
    verdict.path[0]!.signature.fill(0)
    expect(Buffer.from(verdict.path[0]!.toDer()).equals(Buffer.from(kept))).toBe(true)
  })
})
