/**
 * The parsers beside each other. `parse` is what each offers as parsing: after it the caller has a certificate object.
 * `readAll` reads every field and every extension of it. Input is what each takes natively (bytes, a binary string, or
 * hexadecimal), converted beforehand.
 */
import 'reflect-metadata'
import { X509Certificate } from 'node:crypto'
import * as peculiar from '@peculiar/x509'
import { parseCertificate } from 'countersign'
import jsrsasign from 'jsrsasign'
import forge from 'node-forge'
import * as pkijs from 'pkijs'

interface ParserInit<Input, Parsed> {
  readonly name: string
  convert(der: Uint8Array): Input
  parse(input: Input): Parsed
  /** Returns something made of all that it read, so that nothing is optimised away. */
  readAll(parsed: Parsed): unknown
}

/** What a parser does with one certificate. Each call does all the work anew, and throws where the parser does. */
export interface Loaded {
  parse(): unknown
  parseAll(): unknown
}

export interface Parser {
  readonly name: string
  load(der: Uint8Array): Loaded
}

function parser<Input, Parsed>({ name, convert, parse, readAll }: ParserInit<Input, Parsed>): Parser {
  return {
    name,
    load(der) {
      const input = convert(der)
      return { parse: () => parse(input), parseAll: () => readAll(parse(input)) }
    },
  }
}

const countersign = parser({
  name: 'countersign',
  convert: (der) => der,
  parse: (der) => parseCertificate(der),
  readAll(certificate) {
    certificate.decodeAll()
    const { version, serialNumber, issuer, subject, notBefore, notAfter, signatureAlgorithm, subjectPublicKeyInfo, signature, extensions } = certificate
    return [version, serialNumber, issuer.rdns, subject.rdns, notBefore, notAfter, signatureAlgorithm, subjectPublicKeyInfo, signature, extensions]
  },
})

const pkijsParser = parser({
  name: 'pkijs',
  convert: (der): Uint8Array<ArrayBuffer> => new Uint8Array(der),
  parse: (der) => pkijs.Certificate.fromBER(der),
  readAll(certificate) {
    const { version, serialNumber, issuer, subject, notBefore, notAfter, signatureAlgorithm, subjectPublicKeyInfo, signatureValue, extensions = [] } = certificate
    const text = (name: pkijs.RelativeDistinguishedNames): unknown => name.typesAndValues.map(({ type, value }) => [type, value.valueBlock.value])
    return [version, serialNumber.valueBlock.valueHexView, text(issuer), text(subject), notBefore.value, notAfter.value,
      signatureAlgorithm.algorithmId, subjectPublicKeyInfo.parsedKey, signatureValue.valueBlock.valueHexView,
      extensions.map((extension) => [extension.extnID, extension.critical, extension.parsedValue as unknown])]
  },
})

const peculiarParser = parser({
  name: '@peculiar/x509',
  convert: (der): Uint8Array<ArrayBuffer> => new Uint8Array(der),
  parse: (der) => new peculiar.X509Certificate(der),
  readAll(certificate) {
    const { serialNumber, issuerName, subjectName, notBefore, notAfter, signatureAlgorithm, publicKey, signature, extensions } = certificate
    return [serialNumber, issuerName.toJSON(), subjectName.toJSON(), notBefore, notAfter, signatureAlgorithm, publicKey.rawData, signature,
      extensions.map(({ type, critical, value }) => [type, critical, value])]
  },
})

const forgeParser = parser({
  name: 'node-forge',
  convert: (der) => Buffer.from(der).toString('binary'),
  parse: (binary) => forge.pki.certificateFromAsn1(forge.asn1.fromDer(binary)),
  readAll({ version, serialNumber, issuer, subject, validity, signatureOid, publicKey, signature, extensions }) {
    return [version, serialNumber, issuer.attributes, subject.attributes, validity.notBefore, validity.notAfter, signatureOid, publicKey, signature,
      extensions.map((extension) => Object.values(extension))]
  },
})

const jsrsasignParser = parser({
  name: 'jsrsasign',
  convert: (der) => Buffer.from(der).toString('hex'),
  parse(hex) {
    const certificate = new jsrsasign.X509()
    certificate.readCertHex(hex)
    return certificate
  },
  readAll: (certificate) => certificate.getParam(),
})

const nodeParser = parser({
  name: 'node:crypto',
  convert: (der) => der,
  parse: (der) => new X509Certificate(der),
  readAll: ({ serialNumber, issuer, subject, validFrom, validTo, publicKey, ca, keyUsage, subjectAltName, infoAccess }) =>
    [serialNumber, issuer, subject, validFrom, validTo, publicKey, ca, keyUsage, subjectAltName, infoAccess],
})

export const parsers: readonly Parser[] = [countersign, pkijsParser, peculiarParser, forgeParser, jsrsasignParser, nodeParser]
